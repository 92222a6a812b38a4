//! The Book's answers in calls of more than two, one by one.

use std::collections::BTreeSet;

use super::act::{Act, News};
use super::restore::Stored;
use super::table::{LIMITS, Table, a, b, c, call, d, id};
use super::{Begun, Start, Whom};
use crate::calls::CallError;
use crate::event::{Event, RingStop};
use crate::ids::{ConversationId, UserId};
use crate::model::{CallRecord, CallStatus, EndReason, GroupRole, Happening, PathName, Reach};

fn e() -> UserId {
    UserId(id(5))
}
fn group() -> ConversationId {
    ConversationId(id(70))
}

/// The owner, an admin, and two members.
const PEOPLE: [(fn() -> UserId, GroupRole); 4] =
    [(a, GroupRole::Owner), (b, GroupRole::Admin), (c, GroupRole::Member), (e, GroupRole::Member)];

impl Table {
    fn start_group(&mut self, n: u8, caller: UserId, device: u8, members: usize) -> Result<Begun, CallError> {
        let mut all: Vec<_> = PEOPLE.iter().map(|(who, role)| (who(), *role, Reach::Here(1))).collect();
        all.truncate(members);
        all.extend(
            (all.len()..members)
                .map(|n| (UserId(id(100 + u8::try_from(n).unwrap())), GroupRole::Member, Reach::Away)),
        );
        let whom = Whom::Group(all);
        let start = Start { id: call(n), conversation: group(), caller, device: d(device), whom };
        let begun = self.book.start(start, self.now);
        if matches!(begun, Ok(Begun::New(_))) {
            self.book.created(call(n), true, self.now);
        }
        self.drain();
        begun
    }
    fn join(&mut self, n: u8, user: UserId, device: u8) -> Result<CallRecord, CallError> {
        let answer = self.book.join(user, d(device), call(n), self.now);
        self.drain();
        answer
    }
    fn up(&mut self, n: u8, user: UserId, device: u8, print: &str) {
        let transport = self.seat(n, user, device, print);
        self.news(transport, News::Up(PathName::Udp));
    }
    fn told(&self, wanted: impl Fn(&Event) -> bool) -> BTreeSet<UserId> {
        let audience = |act: &Act| match act {
            Act::Tell(crate::event::Audience::Users { users, .. }, event) if wanted(event) => {
                Some(users.clone())
            }
            _ => None,
        };
        self.acts.iter().filter_map(audience).flatten().collect()
    }
    fn record(&self, n: u8) -> CallRecord {
        self.book.record(call(n)).unwrap()
    }
    fn reason(&self, n: u8, user: UserId) -> Option<EndReason> {
        self.record(n).leg(user).and_then(|leg| leg.reason)
    }
    fn leave(&mut self, n: u8, user: UserId) {
        self.book.leave(user, call(n), self.now).unwrap();
        self.drain();
    }
    /// A, B and C of the group talk.
    fn party(&mut self) {
        self.start_group(1, a(), 11, 4).unwrap();
        for (user, device, print) in [(a(), 11, "a"), (b(), 21, "b"), (c(), 31, "c")] {
            if user != a() {
                self.accept(1, user, device).unwrap();
            }
            self.up(1, user, device, print);
        }
    }
}

