//! How reading grows with what is stored, on SQLite: 5,000 conversations with 10,000, then 100,000, then 1,000,000
//! messages. One plain line per figure. `cargo bench --bench growth [-- --quick]`
#![allow(clippy::disallowed_methods)]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use charla::ids::{ConversationId, UserId};
use charla::model::{Page, SearchQuery};
use charla::random::Random;
use charla::store::{Store, open::open};
use futures_util::StreamExt as _;

use support::{join, message, ms, times};

/// Each writes with twenty others to either side, so each is in forty conversations.
const USERS: usize = 250;
const NEIGHBOURS: usize = 20;
/// One message in ten is of the first conversation: there is always one that is much longer than the others.
const BUSY: usize = 10;
const WORDS: usize = 20_000;
/// As `chat` asks.
const WINDOW: usize = 200;
const PAGE: usize = 50;

struct Town {
    store: Arc<dyn Store>,
    random: Random,
    users: Vec<UserId>,
    conversations: Vec<(ConversationId, [UserId; 2])>,
    stored: usize,
}

/// What was measured at one size, in milliseconds: what, p50, p99.
type Figures = Vec<(&'static str, f64, f64)>;

fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let sizes = if quick { [1_000, 10_000, 100_000] } else { [10_000, 100_000, 1_000_000] };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        // Not in /tmp, which may be memory.
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        let dir = tempfile::tempdir_in(target).expect("a directory under target");
        let path = dir.path().join("charla.db");
        let mut town = Town::found(&path).await;
        let mut all: Vec<Figures> = Vec::new();
        for size in sizes {
            let took = times(1, async || town.fill(size).await).await;
            let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
            println!("growth: {size} messages stored ({:.1} s, {} MB)", ms(&took, 50) / 1e3, bytes >> 20);
            all.push(town.measure().await);
        }
        println!(
            "what | p50 / p99 in ms at {} | at {} | at {} | p50, last by first",
            sizes[0], sizes[1], sizes[2]
        );
        for (n, (what, first, _)) in all[0].iter().enumerate() {
            let cells: Vec<String> =
                all.iter().map(|figures| format!("{:.2} / {:.2}", figures[n].1, figures[n].2)).collect();
            println!("{what} | {} | {:.1}", cells.join(" | "), all[2][n].1 / first);
        }
        town.store.close().await;
    });
}

impl Town {
    async fn found(path: &Path) -> Self {
        let store = open(&format!("sqlite:{}", path.display())).await.expect("SQLite opens");
        let random = Random::system();
        let mut users = Vec::new();
        for _ in 0..USERS {
            users.push(join(&*store, &random).await);
        }
        let mut conversations = Vec::new();
        for n in 0..USERS {
            for next in 1..=NEIGHBOURS {
                let both = [users[n], users[(n + next) % USERS]];
                conversations.push((support::open(&*store, &random, both).await, both));
            }
        }
        Self { store, random, users, conversations, stored: 0 }
    }

    fn below(&self, n: usize) -> usize {
        u32::from_be_bytes(self.random.bytes()) as usize % n
    }

    /// Few words are said often and most seldom.
    fn word(&self) -> usize {
        let draw = self.below(1 << 20) as f64 / f64::from(1 << 20);
        (draw.powi(3) * WORDS as f64) as usize
    }

    fn text(&self) -> String {
        let words: Vec<String> = (0..12).map(|_| spelled(self.word())).collect();
        words.join(" ")
    }

    async fn fill(&mut self, to: usize) {
        let wanted = (self.stored..to).map(|_| {
            let busy = self.below(BUSY) == 0;
            let (id, both) = self.conversations[if busy { 0 } else { self.below(self.conversations.len()) }];
            message(&self.random, id, both[self.below(2)], self.text())
        });
        let appends = wanted.map(|message| self.store.append_message(message));
        futures_util::stream::iter(appends)
            .buffer_unordered(512)
            .for_each(async |appended| drop(appended.expect("an acknowledgement")))
            .await;
        self.stored = to;
    }

