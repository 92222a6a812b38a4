//! PURE: one person's part in one call, as a typed machine. A callee is `Ringing → Connecting → Active ⇄ Reconnecting →
//! Left`; the caller begins as `Waiting`; who left may come back. Knows nothing of the other legs.

mod phases;
mod restore;

use std::collections::BTreeMap;
use std::time::Instant;

pub use self::phases::{Active, Called, Connecting, Left, Reconnecting, Ringing, Waiting};
use super::Limits;
use super::change::Change;
use super::media::{Fact, Media};
use super::now::Now;
use crate::ids::{DeviceId, UserId};
use crate::model::{EndReason, Reach};

/// What can happen to a leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// It answers on this device.
    Accept(DeviceId),
    /// It comes in with this device: answers, comes back, or goes on with it instead of another.
    Join(DeviceId),
    /// Somebody else in the call answered.
    PeerAnswered,
    Fact(DeviceId, Fact),
    /// So many of its devices are here now.
    RingsOn(u32),
    /// It says no, on this device.
    Decline(DeviceId),
    Leave(EndReason),
    /// A deadline may have passed.
    Tick,
}

/// One person's part in one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Leg {
    Waiting(Waiting),
    Ringing(Ringing),
    Connecting(Connecting),
    Active(Active),
    Reconnecting(Reconnecting),
    Left(Left),
}

type Step = (Leg, Vec<Change>);

impl Leg {
    /// The leg of somebody who calls.
    pub fn call(user: UserId, device: DeviceId, now: Now) -> Self {
        let called = Called { user, at: now };
        Self::Waiting(Waiting { called, device, media: Media::default(), away: None })
    }
    /// The leg of somebody who is called: it rings if he can be rung, else it is over at once.
    pub fn ring(user: UserId, reach: Reach, now: Now) -> Self {
        let ringing = |on| Ringing {
            called: Called { user, at: now },
            warm: BTreeMap::new(),
            reached: on > 0,
            on,
            before: None,
        };
        match reach {
            Reach::Here(devices) => Self::Ringing(ringing(devices)),
            Reach::Away => Self::Ringing(ringing(0)),
            Reach::Busy => Self::Left(ringing(0).leave(EndReason::Busy, now)),
            Reach::Undisturbed => Self::Left(ringing(0).leave(EndReason::DoNotDisturb, now)),
        }
    }
    /// Somebody who has left is called back in.
    pub fn ring_again(left: Left, reach: Reach, now: Now) -> Self {
        match Self::ring(left.called.user, reach, now) {
            Self::Ringing(ringing) if left.answered.is_some() => {
                Self::Ringing(Ringing { before: Some(Box::new(left)), ..ringing })
            }
            // That he talked counts for more than that he could not be reached a second time.
            Self::Left(_) if left.answered.is_some() => Self::Left(left),
            ring => ring,
        }
    }
    /// The leg of somebody who comes into a call without being called.
    pub fn come(user: UserId, device: DeviceId, now: Now) -> Self {
        Self::Connecting(Connecting::new(Called { user, at: now }, device, now, Media::default()))
    }

    /// Takes one input. Late and repeated ones are normal on a network: they change nothing. A deadline that has passed
    /// comes before the input.
    pub fn handle(self, input: Input, now: Now, limits: &Limits) -> Step {
        let input = match self.deadline(limits) {
            Some((at, reason)) if now.mono >= at => Input::Leave(reason),
            Some(_) | None => input,
        };
        match self {
            Self::Waiting(leg) => leg.handle(input, now),
            Self::Ringing(leg) => leg.handle(input, now),
            Self::Connecting(leg) => leg.handle(input, now),
            Self::Active(leg) => leg.handle(input, now),
            Self::Reconnecting(leg) => leg.handle(input, now),
            Self::Left(leg) => leg.handle(input, now),
        }
    }

    /// Out of the call, whatever it was; a leg that has left stays as it was.
    pub fn leave(self, reason: EndReason, now: Now) -> Left {
        match self {
            Self::Waiting(leg) => leg.leave(reason, now),
            Self::Ringing(leg) => leg.leave(reason, now),
            Self::Connecting(leg) => leg.leave(reason, now),
            Self::Active(leg) => leg.leave(reason, now),
            Self::Reconnecting(leg) => leg.active.leave(reason, now),
            Self::Left(leg) => leg,
        }
    }

