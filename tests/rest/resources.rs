//! Users, conversations and messages as REST shows them.
use std::collections::BTreeSet;

use axum::http::header;
use charla::accounts::SignedIn;
use serde_json::{Value, json};

use crate::house::{Answer, House, ended_call};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Where `Link: rel="next"` leads.
fn next_link(answer: &Answer) -> Option<String> {
    let link = answer.headers.get(header::LINK)?.to_str().unwrap();
    let (address, rest) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
    assert_eq!(rest, "; rel=\"next\"");
    Some(address.to_owned())
}

/// All pages of a list, by their links; each `next` agrees with its link.
async fn pages(house: &House, who: &SignedIn, first: &str, name: &str) -> Vec<Vec<Value>> {
    let (mut all, mut path) = (Vec::new(), Some(first.to_owned()));
    while let Some(here) = path {
        let answer = house.get(&here).bearer(&who.access_token).send().await;
        path = next_link(&answer);
        let body = answer.ok(200);
        match (&path, body["next"].as_str()) {
            (Some(link), Some(next)) => assert!(link.ends_with(next), "{link} {next}"),
            (None, None) => {}
            other => panic!("{other:?}"),
        }
        all.push(body[name].as_array().unwrap().clone());
        assert!(all.len() < 50);
    }
    all
}

async fn send(house: &House, who: &SignedIn, conversation: &str, client_id: &str, content: &str) -> Answer {
    let body = json!({"clientId": client_id, "content": content});
    let path = format!("/api/v1/conversations/{conversation}/messages");
    house.post(&path).bearer(&who.access_token).json(&body).send().await
}

async fn open(house: &House, who: &SignedIn, with: &SignedIn) -> Value {
    let body = json!({"user": with.user.public.id});
    house.post("/api/v1/conversations").bearer(&who.access_token).json(&body).send().await.ok(200)
}

#[tokio::test]
async fn people_are_shown_without_what_is_theirs() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let get = async |path: &str| house.get(path).bearer(&alice.access_token).send().await.ok(200);
    let shown = get(&format!("/api/v1/users/{}", bob.user.public.id)).await;
    assert_eq!(keys(&shown), BTreeSet::from(["id", "username", "createdAt"]));
    assert_eq!(shown["createdAt"], "2023-11-14T22:13:20.000Z");
    let found = get("/api/v1/users?query=B").await;
    assert_eq!(found, json!({"users": [shown], "next": null}));
    assert_eq!(get("/api/v1/users?query=alice").await["users"], json!([]), "without oneself");
    let me = get("/api/v1/users/me").await;
    assert_eq!(keys(&me), BTreeSet::from(["id", "username", "createdAt", "email", "role"]));
}

#[tokio::test]
async fn a_conversation_is_opened_once_and_written_to() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let conversation = open(&house, &alice, &bob).await;
    let expected =
        ["id", "kind", "rev", "members", "lastSeq", "unread", "lastMessage", "createdAt", "updatedAt"];
    assert_eq!(keys(&conversation), BTreeSet::from(expected));
    assert_eq!(
        keys(&conversation["members"][0]),
        BTreeSet::from(["user", "role", "fromSeq", "deliveredSeq", "readSeq"])
    );
    assert_eq!(open(&house, &bob, &alice).await["id"], conversation["id"]);
    let id = conversation["id"].as_str().unwrap();

    let message = send(&house, &alice, id, "one", "hello").await.ok(201);
    let expected = [
        "id",
        "conversation",
        "seq",
        "fromUser",
        "toUser",
        "content",
        "status",
        "createdAt",
        "clientId",
        "rev",
    ];
    assert_eq!(keys(&message), BTreeSet::from(expected));
    assert_eq!(message["fromUser"], json!(alice.user.public.id));
    assert_eq!(message["toUser"], json!(bob.user.public.id));
    assert_eq!(send(&house, &alice, id, "one", "other text").await.ok(200)["id"], message["id"]);
    let seen =
        house.get(&format!("/api/v1/conversations/{id}")).bearer(&bob.access_token).send().await.ok(200);
    assert_eq!((&seen["unread"], &seen["lastMessage"]["content"]), (&json!(1), &json!("hello")));

    let read = house.ask("PUT", &format!("/api/v1/conversations/{id}/read")).bearer(&bob.access_token);
    let receipt = read.json(&json!({"seq": 1})).send().await.ok(200);
    let expected = json!({"conversation": id, "user": bob.user.public.id, "deliveredSeq": 1, "readSeq": 1});
    assert_eq!(receipt, expected);
    let path = format!("/api/v1/conversations/{id}/messages");
    let history = house.get(&path).bearer(&alice.access_token).send().await.ok(200);
    assert_eq!(history["messages"][0]["status"], "read");
}

