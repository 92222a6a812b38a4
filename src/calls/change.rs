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
    /// Somebody came in, or back in, without being rung.
    Came(DeviceId),
    /// A leg goes on with this device of the same person.
    Moved(DeviceId),
    Connected,
    /// Media is lost: nothing is heard any more, or else the transport is gone.
    Lost {
        silent: bool,
    },
    Back,
    /// By whom, if not by himself.
    Muted(bool, Option<UserId>),
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
    /// It rings on more devices than before, or on fewer.
    RingsOn,
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
    /// Somebody was called into a call that is there.
    Ring { user: UserId },
    /// Media may flow to and from this device, and to and from no other of the same person.
    OpenGate { user: UserId, device: DeviceId },
    /// Somebody goes on with this device; the one before has no part in it any more.
    Moved { user: UserId, device: DeviceId },
    /// Nothing of what somebody says is forwarded; or it is again.
    Mute { user: UserId, muted: bool },
    /// Somebody is out of a call that goes on: no media for him any more; to be stored.
    Gone { user: UserId, reason: EndReason },
    /// Somebody answered or came in: to be stored.
    Answered,
    /// Media flows on two legs for the first time: to be stored.
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
            Change::Came(device) => all.extend([Effect::OpenGate { user, device }, Effect::Answered]),
            Change::Moved(device) => all.extend([Effect::Moved { user, device }, Effect::Changed]),
            Change::Left(reason) => all.push(Effect::Gone { user, reason }),
            // Who mutes himself need not be held to it: what he says next must not wait for our leave.
            Change::Muted(muted, by) if by.is_some() || !muted => {
                all.extend([Effect::Mute { user, muted }, Effect::Changed]);
            }
            Change::Connected | Change::Lost { .. } | Change::Back | Change::Muted(..) | Change::RingsOn => {
                all.push(Effect::Changed)
            }
            // For the timeline, or for the figures.
            Change::Path(_)
            | Change::Restarted
            | Change::Rejoined(_)
            | Change::Microphone { .. }
            | Change::Route(..)
            | Change::Reported => {}
        }
    }
    all
}
