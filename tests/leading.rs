//! Who leads a call is obeyed by the relay: whom he mutes or removes is heard by nobody, whatever that one's client does.
//! A real server, real sockets, and phones that go on sending.
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod phone;
    pub mod server;
    pub mod socket;
    pub mod stage;
}

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::phone::{Phone, Way};
use support::socket::DEADLINE;
use support::stage::{Guest, Stage, ended};

/// As many packets as one sends in a second.
const SECOND: usize = 50;

/// Ann, who owns a group, and Bob and Cat of it, in its call; the call and their phones.
async fn party(stage: &Stage) -> ([Guest; 3], Value, [Phone; 3]) {
    let mut guests = [stage.guest("ann").await, stage.guest("bob").await, stage.guest("cat").await];
    let members = json!([guests[1].person.id, guests[2].person.id]);
    let body = json!({ "name": "walkers", "members": members });
    let group = guests[0].person.send(Method::POST, "/groups", Some(body)).await.unwrap();
    let group: Value = group.json().await.unwrap();
    let started = guests[0].socket.ok("startCall", json!({ "conversation": group["id"] })).await;
    let call = started["call"]["id"].clone();
    let mut phones = Vec::new();
    for (n, guest) in guests.iter_mut().enumerate() {
        if n > 0 {
            guest.socket.ok("acceptCall", json!({ "call": call })).await;
        }
        phones.push(stage.phone(&mut guest.socket, &call, &Way::Udp).await);
    }
    let mut phones: [Phone; 3] = phones.try_into().unwrap_or_else(|_| unreachable!());
    let csrcs = phones.each_ref().map(|phone| phone.csrc);
    for (listener, speaker) in [(0, 1), (1, 2), (2, 0)] {
        run_until_heard(&mut phones, listener, csrcs[speaker], 3).await;
    }
    (guests, call, phones)
}

/// All talk, until one has heard so many packets more of another.
async fn run_until_heard(phones: &mut [Phone; 3], listener: usize, speaker: u32, more: usize) {
    let goal = of(&phones[listener], speaker) + more;
    let running = async {
        while of(&phones[listener], speaker) < goal {
            let [a, b, c] = &mut *phones;
            let a_while = Duration::from_millis(100);
            let _ = tokio::time::timeout(a_while, async {
                tokio::join!(a.talk(|_| ()), b.talk(|_| ()), c.talk(|_| ()))
            })
            .await;
        }
    };
    tokio::time::timeout(DEADLINE, running).await.expect("the one is heard by the other");
}

fn of(listener: &Phone, speaker: u32) -> usize {
    listener.heard_of.get(&speaker).copied().unwrap_or(0)
}

/// What the others have heard of Bob.
fn of_bob(phones: &[Phone; 3]) -> [usize; 2] {
    [of(&phones[0], phones[1].csrc), of(&phones[2], phones[1].csrc)]
}

/// Waits for an update in which something holds of a leg.
async fn updated(guest: &mut Guest, whose: &str, holds: impl Fn(&Value) -> bool) {
    loop {
        let call = guest.socket.event("callUpdated").await["call"].clone();
        let legs = call["legs"].as_array().unwrap();
        if legs.iter().any(|leg| leg["user"] == whose && holds(leg)) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_leader_mutes_is_heard_by_nobody_until_he_unmutes_himself() {
    let stage = Stage::new("").await;
    let ([mut ann, mut bob, _cat], call, mut phones) = party(&stage).await;
    let bobs = phones[1].csrc;
    let anns = phones[0].csrc;
    let muted = json!({ "call": call, "muted": true, "user": bob.person.id });
    ann.socket.ok("setMuted", muted).await;
    let by = ann.person.id.clone();
    let whose = bob.person.id.clone();
    updated(&mut bob, &whose, |leg| leg["muted"] == true && leg["mutedBy"] == json!(by)).await;
    // His phone goes on as if nothing had been said. After a second nothing of it comes through, and he hears on.
    run_until_heard(&mut phones, 1, anns, SECOND).await;
    let silent = of_bob(&phones);
    run_until_heard(&mut phones, 1, anns, SECOND).await;
    assert_eq!(of_bob(&phones), silent);
    // With a page that was loaded again he is no louder.
    phones[1] = stage.phone(&mut bob.socket, &call, &Way::IceTcp).await;
    run_until_heard(&mut phones, 1, anns, SECOND).await;
    assert_eq!(of_bob(&phones), silent);
    bob.socket.ok("setMuted", json!({ "call": call, "muted": false })).await;
    run_until_heard(&mut phones, 0, bobs, 3).await;
    run_until_heard(&mut phones, 2, bobs, 3).await;
    ann.socket.ok("endCall", json!({ "call": call })).await;
    let record = ended(&ann.person, &call).await;
    let story = record["timeline"].as_array().unwrap();
    let mutes: Vec<_> = story.iter().filter(|entry| entry["kind"] == "muted").collect();
    assert_eq!((&mutes[0]["muted"], &mutes[0]["by"]), (&json!(true), &json!(ann.person.id)));
    assert_eq!((&mutes[1]["muted"], &mutes[1]["by"]), (&json!(false), &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_hears_nothing_and_is_heard_by_nobody() {
    let stage = Stage::new("").await;
    let ([mut ann, mut bob, mut cat], call, mut phones) = party(&stage).await;
    let anns = phones[0].csrc;
    ann.socket.ok("removeFromCall", json!({ "call": call, "user": bob.person.id })).await;
    let whose = bob.person.id.clone();
    updated(&mut bob, &whose, |leg| leg["reason"] == "removed").await;
    run_until_heard(&mut phones, 2, anns, SECOND).await;
    let (heard, said) = (phones[1].heard, of_bob(&phones));
    run_until_heard(&mut phones, 2, anns, SECOND).await;
    assert_eq!((phones[1].heard, of_bob(&phones)), (heard, said));
    assert_eq!(bob.socket.refused("joinCall", json!({ "call": call })).await, "conflict");
    for guest in [&mut cat, &mut ann] {
        guest.socket.ok("leaveCall", json!({ "call": call })).await;
    }
    let record = ended(&bob.person, &call).await;
    let legs = record["legs"].as_array().unwrap();
    let bobs = legs.iter().find(|leg| leg["user"] == whose.as_str()).unwrap();
    assert_eq!((&record["status"], &bobs["reason"]), (&json!("completed"), &json!("removed")), "{record}");
    assert!(!bobs["connectedAt"].is_null());
    assert_eq!(bob.person.get("/calls/missed").await["count"], 0);
}
