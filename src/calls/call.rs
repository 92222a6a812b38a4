//! PURE: one call, from the first ring to its end, as a typed machine over its legs. Two people or a hundred: the same
//! machine. No clock, no socket, no store: time is an argument, what must be done is a value.

mod active;
mod reason;
mod restore;
mod ringing;

use std::time::{Duration, Instant};

pub use super::change::Effect;
use super::change::{Change, of};
use super::leg::{self, Left, Leg};
use super::media::Fact;
use super::now::Now;
use super::timeline::Story;
use super::{Limits, figures};
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{EndReason, Happening, HopQuality, Reach, Timeline};

/// How far apart figures are told at least: a little under the five seconds between two reports of one leg.
const MEASURE: Duration = Duration::from_secs(4);

/// Whom a call is for, which decides when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Between two, though others may be invited into it. It is over when nobody is left to talk to.
    Pair { receiver: UserId },
    /// In a group. Once somebody has answered, the last one out ends it; until then, an announced one (it rings nobody)
    /// waits for whoever joins, and another ends when nobody is left to answer.
    Group { announced: bool },
}

/// What a call has from its first moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub id: CallId,
    pub conversation: ConversationId,
    pub caller: UserId,
    pub kind: Kind,
    pub started: Now,
    /// The server that hosts it, and the run of it.
    pub node: String,
    pub epoch: EpochId,
}

impl Head {
    /// Whom it was for, if for one.
    pub fn receiver(&self) -> Option<UserId> {
        match self.kind {
            Kind::Pair { receiver } => Some(receiver),
            Kind::Group { .. } => None,
        }
    }
}

/// What can happen to a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    Accept {
        user: UserId,
        device: DeviceId,
    },
    /// Comes in with this device: answers, comes back, takes over from another device of his, or was never called.
    Join {
        user: UserId,
        device: DeviceId,
    },
    /// Is called into a call that is there. Who is in it, or rings, already: nothing.
    Ring {
        user: UserId,
        reach: Reach,
    },
    /// So many of his devices are here now.
    RingsOn {
        user: UserId,
        devices: u32,
    },
    Reject {
        user: UserId,
        device: DeviceId,
    },
    /// Hang up; before the answer: cancel (the caller) or decline (a callee).
    Leave {
        user: UserId,
    },
    /// Somebody is out of it for another reason than that he wanted to.
    Put {
        user: UserId,
        out: EndReason,
    },
    /// Over for all, because this one said so.
    End {
        by: UserId,
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
    /// The caller first, then in the order of their coming. Nobody has two.
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
    /// The server was restarted and nobody is back yet: the last moment of which it is known that the call was there.
    lapsed: Option<Now>,
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

impl Ended {
    /// The last quality report comes when the transport is dropped: after the end. Nothing else matters any more.
    fn handle(mut self, input: Input, now: Now) -> Step {
        if let Input::Fact { user, device, fact: Fact::Quality(report) } = input {
            for leg in self.legs.iter_mut().filter(|l| l.called.user == user) {
                leg.last_report(device, &report, now);
            }
        }
        (Call::Ended(self), vec![])
    }
}

impl Call {
    /// A call that begins to ring at those who can be rung. Over at once if it should ring and rings nobody.
    pub fn start(head: Head, device: DeviceId, callees: &[(UserId, Reach)]) -> Self {
        let now = head.started;
        let mut legs = vec![Leg::call(head.caller, device, now)];
        legs.extend(callees.iter().map(|(user, reach)| Leg::ring(*user, *reach, now)));
        let mut story = Story::default();
        for leg in legs.iter().filter(|l| matches!(l, Leg::Ringing(_))) {
            story.event(0, Some(leg.user()), Happening::Ring);
        }
        let call = Ringing { head, legs, story };
        if call.over(false) {
            let reason = call.why(None);
            return call.end((None, None), reason, now).0;
        }
        Self::Ringing(call)
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
                    let Some((user, _)) = c.due(now, limits) else { return (Self::Ringing(c), all) };
                    let changes = c.step(user, leg::Input::Tick, now, limits);
                    c.settle(of(user, changes), now)
                }
                Self::Active(mut c) => {
                    let Some((user, why)) = c.ringing.due(now, limits) else { return (Self::Active(c), all) };
                    // Nobody came back after a restart: it ended when the server went, not when the waiting did.
                    let (at, why) = c.lapsed.map_or((now, why), |at| (at, EndReason::ServerRestart));
                    let changes = c.ringing.step(user, leg::Input::Leave(why), at, limits);
                    c.settle(of(user, changes), at)
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
    /// How many are in it, or are called into it.
    pub fn size(&self) -> usize {
        self.legs().iter().filter(|l| !matches!(l, Leg::Left(_))).count()
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
