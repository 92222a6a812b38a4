//! The Book's answers in the cases that people meet, one by one.

use std::time::Duration;

use super::act::{Act, News, Participant, Room};
use super::table::{Table, a, b, c, call, d, id};
use super::{Begun, Start, Whom};
use crate::calls::CallError;
use crate::calls::now::Now;
use crate::calls::quality::{Direction, Report};
use crate::event::{Audience, Event, RingStop, SlotUser};
use crate::ids::ConversationId;
use crate::model::{CallStatus, EndReason, PathName, Reach};

#[test]
fn a_call_rings_only_when_it_is_stored() {
    let mut t = Table::new();
    let whom = Whom::One(b(), Reach::Here(1));
    let start = Start { id: call(1), conversation: ConversationId(id(8)), caller: a(), device: d(11), whom };
    assert!(matches!(t.book.start(start, t.now), Ok(Begun::New(_))));
    t.drain();
    assert!(matches!(&t.acts[..], [Act::OpenRoom(_), Act::Create(_)]), "{:?}", t.acts);
    t.book.created(call(1), true, t.now);
    t.drain();
    assert!(
        matches!(&t.acts[..], [Act::Tell(to, Event::IncomingCall { .. })] if *to == Audience::users([b()]))
    );
}

#[test]
fn a_call_that_could_not_be_stored_never_was() {
    let mut t = Table::new();
    let whom = Whom::One(b(), Reach::Here(1));
    let start = Start { id: call(1), conversation: ConversationId(id(8)), caller: a(), device: d(11), whom };
    t.book.start(start, t.now).unwrap();
    t.book.created(call(1), false, t.now);
    t.drain();
    let heard = |act: &Act| matches!(act, Act::Tell(to, _) if *to != Audience::users([a()]));
    assert!(!t.acts.iter().any(heard), "{:?}", t.acts);
    assert_eq!(t.closes().len(), 1);
    assert!(matches!(t.start(2, a(), 11, b()), Ok(Begun::New(_))));
}

#[test]
fn the_first_device_wins_and_the_others_are_dropped_at_once() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    let ours = t.seat(1, a(), 11, "a");
    let wins = t.seat(1, b(), 21, "b1");
    let loses = t.seat(1, b(), 22, "b2");
    assert_eq!(
        t.book.offer((b(), d(23)), call(1), "b3".into(), t.now),
        Err(CallError::TooMany),
        "two devices may be warm"
    );
    let record = t.accept(1, b(), 21).unwrap();
    assert_eq!(record.status, CallStatus::Active);
    assert_eq!(t.acts[0], Act::DropTransport(loses));
    let except = Audience::users_except([b()], b(), d(21));
    let stop = Event::RingStopped { call: call(1), reason: RingStop::AnsweredElsewhere };
    assert_eq!(t.acts[1], Act::Tell(except, stop));
    let gates: Vec<_> = (t.acts.iter())
        .filter_map(|act| match act {
            Act::OpenGate { transport, .. } => Some(*transport),
            _ => None,
        })
        .collect();
    assert_eq!(gates, [wins, ours]);
    assert_eq!(t.accept(1, b(), 21).map(|r| r.status), Ok(CallStatus::Active), "said again: the same answer");
    assert!(matches!(t.accept(1, b(), 22), Err(CallError::Conflict(_))));
    assert!(matches!(t.book.offer((b(), d(22)), call(1), "b2".into(), t.now), Err(CallError::Conflict(_))));
    assert!(t.accept(1, a(), 11).is_ok(), "the caller is in it already");
}

#[test]
fn a_rejection_on_one_device_declines_for_the_user() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    t.book.reject(b(), d(22), call(1), t.now).unwrap();
    t.drain();
    let stop = Event::RingStopped { call: call(1), reason: RingStop::DeclinedElsewhere };
    assert_eq!(t.acts[0], Act::Tell(Audience::users_except([b()], b(), d(22)), stop));
    let record = t.ended();
    assert_eq!((record.status, record.reason), (CallStatus::Rejected, Some(EndReason::Declined)));
    assert!(matches!(t.book.reject(b(), d(22), call(1), t.now), Err(CallError::NotFound)));
}

