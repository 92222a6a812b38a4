//! The Book in a storm: two people with three devices each, and a third who interferes, do random things under simulated
//! time, alone and in a group, with a relay and a store that are late, refuse and fail, and a server that crashes. After every step the invariants hold. A failing run
//! prints its seed; `CHARLA_SEED=n` runs that one alone.

mod calm;
mod crash;
mod marks;
mod party;
mod relay;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use self::marks::{in_bounds, ordered};
use super::act::{Act, News, Participant, Room, Transport};
use super::table::numbered as id;
use super::{Begun, Book, Home, Start, Whom};
use crate::calls::leg::Leg;
use crate::calls::now::Now;
use crate::calls::quality::{Direction, Report};
use crate::calls::stats::Stats;
use crate::calls::{CallError, Limits};
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::event::{Audience, Event};
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{CallRecord, CallStatus, Happening, PathName, Reach, Timeline};

/// Few transports, so that they run out.
const LIMITS: Limits = Limits { transports: 5, ..super::table::LIMITS };

fn user(n: u64) -> UserId {
    UserId(id(n))
}
fn device(user: u64, n: u64) -> DeviceId {
    DeviceId(id(10 * user + n))
}

/// What the outside has seen of one call.
#[derive(Default)]
struct Seen {
    closed: u32,
    gates: BTreeMap<UserId, DeviceId>,
    told_ended: bool,
}

