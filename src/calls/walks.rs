//! Every walk of six inputs through one call, against a reference model that shares no code with the machine: a flat
//! set of marks and the rules of a call in plain words. A call that has ended must not change any more, so walks stop
//! there after every input was tried once.

use std::time::{Duration, Instant};

use bson::oid::ObjectId;

use super::Limits;
use super::call::{Call, Effect, Head, Input, Kind};
use super::leg::Leg;
use super::media::Fact;
use super::now::Now;
use super::record;
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::event::RingStop;
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{CallStatus, EndReason, Happening, PathName, Reach};

fn id(n: u8) -> ObjectId {
    ObjectId::from_bytes([n; 12])
}
fn caller() -> UserId {
    UserId(id(1))
}
fn callee() -> UserId {
    UserId(id(2))
}
fn device(n: u8) -> DeviceId {
    DeviceId(id(n))
}
/// The caller's device, and two of the callee.
const A: u8 = 11;
const B1: u8 = 21;
const B2: u8 = 22;

const LIMITS: Limits = Limits {
    ring: Duration::from_secs(25),
    connect: Duration::from_secs(15),
    reconnect: Duration::from_secs(9),
    grace: Duration::from_secs(8),
    ring_members: 4,
    participants: 4,
    devices: 5,
    transports: 100,
};

fn start(at: Instant) -> Call {
    let head = Head {
        id: CallId(id(3)),
        conversation: ConversationId(id(4)),
        caller: caller(),
        kind: Kind::Pair { receiver: callee() },
        started: Now { wall: Timestamp(1_000_000), mono: at },
        node: String::new(),
        epoch: EpochId(id(5)),
    };
    Call::start(head, device(A), &[(callee(), Reach::Here(1))])
}

/// The alphabet: what happens, and how many seconds after the input before.
fn alphabet() -> Vec<(Input, u64)> {
    let fact = |user, d, fact| Input::Fact { user, device: device(d), fact };
    vec![
        (Input::Accept { user: callee(), device: device(B1) }, 1),
        (Input::Accept { user: callee(), device: device(B2) }, 1),
        (Input::Reject { user: callee(), device: device(B2) }, 1),
        (Input::Leave { user: caller() }, 1),
        (Input::Leave { user: callee() }, 1),
        (fact(caller(), A, Fact::Up(PathName::Udp)), 1),
        (fact(caller(), A, Fact::Silent), 1),
        (fact(caller(), A, Fact::Heard(Some(PathName::IceTcp))), 1),
        (fact(caller(), A, Fact::Away), 1),
        (fact(callee(), B1, Fact::Up(PathName::Udp)), 1),
        (fact(callee(), B1, Fact::Gone), 1),
        (Input::Abort(EndReason::RelayFailed), 1),
        (Input::Tick, 9),
    ]
}

/// The reference: seconds since the start, and flat marks.
#[derive(Clone, Default, Debug)]
struct Model {
    /// Of the caller's device and of the callee's first: has keys, is heard.
    keys: [bool; 2],
    heard: [bool; 2],
    away: Option<u64>,
    answered: Option<(u64, u8)>,
    leg_connected: [Option<u64>; 2],
    lost: [Option<u64>; 2],
    reconnects: [u32; 2],
    connected: Option<u64>,
    ended: Option<(u64, EndReason)>,
}

