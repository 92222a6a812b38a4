//! PURE: offers, transports and what the relay tells about them.

use super::act::{Act, News, Participant, Room, Transport};
use super::seats::{Answered, Place};
use super::{Book, Result, Seat};
use crate::calls::CallError;
use crate::calls::call::{Call, Input};
use crate::calls::media::Fact;
use crate::calls::now::Now;
use crate::calls::quality::Report;
use crate::calls::stats::Stats;
use crate::event::{Audience, Event, SlotUser};
use crate::ids::CallId;
use crate::model::EndReason;

/// Up to so many people, everybody is told how good it is for everybody; beyond that, for himself.
const ALL_FIGURES: usize = 9;

impl Book {
    /// A device wants to send an offer: which transport is it for? The caller of this hands the offer to the relay and
    /// then says [`Book::answered`] or [`Book::refused`].
    pub fn offer(&mut self, place: Place, id: CallId, fingerprint: String, now: Now) -> Result<Seat> {
        self.taking_part(place, id)?;
        self.fact(place, id, Fact::Here, now);
        let (user, device) = place;
        let (limits, total) = (self.limits, self.of_transport.len());
        let desk = self.desks.get(&id).ok_or(CallError::ENDED)?;
        let (room, participant) = (desk.room, desk.participant(user).ok_or(CallError::Internal)?);
        if let Some(transport) = desk.seats.known(place, &fingerprint) {
            if desk.seats.current(place).is_some_and(|line| line.transport == transport) {
                self.fact(place, id, Fact::Restarted, now);
            }
            return Ok(Seat { room, participant, transport });
        }
        if desk.seats.devices(user, device) >= limits.devices || total >= limits.transports {
            return Err(CallError::TooMany);
        }
        let transport = Transport(self.mint());
        self.of_transport.insert(transport, (id, place));
        let desk = self.desks.get_mut(&id).ok_or(CallError::ENDED)?;
        if let Some(older) = desk.seats.reserve(place, transport, fingerprint) {
            self.of_transport.remove(&older);
        }
        Ok(Seat { room, participant, transport })
    }

    /// The relay answered the offer for this transport; its slots have these `mid`s. An error means that nobody waits
    /// for it any more: the call has ended, was answered elsewhere, or a newer offer came.
    pub fn answered(&mut self, transport: Transport, mids: Vec<String>, now: Now) -> Result<()> {
        let Some((id, place)) = self.of_transport.get(&transport).copied() else {
            self.acts.push_back(Act::DropTransport(transport));
            return Err(CallError::OVERTAKEN);
        };
        let desk = self.desks.get_mut(&id).ok_or(CallError::OVERTAKEN)?;
        let outcome = desk.seats.answered(place, transport, mids);
        self.seated(id, place, transport, outcome, now);
        self.tell_slots(id, place);
        Ok(())
    }

    /// The relay refused the offer, or did not answer. A transport that it has already stays as it is.
    pub fn refused(&mut self, transport: Transport) {
        let Some((id, place)) = self.of_transport.get(&transport).copied() else { return };
        let Some(desk) = self.desks.get_mut(&id) else { return };
        if desk.seats.current(place).is_none_or(|l| l.transport != transport) {
            desk.seats.forget(place, transport);
            self.of_transport.remove(&transport);
            // Refused or late: if the relay has it after all, nobody wants it.
            self.acts.push_back(Act::DropTransport(transport));
        }
    }

    /// A transport that the relay has became the device's: it replaces the one before, and the gate is its.
    fn seated(&mut self, id: CallId, place: Place, transport: Transport, outcome: Answered, now: Now) {
        match outcome {
            Answered::Same => {}
            Answered::Stale => self.acts.push_back(Act::DropTransport(transport)),
            Answered::Promoted { instead_of } => {
                if let Some(before) = instead_of {
                    self.of_transport.remove(&before);
                    self.acts.push_back(Act::DropTransport(before));
                    self.fact(place, id, Fact::Gone, now);
                }
                if self.desks.get(&id).is_some_and(|d| d.gates.get(&place.0) == Some(&place.1)) {
                    self.open_gate(id, place.0, place.1);
                }
            }
        }
    }

