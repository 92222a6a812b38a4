//! Backup and restore as an operator does them: of a server that is being written to, into a place that is empty.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use charla::clock::{Clock as _, SystemClock};
use charla::ids::{ConversationId, MessageId, UserId};
use charla::model::{Page, Role, User};
use charla::random::Random;
use charla::store::{NewMessage, Store};
use charla::{Options, config::Config};

fn charla(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_charla")).args(arguments).current_dir(dir).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn config(dir: &Path) -> Config {
    let mut config = Config::default();
    config.server.listen = vec!["127.0.0.1:0".parse().unwrap()];
    config.resolve_paths(dir);
    config
}

async fn open(dir: &Path) -> std::sync::Arc<dyn Store> {
    let url = format!("sqlite:{}", dir.join("data/charla.db").display());
    charla::store::open::open(&url).await.unwrap()
}

async fn person(store: &dyn Store, random: &Random, name: &str) -> UserId {
    let id = UserId(random.object_id(SystemClock.now()));
    let user = User {
        id,
        username: name.into(),
        email: format!("{name}@example.org"),
        password: "-".into(),
        role: Role::Member,
        disabled: false,
        created_at: SystemClock.now(),
    };
    store.create_user(user).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::too_many_lines, reason = "one journey, step by step")]
async fn what_is_backed_up_from_a_running_server_comes_back_elsewhere() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let running = charla::start(config(here.path()), Options::default()).await.unwrap();
    let store = open(here.path()).await;
    let random = Random::system();
    let (anna, berta) = (person(&*store, &random, "anna").await, person(&*store, &random, "berta").await);
    let now = SystemClock.now();
    let id = ConversationId(random.object_id(now));
    store.open_direct(id, anna, berta, now).await.unwrap();
    fs::create_dir_all(here.path().join("data/files/ab")).unwrap();
    fs::write(here.path().join("data/files/ab/cd"), "a picture").unwrap();

    // Somebody writes all the time; what was acknowledged before the backup began has to be in it.
    let write = async |n: usize| {
        let message = NewMessage {
            id: MessageId(random.object_id(SystemClock.now())),
            conversation: id,
            from_user: anna,
            content: format!("message {n}"),
            client_id: format!("c{n}"),
            reply_to: None,
            system: None,
            attachments: Vec::new(),
            created_at: SystemClock.now(),
        };
        store.append_message(message).await.unwrap();
    };
    for n in 0..50 {
        write(n).await;
    }
    let dir = here.path().to_owned();
    let backing = tokio::task::spawn_blocking(move || charla(&dir, &["backup", "kept"]));
    let mut n = 50;
    while !backing.is_finished() {
        write(n).await;
        n += 1;
    }
    let output = backing.await.unwrap();
    assert!(output.status.success(), "{}", said(&output));
    running.stop().await;
    store.close().await;

    let kept = here.path().join("kept");
    for file in ["data/charla.db", "data/token.key", "data/files/ab/cd", "certs/ca.key", "backup.json"] {
        let mode = fs::metadata(kept.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o700);
    for never in ["data/lock", "data/owner-link.txt", "data/charla.db-wal"] {
        assert!(!kept.join(never).exists(), "{never}");
    }
    let again = charla(here.path(), &["backup", "kept"]);
    assert!(!again.status.success() && said(&again).contains("is there already"), "{}", said(&again));
    let full = charla(here.path(), &["restore", "kept"]);
    assert!(!full.status.success() && said(&full).contains("is not empty"), "{}", said(&full));

    let output = charla(there.path(), &["restore", kept.to_str().unwrap()]);
    assert!(output.status.success(), "{}", said(&output));
    let restored = open(there.path()).await;
    assert_eq!(restored.count_users().await.unwrap(), 2);
    let mut seen = Vec::new();
    loop {
        let seq = u64::try_from(seen.len()).unwrap();
        let page = restored.messages(id, Page::After { seq, limit: 100 }).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|message| message.content));
    }
    assert!((50..=n).contains(&seen.len()), "{} of {n}", seen.len());
    assert!(seen.iter().enumerate().all(|(n, content)| *content == format!("message {n}")));
    restored.close().await;
    for file in ["data/token.key", "data/node", "data/files/ab/cd", "certs/ca.key"] {
        let read = |dir: &Path| fs::read(dir.join(file)).unwrap();
        assert_eq!(read(here.path()), read(there.path()), "{file}");
    }
    charla::start(config(there.path()), Options::default()).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_backup_or_was_changed_is_refused_and_leaves_nothing() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let none = charla(here.path(), &["backup", "kept"]);
    assert!(!none.status.success() && said(&none).contains("nothing to back up"), "{}", said(&none));
    charla::start(config(here.path()), Options::default()).await.unwrap().stop().await;
    let output = charla(here.path(), &["backup", "kept"]);
    assert!(output.status.success(), "{}", said(&output));
    let kept = here.path().join("kept");
    let refused = |words: &str| {
        let output = charla(there.path(), &["restore", kept.to_str().unwrap()]);
        assert!(!output.status.success() && said(&output).contains(words), "{}", said(&output));
        assert_eq!(fs::read_dir(there.path()).unwrap().count(), 0);
    };
    let key = fs::read(kept.join("data/token.key")).unwrap();
    fs::write(kept.join("data/token.key"), "x").unwrap();
    refused("is not what was backed up");
    fs::remove_file(kept.join("data/token.key")).unwrap();
    refused("is not what was backed up");
    fs::write(kept.join("data/token.key"), key).unwrap();
    // A backup that names a file elsewhere.
    let manifest = fs::read_to_string(kept.join("backup.json")).unwrap();
    fs::write(kept.join("backup.json"), manifest.replace("data/token.key", "data/../../token.key")).unwrap();
    refused("is not what was backed up");
    fs::write(kept.join("backup.json"), "{}").unwrap();
    refused("is no backup");
}
