//! Databases of every earlier format, with data in every table that the first one had, opened by this version.

use bson::oid::ObjectId;

use super::*;
use crate::clock::Timestamp;
use crate::ids::{CallId, ConversationId, MessageId, UserId};
use crate::model::{CallFilter, CallStatus, Page, SearchQuery};
use crate::store::people::PeopleStore as _;
use crate::store::search::SearchStore as _;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::changes::change;
use crate::store::sqlite::lanes::Lane;
use crate::store::sqlite::messages::append;
use crate::store::sqlite::threads::Tx;
use crate::store::{MessageChange, NewMessage, Store as _};

/// As the first version wrote it. Every column is named, so it is taken by all that came later.
const FIRST: &str = r#"
INSERT INTO users (id, username, username_key, email, email_key, password, role, disabled, created_at) VALUES
  (x'00000000000000000000000a', 'Ann', 'ann', 'ann@x', 'ann@x', '$argon2id$', 'owner', 0, 1000),
  (x'00000000000000000000000b', 'Bob', 'bob', 'bob@x', 'bob@x', '$argon2id$', 'member', 1, 1001);
INSERT INTO sessions (id, user, token_hash, previous_hash, rotated_at, created_at, last_seen_at, expires_at, user_agent)
  VALUES (x'000000000000000000000001', x'00000000000000000000000a', zeroblob(32), NULL, 1, 1, 1, 9000000000000, 'Netscape');
INSERT INTO conversations (id, kind, pair, last_seq, created_at, updated_at, changed)
  VALUES (x'0000000000000000000000c0', 'direct', x'00000000000000000000000a00000000000000000000000b', 2, 1, 2, 3);
INSERT INTO members (conversation, user, delivered_seq, read_seq) VALUES
  (x'0000000000000000000000c0', x'00000000000000000000000a', 2, 2),
  (x'0000000000000000000000c0', x'00000000000000000000000b', 1, 1);
INSERT INTO messages (n, id, conversation, seq, from_user, client_id, content, reply_to, created_at) VALUES
  (1, x'0000000000000000000000e1', x'0000000000000000000000c0', 1, x'00000000000000000000000a', 'c1', 'good morning', NULL, 1),
  (2, x'0000000000000000000000e2', x'0000000000000000000000c0', 2, x'00000000000000000000000b', 'c2', 'Grüß dich',
   x'0000000000000000000000e1', 2);
UPDATE store SET change = 3;
INSERT INTO calls (id, start_time, status, open, node, epoch, record) VALUES (x'0000000000000000000000d0', 5, 'completed', 0,
  'here', x'000000000000000000000002', '{"id":"0000000000000000000000d0","conversation":"0000000000000000000000c0",
  "caller":"00000000000000000000000a","receiver":"00000000000000000000000b","startTime":"2026-01-02T03:04:05.678Z",
  "answerTime":"2026-01-02T03:04:06.000Z","connectTime":null,"endTime":"2026-01-02T03:05:06.000Z","durationSeconds":60,
  "status":"completed","reason":"hungUp","legs":[{"user":"00000000000000000000000a","device":null,
  "rangAt":"2026-01-02T03:04:05.678Z","answeredAt":null,"connectedAt":null,"leftAt":null,"reason":"mediaLost","setupMs":7,
  "paths":["udp"],"reconnects":1,"muted":false,"quality":{"rttMs":1.5,"worstRttMs":2.5,
  "up":{"packets":1,"lost":0,"lossPct":0.0,"jitterMs":0.0,"worstJitterMs":0.0},
  "down":{"packets":1,"lost":0,"lossPct":0.0,"jitterMs":0.0,"worstJitterMs":0.0}}}]}');
INSERT INTO call_users (user, start_time, call) VALUES
  (x'00000000000000000000000a', 5, x'0000000000000000000000d0'), (x'00000000000000000000000b', 5, x'0000000000000000000000d0');
INSERT INTO nodes (node, epoch, at) VALUES ('here', x'000000000000000000000002', 6);
"#;

const ANN: UserId = UserId(ObjectId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a]));
const BOB: UserId = UserId(ObjectId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b]));
const TALK: ConversationId = ConversationId(ObjectId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0]));
const CALL: CallId = CallId(ObjectId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xd0]));
const MORNING: MessageId = MessageId(ObjectId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe1]));

async fn found(store: &Sqlite, word: &str) -> Vec<String> {
    let query = SearchQuery::of(ANN, vec![word.to_owned()]);
    let hits = store.search_messages(&query, 9).await.unwrap();
    hits.into_iter().map(|message| message.content).collect()
}

fn new(id: u8, content: &str) -> NewMessage {
    NewMessage {
        id: MessageId(ObjectId::from_bytes([id; 12])),
        conversation: TALK,
        from_user: ANN,
        content: content.into(),
        client_id: format!("new {id}"),
        reply_to: None,
        system: None,
        attachments: Vec::new(),
        created_at: Timestamp(9_000),
    }
}