#[test]
fn a_small_group_rings_and_goes_on_until_the_last_one_is_out() {
    let mut t = Table::new();
    let Ok(Begun::New(record)) = t.start_group(1, a(), 11, 4) else { panic!("not new") };
    assert_eq!((record.receiver, record.legs.len()), (None, 4));
    assert_eq!(t.told(|e| matches!(e, Event::IncomingCall { .. })), [b(), c(), e()].into());
    t.accept(1, b(), 21).unwrap();
    assert_eq!(t.record(1).status, CallStatus::Active);
    t.book.reject(c(), d(31), call(1), t.now).unwrap();
    t.drain();
    assert_eq!(t.reason(1, c()), Some(EndReason::Declined));
    assert!(matches!(t.start(2, c(), 31, UserId(id(6))), Ok(Begun::New(_))), "who said no is free");
    t.leave(1, b());
    assert_eq!((t.record(1).status, t.reason(1, b())), (CallStatus::Active, Some(EndReason::HungUp)));
    t.up(1, a(), 11, "a");
    t.wait(45);
    assert_eq!(t.reason(1, e()), Some(EndReason::NoAnswer), "the others stop ringing in time");
    t.leave(1, a());
    assert_eq!((t.ended().status, t.ended().reason), (CallStatus::Completed, Some(EndReason::HungUp)));
}

#[test]
fn a_small_group_that_nobody_answers_is_missed_by_all() {
    let mut t = Table::new();
    t.start_group(1, a(), 11, 4).unwrap();
    t.book.reject(c(), d(31), call(1), t.now).unwrap();
    t.wait(45);
    assert_eq!((t.ended().status, t.ended().reason), (CallStatus::Missed, Some(EndReason::NoAnswer)));
    assert_eq!(t.ended().missed_by(), [b(), e()]);
}

#[test]
fn a_large_group_is_told_and_joins() {
    let mut t = Table::new();
    let Ok(Begun::New(record)) = t.start_group(1, a(), 11, LIMITS.ring_members + 1) else {
        panic!("not new")
    };
    assert_eq!((record.legs.len(), record.status), (1, CallStatus::Ringing));
    assert!(t.told(|e| matches!(e, Event::IncomingCall { .. })).is_empty(), "nobody is rung");
    let told = t.told(|e| matches!(e, Event::CallUpdated(_)));
    assert!(told.contains(&b()) && told.len() == LIMITS.ring_members, "{told:?}");
    assert_eq!(t.book.live(b()), [record], "whoever comes later learns of it");
    t.wait(300);
    assert_eq!(t.record(1).status, CallStatus::Ringing, "it waits");
    let joined = t.join(1, b(), 21).unwrap();
    assert_eq!((joined.status, joined.answer_time.is_some()), (CallStatus::Active, true));
    let Ok(Begun::Joined(same)) = t.start_group(2, c(), 31, LIMITS.ring_members + 1) else {
        panic!("joined")
    };
    assert_eq!((same.id, same.legs.len()), (call(1), 3), "to call a group that has a call is to join it");
    assert_eq!(t.join(1, UserId(id(6)), 61), Err(CallError::NotFound), "a stranger");
    assert!(t.join(1, e(), 51).is_ok());
    let one_more = UserId(id(104));
    assert_eq!(t.join(1, one_more, 99), Err(CallError::FULL));
    t.leave(1, c());
    assert!(t.join(1, one_more, 99).is_ok(), "there is room again");
}

#[test]
fn who_left_comes_back_with_the_marks_of_before() {
    let mut t = Table::new();
    t.party();
    let before = t.record(1).leg(c()).unwrap().clone();
    t.wait(7);
    t.leave(1, c());
    assert!(t.record(1).leg(c()).unwrap().left_at.is_some());
    t.wait(7);
    t.join(1, c(), 32).unwrap();
    t.up(1, c(), 32, "c2");
    let leg = t.record(1).leg(c()).unwrap().clone();
    assert_eq!((leg.device, leg.left_at, leg.reason), (Some(d(32)), None, None));
    assert_eq!((leg.answered_at, leg.connected_at), (before.answered_at, before.connected_at));
    let story: Vec<_> =
        t.book.timeline(call(1)).unwrap().into_iter().filter(|e| e.user == Some(c())).collect();
    let kinds: Vec<_> = story.iter().map(|e| &e.what).collect();
    assert!(kinds.contains(&&Happening::Joined), "{kinds:?}");
}

