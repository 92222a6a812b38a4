//! Calls as sockets and REST see them: the service with the embedded store and a relay that only takes notes.

mod support {
    pub mod calls;
}

use std::time::Duration;

use charla::calls::service::{Leaving, MAX_SDP};
use charla::calls::stats::Stats;
use charla::calls::{CallError, Limits};
use charla::clock::{Clock, SystemClock, Timestamp};
use charla::code::{Code, Refusal};
use charla::event::{Audience, Event, RingStop};
use charla::ids::{CallId, ConversationId, EpochId};
use charla::model::{CallFilter, CallStatus, EndReason, Happening, PathName, Target};
use charla_media::api::{self, Direction, OfferError, PathKind, Quality};
use support::calls::{Note, World, limits, sdp, until};

#[tokio::test]
async fn a_call_is_stored_then_rings_then_warms_up_and_is_heard_only_after_the_answer() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let started = w.calls.start(a.0, a.1, Target::User(b.0)).await.unwrap();
    let id = started.call.id;
    assert_eq!(started.call.status, CallStatus::Ringing);
    let mut kept = started.call.clone();
    kept.legs[1].rings_on = 0;
    assert_eq!(w.stored(id).await, kept, "stored before the ack, but for where it rings");
    let to_b = Audience::users([b.0]);
    assert!(
        w.post.has(|to, e| *to == to_b && matches!(e, Event::IncomingCall { call, .. } if call.id == id))
    );
    assert_eq!(w.calls.live(b.0).await.unwrap(), [started.call]);

    let other = (b.0, w.device());
    for (who, print) in [(a, "AA"), (b, "BB"), (other, "CC")] {
        let answer = w.calls.media_offer(who.0, who.1, id, sdp(print)).await.unwrap();
        assert_eq!(answer.sdp, "answer");
        let last = w.relay.offers().last().copied().unwrap();
        assert_eq!(answer.participant, last.1.csrc().to_string());
    }
    let offers = w.relay.offers();
    let (room, at) = (offers[0].0, SystemClock.instant());
    for (_, participant, transport) in offers[..2].iter().copied() {
        let slots = vec![(0, offers[0].1), (1, offers[1].1)];
        w.events.send(api::Event::Up { room, participant, transport, path: PathKind::IceTcp, at }).unwrap();
        w.events.send(api::Event::Slots { room, participant, transport, slots, at }).unwrap();
    }
    let first = charla::event::SlotUser { mid: "1".into(), user: a.0, csrc: offers[0].1.csrc() };
    until("the slots are told", || {
        w.post.has(|to, e| {
            *to == Audience::Device(b.0, b.1) && matches!(e, Event::Slots { slots, .. } if slots[0] == first)
        })
    })
    .await;
    assert_eq!(w.relay.gates(), 0, "nothing is heard before the answer");
    let accepted = w.calls.accept(b.0, b.1, id).await.unwrap();
    assert_eq!(accepted.call.status, CallStatus::Active);
    assert!(accepted.call.connect_time.is_some(), "media was warm");
    assert_eq!(w.relay.gates(), 2);
    assert!(w.relay.notes().contains(&Note::Drop(offers[2].2)), "the losing device is dropped");
    let not_b = Audience::users_except([b.0], b.0, b.1);
    let stop = Event::RingStopped { call: id, reason: RingStop::AnsweredElsewhere };
    assert!(w.post.has(|to, e| *to == not_b && *e == stop));
    let late = w.calls.accept(other.0, other.1, id).await;
    assert!(matches!(late, Err(CallError::Conflict(_))), "{late:?}");
    assert_eq!(w.until_stored(id, CallStatus::Active).await.answer_time, accepted.call.answer_time);
}

