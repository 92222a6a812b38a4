//! Calls over Socket.IO, as clients live them: several devices ring, one wins; strangers are told nothing.

mod support {
    pub mod house;
    pub mod socket;
}

use charla::model::{Actor, Role};
use serde_json::{Value, json};
use support::house::{House, Person};
use support::socket::{Socket, eventually};

/// What the relay says of itself, with credentials that are one person's for one call.
fn ways(call: &Value, whose: &Person) -> Value {
    let name = format!("{}.{}", call["id"].as_str().unwrap(), whose.id);
    json!([{ "urls": ["turn:relay"], "username": name, "credential": "secret" }])
}

async fn start(socket: &mut Socket, to: &Person) -> Value {
    let ack = socket.ok("startCall", json!({ "toUser": to.id })).await;
    assert_eq!(ack["iceServers"][0]["urls"], json!(["turn:relay"]));
    ack["call"].clone()
}

#[tokio::test]
async fn every_device_rings_and_the_first_answer_wins() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (mut caller, mut phone, mut desk) = (ann.socket().await, bob.socket().await, bob.socket().await);
    let call = start(&mut caller, &bob).await;
    assert_eq!((&call["status"], &call["legs"][1]["user"]), (&json!("ringing"), &json!(bob.id)));
    assert!(call.get("node").is_none() && call.get("epoch").is_none(), "{call}");
    let one = json!({ "call": call["id"] });
    for device in [&mut phone, &mut desk] {
        let incoming = device.event("incomingCall").await;
        assert_eq!(incoming["call"], call);
        assert_eq!(incoming["iceServers"], ways(&call, &bob));
    }
    assert_eq!(call["legs"][1]["ringsOn"], 2);
    let mut late = bob.socket().await;
    let mut now = call.clone();
    now["legs"][1]["ringsOn"] = json!(3);
    assert_eq!(late.welcome["calls"], json!([now]), "a device that comes while it rings learns of it");
    assert_eq!(caller.event("callUpdated").await["call"], now);
    let answered = phone.ok("acceptCall", one.clone()).await;
    assert_eq!(answered["call"]["status"], "active");
    assert_eq!(answered["iceServers"], ways(&call, &bob));
    assert_eq!(phone.ok("iceServers", one.clone()).await["iceServers"], ways(&call, &bob));
    for device in [&mut desk, &mut late] {
        let stopped = device.event("ringStopped").await;
        assert_eq!(stopped, json!({ "call": call["id"], "reason": "answeredElsewhere" }));
    }
    assert_eq!(desk.refused("acceptCall", one.clone()).await, "conflict");
    assert_eq!(caller.event("callUpdated").await["call"]["answerTime"], answered["call"]["answerTime"]);
    let mute = json!({ "call": call["id"], "muted": true });
    assert_eq!(desk.refused("setMuted", mute.clone()).await, "conflict");
    assert_eq!(desk.refused("iceServers", one.clone()).await, "conflict");
    phone.ok("setMuted", mute).await;
    assert_eq!(caller.event("callUpdated").await["call"]["legs"][1]["muted"], true);
    caller.ok("endCall", one.clone()).await;
    for device in [&mut caller, &mut phone, &mut desk] {
        let ended = device.event("callEnded").await;
        assert_eq!(
            (&ended["call"]["status"], &ended["call"]["reason"]),
            (&json!("completed"), &json!("hungUp"))
        );
    }
    phone.ok("leaveCall", one).await;
}

#[tokio::test]
async fn the_caller_sees_on_how_many_devices_it_rings() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut caller = ann.socket().await;
    let call = start(&mut caller, &bob).await;
    assert_eq!(call["legs"][1]["ringsOn"], 0, "nobody is there");
    let (first, second) = (bob.socket().await, bob.socket().await);
    for _ in [&first, &second] {
        caller.event("callUpdated").await;
    }
    let live = ann.socket().await.welcome["calls"].clone();
    assert_eq!((&live[0]["legs"][0]["ringsOn"], &live[0]["legs"][1]["ringsOn"]), (&json!(0), &json!(2)));
    drop(second);
    assert_eq!(caller.event("callUpdated").await["call"]["legs"][1]["ringsOn"], 1);
    caller.ok("leaveCall", json!({ "call": call["id"] })).await;
    assert_eq!(caller.event("callEnded").await["call"]["legs"][1]["ringsOn"], 0);
}

