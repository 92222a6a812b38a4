//! What is told of calls beside how they end: which ones were missed, and that a block ends them.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::server::Person;
use super::support::stage::ended;
use super::two;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missed_calls_are_counted_until_they_are_seen_on_any_device() {
    let (stage, mut ann, mut bob) = two("").await;
    let mut cat = stage.guest("cat").await;
    let mut desk = stage.connect(&bob.person, None).await;
    let mut calls = Vec::new();
    for n in 0..3 {
        let caller = if n < 2 { &mut ann } else { &mut cat };
        let call = stage.ring(caller, &mut bob).await;
        caller.socket.ok("leaveCall", json!({ "call": call })).await;
        calls.push(ended(&caller.person, &call).await);
        let count = desk.event("missedCalls").await["count"].clone();
        assert_eq!(count, calls.len());
    }
    let told = json!({ "count": 3, "conversations": [
        { "conversation": calls[2]["conversation"], "count": 1 },
        { "conversation": calls[0]["conversation"], "count": 2 },
    ] });
    assert_eq!(bob.person.get("/calls/missed").await, told);
    assert_eq!(stage.connect(&bob.person, None).await.welcome["missedCalls"], told);
    let see = async |body: Value| -> Value {
        let answer = bob.person.send(Method::POST, "/calls/missed/seen", Some(body)).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    };
    let first = json!({ "conversation": calls[0]["conversation"], "until": calls[0]["startTime"] });
    assert_eq!(see(first).await["count"], 2);
    assert_eq!(desk.event("missedCalls").await["count"], 2, "the other device hears of it");
    assert_eq!(see(json!({ "conversation": calls[2]["conversation"] })).await["count"], 1);
    assert_eq!(see(json!({})).await, json!({ "count": 0, "conversations": [] }));
    while desk.event("missedCalls").await["count"] != 0 {}
    let wrong = bob.person.send(Method::POST, "/calls/missed/seen", Some(json!({ "all": true })));
    assert_eq!(wrong.await.unwrap().status(), 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_blocks_somebody_is_in_no_call_with_him() {
    let (stage, mut ann, mut bob) = two("").await;
    let block = async |who: &Person, other: &Person, method: Method| {
        let path = format!("/users/me/blocks/{}", other.id);
        assert_eq!(who.send(method, &path, None).await.unwrap().status(), 204);
    };
    let (call, _phones) = stage.talk(&mut ann, &mut bob).await;
    block(&bob.person, &ann.person, Method::PUT).await;
    assert_eq!(ann.socket.event("callEnded").await["call"]["reason"], "hungUp");
    assert_eq!(ended(&bob.person, &call).await["status"], "completed");
    assert_eq!(ann.socket.refused("startCall", json!({ "toUser": bob.person.id })).await, "notFound");
    block(&bob.person, &ann.person, Method::DELETE).await;
    let call = stage.ring(&mut ann, &mut bob).await;
    block(&bob.person, &ann.person, Method::PUT).await;
    let record = ended(&ann.person, &call).await;
    assert_eq!((&record["status"], &record["reason"]), (&json!("rejected"), &json!("declined")));
    block(&bob.person, &ann.person, Method::DELETE).await;
    let call = stage.ring(&mut ann, &mut bob).await;
    block(&ann.person, &bob.person, Method::PUT).await;
    assert_eq!(ended(&bob.person, &call).await["reason"], "cancelled");
}