#[tokio::test]
async fn a_call_that_ended_has_its_record_with_marks_path_and_quality() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let id = w.talk(a, b).await;
    w.calls.set_muted(b.0, b.1, id, true).await.unwrap();
    assert!(w.post.has(|_, e| matches!(e, Event::CallUpdated(r) if r.legs[1].muted)));
    w.calls.call_stats(a.0, a.1, id, Stats { concealed_pct: Some(3.0), ..Stats::default() }).await.unwrap();
    for (room, participant, transport) in w.relay.offers() {
        let up = Direction { packets: 500, lost: 5, loss_pct: 0.0, jitter_ms: 2.0 };
        let (quality, at) = (Quality { rtt_ms: Some(7.0), up, down: up }, SystemClock.instant());
        w.events.send(api::Event::Quality { room, participant, transport, quality, at }).unwrap();
    }
    for _ in 0..3000 {
        let legs = w.calls.get(a.0, id).await.unwrap().legs;
        if legs.iter().all(|l| l.quality.up.packets == 500) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    w.calls.leave(b.0, b.1, id, Leaving::HangUp).await.unwrap();
    assert_eq!(w.post.ended(id).map(|r| r.status), Some(CallStatus::Completed));
    let record = w.until_stored(id, CallStatus::Completed).await;
    assert_eq!(record.reason, Some(EndReason::HungUp));
    for leg in &record.legs {
        assert_eq!((leg.quality.up.packets, leg.quality.rtt_ms), (500, Some(7.0)));
        assert_eq!((&leg.paths[..], leg.reason), (&[PathName::Udp][..], record.reason));
        assert!(leg.setup_ms.is_some());
    }
    assert!(matches!(w.relay.notes().last(), Some(Note::Close(_))));
    assert_eq!(w.calls.live(a.0).await.unwrap(), []);
    let filter = CallFilter { status: Some(CallStatus::Completed), ..CallFilter::default() };
    let list = w.calls.list(a.0, filter, None, 10).await.unwrap();
    assert_eq!(list.iter().map(|r| r.id).collect::<Vec<_>>(), [id]);
    assert_eq!(w.calls.get(b.0, id).await.unwrap().status, CallStatus::Completed);
    assert_eq!(w.calls.leave(a.0, a.1, id, Leaving::HangUp).await, Ok(()), "nothing to leave any more");
    assert!(matches!(w.calls.accept(b.0, b.1, id).await, Err(CallError::Conflict(_))));
}

#[tokio::test]
async fn a_stranger_is_refused_everything_as_if_there_were_no_call() {
    let w = World::new(limits()).await;
    let (a, b, eve) = (w.person("anna").await, w.person("boris").await, w.person("eve").await);
    let live = w.talk(a, b).await;
    let conversation = w.stored(live).await.conversation;
    let none = CallId(w.random.object_id(SystemClock.now()));
    let notes = w.relay.notes();
    let before = w.calls.get(a.0, live).await.unwrap();
    let refused = async |id: CallId| {
        let c = &w.calls;
        assert_eq!(c.accept(eve.0, eve.1, id).await, Err(CallError::NotFound));
        assert_eq!(c.reject(eve.0, eve.1, id).await, Err(CallError::NotFound));
        assert_eq!(c.leave(eve.0, eve.1, id, Leaving::HangUp).await, Err(CallError::NotFound));
        assert_eq!(c.media_offer(eve.0, eve.1, id, sdp("EE")).await, Err(CallError::NotFound));
        assert_eq!(c.set_muted(eve.0, eve.1, id, true).await, Err(CallError::NotFound));
        assert_eq!(c.call_stats(eve.0, eve.1, id, Stats::default()).await, Err(CallError::NotFound));
        assert_eq!(c.get(eve.0, id).await, Err(CallError::NotFound));
        // With the device id of somebody who is in the call, too: a device belongs to its user.
        assert_eq!(c.media_offer(eve.0, a.1, id, sdp("AA")).await, Err(CallError::NotFound));
        assert_eq!(c.accept(eve.0, b.1, id).await, Err(CallError::NotFound));
    };
    refused(live).await;
    refused(none).await;
    let into = Target::Conversation(conversation);
    assert_eq!(w.calls.start(eve.0, eve.1, into).await, Err(CallError::NotFound));
    assert_eq!(w.calls.start(eve.0, eve.1, Target::User(eve.0)).await, Err(CallError::NotFound));
    let nobody = Target::Conversation(ConversationId(w.random.object_id(SystemClock.now())));
    assert_eq!(w.calls.start(eve.0, eve.1, nobody).await, Err(CallError::NotFound));
    assert_eq!(w.calls.live(eve.0).await.unwrap(), []);
    assert_eq!(w.calls.list(eve.0, CallFilter::default(), None, 10).await.unwrap(), []);
    assert_eq!(w.relay.notes(), notes, "the relay heard nothing of it");
    assert_eq!(w.calls.get(a.0, live).await.unwrap().legs, before.legs);
    w.calls.leave(a.0, a.1, live, Leaving::HangUp).await.unwrap();
    w.until_stored(live, CallStatus::Completed).await;
    refused(live).await;
}

#[tokio::test]
async fn the_same_peer_connection_keeps_its_transport_and_a_reloaded_page_gets_another() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let id = w.talk(a, b).await;
    let first = w.relay.offers()[0];
    w.calls.media_offer(a.0, a.1, id, sdp("AA")).await.unwrap();
    assert_eq!(w.relay.offers()[2], first, "an ICE restart");
    w.calls.media_offer(a.0, a.1, id, sdp("AB")).await.unwrap();
    let fresh = w.relay.offers()[3];
    assert_ne!(fresh.2, first.2);
    assert_eq!((fresh.0, fresh.1), (first.0, first.1));
    let last = w.relay.notes();
    assert_eq!(last[last.len() - 2..], [Note::Drop(first.2), Note::Gate(first.1, fresh.2)]);
}

