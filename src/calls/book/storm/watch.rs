//! Tests only: watches what devices are told and which gates open.

use super::{Audience, Event, Room, Storm, Transport, device, ordered, user};

impl Storm {
    pub(super) fn gate(&mut self, room: Room, transport: Transport) {
        let (of, user, device, call) = self.transports[&transport];
        assert!(of == room && self.rooms.contains(&room) && !self.dropped.contains(&transport));
        let seen = self.calls.get_mut(&call).unwrap();
        seen.gates.insert(user, device);
        let record = self.book.record(call).expect("gates open in live calls");
        assert!(record.answer_time.is_some(), "a gate opened before the answer");
        let leg = record.legs.iter().find(|l| l.user == user).unwrap();
        assert_eq!(leg.device, Some(device), "the gate of a device that was not chosen opened");
    }

    pub(super) fn tell(&mut self, to: &Audience, event: Event) {
        let reached: Vec<_> = (1..=3)
            .flat_map(|u| (1..=3).map(move |d| (user(u), device(u, d))))
            .filter(|(u, d)| match to {
                Audience::Users { users, except } => users.contains(u) && *except != Some((*u, *d)),
                Audience::Device(one, which) => one == u && which == d,
                Audience::Session(_) => false,
            })
            .collect();
        match event {
            Event::IncomingCall { call, .. } => {
                assert!(!call.status.ended());
                for place in reached {
                    let leg = call.leg(place.0).expect("whom it rings for has a leg");
                    assert!(leg.left_at.is_none() && leg.answered_at.is_none());
                    assert_eq!(self.ringing.insert(place, call.id), None, "it rings twice");
                }
            }
            Event::RingStopped { call, .. } => self.ringing.retain(|p, c| *c != call || !reached.contains(p)),
            Event::CallUpdated(record) => ordered(&record),
            Event::CallEnded(record) => {
                ordered(&record);
                let seen = self.calls.get_mut(&record.id).unwrap();
                assert!(!std::mem::replace(&mut seen.told_ended, true), "the end is told twice");
                self.ringing.retain(|p, c| *c != record.id || !reached.contains(p));
            }
            Event::Slots { slots, .. } => {
                assert_eq!(reached.len(), 1);
                assert!(slots.iter().all(|s| s.mid == "1"), "a slot without an m-line is told");
            }
            Event::Quality { call, legs } => {
                assert!(self.book.is_live(call) && reached.len() == 1);
                assert!(legs.iter().all(|l| l.mos.is_none_or(|m| (1.0..=4.5).contains(&m))), "{legs:?}");
            }
            other => panic!("calls do not tell {other:?}"),
        }
    }
}
