//! Calls of more than two over Socket.IO, as clients live them, and what the record says of each afterwards.

mod support {
    pub mod house;
    pub mod socket;
}

use charla::chat::GroupChange;
use charla::ids::{CallId, ConversationId, UserId};
use charla::model::{CallRecord, CallStatus, EndReason, GroupRole};
use serde_json::{Value, json};
use support::house::{House, Person};
use support::socket::Socket;

async fn people(house: &House, names: &[&str]) -> Vec<(Person, Socket)> {
    let mut all = Vec::new();
    for name in names {
        let person = house.person(name).await;
        let socket = person.socket().await;
        all.push((person, socket));
    }
    all
}

async fn group(house: &House, people: &[(Person, Socket)]) -> ConversationId {
    let others: Vec<_> = people[1..].iter().map(|(person, _)| person.id).collect();
    house.chat.create_group(people[0].0.id, "walkers", &others).await.unwrap().id
}

async fn start(socket: &mut Socket, group: ConversationId) -> Value {
    socket.ok("startCall", json!({ "conversation": group })).await["call"].clone()
}

fn id(call: &Value) -> CallId {
    serde_json::from_value(call["id"].clone()).unwrap()
}

fn leg(call: &Value, who: &Person) -> Value {
    let legs = call["legs"].as_array().unwrap();
    legs.iter().find(|leg| leg["user"] == json!(who.id)).cloned().unwrap_or(Value::Null)
}

/// Waits for the update in which something holds.
async fn updated(socket: &mut Socket, holds: impl Fn(&Value) -> bool) -> Value {
    loop {
        let call = socket.event("callUpdated").await["call"].clone();
        if holds(&call) {
            return call;
        }
    }
}

