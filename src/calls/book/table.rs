//! Tests only: a Book on a table, with a clock that stands until it is moved, and what it asks for.

use std::time::Duration;

use bson::oid::ObjectId;

use super::act::{Act, News, Transport};
use super::{Begun, Book, Home, Start, Whom};
use crate::calls::now::Now;
use crate::calls::{CallError, Limits};
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::event::Event;
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{CallRecord, PathName, Reach};

pub(super) const LIMITS: Limits = Limits {
    ring: Duration::from_secs(45),
    connect: Duration::from_secs(20),
    reconnect: Duration::from_secs(30),
    grace: Duration::from_secs(10),
    ring_members: 4,
    participants: 4,
    devices: 2,
    transports: 100,
};

/// Ids for those who need many.
pub(super) fn numbered(n: u64) -> ObjectId {
    let mut raw = [0; 12];
    raw[4..].copy_from_slice(&n.to_be_bytes());
    ObjectId::from_bytes(raw)
}
pub(super) fn id(n: u8) -> ObjectId {
    ObjectId::from_bytes([n; 12])
}
pub(super) fn a() -> UserId {
    UserId(id(1))
}
pub(super) fn b() -> UserId {
    UserId(id(2))
}
pub(super) fn c() -> UserId {
    UserId(id(3))
}
pub(super) fn d(n: u8) -> DeviceId {
    DeviceId(id(n))
}
pub(super) fn call(n: u8) -> CallId {
    CallId(id(n))
}

pub(super) struct Table {
    pub(super) book: Book,
    pub(super) now: Now,
    pub(super) acts: Vec<Act>,
}

impl Table {
    pub(super) fn new() -> Self {
        let home = Home { node: "here".into(), epoch: EpochId(id(9)) };
        let now = Now { wall: Timestamp(1_000_000), mono: SystemClock.instant() };
        Self { book: Book::new(LIMITS, home), now, acts: vec![] }
    }
    pub(super) fn start(
        &mut self,
        n: u8,
        caller: UserId,
        device: u8,
        receiver: UserId,
    ) -> Result<Begun, CallError> {
        let whom = Whom::One(receiver, Reach::Here(1));
        let start =
            Start { id: call(n), conversation: ConversationId(id(8)), caller, device: d(device), whom };
        let begun = self.book.start(start, self.now);
        if matches!(begun, Ok(Begun::New(_))) {
            self.book.created(call(n), true, self.now);
        }
        self.drain();
        begun
    }
    pub(super) fn drain(&mut self) {
        self.acts.clear();
        while let Some(act) = self.book.poll_act() {
            self.acts.push(act);
        }
    }
    pub(super) fn accept(&mut self, n: u8, user: UserId, device: u8) -> Result<CallRecord, CallError> {
        let answer = self.book.accept(user, d(device), call(n), self.now);
        self.drain();
        answer
    }
    /// A device's transport, answered by the relay.
    pub(super) fn seat(&mut self, n: u8, user: UserId, device: u8, print: &str) -> Transport {
        let place = (user, d(device));
        let seat = self.book.offer(place, call(n), print.into(), self.now).unwrap();
        self.book.answered(seat.transport, vec!["5".into(), "6".into()], self.now).unwrap();
        self.drain();
        seat.transport
    }
    pub(super) fn news(&mut self, transport: Transport, news: News) {
        self.book.news(transport, news, self.now);
        self.drain();
    }
    /// Time passes, and nobody looks.
    pub(super) fn pass(&mut self, seconds: u64) {
        let by = Duration::from_secs(seconds);
        self.now = Now { wall: self.now.wall.plus(by), mono: self.now.mono + by };
    }
    pub(super) fn wait(&mut self, seconds: u64) {
        self.pass(seconds);
        self.book.handle_timeout(self.now);
        self.drain();
    }
    pub(super) fn ended(&self) -> &CallRecord {
        self.acts
            .iter()
            .find_map(|act| match act {
                Act::Tell(_, Event::CallEnded(record)) => Some(record),
                _ => None,
            })
            .expect("the call has ended")
    }
    pub(super) fn closes(&self) -> Vec<&CallRecord> {
        fn close(act: &Act) -> Option<&CallRecord> {
            match act {
                Act::Close(record, _) => Some(record),
                _ => None,
            }
        }
        self.acts.iter().filter_map(close).collect()
    }
    /// A ↔ B with media on both sides; the transports.
    pub(super) fn talk(&mut self) -> (Transport, Transport) {
        self.start(1, a(), 11, b()).unwrap();
        let ours = self.seat(1, a(), 11, "a");
        let theirs = self.seat(1, b(), 21, "b");
        self.news(ours, News::Up(PathName::Udp));
        self.news(theirs, News::Up(PathName::IceTcp));
        self.accept(1, b(), 21).unwrap();
        (ours, theirs)
    }
}
