//! How transports come into the relay, what becomes of what happens to them, and how they go.

use std::time::Instant;

use super::*;
use crate::api::DownReason;

impl Relay {
    /// A new transport; its index.
    pub(super) fn enter(
        &mut self,
        now: Instant,
        room: usize,
        offer: &Offer,
        parsed: &sdp::Offer,
    ) -> Result<usize, OfferError> {
        if self.legs.len() >= self.config.max_transports {
            return Err(OfferError::Full);
        }
        if self.handshakes >= self.config.max_handshakes {
            return Err(OfferError::Crowded);
        }
        let mut transport =
            Transport::new(now, parsed, self.config.max_slots, &self.identity, &mut self.rng)?;
        let (ufrag, _) = transport.add_credentials(now, &mut self.rng, self.identity.crypto())?;
        let home = self.rooms.get_mut(room).ok_or(OfferError::NoRoom)?;
        let participant = home.find_or_enter(offer.participant);
        let leg = Leg { id: offer.transport, room, participant, transport, joining: true };
        let index = self.legs.insert(leg);
        self.handshakes += 1;
        home.participants[participant].transports.push(index);
        self.legs_by_id.insert(offer.transport, index);
        self.legs_by_ufrag.insert(ufrag, index);
        Ok(index)
    }

    /// A transport that is here is offered again: an ICE restart, or the same offer repeated.
    pub(super) fn reoffer(
        &mut self,
        now: Instant,
        index: usize,
        (room, offer, parsed): (usize, &Offer, &sdp::Offer),
    ) -> Result<usize, OfferError> {
        let leg = self.legs.get_mut(index).ok_or(OfferError::NotYours)?;
        let owner = self.rooms.get(leg.room).and_then(|home| home.participants.get(leg.participant));
        if leg.room != room || owner.map(|owner| owner.id) != Some(offer.participant) {
            return Err(OfferError::NotYours);
        }
        if leg.transport.is_restart(parsed, self.config.max_slots)? {
            let crypto = self.identity.crypto();
            let (fresh, retired) = leg.transport.add_credentials(now, &mut self.rng, crypto)?;
            if let Some(retired) = retired {
                self.legs_by_ufrag.remove(&retired);
            }
            self.legs_by_ufrag.insert(fresh, index);
        }
        Ok(index)
    }

    /// Calls into one leg with all that it needs of the relay; `None` when it is not here.
    pub(super) fn with<T>(
        &mut self,
        now: Instant,
        index: usize,
        work: impl FnOnce(&mut Leg, &mut Context<'_>) -> T,
    ) -> Option<T> {
        let leg = self.legs.get_mut(index)?;
        self.serving = self.rooms.get(leg.room).map(|room| room.id);
        #[cfg(test)]
        assert!(self.poisoned.is_none() || self.poisoned != self.serving, "as a bug would");
        let clock = &self.clock;
        let mut cx = Context { now, clock, outgoing: &mut self.outgoing, scratch: &mut self.scratch };
        Some(work(leg, &mut cx))
    }

    /// Reports what happened to a transport and sets its next deadline.
    pub(super) fn settle(&mut self, now: Instant, index: usize) {
        self.report_facts(now, index);
        let deadline = self.legs.get(index).map(|leg| leg.transport.poll_timeout());
        self.timers.arm(index, deadline);
    }

    /// Turns what happened to a transport into events; removes it when it is down.
    pub(super) fn report_facts(&mut self, now: Instant, index: usize) {
        let Some(leg) = self.legs.get_mut(index).filter(|leg| leg.transport.has_facts()) else { return };
        let facts = leg.transport.take_facts();
        if leg.transport.is_up() && std::mem::take(&mut leg.joining) {
            self.handshakes -= 1;
        }
        let Some(whose) = self.whose(index) else { return };
        for fact in facts {
            match fact {
                Fact::Down(reason) => {
                    self.remove(now, index);
                    self.events.push_back(down(whose, reason, now));
                    return;
                }
                Fact::Allowance(slots) => self.allow(now, index, slots),
                Fact::Up(_) | Fact::Silent | Fact::Heard | Fact::PathChanged(_) | Fact::Quality(_) => {
                    self.events.extend(event(whose, fact, now));
                }
            }
        }
    }

    /// Takes a transport out of every table, with a goodbye and a last quality report. The tables come first: if
    /// the transport itself is what fails, nothing points at it any more.
    pub(super) fn remove(&mut self, now: Instant, index: usize) {
        let whose = self.whose(index);
        let Some(mut leg) = self.legs.try_remove(index) else { return };
        self.serving = self.rooms.get(leg.room).map(|room| room.id);
        self.handshakes -= usize::from(leg.joining);
        self.timers.arm(index, None);
        self.legs_by_id.remove(&leg.id);
        for ufrag in leg.transport.ufrags() {
            self.legs_by_ufrag.remove(ufrag);
        }
        for path in leg.transport.paths().iter() {
            self.legs_by_path.remove(&path);
        }
        let room = self.rooms.get_mut(leg.room);
        if room.is_some_and(|room| room.remove_transport(leg.participant, index)) {
            self.reassign(now, leg.room);
        }
        let (clock, outgoing, scratch) = (&self.clock, &mut self.outgoing, &mut self.scratch);
        leg.transport.close(&mut Context { now, clock, outgoing, scratch });
        if let Some(whose) = whose.filter(|_| leg.transport.is_up()) {
            self.events.extend(event(whose, Fact::Quality(leg.transport.quality()), now));
        }
    }

    fn whose(&self, index: usize) -> Option<Whose> {
        let leg = self.legs.get(index)?;
        let room = self.rooms.get(leg.room)?;
        Some((room.id, room.participants.get(leg.participant)?.id, leg.id))
    }
}

/// Whose transport it is, and which.
type Whose = (RoomId, ParticipantId, TransportId);

/// `None` for what concerns the relay alone.
fn event((room, participant, transport): Whose, fact: Fact, at: Instant) -> Option<Event> {
    Some(match fact {
        Fact::Allowance(_) => return None,
        Fact::Up(path) => Event::Up { room, participant, transport, path, at },
        Fact::Silent => Event::Silent { room, participant, transport, at },
        Fact::Heard => Event::Heard { room, participant, transport, at },
        Fact::PathChanged(path) => Event::PathChanged { room, participant, transport, path, at },
        Fact::Quality(quality) => Event::Quality { room, participant, transport, quality, at },
        Fact::Down(reason) => down((room, participant, transport), reason, at),
    })
}

fn down((room, participant, transport): Whose, reason: DownReason, at: Instant) -> Event {
    Event::Down { room, participant, transport, reason, at }
}
