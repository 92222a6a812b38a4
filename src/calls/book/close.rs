//! PURE: the end of a call: its room closes, everybody is told, and its record waits a moment for the relay's last
//! quality report, then until it is stored.

use std::collections::BTreeMap;
use std::time::Instant;

use super::act::{Act, Transport};
use super::seats::Place;
use super::telling::people;
use super::{Book, LAST_REPORT};
use crate::calls::call::{Call, Input};
use crate::calls::media::Fact;
use crate::calls::now::Now;
use crate::calls::quality::Report;
use crate::calls::record;
use crate::event::{Audience, Event};
use crate::ids::CallId;

/// A call that ended and is not stored yet.
#[derive(Debug)]
pub(super) struct Closing {
    pub(super) call: Call,
    /// Transports whose last report is still to come.
    awaited: BTreeMap<Transport, Place>,
    /// Until when; `None` once the record was handed out to be stored.
    until: Option<Instant>,
}

impl Closing {
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }
}

impl Book {
    /// Takes a call that has ended out of the book.
    pub(super) fn finish(&mut self, id: CallId, call: Call, now: Now) {
        self.set_timer(id, None);
        let Some(desk) = self.desks.remove(&id) else { return };
        let record = record::of(&call);
        for user in record.users() {
            if self.of_user.get(&user) == Some(&id) {
                self.of_user.remove(&user);
            }
        }
        for transport in desk.seats.all() {
            self.of_transport.remove(&transport);
        }
        self.of_room.remove(&desk.room);
        if self.of_group.get(&record.conversation) == Some(&id) {
            self.of_group.remove(&record.conversation);
        }
        let chosen = desk.gates.iter().map(|(user, device)| (*user, *device));
        let mut awaited = desk.parting.clone();
        awaited.extend(chosen.filter_map(|place| Some((desk.seats.current(place)?.transport, place))));
        self.acts.push_back(Act::CloseRoom(desk.room));
        // Who never heard of it need not hear that it is over.
        let told = if desk.announced || record.answer_time.is_some() {
            let people = people(&call);
            [desk.insiders(&people), desk.outsiders(&people)].concat()
        } else {
            vec![record.caller]
        };
        self.acts.push_back(Act::Tell(Audience::users(told), Event::CallEnded(record)));
        let until = Some(if awaited.is_empty() { now.mono } else { now.mono + LAST_REPORT });
        self.closing.insert(id, Closing { call, awaited, until });
        self.close_overdue(now);
    }

    /// A transport's last report, after its call has ended. False if nobody waits for it.
    pub(super) fn last_report(&mut self, transport: Transport, report: Report, now: Now) -> bool {
        let waits = |c: &Closing| c.awaited.contains_key(&transport);
        let Some(id) = self.closing.iter().find(|(_, c)| waits(c)).map(|(id, _)| *id) else { return false };
        let Some(mut closing) = self.closing.remove(&id) else { return false };
        if let Some((user, device)) = closing.awaited.remove(&transport) {
            let input = Input::Fact { user, device, fact: Fact::Quality(report) };
            closing.call = closing.call.handle(input, now, &self.limits).0;
        }
        if closing.awaited.is_empty() && closing.until.is_some() {
            closing.until = Some(now.mono);
        }
        self.closing.insert(id, closing);
        self.close_overdue(now);
        true
    }

    pub(super) fn close_overdue(&mut self, now: Now) {
        for closing in self.closing.values_mut() {
            if closing.until.is_some_and(|at| at <= now.mono) {
                (closing.until, closing.awaited) = (None, BTreeMap::new());
                self.acts.push_back(Act::Close(record::of(&closing.call), closing.call.timeline()));
            }
        }
    }

    pub(super) fn close_all(&mut self) {
        for closing in self.closing.values_mut().filter(|c| c.until.is_some()) {
            (closing.until, closing.awaited) = (None, BTreeMap::new());
            self.acts.push_back(Act::Close(record::of(&closing.call), closing.call.timeline()));
        }
    }

    /// The ended record is stored: the store has it from now on.
    pub fn closed(&mut self, id: CallId) {
        if self.closing.get(&id).is_some_and(|c| c.until.is_none()) {
            self.closing.remove(&id);
        }
    }
}
