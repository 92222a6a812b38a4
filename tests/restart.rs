//! Calls over the end of a server: killed or stopped in good order in the midst of a call, on both stores, with real
//! sockets and real media. They talk on afterwards, and one record says what happened. And whatever moment the server is
//! killed at, its records are whole.
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod mongod;
    pub mod phone;
    pub mod server;
    pub mod socket;
    pub mod stage;
}

use std::time::Duration;

use serde_json::{Value, json};
use support::mongod;
use support::phone::Way;
use support::stage::{Guest, Stage, ended, hear_each_other};

const ANN: &str = "00000000000000000000aaaa";
const BOB: &str = "00000000000000000000bbbb";

/// A server's storage, as its configuration says it.
fn sqlite() -> String {
    String::new()
}
fn mongodb() -> String {
    format!("[storage]\nurl = \"{}\"\n", mongod::fresh_url())
}

async fn somebody(stage: &Stage, name: &str, device: &str) -> Guest {
    let person = stage.server.register(name).await;
    let socket = stage.connect(&person, Some(device)).await;
    Guest { person, socket }
}

/// Two talk; the server goes, killed or stopped, and comes back; so do they, and talk on.
async fn talk_on(storage: &str, killed: bool) {
    let mut stage = Stage::new(storage).await;
    let mut ann = somebody(&stage, "ann", ANN).await;
    let mut bob = somebody(&stage, "bob", BOB).await;
    let epoch = ann.socket.welcome["epoch"].clone();
    let (call, phones) = stage.talk(&mut ann, &mut bob).await;
    let path = format!("/calls/{}", call.as_str().unwrap());
    let before = loop {
        let record = ann.person.get(&path).await;
        if !record["connectTime"].is_null() {
            break record;
        }
    };
    if killed {
        stage.server.kill();
    } else {
        stage.server.stop().await;
        let told = bob.socket.last_events().await;
        assert!(told.iter().all(|(name, _)| name != "callEnded"), "it has not ended: {told:?}");
    }
    drop(phones);
    stage.server.up().await;
    for (guest, device) in [(&mut ann, ANN), (&mut bob, BOB)] {
        guest.socket = stage.connect(&guest.person, Some(device)).await;
        assert_ne!(guest.socket.welcome["epoch"], epoch);
        assert_eq!(guest.socket.welcome["calls"][0]["id"], call);
    }
    // Another device of hers has no part in it.
    let mut other = stage.connect(&ann.person, None).await;
    assert_eq!(other.refused("iceServers", json!({ "call": call })).await, "conflict");
    let mut a = stage.phone(&mut ann.socket, &call, &Way::Udp).await;
    let mut b = stage.phone(&mut bob.socket, &call, &Way::IceTcp).await;
    hear_each_other(&mut a, &mut b).await;
    ann.socket.ok("leaveCall", json!({ "call": call })).await;
    let record = ended(&bob.person, &call).await;
    assert_eq!((&record["status"], &record["reason"]), (&json!("completed"), &json!("hungUp")));
    for mark in ["startTime", "answerTime", "connectTime"] {
        assert_eq!(record[mark], before[mark], "{mark}");
    }
    for (leg, was) in record["legs"].as_array().unwrap().iter().zip(before["legs"].as_array().unwrap()) {
        assert_eq!((&leg["connectedAt"], &leg["reconnects"]), (&was["connectedAt"], &json!(1)));
    }
    let story = record["timeline"].as_array().unwrap();
    let restarts: Vec<_> = story.iter().filter(|entry| entry["kind"] == "serverRestart").collect();
    assert_eq!(restarts.len(), 1, "{story:#?}");
    assert_eq!(story.iter().filter(|entry| entry["kind"] == "rejoined").count(), 2, "{story:#?}");
    assert_eq!(bob.person.get("/calls").await["calls"].as_array().unwrap().len(), 1);
    assert!(!stage.server.log().contains("panic"), "{}", stage.server.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_outlives_a_kill_on_sqlite() {
    talk_on(&sqlite(), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_outlives_a_kill_on_mongodb() {
    talk_on(&mongodb(), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_outlives_a_stop_in_good_order_on_sqlite() {
    talk_on(&sqlite(), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_outlives_a_stop_in_good_order_on_mongodb() {
    talk_on(&mongodb(), false).await;
}

/// Of many calls, each as far as it came when the server was killed, every record is closed once and in order, and the
/// missed ones are counted as the records say.
async fn whole(storage: &str, kills: usize) {
    let mut stage = Stage::new(&format!("{storage}[calls]\nreconnect_seconds = 1\n")).await;
    let people = [stage.server.register("ann").await, stage.server.register("bob").await];
    let mut calls: Vec<Value> = Vec::new();
    for kill in 0..kills {
        let mut guests = Vec::new();
        for person in &people {
            guests.push(Guest { person: person.clone(), socket: stage.connect(person, None).await });
        }
        let [ann, bob] = &mut guests[..] else { unreachable!() };
        for _ in 0..3 {
            let call = stage.ring(ann, bob).await;
            calls.push(call.clone());
            bob.socket.ok("acceptCall", json!({ "call": call })).await;
            bob.socket.ok("leaveCall", json!({ "call": call })).await;
        }
        let call = stage.ring(ann, bob).await;
        calls.push(call.clone());
        // The last word is on its way when the server dies, each time another one.
        let one = json!({ "call": call });
        match kill % 4 {
            0 => drop(ann.socket.post("leaveCall", one).await),
            1 => drop(bob.socket.post("acceptCall", one).await),
            2 => drop(bob.socket.post("rejectCall", one).await),
            _ => {
                bob.socket.post("acceptCall", one.clone()).await;
                ann.socket.post("leaveCall", one).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(2 * kill as u64)).await; // not a wait: another moment each time
        stage.server.kill();
        stage.server.up().await;
        // One that was answered goes on for a second; nobody comes back.
        ended(&people[0], &call).await;
    }
    let mut missed = 0;
    for call in &calls {
        let record = ended(&people[0], call).await;
        assert!(!record["reason"].is_null() && !record["endTime"].is_null(), "{record:#}");
        let legs = record["legs"].as_array().unwrap();
        assert!(legs.iter().all(|leg| !leg["leftAt"].is_null() && !leg["reason"].is_null()), "{record:#}");
        let marks: Vec<_> =
            ["startTime", "answerTime", "endTime"].iter().filter_map(|mark| record[*mark].as_str()).collect();
        assert!(marks.is_sorted(), "{record:#}");
        let story = record["timeline"].as_array().unwrap();
        assert_eq!(story.iter().filter(|entry| entry["kind"] == "ended").count(), 1, "{story:#?}");
        let theirs = &legs[1];
        missed += usize::from(theirs["answeredAt"].is_null() && theirs["reason"] != "declined");
    }
    assert_eq!(people[1].get("/calls/missed").await["count"], missed);
    let listed = people[0].get("/calls?limit=100").await;
    assert_eq!(
        listed["calls"].as_array().unwrap().len(),
        calls.len(),
        "no record is there twice, none is lost"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_whole_whenever_the_server_is_killed_on_sqlite() {
    whole(&sqlite(), 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_whole_whenever_the_server_is_killed_on_mongodb() {
    whole(&mongodb(), 4).await;
}
