//! Tests only: offers, and a relay that is late, refuses and loses transports, at random.

use super::{CallError, CallId, DeviceId, Direction, News, Participant, PathName, Report, Storm, UserId};

impl Storm {
    pub(super) fn offer(&mut self, user: UserId, device: DeviceId, call: CallId) {
        let fingerprint = format!("sha-256 {}", self.below(3));
        let live = self.book.record(call).filter(|_| self.book.is_live(call));
        match self.book.offer((user, device), call, fingerprint, self.now) {
            Ok(seat) => {
                let record = live.unwrap();
                let leg = record.legs.iter().find(|l| l.user == user).unwrap();
                assert!(
                    leg.device.is_none_or(|d| d == device),
                    "an offer of a device that is not in the call"
                );
                assert!(self.rooms.contains(&seat.room));
                assert!(!self.dropped.contains(&seat.transport), "a dropped transport is used again");
                self.transports.insert(seat.transport, (seat.room, user, device, call));
                self.offers.push(seat.transport);
            }
            Err(error) => assert_ne!(error, CallError::Internal),
        }
    }

    pub(super) fn relay_answers(&mut self) {
        if self.offers.is_empty() {
            return;
        }
        let index = self.below(self.offers.len());
        let transport = self.offers.swap_remove(index);
        if self.below(6) == 0 {
            self.book.refused(transport);
        } else {
            let _ = self.book.answered(transport, vec!["1".into(), "2".into()], self.now);
        }
    }

    pub(super) fn news(&mut self) {
        let all: Vec<_> = self.transports.keys().copied().collect();
        let Some(transport) = self.pick(&all) else { return };
        let room = self.transports[&transport].0;
        let news = match self.below(14) {
            0..=4 => News::Up(PathName::Udp),
            5 => News::Silent,
            6 => News::Heard,
            7 => News::PathChanged(PathName::IceTcp),
            8..=9 => {
                let mut side = || {
                    let (packets, lost) = (self.below(900) as u64, self.below(90) as u64);
                    Direction { packets, lost, loss_pct: self.below(101) as f32, jitter_ms: 3.0 }
                };
                News::Quality(Report { rtt_ms: Some(20.0), up: side(), down: side() })
            }
            10..=11 => News::Slots(vec![(0, Participant(3)), (9, Participant(4))]),
            12 => News::Down,
            _ if self.below(5) == 0 => return self.book.room_failed(room, self.now),
            _ => News::Heard,
        };
        self.book.news(transport, news, self.now);
    }
}
