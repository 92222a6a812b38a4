//! How calls end: for every reason that a record may have, a call at a real server that ends for it, with real sockets and
//! real media, and what REST says of it afterwards to both sides. A reason without a test does not compile.
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod calls;
    pub mod phone;
    pub mod server;
    pub mod socket;
    pub mod stage;
}
#[path = "ends/devices.rs"]
mod devices;
#[path = "ends/others.rs"]
mod others;

use charla::clock::{Clock as _, SystemClock};
use charla::model::{CallStatus, EndReason};
use charla_media::api;
use reqwest::Method;
use serde_json::{Value, json};
use support::calls::{World, limits};
use support::server::Person;
use support::stage::{Guest, Stage, ended};

/// One test for each reason.
macro_rules! outcomes {
    ($($reason:ident => $test:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() { Box::pin(how::$test()).await; })+

        /// A new reason belongs into the table above.
        #[test]
        fn every_reason_has_its_test() {
            let named = |reason: EndReason| match reason {
                $(EndReason::$reason => stringify!($test)),+
            };
            assert_eq!(named(EndReason::HungUp), "hung_up");
        }
    };
}

outcomes! {
    HungUp => hung_up,
    Declined => declined,
    Cancelled => cancelled,
    NoAnswer => no_answer,
    Unreachable => unreachable,
    Busy => busy,
    DoNotDisturb => do_not_disturb,
    MicrophoneRefused => microphone_refused,
    ConnectFailed => connect_failed,
    MediaLost => media_lost,
    Vanished => vanished,
    Removed => removed,
    ServerRestart => server_restart,
    RelayFailed => relay_failed,
}

/// What the record must say.
struct Said<'a> {
    status: &'a str,
    reason: &'a str,
    /// Of each leg, the caller's first: its reason, whether it was answered, and whether media came up.
    legs: &'a [(&'a str, bool, bool)],
    /// Kinds of the timeline, in this order among others.
    story: &'a [&'a str],
    /// The callee has one more missed call.
    missed: bool,
}

/// Waits for the end, and reads the record as each of the two.
async fn check(caller: &Person, callee: &Person, call: &Value, said: &Said<'_>) {
    let record = ended(caller, call).await;
    assert_eq!(ended(callee, call).await, record, "both are told the same");
    assert_eq!((&record["status"], &record["reason"]), (&json!(said.status), &json!(said.reason)));
    let legs = record["legs"].as_array().unwrap();
    assert_eq!(legs.len(), said.legs.len(), "{record:#}");
    for (leg, (reason, answered, connected)) in legs.iter().zip(said.legs) {
        assert_eq!(leg["reason"], *reason, "{record:#}");
        assert_eq!(!leg["answeredAt"].is_null(), *answered, "{record:#}");
        assert_eq!(!leg["connectedAt"].is_null(), *connected, "{record:#}");
        assert_eq!(leg["setupMs"].is_null(), !(*answered && *connected), "{record:#}");
        let marks: Vec<_> = ["rangAt", "answeredAt", "connectedAt", "leftAt"]
            .iter()
            .filter_map(|mark| leg[*mark].as_str())
            .collect();
        assert!(marks.is_sorted(), "marks run forward: {leg:#}");
        assert_eq!(marks.len(), 2 + usize::from(*answered) + usize::from(*connected));
    }
    assert_eq!(record["answerTime"].is_null(), record["legs"][1]["answeredAt"].is_null());
    assert!(record["endTime"].as_str() >= record["startTime"].as_str());
    let timeline = record["timeline"].as_array().unwrap();
    let mut kinds = timeline.iter().map(|entry| entry["kind"].as_str().unwrap());
    for kind in said.story {
        assert!(kinds.any(|found| found == *kind), "no {kind} in its place: {timeline:#?}");
    }
    if !said.story.is_empty() {
        let last = timeline.last().unwrap();
        assert_eq!((&last["kind"], &last["reason"]), (&json!("ended"), &json!(said.reason)));
    }
    let missed = callee.get("/calls/missed").await;
    assert_eq!(missed["count"], u64::from(said.missed), "{record:#}");
    if said.missed {
        let here = json!([{ "conversation": record["conversation"], "count": 1 }]);
        assert_eq!(missed["conversations"], here);
    }
    assert_eq!(caller.get("/calls/missed").await["count"], 0, "nobody misses his own");
    let listed = callee.get("/calls").await;
    assert_eq!(listed["calls"][0]["reason"], said.reason);
}

