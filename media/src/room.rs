//! One room: its participants and who hears whom. Pure; knows transports by their indices only.

use slab::Slab;

use crate::api::{ParticipantId, RoomId};
use crate::participant::{Gate, Participant, Route};
use crate::slots::Assignment;

/// The participants who may hear each other.
#[derive(Debug)]
pub struct Room {
    pub id: RoomId,
    pub participants: Slab<Participant>,
}

impl Room {
    /// A room with nobody in it.
    pub fn new(id: RoomId) -> Room {
        Room { id, participants: Slab::new() }
    }

    /// Where a participant stands in [`Room::participants`].
    pub fn find(&self, id: ParticipantId) -> Option<usize> {
        self.participants.iter().find(|(_, participant)| participant.id == id).map(|(index, _)| index)
    }

    /// As [`Room::find`]; a newcomer enters.
    pub fn find_or_enter(&mut self, id: ParticipantId) -> usize {
        self.find(id).unwrap_or_else(|| self.participants.insert(Participant::new(id)))
    }

    /// Opens or shuts a gate. False when it was so before. `slots` is how many slots the transport has.
    pub fn set_gate(&mut self, participant: usize, open: Option<(usize, usize)>, epoch: u64) -> bool {
        let Some(participant) = self.participants.get_mut(participant) else { return false };
        if participant.chosen() == open.map(|(transport, _)| transport) {
            return false;
        }
        match open {
            Some((transport, slots)) => {
                participant.gate = Gate::Open { transport, epoch, forwarded: false };
                participant.hears = Assignment::new(slots);
            }
            None => {
                participant.gate = Gate::Shut;
                participant.hears = Assignment::new(0);
            }
        }
        true
    }

    /// Takes a transport away from its participant, who leaves with his last one. True when his gate was open
    /// on it (it is shut now).
    pub fn remove_transport(&mut self, index: usize, transport: usize) -> bool {
        let Some(participant) = self.participants.get_mut(index) else { return false };
        participant.transports.retain(|other| *other != transport);
        let carried = participant.chosen() == Some(transport);
        if carried {
            self.set_gate(index, None, 0);
        }
        if self.participants.get(index).is_some_and(|participant| participant.transports.is_empty()) {
            self.participants.remove(index);
        }
        carried
    }

    /// Settles who hears whom after a gate changed. Gives the participants whose slots changed.
    pub fn reassign(&mut self) -> Vec<usize> {
        let speakers: Vec<usize> = self
            .participants
            .iter()
            .filter(|(_, other)| other.chosen().is_some())
            .map(|(index, _)| index)
            .collect();
        let mut changed = Vec::new();
        let mut routes = Vec::new();
        for (index, receiver) in &mut self.participants {
            let Some(transport) = receiver.chosen() else { continue };
            let others: Vec<usize> = speakers.iter().copied().filter(|speaker| *speaker != index).collect();
            if receiver.hears.update(&others) {
                changed.push(index);
            }
            routes.extend(receiver.hears.iter().map(|(slot, speaker)| (speaker, Route { transport, slot })));
        }
        for (index, speaker) in &mut self.participants {
            speaker.routes.clear();
            speaker
                .routes
                .extend(routes.iter().filter(|(source, _)| *source == index).map(|(_, route)| *route));
        }
        changed
    }

    /// Whom a participant hears: `(slot, participant)`.
    pub fn heard_by(&self, index: usize) -> Vec<(usize, ParticipantId)> {
        let Some(receiver) = self.participants.get(index) else { return Vec::new() };
        let named = |(slot, speaker)| Some((slot, self.participants.get(speaker)?.id));
        receiver.hears.iter().filter_map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(people: usize) -> Room {
        let mut room = Room::new(RoomId(1));
        for person in 0..people {
            let index = room.find_or_enter(ParticipantId(person as u64));
            room.participants[index].transports.push(100 + person);
        }
        room
    }

    fn open(room: &mut Room, person: usize) -> Vec<usize> {
        assert!(room.set_gate(person, Some((100 + person, 2)), person as u64));
        room.reassign()
    }

    #[test]
    fn nobody_is_heard_before_both_gates_are_open() {
        let mut room = room(2);
        assert_eq!(room.reassign(), []);
        assert_eq!(open(&mut room, 0), []);
        assert!(room.participants[0].routes.is_empty());
        assert_eq!(open(&mut room, 1), [0, 1]);
        assert_eq!(room.participants[0].routes, [Route { transport: 101, slot: 0 }]);
        assert_eq!(room.heard_by(0), [(0, ParticipantId(1))]);
    }

    #[test]
    fn a_shut_gate_takes_both_directions_away() {
        let mut room = room(2);
        open(&mut room, 0);
        open(&mut room, 1);
        assert!(room.set_gate(1, None, 0));
        assert!(!room.set_gate(1, None, 0));
        assert_eq!(room.reassign(), [0]);
        assert!(room.participants[0].routes.is_empty() && room.participants[1].routes.is_empty());
    }

    #[test]
    fn slots_are_kept_while_others_come_and_go() {
        let mut room = room(4);
        for person in 0..4 {
            open(&mut room, person);
        }
        assert_eq!(room.heard_by(0), [(0, ParticipantId(1)), (1, ParticipantId(2))]);
        assert!(room.remove_transport(1, 101));
        room.reassign();
        assert_eq!(room.heard_by(0), [(0, ParticipantId(3)), (1, ParticipantId(2))]);
        assert!(room.find(ParticipantId(1)).is_none());
    }
}
