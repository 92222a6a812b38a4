//! A MongoDB database as the first version left it is brought up to date and served by this one, however often it is begun
//! and by how many; what came later is absent from its documents. Who comes beside a server changes nothing that a server
//! would have to know of. (For SQLite: `src/store/sqlite/migration_tests.rs`.)

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
    let query = SearchQuery::of(user, vec![word.to_owned()]);
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

/// What the database says of itself.
async fn meta(db: &Database) -> Document {
    db.collection::<Document>("meta").find_one(doc! { "_id": "charla" }).await.unwrap().unwrap()
}

async fn set(db: &Database, change: Document) {
    let meta = db.collection::<Document>("meta");
    meta.update_one(doc! { "_id": "charla" }, vec![doc! { "$set": change }]).await.unwrap();
}

async fn indexes(db: &Database, collection: &str) -> Vec<String> {
    let mut names = db.collection::<Document>(collection).list_index_names().await.unwrap_or_default();
    names.sort();
    names
}

/// What holds the lock until so many milliseconds from now.
fn held(ms: i64) -> Document {
    doc! { "migration": { "by": 7_i64, "until": { "$add": ["$$NOW", ms] } } }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_older_database_is_brought_up_to_date_once_by_many_and_again_after_a_crash() {
    let bed = Bed::mongodb();
    let db = database(&bed).await;
    let first = write(&db).await;
    let at_once = futures_util::future::join_all((0..4).map(|_| bed.open()));
    for store in at_once.await {
        assert!(store.has_owner().await.unwrap());
        store.close().await;
    }
    let done = meta(&db).await;
    assert_eq!((done.get_i64("format").ok(), done.get_i64("identity").ok()), (Some(2), Some(4711)));
    assert!(!done.contains_key("migration"), "the lock is let go of: {done}");
    let made = indexes(&db, "messages").await;
    assert!(made.contains(&"text".to_owned()), "{made:?}");
    // A server died in the middle of the step: part of it is done, and nobody let go of the lock.
    for format in [0_i64, 1] {
        set(&db, doc! { "format": format }).await;
        set(&db, held(-1)).await;
        db.collection::<Document>("messages").drop_index("text").await.unwrap();
        let store = bed.open().await;
        let done = meta(&db).await;
        assert_eq!((done.get_i64("format").ok(), done.contains_key("migration")), (Some(2), false), "{done}");
        let again = indexes(&db, "messages").await;
        assert!(made.iter().all(|name| again.contains(name)), "{again:?}");
        assert_eq!(found(&*store, UserId(first.ann), "morning").await, 1);
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_another_server_brings_it_up_to_date_a_database_is_not_touched() {
    let bed = Bed::mongodb();
    let db = database(&bed).await;
    write(&db).await;
    set(&db, held(3_600_000)).await;
    match open::open(&bed.url).await.map(drop) {
        Err(StoreError::Unavailable(why)) => assert!(why.contains("another server"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!((meta(&db).await.get_i64("format").ok(), indexes(&db, "files").await), (Some(1), vec![]));
    set(&db, held(-1)).await;
    bed.open().await.close().await;
    assert_eq!(meta(&db).await.get_i64("format").ok(), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_beside_a_server_refuses_another_format_and_changes_nothing() {
    let bed = Bed::mongodb();
    let db = database(&bed).await;
    write(&db).await;
    let before = meta(&db).await;
    let refusal = async || match open::beside(&bed.url).await.map(drop) {
        Err(StoreError::Unusable(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refusal().await.contains("Start its server once"));
    assert_eq!((meta(&db).await, indexes(&db, "users").await), (before, vec!["_id_".to_owned()]));
    bed.open().await.close().await;
    open::beside(&bed.url).await.unwrap().close().await;
    set(&db, doc! { "format": 99_i64 }).await;
    assert!(refusal().await.contains("use a newer Charla"));
    // An empty database is made whole by whoever comes first.
    let fresh = Bed::mongodb();
    open::beside(&fresh.url).await.unwrap().close().await;
    assert!(indexes(&database(&fresh).await, "users").await.len() > 1);
}
