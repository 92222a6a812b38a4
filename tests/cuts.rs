//! A client whose connection breaks again and again while hundreds of messages come: by sync it has them all, in order,
//! each once, on both stores. `CHARLA_CUTS` says how often and `CHARLA_MISSED` how many are missed each time (the long run
//! uses 100 and 500).
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod edge;
    pub mod mongod;
    pub mod socket;
}

use std::collections::{BTreeMap, BTreeSet};

use charla::config::StoreUrl;
use charla::port::Deadlines;
use charla::random::Random;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use support::edge::Edge;
use support::mongod;
use support::socket::Socket;
use tokio_tungstenite::Connector;

fn number(name: &str, or: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(or)
}

struct Scene {
    edge: Edge,
    http: reqwest::Client,
    random: Random,
}

struct Person {
    id: String,
    token: String,
}

impl Scene {
    async fn new(storage: Option<String>) -> Self {
        let edge = Edge::with(Deadlines::default(), |config| {
            if let Some(url) = storage {
                config.storage.url = StoreUrl(url);
            }
            (config.limits.events_burst, config.limits.events_per_second) = (100_000, 100_000);
        })
        .await;
        let http = edge.http().build().unwrap();
        Self { edge, http, random: Random::system() }
    }

    fn below(&self, n: usize) -> usize {
        usize::from(u16::from_be_bytes(self.random.bytes())) % n
    }

    async fn person(&self, name: &str) -> Person {
        let wish = json!({"username": name, "email": format!("{name}@example.org"), "password": "a good long passphrase"});
        let answer = self.http.post(self.edge.url("/api/v1/auth/register")).json(&wish).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person { id: text(&body["user"]["id"]), token: text(&body["accessToken"]) }
    }

    async fn post(&self, who: &Person, path: &str, body: Value) -> Value {
        let ask = self.http.post(self.edge.url(path)).bearer_auth(&who.token).json(&body);
        let answer = ask.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// Writes `n` messages, several at once: the server decides on their order.
    async fn write(&self, who: &Person, conversation: &str, n: usize) {
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let sends = (0..n).map(|_| {
            let word = format!("{:016x}", u64::from_be_bytes(self.random.bytes()));
            self.post(who, &path, json!({"clientId": word, "content": word}))
        });
        futures_util::stream::iter(sends).buffer_unordered(16).map(drop).collect::<()>().await;
    }

    async fn socket(&self, who: &Person) -> Socket {
        let tls = Some(Connector::Rustls(self.edge.tls(&["http/1.1"])));
        let mut socket = Socket::engine(&self.edge.url(""), &[], tls).await.unwrap();
        socket.join(json!({"token": who.token, "device": "0123456789abcdef01234567"})).await.unwrap();
        socket
    }

    /// The whole history, by REST.
    async fn history(&self, who: &Person, conversation: &str) -> BTreeMap<u64, String> {
        let (mut all, mut after) = (BTreeMap::new(), 0);
        loop {
            let path = format!("/api/v1/conversations/{conversation}/messages?after={after}&limit=100");
            let ask = self.http.get(self.edge.url(&path)).bearer_auth(&who.token);
            let page: Value = ask.send().await.unwrap().json().await.unwrap();
            let page = page["messages"].as_array().unwrap().clone();
            let Some(last) = page.last() else { return all };
            after = last["seq"].as_u64().unwrap();
            all.extend(page.iter().map(entry));
        }
    }
}

fn entry(message: &Value) -> (u64, String) {
    (message["seq"].as_u64().unwrap(), message["id"].as_str().unwrap().to_owned())
}

/// What a client keeps on its disk: whatever it had not taken in when its connection broke, it never had.
#[derive(Default)]
struct Kept {
    token: Option<String>,
    /// By sync alone.
    messages: BTreeMap<u64, String>,
}

impl Kept {
    /// One page, taken in whole. True if there is more.
    fn apply(&mut self, page: &Value) -> bool {
        for synced in page["conversations"].as_array().unwrap() {
            for (seq, id) in synced["messages"].as_array().unwrap().iter().map(entry) {
                let next = self.messages.len() as u64 + 1;
                assert_eq!(seq, next, "in order, without a gap, none twice");
                self.messages.insert(seq, id);
            }
        }
        self.token = Some(page["since"].as_str().unwrap().to_owned());
        page["more"] == true
    }
}

async fn cut_again_and_again(storage: Option<String>) {
    let (cuts, missed) = (number("CHARLA_CUTS", 12), number("CHARLA_MISSED", 250));
    let scene = Scene::new(storage).await;
    let (ann, bob) = (scene.person("ann").await, scene.person("bob").await);
    let opened = scene.post(&ann, "/api/v1/conversations", json!({"user": bob.id})).await;
    let conversation = opened["id"].as_str().unwrap();
    let mut kept = Kept::default();
    let mut socket = scene.socket(&bob).await;
    kept.apply(&socket.ok("sync", json!({"since": null})).await);
    let mut done = 0;
    while done < cuts {
        // While he is here messages are told as they come (of several senders at once, not always in their order); then
        // his connection breaks somewhere among them.
        let live = 1 + scene.below(20);
        scene.write(&ann, conversation, live).await;
        let mut heard = BTreeSet::new();
        for _ in 0..scene.below(live) {
            let told = socket.event("newMessage").await;
            assert!(heard.insert(entry(&told["message"])), "once on one connection: {told}");
        }
        drop(socket);
        done += 1;
        scene.write(&ann, conversation, missed).await;
        // And again while he catches up, now before an answer came, now after.
        socket = scene.socket(&bob).await;
        loop {
            let asked = socket.post("sync", json!({"since": kept.token})).await;
            if done < cuts && scene.below(4) == 0 {
                drop(socket);
                done += 1;
                socket = scene.socket(&bob).await;
                continue;
            }
            let page = socket.ack(asked).await;
            assert_eq!(page["ok"], true, "{page}");
            if !kept.apply(&page) {
                break;
            }
        }
        let written = kept.messages.len() as u64;
        socket.ok("messageDelivered", json!({"conversation": conversation, "seq": written})).await;
    }
    let stored = scene.history(&bob, conversation).await;
    assert_eq!(kept.messages.len(), stored.len());
    assert_eq!(kept.messages, stored);
    println!("{done} cuts, {} messages", stored.len());
    scene.edge.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_cut_off_again_and_again_has_everything_once_on_sqlite() {
    cut_again_and_again(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_cut_off_again_and_again_has_everything_once_on_mongodb() {
    let url = tokio::task::spawn_blocking(mongod::fresh_url).await.unwrap();
    cut_again_and_again(Some(url)).await;
}
