//! PURE: one person's part in one call, as a typed machine. A callee is `Ringing → Connecting → Active ⇄ Reconnecting →
//! Left`; the caller begins as `Waiting`. Knows nothing of the other legs.

mod phases;

use std::collections::BTreeMap;
use std::time::Instant;

pub use self::phases::{Active, Called, Connecting, Left, Reconnecting, Ringing, Waiting};
use super::Limits;
use super::change::Change;
use super::media::{Fact, Media};
use super::now::Now;
use crate::ids::{DeviceId, UserId};
use crate::model::EndReason;

/// What can happen to a leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// It answers on this device.
    Accept(DeviceId),
    /// Somebody else in the call answered.
    PeerAnswered,
    Fact(DeviceId, Fact),
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
    /// The leg of somebody who is called.
    pub fn ring(user: UserId, now: Now) -> Self {
        Self::Ringing(Ringing { called: Called { user, at: now }, warm: BTreeMap::new() })
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
            Self::Left(leg) => (Self::Left(leg), vec![]),
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

    /// When this leg gives up if nothing happens, and why.
    pub fn deadline(&self, limits: &Limits) -> Option<(Instant, EndReason)> {
        match self {
            Self::Waiting(leg) => leg.away.map(|at| (at.mono + limits.grace, EndReason::Vanished)),
            Self::Ringing(leg) => Some((leg.called.at.mono + limits.ring, EndReason::NoAnswer)),
            Self::Connecting(leg) => Some((leg.answered.mono + limits.connect, EndReason::ConnectFailed)),
            Self::Reconnecting(leg) => Some((leg.lost.mono + limits.reconnect, EndReason::MediaLost)),
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
        self.clone().leave(EndReason::HungUp, at)
    }
}