#[tokio::test]
async fn offers_that_cannot_be_answered_are_refused_by_their_reason() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let id = w.calls.start(a.0, a.1, Target::User(b.0)).await.unwrap().call.id;
    let offer =
        async |sdp: String| w.calls.media_offer(a.0, a.1, id, sdp).await.map_err(|e| Refusal::from(e).code);
    assert_eq!(offer("x".repeat(MAX_SDP + 1)).await, Err(Code::TooLarge));
    assert_eq!(offer("v=0\r\n".into()).await, Err(Code::UnusableOffer));
    assert_eq!(w.relay.offers(), [], "the relay never saw them");
    for (error, code) in [
        (OfferError::BadSdp("no audio"), Code::UnusableOffer),
        (OfferError::Full, Code::TooMany),
        (OfferError::Crowded, Code::TooMany),
        (OfferError::NoRoom, Code::Conflict),
        (OfferError::Stopped, Code::Unavailable),
    ] {
        *w.relay.refuse.lock().unwrap() = Some(error);
        assert_eq!(offer(sdp("AA")).await, Err(code));
    }
    *w.relay.refuse.lock().unwrap() = None;
    assert!(offer(sdp("AA")).await.is_ok());
    let transports: Vec<_> = w.relay.offers().iter().map(|o| o.2).collect();
    assert!(transports.windows(2).all(|w| w[0] != w[1]), "a refused transport is not used again");
}

#[tokio::test]
async fn a_user_has_five_warm_devices_at_most() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let id = w.calls.start(a.0, a.1, Target::User(b.0)).await.unwrap().call.id;
    for _ in 0..5 {
        w.calls.media_offer(b.0, w.device(), id, sdp("BB")).await.unwrap();
    }
    let sixth = w.calls.media_offer(b.0, w.device(), id, sdp("BB")).await;
    assert_eq!(sixth, Err(CallError::TooMany));
    w.calls.reject(b.0, b.1, id).await.unwrap();
    assert_eq!(w.post.ended(id).map(|r| r.status), Some(CallStatus::Rejected));
}

#[tokio::test]
async fn busy_leaves_a_record_and_disturbs_nobody() {
    let w = World::new(limits()).await;
    let (a, b, c) = (w.person("anna").await, w.person("boris").await, w.person("clara").await);
    w.talk(a, b).await;
    let told = w.post.all().len();
    let busy = w.calls.start(c.0, c.1, Target::User(b.0)).await.unwrap().call;
    assert_eq!((busy.status, busy.reason), (CallStatus::Busy, Some(EndReason::Busy)));
    assert_eq!(w.stored(busy.id).await.status, CallStatus::Busy);
    let new = w.post.all().split_off(told);
    let (counts, rest): (Vec<_>, Vec<_>) =
        new.into_iter().partition(|(_, event)| matches!(event, Event::MissedCalls(_)));
    assert!(rest.iter().all(|(to, _)| *to == Audience::users_except([c.0], c.0, c.1)), "{rest:?}");
    assert!(counts.iter().all(|(to, _)| *to == Audience::users([b.0])), "{counts:?}");
    assert_eq!(w.calls.start(b.0, b.1, Target::User(c.0)).await, Err(CallError::Busy));
    assert!(
        w.calls.list(b.0, CallFilter::default(), None, 10).await.unwrap().iter().any(|r| r.id == busy.id)
    );
}

