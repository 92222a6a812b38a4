//! Kills the server in the middle of a message load, again and again: every acknowledged message is there once,
//! in an unbroken order, on both stores. `CHARLA_KILLS` sets how often (the long run uses 50).
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod mongod;
    pub mod server;
}

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::mongod;
use support::server::{Person, Server};
use tokio::sync::Notify;
use tokio::task::JoinSet;

const WRITERS: usize = 6;
const ACKS_PER_ROUND: usize = 150;

fn kills() -> usize {
    std::env::var("CHARLA_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(3)
}

/// What one writer knows: the client ids that were acknowledged, and the one that was not.
struct Written {
    /// Whose retry `open` is: a client id belongs to its sender.
    writer: usize,
    acked: Vec<String>,
    open: Option<String>,
}

/// Writes until the server is gone.
async fn write(
    writer: usize,
    person: Person,
    conversation: String,
    round: String,
    first: Option<String>,
    acks: Arc<AtomicUsize>,
    enough: Arc<Notify>,
) -> Written {
    let mut acked = Vec::new();
    let mut next = first;
    for n in 0.. {
        let client_id = next.take().unwrap_or_else(|| format!("{round}-{n}"));
        let body = json!({"clientId": client_id, "content": client_id});
        let path = format!("/conversations/{conversation}/messages");
        match person.send(Method::POST, &path, Some(body)).await {
            Ok(answer) if answer.status().is_success() => {
                acked.push(client_id);
                if acks.fetch_add(1, Ordering::SeqCst) + 1 == ACKS_PER_ROUND {
                    enough.notify_one();
                }
            }
            // Too fast, or the database has not let go of what the killed server held: both say "try again".
            Ok(answer) if answer.status() == 429 || answer.status() == 503 => {
                next = Some(client_id);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(answer) => panic!("{}: {}", answer.status(), answer.text().await.unwrap_or_default()),
            Err(_) => return Written { writer, acked, open: Some(client_id) },
        }
    }
    unreachable!("a writer ends when the server does")
}

/// How often each client id stands in the history, which must count 1, 2, 3 ….
async fn history(person: &Person, conversation: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut after = 0;
    loop {
        let page =
            person.get(&format!("/conversations/{conversation}/messages?after={after}&limit=100")).await;
        let messages = page["messages"].as_array().unwrap();
        for message in messages {
            after += 1;
            assert_eq!(message["seq"].as_u64(), Some(after), "the order has a hole");
            *found.entry(message["clientId"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        if messages.is_empty() {
            return found;
        }
    }
}

async fn nothing_acknowledged_is_lost(storage: &str) {
    let limits = "[limits]\nevents_per_second = 100000\nevents_burst = 100000\n";
    let mut server = Server::start(&format!("{storage}{limits}")).await;
    let people = [server.register("anna").await, server.register("ben").await];
    let opened = people[0].send(Method::POST, "/conversations", Some(json!({"user": people[1].id}))).await;
    let opened: Value = opened.unwrap().json().await.unwrap();
    let conversation = opened["id"].as_str().unwrap().to_owned();

    let mut acked = Vec::new();
    let mut open: Vec<Option<String>> = vec![None; WRITERS];
    for round in 0..kills() {
        let (acks, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let mut writers = JoinSet::new();
        for (n, first) in open.iter_mut().map(Option::take).enumerate() {
            let name = format!("r{round}-w{n}");
            let person = people[n % 2].clone();
            writers.spawn(write(n, person, conversation.clone(), name, first, acks.clone(), enough.clone()));
        }
        tokio::time::timeout(Duration::from_secs(60), enough.notified()).await.expect("enough acks");
        server.kill();
        while let Some(written) = writers.join_next().await {
            let written = written.unwrap();
            acked.extend(written.acked);
            open[written.writer] = written.open;
        }
        server.up().await;
    }
    let found = history(&people[0], &conversation).await;
    for client_id in &acked {
        assert_eq!(found.get(client_id), Some(&1), "{client_id} was acknowledged");
    }
    assert!(found.values().all(|times| *times == 1), "something is there twice");
    assert!(acked.len() >= kills() * ACKS_PER_ROUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_on_sqlite() {
    nothing_acknowledged_is_lost("").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_on_mongodb() {
    let url = tokio::task::spawn_blocking(mongod::fresh_url).await.unwrap();
    nothing_acknowledged_is_lost(&format!("[storage]\nurl = \"{url}\"\n")).await;
}