impl Model {
    /// The media that counts: after the answer the callee has only the answering device's.
    fn up(&self, side: usize) -> bool {
        let counts = side == 0 || self.answered.is_none_or(|(_, d)| d == B1);
        counts && self.keys[side] && self.heard[side]
    }
    fn deadlines(&self) -> Vec<(u64, EndReason)> {
        let Some((answered, _)) = self.answered else {
            let away = self.away.map(|t| (t + 8, EndReason::Vanished));
            return away.into_iter().chain([(25, EndReason::NoAnswer)]).collect();
        };
        let mut all = vec![];
        for side in [0, 1] {
            if self.leg_connected[side].is_none() {
                all.push((answered + 15, EndReason::ConnectFailed));
            }
            all.extend(self.lost[side].map(|t| (t + 9, EndReason::MediaLost)));
        }
        all
    }
    fn hear(&mut self, input: Input, now: u64) {
        if self.ended.is_some() {
            return;
        }
        let due = self.deadlines().into_iter().filter(|(at, _)| now >= *at).min_by_key(|(at, _)| *at);
        if let Some((_, why)) = due {
            self.ended = Some((now, why));
            return;
        }
        let ringing = self.answered.is_none();
        match input {
            Input::Accept { device: d, .. } if ringing => {
                self.answered = Some((now, if d == device(B1) { B1 } else { B2 }));
            }
            Input::Reject { .. } if ringing => self.ended = Some((now, EndReason::Declined)),
            Input::Leave { user } => {
                let before = if user == caller() { EndReason::Cancelled } else { EndReason::Declined };
                self.ended = Some((now, if ringing { before } else { EndReason::HungUp }));
            }
            Input::Abort(why) => self.ended = Some((now, why)),
            Input::Fact { user, fact, .. } => {
                let side = usize::from(user == callee());
                match fact {
                    Fact::Up(_) => (self.keys[side], self.heard[side]) = (true, true),
                    Fact::Gone => self.keys[side] = false,
                    Fact::Silent => self.heard[side] = false,
                    Fact::Heard(_) => self.heard[side] = true,
                    Fact::Away => {
                        self.away.get_or_insert(now);
                    }
                    _ => unreachable!("not in the alphabet"),
                }
                if side == 0 && !matches!(fact, Fact::Away | Fact::Silent) {
                    self.away = None;
                }
            }
            _ => {}
        }
        if self.answered.is_some() && self.ended.is_none() {
            for side in [0, 1] {
                match (self.leg_connected[side], self.up(side), self.lost[side]) {
                    (None, true, _) => self.leg_connected[side] = Some(now),
                    (Some(_), false, None) => self.lost[side] = Some(now),
                    (Some(_), true, Some(_)) => {
                        self.lost[side] = None;
                        self.reconnects[side] += 1;
                    }
                    _ => {}
                }
            }
            let flows = |s: usize| self.leg_connected[s].is_some() && self.lost[s].is_none();
            if self.connected.is_none() && flows(0) && flows(1) {
                self.connected = Some(now);
            }
        }
    }
}

/// The machine and the model say the same.
fn agree(call: &Call, model: &Model) {
    let r = record::of(call);
    let stamp = |s: u64| Timestamp(1_000_000).plus(Duration::from_secs(s));
    assert_eq!(r.reason, model.ended.map(|(_, why)| why));
    assert_eq!(r.end_time, model.ended.map(|(t, _)| stamp(t)));
    assert_eq!(r.answer_time, model.answered.map(|(t, _)| stamp(t)));
    assert_eq!(r.connect_time, model.connected.map(stamp));
    let live = if model.answered.is_some() { CallStatus::Active } else { CallStatus::Ringing };
    assert_eq!(r.status, r.reason.map_or(live, |why| record::status(why, model.connected.is_some())));
    let talked = model.answered.zip(model.ended).map_or(0, |((from, _), (to, _))| to - from);
    assert_eq!(r.duration_seconds, talked);
    for (side, leg) in r.legs.iter().enumerate() {
        let answered = model.answered.map(|(t, _)| t);
        assert_eq!(leg.answered_at, answered.map(stamp));
        assert_eq!(leg.connected_at, model.leg_connected[side].map(stamp));
        assert_eq!(leg.reconnects, model.reconnects[side]);
        assert_eq!(leg.left_at, r.end_time);
        assert_eq!(leg.reason, r.reason);
        let setup = model.leg_connected[side].zip(answered).map(|(c, a)| (c - a) * 1000);
        assert_eq!(leg.setup_ms, setup);
        let expected = if side == 0 { Some(A) } else { model.answered.map(|(_, d)| d) };
        assert_eq!(leg.device, expected.map(device));
    }
    for (side, leg) in call.legs().iter().enumerate() {
        let lost = matches!(leg, Leg::Reconnecting(_));
        assert_eq!(lost, model.lost[side].is_some(), "{leg:?}");
    }
}

