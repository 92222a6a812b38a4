//! PURE: one person's part in one call, as a typed machine. A callee is `Ringing → Connecting → Active ⇄ Reconnecting →
//! Left`; the caller begins as `Waiting`. Each phase is a struct, a transition consumes it, so marks only accumulate.
//! Knows nothing of the other legs.

use std::collections::BTreeMap;
use std::time::Instant;

use super::Limits;
use super::media::{Fact, Media};
use super::now::Now;
use super::quality::Report;
use crate::ids::{DeviceId, UserId};
use crate::model::EndReason;

/// Ringing devices that are remembered; more are not warmed up.
const MAX_WARM: usize = 32;

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

/// What changed in a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A ringing leg was answered on this device.
    Answered(DeviceId),
    /// A waiting leg has somebody to talk to.
    Joined(DeviceId),
    Connected,
    Lost,
    Back,
    Muted,
    /// It stopped ringing because it said no on this device; `Left` follows.
    Declined(DeviceId),
    /// It stopped ringing without an answer; `Left` follows.
    Unanswered,
    Left(EndReason),
}

/// What every leg has from its first moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called {
    pub user: UserId,
    /// When it began to ring, or when the call was started.
    pub at: Now,
}

/// The caller, until somebody answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    called: Called,
    device: DeviceId,
    media: Media,
    away: Option<Now>,
}

/// A callee, until he answers. Every device may warm up.
#[derive(Clone, Debug, PartialEq)]
pub struct Ringing {
    called: Called,
    warm: BTreeMap<DeviceId, Media>,
}

/// In the call, without media yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Connecting {
    called: Called,
    device: DeviceId,
    answered: Now,
    media: Media,
}

/// In the call, with media.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    connecting: Connecting,
    connected: Now,
    reconnects: u32,
}

/// In the call; media was there and is lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconnecting {
    active: Active,
    lost: Now,
}

/// Out of the call: every mark that was reached, and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    pub called: Called,
    /// The device that called or answered.
    pub device: Option<DeviceId>,
    pub answered: Option<Now>,
    pub connected: Option<Now>,
    pub at: Now,
    pub reason: EndReason,
    pub reconnects: u32,
    pub media: Media,
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

impl Waiting {
    fn joined(self, now: Now) -> Connecting {
        Connecting { called: self.called, device: self.device, answered: now, media: self.media }
    }
    fn leave(self, reason: EndReason, now: Now) -> Left {
        let Self { called, device, media, away: _ } = self;
        let device = Some(device);
        Left { called, device, answered: None, connected: None, at: now, reason, reconnects: 0, media }
    }
    fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::PeerAnswered => {
                let device = self.device;
                self.joined(now).settle(now, Change::Joined(device))
            }
            Input::Fact(device, Fact::Away) if device == self.device => {
                self.away.get_or_insert(now);
                (Leg::Waiting(self), vec![])
            }
            Input::Fact(device, fact) => {
                let changes = if device == self.device {
                    self.away = None;
                    muted(self.media.learn(fact))
                } else {
                    vec![]
                };
                (Leg::Waiting(self), changes)
            }
            Input::Leave(reason) => left(self.leave(reason, now)),
            Input::Accept(_) | Input::Decline(_) | Input::Tick => (Leg::Waiting(self), vec![]),
        }
    }
}

impl Ringing {
    fn accept(mut self, device: DeviceId, now: Now) -> Connecting {
        let media = self.warm.remove(&device).unwrap_or_default();
        Connecting { called: self.called, device, answered: now, media }
    }
    fn leave(self, reason: EndReason, now: Now) -> Left {
        Left {
            called: self.called,
            device: None,
            answered: None,
            connected: None,
            at: now,
            reason,
            reconnects: 0,
            media: Media::default(),
        }
    }
    fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Accept(device) => self.accept(device, now).settle(now, Change::Answered(device)),
            Input::Fact(_, Fact::Away | Fact::Here) => (Leg::Ringing(self), vec![]),
            Input::Fact(device, fact) => {
                if self.warm.contains_key(&device) || self.warm.len() < MAX_WARM {
                    // Nobody sees whether a device that only rings is muted: that is no change yet.
                    self.warm.entry(device).or_default().learn(fact);
                }
                (Leg::Ringing(self), vec![])
            }
            Input::Decline(device) => {
                let reason = EndReason::Declined;
                let changes = vec![Change::Declined(device), Change::Left(reason)];
                (Leg::Left(self.leave(reason, now)), changes)
            }
            Input::Leave(reason) => {
                let changes = vec![Change::Unanswered, Change::Left(reason)];
                (Leg::Left(self.leave(reason, now)), changes)
            }
            Input::PeerAnswered | Input::Tick => (Leg::Ringing(self), vec![]),
        }
    }
}