#[test]
fn who_is_in_a_call_is_busy_and_undisturbed() {
    let mut t = Table::new();
    t.talk();
    let Ok(Begun::Off(record)) = t.start(2, c(), 31, b()) else { panic!("not busy") };
    assert_eq!((record.status, record.reason), (CallStatus::Busy, Some(EndReason::Busy)));
    assert!(t.acts.is_empty(), "{:?}", t.acts);
    assert_eq!(t.start(3, b(), 22, c()), Err(CallError::Busy));
    assert_eq!(t.start(3, b(), 22, a()), Err(CallError::Busy), "the call is on another device");
    let Ok(Begun::Joined(same)) = t.start(3, a(), 11, b()) else { panic!("said again: the same call") };
    assert_eq!(same.id, call(1));
}

#[test]
fn two_who_call_each_other_are_in_one_call() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    let Ok(Begun::Joined(record)) = t.start(2, b(), 22, a()) else { panic!("glare") };
    assert_eq!((record.id, record.status), (call(1), CallStatus::Active));
    assert_eq!(record.legs[1].device, Some(d(22)));
    let stop = Event::RingStopped { call: call(1), reason: RingStop::AnsweredElsewhere };
    assert!(t.acts.contains(&Act::Tell(Audience::users_except([b()], b(), d(22)), stop)));
}

#[test]
fn nobody_answers() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    t.wait(44);
    assert!(t.acts.is_empty());
    t.wait(1);
    assert_eq!((t.ended().status, t.ended().reason), (CallStatus::Missed, Some(EndReason::NoAnswer)));
    let stop = Event::RingStopped { call: call(1), reason: RingStop::Ended };
    assert!(t.acts.contains(&Act::Tell(Audience::users([b()]), stop)));
    assert_eq!(t.closes().len(), 1);
}

#[test]
fn a_deadline_that_has_passed_counts_before_its_timer_fires() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    t.now = Now { wall: t.now.wall, mono: t.now.mono + Duration::from_secs(46) };
    assert!(matches!(t.accept(1, b(), 21), Err(CallError::Conflict(_))));
    assert_eq!(t.ended().status, CallStatus::Missed);
    assert!(matches!(t.start(2, b(), 21, a()), Ok(Begun::New(_))));
    t.now = Now { wall: t.now.wall, mono: t.now.mono + Duration::from_secs(46) };
    assert!(matches!(t.start(3, c(), 31, a()), Ok(Begun::New(_))), "nobody is busy with a call that is over");
}

#[test]
fn a_caller_who_reloads_keeps_ringing_and_one_who_vanishes_does_not() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    t.book.device_gone(b(), d(21), false, t.now);
    t.book.device_gone(a(), d(12), false, t.now);
    t.book.device_gone(a(), d(11), false, t.now);
    t.wait(9);
    t.book.device_here(a(), d(11), t.now);
    t.wait(9);
    assert!(t.acts.is_empty(), "{:?}", t.acts);
    t.book.device_gone(a(), d(11), false, t.now);
    t.wait(10);
    assert_eq!(t.ended().reason, Some(EndReason::Vanished));
}

#[test]
fn media_that_never_comes_up_fails_the_call() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    let ours = t.seat(1, a(), 11, "a");
    t.news(ours, News::Up(PathName::Udp));
    t.accept(1, b(), 21).unwrap();
    t.wait(20);
    let record = t.ended();
    assert_eq!((record.status, record.reason), (CallStatus::Failed, Some(EndReason::ConnectFailed)));
    assert!(record.answer_time.is_some() && record.connect_time.is_none());
    assert!(record.legs[0].connected_at.is_some() && record.legs[1].connected_at.is_none());
}

#[test]
fn a_reloaded_page_gets_a_fresh_transport_and_an_ice_restart_the_same() {
    let mut t = Table::new();
    let (ours, _) = t.talk();
    assert_eq!(t.seat(1, a(), 11, "a"), ours, "the same peer connection");
    t.news(ours, News::Silent);
    t.wait(3);
    let fresh = t.seat(1, a(), 11, "reloaded");
    assert_ne!(fresh, ours);
    t.news(ours, News::Heard);
    assert!(t.acts.is_empty(), "the old transport is nobody's");
    t.news(fresh, News::Up(PathName::IceTcp));
    let Some(Act::Tell(_, Event::CallUpdated(record))) = t.acts.last() else { panic!("{:?}", t.acts) };
    assert_eq!(record.legs[0].reconnects, 1);
    assert_eq!(record.legs[0].paths, [PathName::Udp, PathName::IceTcp]);
}

