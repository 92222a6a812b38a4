//! PURE: calls over the end of a run of this server: left in the store when it stops, taken up again by the next one.

use super::act::{Act, Room};
use super::{Book, Desk};
use crate::calls::call::{Call, Input};
use crate::calls::now::Now;
use crate::calls::record;
use crate::clock::Timestamp;
use crate::ids::{CallId, UserId};
use crate::model::{CallRecord, EndReason, GroupRole, Timeline};

/// What was stored of a call, and of its group.
#[derive(Clone, Debug)]
pub struct Stored {
    pub record: CallRecord,
    pub timeline: Timeline,
    /// When the run that hosted it last said that it lived.
    pub alive: Timestamp,
    /// The members of its group; none of a call between two.
    pub members: Vec<(UserId, GroupRole)>,
}

impl Book {
    /// Takes an answered call up again: its room is opened, its people have the reconnect time to come back with the
    /// devices they had. False if there is nothing to take up: then the record is to be closed.
    pub fn restore(&mut self, stored: Stored, now: Now) -> bool {
        let Stored { record, timeline, alive, members } = stored;
        let Some(call) = Call::restore(&record, timeline, alive, self.home.epoch, now) else { return false };
        let id = record.id;
        let there = call.legs().iter().filter(|leg| leg.is_in());
        let there: Vec<_> = there.filter_map(|leg| Some((leg.user(), leg.device()?))).collect();
        if self.calls.contains_key(&id) || there.iter().any(|(user, _)| self.of_user.contains_key(user)) {
            return false;
        }
        let room = Room(self.mint());
        self.desks.insert(id, Desk::new(room, members, true));
        self.of_room.insert(room, id);
        if record.receiver.is_none() {
            self.of_group.insert(record.conversation, id);
        }
        self.acts.push_back(Act::OpenRoom(room));
        for (user, device) in there {
            self.seat_person(id, user);
            self.of_user.insert(user, id);
            self.remind_of_mute(id, &call, user);
            self.open_gate(id, user, device);
        }
        self.set_timer(id, call.poll_timeout(&self.limits));
        // From now on it is this run's: whatever becomes of this one, the record says whose it was last.
        self.acts.push_back(Act::Resume(record));
        self.store(&call, now);
        self.calls.insert(id, call);
        true
    }

    /// The server stops. A call that nobody has answered ends; in the others people talk on once the next run is up, so
    /// they are left in the store as they stand. No record waits for a report any more.
    pub fn shut(&mut self, now: Now) {
        for id in self.calls.keys().copied().collect::<Vec<_>>() {
            self.drive(id, Input::Tick, now);
            if matches!(self.calls.get(&id), Some(Call::Active(_))) {
                self.suspend(id);
            } else {
                self.drive(id, Input::Abort(EndReason::ServerRestart), now);
            }
        }
        self.close_all();
    }

    /// Forgets a call without an end, and says nothing of it: its people learn of the restart by the next run's epoch.
    fn suspend(&mut self, id: CallId) {
        self.set_timer(id, None);
        let Some((call, desk)) = self.calls.remove(&id).zip(self.desks.remove(&id)) else { return };
        self.of_user.retain(|_, of| *of != id);
        self.of_transport.retain(|_, (of, _)| *of != id);
        self.of_room.remove(&desk.room);
        self.of_group.retain(|_, of| *of != id);
        self.acts.push_back(Act::Suspend(record::of(&call), call.timeline()));
    }
}
