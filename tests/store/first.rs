//! MongoDB documents as the first version wrote them are served by this one: what came later is absent from them. And who
//! comes beside a server changes nothing that a server would have to know of. (SQLite has numbered steps for this, and
//! `src/store/sqlite/migration_tests.rs`.)

use bson::oid::ObjectId;
use charla::ids::{CallId, ConversationId, MessageId, UserId};
use charla::model::{CallFilter, Page, SearchQuery};
use charla::store::{MessageChange, Store, StoreError, open};
use mongodb::bson::{Binary, DateTime, Document, Timestamp, doc, spec::BinarySubtype};
use mongodb::{Client, Database};

use super::bed::{Bed, message, now, oid};

struct First {
    ann: ObjectId,
    bob: ObjectId,
    talk: ObjectId,
    call: ObjectId,
    messages: [ObjectId; 2],
}

fn user(id: ObjectId, name: &str, role: &str) -> Document {
    let email = format!("{name}@x");
    doc! {
        "_id": id, "username": name, "usernameKey": name, "email": &email, "emailKey": &email, "password": "-",
        "role": role, "disabled": false, "createdAt": DateTime::from_millis(1),
    }
}

fn call(first: &First) -> Document {
    let direction =
        doc! { "packets": 1_i64, "lost": 0_i64, "lossPct": 0.0, "jitterMs": 0.0, "worstJitterMs": 0.0 };
    let leg = doc! {
        "user": first.ann, "device": null, "rangAt": DateTime::from_millis(5), "answeredAt": null,
        "connectedAt": null, "leftAt": null, "reason": "hungUp", "setupMs": 7_i64, "paths": ["udp"], "reconnects": 1,
        "muted": false, "quality": { "rttMs": 1.5, "worstRttMs": 2.5, "up": &direction, "down": &direction },
    };
    doc! {
        "_id": first.call, "conversation": first.talk, "caller": first.ann, "receiver": first.bob,
        "users": [first.ann, first.bob], "open": false, "startTime": DateTime::from_millis(5),
        "answerTime": DateTime::from_millis(6), "connectTime": null, "endTime": DateTime::from_millis(60_006),
        "durationSeconds": 60_i64, "status": "completed", "reason": "hungUp", "legs": [leg], "node": "here", "epoch": null,
    }
}

/// What the first version left behind.
async fn write(db: &Database) -> First {
    let first = First { ann: oid(), bob: oid(), talk: oid(), call: oid(), messages: [oid(), oid()] };
    let (ann, bob, talk) = (first.ann, first.bob, first.talk);
    let put = async |name: &str, documents: Vec<Document>| {
        db.collection::<Document>(name).insert_many(documents).await.unwrap();
    };
    put("meta", vec![doc! { "_id": "charla", "format": 1_i64, "identity": 4711_i64 }]).await;
    put("users", vec![user(ann, "ann", "owner"), user(bob, "bob", "member")]).await;
    let hash = Binary { subtype: BinarySubtype::Generic, bytes: vec![7; 32] };
    let at = DateTime::from_millis(9_000_000_000_000);
    let session = doc! {
        "_id": oid(), "user": ann, "tokenHash": hash, "previousHash": null, "rotatedAt": at, "createdAt": at,
        "lastSeenAt": at, "expiresAt": at, "userAgent": "Netscape",
    };
    put("sessions", vec![session]).await;
    let stamp = |increment| Timestamp { time: 1_700_000_000, increment };
    let pair = format!("{}-{}", ann.min(bob), ann.max(bob));
    let conversation = doc! {
        "_id": talk, "kind": "direct", "pair": pair, "members": [ann, bob], "lastSeq": 2_i64,
        "createdAt": DateTime::from_millis(1), "updatedAt": DateTime::from_millis(2), "changed": stamp(2),
    };
    put("conversations", vec![conversation]).await;
    let receipt = doc! {
        "conversation": talk, "user": bob, "audience": [ann, bob], "deliveredSeq": 2_i64, "readSeq": 1_i64,
        "changed": stamp(3),
    };
    put("receipts", vec![receipt]).await;
    let message = |n: usize, from: ObjectId, to: ObjectId, content: &str| {
        let seq = i64::try_from(n).unwrap() + 1;
        doc! {
            "_id": first.messages[n], "conversation": talk, "seq": seq, "fromUser": from, "toUser": to,
            "content": content, "clientId": format!("c{n}"), "createdAt": DateTime::from_millis(seq),
            "changed": stamp(u32::try_from(seq).unwrap()),
        }
    };
    put("messages", vec![message(0, ann, bob, "good morning"), message(1, bob, ann, "Guten Tag")]).await;
    put("calls", vec![call(&first)]).await;
    first
}