#[test]
fn the_gate_of_the_new_transport_opens_and_the_old_one_goes() {
    let mut t = Table::new();
    let (ours, _) = t.talk();
    let place = (a(), d(11));
    let seat = t.book.offer(place, call(1), "reloaded".into(), t.now).unwrap();
    t.drain();
    assert!(t.acts.is_empty(), "the old one serves until the relay has the new one");
    t.book.answered(seat.transport, vec![], t.now).unwrap();
    t.drain();
    assert_eq!(t.acts[0], Act::DropTransport(ours));
    assert!(matches!(&t.acts[..], [.., Act::OpenGate { transport, .. }] if *transport == seat.transport));
}

#[test]
fn of_two_offers_of_one_device_the_newer_wins_whichever_is_answered_first() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    let place = (a(), d(11));
    let older = t.book.offer(place, call(1), "1".into(), t.now).unwrap().transport;
    let newer = t.book.offer(place, call(1), "2".into(), t.now).unwrap().transport;
    t.book.answered(newer, vec![], t.now).unwrap();
    assert!(t.book.answered(older, vec![], t.now).is_err());
    t.drain();
    assert_eq!(t.acts, [Act::DropTransport(older)]);
}

#[test]
fn media_lost_for_good_ends_the_call_with_its_marks() {
    let mut t = Table::new();
    let (ours, _) = t.talk();
    t.wait(60);
    t.news(ours, News::Down);
    t.wait(29);
    assert!(t.acts.is_empty());
    t.wait(1);
    let record = t.ended();
    assert_eq!((record.status, record.reason), (CallStatus::Failed, Some(EndReason::MediaLost)));
    assert_eq!(record.duration_seconds, 90);
    assert!(record.connect_time.is_some());
}

#[test]
fn the_record_waits_a_moment_for_the_last_report() {
    let mut t = Table::new();
    let (ours, theirs) = t.talk();
    t.book.leave(b(), call(1), t.now).unwrap();
    t.drain();
    assert_eq!(t.ended().status, CallStatus::Completed);
    assert!(t.closes().is_empty());
    assert_eq!(t.book.record(call(1)).map(|r| r.status), Some(CallStatus::Completed), "known meanwhile");
    let up = Direction { packets: 100, lost: 0, loss_pct: 0.0, jitter_ms: 1.0 };
    t.news(ours, News::Quality(Report { rtt_ms: None, up, down: up }));
    assert!(t.closes().is_empty());
    t.news(theirs, News::Quality(Report { rtt_ms: None, up, down: up }));
    assert_eq!(t.closes()[0].legs[1].quality.up.packets, 100);
    t.wait(1);
    assert!(t.closes().is_empty(), "closed once");
    t.book.closed(call(1));
    assert_eq!(t.book.record(call(1)), None);
}

#[test]
fn a_record_does_not_wait_for_ever() {
    let mut t = Table::new();
    t.talk();
    t.book.leave(a(), call(1), t.now).unwrap();
    t.drain();
    t.wait(1);
    assert_eq!(t.closes().len(), 1);
}

#[test]
fn slots_are_told_by_mid_and_user_even_if_they_come_before_the_answer() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    let place = (a(), d(11));
    let seat = t.book.offer(place, call(1), "a".into(), t.now).unwrap();
    let other = t.book.offer((b(), d(21)), call(1), "b".into(), t.now).unwrap().participant;
    t.news(seat.transport, News::Slots(vec![(1, other), (7, other)]));
    assert!(t.acts.is_empty());
    t.book.answered(seat.transport, vec!["5".into(), "6".into()], t.now).unwrap();
    t.drain();
    let slots = vec![SlotUser { mid: "6".into(), user: b(), csrc: other.csrc() }];
    assert_eq!(t.acts, [Act::Tell(Audience::Device(a(), d(11)), Event::Slots { call: call(1), slots })]);
}

