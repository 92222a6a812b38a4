//! Who may do what over sockets: that a stranger is refused by every event and nobody hears of it. Every event × every
//! role stands in `socket_matrix.rs`.

mod support {
    pub mod house;
    pub mod socket;
}

use charla::socket::protocol::ClientEvent;
use serde_json::{Value, json};
use support::house::House;

/// What somebody outside would send: about the conversation and the ringing call of two others.
fn payload(event: &str, message: &Value, call: &Value) -> Value {
    let (conversation, message) = (&message["conversation"], &message["id"]);
    match event {
        "sendMessage" => json!({"clientId": "x", "conversation": conversation, "content": "hi"}),
        "editMessage" => json!({"message": message, "content": "changed"}),
        "deleteMessage" => json!({ "message": message }),
        "reactMessage" => json!({"message": message, "emoji": "\u{1F44D}", "reacted": true}),
        "messageDelivered" | "messageRead" => json!({"conversation": conversation, "seq": 1}),
        "typing" => json!({"conversation": conversation, "typing": true}),
        "setPresence" => json!({"away": false}),
        "sync" => json!({"since": null}),
        "startCall" => json!({"conversation": conversation}),
        "acceptCall" | "rejectCall" | "joinCall" | "leaveCall" | "endCall" | "iceServers" => {
            json!({"call": call})
        }
        // No user has that id, and nobody is told so.
        "inviteToCall" | "removeFromCall" => json!({"call": call, "user": call}),
        "mediaOffer" => {
            let fingerprint = ["AB"; 32].join(":");
            json!({"call": call, "sdp": format!("v=0\r\na=fingerprint:sha-256 {fingerprint}\r\n")})
        }
        "setMuted" => json!({"call": call, "muted": true}),
        "callStats" => json!({"call": call, "rttMs": 20}),
        "networkTest" => json!({"step": "offer", "test": call, "way": "udp", "peer": "first", "sdp": ""}),
        new => panic!("say here what a stranger would send as {new}"),
    }
}

#[tokio::test]
async fn a_stranger_is_refused_by_every_event_and_nobody_hears_of_it() {
    let house = House::new().await;
    let (ann, bob, eve) = (house.person("ann").await, house.person("bob").await, house.person("eve").await);
    let (mut ann1, mut bob1, mut eve1) = (ann.socket().await, bob.socket().await, eve.socket().await);
    let sent = ann1.ok("sendMessage", json!({"clientId": "c", "toUser": bob.id, "content": "secret"})).await;
    let conversation = &sent["message"]["conversation"];
    let call = ann1.ok("startCall", json!({ "conversation": conversation })).await["call"]["id"].clone();
    bob1.event("incomingCall").await;
    ann1.events().await;
    bob1.events().await;
    let id = sent["message"]["id"].as_str().unwrap().parse().unwrap();
    let message = house.store.message(id).await.unwrap();
    let before = house.store.conversation(conversation.as_str().unwrap().parse().unwrap()).await.unwrap();

    for event in ClientEvent::NAMES {
        let ack = eve1.ask(event, payload(event, &sent["message"], &call)).await;
        if *event == "setPresence" {
            // About oneself.
            assert_eq!(ack["ok"], true);
        } else if *event == "sync" {
            // One's own view, which is empty.
            assert_eq!((&ack["conversations"], &ack["calls"]), (&json!([]), &json!([])));
        } else {
            assert_eq!(ack["error"]["code"], "notFound", "{event}: {ack}");
            assert!(!ack.to_string().contains("secret"));
        }
    }
    let reply = json!({"clientId": "y", "toUser": bob.id, "content": "hi", "replyTo": sent["message"]["id"]});
    assert_eq!(eve1.refused("sendMessage", reply).await, "invalid");

    let after = house.store.conversation(conversation.as_str().unwrap().parse().unwrap()).await.unwrap();
    assert_eq!(before, after);
    assert_eq!(house.store.message(id).await.unwrap(), message);
    for socket in [&mut ann1, &mut bob1, &mut eve1] {
        assert_eq!(socket.events().await, []);
    }
    let ringing = ann1.ok("sync", json!({"since": null})).await["calls"].clone();
    assert_eq!((&ringing[0]["id"], &ringing[0]["status"]), (&call, &json!("ringing")));
}
