//! Closing, and what one engine alone must do: refusing what it cannot use, and living through a full disk.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use charla::model::Page;
use charla::store::{StoreError, open::open};
use mongodb::Client;
use mongodb::bson::{Document, doc};

use super::bed::{Bed, join, message, oid, pair, write};
use super::mongod::{Kind, Mongod};

pub async fn a_closed_store_refuses_and_has_lost_nothing(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let appends: Vec<_> = (0..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.append_message(message(id, anna, &format!("c{n}"))).await })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    let mut acknowledged = 0;
    for append in appends {
        match append.await.unwrap() {
            Ok(_) => acknowledged += 1,
            Err(StoreError::Unavailable(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    let refused = store.append_message(message(id, anna, "late")).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    store.close().await;
    let again = bed.open().await;
    let found = again.messages(id, Page::After { seq: 0, limit: 99 }).await.unwrap();
    assert_eq!(found.len(), acknowledged);
}

async fn refusal(url: &str) -> String {
    match open(url).await.map(drop) {
        Err(StoreError::Unusable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_url_that_names_no_store_is_refused() {
    for (url, word) in [
        ("", "begins with"),
        ("postgres://here/there", "begins with"),
        ("sqlite:", "path is missing"),
        ("sqlite:/nowhere/at/all/charla.db", "/nowhere/at/all"),
        ("mongodb://", "URL cannot be used"),
        ("mongodb://host:port/x", "URL cannot be used"),
    ] {
        let why = refusal(url).await;
        assert!(why.contains(word), "{url}: {why}");
    }
}

#[tokio::test]
async fn sqlite_refuses_damage_and_keeps_the_file_private() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    write(&*store, id, anna, 50).await;
    let path = bed.url.strip_prefix("sqlite:").unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let mode = std::fs::metadata(format!("{path}{suffix}")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
    store.close().await;
    let whole = std::fs::read(path).unwrap();
    for damage in [whole[..whole.len() / 2].to_vec(), b"{}".to_vec(), Vec::new()] {
        std::fs::write(path, &damage).unwrap();
        let why = refusal(&bed.url).await;
        assert!(why.contains(path) && why.contains("restore it from a backup"), "{why}");
        assert_eq!(std::fs::read(path).unwrap(), damage, "left alone");
    }
    std::fs::write(path, &whole).unwrap();
    assert_eq!(bed.open().await.conversation(id).await.unwrap().unwrap().last_seq, 50);
}

#[tokio::test]
async fn mongodb_says_what_is_wrong_and_how_to_mend_it() {
    let down = "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=300";
    assert!(matches!(open(down).await, Err(StoreError::Unavailable(_))));

    let standalone = Mongod::start(Kind::Standalone);
    let why = refusal(&standalone.url("x")).await;
    assert!(
        why.contains("standalone") && why.contains("--replSet rs0") && why.contains("rs.initiate()"),
        "{why}"
    );

    let uninitiated = Mongod::start(Kind::Uninitiated);
    match open(&format!("{}?serverSelectionTimeoutMS=1000", uninitiated.url("x"))).await.map(drop) {
        Err(StoreError::Unavailable(why)) => assert!(why.contains("rs.initiate()"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn mongodb_refuses_foreign_and_newer_databases() {
    let bed = Bed::mongodb();
    let name = bed.url.rsplit('/').next().unwrap();
    let db = Client::with_uri_str(&bed.url).await.unwrap().database(name);
    db.collection::<Document>("users").insert_one(doc! { "username": "theirs" }).await.unwrap();
    assert!(refusal(&bed.url).await.contains("another program"));
    db.collection::<Document>("users").delete_many(doc! {}).await.unwrap();
    bed.open().await;
    let meta = db.collection::<Document>("meta");
    meta.update_one(doc! { "_id": "charla" }, doc! { "$set": { "format": 99_i64 } }).await.unwrap();
    assert!(refusal(&bed.url).await.contains("use a newer Charla"));
}

#[tokio::test]
async fn every_query_of_mongodb_has_an_index() {
    let bed = Bed::mongodb();
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let name = bed.url.rsplit('/').next().unwrap();
    let client = Client::with_uri_str(&bed.url).await.unwrap();
    let db = client.database(name);
    // The profiler keeps what every operation examined.
    db.run_command(doc! { "profile": 2 }).await.unwrap();
    let (from, until) = (super::bed::now(), super::bed::now());
    write(&*store, id, anna, 3).await;
    store.mark(id, bert, 2, 1).await.unwrap();
    store.conversations_of(anna, None, 9).await.unwrap();
    store.contacts_of(anna).await.unwrap();
    store.messages(id, Page::Before { seq: None, limit: 2 }).await.unwrap();
    let token = store.sync(anna, None, 9).await.unwrap().next;
    store.sync(anna, Some(&token), 9).await.unwrap();
    let session = super::bed::session(anna);
    store.create_session(session.clone()).await.unwrap();
    store.session_by_token(&session.token_hash).await.unwrap();
    store.session_by_token(&super::bed::hash()).await.unwrap();
    store.sessions_of(anna).await.unwrap();
    store.expire_sessions(from).await.unwrap();
    store.user_by_login("nobody").await.unwrap();
    store.find_users("an", 9).await.unwrap();
    store.has_owner().await.unwrap();
    let filter = charla::model::CallFilter {
        with: Some(bert),
        from: Some(from),
        to: Some(until),
        ..Default::default()
    };
    store.calls_of(anna, &filter, None, 9).await.unwrap();
    store.stale_calls("here", charla::ids::EpochId(oid())).await.unwrap();
    let scans =
        doc! { "planSummary": { "$regex": "COLLSCAN" }, "ns": { "$not": { "$regex": "system|meta" } } };
    let scan = db.collection::<Document>("system.profile").find_one(scans).await.unwrap();
    assert_eq!(scan, None);
}

/// In a child of its own whose files may not grow beyond a limit, until it lifts that itself: what a full disk does.
#[tokio::test]
async fn sqlite_lives_through_a_full_disk() {
    if std::env::var_os("CHARLA_TEST_FULL").is_some() {
        return full_disk().await;
    }
    let test = "engines::sqlite_lives_through_a_full_disk";
    let exe = std::env::current_exe().unwrap();
    // The signal for an exceeded limit is ignored, so that the write fails as it does on a full disk.
    let script = r#"trap "" XFSZ; ulimit -S -f 1024; exec "$0" --exact "$1" --nocapture"#;
    let mut child = Command::new("sh");
    child.args(["-c", script]).arg(exe).arg(test).env("CHARLA_TEST_FULL", "1").stdin(Stdio::null());
    let out = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));
    assert!(text.contains("recovered"), "{text}");
}

async fn full_disk() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let mut acknowledged = 0;
    let mut refused = 0;
    while refused < 5 {
        assert!(acknowledged < 10_000, "the limit does not bite");
        let mut new = message(id, anna, &format!("c{acknowledged}-{refused}"));
        new.content = "x".repeat(4096);
        match store.append_message(new).await {
            Ok(_) => acknowledged += 1,
            Err(StoreError::Unavailable(_)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    let stored = store.messages(id, Page::After { seq: 0, limit: 99_999 }).await.unwrap();
    assert_eq!(stored.len(), acknowledged, "no false acknowledgement");
    let pid = std::process::id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap().success());
    write(&*store, id, bert, 100).await;
    store.close().await;
    let stored = bed.open().await.messages(id, Page::After { seq: 0, limit: 99_999 }).await.unwrap();
    assert_eq!(stored.len(), acknowledged + 100);
    println!("recovered after {acknowledged}");
}
