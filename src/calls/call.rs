//! PURE: one call, from the first ring to its end, as a typed machine over its legs. No clock, no socket, no store:
//! time is an argument, what must be done is a value.

use std::time::{Duration, Instant};

pub use super::change::Effect;
use super::change::{Change, effects, last_left, of};
use super::leg::{self, Left, Leg};
use super::media::Fact;
use super::now::Now;
use super::timeline::Story;
use super::{Limits, figures};
use crate::event::RingStop;
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{EndReason, Happening, HopQuality, Timeline};

/// How far apart figures are told at least: a little under the five seconds between two reports of one leg.
const MEASURE: Duration = Duration::from_secs(4);

/// What a call has from its first moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub id: CallId,
    pub conversation: ConversationId,
    pub caller: UserId,
    pub receiver: UserId,
    pub started: Now,
    /// The server that hosts it, and the run of it.
    pub node: String,
    pub epoch: EpochId,
}

/// What can happen to a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    Accept {
        user: UserId,
        device: DeviceId,
    },
    Reject {
        user: UserId,
        device: DeviceId,
    },
    /// Hang up; before the answer: cancel (the caller) or decline (a callee).
    Leave {
        user: UserId,
    },
    /// Something was learned about a device of a leg.
    Fact {
        user: UserId,
        device: DeviceId,
        fact: Fact,
    },
    /// The call cannot go on, for a reason outside of it.
    Abort(EndReason),
    /// A deadline may have passed.
    Tick,
}

/// Nobody has answered yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Ringing {
    pub(super) head: Head,
    /// The caller first.
    pub(super) legs: Vec<Leg>,
    pub(super) story: Story,
}

/// Somebody has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    pub(super) ringing: Ringing,
    pub(super) answered: Now,
    pub(super) connected: Option<Now>,
    /// When the figures were last told, and what they were.
    measured: Option<Now>,
    figures: Vec<HopQuality>,
}

/// Over: every mark that was reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub(super) head: Head,
    pub(super) legs: Vec<Left>,
    pub(super) answered: Option<Now>,
    pub(super) connected: Option<Now>,
    pub(super) ended: Now,
    pub(super) reason: EndReason,
    pub(super) story: Story,
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    Ringing(Ringing),
    Active(Active),
    Ended(Ended),
}

type Step = (Call, Vec<Effect>);

/// From the start of a call to now.
fn millis(now: Now, started: Now) -> u64 {
    u64::try_from(now.since(started).as_millis()).unwrap_or(u64::MAX)
}

impl Ringing {
    /// Hands one input to one leg. The changes are the leg's.
    fn step(&mut self, user: UserId, input: leg::Input, now: Now, limits: &Limits) -> Vec<Change> {
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
            all.extend(self.step(user, leg::Input::PeerAnswered, now, limits).into_iter().map(|c| (user, c)));
        }
        all
    }
    /// The leg whose deadline passed first.
    fn due(&self, now: Now, limits: &Limits) -> Option<UserId> {
        let due = self.legs.iter().filter_map(|l| l.deadline(limits).map(|(at, _)| (at, l.user())));
        due.filter(|(at, _)| now.mono >= *at).min_by_key(|(at, _)| *at).map(|(_, user)| user)
    }
    /// Puts what changed into the story.
    fn note(&mut self, changes: &[(UserId, Change)], now: Now) {
        let at_ms = millis(now, self.head.started);
        for (user, change) in changes {
            let media = self.legs.iter().find(|l| l.user() == *user).and_then(Leg::media);
            self.story.change(at_ms, *user, *change, media.and_then(|m| m.path));
        }
    }
    /// A call needs two.
    fn alone(&self) -> bool {
        self.legs.iter().filter(|l| !matches!(l, Leg::Left(_))).count() < 2
    }
    fn flows(&self) -> bool {
        self.legs.iter().all(|l| matches!(l, Leg::Active(_) | Leg::Left(_)))
    }
    /// Why somebody leaves before the answer.
    fn leaving(&self, user: UserId) -> EndReason {
        if user == self.head.caller { EndReason::Cancelled } else { EndReason::Declined }
    }
    fn end(mut self, marks: (Option<Now>, Option<Now>), reason: EndReason, now: Now) -> Step {
        self.story.event(millis(now, self.head.started), None, Happening::Ended { reason });
        let mut effects: Vec<_> = (self.legs.iter())
            .filter(|l| matches!(l, Leg::Ringing(_)))
            .map(|l| Effect::StopRinging { user: l.user(), except: None, reason: RingStop::Ended })
            .collect();
        effects.push(Effect::Ended);
        let legs = self.legs.into_iter().map(|l| l.leave(reason, now)).collect();
        let (answered, connected) = marks;
        let Self { head, story, .. } = self;
        (Call::Ended(Ended { head, legs, answered, connected, ended: now, reason, story }), effects)
    }
}