/// A server with two people.
async fn two(config: &str) -> (Stage, Guest, Guest) {
    let stage = Stage::new(config).await;
    let (ann, bob) = (stage.guest("ann").await, stage.guest("bob").await);
    (stage, ann, bob)
}

mod how {
    use super::*;

    pub async fn hung_up() {
        let (stage, mut ann, mut bob) = two("").await;
        let (call, _phones) = stage.talk(&mut ann, &mut bob).await;
        bob.socket.ok("leaveCall", json!({ "call": call })).await;
        let legs = [("hungUp", true, true), ("hungUp", true, true)];
        let story = ["ring", "answered", "left", "ended"];
        let said = Said { status: "completed", reason: "hungUp", legs: &legs, story: &story, missed: false };
        check(&ann.person, &bob.person, &call, &said).await;
        let record = ended(&ann.person, &call).await;
        assert_eq!(record["legs"][0]["paths"], json!(["udp"]));
        assert!(record["legs"][1]["quality"]["up"]["packets"].as_u64() >= Some(1), "{record:#}");
    }

    pub async fn declined() {
        let (stage, mut ann, mut bob) = two("").await;
        let mut desk = stage.connect(&bob.person, None).await;
        let call = stage.ring(&mut ann, &mut bob).await;
        let excuse = json!({ "call": call, "message": { "clientId": "e1", "content": "In a meeting." } });
        bob.socket.ok("rejectCall", excuse).await;
        let elsewhere = json!({ "call": call, "reason": "declinedElsewhere" });
        assert_eq!(desk.event("ringStopped").await, elsewhere);
        assert_eq!(ann.socket.event("newMessage").await["message"]["content"], "In a meeting.");
        assert_eq!(ann.socket.event("callEnded").await["call"]["reason"], "declined");
        let legs = [("declined", false, false), ("declined", false, false)];
        let story = ["ring", "left", "ended"];
        let said = Said { status: "rejected", reason: "declined", legs: &legs, story: &story, missed: false };
        check(&ann.person, &bob.person, &call, &said).await;
    }

    pub async fn cancelled() {
        let (stage, mut ann, mut bob) = two("").await;
        let call = stage.ring(&mut ann, &mut bob).await;
        ann.socket.ok("leaveCall", json!({ "call": call })).await;
        assert_eq!(bob.socket.event("ringStopped").await["reason"], "ended");
        let missed = bob.socket.event("missedCalls").await;
        assert_eq!(missed["count"], 1);
        let legs = [("cancelled", false, false), ("cancelled", false, false)];
        let story = ["ring", "ended"];
        let said =
            Said { status: "cancelled", reason: "cancelled", legs: &legs, story: &story, missed: true };
        check(&ann.person, &bob.person, &call, &said).await;
    }

    pub async fn no_answer() {
        let (stage, mut ann, mut bob) = two("[calls]\nring_seconds = 1").await;
        let call = stage.ring(&mut ann, &mut bob).await;
        let legs = [("noAnswer", false, false), ("noAnswer", false, false)];
        let story = ["ring", "left", "ended"];
        let said = Said { status: "missed", reason: "noAnswer", legs: &legs, story: &story, missed: true };
        check(&ann.person, &bob.person, &call, &said).await;
    }