    /// What the relay tells about a transport. One that is not ours (any more) changes nothing, but its last report
    /// may be awaited.
    pub fn news(&mut self, transport: Transport, news: News, now: Now) {
        let Some((id, place)) = self.of_transport.get(&transport).copied() else {
            if let News::Quality(report) = news
                && !self.last_report(transport, report, now)
            {
                self.parting_report(transport, report, now);
            }
            return;
        };
        let Some(desk) = self.desks.get_mut(&id) else { return };
        // The relay may tell about a transport before its answer has come back to us.
        let outcome = desk.seats.promote(place, transport);
        self.seated(id, place, transport, outcome, now);
        match news {
            News::Up(path) => self.fact(place, id, Fact::Up(path), now),
            News::Silent => self.fact(place, id, Fact::Silent, now),
            News::Heard => self.fact(place, id, Fact::Heard(None), now),
            News::PathChanged(path) => self.fact(place, id, Fact::Heard(Some(path)), now),
            News::Quality(report) => self.fact(place, id, Fact::Quality(report), now),
            News::Down => {
                self.of_transport.remove(&transport);
                if let Some(desk) = self.desks.get_mut(&id) {
                    desk.seats.forget(place, transport);
                }
                self.fact(place, id, Fact::Gone, now);
            }
            News::Slots(slots) => {
                let line = self.desks.get_mut(&id).and_then(|d| d.seats.current_mut(place));
                if let Some(line) = line {
                    line.slots = Some(slots);
                }
                self.tell_slots(id, place);
            }
        }
    }

    /// The last report about somebody who has left a call that goes on.
    fn parting_report(&mut self, transport: Transport, report: Report, now: Now) {
        let found =
            self.desks.iter_mut().find_map(|(id, desk)| Some((*id, desk.parting.remove(&transport)?)));
        if let Some((id, place)) = found {
            self.fact(place, id, Fact::Quality(report), now);
        }
    }

    /// Tells a device whom it hears where, once both its slots and their `mid`s are known.
    fn tell_slots(&mut self, id: CallId, place: Place) {
        let Some(desk) = self.desks.get(&id) else { return };
        let Some(line) = desk.seats.current(place) else { return };
        let Some(slots) = line.slots.as_ref().filter(|_| !line.mids.is_empty()) else { return };
        let slots = (slots.iter())
            .filter_map(|(index, participant)| {
                let (mid, user) = (line.mids.get(*index)?.clone(), desk.user(*participant)?);
                Some(SlotUser { mid, user, csrc: participant.csrc() })
            })
            .collect();
        let to = Audience::Device(place.0, place.1);
        self.acts.push_back(Act::Tell(to, Event::Slots { call: id, slots }));
    }

    /// Tells the devices in a call who speaks in it now.
    pub fn speaking(&mut self, room: Room, speaking: &[Participant]) {
        let Some(id) = self.of_room.get(&room).copied() else { return };
        let Some(desk) = self.desks.get(&id) else { return };
        let users: Vec<_> = speaking.iter().filter_map(|participant| desk.user(*participant)).collect();
        for (user, device) in &desk.gates {
            let event = Event::Speaking { call: id, users: users.clone() };
            self.acts.push_back(Act::Tell(Audience::Device(*user, *device), event));
        }
    }

    /// Tells the devices in a call how good it is.
    pub(super) fn tell_quality(&mut self, call: &Call) {
        let inside: Vec<_> = call.legs().iter().filter(|leg| leg.is_in()).collect();
        for (user, device) in inside.iter().filter_map(|l| Some((l.user(), l.device()?))) {
            let mut legs = call.figures().to_vec();
            if inside.len() > ALL_FIGURES {
                legs.retain(|hop| hop.user == user);
            }
            let event = Event::Quality { call: call.head().id, legs };
            self.acts.push_back(Act::Tell(Audience::Device(user, device), event));
        }
    }

    /// Takes what a device's browser measures.
    pub fn call_stats(&mut self, place: Place, id: CallId, stats: Stats, now: Now) -> Result<()> {
        self.taking_part(place, id)?;
        self.fact(place, id, Fact::Here, now);
        self.fact(place, id, Fact::Stats(stats), now);
        Ok(())
    }

    /// Takes a device's transports away.
    pub(super) fn unseat(&mut self, place: Place, id: CallId, now: Now) {
        let Some(desk) = self.desks.get_mut(&id) else { return };
        let gone = desk.seats.empty(place);
        for transport in &gone {
            self.of_transport.remove(transport);
            self.acts.push_back(Act::DropTransport(*transport));
        }
        if !gone.is_empty() {
            self.fact(place, id, Fact::Gone, now);
        }
    }

    /// The relay could not go on serving a room.
    pub fn room_failed(&mut self, room: Room, now: Now) {
        if let Some(id) = self.of_room.get(&room).copied() {
            self.drive(id, Input::Abort(EndReason::RelayFailed), now);
        }
    }
}