/// What the effects of a whole walk must add up to.
fn add_up(call: &Call, effects: &[Effect], model: &Model) {
    let count = |f: &dyn Fn(&Effect) -> bool| effects.iter().filter(|e| f(e)).count();
    assert_eq!(count(&|e| *e == Effect::Ended), usize::from(model.ended.is_some()));
    assert_eq!(count(&|e| *e == Effect::Answered), usize::from(model.answered.is_some()));
    assert_eq!(count(&|e| *e == Effect::Connected), usize::from(model.connected.is_some()));
    let gates: Vec<_> = (effects.iter())
        .filter_map(|e| match e {
            Effect::OpenGate { user, device } => Some((*user, *device)),
            _ => None,
        })
        .collect();
    let expected = model.answered.map(|(_, d)| vec![(callee(), device(d)), (caller(), device(A))]);
    assert_eq!(
        gates,
        expected.unwrap_or_default(),
        "gates open after the answer, for the two chosen devices"
    );
    let stops: Vec<_> = (effects.iter())
        .filter_map(|e| match e {
            Effect::StopRinging { user, except, reason } => Some((*user, *except, *reason)),
            _ => None,
        })
        .collect();
    let stop = match (model.answered, model.ended) {
        (Some((_, d)), _) => Some((callee(), Some(device(d)), RingStop::AnsweredElsewhere)),
        (None, Some((_, EndReason::Declined))) => stops.first().copied(),
        (None, Some(_)) => Some((callee(), None, RingStop::Ended)),
        (None, None) => None,
    };
    assert_eq!(stops, stop.into_iter().collect::<Vec<_>>(), "ringing stops once: {call:?}");
    assert!(!matches!((call, effects.last()), (Call::Ended(_), Some(e)) if *e != Effect::Ended));
}

struct Walker {
    alphabet: Vec<(Input, u64)>,
    start: Instant,
    walks: u64,
}

impl Walker {
    fn walk(&mut self, call: &Call, model: &Model, effects: &mut Vec<Effect>, now: u64, depth: u32) {
        self.walks += 1;
        for i in 0..self.alphabet.len() {
            let (input, wait) = self.alphabet[i];
            let at = now + wait;
            let moment = Now {
                wall: Timestamp(1_000_000).plus(Duration::from_secs(at)),
                mono: self.start + Duration::from_secs(at),
            };
            let (next, new) = call.clone().handle(input, moment, &LIMITS);
            if matches!(call, Call::Ended(_)) {
                assert!(next == *call && new.is_empty(), "an ended call changed: {input:?}");
                continue;
            }
            let mut expected = model.clone();
            expected.hear(input, at);
            agree(&next, &expected);
            let length = effects.len();
            effects.extend(new);
            add_up(&next, effects, &expected);
            assert_eq!(next.poll_timeout(&LIMITS).is_none(), {
                let quiet = expected.deadlines().is_empty();
                expected.ended.is_some() || quiet
            });
            if depth > 1 {
                self.walk(&next, &expected, effects, at, depth - 1);
            }
            effects.truncate(length);
        }
    }
}

#[test]
fn every_walk_of_six_inputs_agrees_with_the_reference() {
    let start_at = SystemClock.instant();
    let mut walker = Walker { alphabet: alphabet(), start: start_at, walks: 0 };
    walker.walk(&start(start_at), &Model::default(), &mut Vec::new(), 0, 6);
    assert!(walker.walks > 10_000, "{}", walker.walks);
}