    pub async fn unreachable() {
        let stage = Stage::new("[calls]\nring_seconds = 1").await;
        let (mut ann, bob) = (stage.guest("ann").await, stage.server.register("bob").await);
        let started = ann.socket.ok("startCall", json!({ "toUser": bob.id })).await;
        let call = started["call"]["id"].clone();
        assert_eq!(started["call"]["status"], "ringing", "he may come while it rings");
        let legs = [("unreachable", false, false), ("unreachable", false, false)];
        let story = ["ring", "left", "ended"];
        let said = Said { status: "missed", reason: "unreachable", legs: &legs, story: &story, missed: true };
        check(&ann.person, &bob, &call, &said).await;
        assert_eq!(stage.connect(&bob, None).await.welcome["missedCalls"]["count"], 1);
    }

    pub async fn busy() {
        let (stage, mut ann, mut bob) = two("").await;
        let mut cat = stage.guest("cat").await;
        let running = stage.ring(&mut cat, &mut bob).await;
        bob.socket.ok("acceptCall", json!({ "call": running })).await;
        let answer = ann.socket.ok("startCall", json!({ "toUser": bob.person.id })).await;
        let call = answer["call"]["id"].clone();
        assert_eq!(answer["call"]["status"], "busy");
        assert_eq!(bob.socket.event("missedCalls").await["count"], 1);
        let rang = bob.socket.events().await.into_iter().any(|(name, _)| name == "incomingCall");
        assert!(!rang, "it did not ring");
        let legs = [("busy", false, false), ("busy", false, false)];
        let said = Said { status: "busy", reason: "busy", legs: &legs, story: &[], missed: true };
        check(&ann.person, &bob.person, &call, &said).await;
    }

    pub async fn do_not_disturb() {
        let (stage, mut ann, mut bob) = two("").await;
        let mut desk = stage.connect(&bob.person, None).await;
        bob.socket.ok("setPresence", json!({ "doNotDisturb": true })).await;
        let answer = ann.socket.ok("startCall", json!({ "toUser": bob.person.id })).await;
        let call = answer["call"]["id"].clone();
        assert_eq!(answer["call"]["reason"], "doNotDisturb");
        assert_eq!(desk.event("missedCalls").await["count"], 1);
        for socket in [&mut bob.socket, &mut desk] {
            let rang = socket.events().await.into_iter().any(|(name, _)| name == "incomingCall");
            assert!(!rang, "it did not ring");
        }
        let legs = [("doNotDisturb", false, false), ("doNotDisturb", false, false)];
        let said = Said { status: "missed", reason: "doNotDisturb", legs: &legs, story: &[], missed: true };
        check(&ann.person, &bob.person, &call, &said).await;
        bob.socket.ok("setPresence", json!({ "doNotDisturb": false })).await;
        stage.ring(&mut ann, &mut bob).await;
    }

    pub async fn microphone_refused() {
        let (stage, mut ann, mut bob) = two("").await;
        let call = stage.ring(&mut ann, &mut bob).await;
        bob.socket.ok("acceptCall", json!({ "call": call })).await;
        bob.socket.ok("leaveCall", json!({ "call": call, "reason": "microphoneRefused" })).await;
        let legs = [("microphoneRefused", true, false), ("microphoneRefused", true, false)];
        let story = ["ring", "answered", "left", "ended"];
        let reason = "microphoneRefused";
        let said = Said { status: "failed", reason, legs: &legs, story: &story, missed: false };
        check(&ann.person, &bob.person, &call, &said).await;
    }

    pub async fn connect_failed() {
        let (stage, mut ann, mut bob) = two("[calls]\nconnect_seconds = 1").await;
        let call = stage.ring(&mut ann, &mut bob).await;
        bob.socket.ok("acceptCall", json!({ "call": call })).await;
        let legs = [("connectFailed", true, false), ("connectFailed", true, false)];
        let story = ["ring", "answered", "left", "ended"];
        let said =
            Said { status: "failed", reason: "connectFailed", legs: &legs, story: &story, missed: false };
        check(&ann.person, &bob.person, &call, &said).await;
    }