#[tokio::test]
async fn a_message_keeps_to_its_limits_and_its_sender() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let id = open(&house, &alice, &bob).await["id"].as_str().unwrap().to_owned();
    send(&house, &alice, &id, "a", " ").await.problem("invalid");
    send(&house, &alice, &id, "a b", "x").await.problem("invalid");
    send(&house, &alice, &id, "a", &"x".repeat(4097)).await.problem("tooLarge");
    send(&house, &alice, &id, "a", &"x".repeat(4096)).await.ok(201);
    let forged = json!({"clientId": "b", "content": "x", "fromUser": bob.user.public.id});
    let path = format!("/api/v1/conversations/{id}/messages");
    house.post(&path).bearer(&alice.access_token).json(&forged).send().await.problem("badRequest");
    let oneself = json!({"user": alice.user.public.id});
    house
        .post("/api/v1/conversations")
        .bearer(&alice.access_token)
        .json(&oneself)
        .send()
        .await
        .problem("invalid");
    let nobody = json!({"user": "000000000000000000000000"});
    house
        .post("/api/v1/conversations")
        .bearer(&alice.access_token)
        .json(&nobody)
        .send()
        .await
        .problem("notFound");
}

#[tokio::test]
async fn history_is_paged_both_ways_without_a_gap() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let id = open(&house, &alice, &bob).await["id"].as_str().unwrap().to_owned();
    for n in 1..=10 {
        send(&house, &alice, &id, &format!("c{n}"), &format!("text {n}")).await.ok(201);
    }
    let path = format!("/api/v1/conversations/{id}/messages");
    let seqs = |pages: Vec<Vec<Value>>| -> Vec<Vec<u64>> {
        pages.into_iter().map(|p| p.iter().map(|m| m["seq"].as_u64().unwrap()).collect()).collect()
    };
    let back = seqs(pages(&house, &bob, &format!("{path}?limit=4"), "messages").await);
    assert_eq!(back, [vec![7, 8, 9, 10], vec![3, 4, 5, 6], vec![1, 2]]);
    let back = seqs(pages(&house, &bob, &format!("{path}?limit=5"), "messages").await);
    assert_eq!(back.len(), 2, "nothing is before the first");
    let forth = seqs(pages(&house, &bob, &format!("{path}?after=0&limit=4"), "messages").await);
    assert_eq!(forth, [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9, 10]]);
    let some = seqs(pages(&house, &bob, &format!("{path}?after=8"), "messages").await);
    assert_eq!(some, [vec![9, 10]]);
}

#[tokio::test]
async fn conversations_are_paged_newest_first() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let other = house.user(&format!("other{n}")).await;
        house.advance(std::time::Duration::from_secs(1));
        ids.push(open(&house, &alice, &other).await["id"].clone());
    }
    ids.reverse();
    let pages = pages(&house, &alice, "/api/v1/conversations?limit=2", "conversations").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    let seen: Vec<Value> = pages.into_iter().flatten().map(|c| c["id"].clone()).collect();
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn calls_are_listed_by_page_and_by_what_is_asked() {
    let house = House::new().await;
    let (alice, bob, carol) = (house.user("alice").await, house.user("bob").await, house.user("carol").await);
    let with_bob = house.chat.open(alice.user.public.id, bob.user.public.id).await.unwrap().id;
    let with_carol = house.chat.open(alice.user.public.id, carol.user.public.id).await.unwrap().id;
    let mut ids = Vec::new();
    for n in 0..5 {
        house.advance(std::time::Duration::from_secs(60));
        let (other, conversation) = if n % 2 == 0 { (&bob, with_bob) } else { (&carol, with_carol) };
        ids.push(ended_call(&house, &alice, other, conversation).await.to_string());
    }
    ids.reverse();
    let list = async |query: &str| -> Vec<String> {
        let pages = pages(&house, &alice, &format!("/api/v1/calls?limit=2{query}"), "calls").await;
        pages.into_iter().flatten().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(list("").await, ids);
    let bobs = list(&format!("&with={}", bob.user.public.id)).await;
    assert_eq!(bobs, [ids[0].clone(), ids[2].clone(), ids[4].clone()]);
    assert_eq!(list("&status=missed").await, ids);
    assert!(list("&status=completed").await.is_empty());
    assert_eq!(list("&from=2023-11-14T22:15:20Z&to=2023-11-14T22:17:20Z").await, ids[2..4]);
    let call = house.get(&format!("/api/v1/calls/{}", ids[0])).bearer(&bob.access_token).send().await.ok(200);
    let expected = [
        "id",
        "conversation",
        "caller",
        "receiver",
        "startTime",
        "answerTime",
        "connectTime",
        "endTime",
        "durationSeconds",
        "status",
        "reason",
        "legs",
        "timeline",
        "findings",
    ];
    assert_eq!(keys(&call), BTreeSet::from(expected));
    assert_eq!(call["reason"], "noAnswer");
}
