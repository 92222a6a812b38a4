//! PURE: a call that nobody has answered yet, and what a call does with its legs in every phase.

use super::{
    Active, Call, Change, Effect, Ended, Input, Kind, Leg, Limits, Now, Ringing, Step, leg, millis, of,
};
use crate::calls::change::effects;
use crate::event::RingStop;
use crate::ids::UserId;
use crate::model::{EndReason, Happening, Reach};

impl Ringing {
    /// Hands one input to one leg. The changes are the leg's.
    pub(super) fn step(&mut self, user: UserId, input: leg::Input, now: Now, limits: &Limits) -> Vec<Change> {
        let Some(index) = self.legs.iter().position(|l| l.user() == user) else { return vec![] };
        let (leg, changes) = self.legs.remove(index).handle(input, now, limits);
        self.legs.insert(index, leg);
        changes
    }
    /// Everybody who waits has somebody to talk to now.
    fn join(&mut self, now: Now, limits: &Limits) -> Vec<(UserId, Change)> {
        let users: Vec<_> = self.legs.iter().map(Leg::user).collect();
        let mut all = Vec::new();
        for user in users {
            all.extend(of(user, self.step(user, leg::Input::PeerAnswered, now, limits)));
        }
        all
    }
    /// Comes in: with the leg he has, or with a new one.
    pub(super) fn come(
        &mut self,
        user: UserId,
        device: crate::ids::DeviceId,
        now: Now,
        limits: &Limits,
    ) -> Vec<(UserId, Change)> {
        if self.legs.iter().any(|l| l.user() == user) {
            return of(user, self.step(user, leg::Input::Join(device), now, limits));
        }
        self.legs.push(Leg::come(user, device, now));
        vec![(user, Change::Came(device))]
    }
    /// Is called into it; who has left, again.
    pub(super) fn ring(&mut self, user: UserId, reach: Reach, now: Now) -> Vec<Effect> {
        let (index, leg) = match self.legs.iter().position(|l| l.user() == user) {
            Some(index) => match self.legs[index].clone() {
                Leg::Left(left) => (index, Leg::ring_again(left, reach, now)),
                _ => return vec![],
            },
            None => (self.legs.len(), Leg::ring(user, reach, now)),
        };
        let rings = matches!(leg, Leg::Ringing(_));
        self.legs.splice(index..self.legs.len().min(index + 1), [leg]);
        if !rings {
            return vec![Effect::Answered];
        }
        self.story.event(millis(now, self.head.started), Some(user), Happening::Ring);
        vec![Effect::Ring { user }, Effect::Answered]
    }
    /// The leg whose deadline passed first, and why it goes.
    pub(super) fn due(&self, now: Now, limits: &Limits) -> Option<(UserId, EndReason)> {
        let due = self.legs.iter().filter_map(|l| l.deadline(limits).map(|(at, why)| (at, l.user(), why)));
        due.filter(|(at, ..)| now.mono >= *at).min_by_key(|(at, ..)| *at).map(|(_, user, why)| (user, why))
    }
    /// Puts what changed into the story.
    pub(super) fn note(&mut self, changes: &[(UserId, Change)], now: Now) {
        let at_ms = millis(now, self.head.started);
        for (user, change) in changes {
            let media = self.legs.iter().find(|l| l.user() == *user).and_then(Leg::media);
            self.story.change(at_ms, *user, *change, media.and_then(|m| m.path));
        }
    }
    /// Nobody is left whom it could be for.
    pub(super) fn over(&self, answered: bool) -> bool {
        let inside = self.legs.iter().filter(|l| l.is_in()).count();
        let rings = self.legs.iter().filter(|l| matches!(l, Leg::Ringing(_))).count();
        match self.head.kind {
            Kind::Pair { .. } => inside + rings < 2,
            Kind::Group { announced } => inside == 0 || (!answered && !announced && rings == 0 && inside < 2),
        }
    }
    /// Media flows between two.
    pub(super) fn flows(&self) -> bool {
        self.legs.iter().filter(|l| matches!(l, Leg::Active(_))).count() >= 2
    }
    /// Why somebody leaves before the answer.
    fn leaving(&self, user: UserId) -> EndReason {
        if user == self.head.caller { EndReason::Cancelled } else { EndReason::Declined }
    }
    /// Ends it. Who is in it leaves with its reason; whom it still rings for has missed it.
    pub(super) fn end(mut self, marks: (Option<Now>, Option<Now>), reason: EndReason, now: Now) -> Step {
        self.story.event(millis(now, self.head.started), None, Happening::Ended { reason });
        let mut effects: Vec<_> = (self.legs.iter())
            .filter(|l| matches!(l, Leg::Ringing(_)))
            .map(|l| Effect::StopRinging { user: l.user(), except: None, reason: RingStop::Ended })
            .collect();
        effects.push(Effect::Ended);
        let theirs = |leg: &Leg| match leg {
            Leg::Ringing(_) if reason == EndReason::HungUp => EndReason::Cancelled,
            _ => reason,
        };
        let legs = self.legs.into_iter().map(|l| (theirs(&l), l)).map(|(why, l)| l.leave(why, now)).collect();
        let (answered, connected) = marks;
        let Self { head, story, .. } = self;
        (Call::Ended(Ended { head, legs, answered, connected, ended: now, reason, story }), effects)
    }
    /// Somebody came in: the call has begun.
    fn begin(mut self, mut changes: Vec<(UserId, Change)>, now: Now, limits: &Limits) -> Step {
        changes.extend(self.join(now, limits));
        Active::begin(self, now).settle(changes, now)
    }
    pub(super) fn settle(mut self, changes: Vec<(UserId, Change)>, now: Now) -> Step {
        self.note(&changes, now);
        let effects = effects(&changes);
        if left(&changes) && self.over(false) {
            let reason = self.why(None);
            let (call, end) = self.end((None, None), reason, now);
            return (call, [staying(effects), end].concat());
        }
        (Call::Ringing(self), effects)
    }
    pub(super) fn handle(mut self, input: Input, now: Now, limits: &Limits) -> Step {
        let (user, input) = match input {
            Input::Accept { user, device } => {
                let changes = of(user, self.step(user, leg::Input::Accept(device), now, limits));
                if changes.is_empty() {
                    return (Call::Ringing(self), vec![]);
                }
                return self.begin(changes, now, limits);
            }
            Input::Join { user, device } => {
                let changes = self.come(user, device, now, limits);
                // The caller himself, with another device, is no answer to his own call.
                let answered =
                    changes.iter().any(|(_, c)| matches!(c, Change::Answered(_) | Change::Came(_)));
                return if answered { self.begin(changes, now, limits) } else { self.settle(changes, now) };
            }
            Input::Ring { user, reach } => {
                let effects = self.ring(user, reach, now);
                return (Call::Ringing(self), effects);
            }
            Input::End { by } => {
                let why = if by == self.head.caller { EndReason::Cancelled } else { EndReason::Removed };
                return self.end((None, None), why, now);
            }
            Input::Abort(reason) => return self.end((None, None), reason, now),
            Input::Tick => return (Call::Ringing(self), vec![]),
            Input::Reject { user, device } => (user, leg::Input::Decline(device)),
            Input::Leave { user } => (user, leg::Input::Leave(self.leaving(user))),
            Input::Put { user, out } => (user, leg::Input::Leave(out)),
            Input::RingsOn { user, devices } => (user, leg::Input::RingsOn(devices)),
            Input::Fact { user, device, fact } => (user, leg::Input::Fact(device, fact)),
        };
        let changes = self.step(user, input, now, limits);
        self.settle(of(user, changes), now)
    }
}

/// Whether somebody left.
pub(super) fn left(changes: &[(UserId, Change)]) -> bool {
    changes.iter().any(|(_, change)| matches!(change, Change::Left(_)))
}

/// Of a call that is over, nobody has to be taken out: everybody is.
pub(super) fn staying(mut effects: Vec<Effect>) -> Vec<Effect> {
    effects.retain(|effect| !matches!(effect, Effect::Gone { .. }));
    effects
}
