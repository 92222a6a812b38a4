//! The Book and its reference model do the same random walk: three people with three devices each, calls between two and
//! in their group, under simulated time. After every step both say the same of every call and of every leg. A run that
//! fails prints its seed and the steps to there; `CHARLA_SEED=n` walks that one alone, `CHARLA_SEEDS=n` n times as many.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::act::{Act, News, Transport};
use super::model::{CONNECT, GRACE, Model, Person, RECONNECT, RING, Rung, Secs, Talk};
use super::table::numbered as id;
use super::{Begun, Book, Home, Start, Whom};
use crate::calls::Limits;
use crate::calls::now::Now;
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{CallRecord, GroupRole, LegRecord, PathName, Reach};

const STEPS: usize = 250;
const WALKS: u64 = 60;

fn user(n: u64) -> UserId {
    UserId(id(n))
}
fn device(n: u64) -> DeviceId {
    DeviceId(id(n))
}
fn call(n: u64) -> CallId {
    CallId(id(n))
}
fn reach(rung: Rung) -> Reach {
    match rung {
        Rung::Here(devices) => Reach::Here(devices),
        Rung::Away => Reach::Away,
        Rung::Undisturbed => Reach::Undisturbed,
    }
}

struct Walk {
    rng: StdRng,
    book: Book,
    model: Model,
    began: Now,
    at: Secs,
    calls: u64,
    prints: u64,
    /// What the device has at the relay.
    transports: Vec<(u64, u64, u64, Transport)>,
    log: Vec<String>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let limits = Limits {
            ring: Duration::from_secs(RING),
            connect: Duration::from_secs(CONNECT),
            reconnect: Duration::from_secs(RECONNECT),
            grace: Duration::from_secs(GRACE),
            ring_members: 4,
            participants: 4,
            devices: 9,
            transports: 1000,
        };
        let home = Home { node: "here".into(), epoch: EpochId(id(999)) };
        Self {
            rng: StdRng::seed_from_u64(seed),
            book: Book::new(limits, home),
            model: Model::default(),
            began: Now { wall: Timestamp(1_000_000), mono: SystemClock.instant() },
            at: 0,
            calls: 1000,
            prints: 0,
            transports: Vec::new(),
            log: Vec::new(),
        }
    }
    fn below(&mut self, n: u64) -> u64 {
        self.rng.next_u64() % n
    }
    fn now(&self) -> Now {
        let passed = Duration::from_secs(self.at);
        Now { wall: self.began.wall.plus(passed), mono: self.began.mono + passed }
    }
    fn rung(&mut self) -> Rung {
        [Rung::Here(1), Rung::Here(2), Rung::Away, Rung::Undisturbed][self.below(4) as usize]
    }
    /// Mostly a call that is live.
    fn some_call(&mut self) -> u64 {
        let live: Vec<_> =
            self.model.talks.iter().filter(|(_, t)| t.ended.is_none()).map(|(id, _)| *id).collect();
        if live.is_empty() || self.below(12) == 0 {
            return 1000 + self.below(self.calls - 999);
        }
        live[self.below(live.len() as u64) as usize]
    }

    fn step(&mut self) {
        let who = 1 + self.below(3);
        let gadget = 10 * who + 1 + self.below(6).saturating_sub(3);
        let other = 1 + (who + self.below(2)) % 3;
        let of = self.some_call();
        let what = self.below(30);
        self.log.push(format!("{}s: {what} by {who} on {gadget}, call {of}, other {other}", self.at));
        match what {
            0..=1 => self.start_pair(who, gadget, other),
            2 => self.start_group(who, gadget),
            3..=5 => {
                let said = self.book.accept(user(who), device(gadget), call(of), self.now()).is_ok();
                assert_eq!(said, self.model.accept(of, who, gadget, self.at));
            }
            6 => {
                let said = self.book.reject(user(who), device(gadget), call(of), self.now()).is_ok();
                assert_eq!(said, self.model.reject(of, who, self.at));
            }
            7 => {
                drop(self.book.leave(user(who), call(of), self.now()));
                self.model.leave(of, who, self.at);
            }
            8..=9 => {
                let said = self.book.join(user(who), device(gadget), call(of), self.now()).is_ok();
                assert_eq!(said, self.model.join(of, who, gadget, self.at));
            }
            10..=11 => {
                let how = self.rung();
                let said = self.book.invite(user(who), call(of), user(other), reach(how), self.now()).is_ok();
                assert_eq!(said, self.model.invite(of, who, other, how, self.at));
            }
            12 => self.lead(who, of, other),
            13..=14 => self.mute(who, gadget, of),
            15..=20 => self.media(who, gadget, of),
            21 => self.media_gone(),
            22..=23 => self.device(who, gadget),
            24..=26 => {
                let seconds = self.below(4);
                self.pass(seconds);
            }
            _ => {
                let seconds = self.below(25);
                self.pass(seconds);
            }
        }
        self.obey();
        self.agree();
    }

    fn started(&mut self, begun: Option<&Begun>) {
        if let Some(Begun::New(record)) = begun {
            self.book.created(record.id, true, self.now());
        }
        if let Some(Begun::Off(record)) = begun {
            like(record, &self.model.talks[&self.calls]);
        }
    }

    fn start_pair(&mut self, who: u64, gadget: u64, other: u64) {
        let how = self.rung();
        self.calls += 1;
        let (id, conversation) = (call(self.calls), ConversationId(id(7)));
        let whom = Whom::One(user(other), reach(how));
        let start = Start { id, conversation, caller: user(who), device: device(gadget), whom };
        let begun = self.book.start(start, self.now()).ok();
        let said = self.model.start(self.calls, (who, gadget), &[(other, how)], true, self.at);
        assert_eq!(begun.is_some(), said);
        self.started(begun.as_ref());
    }

    fn start_group(&mut self, who: u64, gadget: u64) {
        let roles = [GroupRole::Owner, GroupRole::Admin, GroupRole::Member];
        let all: Vec<_> = (1..=3).map(|n| (n, self.rung())).collect();
        self.calls += 1;
        let members = all.iter().zip(roles).map(|((n, how), role)| (user(*n), role, reach(*how))).collect();
        let (id, conversation) = (call(self.calls), ConversationId(id(70)));
        let whom = Whom::Group(members);
        let start = Start { id, conversation, caller: user(who), device: device(gadget), whom };
        let begun = self.book.start(start, self.now()).ok();
        let others: Vec<_> = all.into_iter().filter(|(n, _)| *n != who).collect();
        let said = self.model.start(self.calls, (who, gadget), &others, false, self.at);
        assert_eq!(begun.is_some(), said);
        self.started(begun.as_ref());
    }

    fn lead(&mut self, who: u64, of: u64, other: u64) {
        let now = self.now();
        match self.below(5) {
            0 => {
                let said = self.book.end(user(who), call(of), now).is_ok();
                assert_eq!(said, self.model.end(of, who, self.at));
            }
            1..=2 => {
                let said = self.book.remove(user(who), call(of), user(other), now).is_ok();
                assert_eq!(said, self.model.remove(of, who, other, self.at));
            }
            _ => {
                let said = self.book.mute_other(user(who), call(of), user(other), now).is_ok();
                assert_eq!(said, self.model.mute_other(of, who, other));
            }
        }
    }

    /// Only of who is in it: what a device that rings says of itself nobody sees.
    fn mute(&mut self, who: u64, gadget: u64, of: u64) {
        let inside = self.model.talks.get(&of).and_then(|t| t.person(who)).is_some_and(Person::inside);
        if inside {
            let muted = self.below(2) == 0;
            let said = self.book.set_muted((user(who), device(gadget)), call(of), muted, self.now()).is_ok();
            assert_eq!(said, self.model.set_muted(of, who, gadget, muted));
        }
    }

    /// A fresh peer connection comes up.
    fn media(&mut self, who: u64, gadget: u64, of: u64) {
        self.prints += 1;
        let print = format!("sha-256 {}", self.prints);
        let seat = self.book.offer((user(who), device(gadget)), call(of), print, self.now()).ok();
        assert_eq!(seat.is_some(), self.model.media(of, who, gadget, self.at));
        let Some(seat) = seat else { return };
        self.book.answered(seat.transport, vec!["1".into()], self.now()).expect("it is awaited");
        self.book.news(seat.transport, News::Up(PathName::Udp), self.now());
        self.transports.retain(|(call, whose, on, _)| (*call, *whose, *on) != (of, who, gadget));
        self.transports.push((of, who, gadget, seat.transport));
    }

    fn media_gone(&mut self) {
        if self.transports.is_empty() {
            return;
        }
        let n = self.below(self.transports.len() as u64) as usize;
        let (of, who, gadget, transport) = self.transports.swap_remove(n);
        // One that was dropped meanwhile is nobody's.
        if self.book.of_transport.contains_key(&transport) {
            self.book.news(transport, News::Down, self.now());
            self.model.media_gone(of, who, gadget, self.at);
        }
    }

    fn device(&mut self, who: u64, gadget: u64) {
        if self.below(2) == 0 {
            let devices = u32::try_from(self.below(4)).unwrap();
            self.book.rings_on(user(who), devices, self.now());
            self.model.rings_on(who, devices);
        } else if self.below(3) == 0 {
            self.book.device_here(user(who), device(gadget), self.now());
            self.model.device_here(who, gadget);
        } else {
            let closed = self.below(2) == 0;
            self.book.device_gone(user(who), device(gadget), closed, self.now());
            self.model.device_gone(who, gadget, closed, self.at);
        }
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.at += 1;
            self.book.handle_timeout(self.now());
            self.model.tick(self.at);
        }
    }

    fn obey(&mut self) {
        while let Some(act) = self.book.poll_act() {
            self.log.push(format!("    {act:?}"));
            if let Act::Close(record, _) = act {
                let n = (1000..=self.calls).find(|n| call(*n) == record.id).expect("a call of ours");
                like(&record, &self.model.talks[&n]);
                self.book.closed(record.id);
            }
        }
    }

    fn agree(&self) {
        for (n, talk) in &self.model.talks {
            assert_eq!(self.book.is_live(call(*n)), talk.ended.is_none(), "call {n}: {talk:?}");
            if let Some(record) = self.book.record(call(*n)) {
                like(&record, talk);
            }
        }
        for n in 1..=3 {
            let own = self.book.of_user.get(&user(n)).copied();
            assert_eq!(own, self.model.of(n).map(call), "{n} is in a call");
        }
    }
}