    /// When this leg gives up if nothing happens, and why. A page that was closed is expected back sooner than a network
    /// that broke: it is only being loaded again, or gone.
    pub fn deadline(&self, limits: &Limits) -> Option<(Instant, EndReason)> {
        let sooner = |patience: (Instant, EndReason), closed: Option<Instant>| {
            let closed = closed.map(|at| (at + limits.grace, EndReason::Vanished));
            closed.filter(|(at, _)| *at < patience.0).unwrap_or(patience)
        };
        match self {
            Self::Waiting(leg) => leg.away.map(|at| (at.mono + limits.grace, EndReason::Vanished)),
            Self::Ringing(leg) => {
                let why = if leg.reached { EndReason::NoAnswer } else { EndReason::Unreachable };
                Some((leg.called.at.mono + limits.ring, why))
            }
            Self::Connecting(leg) => {
                let patience = (leg.since.mono + limits.connect, EndReason::ConnectFailed);
                Some(sooner(patience, leg.media.closed.map(|at| at.mono)))
            }
            Self::Reconnecting(leg) => {
                let why = if leg.restarted { EndReason::ServerRestart } else { EndReason::MediaLost };
                let patience = (leg.lost.mono + limits.reconnect, why);
                // Media may have flowed on for long after the page's socket was closed.
                let closed = leg.active.connecting.media.closed.map(|at| at.mono.max(leg.lost.mono));
                Some(sooner(patience, closed))
            }
            Self::Active(_) | Self::Left(_) => None,
        }
    }

    pub fn called(&self) -> Called {
        match self {
            Self::Waiting(leg) => leg.called,
            Self::Ringing(leg) => leg.called,
            Self::Connecting(leg) => leg.called,
            Self::Active(leg) => leg.connecting.called,
            Self::Reconnecting(leg) => leg.active.connecting.called,
            Self::Left(leg) => leg.called,
        }
    }
    pub fn user(&self) -> UserId {
        self.called().user
    }
    /// In the call: not only called to it, and not out of it.
    pub fn is_in(&self) -> bool {
        match self {
            Self::Waiting(_) | Self::Connecting(_) | Self::Active(_) | Self::Reconnecting(_) => true,
            Self::Ringing(_) | Self::Left(_) => false,
        }
    }
    /// The device that called or answered; none while it rings.
    pub fn device(&self) -> Option<DeviceId> {
        match self {
            Self::Waiting(leg) => Some(leg.device),
            Self::Ringing(_) => None,
            Self::Connecting(leg) => Some(leg.device),
            Self::Active(leg) => Some(leg.connecting.device),
            Self::Reconnecting(leg) => Some(leg.active.connecting.device),
            Self::Left(leg) => leg.device,
        }
    }
    /// On how many devices it rings.
    pub fn rings_on(&self) -> u32 {
        if let Self::Ringing(leg) = self { leg.on } else { 0 }
    }
    /// May this device send offers and be muted: the leg's own device, or any while it rings.
    pub fn takes(&self, device: DeviceId) -> bool {
        match self {
            Self::Ringing(_) => true,
            Self::Left(_) => false,
            Self::Waiting(_) | Self::Connecting(_) | Self::Active(_) | Self::Reconnecting(_) => {
                self.device() == Some(device)
            }
        }
    }
    /// The media of the device that called or answered; none while it rings.
    pub fn media(&self) -> Option<&Media> {
        match self {
            Self::Waiting(leg) => Some(&leg.media),
            Self::Ringing(_) => None,
            Self::Connecting(leg) => Some(&leg.media),
            Self::Active(leg) => Some(&leg.connecting.media),
            Self::Reconnecting(leg) => Some(&leg.active.connecting.media),
            Self::Left(leg) => Some(&leg.media),
        }
    }
    /// Takes the estimates of the last five seconds.
    pub(super) fn rate(&mut self, heard: Option<f32>, hears: Option<f32>) {
        if let Self::Active(leg) = self {
            leg.connecting.media.quality.rate(heard, hears);
        }
    }
    /// The marks so far, as they would stand if it left now.
    pub(super) fn marks(&self) -> Left {
        let at = self.called().at;
        match self.clone() {
            // Not as he was when he was in it before: he is called now.
            Self::Ringing(leg) => leg.missed(EndReason::HungUp, at),
            leg => leg.leave(EndReason::HungUp, at),
        }
    }
}