#[test]
fn another_device_takes_over_and_the_first_has_no_part_any_more() {
    let mut t = Table::new();
    t.talk();
    t.seat(1, b(), 21, "b");
    let taken = t.join(1, b(), 22).unwrap();
    assert_eq!(taken.legs[1].device, Some(d(22)));
    assert!(t.acts.iter().any(|act| matches!(act, Act::DropTransport(_))), "{:?}", t.acts);
    assert!(matches!(t.book.offer((b(), d(21)), call(1), "b".into(), t.now), Err(CallError::Conflict(_))));
    t.up(1, b(), 22, "b2");
    let Some(Act::Tell(_, Event::CallUpdated(record))) = t.acts.last() else { panic!("{:?}", t.acts) };
    assert_eq!((record.legs[1].reconnects, record.status), (0, CallStatus::Active));
    let moved = t.book.timeline(call(1)).unwrap().iter().any(|e| e.what == Happening::Moved);
    assert!(moved);
}

#[test]
fn a_call_of_two_grows_and_shrinks_without_an_end_in_between() {
    let mut t = Table::new();
    t.talk();
    t.book.invite(b(), call(1), c(), Reach::Here(1), t.now).unwrap();
    t.drain();
    assert_eq!(t.told(|e| matches!(e, Event::IncomingCall { .. })), [c()].into());
    assert_eq!(
        t.book.invite(c(), call(1), e(), Reach::Here(1), t.now),
        Err(CallError::OUTSIDE),
        "only from inside"
    );
    t.accept(1, c(), 31).unwrap();
    t.up(1, c(), 31, "c");
    assert_eq!((t.record(1).legs.len(), t.record(1).receiver), (3, Some(b())));
    t.leave(1, a());
    assert_eq!(t.record(1).status, CallStatus::Active, "the two others talk on");
    assert!(matches!(t.start(2, a(), 11, e()), Ok(Begun::New(_))), "and the first is free");
    t.leave(2, a());
    t.book.invite(c(), call(1), a(), Reach::Here(1), t.now).unwrap();
    t.drain();
    assert_eq!(t.record(1).leg(a()).unwrap().left_at, None, "he is called back in");
    t.book.reject(a(), d(11), call(1), t.now).unwrap();
    assert_eq!(t.reason(1, a()), Some(EndReason::HungUp), "in vain: he stays as he left");
    t.leave(1, c());
    assert_eq!((t.ended().status, t.ended().reason), (CallStatus::Completed, Some(EndReason::HungUp)));
}

#[test]
fn an_invitation_in_vain_is_in_the_record_and_ends_nothing() {
    let mut t = Table::new();
    t.talk();
    t.start(2, e(), 51, UserId(id(6))).unwrap();
    t.book.invite(a(), call(1), e(), Reach::Here(1), t.now).unwrap();
    t.book.invite(a(), call(1), c(), Reach::Undisturbed, t.now).unwrap();
    t.drain();
    assert!(t.told(|e| matches!(e, Event::IncomingCall { .. })).is_empty());
    assert_eq!(t.reason(1, e()), Some(EndReason::Busy));
    assert_eq!(t.reason(1, c()), Some(EndReason::DoNotDisturb));
    assert_eq!(t.record(1).missed_by(), [e(), c()]);
    t.leave(1, a());
    assert_eq!(t.ended().status, CallStatus::Completed);
}

