//! Chat over Socket.IO, as clients live it: two people on several devices, lost connections, ended sessions.

mod support {
    pub mod house;
    pub mod socket;
}

use serde_json::{Value, json};
use support::house::{House, Person, wide};
use support::socket::{Refused, Socket, eventually};

const DEVICE: &str = "00000000000000000000000d";

fn message(to: &Person, client_id: &str, content: &str) -> Value {
    json!({"clientId": client_id, "toUser": to.id, "content": content})
}

/// All that `sync` says since a token, and the next token.
async fn sync(socket: &mut Socket, since: Value) -> (Vec<Value>, Value) {
    let (mut since, mut messages) = (since, Vec::new());
    loop {
        let page = socket.ok("sync", json!({ "since": since })).await;
        for conversation in page["conversations"].as_array().unwrap() {
            messages.extend(conversation["messages"].as_array().unwrap().iter().cloned());
        }
        since = page["since"].clone();
        if page["more"] == false {
            return (messages, since);
        }
    }
}

#[tokio::test]
async fn the_handshake_needs_a_credential() {
    let house = House::new().await;
    let ann = house.person("ann").await;
    let other_key = {
        let elsewhere = House::new().await;
        elsewhere.person("ann").await.token
    };
    let refused = [
        (json!({}), "unauthenticated"),
        (json!({"token": ""}), "unauthenticated"),
        (json!({"token": "x.y.z"}), "unauthenticated"),
        (json!({"token": other_key}), "unauthenticated"),
        (json!({"token": {"$ne": ""}}), "badRequest"),
        (json!({"token": ann.token, "device": "short"}), "badRequest"),
        (json!("text"), "badRequest"),
    ];
    for (auth, code) in refused {
        let Err(Refused::Connect(error)) = ann.try_socket(auth.clone()).await else {
            panic!("{auth} was let in");
        };
        let said: Value = serde_json::from_str(error["message"].as_str().unwrap()).unwrap();
        assert_eq!(said["code"], code, "{auth}");
        assert!(said["title"].is_string() && said["detail"].is_string());
    }
    let mut engine = Socket::engine(&house.url, &[("cookie", &ann.cookie), ("origin", &house.origin)], None)
        .await
        .unwrap();
    engine.join(json!({})).await.unwrap();
    assert_eq!(engine.welcome["user"]["id"], json!(ann.id));
    assert_eq!(engine.welcome["user"]["email"], "ann@example.org");
    assert_eq!(engine.welcome["calls"], json!([]));
    assert!(engine.welcome["device"].is_string() && engine.welcome["epoch"].is_string());
    assert_eq!(ann.on(DEVICE).await.welcome["device"], DEVICE);
}

#[tokio::test]
async fn a_message_reaches_every_other_device_of_both() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (mut ann1, mut ann2) = (ann.socket().await, ann.socket().await);
    let (mut bob1, mut bob2) = (bob.socket().await, bob.socket().await);

    let sent = ann1.ok("sendMessage", message(&bob, "a1", "Hello, Bob")).await["message"].clone();
    assert_eq!(sent["seq"], 1);
    assert_eq!(sent["fromUser"], json!(ann.id));
    assert_eq!(sent["toUser"], json!(bob.id));
    assert_eq!(sent["status"], "sent");
    for socket in [&mut ann2, &mut bob1, &mut bob2] {
        assert_eq!(socket.event("newMessage").await["message"], sent);
    }

    let conversation = sent["conversation"].clone();
    let answer =
        json!({"clientId": "b1", "conversation": conversation, "content": "Hi", "replyTo": sent["id"]});
    let answer = bob2.ok("sendMessage", answer).await["message"].clone();
    assert_eq!((&answer["seq"], &answer["replyTo"]), (&json!(2), &sent["id"]));
    for socket in [&mut ann1, &mut ann2, &mut bob1] {
        assert_eq!(socket.event("newMessage").await["message"], answer);
    }
    for (socket, whose) in [(&mut ann1, "the sender"), (&mut bob2, "the sender")] {
        assert_eq!(socket.events().await, [], "{whose} has it by the ack");
    }
}

