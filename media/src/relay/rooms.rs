//! What the relay does for a room as a whole: settles who hears whom, tells it, and gathers what its listeners lose.

use std::time::Instant;

use super::*;

/// Up to so many listeners the worst counts, beyond them all but the worst tenth: in a large room somebody's line is
/// always bad.
const FEW: usize = 8;

impl Relay {
    /// Settles who hears whom in a room, and reports it to whom it concerns.
    pub(super) fn reassign(&mut self, now: Instant, room: usize) {
        let Some(home) = self.rooms.get_mut(room) else { return };
        let changed = home.reassign(now);
        self.tell_slots(now, room, &changed);
    }

    /// Looks who is loudest and who speaks in a room; reports what changed.
    pub(super) fn look(&mut self, now: Instant, room: usize) {
        let Some(home) = self.rooms.get_mut(room) else { return };
        self.serving = Some(home.id);
        let looked = home.look(now);
        self.room_timers.arm(room, home.look_at());
        let id = home.id;
        self.tell_slots(now, room, &looked.changed);
        let told = looked.speaking.map(|speaking| Event::Speaking { room: id, speaking, at: now });
        self.events.extend(told);
    }

    /// A transport's line carries so many slots now.
    pub(super) fn allow(&mut self, now: Instant, index: usize, slots: usize) {
        let Some(leg) = self.legs.get(index) else { return };
        let room = leg.room;
        let home = self.rooms.get_mut(room);
        let Some(owner) = home.and_then(|home| home.participants.get_mut(leg.participant)) else { return };
        if owner.chosen() == Some(index) {
            owner.allowance = slots;
            self.reassign(now, room);
        }
    }

    /// What the listeners of a transport's participant lose of what he says, in 256ths of all he sent; 0 where nobody
    /// says so.
    pub(super) fn loss_beyond(&self, now: Instant, index: usize) -> u8 {
        let Some(leg) = self.legs.get(index) else { return 0 };
        let speaker = self.rooms.get(leg.room).and_then(|home| home.participants.get(leg.participant));
        let Some(speaker) = speaker.filter(|speaker| speaker.chosen() == Some(index)) else { return 0 };
        let lost = speaker.routes.iter().filter_map(|route| {
            self.legs.get(route.transport).and_then(|listener| listener.transport.slot_loss(now, route.slot))
        });
        if speaker.routes.len() <= FEW {
            return lost.max().unwrap_or(0);
        }
        let mut lost: Vec<u8> = lost.collect();
        lost.sort_unstable();
        lost.get(lost.len() * 9 / 10).copied().unwrap_or(0)
    }

    fn tell_slots(&mut self, now: Instant, room: usize, changed: &[usize]) {
        let Some(home) = self.rooms.get(room) else { return };
        for &index in changed {
            let slots = home.heard_by(index);
            let Some(participant) = home.participants.get(index) else { continue };
            let Some(leg) = participant.chosen().and_then(|chosen| self.legs.get(chosen)) else { continue };
            let (id, transport) = (participant.id, leg.id);
            self.events.push_back(Event::Slots { room: home.id, participant: id, transport, slots, at: now });
        }
    }
}