#[test]
fn who_speaks_is_told_to_the_devices_in_the_call() {
    let mut t = Table::new();
    t.talk();
    let seat = t.book.offer((b(), d(21)), call(1), "b".into(), t.now).unwrap();
    t.drain();
    t.acts.clear();
    t.book.speaking(seat.room, &[seat.participant, Participant(u64::MAX)]);
    t.book.speaking(Room(u64::MAX), &[seat.participant]);
    t.drain();
    let tell = |user, device| {
        let event = Event::Speaking { call: call(1), users: vec![b()] };
        Act::Tell(Audience::Device(user, d(device)), event)
    };
    assert_eq!(t.acts, [tell(a(), 11), tell(b(), 21)]);
}

#[test]
fn a_room_that_failed_ends_its_call_and_a_stop_ends_all() {
    let mut t = Table::new();
    let (ours, _) = t.talk();
    let room = t.book.offer((a(), d(11)), call(1), "a".into(), t.now).unwrap().room;
    t.book.room_failed(room, t.now);
    t.drain();
    assert_eq!(t.ended().reason, Some(EndReason::RelayFailed));
    t.news(ours, News::Up(PathName::Udp));
    t.start(2, a(), 11, b()).unwrap();
    t.book.shut(t.now);
    t.drain();
    assert_eq!(t.ended().reason, Some(EndReason::ServerRestart));
    assert_eq!(t.closes().len(), 2, "nothing waits for a report any more");
}

#[test]
fn who_lost_his_device_can_leave_from_another() {
    let mut t = Table::new();
    t.talk();
    assert_eq!(t.book.leave(a(), call(1), t.now), Ok(()));
    t.drain();
    assert_eq!(t.ended().status, CallStatus::Completed);
}

#[test]
fn a_device_without_a_session_is_out_of_its_call_at_once() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    t.seat(1, a(), 11, "a");
    let rings = t.seat(1, b(), 21, "b");
    t.book.evict(b(), d(21), t.now);
    t.book.evict(b(), d(22), t.now);
    t.book.evict(c(), d(31), t.now);
    t.drain();
    assert_eq!(t.acts, [Act::DropTransport(rings)], "his other devices may answer");
    t.book.evict(a(), d(11), t.now);
    t.drain();
    assert_eq!(t.ended().status, CallStatus::Cancelled);
    t.talk();
}

#[test]
fn a_stranger_finds_no_call() {
    let mut t = Table::new();
    t.talk();
    let place = (c(), d(31));
    assert_eq!(t.accept(1, c(), 31), Err(CallError::NotFound));
    assert_eq!(t.book.leave(c(), call(1), t.now), Err(CallError::NotFound));
    assert_eq!(t.book.reject(c(), d(31), call(1), t.now), Err(CallError::NotFound));
    assert_eq!(t.book.set_muted(place, call(1), true, t.now), Err(CallError::NotFound));
    assert_eq!(t.book.offer(place, call(1), "x".into(), t.now), Err(CallError::NotFound));
    // Of a call that is not live, only the store knows.
    assert_eq!(t.accept(7, a(), 11), Err(CallError::NotFound));
}

#[test]
fn on_how_many_devices_it_rings_is_told_when_it_changes() {
    let mut t = Table::new();
    let on = |t: &Table| t.book.record(call(1)).unwrap().leg(b()).unwrap().rings_on;
    let told = |t: &Table| matches!(&t.acts[..], [Act::Tell(to, Event::CallUpdated(_))] if *to == Audience::users([a(), b()]));
    t.start(1, a(), 11, b()).unwrap();
    assert_eq!(on(&t), 1);
    for devices in [2, 0, 3] {
        t.book.rings_on(b(), devices, t.now);
        t.drain();
        assert!(on(&t) == devices && told(&t), "{:?}", t.acts);
    }
    for (who, devices) in [(b(), 3), (a(), 2), (c(), 1)] {
        t.book.rings_on(who, devices, t.now);
        t.drain();
        assert_eq!(t.acts, [], "nothing has changed for anybody");
    }
    let kept = serde_json::to_value(t.book.record(call(1)).unwrap()).unwrap();
    let read: crate::model::CallRecord = serde_json::from_value(kept).unwrap();
    assert_eq!(read.leg(b()).unwrap().rings_on, 0, "what is stored rings nowhere");
    t.accept(1, b(), 21).unwrap();
    assert_eq!(on(&t), 0, "who has answered is not rung any more");
    t.book.rings_on(b(), 5, t.now);
    t.drain();
    assert!(on(&t) == 0 && t.acts.is_empty(), "{:?}", t.acts);
}
