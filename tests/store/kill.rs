//! kill -9, of the server that uses the store and of mongod: what was acknowledged is there, once, without gaps.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use charla::ids::{ConversationId, UserId};
use charla::model::Page;
use charla::store::{Store, open::open};

use tokio::task::JoinHandle;

use super::bed::{Bed, below, join, message, oid, pair};
use super::mongod::{Kind, Mongod};

const CHILD: &str = "CHARLA_TEST_KILL";
const WRITERS: usize = 8;

/// Not a test of its own: what the killed process does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(job) = std::env::var(CHILD) else { return };
    let mut parts = job.split(' ');
    let store = open(parts.next().unwrap()).await.unwrap();
    let id = ConversationId(parts.next().unwrap().parse().unwrap());
    let from = UserId(parts.next().unwrap().parse().unwrap());
    let writers: Vec<JoinHandle<()>> = (0..WRITERS)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    let client = oid().to_hex();
                    // The first answer may be lost on the way to the client, who then asks again.
                    for _ in 0..=below(2) {
                        store.append_message(message(id, from, &client)).await.unwrap();
                    }
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "acked {client}").unwrap();
                    out.flush().unwrap();
                }
            })
        })
        .collect();
    // They end only by a panic.
    let ended = futures_util::future::select_all(writers).await;
    ended.0.unwrap()
}

/// Runs the child until it has acknowledged a random number of messages, kills it, and says which it acknowledged.
fn run_and_kill(url: &str, id: ConversationId, from: UserId) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--nocapture"])
        .env(CHILD, format!("{url} {} {}", id.0, from.0))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let enough = 1 + below(300);
    let mut acked = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // The last line may be cut.
        let Ok(line) = line else { break };
        if let Some((_, client)) = line.split_once("acked ").filter(|(_, client)| client.len() == 24) {
            acked.push(client.to_owned());
        }
        if acked.len() == enough {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acked.len() >= enough, "the child ended by itself");
    acked
}

async fn verify(store: &dyn Store, id: ConversationId, acked: &[String]) {
    let stored = store.messages(id, Page::After { seq: 0, limit: 1_000_000 }).await.unwrap();
    let last = u64::try_from(stored.len()).unwrap();
    assert_eq!(stored.iter().map(|m| m.seq).collect::<Vec<_>>(), (1..=last).collect::<Vec<_>>());
    assert_eq!(store.conversation(id).await.unwrap().unwrap().last_seq, last);
    let clients: BTreeSet<&str> = stored.iter().map(|m| m.client_id.as_str()).collect();
    assert_eq!(clients.len(), stored.len(), "one is there twice");
    for client in acked {
        assert!(clients.contains(client.as_str()), "{client} was acknowledged and is lost");
    }
}

async fn killed_again_and_again(bed: Bed, kills: usize) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    store.close().await;
    let mut acked = Vec::new();
    for _ in 0..kills {
        let url = bed.url.clone();
        acked.extend(tokio::task::spawn_blocking(move || run_and_kill(&url, id, anna)).await.unwrap());
        let store = bed.open().await;
        verify(&*store, id, &acked).await;
        store.close().await;
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed_on_sqlite() {
    killed_again_and_again(Bed::sqlite(), 8).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed_on_mongodb() {
    killed_again_and_again(Bed::mongodb(), 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_mongod_is_killed() {
    let mut mongod = tokio::task::spawn_blocking(|| Mongod::start(Kind::ReplicaSet)).await.unwrap();
    let store = open(&mongod.url("killed")).await.unwrap();
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let acked = Arc::new(Mutex::new(Vec::new()));
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (store, acked, done) = (store.clone(), acked.clone(), done.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let client = oid().to_hex();
                    // A client asks until it is answered, always with the same client id.
                    while store.append_message(message(id, anna, &client)).await.is_err() {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    acked.lock().unwrap().push(client);
                }
            })
        })
        .collect();
    let count = || acked.lock().unwrap().len();
    for _ in 0..3 {
        let enough = count() + 20 + below(100);
        while count() < enough {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        mongod = tokio::task::spawn_blocking(move || {
            mongod.kill();
            mongod.restart();
            mongod
        })
        .await
        .unwrap();
    }
    let enough = count() + 50;
    while count() < enough {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    done.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    let acked = acked.lock().unwrap().clone();
    verify(&*store, id, &acked).await;
}