impl Ringing {
    fn accept(mut self, user: UserId, device: DeviceId, now: Now, limits: &Limits) -> Step {
        let mut changes = of(user, self.step(user, leg::Input::Accept(device), now, limits));
        if changes.is_empty() {
            return (Call::Ringing(self), vec![]);
        }
        changes.extend(self.join(now, limits));
        Active { ringing: self, answered: now, connected: None, measured: None, figures: Vec::new() }
            .settle(changes, now)
    }
    fn settle(mut self, changes: Vec<(UserId, Change)>, now: Now) -> Step {
        self.note(&changes, now);
        let why = last_left(&changes);
        let effects = effects(&changes);
        match why {
            Some(reason) if self.alone() => {
                let (call, end) = self.end((None, None), reason, now);
                (call, [effects, end].concat())
            }
            Some(_) | None => (Call::Ringing(self), effects),
        }
    }
    fn handle(mut self, input: Input, now: Now, limits: &Limits) -> Step {
        match input {
            Input::Accept { user, device } => self.accept(user, device, now, limits),
            Input::Reject { user, device } => {
                let changes = self.step(user, leg::Input::Decline(device), now, limits);
                self.settle(of(user, changes), now)
            }
            Input::Leave { user } => {
                let reason = self.leaving(user);
                let changes = self.step(user, leg::Input::Leave(reason), now, limits);
                self.settle(of(user, changes), now)
            }
            Input::Fact { user, device, fact } => {
                let changes = self.step(user, leg::Input::Fact(device, fact), now, limits);
                self.settle(of(user, changes), now)
            }
            Input::Abort(reason) => self.end((None, None), reason, now),
            Input::Tick => (Call::Ringing(self), vec![]),
        }
    }
}

impl Active {
    fn settle(mut self, changes: Vec<(UserId, Change)>, now: Now) -> Step {
        self.ringing.note(&changes, now);
        let mut effects = effects(&changes);
        if let Some(reason) = last_left(&changes).filter(|_| self.ringing.alone()) {
            let (call, end) = self.ringing.end((Some(self.answered), self.connected), reason, now);
            return (call, [effects, end].concat());
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
    fn handle(mut self, input: Input, now: Now, limits: &Limits) -> Step {
        let changes = match input {
            Input::Accept { user, device } => {
                of(user, self.ringing.step(user, leg::Input::Accept(device), now, limits))
            }
            Input::Leave { user } => {
                of(user, self.ringing.step(user, leg::Input::Leave(EndReason::HungUp), now, limits))
            }
            Input::Fact { user, device, fact } => {
                of(user, self.ringing.step(user, leg::Input::Fact(device, fact), now, limits))
            }
            Input::Abort(reason) => {
                return self.ringing.end((Some(self.answered), self.connected), reason, now);
            }
            Input::Reject { user, device } => {
                of(user, self.ringing.step(user, leg::Input::Decline(device), now, limits))
            }
            Input::Tick => vec![],
        };
        self.settle(changes, now)
    }
}

impl Ended {
    /// The last quality report comes when the transport is dropped: after the end. Nothing else matters any more.
    fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Fact { user, device, fact: Fact::Quality(report) } => {
                for leg in self.legs.iter_mut().filter(|l| l.called.user == user) {
                    leg.last_report(device, &report, now);
                }
            }
            Input::Accept { .. }
            | Input::Reject { .. }
            | Input::Leave { .. }
            | Input::Fact { .. }
            | Input::Abort(_)
            | Input::Tick => {}
        }
        (Call::Ended(self), vec![])
    }
}