fn stamp(at: Secs) -> Timestamp {
    Timestamp(1_000_000).plus(Duration::from_secs(at))
}

/// The record says what the model does.
fn like(record: &CallRecord, talk: &Talk) {
    let at = |secs: Option<Secs>| secs.map(stamp);
    assert_eq!(record.reason, talk.ended.map(|(_, why)| why), "{talk:#?}");
    assert_eq!(record.end_time, talk.ended.map(|(when, _)| stamp(when)));
    assert_eq!(record.answer_time, at(talk.answered));
    assert_eq!(record.connect_time, at(talk.connected));
    assert_eq!(record.receiver, talk.receiver.map(user));
    assert_eq!(record.legs.len(), talk.people.len(), "{talk:#?}");
    for (leg, person) in record.legs.iter().zip(&talk.people) {
        like_leg(leg, person);
    }
}

fn like_leg(leg: &LegRecord, person: &Person) {
    let at = |secs: Option<Secs>| secs.map(stamp);
    assert_eq!((leg.user, leg.device), (user(person.user), person.device.map(device)), "{person:#?}");
    assert_eq!(leg.rang_at, stamp(person.rang), "{person:#?}");
    assert_eq!(leg.answered_at, at(person.answered), "{person:#?}");
    assert_eq!(leg.connected_at, at(person.connected), "{person:#?}");
    assert_eq!(leg.left_at, at(person.out().map(|(when, _)| when)), "{person:#?}");
    assert_eq!(leg.reason, person.out().map(|(_, why)| why), "{person:#?}");
    assert_eq!(leg.reconnects, person.reconnects, "{person:#?}");
    assert_eq!(leg.rings_on, person.rings_on(), "{person:#?}");
    assert_eq!((leg.muted, leg.muted_by), (person.muted, person.muted_by.map(user)), "{person:#?}");
}

fn walk(seed: u64) -> usize {
    let mut walk = Walk::new(seed);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for _ in 0..STEPS {
            walk.step();
        }
    }));
    if let Err(panic) = outcome {
        let from = walk.log.len().saturating_sub(60);
        eprintln!("seed {seed} failed after:\n{}", walk.log[from..].join("\n"));
        std::panic::resume_unwind(panic);
    }
    walk.model.talks.values().filter(|talk| talk.connected.is_some()).count()
}

#[test]
fn the_book_does_what_its_model_says() {
    if let Ok(seed) = std::env::var("CHARLA_SEED") {
        walk(seed.parse().expect("a seed is a number"));
        return;
    }
    let times: u64 = std::env::var("CHARLA_SEEDS").map_or(1, |n| n.parse().expect("a number"));
    let talked: usize = (0..WALKS * times).map(walk).sum();
    assert!(talked as u64 > WALKS * times, "so few calls come all the way that little is proved: {talked}");
}