async fn database(bed: &Bed) -> Database {
    let name = bed.url.rsplit('/').next().unwrap();
    Client::with_uri_str(&bed.url).await.unwrap().database(name)
}

async fn found(store: &dyn Store, user: UserId, word: &str) -> usize {
    let words = vec![word.to_owned()];
    let query =
        SearchQuery { user, words, from: None, conversation: None, before: None, after: None, upto: None };
    store.search_messages(&query, 9).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_first_version_wrote_is_served_by_this_one() {
    let bed = Bed::mongodb();
    let first = write(&database(&bed).await).await;
    let store = bed.open().await;
    let (ann, bob, talk) = (UserId(first.ann), UserId(first.bob), ConversationId(first.talk));
    assert_eq!(store.user_by_login("ann").await.unwrap().unwrap().id, ann);
    assert!(store.has_owner().await.unwrap());
    assert_eq!(store.sessions_of(ann).await.unwrap()[0].user_agent, "Netscape");
    let known = store.conversation(talk).await.unwrap().unwrap();
    assert_eq!((known.last_seq, known.rev, known.members.len(), known.name), (2, 0, 2, None));
    let all = store.messages(talk, Page::After { seq: 0, limit: 9 }).await.unwrap();
    assert_eq!((all.len(), all[0].to_user, all[0].rev, all[0].edited_at), (2, Some(bob), 0, None));
    let synced = store.sync(ann, None, 9).await.unwrap();
    assert_eq!(synced.conversations[0].messages.len(), 2);
    assert_eq!((found(&*store, ann, "morning").await, found(&*store, bob, "tag").await), (1, 1));
    let calls = store.calls_of(bob, &CallFilter::default(), None, 9).await.unwrap();
    assert_eq!((calls.len(), calls[0].legs[0].quality.rtt_ms), (1, Some(1.5)));
    assert!(store.call_timeline(CallId(first.call)).await.unwrap().is_empty());

    let edit = MessageChange::Edit("good evening".into());
    store.change_message(MessageId(first.messages[0]), ann, edit, now()).await.unwrap();
    assert_eq!((found(&*store, bob, "evening").await, found(&*store, bob, "morning").await), (1, 0));
    assert_eq!(store.append_message(message(talk, ann, "c3")).await.unwrap().message.seq, 3);
    store.mark(talk, bob, 3, 3).await.unwrap();
    let next = store.sync(ann, Some(&synced.next), 9).await.unwrap();
    let news = &next.conversations[0];
    assert_eq!((news.messages.len(), news.changed.len()), (1, 1));
    assert!(
        news.summary.conversation.members.iter().any(|member| member.user == bob && member.read_seq == 3)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_beside_a_server_makes_no_index_and_refuses_another_format() {
    let bed = Bed::mongodb();
    let db = database(&bed).await;
    write(&db).await;
    let indexes = async || db.collection::<Document>("users").list_index_names().await.unwrap();
    let store = open::beside(&bed.url).await.unwrap();
    assert!(store.user_by_login("bob").await.unwrap().is_some());
    store.close().await;
    assert_eq!(indexes().await, ["_id_"]);
    bed.open().await.close().await;
    assert!(indexes().await.len() > 1);
    let meta = db.collection::<Document>("meta");
    meta.update_one(doc! { "_id": "charla" }, doc! { "$set": { "format": 2_i64 } }).await.unwrap();
    match open::beside(&bed.url).await.map(drop) {
        Err(StoreError::Unusable(why)) => assert!(why.contains("use a newer Charla"), "{why}"),
        other => panic!("{other:?}"),
    }
    // An empty database is made whole by whoever comes first.
    let fresh = Bed::mongodb();
    open::beside(&fresh.url).await.unwrap().close().await;
    let users = database(&fresh).await.collection::<Document>("users");
    assert!(users.list_index_names().await.unwrap().len() > 1);
}