impl Call {
    /// A call that begins to ring at its receiver.
    pub fn start(head: Head, device: DeviceId) -> Self {
        let legs = vec![Leg::call(head.caller, device, head.started), Leg::ring(head.receiver, head.started)];
        let mut story = Story::default();
        story.event(0, Some(head.receiver), Happening::Ring);
        Self::Ringing(Ringing { head, legs, story })
    }
    /// A call that found its receiver in another one: over at once.
    pub fn busy(head: Head, device: DeviceId) -> Self {
        let now = head.started;
        let legs = vec![
            Leg::call(head.caller, device, now).leave(EndReason::Busy, now),
            Leg::ring(head.receiver, now).leave(EndReason::Busy, now),
        ];
        let (answered, connected, reason) = (None, None, EndReason::Busy);
        Self::Ended(Ended { head, legs, answered, connected, ended: now, reason, story: Story::default() })
    }

    /// Takes one input; deadlines that have passed come first. Late and repeated inputs are normal on a network: they
    /// change nothing and ask for nothing.
    pub fn handle(self, input: Input, now: Now, limits: &Limits) -> Step {
        let now = now.not_before(self.latest());
        let (call, first) = self.expire(now, limits);
        let (call, rest) = match call {
            Self::Ringing(call) => call.handle(input, now, limits),
            Self::Active(call) => call.handle(input, now, limits),
            Self::Ended(call) => call.handle(input, now),
        };
        (call, [first, rest].concat())
    }

    /// Lets every leg go whose deadline has passed, in the order of the deadlines.
    fn expire(self, now: Now, limits: &Limits) -> Step {
        let (mut call, mut all) = (self, Vec::new());
        loop {
            let (next, effects) = match call {
                Self::Ringing(mut c) => {
                    let Some(user) = c.due(now, limits) else { return (Self::Ringing(c), all) };
                    let changes = c.step(user, leg::Input::Tick, now, limits);
                    c.settle(of(user, changes), now)
                }
                Self::Active(mut c) => {
                    let Some(user) = c.ringing.due(now, limits) else { return (Self::Active(c), all) };
                    let changes = c.ringing.step(user, leg::Input::Tick, now, limits);
                    c.settle(of(user, changes), now)
                }
                Self::Ended(c) => return (Self::Ended(c), all),
            };
            all.extend(effects);
            call = next;
        }
    }

    /// When [`Call::handle`] must see a `Tick` at the latest.
    pub fn poll_timeout(&self, limits: &Limits) -> Option<Instant> {
        self.legs().iter().filter_map(|l| l.deadline(limits)).map(|(at, _)| at).min()
    }

    pub fn head(&self) -> &Head {
        match self {
            Self::Ringing(c) => &c.head,
            Self::Active(c) => &c.ringing.head,
            Self::Ended(c) => &c.head,
        }
    }
    /// The legs of a live call; an ended one has none any more.
    pub fn legs(&self) -> &[Leg] {
        match self {
            Self::Ringing(c) => &c.legs,
            Self::Active(c) => &c.ringing.legs,
            Self::Ended(_) => &[],
        }
    }
    pub fn leg(&self, user: UserId) -> Option<&Leg> {
        self.legs().iter().find(|l| l.user() == user)
    }
    /// Everything that happened in it so far.
    pub fn timeline(&self) -> Timeline {
        let story = match self {
            Self::Ringing(c) => &c.story,
            Self::Active(c) => &c.ringing.story,
            Self::Ended(c) => &c.story,
        };
        story.entries().to_vec()
    }
    /// The figures that were last measured.
    pub fn figures(&self) -> &[HopQuality] {
        match self {
            Self::Active(c) => &c.figures,
            Self::Ringing(_) | Self::Ended(_) => &[],
        }
    }
    /// The latest mark: no later one lies before it.
    fn latest(&self) -> Now {
        match self {
            Self::Ringing(c) => c.head.started,
            Self::Active(c) => c.connected.unwrap_or(c.answered),
            Self::Ended(c) => c.ended,
        }
    }
}
