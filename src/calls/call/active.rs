//! PURE: a call in which somebody has answered.

use super::ringing::{left, staying};
use super::{
    Active, Call, Change, Effect, EndReason, Input, MEASURE, Now, Ringing, Step, figures, leg, millis, of,
};
use crate::calls::Limits;
use crate::calls::change::effects;
use crate::ids::UserId;

impl Active {
    pub(super) fn begin(ringing: Ringing, now: Now) -> Self {
        Self { ringing, answered: now, connected: None, measured: None, figures: Vec::new(), lapsed: None }
    }
    pub(super) fn settle(mut self, changes: Vec<(UserId, Change)>, now: Now) -> Step {
        self.ringing.note(&changes, now);
        let mut effects = effects(&changes);
        if left(&changes) && self.ringing.over(true) {
            let reason = self.ringing.why(Some(self.answered));
            let (call, end) = self.ringing.end((Some(self.answered), self.connected), reason, now);
            return (call, [staying(effects), end].concat());
        }
        if changes.iter().any(|(_, c)| is_sign_of_life(*c)) {
            self.lapsed = None;
        }
        if self.connected.is_none() && self.ringing.flows() {
            self.connected = Some(now);
            effects.push(Effect::Connected);
        }
        if changes.iter().any(|(_, c)| *c == Change::Reported) && self.measure(now) {
            effects.push(Effect::Measured);
        }
        (Call::Active(self), effects)
    }
    /// Every leg's reports come every five seconds, each at its own time: the first that is due measures for all. True if
    /// there are new figures.
    fn measure(&mut self, now: Now) -> bool {
        if self.connected.is_none() || self.measured.is_some_and(|at| now.since(at) < MEASURE) {
            return false;
        }
        let legs = self.ringing.legs.iter().filter_map(|l| Some((l.user(), l.media()?)));
        let measured = figures::rate(&figures::fresh(legs, now.mono));
        let at_ms = millis(now, self.ringing.head.started);
        for m in &measured {
            self.ringing.story.figures(at_ms, m);
            for leg in self.ringing.legs.iter_mut().filter(|l| l.user() == m.user) {
                leg.rate(m.heard_mos, m.hears_mos);
            }
        }
        self.measured = Some(now);
        self.figures = figures::hops(&measured);
        true
    }
    pub(super) fn handle(mut self, input: Input, now: Now, limits: &Limits) -> Step {
        let (user, input) = match input {
            Input::Join { user, device } => {
                let changes = self.ringing.come(user, device, now, limits);
                return self.settle(changes, now);
            }
            Input::Ring { user, reach } => {
                let effects = self.ringing.ring(user, reach, now);
                return (Call::Active(self), effects);
            }
            Input::End { by: _ } => {
                return self.ringing.end((Some(self.answered), self.connected), EndReason::HungUp, now);
            }
            Input::Abort(reason) => {
                return self.ringing.end((Some(self.answered), self.connected), reason, now);
            }
            Input::Tick => return (Call::Active(self), vec![]),
            Input::Accept { user, device } => (user, leg::Input::Accept(device)),
            Input::Reject { user, device } => (user, leg::Input::Decline(device)),
            Input::Leave { user } => {
                // Who only rings says no by leaving.
                let rings = |l: &super::Leg| l.user() == user && matches!(l, super::Leg::Ringing(_));
                let declines = self.ringing.legs.iter().any(rings);
                let why = if declines { EndReason::Declined } else { EndReason::HungUp };
                (user, leg::Input::Leave(why))
            }
            Input::Put { user, out } => (user, leg::Input::Leave(out)),
            Input::RingsOn { user, devices } => (user, leg::Input::RingsOn(devices)),
            Input::Fact { user, device, fact } => (user, leg::Input::Fact(device, fact)),
        };
        let changes = self.ringing.step(user, input, now, limits);
        self.settle(of(user, changes), now)
    }
}

/// Somebody was there after a restart.
fn is_sign_of_life(change: Change) -> bool {
    matches!(
        change,
        Change::Back | Change::Connected | Change::Came(_) | Change::Moved(_) | Change::Answered(_)
    )
}
