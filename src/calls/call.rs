//! PURE: one call, from the first ring to its end, as a typed machine over its legs. No clock, no socket, no store:
//! time is an argument, what must be done is a value.

use std::time::Instant;

use super::Limits;
use super::leg::{self, Change, Left, Leg};
use super::media::Fact;
use super::now::Now;
use crate::event::RingStop;
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::EndReason;

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

/// What must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The user's devices stop ringing and lose their transports, but for one.
    StopRinging { user: UserId, except: Option<DeviceId>, reason: RingStop },
    /// Media may flow to and from this device.
    OpenGate { user: UserId, device: DeviceId },
    /// Somebody answered: to be stored.
    Answered,
    /// Media flows on both legs for the first time: to be stored.
    Connected,
    /// The legs changed in a way that people see.
    Changed,
    /// It is over; the last effect of a call.
    Ended,
}

/// Nobody has answered yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Ringing {
    pub(super) head: Head,
    /// The caller first.
    pub(super) legs: Vec<Leg>,
}

/// Somebody has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    pub(super) ringing: Ringing,
    pub(super) answered: Now,
    pub(super) connected: Option<Now>,
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
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    Ringing(Ringing),
    Active(Active),
    Ended(Ended),
}

type Step = (Call, Vec<Effect>);

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
    fn end(self, marks: (Option<Now>, Option<Now>), reason: EndReason, now: Now) -> Step {
        let mut effects: Vec<_> = (self.legs.iter())
            .filter(|l| matches!(l, Leg::Ringing(_)))
            .map(|l| Effect::StopRinging { user: l.user(), except: None, reason: RingStop::Ended })
            .collect();
        effects.push(Effect::Ended);
        let legs = self.legs.into_iter().map(|l| l.leave(reason, now)).collect();
        let (answered, connected) = marks;
        (Call::Ended(Ended { head: self.head, legs, answered, connected, ended: now, reason }), effects)
    }
}

impl Ringing {
    fn accept(mut self, user: UserId, device: DeviceId, now: Now, limits: &Limits) -> Step {
        let mut changes = of(user, self.step(user, leg::Input::Accept(device), now, limits));
        if changes.is_empty() {
            return (Call::Ringing(self), vec![]);
        }
        changes.extend(self.join(now, limits));
        Active { ringing: self, answered: now, connected: None }.settle(changes, now)
    }
    fn settle(self, changes: Vec<(UserId, Change)>, now: Now) -> Step {
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
        let mut effects = effects(&changes);
        if let Some(reason) = last_left(&changes).filter(|_| self.ringing.alone()) {
            let (call, end) = self.ringing.end((Some(self.answered), self.connected), reason, now);
            return (call, [effects, end].concat());
        }
        if self.connected.is_none() && self.ringing.flows() {
            self.connected = Some(now);
            effects.push(Effect::Connected);
        }
        (Call::Active(self), effects)
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
    fn handle(mut self, input: Input) -> Step {
        match input {
            Input::Fact { user, device, fact: Fact::Quality(report) } => {
                for leg in self.legs.iter_mut().filter(|l| l.called.user == user) {
                    leg.last_report(device, &report);
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

/// A leg's changes, with whose they are.
fn of(user: UserId, changes: Vec<Change>) -> Vec<(UserId, Change)> {
    changes.into_iter().map(|c| (user, c)).collect()
}

fn last_left(changes: &[(UserId, Change)]) -> Option<EndReason> {
    changes.iter().rev().find_map(|(_, change)| match change {
        Change::Left(reason) => Some(*reason),
        Change::Answered(_)
        | Change::Joined(_)
        | Change::Connected
        | Change::Lost
        | Change::Back
        | Change::Muted
        | Change::Declined(_)
        | Change::Unanswered => None,
    })
}

fn effects(changes: &[(UserId, Change)]) -> Vec<Effect> {
    let mut all = Vec::new();
    for (user, change) in changes {
        let user = *user;
        match *change {
            Change::Answered(device) => all.extend([
                Effect::StopRinging { user, except: Some(device), reason: RingStop::AnsweredElsewhere },
                Effect::OpenGate { user, device },
                Effect::Answered,
            ]),
            Change::Declined(device) => {
                let reason = RingStop::DeclinedElsewhere;
                all.push(Effect::StopRinging { user, except: Some(device), reason });
            }
            Change::Unanswered => {
                all.push(Effect::StopRinging { user, except: None, reason: RingStop::Ended });
            }
            Change::Joined(device) => all.push(Effect::OpenGate { user, device }),
            Change::Connected | Change::Lost | Change::Back | Change::Muted => all.push(Effect::Changed),
            // Two in a call: the end says it. More: the others go on.
            Change::Left(_) => {}
        }
    }
    all
}

impl Call {
    /// A call that begins to ring at its receiver.
    pub fn start(head: Head, device: DeviceId) -> Self {
        let legs = vec![Leg::call(head.caller, device, head.started), Leg::ring(head.receiver, head.started)];
        Self::Ringing(Ringing { head, legs })
    }
    /// A call that found its receiver in another one: over at once.
    pub fn busy(head: Head, device: DeviceId) -> Self {
        let now = head.started;
        let legs = vec![
            Leg::call(head.caller, device, now).leave(EndReason::Busy, now),
            Leg::ring(head.receiver, now).leave(EndReason::Busy, now),
        ];
        let (answered, connected, reason) = (None, None, EndReason::Busy);
        Self::Ended(Ended { head, legs, answered, connected, ended: now, reason })
    }

    /// Takes one input; deadlines that have passed come first. Late and repeated inputs are normal on a network: they
    /// change nothing and ask for nothing.
    pub fn handle(self, input: Input, now: Now, limits: &Limits) -> Step {
        let now = now.not_before(self.latest());
        let (call, first) = self.expire(now, limits);
        let (call, rest) = match call {
            Self::Ringing(call) => call.handle(input, now, limits),
            Self::Active(call) => call.handle(input, now, limits),
            Self::Ended(call) => call.handle(input),
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
    /// The latest mark: no later one lies before it.
    fn latest(&self) -> Now {
        match self {
            Self::Ringing(c) => c.head.started,
            Self::Active(c) => c.connected.unwrap_or(c.answered),
            Self::Ended(c) => c.ended,
        }
    }
}
