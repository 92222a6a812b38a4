//! PURE: the phases of a leg. Each is a struct that holds what it began with; a transition consumes it, so marks only
//! accumulate. Knows nothing of the other legs.

use std::collections::BTreeMap;

use super::{Input, Leg};
use crate::calls::change::Change;
use crate::calls::media::{Fact, Media};
use crate::calls::now::Now;
use crate::calls::quality::Report;
use crate::ids::{DeviceId, UserId};
use crate::model::EndReason;

/// Ringing devices that are remembered; more are not warmed up.
const MAX_WARM: usize = 32;

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
    pub(super) called: Called,
    pub(super) device: DeviceId,
    pub(super) media: Media,
    pub(super) away: Option<Now>,
}

/// A callee, until he answers. Every device may warm up.
#[derive(Clone, Debug, PartialEq)]
pub struct Ringing {
    pub(super) called: Called,
    pub(super) warm: BTreeMap<DeviceId, Media>,
    /// One of his devices was here while it rang.
    pub(super) reached: bool,
    /// So many of them are here now.
    pub(super) on: u32,
    /// He was in the call before, and is called back.
    pub(super) before: Option<Box<Left>>,
}

/// In the call, without media yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Connecting {
    pub(super) called: Called,
    pub(super) device: DeviceId,
    pub(super) answered: Now,
    /// What the patience with this device counts from: the answer, or when he came back or changed the device.
    pub(super) since: Now,
    /// When media first flowed, with an earlier device or before he left.
    pub(super) connected: Option<Now>,
    pub(super) reconnects: u32,
    pub(super) media: Media,
}

/// In the call, with media.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    pub(super) connecting: Connecting,
    pub(super) connected: Now,
    pub(super) reconnects: u32,
}

/// In the call; media was there and is lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconnecting {
    pub(super) active: Active,
    pub(super) lost: Now,
    /// It was the server that went.
    pub(super) restarted: bool,
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

type Step = (Leg, Vec<Change>);

impl Waiting {
    fn joined(self, now: Now) -> Connecting {
        Connecting::new(self.called, self.device, now, self.media)
    }
    pub(super) fn leave(self, reason: EndReason, now: Now) -> Left {
        let Self { called, device, media, away: _ } = self;
        let device = Some(device);
        Left { called, device, answered: None, connected: None, at: now, reason, reconnects: 0, media }
    }
    pub(super) fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::PeerAnswered => {
                let device = self.device;
                self.joined(now).settle(now, Change::Joined(device))
            }
            Input::Join(device) if device != self.device => {
                let moved = Self { device, media: self.media.renewed(), away: None, ..self };
                (Leg::Waiting(moved), vec![Change::Moved(device)])
            }
            Input::Fact(device, Fact::Away | Fact::Closed) if device == self.device => {
                self.away.get_or_insert(now);
                (Leg::Waiting(self), vec![])
            }
            Input::Fact(device, fact) => {
                let changes = if device == self.device {
                    // That nothing comes from it is no sign that it is there.
                    if !matches!(fact, Fact::Gone | Fact::Silent | Fact::Quality(_)) {
                        self.away = None;
                    }
                    self.media.learn(fact, now)
                } else {
                    vec![]
                };
                (Leg::Waiting(self), changes)
            }
            Input::Leave(reason) => left(self.leave(reason, now)),
            Input::Accept(_) | Input::Join(_) | Input::Decline(_) | Input::RingsOn(_) | Input::Tick => {
                (Leg::Waiting(self), vec![])
            }
        }
    }
}

impl Ringing {
    fn accept(mut self, device: DeviceId, now: Now) -> Connecting {
        let media = self.warm.remove(&device).unwrap_or_default();
        match self.before {
            Some(before) => before.again(device, media, now),
            None => Connecting::new(self.called, device, now, media),
        }
    }
    /// Who is called back in vain stays as he left.
    pub(super) fn leave(self, reason: EndReason, now: Now) -> Left {
        match self.before {
            Some(before) => *before,
            None => self.missed(reason, now),
        }
    }
    pub(super) fn missed(self, reason: EndReason, now: Now) -> Left {
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
    pub(super) fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Accept(device) | Input::Join(device) => {
                self.accept(device, now).settle(now, Change::Answered(device))
            }
            Input::Fact(_, Fact::Here) => {
                self.reached = true;
                (Leg::Ringing(self), vec![])
            }
            Input::Fact(_, Fact::Away | Fact::Closed) => (Leg::Ringing(self), vec![]),
            Input::Fact(device, fact) => {
                if self.warm.contains_key(&device) || self.warm.len() < MAX_WARM {
                    // Nobody sees whether a device that only rings is muted: that is no change yet.
                    self.warm.entry(device).or_default().learn(fact, now);
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
            Input::RingsOn(devices) => {
                let changes = if devices == self.on { vec![] } else { vec![Change::RingsOn] };
                (self.on, self.reached) = (devices, self.reached || devices > 0);
                (Leg::Ringing(self), changes)
            }
            Input::PeerAnswered | Input::Tick => (Leg::Ringing(self), vec![]),
        }
    }
}

impl Connecting {
    pub(super) fn new(called: Called, device: DeviceId, now: Now, media: Media) -> Self {
        Self { called, device, answered: now, since: now, connected: None, reconnects: 0, media }
    }
    /// With another device.
    fn moved(self, device: DeviceId, now: Now) -> Step {
        let moved = Self { device, since: now, media: self.media.renewed(), ..self };
        (Leg::Connecting(moved), vec![Change::Moved(device)])
    }
    /// Media is up: for the first time, or again.
    fn up(self, now: Now, changes: Vec<Change>) -> Step {
        let change = if self.connected.is_some() { Change::Back } else { Change::Connected };
        let (connected, reconnects) = (self.connected.unwrap_or(now), self.reconnects);
        let active = Active { connecting: self, connected, reconnects };
        (Leg::Active(active), also(changes, change))
    }
    /// Media that came up before the answer counts from the answer.
    fn settle(self, now: Now, change: Change) -> Step {
        if self.media.is_up() { self.up(now, vec![change]) } else { (Leg::Connecting(self), vec![change]) }
    }
    pub(super) fn leave(self, reason: EndReason, now: Now) -> Left {
        Left {
            called: self.called,
            device: Some(self.device),
            answered: Some(self.answered),
            connected: self.connected,
            at: now,
            reason,
            reconnects: self.reconnects,
            media: self.media,
        }
    }
    pub(super) fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Fact(device, fact) if device == self.device => {
                let changes = self.media.learn(fact, now);
                if self.media.is_up() { self.up(now, changes) } else { (Leg::Connecting(self), changes) }
            }
            Input::Leave(reason) => left(self.leave(reason, now)),
            Input::Join(device) if device != self.device => self.moved(device, now),
            Input::Accept(_)
            | Input::Join(_)
            | Input::PeerAnswered
            | Input::Fact(..)
            | Input::RingsOn(_)
            | Input::Decline(_)
            | Input::Tick => (Leg::Connecting(self), vec![]),
        }
    }
}