#[tokio::test]
async fn busy_and_glare_are_answered_in_the_ack() {
    let house = House::new().await;
    let (ann, bob, cat) = (house.person("ann").await, house.person("bob").await, house.person("cat").await);
    let (mut anns, mut bobs, mut cats) = (ann.socket().await, bob.socket().await, cat.socket().await);
    let call = start(&mut anns, &bob).await;
    assert_eq!(start(&mut cats, &bob).await["status"], "busy");
    assert_eq!(anns.refused("startCall", json!({ "toUser": cat.id })).await, "busy");
    let same = start(&mut bobs, &ann).await;
    assert_eq!((&same["id"], &same["status"]), (&call["id"], &json!("active")));
    bobs.ok("leaveCall", json!({ "call": call["id"] })).await;
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_a_call() {
    let house = House::new().await;
    let (ann, bob, eve) = (house.person("ann").await, house.person("bob").await, house.person("eve").await);
    let (mut anns, mut eves) = (ann.socket().await, eve.socket().await);
    let call = start(&mut anns, &bob).await;
    let (id, conversation) = (&call["id"], &call["conversation"]);
    let offer = "v=0\r\na=fingerprint:sha-256 AA\r\n";
    for (name, payload) in [
        ("acceptCall", json!({ "call": id })),
        ("rejectCall", json!({ "call": id })),
        ("leaveCall", json!({ "call": id })),
        ("endCall", json!({ "call": id })),
        ("mediaOffer", json!({ "call": id, "sdp": offer })),
        ("setMuted", json!({ "call": id, "muted": true })),
        ("callStats", json!({ "call": id })),
        ("startCall", json!({ "conversation": conversation })),
    ] {
        assert_eq!(eves.refused(name, payload).await, "notFound", "{name}");
    }
    assert_eq!(eves.events().await, []);
    let again = bob.socket().await;
    let mut now = call.clone();
    now["legs"][1]["ringsOn"] = json!(1);
    assert_eq!(again.welcome["calls"], json!([now]), "it rings on as if nothing had been");
}

#[tokio::test]
async fn a_session_that_ends_ends_its_part_in_a_call() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let other = house.sign_in(&ann).await;
    let (mut anns, mut bobs) = (ann.socket().await, bob.socket().await);
    let call = start(&mut anns, &bob).await;
    bobs.ok("acceptCall", json!({ "call": call["id"] })).await;
    let actor = house.accounts.bearer(&other.token).await.unwrap();
    house.accounts.end_session(actor, ann.session).await.unwrap();
    let ended = bobs.event("callEnded").await;
    assert_eq!((&ended["call"]["id"], &ended["call"]["status"]), (&call["id"], &json!("completed")));
}

#[tokio::test]
async fn what_a_browser_measures_is_taken_within_its_bounds_only() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (mut anns, mut bobs) = (ann.socket().await, bob.socket().await);
    let call = start(&mut anns, &bob).await;
    bobs.ok("acceptCall", json!({ "call": call["id"] })).await;
    let mut told = json!({
        "call": call["id"], "rttMs": 12.5, "jitterBufferMs": 60, "playoutDelayMs": 20, "concealedPct": 0.5,
        "playoutGapPct": 0, "audioLevel": 1, "microphoneLevel": 0.25, "availableKbps": 300,
        "candidate": "relay", "protocol": "tls",
    });
    anns.ok("callStats", told.clone()).await;
    anns.ok("callStats", json!({ "call": call["id"] })).await;
    for (field, value) in [
        ("rttMs", json!(-1)),
        ("concealedPct", json!(101)),
        ("microphoneLevel", json!("loud")),
        ("jitterBufferMs", json!([1])),
        ("candidate", json!("teleport")),
        ("shoeSize", json!(44)),
    ] {
        let good = told[field].take();
        told[field] = value;
        assert_eq!(anns.refused("callStats", told.clone()).await, "badRequest", "{field}");
        told[field] = good;
    }
}

#[tokio::test]
async fn a_session_that_ends_takes_the_call_of_an_absent_device_with_it() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (mut caller, mut phone) = (ann.socket().await, bob.socket().await);
    let call = start(&mut caller, &bob).await;
    phone.ok("acceptCall", json!({ "call": call["id"] })).await;
    phone.drop_connection().await;
    eventually("the phone has left", || house.fanout.sockets_of(bob.id) == 0).await;
    let bobs = Actor { user: bob.id, session: bob.session, role: Role::Member };
    house.accounts.end_session(bobs, bob.session).await.unwrap();
    // Nobody could tell the phone; it did not have to run out of time, which would be another reason.
    assert_eq!(caller.event("callEnded").await["call"]["reason"], "hungUp");
}
