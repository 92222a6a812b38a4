//! The end of a storm: nobody does anything any more, and every call comes to its end.

use std::time::Duration;

use super::super::act::News;
use super::{Storm, device, user};

impl Storm {
    /// Time passes without anybody doing anything: every call must come to its end.
    pub(super) fn calm(&mut self) {
        for (u, d) in (1..=3).flat_map(|u| (1..=3).map(move |d| (u, d))) {
            self.book.device_gone(user(u), device(u, d), false, self.now);
        }
        for _ in 0..200 {
            let all: Vec<_> = self.transports.keys().copied().collect();
            for transport in all {
                self.book.news(transport, News::Down, self.now);
                self.obey();
            }
            for call in std::mem::take(&mut self.creating) {
                self.made(call, true);
                self.book.created(call, true, self.now);
                self.obey();
            }
            for call in std::mem::take(&mut self.closing) {
                self.book.closed(call);
            }
            self.advance(Duration::from_secs(1));
            self.obey();
            self.check();
        }
        for transport in std::mem::take(&mut self.offers) {
            let _ = self.book.answered(transport, vec![], self.now);
        }
        self.obey();
        for call in std::mem::take(&mut self.closing) {
            self.book.closed(call);
        }
        assert!(self.calls.values().all(|c| c.closed == 1), "a record was never closed");
        assert!(self.rooms.is_empty() && self.ringing.is_empty());
        let book = &self.book;
        assert!(book.calls.is_empty() && book.desks.is_empty() && book.of_user.is_empty());
        assert!(book.of_transport.is_empty() && book.of_room.is_empty() && book.of_group.is_empty());
        assert!(book.timers.is_empty() && book.closing.is_empty() && book.poll_timeout().is_none());
    }
}