#[test]
fn the_last_quality_report_comes_after_the_end_and_is_kept() {
    let at = SystemClock.instant();
    let now = |s| Now {
        wall: Timestamp(1_000_000).plus(Duration::from_secs(s)),
        mono: at + Duration::from_secs(s),
    };
    let report = super::quality::Report {
        rtt_ms: Some(12.0),
        up: super::quality::Direction { packets: 500, lost: 1, loss_pct: 0.2, jitter_ms: 3.0 },
        ..Default::default()
    };
    let fact = |d, fact| Input::Fact { user: callee(), device: device(d), fact };
    let (call, _) = start(at).handle(Input::Accept { user: callee(), device: device(B1) }, now(1), &LIMITS);
    let (call, _) = call.handle(fact(B1, Fact::Up(PathName::Udp)), now(2), &LIMITS);
    let (call, _) = call.handle(Input::Leave { user: caller() }, now(9), &LIMITS);
    let (call, effects) = call.handle(fact(B1, Fact::Quality(report)), now(9), &LIMITS);
    assert!(effects.is_empty());
    let (call, _) = call.handle(fact(B2, Fact::Quality(report)), now(9), &LIMITS);
    let record = record::of(&call);
    assert_eq!(record.legs[1].quality.up.packets, 500);
    assert_eq!(record.legs[1].quality.rtt_ms, Some(12.0));
    assert_eq!(record.legs[1].paths, [PathName::Udp]);
    assert_eq!((record.duration_seconds, record.legs[1].setup_ms), (8, Some(1000)));
}

#[test]
fn muting_is_told_once_and_survives_the_answer() {
    let at = SystemClock.instant();
    let now = Now { wall: Timestamp(1_000_000), mono: at };
    let mute = |d, muted| Input::Fact { user: callee(), device: device(d), fact: Fact::Muted(muted) };
    let (call, effects) = start(at).handle(mute(B1, true), now, &LIMITS);
    assert!(effects.is_empty());
    let (call, _) = call.handle(Input::Accept { user: callee(), device: device(B1) }, now, &LIMITS);
    assert!(record::of(&call).legs[1].muted);
    let (call, effects) = call.handle(mute(B1, false), now, &LIMITS);
    // Whoever else may have muted him: the relay is told that he may be heard.
    assert_eq!(effects, [Effect::Mute { user: callee(), muted: false }, Effect::Changed]);
    let (call, effects) = call.handle(mute(B1, false), now, &LIMITS);
    assert!(effects.is_empty());
    let (call, effects) = call.handle(mute(B2, true), now, &LIMITS);
    assert!(effects.is_empty() && !record::of(&call).legs[1].muted);
}

#[test]
fn a_record_left_open_by_a_crash_ends_at_the_last_heartbeat_but_after_its_marks() {
    let at = SystemClock.instant();
    let now =
        Now { wall: Timestamp(1_000_000).plus(Duration::from_secs(7)), mono: at + Duration::from_secs(7) };
    let accept = Input::Accept { user: callee(), device: device(B1) };
    let (call, _) = start(at).handle(accept, now, &LIMITS);
    let (swept, timeline) =
        record::sweep(record::of(&call), call.timeline(), Some(now.wall.plus(Duration::from_secs(60))));
    let ended = Happening::Ended { reason: EndReason::ServerRestart };
    assert_eq!(timeline.last().map(|e| (e.at_ms, e.what.clone())), Some((67_000, ended)));
    assert_eq!((swept.status, swept.reason), (CallStatus::Failed, Some(EndReason::ServerRestart)));
    assert_eq!(swept.duration_seconds, 60);
    assert_eq!(swept.legs[0].left_at, swept.end_time);
    for early in [None, Some(Timestamp(5))] {
        let (swept, _) = record::sweep(record::of(&call), vec![], early);
        assert_eq!((swept.end_time, swept.duration_seconds), (swept.answer_time, 0));
    }
}

#[test]
fn a_busy_call_is_over_at_once_with_both_legs() {
    let Call::Ringing(call) = start(SystemClock.instant()) else { unreachable!() };
    let record = record::of(&Call::start(call.head.clone(), device(A), &[(callee(), Reach::Busy)]));
    assert_eq!((record.status, record.reason), (CallStatus::Busy, Some(EndReason::Busy)));
    assert_eq!((record.end_time, record.legs.len()), (Some(record.start_time), 2));
}