struct Storm {
    rng: StdRng,
    book: Book,
    now: Now,
    next_call: u64,
    calls: BTreeMap<CallId, Seen>,
    /// The relay: rooms that are open, and transports by what they are for.
    rooms: BTreeSet<Room>,
    opened: u64,
    transports: BTreeMap<Transport, (Room, UserId, DeviceId, CallId)>,
    dropped: BTreeSet<Transport>,
    /// Whom the relay does not forward.
    muted: BTreeSet<Participant>,
    offers: Vec<Transport>,
    creating: Vec<CallId>,
    closing: Vec<CallId>,
    /// What the store has, and what it will have once the record is made.
    stored: BTreeMap<CallId, (CallRecord, Timeline)>,
    making: BTreeMap<CallId, (CallRecord, Timeline)>,
    /// Who is in the group.
    group: Vec<u64>,
    crashes: u64,
    /// Devices that ring, and for which call.
    ringing: BTreeMap<(UserId, DeviceId), CallId>,
    log: Vec<String>,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let home = Home { node: "here".into(), epoch: EpochId(id(999)) };
        Self {
            rng: StdRng::seed_from_u64(seed),
            book: Book::new(LIMITS, home),
            now: Now { wall: Timestamp(1_000_000), mono: SystemClock.instant() },
            next_call: 1000,
            calls: BTreeMap::new(),
            rooms: BTreeSet::new(),
            opened: 0,
            transports: BTreeMap::new(),
            dropped: BTreeSet::new(),
            muted: BTreeSet::new(),
            offers: vec![],
            creating: vec![],
            closing: vec![],
            stored: BTreeMap::new(),
            making: BTreeMap::new(),
            group: vec![1, 2, 3],
            crashes: 0,
            ringing: BTreeMap::new(),
            log: vec![],
        }
    }
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.rng.next_u64() % n as u64).unwrap()
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { Some(from[self.below(from.len())]) }
    }
    fn place(&mut self) -> (UserId, DeviceId) {
        // Mostly the first device, so that one often comes all the way.
        let (u, d) = (1 + self.below(2) as u64, 1 + self.below(6).saturating_sub(3) as u64);
        (user(u), device(u, d))
    }
    /// Mostly a live call, sometimes an old one.
    fn call(&mut self) -> CallId {
        let live: Vec<_> = self.calls.keys().copied().filter(|c| self.book.is_live(*c)).collect();
        let all: Vec<_> = self.calls.keys().copied().collect();
        let from = if live.is_empty() || self.below(8) == 0 { all } else { live };
        self.pick(&from).unwrap_or(CallId(id(1)))
    }
    fn advance(&mut self, by: Duration) {
        self.now = Now { wall: self.now.wall.plus(by), mono: self.now.mono + by };
        if self.book.poll_timeout().is_some_and(|at| at <= self.now.mono) {
            self.book.handle_timeout(self.now);
        }
    }

    fn step(&mut self) {
        let (user, device) = self.place();
        let call = self.call();
        let now = self.now;
        let what = self.below(40);
        self.log.push(format!("{what} {user:?} {device:?} {call:?} at {:?}", now.wall));
        match what {
            0..=3 => self.start(user, device),
            4..=6 => drop(self.book.accept(user, device, call, now)),
            7 if self.below(3) == 0 => self.reject(user, device, call),
            8 if self.below(3) == 0 => drop(self.book.leave(user, call, now)),
            9 if self.below(2) == 0 => {
                let share = Some(self.below(101) as f32);
                let stats = Stats { concealed_pct: share, microphone_level: Some(0.0), ..Stats::default() };
                drop(self.book.call_stats((user, device), call, stats, now));
            }
            7..=9 => drop(self.book.set_muted((user, device), call, now.wall.0 % 2 == 0, now)),
            10..=14 => self.offer(user, device, call),
            15..=18 => self.relay_answers(),
            19..=21 => self.news(),
            22 => self.store_answers(),
            23 => self.book.device_gone(user, device, now.wall.0 % 3 == 0, now),
            24 if self.below(4) == 0 => self.book.evict(user, device, now),
            24 if self.below(2) == 0 => self.book.device_here(user, device, now),
            24 => {
                let devices = u32::try_from(self.below(3)).unwrap();
                self.book.rings_on(user, devices, now);
            }
            25 => {
                let ms = self.below(20_000) as u64;
                self.advance(Duration::from_millis(ms));
            }
            26 => {
                // One millisecond to either side of the next deadline.
                if let Some(at) = self.book.poll_timeout() {
                    let before = self.below(2) as u64;
                    let wait = at.saturating_duration_since(now.mono);
                    self.advance(wait.saturating_sub(Duration::from_millis(before)));
                }
            }
            27 => self.stranger(call),
            _ => self.party(what - 28, user, device, call),
        }
        self.obey();
        self.check();
    }

    fn start(&mut self, caller: UserId, device: DeviceId) {
        self.next_call += 1;
        let receiver = match self.below(6) {
            0 => user(3),
            _ if caller == user(1) => user(2),
            _ => user(1),
        };
        // The third one calls, too: he finds people busy.
        let (caller, device) = if self.below(8) == 0 && receiver != user(3) {
            (user(3), self::device(3, 1))
        } else {
            (caller, device)
        };
        let (id, conversation) = (CallId(id(self.next_call)), ConversationId(id(7)));
        let busy = self.is_in(caller);
        match self.book.start(
            Start { id, conversation, caller, device, whom: Whom::One(receiver, Reach::Here(1)) },
            self.now,
        ) {
            Ok(Begun::New(record)) => {
                self.calls.insert(record.id, Seen::default());
                assert!(self.is_in(caller) == [record.id] && self.is_in(receiver) == [record.id]);
            }
            Ok(Begun::Off(record)) => {
                assert_eq!(record.status, CallStatus::Busy);
                assert_ne!(self.is_in(receiver), [], "busy for nobody");
                ordered(&record);
            }
            Ok(Begun::Joined(record)) => {
                assert_eq!(self.is_in(caller), [record.id]);
                assert!(record.users().contains(&receiver));
                let leg = record.legs.iter().find(|l| l.user == caller).unwrap();
                assert_eq!(leg.device, Some(device));
            }
            Err(error) => {
                assert_eq!(error, CallError::Busy);
                assert_ne!(busy, [], "refused, but free");
            }
        }
    }

    fn store_answers(&mut self) {
        if self.below(2) == 0 && !self.closing.is_empty() {
            let call = self.closing.remove(0);
            self.book.closed(call);
        } else if !self.creating.is_empty() {
            let call = self.creating.remove(0);
            let stored = self.below(5) > 0;
            self.made(call, stored);
            self.book.created(call, stored, self.now);
        }
    }

    /// Somebody who is not in the call is told that there is none.
    fn stranger(&mut self, call: CallId) {
        let Some(record) = self.book.record(call).filter(|_| self.book.is_live(call)) else { return };
        let (who, place) = (user(4), (user(4), device(4, 1)));
        let before = record.clone();
        assert_eq!(self.book.accept(who, place.1, call, self.now), Err(CallError::NotFound));
        assert_eq!(self.book.reject(who, place.1, call, self.now), Err(CallError::NotFound));
        assert_eq!(self.book.leave(who, call, self.now), Err(CallError::NotFound));
        assert_eq!(self.book.set_muted(place, call, true, self.now), Err(CallError::NotFound));
        assert_eq!(self.book.taking_part(place, call), Err(CallError::NotFound));
        let stats = Stats::default();
        assert_eq!(self.book.call_stats(place, call, stats, self.now), Err(CallError::NotFound));
        assert_eq!(self.book.offer(place, call, String::new(), self.now), Err(CallError::NotFound));
        assert_eq!(self.book.record(call), Some(before));
    }

    /// The world does what the Book says, and watches it.
    fn obey(&mut self) {
        while let Some(act) = self.book.poll_act() {
            self.log.push(format!("    {act:?}"));
            match act {
                Act::OpenRoom(room) => {
                    self.opened += 1;
                    assert!(self.rooms.insert(room), "a room is opened twice");
                }
                Act::CloseRoom(room) => assert!(self.rooms.remove(&room), "a room is closed twice"),
                Act::OpenGate { room, transport, .. } => self.gate(room, transport),
                Act::DropTransport(transport) => {
                    self.dropped.insert(transport);
                }
                Act::Mute { participant, muted, .. } => {
                    if muted {
                        self.muted.insert(participant);
                    } else {
                        self.muted.remove(&participant);
                    }
                }
                Act::Tell(to, event) => self.tell(&to, event),
                Act::Create(record) => {
                    assert_eq!(record.status, CallStatus::Ringing);
                    self.creating.push(record.id);
                    self.making.insert(record.id, (record, Timeline::new()));
                }
                Act::Resume(record) => assert!(!record.status.ended()),
                Act::Update(record, timeline) => {
                    in_bounds(&timeline);
                    self.keep(&record, &timeline);
                    assert!(!record.status.ended() && self.calls[&record.id].closed == 0);
                    ordered(&record);
                }
                Act::Suspend(record, timeline) => {
                    assert!(record.answer_time.is_some() && !record.status.ended());
                    self.keep(&record, &timeline);
                }
                Act::Close(record, timeline) => {
                    in_bounds(&timeline);
                    self.keep(&record, &timeline);
                    let last = timeline.last().map(|e| e.what.clone());
                    assert_eq!(last, record.reason.map(|reason| Happening::Ended { reason }));
                    assert!(record.status.ended());
                    ordered(&record);
                    let seen = self.calls.get_mut(&record.id).unwrap();
                    seen.closed += 1;
                    assert!(seen.closed == 1, "a record is closed twice");
                    assert!(seen.told_ended);
                    self.closing.push(record.id);
                }
            }
        }
    }

    /// The live calls that somebody is in, or is called to.
    fn is_in(&self, who: UserId) -> Vec<CallId> {
        let live = self.calls.keys().filter(|c| self.book.is_live(**c));
        let part = |r: &CallRecord| r.leg(who).is_some_and(|leg| leg.left_at.is_none());
        live.filter_map(|c| self.book.record(*c)).filter(part).map(|r| r.id).collect()
    }

    fn check(&mut self) {
        let live: Vec<_> = self.calls.keys().filter(|c| self.book.is_live(**c)).collect();
        assert_eq!(live.len(), self.rooms.len(), "a room per live call");
        for u in 1..=3 {
            let of = self.is_in(user(u));
            assert!(of.len() <= 1, "{u} is in two calls");
            let told: Vec<_> = self.book.live(user(u)).iter().map(|r| r.id).collect();
            assert!(told.starts_with(&of), "{u} is in {of:?} and is told {told:?}");
        }
        let mut rings = std::mem::take(&mut self.ringing);
        rings.retain(|(who, device), call| {
            let record = self.book.record(*call).filter(|r| !r.status.ended());
            let record = record.expect("a device rings for a call that is over");
            let leg = record.leg(*who).unwrap();
            assert!(leg.left_at.is_none(), "a device rings for somebody who is out of it");
            // The device that answered knows it by its own ack.
            assert!(leg.device.is_none_or(|d| d == *device), "a device rings for a call answered elsewhere");
            leg.device.is_none()
        });
        self.ringing = rings;
        assert!(self.book.of_transport.len() <= LIMITS.transports);
        self.check_media();
    }
}

#[test]
fn whatever_happens_the_invariants_hold() {
    let seeds = match std::env::var("CHARLA_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("CHARLA_SEED is a number");
            seed..seed + 1
        }
        Err(_) => 0..2000,
    };
    let (mut calls, mut gated, mut crowds, mut crashes) = (0, 0, 0, 0);
    for seed in seeds {
        let mut storm = Storm::new(seed);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..120 {
                storm.step();
            }
            storm.calm();
        }));
        if let Err(panic) = outcome {
            eprintln!("{}\nCHARLA_SEED={seed} runs this alone", storm.log.join("\n"));
            std::panic::resume_unwind(panic);
        }
        calls += storm.opened;
        gated += storm.calls.values().filter(|c| c.gates.len() == 2).count();
        crowds += storm.calls.values().filter(|c| c.gates.len() > 2).count();
        crashes += storm.crashes;
    }
    println!("{calls} calls, {gated} with two gates open, {crowds} with three; {crashes} crashes");
}
