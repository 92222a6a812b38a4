//! Every event × every role, cell by cell. An event without a row fails, so a new one cannot be forgotten.

mod support {
    pub mod house;
    pub mod socket;
}

use charla::chat::GroupChange;
use charla::ids::{ConversationId, MessageId};
use charla::model::GroupRole;
use charla::socket::protocol::ClientEvent;
use serde_json::{Value, json};
use support::house::{House, Person};
use support::socket::{Refused, Socket};

/// The columns. The first five ask of a group, of a message of its owner, and of a call that he began in it and to which
/// the others are called. The sixth asks of the direct conversation with somebody who blocks him, of his own message in
/// it, and of a call of whoever blocks him. The last has no token.
const ROLES: [&str; 7] = ["owner", "admin", "member", "former", "stranger", "blocked", "anonymous"];

const GONE: &str = "notFound";
/// Nobody is let in without a token, so there is no event that he could send.
const OUT: &str = "unauthenticated";

/// What each is answered: "ok", or the code of the refusal. `unusableOffer` is said by the relay, to whom he is let
/// through (this one answers no offer); `conflict` of a call that is not in a state for that.
const TABLE: &[(&str, [&str; 7])] = &[
    ("sendMessage", ["ok", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("editMessage", ["ok", "forbidden", "forbidden", GONE, GONE, GONE, OUT]),
    ("deleteMessage", ["ok", "forbidden", "forbidden", GONE, GONE, "ok", OUT]),
    ("reactMessage", ["ok", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("messageDelivered", ["ok", "ok", "ok", GONE, GONE, "ok", OUT]),
    ("messageRead", ["ok", "ok", "ok", GONE, GONE, "ok", OUT]),
    ("typing", ["ok", "ok", "ok", GONE, GONE, "ok", OUT]),
    ("setPresence", ["ok", "ok", "ok", "ok", "ok", "ok", OUT]),
    ("sync", ["ok", "ok", "ok", "ok", "ok", "ok", OUT]),
    ("startCall", ["ok", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("acceptCall", ["conflict", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("rejectCall", ["conflict", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("joinCall", ["ok", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("leaveCall", ["ok", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("endCall", ["ok", "ok", "forbidden", GONE, GONE, GONE, OUT]),
    ("inviteToCall", ["ok", "conflict", "conflict", GONE, GONE, GONE, OUT]),
    ("removeFromCall", ["ok", "ok", "forbidden", GONE, GONE, GONE, OUT]),
    ("mediaOffer", ["unusableOffer", "unusableOffer", "unusableOffer", GONE, GONE, GONE, OUT]),
    ("iceServers", ["ok", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("setMuted", ["ok", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("callStats", ["ok", "ok", "ok", GONE, GONE, GONE, OUT]),
    ("networkTest", ["ok", "ok", "ok", "ok", "ok", "ok", OUT]),
];

struct Scene {
    house: House,
    people: Vec<Person>,
    /// Who blocks the sixth.
    friend: Person,
    group: ConversationId,
    direct: ConversationId,
}

impl Scene {
    async fn new() -> Self {
        let house = House::new().await;
        let mut people = Vec::new();
        for name in &ROLES[..6] {
            people.push(house.person(name).await);
        }
        let friend = house.person("friend").await;
        let others: Vec<_> = people[1..4].iter().map(|person| person.id).collect();
        let group = house.chat.create_group(people[0].id, "g", &others).await.unwrap().id;
        for change in
            [GroupChange::SetRole(people[1].id, GroupRole::Admin), GroupChange::Remove(people[3].id)]
        {
            house.chat.change_group(people[0].id, group, &change).await.unwrap();
        }
        let direct = house.chat.open(people[5].id, friend.id).await.unwrap().id;
        Self { house, people, friend, group, direct }
    }

    /// A message of whoever is asked about it: the owner's in the group, his own in the direct conversation.
    async fn say(&self, role: usize) -> MessageId {
        let (author, to) = if role == 5 { (5, self.direct) } else { (0, self.group) };
        self.house.chat.unblock(self.friend.id, self.people[5].id).await.unwrap();
        let draft = charla::chat::Draft {
            client_id: format!("m{}", self.house.store.conversation(to).await.unwrap().unwrap().last_seq),
            to: charla::model::Target::Conversation(to),
            content: "secret".into(),
            reply_to: None,
            attachments: Vec::new(),
        };
        let sent = self.house.chat.send(self.people[author].id, None, draft).await.unwrap().message.id;
        self.house.chat.block(self.friend.id, self.people[5].id).await.unwrap();
        sent
    }

    /// One cell: what `role` is answered.
    async fn ask(&self, event: &str, role: usize) -> String {
        let message = self.say(role).await;
        let conversation = if role == 5 { self.direct } else { self.group };
        // Who begins the call: the owner of the group; for the blocked one, whoever blocks him, with the owner.
        let (caller, call_in) = match role {
            5 => (&self.friend, self.house.chat.open(self.friend.id, self.people[0].id).await.unwrap().id),
            _ => (&self.people[0], self.group),
        };
        let mut caller = caller.socket().await;
        let call = match event {
            "startCall" => Value::Null,
            _ => caller.ok("startCall", json!({ "conversation": call_in })).await["call"]["id"].clone(),
        };
        let own = self.people[role].socket().await;
        let (mut own, caller) = if role == 0 { (caller, None) } else { (own, Some(caller)) };
        let payload = self.payload(event, conversation, message, &call);
        let ack = own.ask(event, payload).await;
        let code = ack["error"]["code"].as_str().unwrap_or("ok").to_owned();
        assert_eq!(code == "ok", ack["ok"] == true, "{event} as {}: {ack}", ROLES[role]);
        assert!(
            code == "ok" || !ack.to_string().contains("secret"),
            "{event} as {} leaks: {ack}",
            ROLES[role]
        );
        let call = if call.is_null() { ack["call"]["id"].clone() } else { call };
        if !call.is_null() {
            self.end(caller.unwrap_or(own), &call).await;
        }
        code
    }

    async fn end(&self, mut caller: Socket, call: &Value) {
        // It may be over: then there is nothing to end.
        let ended = caller.ask("endCall", json!({ "call": call })).await;
        let code = ended["error"]["code"].as_str().unwrap_or("conflict");
        assert!(["conflict", "notFound"].contains(&code), "{ended}");
        let left = caller.ok("sync", json!({"since": null})).await["calls"].clone();
        assert_eq!(left, json!([]), "the next cell has a call of its own");
    }

    fn payload(&self, event: &str, of: ConversationId, message: MessageId, call: &Value) -> Value {
        // Somebody who is called and not there yet.
        let other = self.people[2].id;
        match event {
            "sendMessage" => json!({"clientId": format!("{message}"), "conversation": of, "content": "hi"}),
            "editMessage" => json!({"message": message, "content": "changed"}),
            "deleteMessage" => json!({ "message": message }),
            "reactMessage" => json!({"message": message, "emoji": "\u{1F44D}", "reacted": true}),
            "messageDelivered" | "messageRead" => json!({"conversation": of, "seq": 1}),
            "typing" => json!({"conversation": of, "typing": true}),
            "setPresence" => json!({"away": false}),
            "sync" => json!({"since": null}),
            "startCall" => json!({ "conversation": of }),
            "acceptCall" | "rejectCall" | "joinCall" | "leaveCall" | "endCall" | "iceServers" => {
                json!({ "call": call })
            }
            "inviteToCall" | "removeFromCall" => json!({"call": call, "user": other}),
            "mediaOffer" => {
                let fingerprint = ["AB"; 32].join(":");
                json!({"call": call, "sdp": format!("v=0\r\na=fingerprint:sha-256 {fingerprint}\r\n")})
            }
            "setMuted" => json!({"call": call, "muted": true}),
            "callStats" => json!({"call": call, "rttMs": 20}),
            "networkTest" => json!({"step": "start"}),
            new => panic!("say here what is sent as {new}"),
        }
    }
}

#[tokio::test]
async fn every_event_answers_every_role_as_the_table_says() {
    let scene = Scene::new().await;
    let mut found = Vec::new();
    for event in ClientEvent::NAMES {
        let mut row = Vec::new();
        for role in 0..6 {
            row.push(scene.ask(event, role).await);
        }
        let refused = Socket::connect(&scene.house.url, json!({})).await.err().expect("no token, no socket");
        let Refused::Connect(error) = refused else { panic!("{refused:?}") };
        let error: Value = serde_json::from_str(error["message"].as_str().unwrap()).unwrap();
        row.push(error["code"].as_str().unwrap().to_owned());
        found.push((*event, row));
    }
    let table: Vec<(&str, Vec<String>)> =
        TABLE.iter().map(|(event, row)| (*event, row.map(str::to_owned).to_vec())).collect();
    for (event, row) in &found {
        let expected = table.iter().find(|(name, _)| name == event);
        let (_, expected) = expected.unwrap_or_else(|| panic!("{event} has no row"));
        assert_eq!(row, expected, "{event} for {ROLES:?}");
    }
    assert_eq!(table.len(), found.len(), "every row has an event");
}
