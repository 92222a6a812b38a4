//! PURE: calls that an earlier run of this server left, taken up again.

use std::collections::BTreeMap;

use super::act::{Act, Room};
use super::seats::Seats;
use super::telling::Pace;
use super::{Book, Desk};
use crate::calls::call::Call;
use crate::calls::now::Now;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::model::{CallRecord, GroupRole, Timeline};

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
        let desk = Desk {
            room,
            participants: Vec::new(),
            members,
            seats: Seats::default(),
            gates: BTreeMap::new(),
            parting: BTreeMap::new(),
            announced: true,
            timer: None,
            stored: None,
            pace: Pace::default(),
        };
        self.desks.insert(id, desk);
        self.of_room.insert(room, id);
        if record.receiver.is_none() {
            self.of_group.insert(record.conversation, id);
        }
        self.acts.push_back(Act::OpenRoom(room));
        for (user, device) in there {
            self.seat_person(id, user);
            self.of_user.insert(user, id);
            self.open_gate(id, user, device);
        }
        self.set_timer(id, call.poll_timeout(&self.limits));
        // From now on it is this run's: whatever becomes of this one, the record says whose it was last.
        self.acts.push_back(Act::Resume(record));
        self.store(&call, now);
        self.calls.insert(id, call);
        true
    }
}
