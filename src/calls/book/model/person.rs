//! Tests only: one person in one call, as the reference model sees him.

use std::collections::BTreeSet;

use crate::model::EndReason;

pub type Secs = u64;

/// The limits of these calls, seconds.
pub const RING: Secs = 45;
pub const CONNECT: Secs = 20;
pub const RECONNECT: Secs = 30;
pub const GRACE: Secs = 10;

/// Whether somebody can be rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// On so many devices.
    Here(u32),
    Away,
    Undisturbed,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Called, and waits for somebody to come. Since when his device is away.
    Waits {
        away: Option<Secs>,
    },
    /// Since when, on how many devices, whether one of his was ever here, and what he was in the call before.
    Rings {
        since: Secs,
        on: u32,
        reached: bool,
        before: Option<Box<Person>>,
    },
    /// In it. Since when the patience counts, whether media flows or did, and since when it is lost.
    In {
        since: Secs,
        flowed: bool,
        lost: Option<Secs>,
    },
    Out {
        at: Secs,
        why: EndReason,
    },
}

/// One person in one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub user: u64,
    pub device: Option<u64>,
    pub rang: Secs,
    pub answered: Option<Secs>,
    pub connected: Option<Secs>,
    pub reconnects: u32,
    pub muted: bool,
    pub muted_by: Option<u64>,
    pub part: Part,
    /// Devices whose media is up, and since when the page of the one that is in it is closed.
    pub up: BTreeSet<u64>,
    pub closed: Option<Secs>,
}

impl Person {
    pub(super) fn new(user: u64, device: Option<u64>, now: Secs, part: Part) -> Self {
        let (answered, connected, muted_by, closed, up) = (None, None, None, None, BTreeSet::new());
        let (rang, reconnects, muted) = (now, 0, false);
        Self { user, device, rang, answered, connected, reconnects, muted, muted_by, part, up, closed }
    }
    pub fn inside(&self) -> bool {
        matches!(self.part, Part::Waits { .. } | Part::In { .. })
    }
    pub fn rings(&self) -> bool {
        matches!(self.part, Part::Rings { .. })
    }
    pub fn rings_on(&self) -> u32 {
        if let Part::Rings { on, .. } = self.part { on } else { 0 }
    }
    pub fn out(&self) -> Option<(Secs, EndReason)> {
        if let Part::Out { at, why } = self.part { Some((at, why)) } else { None }
    }
    pub(super) fn flows(&self) -> bool {
        matches!(self.part, Part::In { flowed: true, lost: None, .. })
    }
    /// When he gives up, and why.
    pub(super) fn deadline(&self) -> Option<(Secs, EndReason)> {
        let closed = |from: Secs| self.closed.map(|at| (at.max(from) + GRACE, EndReason::Vanished));
        match &self.part {
            Part::Waits { away } => away.map(|at| (at + GRACE, EndReason::Vanished)),
            Part::Rings { since, reached: true, .. } => Some((since + RING, EndReason::NoAnswer)),
            Part::Rings { since, .. } => Some((since + RING, EndReason::Unreachable)),
            Part::In { since, flowed: false, .. } => {
                let patience = (since + CONNECT, EndReason::ConnectFailed);
                Some(closed(0).filter(|sooner| sooner.0 < patience.0).unwrap_or(patience))
            }
            Part::In { lost: Some(lost), .. } => {
                let patience = (lost + RECONNECT, EndReason::MediaLost);
                Some(closed(*lost).filter(|sooner| sooner.0 < patience.0).unwrap_or(patience))
            }
            Part::In { .. } | Part::Out { .. } => None,
        }
    }
    pub(super) fn leave(&mut self, why: EndReason, now: Secs) {
        match &mut self.part {
            Part::Rings { before: Some(before), .. } => *self = (**before).clone(),
            Part::Rings { .. } => (self.device, self.muted) = (None, false),
            Part::Waits { .. } | Part::In { .. } => {}
            Part::Out { .. } => return,
        }
        if self.out().is_none() {
            self.part = Part::Out { at: now, why };
        }
        self.up.clear();
    }
    /// Comes in with this device, whose media may be warm.
    pub(super) fn come(&mut self, device: u64, now: Secs) {
        if let Part::Rings { before: Some(before), .. } = &self.part {
            let up = self.up.clone();
            *self = (**before).clone();
            self.up = up;
        }
        if self.connected.is_none() || self.answered.is_none() {
            self.answered = Some(now);
        }
        self.muted = self.muted_by.is_some();
        (self.device, self.closed) = (Some(device), None);
        self.part = Part::In { since: now, flowed: false, lost: None };
        self.keep_only(device, now);
    }
    pub(super) fn move_to(&mut self, device: u64, now: Secs) {
        self.device = Some(device);
        self.muted = self.muted_by.is_some();
        self.closed = None;
        self.part = match self.part {
            Part::Waits { .. } => Part::Waits { away: None },
            _ => Part::In { since: now, flowed: false, lost: None },
        };
        self.up.clear();
    }
    fn keep_only(&mut self, device: u64, now: Secs) {
        self.up.retain(|other| *other == device);
        self.look(now);
    }
    /// What the media of his device makes of his part.
    pub(super) fn look(&mut self, now: Secs) {
        let up = self.device.is_some_and(|device| self.up.contains(&device));
        if let Part::In { flowed, lost, .. } = &mut self.part {
            match (*flowed, up, *lost) {
                (false, true, _) => {
                    *flowed = true;
                    self.connected.get_or_insert(now);
                }
                (true, false, None) => *lost = Some(now),
                (true, true, Some(_)) => {
                    *lost = None;
                    self.reconnects += 1;
                }
                _ => {}
            }
        }
    }
    pub(super) fn here(&mut self, device: u64) {
        let own = self.device == Some(device);
        match &mut self.part {
            Part::Waits { away } if own => *away = None,
            Part::Rings { reached, .. } => *reached = true,
            Part::In { .. } if own => self.closed = None,
            _ => {}
        }
    }
}
