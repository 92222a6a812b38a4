//! Messages through the store: durable appends per second on both engines, with latency and processor time, and a page
//! of history. One plain line per figure. `cargo bench --bench messages [-- --quick]`
#![allow(clippy::disallowed_methods)]

#[path = "../tests/support/mongod.rs"]
mod mongod;
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use charla::ids::{ConversationId, UserId};
use charla::model::Page;
use charla::random::Random;
use charla::store::{Store, open::open};

use support::{join, message, ms, processor};

/// In pairs; each waits for its acknowledgement before it writes again.
const USERS: usize = 100;
const CONTENT: &str = "See you at eight, then. I bring the bread, you bring the cheese?";

struct Sizes {
    /// How long appends are measured.
    load: Duration,
    /// Messages in the conversation whose history is read.
    stored: usize,
    pages: usize,
}

fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let sizes = match quick {
        true => Sizes { load: Duration::from_secs(1), stored: 10_000, pages: 500 },
        false => Sizes { load: Duration::from_secs(5), stored: 100_000, pages: 5_000 },
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        // Not in /tmp, which may be memory, where syncing costs nothing.
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        let dir = tempfile::tempdir_in(target).expect("a directory under target");
        let store =
            open(&format!("sqlite:{}", dir.path().join("charla.db").display())).await.expect("SQLite opens");
        load("sqlite", &store, None, &sizes).await;
        history(&store, &sizes).await;
        store.close().await;

        let url = mongod::fresh_url();
        let store = open(&url).await.expect("MongoDB opens");
        load("mongodb", &store, Some(mongod::shared().pid), &sizes).await;
        store.close().await;
    });
}

async fn pair(store: &dyn Store, random: &Random) -> (ConversationId, [UserId; 2]) {
    let users = [join(store, random).await, join(store, random).await];
    (support::open(store, random, users).await, users)
}

async fn load(name: &str, store: &Arc<dyn Store>, engine: Option<u32>, sizes: &Sizes) {
    let random = Arc::new(Random::system());
    let mut users = Vec::new();
    for _ in 0..USERS / 2 {
        let (id, [a, b]) = pair(&**store, &random).await;
        users.extend([(id, a), (id, b)]);
    }
    let (own, its) = (processor(None), engine.map(|pid| processor(Some(pid))));
    let start = Instant::now();
    let until = start + sizes.load;
    let writers: Vec<_> = users
        .into_iter()
        .map(|(id, from)| {
            let (store, random) = (store.clone(), random.clone());
            tokio::spawn(async move {
                let mut took = Vec::new();
                while Instant::now() < until {
                    let begun = Instant::now();
                    store
                        .append_message(message(&random, id, from, CONTENT.into()))
                        .await
                        .expect("an acknowledgement");
                    took.push(begun.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for writer in writers {
        took.extend(writer.await.expect("a writer"));
    }
    let elapsed = start.elapsed().as_secs_f64();
    let count = took.len();
    took.sort_unstable();
    let each = |spent: Duration| spent.as_secs_f64() * 1e6 / count as f64;
    println!("{name}: {:.0} messages/s durably appended by {USERS} users in pairs", count as f64 / elapsed);
    println!("{name}: latency p50 {:.2} ms, p99 {:.2} ms", ms(&took, 50), ms(&took, 99));
    println!("{name}: {:.1} µs of this process per message", each(processor(None) - own));
    if let (Some(pid), Some(its)) = (engine, its) {
        println!("{name}: {:.1} µs of mongod per message", each(processor(Some(pid)) - its));
    }
}

async fn history(store: &Arc<dyn Store>, sizes: &Sizes) {
    let random = Arc::new(Random::system());
    let (id, [from, _]) = pair(&**store, &random).await;
    let writers: Vec<_> = (0..USERS)
        .map(|_| {
            let (store, random) = (store.clone(), random.clone());
            let share = sizes.stored / USERS;
            tokio::spawn(async move {
                for _ in 0..share {
                    store
                        .append_message(message(&random, id, from, CONTENT.into()))
                        .await
                        .expect("an acknowledgement");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer");
    }
    let mut took = Vec::new();
    for _ in 0..sizes.pages {
        let seq = u64::from(u32::from_be_bytes(random.bytes())) % sizes.stored as u64 + 51;
        let begun = Instant::now();
        let page = store.messages(id, Page::Before { seq: Some(seq), limit: 50 }).await.expect("a page");
        took.push(begun.elapsed());
        assert_eq!(page.len(), 50);
    }
    took.sort_unstable();
    let of = sizes.stored;
    println!(
        "sqlite: page of 50 out of {of} messages p50 {:.3} ms, p99 {:.3} ms",
        ms(&took, 50),
        ms(&took, 99)
    );
}
