//! Tests only: the server crashes, or stops in good order, and another run of it takes up what was stored.

use super::{Book, CallId, CallRecord, EpochId, Home, LIMITS, Storm, Timeline, id, user};
use crate::calls::book::restore::Stored;
use crate::calls::record;
use crate::model::{GroupRole, Happening};

impl Storm {
    /// The store takes what it is given at once, but makes the record when it says so.
    pub(super) fn keep(&mut self, record: &CallRecord, timeline: &Timeline) {
        let there = self.stored.get_mut(&record.id).or_else(|| self.making.get_mut(&record.id));
        if let Some(there) = there {
            *there = (record.clone(), timeline.clone());
        }
    }
    pub(super) fn made(&mut self, call: CallId, stored: bool) {
        if let Some(record) = self.making.remove(&call).filter(|_| stored) {
            self.stored.insert(call, record);
        }
    }

    /// Every record is closed or taken up; what was not stored never was.
    pub(super) fn crash(&mut self) {
        self.crashes += 1;
        if self.below(2) == 0 {
            // No crash, but a stop in good order.
            self.book.shut(self.now);
            self.obey();
            assert!(self.book.poll_timeout().is_none() && self.book.of_user.is_empty());
        }
        let home = Home { node: "here".into(), epoch: EpochId(id(2000 + self.crashes)) };
        self.book = Book::new(LIMITS, home);
        self.rooms.clear();
        self.transports.clear();
        self.dropped.clear();
        self.muted.clear();
        self.offers.clear();
        self.creating.clear();
        self.closing.clear();
        self.ringing.clear();
        let stored = &self.stored;
        self.calls.retain(|call, _| stored.contains_key(call));
        self.making.clear();
        let members: Vec<_> = self.group.iter().map(|n| (user(*n), GroupRole::Member)).collect();
        for (call, (record, timeline)) in self.stored.clone() {
            let seen = self.calls.get_mut(&call).unwrap();
            seen.gates.clear();
            // It may have ended a moment ago, and was not stored yet: then it ends again.
            seen.told_ended = false;
            if record.status.ended() {
                seen.closed = 1;
                continue;
            }
            let members = if record.receiver.is_none() { members.clone() } else { Vec::new() };
            let (alive, taken) = (self.now.wall, (record.clone(), timeline.clone()));
            let kept = Stored { record, timeline, alive, members };
            if self.book.restore(kept, self.now) {
                let again = self.book.record(call).unwrap();
                assert_eq!((again.answer_time, again.start_time), (taken.0.answer_time, taken.0.start_time));
                let last = self.book.timeline(call).unwrap().last().map(|e| e.what.clone());
                assert!(matches!(last, Some(Happening::ServerRestart { .. })));
            } else {
                let (record, timeline) = record::sweep(taken.0, taken.1, Some(alive));
                seen.closed = 1;
                self.stored.insert(call, (record, timeline));
            }
        }
    }
}
