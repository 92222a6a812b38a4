//! PURE: who is here, on how many devices, and what of that changed. Knows no clock (`now` is handed in), no store and no
//! privacy: who may know of it is decided elsewhere.
//!
//! A person is here while one of his devices has a socket, and for `GRACE` after the last one lost it: a page that is
//! loaded again, or a network that changes, is no leaving. A dead connection has no socket once the pings miss it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Timestamp;
use crate::event::{Attendance, Availability};
use crate::ids::{DeviceId, UserId};
use crate::model::Presence;

/// How long somebody stays here without a device.
pub const GRACE: Duration = Duration::from_secs(10);

/// What others might be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) user: UserId,
    pub(super) presence: Presence,
    /// When he went, if he is offline now.
    pub(super) last_seen: Option<Timestamp>,
}

#[derive(Debug)]
struct Person {
    /// Whether nobody has used it for a while.
    devices: BTreeMap<DeviceId, bool>,
    undisturbed: bool,
    /// When the last device went.
    gone: Option<(Instant, Timestamp)>,
    /// While somebody without a device is still here: as he was.
    shown: Presence,
}

impl Person {
    fn presence(&self) -> Presence {
        match () {
            () if self.devices.is_empty() => self.shown,
            () if self.undisturbed => Presence::DoNotDisturb,
            () if self.devices.values().all(|away| *away) => Presence::Away,
            () => Presence::Online,
        }
    }

    /// What changed since it was last looked at.
    fn turn(&mut self, user: UserId) -> Option<Change> {
        let presence = self.presence();
        let changed = presence != self.shown;
        self.shown = presence;
        changed.then_some(Change { user, presence, last_seen: None })
    }
}

/// Everybody who is here.
#[derive(Debug, Default)]
pub(super) struct Roll(HashMap<UserId, Person>);

impl Roll {
    /// A device has a socket. `undisturbed` counts for somebody who was not here.
    pub(super) fn here(&mut self, user: UserId, device: DeviceId, undisturbed: bool) -> Option<Change> {
        let person = self.0.entry(user).or_insert_with(|| Person {
            devices: BTreeMap::new(),
            undisturbed,
            gone: None,
            shown: Presence::Offline,
        });
        person.gone = None;
        person.devices.entry(device).or_insert(false);
        person.turn(user)
    }

    /// A device has no socket any more.
    pub(super) fn gone(
        &mut self,
        user: UserId,
        device: DeviceId,
        (now, wall): (Instant, Timestamp),
    ) -> Option<Change> {
        let person = self.0.get_mut(&user)?;
        person.devices.remove(&device)?;
        if person.devices.is_empty() {
            person.gone = Some((now, wall));
            return None;
        }
        person.turn(user)
    }

    /// Whether a device has been used lately.
    pub(super) fn away(&mut self, user: UserId, device: DeviceId, away: bool) -> Option<Change> {
        let person = self.0.get_mut(&user)?;
        *person.devices.get_mut(&device)? = away;
        person.turn(user)
    }

    /// Whether nothing is to ring.
    pub(super) fn undisturbed(&mut self, user: UserId, undisturbed: bool) -> Option<Change> {
        let person = self.0.get_mut(&user)?;
        person.undisturbed = undisturbed;
        person.turn(user)
    }

    /// Those whose grace is over are offline.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<Change> {
        let over = |person: &Person| person.gone.filter(|(at, _)| now.duration_since(*at) >= GRACE);
        let changes: Vec<Change> = (self.0.iter())
            .filter_map(|(user, person)| {
                let (_, wall) = over(person)?;
                Some(Change { user: *user, presence: Presence::Offline, last_seen: Some(wall) })
            })
            .collect();
        for change in &changes {
            self.0.remove(&change.user);
        }
        changes
    }

    pub(super) fn presence(&self, user: UserId) -> Presence {
        self.0.get(&user).map_or(Presence::Offline, Person::presence)
    }

    pub(super) fn is_known(&self, user: UserId) -> bool {
        self.0.contains_key(&user)
    }

    pub(super) fn availability(&self, user: UserId) -> Availability {
        match self.0.get(&user).is_some_and(|person| person.undisturbed) {
            true => Availability::DoNotDisturb,
            false => Availability::Free,
        }
    }
}

/// The roll, for chat, which keeps it, and for calls, which ask it.
#[derive(Clone, Debug, Default)]
pub struct Here(Arc<Mutex<Roll>>);

impl Here {
    pub(super) fn roll(&self) -> MutexGuard<'_, Roll> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attendance for Here {
    fn availability(&self, user: UserId) -> Availability {
        self.roll().availability(user)
    }
}

#[cfg(test)]
#[path = "presence_tests.rs"]
mod tests;
