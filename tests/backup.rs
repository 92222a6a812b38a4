//! Backup and restore as an operator does them: of a server that is being written to, into a place that is empty.
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod server;
}

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::server::{Person, Server};

/// The database's name in a backup, and another file that always is in one.
const DATABASE: &str = "data/charla.db";
const KEY: &str = "data/token.key";

fn charla(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_charla")).args(arguments).current_dir(dir).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The files in a backup, as anybody's tar reads them.
fn unpacked(backup: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = zstd::decode_all(fs::File::open(backup).unwrap()).unwrap();
    let mut archive = tar::Archive::new(bytes.as_slice());
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        assert_eq!(entry.header().mode().unwrap(), 0o600);
        let (name, mut bytes) = (entry.path().unwrap().display().to_string(), Vec::new());
        entry.read_to_end(&mut bytes).unwrap();
        (name, bytes)
    });
    entries.collect()
}

/// A backup made by hand: what it says of itself first, the sums last and right.
fn packed(to: &Path, mut files: BTreeMap<String, Vec<u8>>) {
    files.remove("SHA256SUMS");
    let about = files.remove("charla-backup.json").unwrap();
    let mut all = vec![("charla-backup.json".to_owned(), about)];
    all.extend(files);
    let sum = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let sums: String = all.iter().map(|(name, bytes)| format!("{}  {name}\n", sum(bytes))).collect();
    all.push(("SHA256SUMS".into(), sums.into_bytes()));
    let mut archive = tar::Builder::new(zstd::Encoder::new(fs::File::create(to).unwrap(), 1).unwrap());
    for (name, bytes) in all {
        let mut header = tar::Header::new_gnu();
        // Past `set_path`, which would refuse what leaves the directory.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len().try_into().unwrap());
        header.set_mode(0o600);
        header.set_cksum();
        archive.append(&header, bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

/// What was acknowledged: message id, its text, and its attachment with what is in that.
type Written = (String, String, Option<(String, Vec<u8>)>);

async fn write(anna: &Person, server: &Server, conversation: &str, n: usize) -> Written {
    let bytes = format!("the attachment of message {n}").into_bytes();
    let upload =
        server.http.post(format!("{}/api/v1/files?name={n}.txt", server.url)).bearer_auth(&anna.token);
    let upload =
        upload.header("content-type", "application/octet-stream").body(bytes.clone()).send().await.unwrap();
    // After some the server asks to wait; words alone go on.
    let file = match upload.status().as_u16() {
        201 => Some(upload.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()),
        429 => None,
        other => panic!("{other}"),
    };
    let content = format!("message {n}");
    let attachments: Vec<&String> = file.iter().collect();
    let body = json!({"clientId": format!("c{n}"), "content": content, "attachments": attachments});
    let path = format!("/conversations/{conversation}/messages");
    let sent = anna.send(Method::POST, &path, Some(body)).await.unwrap();
    assert_eq!(sent.status(), 201);
    let id = sent.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    (id, content, file.map(|file| (file, bytes)))
}

async fn history(anna: &Person, conversation: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.last().map_or(0, |message| message["seq"].as_u64().unwrap());
        let path = format!("/conversations/{conversation}/messages?after={after}&limit=100");
        match anna.get(&path).await["messages"].as_array().unwrap() {
            page if page.is_empty() => return all,
            page => all.extend(page.clone()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_backed_up_under_load_is_served_elsewhere_messages_and_attachments_alike() {
    let loose = "[limits]\nevents_per_second = 10000\nevents_burst = 100000\n";
    let (server, mut there) = (Server::start(loose).await, Server::start("").await);
    let (anna, berta) = (server.register("anna").await, server.register("berta").await);
    let opened = anna.send(Method::POST, "/conversations", Some(json!({"user": berta.id}))).await.unwrap();
    let id = opened.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let mut before = Vec::new();
    for n in 0..20 {
        before.push(write(&anna, &server, &id, n).await);
    }
    // Somebody writes all the time, and takes back the oldest, whose attachment is then forgotten.
    let (done, during) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let file = server.dir.path().join("kept.tar.zst");
    let backing = async {
        let dir = server.dir.path().to_owned();
        let backing = tokio::task::spawn_blocking(move || charla(&dir, &["backup", "kept.tar.zst"]));
        let output = backing.await.unwrap();
        done.store(true, Ordering::Release);
        output
    };
    let writing = async {
        let mut n = before.len();
        while !done.load(Ordering::Acquire) {
            let written = write(&anna, &server, &id, n).await;
            during.lock().unwrap().push(written);
            n += 1;
        }
    };
    let (output, ()) = tokio::join!(backing, writing);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    there.kill();
    for dir in ["data", "certs"] {
        fs::remove_dir_all(there.dir.path().join(dir)).unwrap();
    }
    let output = charla(there.dir.path(), &["restore", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", said(&output));
    there.up().await;
    // Her token of the old server is good at the new one: the key came along.
    let anna = anna.at(&there);
    let served = history(&anna, &id).await;
    let during = during.into_inner().unwrap();
    assert!((before.len()..=before.len() + during.len()).contains(&served.len()), "{}", served.len());
    let written: Vec<&Written> = before.iter().chain(&during).collect();
    for (message, (id, content, file)) in served.iter().zip(written) {
        assert_eq!(
            (message["id"].as_str(), message["content"].as_str()),
            (Some(&id[..]), Some(&content[..]))
        );
        assert_eq!(message["attachments"].as_array().map_or(0, Vec::len), usize::from(file.is_some()));
        if let Some((file, bytes)) = file {
            let read = anna.send(Method::GET, &format!("/files/{file}"), None).await.unwrap();
            assert_eq!((read.status().as_u16(), read.bytes().await.unwrap().as_ref()), (200, &bytes[..]));
        }
    }
    let authority = |server: &Server| fs::read(server.dir.path().join("certs/ca.crt")).unwrap();
    assert_eq!(authority(&server), authority(&there));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_a_plain_archive_and_nothing_is_overwritten() {
    let mut server = Server::start("").await;
    let dir = server.dir.path().to_owned();
    let none = charla(tempfile::tempdir().unwrap().path(), &["backup", "kept"]);
    assert!(!none.status.success() && said(&none).contains("nothing to back up"), "{}", said(&none));
    fs::write(dir.join("data/charla.db.format-1.bak"), "what a migration kept").unwrap();
    fs::create_dir_all(dir.join("data/files")).unwrap();
    fs::write(dir.join("data/files/0123.part"), "an upload under way").unwrap();
    let output = charla(&dir, &["backup", "kept"]);
    assert!(output.status.success(), "{}", said(&output));
    let names: Vec<String> = unpacked(&dir.join("kept")).into_keys().collect();
    for name in [DATABASE, KEY, "data/node", "certs/ca.key", "charla-backup.json", "SHA256SUMS"] {
        assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
    }
    for never in ["lock", "owner-link", "-wal", "-shm", ".bak", ".part"] {
        assert!(
            !names.iter().any(|name| name.ends_with(never) || name.contains("owner-link")),
            "{never}: {names:?}"
        );
    }
    assert_eq!(
        fs::read_dir(&dir)
            .unwrap()
            .filter(|e| e.as_ref().unwrap().path().to_string_lossy().contains(".part"))
            .count(),
        0
    );
    // As somebody does who has no Charla at hand.
    let script =
        "mkdir out && zstd -dc kept 2>/dev/null | tar -x -C out && cd out && sha256sum --quiet -c SHA256SUMS";
    if Command::new("zstd").arg("--version").output().is_ok() {
        assert!(Command::new("sh").args(["-c", script]).current_dir(&dir).status().unwrap().success());
    }
    let again = charla(&dir, &["backup", "kept"]);
    assert!(!again.status.success() && said(&again).contains("is there already"), "{}", said(&again));
    server.kill();
    let full = charla(&dir, &["restore", "kept"]);
    assert!(!full.status.success() && said(&full).contains("is not empty"), "{}", said(&full));
    // The data are gone, but not the certificates.
    fs::remove_dir_all(dir.join("data")).unwrap();
    let full = charla(&dir, &["restore", "kept"]);
    assert!(!full.status.success() && said(&full).contains("is not empty"), "{}", said(&full));
    assert_eq!(fs::read_dir(dir.join("data")).unwrap().count(), 0, "nothing was restored by halves");
    fs::remove_dir_all(dir.join("certs")).unwrap();
    let restored = charla(&dir, &["restore", "kept"]);
    assert!(restored.status.success(), "{}", said(&restored));
    server.up().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_backup_or_was_changed_is_refused_and_leaves_nothing() {
    let server = Server::start("").await;
    let there = tempfile::tempdir().unwrap();
    let good = server.dir.path().join("kept");
    assert!(charla(server.dir.path(), &["backup", "kept"]).status.success());
    let bad = server.dir.path().join("bad");
    let refused = |words: &str| {
        let output = charla(there.path(), &["restore", bad.to_str().unwrap()]);
        assert!(!output.status.success() && said(&output).contains(words), "{words}: {}", said(&output));
        let left =
            fs::read_dir(there.path()).unwrap().flat_map(|dir| fs::read_dir(dir.unwrap().path()).unwrap());
        assert_eq!(left.count(), 0, "{words}");
    };
    refused("No such file");
    fs::write(&bad, "Dear diary").unwrap();
    refused("is no backup of Charla");
    let whole = fs::read(&good).unwrap();
    for at in [whole.len() / 3, whole.len() / 2, whole.len() - 2] {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x5a;
        fs::write(&bad, flipped).unwrap();
        refused("is damaged or was cut off");
    }
    for length in [whole.len() / 2, whole.len() - 1] {
        fs::write(&bad, &whole[..length]).unwrap();
        refused("is damaged or was cut off");
    }
    let files = unpacked(&good);
    packed(&bad, files.clone());
    let with = |name: &str, bytes: &[u8]| {
        let mut files = files.clone();
        files.insert(name.into(), bytes.to_vec());
        packed(&bad, files);
    };
    for elsewhere in ["data/../../token.key", "/etc/charla", "data/", "elsewhere/x"] {
        with(elsewhere, b"x");
        refused("does not belong in it");
    }
    with(DATABASE, b"Dear diary");
    refused("is damaged or no database");
    let about = |name: &str, value: Value| {
        let mut about: Value = serde_json::from_slice(&files["charla-backup.json"]).unwrap();
        about[name] = value;
        with("charla-backup.json", &serde_json::to_vec(&about).unwrap());
    };
    about("format", json!(99));
    refused("format 99 this version does not know");
    about("layout", json!(2));
    refused("Restore it with that version or a newer one");
    about("format", json!(null));
    refused("holds no database: it was made with MongoDB");
    let mut less = files.clone();
    less.remove(DATABASE);
    packed(&bad, less);
    refused("it has no database");

    // As it was, after all of that.
    packed(&bad, files.clone());
    let output = charla(there.path(), &["restore", bad.to_str().unwrap()]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::read(there.path().join(KEY)).unwrap(), files[KEY]);
}

/// With MongoDB the database is mongodump's; the rest is here, and goes to no SQLite.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_mongodb_everything_but_the_database_is_backed_up() {
    let server = Server::start("").await;
    let dir = server.dir.path();
    let text = fs::read_to_string(dir.join("config.toml")).unwrap();
    let mongo = "[storage]\nurl = \"mongodb://127.0.0.1:1/charla?replicaSet=rs0\"\n";
    fs::write(dir.join("config.toml"), text.clone() + mongo).unwrap();
    let output = charla(dir, &["backup", "kept"]);
    assert!(output.status.success() && said(&output).contains("mongodump"), "{}", said(&output));
    let names: Vec<String> = unpacked(&dir.join("kept")).into_keys().collect();
    assert!(names.contains(&KEY.to_owned()) && !names.contains(&DATABASE.to_owned()), "{names:?}");
    let (sqlite, mongodb) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let kept = dir.join("kept").display().to_string();
    let refused = charla(sqlite.path(), &["restore", &kept]);
    assert!(!refused.status.success() && said(&refused).contains("holds no database"), "{}", said(&refused));
    fs::write(mongodb.path().join("config.toml"), mongo).unwrap();
    let restored = charla(mongodb.path(), &["restore", &kept]);
    assert!(restored.status.success() && said(&restored).contains("mongorestore"), "{}", said(&restored));
    assert!(mongodb.path().join(KEY).exists());
    // The other way round.
    fs::write(dir.join("config.toml"), text).unwrap();
    assert!(charla(dir, &["backup", "with-database"]).status.success());
    fs::remove_dir_all(mongodb.path().join("data")).unwrap();
    fs::remove_dir_all(mongodb.path().join("certs")).unwrap();
    let refused = charla(mongodb.path(), &["restore", &dir.join("with-database").display().to_string()]);
    assert!(!refused.status.success() && said(&refused).contains("would not see it"), "{}", said(&refused));
}