impl Connecting {
    /// Media that came up before the answer counts from the answer.
    fn settle(self, now: Now, change: Change) -> Step {
        if self.media.is_up() {
            let active = Active { connecting: self, connected: now, reconnects: 0 };
            (Leg::Active(active), vec![change, Change::Connected])
        } else {
            (Leg::Connecting(self), vec![change])
        }
    }
    fn leave(self, reason: EndReason, now: Now) -> Left {
        Left {
            called: self.called,
            device: Some(self.device),
            answered: Some(self.answered),
            connected: None,
            at: now,
            reason,
            reconnects: 0,
            media: self.media,
        }
    }
    fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Fact(device, fact) if device == self.device => {
                let changes = muted(self.media.learn(fact));
                if self.media.is_up() {
                    let active = Active { connecting: self, connected: now, reconnects: 0 };
                    (Leg::Active(active), vec![Change::Connected])
                } else {
                    (Leg::Connecting(self), changes)
                }
            }
            Input::Leave(reason) => left(self.leave(reason, now)),
            Input::Accept(_) | Input::PeerAnswered | Input::Fact(..) | Input::Decline(_) | Input::Tick => {
                (Leg::Connecting(self), vec![])
            }
        }
    }
}

impl Active {
    fn leave(self, reason: EndReason, now: Now) -> Left {
        let (connected, reconnects) = (Some(self.connected), self.reconnects);
        Left { connected, reconnects, ..self.connecting.leave(reason, now) }
    }
    fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Fact(device, fact) if device == self.connecting.device => {
                let changes = muted(self.connecting.media.learn(fact));
                if self.connecting.media.is_up() {
                    (Leg::Active(self), changes)
                } else {
                    (Leg::Reconnecting(Reconnecting { active: self, lost: now }), vec![Change::Lost])
                }
            }
            Input::Leave(reason) => left(self.leave(reason, now)),
            Input::Accept(_) | Input::PeerAnswered | Input::Fact(..) | Input::Decline(_) | Input::Tick => {
                (Leg::Active(self), vec![])
            }
        }
    }
}

impl Reconnecting {
    fn back(mut self) -> Active {
        self.active.reconnects = self.active.reconnects.saturating_add(1);
        self.active
    }
    fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Fact(device, fact) if device == self.active.connecting.device => {
                let changes = muted(self.active.connecting.media.learn(fact));
                if self.active.connecting.media.is_up() {
                    (Leg::Active(self.back()), vec![Change::Back])
                } else {
                    (Leg::Reconnecting(self), changes)
                }
            }
            Input::Leave(reason) => left(self.active.leave(reason, now)),
            Input::Accept(_) | Input::PeerAnswered | Input::Fact(..) | Input::Decline(_) | Input::Tick => {
                (Leg::Reconnecting(self), vec![])
            }
        }
    }
}

impl Left {
    /// The last quality report comes when the transport is dropped: after the end.
    pub(super) fn last_report(&mut self, device: DeviceId, report: &Report) {
        if self.device == Some(device) {
            self.media.quality.add(report);
        }
    }
}

fn muted(changed: bool) -> Vec<Change> {
    if changed { vec![Change::Muted] } else { vec![] }
}

fn left(left: Left) -> Step {
    let reason = left.reason;
    (Leg::Left(left), vec![Change::Left(reason)])
}

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
    /// The marks so far, as they would stand if it left now.
    pub(super) fn marks(&self) -> Left {
        let at = self.called().at;
        self.clone().leave(EndReason::HungUp, at)
    }
}