#[tokio::test]
async fn a_retry_is_the_same_message_and_not_told_once_it_arrived() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut bob1 = bob.socket().await;
    let mut ann1 = ann.socket().await;
    ann1.post("sendMessage", message(&bob, "same", "once")).await;
    ann1.drop_connection().await;
    let mut ann1 = ann.socket().await;
    let first = ann1.ok("sendMessage", message(&bob, "same", "once")).await["message"].clone();
    assert_eq!(bob1.event("newMessage").await["message"], first);
    bob1.ok("messageDelivered", json!({"conversation": first["conversation"], "seq": first["seq"]})).await;
    // Until it had arrived, the retry may have told it once more.
    drop(bob1.events().await);
    let second = ann1.ok("sendMessage", message(&bob, "same", "once")).await["message"].clone();
    assert_eq!(first["id"], second["id"]);
    assert_eq!(bob1.events().await, []);
    let stored = sync(&mut bob1, Value::Null).await.0;
    assert_eq!(stored.iter().map(|m| &m["id"]).collect::<Vec<_>>(), [&first["id"]]);
}

#[tokio::test]
async fn messages_sent_in_a_row_keep_their_order() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (mut ann1, mut bob1) = (ann.socket().await, bob.socket().await);
    let mut last = 0;
    for number in 0..50 {
        last = ann1.post("sendMessage", message(&bob, &format!("n{number}"), &number.to_string())).await;
    }
    ann1.ack(last).await;
    for number in 0..50 {
        assert_eq!(bob1.event("newMessage").await["message"]["content"], number.to_string());
    }
}

#[tokio::test]
async fn receipts_unread_and_typing() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (mut ann1, mut bob1) = (ann.socket().await, bob.socket().await);
    for number in 1..=3 {
        ann1.ok("sendMessage", message(&bob, &format!("n{number}"), "x")).await;
    }
    let conversation = bob1.event("newMessage").await["message"]["conversation"].clone();
    let unread = |page: &Value| page["conversations"][0]["conversation"]["unread"].clone();
    assert_eq!(unread(&bob1.ok("sync", json!({"since": null})).await), 3);

    bob1.ok("messageDelivered", json!({"conversation": conversation, "seq": 3})).await;
    let receipt = ann1.event("receipt").await;
    assert_eq!(
        receipt,
        json!({"conversation": conversation, "user": bob.id, "deliveredSeq": 3, "readSeq": 0})
    );
    bob1.ok("messageRead", json!({"conversation": conversation, "seq": 2})).await;
    assert_eq!(ann1.event("receipt").await["readSeq"], 2);
    assert_eq!(unread(&bob1.ok("sync", json!({"since": null})).await), 1);
    let status: Vec<_> = sync(&mut ann1, Value::Null).await.0.iter().map(|m| m["status"].clone()).collect();
    assert_eq!(status, ["read", "read", "delivered"]);
    bob1.ok("messageRead", json!({"conversation": conversation, "seq": 1})).await;
    assert_eq!(ann1.events().await, [], "a watermark never falls");

    bob1.ok("typing", json!({"conversation": conversation, "typing": true})).await;
    let typing = ann1.event("typing").await;
    assert_eq!(typing, json!({"conversation": conversation, "user": bob.id, "typing": true}));
}

#[tokio::test]
async fn what_was_missed_comes_by_sync_once_and_in_order() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut ann1 = ann.socket().await;
    let mut bob1 = bob.on(DEVICE).await;
    ann1.ok("sendMessage", message(&bob, "before", "before")).await;
    let (seen, mut since) = sync(&mut bob1, Value::Null).await;
    assert_eq!(seen.len(), 1);
    bob1.drop_connection().await;

    let mut missed = Vec::new();
    for round in 0..5 {
        for number in 0..70 {
            let id = format!("m{round}-{number}");
            missed.push(ann1.ok("sendMessage", message(&bob, &id, &id)).await["message"]["id"].clone());
        }
        let mut bob1 = bob.on(DEVICE).await;
        let (messages, next) = sync(&mut bob1, since).await;
        let mut ids: Vec<_> = messages.iter().map(|m| m["id"].clone()).collect();
        ids.dedup();
        assert_eq!(ids, missed, "round {round}");
        (since, missed) = (next, Vec::new());
        bob1.drop_connection().await;
    }
}