#[tokio::test]
async fn two_who_call_each_other_at_once_are_in_one_call() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let (x, y) =
        tokio::join!(w.calls.start(a.0, a.1, Target::User(b.0)), w.calls.start(b.0, b.1, Target::User(a.0)));
    let (x, y) = (x.unwrap().call, y.unwrap().call);
    assert_eq!(x.id, y.id);
    assert_eq!(w.calls.get(a.0, x.id).await.unwrap().status, CallStatus::Active);
    assert_eq!(w.calls.list(a.0, CallFilter::default(), None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn deadlines_fire_without_anybody_asking() {
    let w = World::new(Limits { ring: Duration::from_millis(200), ..limits() }).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let id = w.calls.start(a.0, a.1, Target::User(b.0)).await.unwrap().call.id;
    until("it is missed", || w.post.ended(id).is_some()).await;
    assert_eq!(w.until_stored(id, CallStatus::Missed).await.reason, Some(EndReason::NoAnswer));
}

#[tokio::test]
async fn lost_media_comes_back_or_ends_the_call() {
    let w = World::new(Limits { reconnect: Duration::from_millis(700), ..limits() }).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let id = w.talk(a, b).await;
    let (room, participant, transport) = w.relay.offers()[0];
    let at = SystemClock.instant();
    w.events.send(api::Event::Silent { room, participant, transport, at }).unwrap();
    let (path, at) = (PathKind::IceTcp, SystemClock.instant());
    w.events.send(api::Event::PathChanged { room, participant, transport, path, at }).unwrap();
    until("it is back", || {
        w.post.has(|_, e| matches!(e, Event::CallUpdated(r) if r.legs[0].reconnects == 1))
    })
    .await;
    let reason = api::DownReason::ConsentExpired;
    let at = SystemClock.instant();
    w.events.send(api::Event::Down { room, participant, transport, reason, at }).unwrap();
    let record = w.until_stored(id, CallStatus::Failed).await;
    assert_eq!(record.reason, Some(EndReason::MediaLost));
    assert_eq!(record.legs[0].paths, [PathName::Udp, PathName::IceTcp]);
    assert!(record.connect_time.is_some());
}

#[tokio::test]
async fn a_room_that_the_relay_lost_ends_its_call_alone() {
    let w = World::new(limits()).await;
    let (a, b, c, d) =
        (w.person("anna").await, w.person("boris").await, w.person("clara").await, w.person("dora").await);
    let id = w.talk(a, b).await;
    let other = w.calls.start(c.0, c.1, Target::User(d.0)).await.unwrap().call.id;
    let (room, at) = (w.relay.offers()[0].0, SystemClock.instant());
    w.events.send(api::Event::RoomFailed { room, at }).unwrap();
    assert_eq!(w.until_stored(id, CallStatus::Failed).await.reason, Some(EndReason::RelayFailed));
    assert_eq!(w.calls.live(c.0).await.unwrap()[0].id, other);
}

#[tokio::test]
async fn a_store_that_is_away_loses_no_record_and_stalls_no_call() {
    let w = World::new(limits()).await;
    let (a, b, c, d) =
        (w.person("anna").await, w.person("boris").await, w.person("clara").await, w.person("dora").await);
    let id = w.talk(a, b).await;
    w.until_stored(id, CallStatus::Active).await;
    // Somebody else holds the database: every write fails after a while.
    let lock = rusqlite::Connection::open(&w.file).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = w.post.all().len();
    w.calls.leave(a.0, a.1, id, Leaving::HangUp).await.unwrap();
    assert!(w.post.ended(id).is_some(), "the end is told although it is not stored");
    assert_eq!(w.calls.get(b.0, id).await.unwrap().status, CallStatus::Completed);
    let refused = w.calls.start(c.0, c.1, Target::User(d.0)).await;
    assert!(matches!(refused, Err(CallError::Unavailable)), "{refused:?}");
    assert_eq!(w.calls.live(c.0).await.unwrap(), [], "a call that is not stored does not live");
    let rang = w.post.all().split_off(before);
    assert!(!rang.iter().any(|(_, e)| matches!(e, Event::IncomingCall { .. })), "{rang:?}");
    assert_eq!(w.stored(id).await.status, CallStatus::Active, "not written yet");
    lock.execute_batch("ROLLBACK").unwrap();
    let record = w.until_stored(id, CallStatus::Completed).await;
    assert_eq!(record.end_time, w.post.ended(id).unwrap().end_time, "the end is when it ended");
    assert!(!w.store.update_call(record, Vec::new()).await.unwrap(), "closed once");
    let stale = w.store.stale_calls("one", EpochId(w.random.object_id(Timestamp(0)))).await.unwrap();
    assert_eq!(stale, [], "no record is left open");
}

#[tokio::test]
async fn a_start_after_a_crash_closes_what_was_open_on_this_node_only() {
    let w = World::new(limits()).await;
    let other = w.again("two").await;
    let (a, b, c, d) =
        (w.person("anna").await, w.person("boris").await, w.person("clara").await, w.person("dora").await);
    let answered = w.talk(a, b).await;
    w.until_stored(answered, CallStatus::Active).await;
    let elsewhere = other.calls.start(c.0, c.1, Target::User(d.0)).await.unwrap().call.id;
    let last = w.store.last_heartbeat(&w.node, w.epoch).await.unwrap().unwrap();
    let last = last.max(w.stored(answered).await.connect_time.unwrap());
    // The crash: another run of the same node begins; the first one is never asked again. Nobody comes back.
    let next = w.again_with("one", Limits { reconnect: Duration::from_millis(500), ..limits() }).await;
    let record = next.until_stored(answered, CallStatus::Failed).await;
    assert_eq!((record.status, record.reason), (CallStatus::Failed, Some(EndReason::ServerRestart)));
    assert_eq!(record.end_time, Some(last));
    assert_eq!(record.duration_seconds, last.since(record.answer_time.unwrap()).as_secs());
    assert!(record.legs.iter().all(|l| l.left_at == Some(last)));
    assert_eq!(w.stored(elsewhere).await.status, CallStatus::Ringing, "another node's call");
    assert_eq!(next.calls.get(a.0, answered).await.unwrap(), record);
    assert!(next.store.last_heartbeat("one", next.epoch).await.unwrap().is_some());
}

#[tokio::test]
async fn a_stop_ends_what_rings_and_leaves_what_was_answered_to_the_next_run() {
    let w = World::new(limits()).await;
    let (a, b, c, d) =
        (w.person("anna").await, w.person("boris").await, w.person("clara").await, w.person("dora").await);
    let talking = w.talk(a, b).await;
    let ringing = w.calls.start(c.0, c.1, Target::User(d.0)).await.unwrap().call.id;
    w.calls.shutdown().await;
    let record = w.stored(ringing).await;
    assert_eq!((record.status, record.reason), (CallStatus::Failed, Some(EndReason::ServerRestart)));
    assert!(w.post.ended(ringing).is_some() && w.post.ended(talking).is_none());
    assert_eq!(w.relay.notes().iter().filter(|n| matches!(n, Note::Close(_))).count(), 1);
    assert_eq!(w.calls.start(a.0, a.1, Target::User(b.0)).await, Err(CallError::Unavailable));
    w.calls.shutdown().await;
    let left = w.stored(talking).await;
    assert_eq!((left.status, left.end_time), (CallStatus::Active, None));
    let alive = w.store.last_heartbeat(&w.node, w.epoch).await.unwrap().unwrap();
    assert!(left.connect_time <= Some(alive), "it lived until the stop");
    // Nobody comes back to the next run: it ended when the server stopped.
    let next = w.again_with("one", Limits { reconnect: Duration::from_millis(300), ..limits() }).await;
    let record = next.until_stored(talking, CallStatus::Failed).await;
    assert_eq!((record.reason, record.end_time), (Some(EndReason::ServerRestart), Some(alive)));
}

#[tokio::test]
async fn an_answered_call_outlives_a_crash_of_the_server() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let (c, d) = (w.person("clara").await, w.person("dora").await);
    let id = w.talk(a, b).await;
    let ringing = w.calls.start(c.0, c.1, Target::User(d.0)).await.unwrap().call.id;
    w.until_stored(id, CallStatus::Active).await;
    let before = w.stored(id).await;
    let next = w.again("one").await;
    assert_eq!(w.stored(ringing).await.reason, Some(EndReason::ServerRestart), "it only rang");
    let live = next.calls.live(a.0).await.unwrap();
    assert_eq!((live.len(), live[0].id, live[0].status), (1, id, CallStatus::Active));
    // Another device of his has no part in it; the one that was in it comes back with a fresh peer connection.
    assert!(next.calls.media_offer(a.0, next.device(), id, sdp("CC")).await.is_err());
    for (who, print) in [(a, "A2"), (b, "B2")] {
        next.calls.ice_servers(who.0, who.1, id).await.unwrap();
        next.calls.media_offer(who.0, who.1, id, sdp(print)).await.unwrap();
    }
    for (room, participant, transport) in next.relay.offers() {
        let (path, at) = (PathKind::Udp, SystemClock.instant());
        next.events.send(api::Event::Up { room, participant, transport, path, at }).unwrap();
    }
    until("both are back", || {
        next.post.has(|_, e| matches!(e, Event::CallUpdated(r) if r.legs.iter().all(|l| l.reconnects == 1)))
    })
    .await;
    assert_eq!(next.relay.gates(), 2);
    next.calls.leave(a.0, a.1, id, Leaving::HangUp).await.unwrap();
    let record = next.until_stored(id, CallStatus::Completed).await;
    assert_eq!((record.start_time, record.answer_time), (before.start_time, before.answer_time));
    assert_eq!(record.connect_time, before.connect_time);
    let story = next.calls.detail(a.0, id).await.unwrap().timeline;
    let restarts = story.iter().filter(|e| matches!(e.what, Happening::ServerRestart { .. })).count();
    assert_eq!(restarts, 1, "{story:?}");
}