#[test]
fn who_leads_mutes_and_removes_and_nobody_else_does() {
    let mut t = Table::new();
    t.party();
    let now = t.now;
    assert_eq!(t.book.mute_other(c(), call(1), b(), now), Err(CallError::Forbidden));
    assert_eq!(t.book.remove(b(), call(1), a(), now), Err(CallError::Forbidden), "an admin over the owner");
    assert_eq!(t.book.remove(UserId(id(6)), call(1), a(), now), Err(CallError::NotFound));
    t.book.mute_other(b(), call(1), c(), now).unwrap();
    assert!(t.record(1).leg(c()).unwrap().muted);
    let muted = Happening::Muted { muted: true, by: Some(b()) };
    assert!(t.book.timeline(call(1)).unwrap().iter().any(|e| e.what == muted && e.user == Some(c())));
    t.book.set_muted((c(), d(31)), call(1), false, now).unwrap();
    assert!(!t.record(1).leg(c()).unwrap().muted, "he himself turns it on again");
    t.drain();
    t.book.remove(b(), call(1), c(), now).unwrap();
    t.drain();
    assert!(t.acts.iter().any(|act| matches!(act, Act::DropTransport(_))), "no media any more");
    assert!(t.told(|e| matches!(e, Event::CallUpdated(_))).contains(&c()), "he is told");
    assert_eq!(t.reason(1, c()), Some(EndReason::Removed));
    assert_eq!(t.join(1, c(), 31), Err(CallError::REMOVED));
    t.book.invite(a(), call(1), c(), Reach::Here(1), t.now).unwrap();
    assert!(t.accept(1, c(), 31).is_ok(), "he comes back when he is invited");
    assert_eq!(t.book.end(c(), call(1), now), Err(CallError::Forbidden));
    t.book.end(b(), call(1), now).unwrap();
    t.drain();
    assert_eq!((t.ended().status, t.ended().reason), (CallStatus::Completed, Some(EndReason::HungUp)));
}

#[test]
fn who_is_put_out_of_the_group_is_out_of_its_call_and_hears_no_more() {
    let mut t = Table::new();
    t.party();
    let members: Vec<_> = PEOPLE[..2].iter().map(|(who, role)| (who(), *role)).collect();
    t.book.members(group(), members, t.now);
    t.drain();
    assert!(t.acts.iter().any(|act| matches!(act, Act::DropTransport(_))), "{:?}", t.acts);
    assert_eq!(t.reason(1, c()), Some(EndReason::Removed));
    assert_eq!(t.told(|e| matches!(e, Event::RingStopped { reason: RingStop::Ended, .. })), [e()].into());
    assert_eq!(t.join(1, c(), 31), Err(CallError::NotFound));
    assert_eq!((t.book.live(c()), t.book.live(e())), (vec![], vec![]));
    t.book.set_muted((b(), d(21)), call(1), true, t.now).unwrap();
    t.drain();
    assert_eq!(t.told(|_| true), [a(), b()].into(), "nothing more is told to those outside");
}

#[test]
fn the_more_there_are_the_fewer_times_they_are_told() {
    let mut t = Table::new();
    t.start_group(1, a(), 11, 100).unwrap();
    t.join(1, b(), 21).unwrap();
    t.up(1, a(), 11, "a");
    t.up(1, b(), 21, "b");
    let mut told = 0;
    for n in 0..50 {
        t.book.set_muted((b(), d(21)), call(1), n % 2 == 0, t.now).unwrap();
        t.drain();
        told += t.told(|e| matches!(e, Event::CallUpdated(_))).iter().filter(|u| **u == e()).count();
    }
    assert_eq!(told, 0, "members who are not in it hear only who comes and goes");
    t.join(1, c(), 31).unwrap();
    let outsider = |t: &Table| t.told(|e| matches!(e, Event::CallUpdated(_))).contains(&e());
    assert!(!outsider(&t));
    t.wait(60);
    assert!(outsider(&t), "what was put off is told in the end: {:?}", t.acts);
}

#[test]
fn a_microphone_that_is_refused_and_a_page_that_is_closed_have_their_own_reasons() {
    let mut t = Table::new();
    t.start(1, a(), 11, b()).unwrap();
    t.accept(1, b(), 21).unwrap();
    t.book.leave_without_microphone(b(), call(1), t.now).unwrap();
    t.drain();
    assert_eq!(
        (t.ended().status, t.ended().reason),
        (CallStatus::Failed, Some(EndReason::MicrophoneRefused))
    );
    let mut t = Table::new();
    let (ours, _) = t.talk();
    t.book.device_gone(a(), d(11), true, t.now);
    t.wait(60);
    assert!(t.book.is_live(call(1)), "while media flows nobody is gone");
    t.news(ours, News::Down);
    t.wait(9);
    assert!(t.book.is_live(call(1)), "a page that is loaded again has its time");
    t.wait(1);
    assert_eq!((t.ended().status, t.ended().reason), (CallStatus::Completed, Some(EndReason::Vanished)));
}