/// Everything that was there is told as before, and takes what came later.
async fn serves(store: &Sqlite) {
    let ann = store.user_by_login("ann").await.unwrap().unwrap();
    assert_eq!((ann.id, ann.email.as_str(), ann.disabled), (ANN, "ann@x", false));
    assert!(store.user(BOB).await.unwrap().unwrap().disabled && store.has_owner().await.unwrap());
    assert_eq!(store.sessions_of(ANN).await.unwrap()[0].user_agent, "Netscape");
    let talk = store.conversation(TALK).await.unwrap().unwrap();
    assert_eq!((talk.last_seq, talk.members[1].read_seq, talk.members[0].from_seq), (2, 1, 0));
    let all = store.messages(TALK, Page::After { seq: 0, limit: 9 }).await.unwrap();
    assert_eq!((all.len(), all[1].reply_to, all[0].to_user), (2, Some(MORNING), Some(BOB)));
    let synced = store.sync(ANN, None, 9).await.unwrap();
    assert_eq!(synced.conversations[0].messages.len(), 2);
    assert_eq!(found(store, "dich").await, ["Grüß dich"]);
    let calls = store.calls_of(BOB, &CallFilter::default(), None, 9).await.unwrap();
    assert_eq!(
        (calls.len(), calls[0].status, calls[0].legs[0].quality.rtt_ms),
        (1, CallStatus::Completed, Some(1.5))
    );
    assert!(store.call_timeline(CALL).await.unwrap().is_empty());

    let now = Timestamp(9_000);
    let edit = MessageChange::Edit("good evening".into());
    store.change_message(MORNING, ANN, edit, now).await.unwrap();
    assert_eq!((found(store, "evening").await.len(), found(store, "morning").await.len()), (1, 0));
    assert_eq!(store.append_message(new(9, "and hello")).await.unwrap().message.seq, 3);
    let next = store.sync(ANN, Some(&synced.next), 9).await.unwrap();
    assert_eq!((next.conversations[0].messages.len(), next.conversations[0].changed.len()), (1, 1));
    assert!(store.blocks_around(ANN).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_every_earlier_format_held_is_served_by_this_version() {
    for format in 1..NEWEST {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("charla.db");
        prepare_with(&path, &STEPS[..format], Opening::Migrate).unwrap();
        connect(&path).unwrap().execute_batch(FIRST).unwrap();
        let store = Sqlite::open(&path).await.unwrap();
        serves(&store).await;
        store.close().await;
        assert_eq!(examine(&path).unwrap(), NEWEST);
        // The copy that was kept is the old database still.
        let copy = connect(&beside(&path, &format!(".format-{format}.bak"))).unwrap();
        let kept: i64 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        let messages: i64 = copy.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).unwrap();
        assert_eq!((kept, messages), (i64::try_from(format).unwrap(), 2));
    }
}

/// What the index has is compared with the messages, word for word, by FTS5 itself.
async fn index_is_whole(store: &Sqlite) {
    let check = "INSERT INTO messages_index (messages_index, rank) VALUES ('integrity-check', 1)";
    let checked =
        store.threads.write(Lane::Normal, move |tx| Ok(tx.conn.execute(check, []).map(drop)?)).await;
    assert!(checked.is_ok(), "{checked:?}");
}

#[tokio::test]
async fn what_comes_and_changes_in_one_transaction_is_found_as_it_ended() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("charla.db");
    prepare_with(&path, &STEPS[..1], Opening::Migrate).unwrap();
    connect(&path).unwrap().execute_batch(FIRST).unwrap();
    let store = Sqlite::open(&path).await.unwrap();
    store.append_message(new(1, "walnut earlier")).await.unwrap();
    let all = |tx: &Tx<'_>| {
        let now = Timestamp(9_001);
        let edit = |id: MessageId, text: &str| change(tx, id, ANN, &MessageChange::Edit(text.into()), now);
        let [kept, edited, gone] = [new(2, "walnut kept"), new(3, "walnut edited"), new(4, "walnut gone")];
        for message in [&kept, &edited, &gone] {
            append(tx, message)?;
        }
        edit(edited.id, "hazelnut, then")?;
        edit(edited.id, "hazelnut")?;
        edit(MessageId(ObjectId::from_bytes([1; 12])), "almond")?;
        change(tx, gone.id, ANN, &MessageChange::Delete, now).map(drop)
    };
    store.threads.write(Lane::Normal, all).await.unwrap();
    assert_eq!(found(&store, "walnut").await, ["walnut kept"]);
    assert_eq!(found(&store, "hazelnut").await, ["hazelnut"]);
    assert_eq!(found(&store, "almond").await, ["almond"]);
    index_is_whole(&store).await;
    // What is taken back by itself leaves nothing in the index, and what comes after it is found.
    let refused = store.threads.write(Lane::Normal, |tx| {
        append(tx, &new(5, "walnut refused"))?;
        Err::<(), _>(StoreError::Missing)
    });
    let (refused, taken) = tokio::join!(refused, store.append_message(new(6, "walnut taken")));
    assert!(refused.is_err() && taken.is_ok());
    assert_eq!(found(&store, "walnut").await, ["walnut taken", "walnut kept"]);
    index_is_whole(&store).await;
    // Whole conversations go with their messages.
    let forget = |tx: &Tx<'_>| {
        append(tx, &new(7, "walnut never"))?;
        Ok(tx.conn.execute("DELETE FROM messages", []).map(drop)?)
    };
    store.threads.write(Lane::Normal, forget).await.unwrap();
    assert!(found(&store, "walnut").await.is_empty());
    index_is_whole(&store).await;
    store.close().await;
}