    async fn last(&self, id: ConversationId) -> u64 {
        self.store.conversation(id).await.expect("an answer").expect("a conversation").last_seq
    }

    async fn measure(&self) -> Figures {
        let (store, reader, idler) = (&*self.store, self.users[0], self.users[1]);
        // Whoever reads has read all but the last few; `idler` has never read anything.
        for (id, _) in self.conversations.iter().filter(|(_, both)| both.contains(&reader)) {
            let last = self.last(*id).await;
            store.mark(*id, reader, last, last.saturating_sub(3)).await.expect("a mark");
        }
        let (busy, _) = self.conversations[0];
        let last = self.last(busy).await;
        let mut figures: Figures = Vec::new();
        let mut note = |what, took: Vec<Duration>| figures.push((what, ms(&took, 50), ms(&took, 99)));
        let list = async |user| store.conversations_of(user, None, PAGE).await.expect("a list");
        note("open: the list of 40 conversations", times(200, async || list(reader).await).await);
        note("open: the list, nothing ever read", times(200, async || list(idler).await).await);
        let open = async |id, user| {
            let summary = store.summary(id, user).await.expect("an answer").expect("a summary");
            (summary, store.messages(id, Page::Before { seq: None, limit: PAGE }).await.expect("a page"))
        };
        note("open: the longest conversation", times(500, async || open(busy, reader).await).await);
        let any = async || {
            let (id, both) = self.conversations[self.below(self.conversations.len())];
            open(id, both[0]).await
        };
        note("open: any conversation", times(500, any).await);
        let back = async || {
            let seq = self.below(last as usize) as u64 + 2;
            store.messages(busy, Page::Before { seq: Some(seq), limit: PAGE }).await.expect("a page")
        };
        note("page back, anywhere in the longest", times(1_000, back).await);
        for (what, words, user) in [
            ("search: a word said often", vec![3], reader),
            ("search: a word said seldom", vec![15_000], reader),
            ("search: two words", vec![10, 600], reader),
            ("search: a word said often, in short conversations", vec![3], self.users[USERS / 2]),
        ] {
            let find = async || self.find(&words, user).await;
            note(what, times(100, find).await);
        }
        note("sync: the first, all pages", times(20, async || self.sync(reader, None).await).await);
        let token = self.sync(reader, None).await;
        for n in 0..300 {
            let (id, both) = self.conversations[if n < 100 { self.below(NEIGHBOURS) } else { n }];
            store.append_message(message(&self.random, id, both[0], self.text())).await.expect("an append");
        }
        note("sync: 100 missed messages", times(200, async || self.sync(reader, Some(&token)).await).await);
        let nothing = self.sync(reader, Some(&token)).await;
        note("sync: nothing missed", times(500, async || self.sync(reader, Some(&nothing)).await).await);
        figures
    }

    async fn find(&self, words: &[usize], user: UserId) -> usize {
        let words = words.iter().map(|word| spelled(*word)).collect();
        self.store.search_messages(&SearchQuery::of(user, words), WINDOW).await.expect("hits").len()
    }

    /// Until there is no more; the token.
    async fn sync(&self, user: UserId, since: Option<&str>) -> String {
        let mut since = since.map(str::to_owned);
        loop {
            let page = self.store.sync(user, since.as_deref(), 100).await.expect("a page");
            if !page.more {
                return page.next;
            }
            since = Some(page.next);
        }
    }
}

/// No word begins with another one, so that a search for the beginning of a word finds one.
fn spelled(word: usize) -> String {
    let mut left = word * 7_919 % 1_000_003;
    let letters = (0..5).map(|_| {
        let letter = char::from(b'a' + (left % 26) as u8);
        left /= 26;
        letter
    });
    letters.collect()
}
