//! One room: its participants and who hears whom. Pure; knows transports by their indices only.
//!
//! In a small room everybody hears everybody in a slot of his own. In a large one, with more people than slots, the
//! loudest take the stage and share the slots; who is silent holds none. What a packet costs depends on the receivers
//! it goes to, not on how many people there are: the routes are made ready here.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use slab::Slab;

use crate::api::{ParticipantId, RoomId};
use crate::participant::{Gate, Participant, Route};
use crate::seats::{Candidate, Seats};
use crate::speakers::{Sound, Speakers};

/// Fewer people need not be told who speaks: it is always the other one.
const COMPANY: usize = 3;
/// Between looks at who is loudest, and at who speaks.
const LARGE_TICK: Duration = Duration::from_millis(50);
const SMALL_TICK: Duration = Duration::from_millis(100);
/// One who begins to speak need not wait for that, but looks may not follow each other faster.
const AT_ONCE: Duration = Duration::from_millis(20);
/// Who did not speak for so long leaves the stage: longer than a pause between sentences.
const LINGER: Duration = Duration::from_secs(3);
/// Between two reports of who speaks.
const TELL: Duration = Duration::from_millis(100);

/// What a look at the room changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The participants whose slots changed.
    pub changed: Vec<usize>,
    /// Who speaks now, if that is others than told before.
    pub speaking: Option<Vec<ParticipantId>>,
}

/// The participants who may hear each other.
#[derive(Debug)]
pub struct Room {
    pub id: RoomId,
    pub participants: Slab<Participant>,
    /// Who is not to be heard, here or not: one who comes back is as mute as he went.
    muted: BTreeSet<ParticipantId>,
    /// How many gates are open.
    open: usize,
    speakers: Speakers,
    /// Who is heard in a large room; empty in a small one.
    stage: Seats,
    /// When to look next, and when that was done last.
    look_at: Option<Instant>,
    looked: Option<Instant>,
    /// Who was told to speak, and when.
    told: Vec<ParticipantId>,
    told_at: Option<Instant>,
}

impl Room {
    /// A room with nobody in it. More than `slots` others in it make it a large one.
    pub fn new(id: RoomId, slots: usize) -> Room {
        Room {
            id,
            participants: Slab::new(),
            muted: BTreeSet::new(),
            open: 0,
            speakers: Speakers::default(),
            stage: Seats::new(slots),
            look_at: None,
            looked: None,
            told: Vec::new(),
            told_at: None,
        }
    }

    /// Where a participant stands in [`Room::participants`].
    pub fn find(&self, id: ParticipantId) -> Option<usize> {
        self.participants.iter().find(|(_, participant)| participant.id == id).map(|(index, _)| index)
    }

    /// As [`Room::find`]; a newcomer enters.
    pub fn find_or_enter(&mut self, id: ParticipantId) -> usize {
        let muted = self.muted.contains(&id);
        self.find(id).unwrap_or_else(|| self.participants.insert(Participant::new(id, muted)))
    }

    /// Says whether a participant may be heard. `epoch` is for him who may again: his packets went on being numbered
    /// meanwhile, and what was not forwarded is no loss.
    pub fn set_muted(&mut self, id: ParticipantId, muted: bool, epoch: u64) {
        let changed = if muted { self.muted.insert(id) } else { self.muted.remove(&id) };
        let Some(index) = self.find(id).filter(|_| changed) else { return };
        let participant = &mut self.participants[index];
        participant.muted = muted;
        if muted {
            self.speakers.forget(index);
        } else if let Gate::Open { epoch: opening, .. } = &mut participant.gate {
            *opening = epoch;
        }
    }

