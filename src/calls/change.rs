//! PURE: what changed in a leg, and what must be done about it.

use crate::event::RingStop;
use crate::ids::{DeviceId, UserId};
use crate::model::{Candidate, EndReason, PathName, Protocol};

/// What changed in a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A ringing leg was answered on this device.
    Answered(DeviceId),
    /// A waiting leg has somebody to talk to.
    Joined(DeviceId),
    Connected,
    /// Media is lost: nothing is heard any more, or else the transport is gone.
    Lost {
        silent: bool,
    },
    Back,
    Muted(bool),
    /// Packets take this way now.
    Path(PathName),
    /// The browser asked for new ICE credentials.
    Restarted,
    /// A fresh peer connection took the place of the one before.
    Rejoined(PathName),
    /// The microphone gives no sound at all, or does again.
    Microphone {
        silent: bool,
    },
    /// The browser's chosen candidate pair is of another kind.
    Route(Candidate, Protocol),
    /// The relay reported on its quality.
    Reported,
    /// It stopped ringing because it said no on this device; `Left` follows.
    Declined(DeviceId),
    /// It stopped ringing without an answer; `Left` follows.
    Unanswered,
    Left(EndReason),
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
    /// There are new figures of how good it is: to be told to the devices in the call.
    Measured,
    /// It is over; the last effect of a call.
    Ended,
}

/// A leg's changes, with whose they are.
pub(super) fn of(user: UserId, changes: Vec<Change>) -> Vec<(UserId, Change)> {
    changes.into_iter().map(|c| (user, c)).collect()
}

/// Why the last of those who left did.
pub(super) fn last_left(changes: &[(UserId, Change)]) -> Option<EndReason> {
    changes
        .iter()
        .rev()
        .find_map(|(_, change)| if let Change::Left(why) = change { Some(*why) } else { None })
}

/// What the legs' changes ask for.
pub(super) fn effects(changes: &[(UserId, Change)]) -> Vec<Effect> {
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
            Change::Connected | Change::Lost { .. } | Change::Back | Change::Muted(_) => {
                all.push(Effect::Changed)
            }
            // For the timeline, or for the figures; two in a call: the end says that somebody left, more: they go on.
            Change::Path(_)
            | Change::Restarted
            | Change::Rejoined(_)
            | Change::Microphone { .. }
            | Change::Route(..)
            | Change::Reported
            | Change::Left(_) => {}
        }
    }
    all
}
