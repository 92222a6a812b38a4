//! What becomes of a person's other devices: they stop ringing, have no transport any more, or come while it rings. And of
//! two who call each other at once.

use std::time::Duration;

use charla::calls::service::Leaving;
use charla::event::{Audience, Event, RingStop};
use charla::model::Target;
use charla_media::api::TransportId;
use serde_json::json;

use super::support::calls::{World, limits};
use super::support::phone::{Client, Identity, Phone, Way, hear_each_other};
use super::support::stage::{Stage, ended};
use super::{Said, check, two};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answered_elsewhere() {
    let (stage, mut ann, mut bob) = two("").await;
    let mut desk = stage.connect(&bob.person, Some("00000000000000000000abcd")).await;
    let call = stage.ring(&mut ann, &mut bob).await;
    desk.ok("acceptCall", json!({ "call": call })).await;
    let stopped = json!({ "call": call, "reason": "answeredElsewhere" });
    assert_eq!(bob.socket.event("ringStopped").await, stopped);
    bob.socket.ok("leaveCall", json!({ "call": call })).await;
    let legs = [("hungUp", true, false), ("hungUp", true, false)];
    let story = ["ring", "answered", "ended"];
    let said = Said { status: "completed", reason: "hungUp", legs: &legs, story: &story, missed: false };
    check(&ann.person, &bob.person, &call, &said).await;
    let record = ended(&ann.person, &call).await;
    assert_eq!(record["legs"][1]["device"], "00000000000000000000abcd");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn glare_is_one_call_and_one_record() {
    let (stage, mut ann, mut bob) = two("").await;
    let [to_bob, to_ann] = [&bob, &ann].map(|guest| json!({ "toUser": guest.person.id }));
    let (one, other) = tokio::join!(ann.socket.ok("startCall", to_bob), bob.socket.ok("startCall", to_ann));
    let call = one["call"]["id"].clone();
    assert_eq!(other["call"]["id"], call);
    let mut a = stage.phone(&mut ann.socket, &call, &Way::Udp).await;
    let mut b = stage.phone(&mut bob.socket, &call, &Way::Udp).await;
    hear_each_other(&mut a, &mut b).await;
    ann.socket.ok("leaveCall", json!({ "call": call })).await;
    let record = ended(&ann.person, &call).await;
    assert_eq!((&record["status"], &record["reason"]), (&json!("completed"), &json!("hungUp")));
    for person in [&ann.person, &bob.person] {
        assert_eq!(person.get("/calls").await["calls"].as_array().unwrap().len(), 1);
        assert_eq!(person.get("/calls/missed").await["count"], 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_while_it_rings_is_rung_and_talks() {
    let stage = Stage::new("").await;
    let (mut ann, bob) = (stage.guest("ann").await, stage.server.register("bob").await);
    let started = ann.socket.ok("startCall", json!({ "toUser": bob.id })).await;
    let call = started["call"]["id"].clone();
    let mut socket = stage.connect(&bob, None).await;
    assert_eq!(socket.welcome["calls"][0]["id"], call);
    let mut a = stage.phone(&mut ann.socket, &call, &Way::Udp).await;
    let mut b = stage.phone(&mut socket, &call, &Way::Udp).await;
    socket.ok("acceptCall", json!({ "call": call })).await;
    hear_each_other(&mut a, &mut b).await;
    socket.ok("leaveCall", json!({ "call": call })).await;
    let legs = [("hungUp", true, true), ("hungUp", true, true)];
    let story = ["ring", "answered", "ended"];
    let said = Said { status: "completed", reason: "hungUp", legs: &legs, story: &story, missed: false };
    check(&ann.person, &bob, &call, &said).await;
}

/// The relay itself counts: nothing of a device that lost is left in it, and after the call nothing at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_loses_has_no_transport_any_more() {
    let (w, media) = World::on_a_relay(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let other = (b.0, w.device());
    let transports = async |wanted: usize| {
        let reached = async {
            while media.stats().await.unwrap().transports != wanted {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let reached = tokio::time::timeout(PATIENCE, reached).await;
        assert!(reached.is_ok(), "{wanted} transports, but {:?}", media.stats().await);
    };
    let id = w.calls.start(a.0, a.1, Target::User(b.0)).await.unwrap().call.id;
    let mut phones = Vec::new();
    for (who, number) in [(a, 1), (b, 2), (other, 3)] {
        let client = Client::new(&Identity::new().unwrap(), TransportId(number), 8);
        let answer = w.calls.media_offer(who.0, who.1, id, client.offer()).await.unwrap();
        let mut phone = Phone::answered(client, &answer.sdp, &Way::Udp).await;
        let warm = async {
            while !phone.connected() {
                let _ = tokio::time::timeout(Duration::from_millis(20), phone.talk(|_| {})).await;
            }
        };
        tokio::time::timeout(PATIENCE, warm).await.expect("it warms up while it rings");
        phones.push(phone);
    }
    transports(3).await;
    w.calls.accept(b.0, b.1, id).await.unwrap();
    let stop = Event::RingStopped { call: id, reason: RingStop::AnsweredElsewhere };
    assert!(w.post.has(|to, event| *to == Audience::users_except([b.0], b.0, b.1) && *event == stop));
    transports(2).await;
    let [ours, theirs, _] = &mut phones[..] else { unreachable!("three phones") };
    hear_each_other(ours, theirs).await;
    w.calls.leave(a.0, a.1, id, Leaving::HangUp).await.unwrap();
    transports(0).await;
    assert_eq!(media.stats().await.unwrap().rooms, 0);
    media.stop();
}