    /// Opens or shuts a gate. False when it was so before. `slots` is how many slots the transport has.
    pub fn set_gate(&mut self, index: usize, open: Option<(usize, usize)>, epoch: u64) -> bool {
        let Some(participant) = self.participants.get_mut(index) else { return false };
        if participant.chosen() == open.map(|(transport, _)| transport) {
            return false;
        }
        participant.allowance = usize::MAX;
        match open {
            Some((transport, slots)) => {
                participant.gate = Gate::Open { transport, epoch, forwarded: false };
                participant.hears = Seats::new(slots);
            }
            None => {
                participant.gate = Gate::Shut;
                participant.hears = Seats::new(0);
                self.speakers.forget(index);
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

    /// A packet of a participant whose gate is open came. Gives the time of the next look, if this changed it.
    pub fn hear(&mut self, now: Instant, index: usize, sound: Sound) -> Option<Instant> {
        if self.open < COMPANY || !self.speakers.hear(now, index, sound) {
            return None;
        }
        let due = self.looked.map_or(now, |looked| now.max(looked + AT_ONCE));
        let sooner = self.look_at.is_none_or(|at| due < at);
        if sooner {
            self.look_at = Some(due);
        }
        sooner.then_some(due)
    }

    /// When [`Room::look`] must be called next.
    pub fn look_at(&self) -> Option<Instant> {
        self.look_at
    }

    /// Looks who is loudest, and who speaks.
    pub fn look(&mut self, now: Instant) -> Looked {
        self.looked = Some(now);
        let changed = self.reassign(now);
        let speaking = self.tell(now);
        let tick = if self.is_large() { LARGE_TICK } else { SMALL_TICK };
        let lively = self.speakers.last_spoken().is_some_and(|at| now < at + LINGER + tick);
        self.look_at = (lively && self.open >= COMPANY || !self.told.is_empty()).then(|| now + tick);
        Looked { changed, speaking }
    }

    /// Settles who hears whom. Gives the participants whose slots changed.
    pub fn reassign(&mut self, now: Instant) -> Vec<usize> {
        self.open = self.open().count();
        let audible = self.audible(now);
        let mut changed = Vec::new();
        let mut others = Vec::with_capacity(audible.len());
        for (index, receiver) in &mut self.participants {
            receiver.routes.clear();
            others.clear();
            others.extend(audible.iter().filter(|candidate| candidate.who != index));
            if receiver.chosen().is_some() && receiver.hears.choose(now, receiver.allowance, &others) {
                changed.push(index);
            }
        }
        let mut routes = Vec::with_capacity(self.open * audible.len());
        for (_, receiver) in &self.participants {
            let Some(transport) = receiver.chosen() else { continue };
            routes.extend(receiver.hears.iter().map(|(slot, speaker)| (speaker, Route { transport, slot })));
        }
        for (speaker, route) in routes {
            if let Some(speaker) = self.participants.get_mut(speaker) {
                speaker.routes.push(route);
            }
        }
        changed
    }

    /// Whom a participant hears: `(slot, participant)`.
    pub fn heard_by(&self, index: usize) -> Vec<(usize, ParticipantId)> {
        let Some(receiver) = self.participants.get(index) else { return Vec::new() };
        let named = |(slot, speaker)| Some((slot, self.participants.get(speaker)?.id));
        receiver.hears.iter().filter_map(named).collect()
    }

    /// Those who can be heard now: everybody, or those on the stage.
    fn audible(&mut self, now: Instant) -> Vec<Candidate> {
        let speakers = &self.speakers;
        let candidate = |who| Candidate { who, loudness: speakers.loudness(now, who) };
        let open = self.participants.iter().filter(|(_, other)| other.chosen().is_some());
        let open = open.map(|(index, _)| index);
        if self.open <= self.stage.len() + 1 {
            self.stage.choose(now, 0, &[]);
            return open.map(candidate).collect();
        }
        let lively = |who: &usize| speakers.spoke_within(now, *who, LINGER);
        let candidates: Vec<Candidate> = open.filter(lively).map(candidate).collect();
        self.stage.choose(now, usize::MAX, &candidates);
        self.stage.iter().map(|(_, who)| candidate(who)).collect()
    }

    fn is_large(&self) -> bool {
        self.open > self.stage.len() + 1
    }

    /// Who speaks now, if that is to be told: not more often than every [`TELL`].
    fn tell(&mut self, now: Instant) -> Option<Vec<ParticipantId>> {
        if self.told_at.is_some_and(|at| now < at + TELL) {
            return None;
        }
        let company = self.open >= COMPANY;
        let speaks = |index: &usize| company && self.speakers.speaks(now, *index);
        let speaking: Vec<ParticipantId> =
            self.open().filter(speaks).filter_map(|index| Some(self.participants.get(index)?.id)).collect();
        if speaking == self.told {
            return None;
        }
        self.told_at = Some(now);
        self.told.clone_from(&speaking);
        Some(speaking)
    }

    fn open(&self) -> impl Iterator<Item = usize> {
        self.participants.iter().filter(|(_, other)| other.chosen().is_some()).map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests;