/// The record, once it is closed.
async fn closed(house: &House, id: CallId) -> CallRecord {
    for _ in 0..3000 {
        let record = house.store.call(id).await.unwrap().expect("the record is stored");
        if record.status.ended() {
            return record;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the record is never closed");
}

fn ends(record: &CallRecord, who: &Person) -> EndReason {
    record.leg(who.id).unwrap().reason.unwrap()
}

#[tokio::test]
async fn a_group_rings_people_come_and_go_and_the_last_one_out_ends_it() {
    let house = House::new().await;
    let mut all = people(&house, &["ann", "bob", "cat", "dan"]).await;
    let group = group(&house, &all).await;
    let call = start(&mut all[0].1, group).await;
    let one = json!({ "call": call["id"] });
    assert_eq!((&call["receiver"], call["legs"].as_array().unwrap().len()), (&Value::Null, 4));
    for (_, socket) in &mut all[1..] {
        assert_eq!(socket.event("incomingCall").await["call"]["id"], call["id"]);
    }
    all[1].1.ok("acceptCall", one.clone()).await;
    all[2].1.ok("rejectCall", one.clone()).await;
    let cat = all[2].0.clone();
    let seen = updated(&mut all[0].1, |call| !leg(call, &cat)["leftAt"].is_null()).await;
    assert_eq!((&seen["status"], &leg(&seen, &cat)["reason"]), (&json!("active"), &json!("declined")));
    let joined = all[2].1.ok("joinCall", one.clone()).await;
    assert_eq!(leg(&joined["call"], &cat)["leftAt"], Value::Null, "who said no may come later");
    assert!(joined["iceServers"][0]["username"].as_str().unwrap().contains(&cat.id.to_string()));
    let again = start(&mut all[3].1, group).await;
    assert_eq!(again["id"], call["id"], "to call a group that has a call is to join it");
    for (_, socket) in &mut all[..3] {
        socket.ok("leaveCall", one.clone()).await;
    }
    let late = all[0].0.socket().await;
    assert_eq!(late.welcome["calls"][0]["id"], call["id"], "it goes on, and he may join it again");
    assert_eq!(all[0].1.ok("joinCall", one.clone()).await["call"]["status"], "active");
    all[0].1.ok("leaveCall", one.clone()).await;
    all[3].1.ok("leaveCall", one.clone()).await;
    for (_, socket) in &mut all {
        assert_eq!(socket.event("callEnded").await["call"]["reason"], "hungUp");
    }
    let record = closed(&house, id(&call)).await;
    assert_eq!((record.status, record.legs.len()), (CallStatus::Completed, 4));
    for (person, _) in &all {
        assert_eq!(ends(&record, person), EndReason::HungUp);
    }
}

#[tokio::test]
async fn a_large_group_is_told_of_a_call_and_not_rung() {
    let house = House::new().await;
    let mut all = people(&house, &["ann", "bob", "cat"]).await;
    let group = group(&house, &all).await;
    let mut crowd = Vec::new();
    for n in 0..8 {
        crowd.push(house.person(&format!("crowd{n}")).await.id);
    }
    house.chat.change_group(all[0].0.id, group, &GroupChange::Add(crowd)).await.unwrap();
    let call = start(&mut all[0].1, group).await;
    assert_eq!(call["legs"].as_array().unwrap().len(), 1);
    for (_, socket) in &mut all[1..] {
        assert_eq!(socket.event("callUpdated").await["call"]["status"], "ringing");
        assert!(!socket.events().await.iter().any(|(name, _)| name == "incomingCall"));
    }
    let one = json!({ "call": call["id"] });
    assert_eq!(all[1].1.ok("joinCall", one.clone()).await["call"]["status"], "active");
    let eve = house.person("eve").await;
    assert_eq!(eve.socket().await.refused("joinCall", one.clone()).await, "notFound");
    assert_eq!(all[1].1.refused("endCall", one.clone()).await, "forbidden");
    all[0].1.ok("endCall", one.clone()).await;
    assert_eq!(all[2].1.event("callEnded").await["call"]["id"], call["id"]);
    let record = closed(&house, id(&call)).await;
    assert_eq!((record.status, record.legs.len()), (CallStatus::Completed, 2));
    assert!(record.missed_by().is_empty(), "nobody was called");
}

#[tokio::test]
async fn roles_lead_a_call() {
    let house = House::new().await;
    let mut all = people(&house, &["ann", "bob", "cat", "dan"]).await;
    let group = group(&house, &all).await;
    let [ann, bob, cat, dan] = [0, 1, 2, 3].map(|n| all[n].0.clone());
    let admin = GroupChange::SetRole(bob.id, GroupRole::Admin);
    house.chat.change_group(ann.id, group, &admin).await.unwrap();
    // A plain member calls.
    let call = start(&mut all[2].1, group).await;
    let one = json!({ "call": call["id"] });
    let of = |who: &Person| json!({ "call": call["id"], "user": who.id });
    for n in [0, 1, 3] {
        all[n].1.ok("acceptCall", one.clone()).await;
    }
    let mute = |who: &Person, muted: bool| json!({ "call": call["id"], "muted": muted, "user": who.id });
    assert_eq!(all[3].1.refused("setMuted", mute(&cat, true)).await, "forbidden");
    assert_eq!(all[1].1.refused("setMuted", mute(&ann, true)).await, "forbidden", "the owner is above");
    all[1].1.ok("setMuted", mute(&dan, true)).await;
    updated(&mut all[3].1, |call| leg(call, &dan)["muted"] == true).await;
    assert_eq!(
        all[1].1.refused("setMuted", mute(&dan, false)).await,
        "forbidden",
        "nobody opens another's microphone"
    );
    all[3].1.ok("setMuted", json!({ "call": call["id"], "muted": false })).await;
    all[2].1.ok("removeFromCall", of(&dan)).await;
    let seen = updated(&mut all[3].1, |call| !leg(call, &dan)["leftAt"].is_null()).await;
    assert_eq!(leg(&seen, &dan)["reason"], "removed");
    assert_eq!(all[3].1.refused("joinCall", one.clone()).await, "conflict");
    assert_eq!(all[2].1.refused("removeFromCall", of(&bob)).await, "forbidden");
    all[0].1.ok("inviteToCall", of(&dan)).await;
    assert_eq!(all[3].1.event("incomingCall").await["call"]["id"], call["id"]);
    all[3].1.ok("acceptCall", one.clone()).await;
    all[1].1.ok("endCall", one.clone()).await;
    let record = closed(&house, id(&call)).await;
    assert_eq!(record.status, CallStatus::Completed);
    let story = house.store.call_timeline(record.id).await.unwrap();
    let by = |e: &charla::model::TimelineEntry| match e.what {
        charla::model::Happening::Muted { by, .. } => by,
        _ => None,
    };
    assert!(story.iter().any(|e| by(e) == Some(bob.id) && e.user == Some(dan.id)), "{story:?}");
}

#[tokio::test]
async fn who_is_put_out_of_the_group_is_out_of_its_call() {
    let house = House::new().await;
    let mut all = people(&house, &["ann", "bob", "cat"]).await;
    let group = group(&house, &all).await;
    let [ann, bob] = [0, 1].map(|n| all[n].0.clone());
    let call = start(&mut all[0].1, group).await;
    let one = json!({ "call": call["id"] });
    all[1].1.ok("acceptCall", one.clone()).await;
    all[2].1.ok("acceptCall", one.clone()).await;
    house.chat.change_group(ann.id, group, &GroupChange::Remove(bob.id)).await.unwrap();
    let seen = updated(&mut all[1].1, |call| !leg(call, &bob)["leftAt"].is_null()).await;
    assert_eq!(leg(&seen, &bob)["reason"], "removed");
    assert_eq!(all[1].1.refused("joinCall", one.clone()).await, "notFound");
    let offer = json!({ "call": call["id"], "sdp": "v=0\r\na=fingerprint:sha-256 AA\r\n" });
    assert_eq!(all[1].1.refused("mediaOffer", offer).await, "conflict");
    all[1].1.events().await;
    all[2].1.ok("setMuted", json!({ "call": call["id"], "muted": true })).await;
    all[0].1.ok("endCall", one.clone()).await;
    all[2].1.event("callEnded").await;
    assert_eq!(all[1].1.events().await, [], "nothing more is told to him");
    let record = closed(&house, id(&call)).await;
    assert_eq!(ends(&record, &bob), EndReason::Removed);
}

#[tokio::test]
async fn a_call_of_two_grows_without_an_end_in_between() {
    let house = House::new().await;
    let mut all = people(&house, &["ann", "bob", "cat"]).await;
    let [ann, bob, cat] = [0, 1, 2].map(|n| all[n].0.clone());
    let call = all[0].1.ok("startCall", json!({ "toUser": bob.id })).await["call"].clone();
    let one = json!({ "call": call["id"] });
    all[1].1.ok("acceptCall", one.clone()).await;
    let invite = |who: UserId| json!({ "call": call["id"], "user": who });
    assert_eq!(all[2].1.refused("inviteToCall", invite(cat.id)).await, "notFound");
    all[1].1.ok("inviteToCall", invite(cat.id)).await;
    let incoming = all[2].1.event("incomingCall").await;
    assert_eq!((&incoming["call"]["id"], &incoming["call"]["receiver"]), (&call["id"], &json!(bob.id)));
    all[2].1.ok("acceptCall", one.clone()).await;
    all[0].1.ok("leaveCall", one.clone()).await;
    let seen = updated(&mut all[2].1, |call| !leg(call, &ann)["leftAt"].is_null()).await;
    assert_eq!(seen["status"], "active", "the others talk on");
    all[2].1.ok("leaveCall", one.clone()).await;
    let record = closed(&house, id(&call)).await;
    assert_eq!((record.status, record.reason), (CallStatus::Completed, Some(EndReason::HungUp)));
    assert_eq!((record.receiver, record.legs.len()), (Some(bob.id), 3));
    assert!(record.conversation.to_string() == call["conversation"].as_str().unwrap());
    let history =
        house.chat.history(cat.id, record.conversation, charla::model::Page::After { seq: 0, limit: 9 });
    assert!(history.await.is_err(), "a guest of the call is none of the conversation");
}

#[tokio::test]
async fn another_device_takes_a_call_over() {
    let house = House::new().await;
    let mut all = people(&house, &["ann", "bob"]).await;
    let bob = all[1].0.clone();
    let call = all[0].1.ok("startCall", json!({ "toUser": bob.id })).await["call"].clone();
    let one = json!({ "call": call["id"] });
    all[1].1.ok("acceptCall", one.clone()).await;
    let mut phone = bob.on("00000000000000000000abcd").await;
    assert_eq!(phone.welcome["calls"][0]["id"], call["id"], "the other device sees the running call");
    let taken = phone.ok("joinCall", one.clone()).await;
    assert_eq!(leg(&taken["call"], &bob)["device"], "00000000000000000000abcd");
    updated(&mut all[1].1, |call| leg(call, &bob)["device"] == "00000000000000000000abcd").await;
    let mute = json!({ "call": call["id"], "muted": true });
    assert_eq!(all[1].1.refused("setMuted", mute.clone()).await, "conflict");
    phone.ok("setMuted", mute).await;
    phone.ok("leaveCall", one).await;
    assert_eq!(closed(&house, id(&call)).await.status, CallStatus::Completed);
}

#[tokio::test]
async fn to_decline_with_a_message_sends_it_to_the_caller_once() {
    let house = House::new().await;
    let mut all = people(&house, &["ann", "bob"]).await;
    let bob = all[1].0.clone();
    let call = all[0].1.ok("startCall", json!({ "toUser": bob.id })).await["call"].clone();
    let excuse = json!({ "call": call["id"], "message": { "clientId": "e1", "content": "In a meeting." } });
    let first = all[1].1.ok("rejectCall", excuse.clone()).await;
    let again = all[1].1.ok("rejectCall", excuse).await;
    assert_eq!(first["message"]["id"], again["message"]["id"], "said again after a lost ack");
    let heard = all[0].1.event("newMessage").await;
    assert_eq!(
        (&heard["message"]["content"], &heard["message"]["conversation"]),
        (&json!("In a meeting."), &call["conversation"])
    );
    let record = closed(&house, id(&call)).await;
    assert_eq!((record.status, record.reason), (CallStatus::Rejected, Some(EndReason::Declined)));
}

#[tokio::test]
async fn a_browser_without_a_microphone_and_a_callee_who_is_away_have_their_reasons() {
    let house = House::new().await;
    let mut all = people(&house, &["ann", "bob"]).await;
    let (bob, cat) = (all[1].0.clone(), house.person("cat").await);
    let call = all[0].1.ok("startCall", json!({ "toUser": bob.id })).await["call"].clone();
    all[1].1.ok("acceptCall", json!({ "call": call["id"] })).await;
    all[1].1.ok("leaveCall", json!({ "call": call["id"], "reason": "microphoneRefused" })).await;
    let record = closed(&house, id(&call)).await;
    assert_eq!((record.status, record.reason), (CallStatus::Failed, Some(EndReason::MicrophoneRefused)));
    // Nobody of cat's is here; it rings when she comes.
    let call = all[0].1.ok("startCall", json!({ "toUser": cat.id })).await["call"].clone();
    let mut cats = cat.socket().await;
    assert_eq!(cats.welcome["calls"][0]["id"], call["id"]);
    cats.ok("acceptCall", json!({ "call": call["id"] })).await;
    cats.ok("leaveCall", json!({ "call": call["id"] })).await;
    assert_eq!(closed(&house, id(&call)).await.status, CallStatus::Completed);
}