#[tokio::test]
async fn a_slow_reader_gets_everything_by_sync() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut ann1 = ann.socket().await;
    let mut slow = bob.on(DEVICE).await;
    let since = slow.ok("sync", json!({"since": null})).await["since"].clone();
    let text = "x".repeat(4000);
    let mut last = 0;
    for number in 0..2000 {
        last = ann1.post("sendMessage", message(&bob, &format!("n{number}"), &text)).await;
        if number % 50 == 0 {
            ann1.ack(last).await;
        }
    }
    ann1.ack(last).await;
    // What waits for it is bounded: it was cut off, and reads only what was on its way already.
    eventually("the slow one was cut off", || house.fanout.sockets_of(bob.id) == 0).await;
    slow.closed().await;
    let mut back = bob.on(DEVICE).await;
    let (messages, _) = sync(&mut back, since).await;
    let seqs: Vec<_> = messages.iter().map(|m| m["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=2000).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_sockets_and_no_other() {
    let house = House::new().await;
    let ann = house.person("ann").await;
    let other = house.sign_in(&ann).await;
    let (mut one, mut two, mut elsewhere) = (ann.socket().await, ann.socket().await, other.socket().await);
    let actor = house.accounts.bearer(&other.token).await.unwrap();
    house.accounts.end_session(actor, ann.session).await.unwrap();
    for socket in [&mut one, &mut two] {
        socket.event("sessionRevoked").await;
        socket.closed().await;
    }
    assert_eq!(elsewhere.events().await, []);
    assert!(matches!(ann.try_socket(json!({"token": ann.token})).await, Err(Refused::Connect(_))));
    eventually("both have left", || house.fanout.len() == 1).await;
}

#[tokio::test]
async fn the_newest_socket_of_a_device_wins_and_devices_of_others_do_not_matter() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut old = ann.on(DEVICE).await;
    let mut bobs = bob.on(DEVICE).await;
    let mut new = ann.on(DEVICE).await;
    old.event("replaced").await;
    old.closed().await;
    eventually("the old one has left", || house.fanout.sockets_of(ann.id) == 1).await;
    bobs.ok("sendMessage", message(&ann, "b1", "still here")).await;
    assert_eq!(new.event("newMessage").await["message"]["content"], "still here");
    assert_eq!(bobs.events().await, []);
}

#[tokio::test]
async fn one_user_has_so_many_sockets_and_no_more() {
    let house = House::with(charla::socket::SocketLimits { sockets_per_user: 2, ..wide() }).await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (_one, _two) = (ann.socket().await, ann.socket().await);
    assert!(matches!(ann.try_socket(json!({"token": ann.token})).await, Err(Refused::Connect(_))));
    bob.socket().await;
}

#[tokio::test]
async fn a_reload_while_it_rings_keeps_the_call() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut ann1 = ann.on(DEVICE).await;
    let mut bob1 = bob.socket().await;
    let call = ann1.ok("startCall", json!({"toUser": bob.id})).await["call"]["id"].clone();
    // The new socket comes before the old one has gone, then after it.
    let again = ann.on(DEVICE).await;
    ann1.closed().await;
    again.drop_connection().await;
    let mut back = ann.on(DEVICE).await;
    assert_eq!(back.welcome["calls"][0]["id"], call);
    bob1.ok("acceptCall", json!({ "call": call })).await;
    assert_eq!(back.event("callUpdated").await["call"]["status"], "active");
}