impl Active {
    pub(super) fn leave(self, reason: EndReason, now: Now) -> Left {
        let (connected, reconnects) = (Some(self.connected), self.reconnects);
        Left { connected, reconnects, ..self.connecting.leave(reason, now) }
    }
    fn moved(self, device: DeviceId, now: Now) -> Step {
        let (connected, reconnects) = (Some(self.connected), self.reconnects);
        Connecting { connected, reconnects, ..self.connecting }.moved(device, now)
    }
    pub(super) fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Fact(device, fact) if device == self.connecting.device => {
                let changes = self.connecting.media.learn(fact, now);
                if self.connecting.media.is_up() {
                    (Leg::Active(self), changes)
                } else {
                    let lost = Change::Lost { silent: self.connecting.media.is_silent() };
                    let leg = Reconnecting { active: self, lost: now, restarted: false };
                    (Leg::Reconnecting(leg), also(changes, lost))
                }
            }
            Input::Leave(reason) => left(self.leave(reason, now)),
            Input::Join(device) if device != self.connecting.device => self.moved(device, now),
            Input::Accept(_)
            | Input::Join(_)
            | Input::PeerAnswered
            | Input::Fact(..)
            | Input::RingsOn(_)
            | Input::Decline(_)
            | Input::Tick => (Leg::Active(self), vec![]),
        }
    }
}

impl Reconnecting {
    fn back(mut self) -> Active {
        self.active.reconnects = self.active.reconnects.saturating_add(1);
        self.active
    }
    pub(super) fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Fact(device, fact) if device == self.active.connecting.device => {
                let changes = self.active.connecting.media.learn(fact, now);
                if self.active.connecting.media.is_up() {
                    (Leg::Active(self.back()), also(changes, Change::Back))
                } else {
                    (Leg::Reconnecting(self), changes)
                }
            }
            Input::Leave(reason) => left(self.active.leave(reason, now)),
            Input::Join(device) if device != self.active.connecting.device => self.active.moved(device, now),
            Input::Accept(_)
            | Input::Join(_)
            | Input::PeerAnswered
            | Input::Fact(..)
            | Input::RingsOn(_)
            | Input::Decline(_)
            | Input::Tick => (Leg::Reconnecting(self), vec![]),
        }
    }
}

impl Left {
    /// In again, with the media of this device. A first try whose media never came up does not count.
    fn again(self, device: DeviceId, media: Media, now: Now) -> Connecting {
        let answered = self.answered.filter(|_| self.connected.is_some()).unwrap_or(now);
        let (called, connected, reconnects) = (self.called, self.connected, self.reconnects);
        Connecting {
            called,
            device,
            answered,
            since: now,
            connected,
            reconnects,
            media: media.after(&self.media),
        }
    }
    /// Comes back in by himself.
    fn back(self, device: DeviceId, now: Now) -> Step {
        (Leg::Connecting(self.again(device, Media::default(), now)), vec![Change::Came(device)])
    }
    pub(super) fn handle(mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Join(device) if self.reason != EndReason::Removed => self.back(device, now),
            Input::Fact(device, Fact::Quality(report)) => {
                self.last_report(device, &report, now);
                (Leg::Left(self), vec![])
            }
            Input::Join(_)
            | Input::Accept(_)
            | Input::PeerAnswered
            | Input::Fact(..)
            | Input::RingsOn(_)
            | Input::Decline(_)
            | Input::Leave(_)
            | Input::Tick => (Leg::Left(self), vec![]),
        }
    }
    /// The last quality report comes when the transport is dropped: after the end.
    pub(in crate::calls) fn last_report(&mut self, device: DeviceId, report: &Report, now: Now) {
        if self.device == Some(device) {
            self.media.quality.add(report, now.mono);
        }
    }
}

fn also(mut changes: Vec<Change>, last: Change) -> Vec<Change> {
    changes.push(last);
    changes
}

fn left(left: Left) -> Step {
    let reason = left.reason;
    (Leg::Left(left), vec![Change::Left(reason)])
}
