//! The original's database, as its code left it, is taken over into each store: once, and again without harm.
#![allow(clippy::disallowed_methods)]
#[path = "support/mongod.rs"]
mod mongod;

use std::process::Command;
use std::sync::Arc;

use charla::ids::{CallId, MessageId, UserId};
use charla::import::{Report, import};
use charla::model::{CallFilter, CallStatus, MessageStatus, Page};
use charla::store::Store;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};

/// bcrypt of "secret1", as bcryptjs writes it.
fn hash() -> String {
    bcrypt::hash("secret1", 4).unwrap().replace("$2b$", "$2a$")
}

fn id(n: u8) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[0] = 0x60;
    bytes[11] = n;
    ObjectId::from_bytes(bytes)
}

fn at(seconds: i64) -> DateTime {
    DateTime::from_millis(1_700_000_000_000 + seconds * 1000)
}

/// A database as the original leaves one: doubtful names, statuses of every age, references to nobody.
async fn original() -> String {
    let url = mongod::fresh_url();
    let db = mongodb::Client::with_uri_str(&url).await.unwrap().default_database().unwrap();
    let user = |n: u8, name: &str, email: &str| doc! {"_id": id(n), "username": name, "email": email, "password": hash(), "createdAt": at(n.into()), "__v": 0};
    let users = [
        user(1, "Alice", "alice@example.org"),
        user(2, "bob", "bob@example.org"),
        user(3, "alice", "other@example.org"),
        user(4, "   ", "ALICE@example.org"),
        doc! {"_id": id(5), "username": "plain", "email": "plain@example.org", "password": "not hashed"},
    ];
    db.collection::<Document>("users").insert_many(users).await.unwrap();
    let message = |n: u8, from: u8, to: u8, content: &str, status: &str| doc! {"_id": id(n), "fromUser": id(from), "toUser": id(to), "content": content, "status": status, "createdAt": at(n.into())};
    let messages = [
        message(22, 2, 1, "second", "sent"),
        message(21, 1, 2, "first", "read"),
        message(23, 1, 2, "third\u{0}\r\nline", "delivered"),
        message(24, 1, 99, "to nobody", "sent"),
        message(25, 1, 2, "  ", "sent"),
        message(26, 1, 3, "to the other alice", "sent"),
    ];
    db.collection::<Document>("messages").insert_many(messages).await.unwrap();
    let call = |n: u8, status: &str, end: Option<DateTime>| doc! {"_id": id(n), "caller": id(1), "receiver": id(2), "startTime": at(n.into()), "endTime": end, "status": status};
    let calls = [
        call(41, "completed", Some(at(101))),
        call(42, "answered", None),
        call(43, "finished", Some(at(53))),
        call(44, "initiated", None),
        call(45, "missed", None),
        call(46, "rejected", Some(at(50))),
    ];
    db.collection::<Document>("calls").insert_many(calls).await.unwrap();
    url
}

fn user(n: u8) -> UserId {
    UserId(id(n))
}

async fn check(store: Arc<dyn Store>, url: &str) {
    let report = import(url, &*store).await.unwrap();
    assert_eq!((report.users, report.messages, report.calls, report.known), (4, 4, 6, 0), "{report:?}");
    assert_eq!(report.remarks.len(), 4, "{report:?}");

    let alice = store.user_by_login("alice").await.unwrap().unwrap();
    assert_eq!(
        (alice.id, alice.username.as_str(), alice.password),
        (user(1), "Alice", store.user(user(1)).await.unwrap().unwrap().password)
    );
    let other = store.user_by_login("other@example.org").await.unwrap().unwrap();
    assert_eq!((other.id, other.username), (user(3), format!("user-{}", user(3))));
    let blank = store.user(user(4)).await.unwrap().unwrap();
    assert_eq!(
        (blank.username, blank.email),
        (format!("user-{}", user(4)), format!("{}@original.invalid", user(4)))
    );
    assert!(store.user(user(5)).await.unwrap().is_none());

    let first = store.message(MessageId(id(21))).await.unwrap().unwrap();
    let page = store.messages(first.conversation, Page::After { seq: 0, limit: 100 }).await.unwrap();
    let told: Vec<_> = page.iter().map(|m| (m.content.as_str(), m.status, m.created_at.0)).collect();
    let time = |n: u8| at(n.into()).timestamp_millis();
    assert_eq!(
        told,
        [
            ("first", MessageStatus::Read, time(21)),
            ("second", MessageStatus::Sent, time(22)),
            ("third\nline", MessageStatus::Delivered, time(23)),
        ]
    );

    let calls = store.calls_of(user(2), &CallFilter::default(), None, 100).await.unwrap();
    let statuses: Vec<CallStatus> = calls.iter().rev().map(|call| call.status).collect();
    use CallStatus::{Completed, Missed, Rejected};
    assert_eq!(statuses, [Completed, Completed, Completed, Missed, Missed, Rejected]);
    let long = store.call(CallId(id(41))).await.unwrap().unwrap();
    assert_eq!((long.duration_seconds, long.conversation), (60, first.conversation));
    assert!(calls.iter().all(|call| call.end_time.is_some()), "nothing is live");

    let again = import(url, &*store).await.unwrap();
    let nothing = Report { users: 0, messages: 0, calls: 0, ..again.clone() };
    assert_eq!((again.known, &again), (14, &nothing));
    assert_eq!(store.count_users().await.unwrap(), 4);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_original_comes_over_into_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    let store = charla::store::open::open(&format!("sqlite:{}", dir.path().join("charla.db").display()))
        .await
        .unwrap();
    check(store, &original().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_original_comes_over_into_mongodb() {
    let store = charla::store::open::open(&mongod::fresh_url()).await.unwrap();
    check(store, &original().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_imports_by_the_command_line_and_people_sign_in_as_before() {
    let dir = tempfile::tempdir().unwrap();
    let url = original().await;
    let command = async |from: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_charla"));
        command.args(["import-original", "--from", from]).current_dir(dir.path());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    };
    let (done, said) = command(&url).await;
    assert!(done && said.contains("4 users, 4 messages and 6 calls"), "{said}");
    let (done, said) = command(&url).await;
    assert!(done && said.contains("14 were there already"), "{said}");
    let (done, said) = command("mongodb://127.0.0.1:1/").await;
    assert!(!done && said.contains("names no database"), "{said}");
    let store = charla::store::open::open(&format!("sqlite:{}", dir.path().join("data/charla.db").display()))
        .await
        .unwrap();
    let bob = store.user_by_login("BOB").await.unwrap().unwrap();
    assert!(bcrypt::verify("secret1", &bob.password).unwrap());
    store.close().await;
}