    pub async fn media_lost() {
        let (stage, mut ann, mut bob) = two("[calls]\nreconnect_seconds = 1").await;
        let (call, phones) = stage.talk(&mut ann, &mut bob).await;
        // From now on nothing comes from either, though both have their sockets.
        drop(phones);
        let legs = [("mediaLost", true, true), ("mediaLost", true, true)];
        let story = ["answered", "lost", "left", "ended"];
        let said = Said { status: "failed", reason: "mediaLost", legs: &legs, story: &story, missed: false };
        check(&ann.person, &bob.person, &call, &said).await;
    }

    pub async fn vanished() {
        let (stage, mut ann, mut bob) = two("").await;
        let call = stage.ring(&mut ann, &mut bob).await;
        ann.socket.drop_connection().await;
        assert_eq!(bob.socket.event("ringStopped").await["reason"], "ended");
        let legs = [("vanished", false, false), ("vanished", false, false)];
        let story = ["ring", "left", "ended"];
        let said = Said { status: "failed", reason: "vanished", legs: &legs, story: &story, missed: true };
        check(&ann.person, &bob.person, &call, &said).await;
    }

    pub async fn removed() {
        let (_stage, mut ann, mut bob) = two("").await;
        // Bob owns the group in which Ann calls, and ends it before anybody answers.
        let body = json!({ "name": "walkers", "members": [ann.person.id] });
        let group = bob.person.send(Method::POST, "/groups", Some(body)).await.unwrap();
        let group: Value = group.json().await.unwrap();
        let started = ann.socket.ok("startCall", json!({ "conversation": group["id"] })).await;
        let call = started["call"]["id"].clone();
        bob.socket.event("incomingCall").await;
        bob.socket.ok("endCall", json!({ "call": call })).await;
        let legs = [("removed", false, false), ("removed", false, false)];
        let story = ["ring", "ended"];
        let said = Said { status: "cancelled", reason: "removed", legs: &legs, story: &story, missed: false };
        check(&ann.person, &bob.person, &call, &said).await;
    }

    pub async fn server_restart() {
        let (mut stage, mut ann, mut bob) = two("[calls]\nreconnect_seconds = 1").await;
        let mut cat = stage.guest("cat").await;
        let dan = stage.server.register("dan").await;
        let (call, phones) = stage.talk(&mut ann, &mut bob).await;
        let started = cat.socket.ok("startCall", json!({ "toUser": dan.id })).await;
        let rings = started["call"]["id"].clone();
        stage.server.kill();
        drop(phones);
        stage.server.up().await;
        let legs = [("serverRestart", true, true), ("serverRestart", true, true)];
        let story = ["answered", "serverRestart", "ended"];
        let reason = "serverRestart";
        let said = Said { status: "failed", reason, legs: &legs, story: &story, missed: false };
        check(&ann.person, &bob.person, &call, &said).await;
        let legs = [("serverRestart", false, false), ("serverRestart", false, false)];
        let said = Said { status: "failed", reason, legs: &legs, story: &["ended"], missed: true };
        check(&cat.person, &dan, &rings, &said).await;
    }

    /// No client can make the relay fail, so here it is a relay that only takes notes, and no REST.
    pub async fn relay_failed() {
        let w = World::new(limits()).await;
        let (a, b) = (w.person("anna").await, w.person("boris").await);
        let id = w.talk(a, b).await;
        let (room, at) = (w.relay.offers()[0].0, SystemClock.instant());
        w.events.send(api::Event::RoomFailed { room, at }).unwrap();
        let record = w.until_stored(id, CallStatus::Failed).await;
        assert_eq!(record.reason, Some(EndReason::RelayFailed));
        assert!(record.legs.iter().all(|leg| leg.reason == Some(EndReason::RelayFailed)));
        assert!(record.missed_by().is_empty());
    }
}