#[test]
fn who_cannot_be_rung_is_told_apart() {
    for (reach, status, reason) in [
        (Reach::Undisturbed, CallStatus::Missed, EndReason::DoNotDisturb),
        (Reach::Busy, CallStatus::Busy, EndReason::Busy),
    ] {
        let mut t = Table::new();
        let whom = Whom::One(b(), reach);
        let start = Start { id: call(1), conversation: group(), caller: a(), device: d(11), whom };
        let Ok(Begun::Off(record)) = t.book.start(start, t.now) else { panic!("it rings") };
        assert_eq!((record.status, record.reason), (status, Some(reason)));
        assert_eq!(record.missed_by(), [b()]);
        t.drain();
        assert!(t.acts.is_empty() && t.book.live(a()).is_empty());
    }
    for (comes, reason) in [(false, EndReason::Unreachable), (true, EndReason::NoAnswer)] {
        let mut t = Table::new();
        let whom = Whom::One(b(), Reach::Away);
        let start = Start { id: call(1), conversation: group(), caller: a(), device: d(11), whom };
        t.book.start(start, t.now).unwrap();
        t.book.created(call(1), true, t.now);
        t.wait(44);
        if comes {
            t.book.device_here(b(), d(21), t.now);
        }
        t.wait(1);
        assert_eq!((t.ended().status, t.ended().reason), (CallStatus::Missed, Some(reason)));
    }
}

#[test]
fn a_restart_keeps_an_answered_call_with_its_marks() {
    let mut t = Table::new();
    t.party();
    t.wait(20);
    let (record, timeline) = (t.record(1), t.book.timeline(call(1)).unwrap());
    let stored = Stored {
        record: record.clone(),
        timeline,
        alive: t.now.wall,
        members: PEOPLE.iter().map(|(who, role)| (who(), *role)).collect(),
    };
    let mut next = Table::new();
    next.now = t.now;
    next.pass(3);
    assert!(next.book.restore(stored.clone(), next.now));
    next.drain();
    assert!(matches!(&next.acts[..], [Act::OpenRoom(_), Act::Resume(_), Act::Update(..)]), "{:?}", next.acts);
    assert_eq!(next.book.live(a())[0].status, CallStatus::Active);
    assert_eq!(next.join(1, e(), 51).map(|r| r.id), Ok(call(1)), "whom it rang for in vain may still come");
    next.up(1, a(), 11, "a2");
    let leg = next.record(1).leg(a()).unwrap().clone();
    assert_eq!((leg.reconnects, leg.connected_at), (1, record.leg(a()).unwrap().connected_at));
    next.wait(30);
    assert_eq!(next.reason(1, b()), Some(EndReason::ServerRestart), "who did not come back");
    assert_eq!(next.record(1).status, CallStatus::Active);
    next.leave(1, a());
    assert!(!next.book.is_live(call(1)) && next.ended().status == CallStatus::Completed);

    let mut alone = Table::new();
    alone.now = t.now;
    alone.pass(8);
    assert!(alone.book.restore(stored, alone.now));
    alone.wait(30);
    let ended = alone.ended();
    assert_eq!((ended.status, ended.reason), (CallStatus::Failed, Some(EndReason::ServerRestart)));
    assert_eq!(ended.end_time, Some(t.now.wall), "it ended when the server went");
    assert!(ended.legs.iter().all(|leg| leg.left_at <= ended.end_time));
}
