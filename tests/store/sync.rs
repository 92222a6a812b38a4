//! Sync: what a client is told after an absence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use charla::ids::{ConversationId, UserId};
use charla::model::{Member, Message, MessageStatus, Page};
use charla::store::{MessageChange, Store, StoreError, Synced};

use super::bed::{Bed, below, join, message, now, oid, pair, write};

/// What a client has put together from its pages.
#[derive(Default)]
pub struct Client {
    pub token: Option<String>,
    pub messages: BTreeMap<ConversationId, BTreeMap<u64, Message>>,
    pub members: BTreeMap<ConversationId, Vec<Member>>,
    /// Everything it was told to forget, in order.
    pub left: Vec<ConversationId>,
}

impl Client {
    /// One page. True if there is more.
    pub async fn page(&mut self, store: &dyn Store, user: UserId, limit: usize) -> bool {
        let page = store.sync(user, self.token.as_deref(), limit).await.unwrap();
        let told: usize = page.conversations.iter().map(|s| s.messages.len() + s.changed.len()).sum();
        assert!(told + page.left.len() <= limit.max(1), "{told} messages in a page of {limit}");
        for id in page.left {
            self.messages.remove(&id);
            self.members.remove(&id);
            self.left.push(id);
        }
        for Synced { summary, messages, changed } in page.conversations {
            let id = summary.conversation.id;
            assert!(messages.windows(2).all(|w| w[1].seq == w[0].seq + 1), "in order");
            assert!(messages.iter().all(|m| m.conversation == id && m.seq <= summary.conversation.last_seq));
            assert!(changed.iter().all(|m| m.conversation == id && m.rev > 0), "only what was changed");
            let own = self.messages.entry(id).or_default();
            for message in changed.into_iter().chain(messages) {
                // By id and `rev`, as PROTOCOL.md has it.
                if own.get(&message.seq).is_none_or(|known| known.rev <= message.rev) {
                    own.insert(message.seq, message);
                }
            }
            self.members.insert(id, summary.conversation.members);
        }
        self.token = Some(page.next);
        page.more
    }

    /// Pages until there is no more; how many.
    pub async fn catch_up(&mut self, store: &dyn Store, user: UserId, limit: usize) -> usize {
        for pages in 1..10_000 {
            if !self.page(store, user, limit).await {
                return pages;
            }
        }
        panic!("sync does not end");
    }

    pub fn told(&self, id: ConversationId) -> Vec<u64> {
        self.messages.get(&id).into_iter().flat_map(BTreeMap::keys).copied().collect()
    }
}

/// All but what follows from watermarks and from other messages.
pub fn bare(message: &Message) -> Message {
    Message { status: MessageStatus::Sent, quote: None, ..message.clone() }
}

pub async fn the_first_sync_tells_the_newest_and_the_next_only_what_changed(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let carl = join(&*store, "carl").await;
    let (long, short) = (pair(&*store, anna, bert).await.id, pair(&*store, anna, carl).await.id);
    write(&*store, long, bert, 35).await;
    write(&*store, short, anna, 2).await;

    let page = store.sync(anna, None, 100).await.unwrap();
    assert!(!page.more);
    assert_eq!(page.conversations.len(), 2);
    for Synced { summary, .. } in &page.conversations {
        let alone = store.summary(summary.conversation.id, anna).await.unwrap();
        assert_eq!(alone.as_ref(), Some(summary));
    }
    let mut client = Client::default();
    client.catch_up(&*store, anna, 100).await;
    assert_eq!(client.told(long), (6..=35).collect::<Vec<_>>());
    assert_eq!(client.told(short), [1, 2]);

    let quiet = store.sync(anna, client.token.as_deref(), 100).await.unwrap();
    assert_eq!((quiet.conversations, quiet.more), (vec![], false));
    write(&*store, short, carl, 1).await;
    let page = store.sync(anna, Some(&quiet.next), 100).await.unwrap();
    assert_eq!(page.conversations.len(), 1);
    assert_eq!(page.conversations[0].messages.iter().map(|m| m.seq).collect::<Vec<_>>(), [3]);

    // A receipt of the other shows, without messages; so does a new conversation.
    store.mark(long, bert, 35, 20).await.unwrap();
    let page = store.sync(anna, Some(&page.next), 100).await.unwrap();
    assert_eq!((page.conversations.len(), page.conversations[0].messages.len()), (1, 0));
    assert_eq!(page.conversations[0].summary.conversation.member(bert).unwrap().read_seq, 20);
    let dora = join(&*store, "dora").await;
    let new = pair(&*store, dora, anna).await.id;
    let page = store.sync(anna, Some(&page.next), 100).await.unwrap();
    assert_eq!(page.conversations[0].summary.conversation.id, new);

    // Nobody is told of others' conversations, and nobody of nothing.
    let page = store.sync(carl, None, 100).await.unwrap();
    assert_eq!(page.conversations.iter().map(|s| s.summary.conversation.id).collect::<Vec<_>>(), [short]);
    assert_eq!(store.sync(UserId(oid()), None, 9).await.unwrap().conversations, []);
}

pub async fn long_absences_come_in_pages(bed: Bed) {
    let store = bed.open().await;
    let anna = join(&*store, "anna").await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let other = join(&*store, &format!("friend{n}")).await;
        ids.push((pair(&*store, anna, other).await.id, other));
        write(&*store, ids[n].0, other, n * 3).await;
    }
    for limit in [1, 2, 7, 1000] {
        let mut client = Client::default();
        client.catch_up(&*store, anna, limit).await;
        for (n, (id, _)) in ids.iter().enumerate() {
            assert_eq!(client.told(*id).len(), n * 3, "limit {limit}");
            assert!(client.members.contains_key(id));
        }
    }
    let mut client = Client::default();
    client.catch_up(&*store, anna, 1000).await;
    let away = client.token.clone();
    for (id, other) in &ids[..3] {
        write(&*store, *id, *other, 40).await;
    }
    store.mark(ids[4].0, ids[4].1, 2, 2).await.unwrap();
    let page = client.page(&*store, anna, 25).await;
    assert!(page, "there is more");
    // While the client walks, the conversation it is in and one that it has passed go on.
    for (id, other) in &ids {
        write(&*store, *id, *other, 1).await;
    }
    assert!(client.catch_up(&*store, anna, 25).await >= 4);
    let mut second = Client { token: away, ..Client::default() };
    second.catch_up(&*store, anna, 7).await;
    for (n, (id, _)) in ids.iter().enumerate() {
        let last = store.conversation(*id).await.unwrap().unwrap().last_seq;
        client.catch_up(&*store, anna, 25).await;
        assert_eq!(client.told(*id), (1..=last).collect::<Vec<_>>());
        let missed = u64::try_from(n * 3).unwrap() + 1;
        let told: BTreeSet<u64> = second.told(*id).into_iter().collect();
        assert!((missed..=last).all(|seq| told.contains(&seq)), "{missed} to {last}: {told:?}");
    }
}

pub async fn a_token_of_another_place_is_refused(bed: Bed) {
    let store = bed.open().await;
    let anna = join(&*store, "anna").await;
    let token = store.sync(anna, None, 9).await.unwrap().next;
    let others = [Bed::sqlite(), Bed::mongodb()];
    for other in &others {
        let other = other.open().await;
        let foreign = other.sync(anna, None, 9).await.unwrap().next;
        assert!(matches!(store.sync(anna, Some(&foreign), 9).await, Err(StoreError::BadToken)));
    }
    for bad in [
        "",
        "x",
        "s1",
        "m1",
        "s1.",
        "m1.0.",
        "s1.-1",
        "{\"$gt\":\"\"}",
        "\0",
        &token[..token.len() / 2],
        &token.repeat(2),
    ] {
        assert!(matches!(store.sync(anna, Some(bad), 9).await, Err(StoreError::BadToken)), "{bad:?}");
    }
}

/// Edits, deletes or reacts to one of the messages up to `seq`.
async fn change_one(store: &dyn Store, id: ConversationId, by: UserId, seq: u64) {
    let at = u64::try_from(below(usize::try_from(seq).unwrap())).unwrap();
    let found = store.messages(id, Page::After { seq: at, limit: 1 }).await.unwrap().remove(0);
    let change = match below(8) {
        0 => MessageChange::Delete,
        1..4 => MessageChange::Edit(oid().to_hex()),
        4..7 => MessageChange::React(format!("emoji-{}", below(9))),
        _ => MessageChange::Unreact(format!("emoji-{}", below(9))),
    };
    store.change_message(found.id, by, change, now()).await.unwrap();
}

async fn keep_writing(store: Arc<dyn Store>, pairs: Vec<(ConversationId, UserId, UserId)>, n: usize) {
    for _ in 0..n {
        let (id, a, b) = pairs[below(pairs.len())];
        let from = if below(2) == 0 { a } else { b };
        let sent = store.append_message(message(id, from, &oid().to_hex())).await.unwrap().message;
        if below(3) == 0 {
            let reader = if from == a { b } else { a };
            store.mark(id, reader, sent.seq, sent.seq).await.unwrap();
        }
        if below(2) == 0 {
            change_one(&*store, id, [a, b][below(2)], sent.seq).await;
        }
    }
}

pub async fn nothing_is_missed_under_concurrent_writers(bed: Bed) {
    let stores = [bed.open().await, bed.open().await];
    let anna = join(&*stores[0], "anna").await;
    let mut pairs = Vec::new();
    for n in 0..6 {
        let other = join(&*stores[0], &format!("friend{n}")).await;
        pairs.push((pair(&*stores[0], anna, other).await.id, anna, other));
    }
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> =
        (0..6).map(|n| tokio::spawn(keep_writing(stores[n % 2].clone(), pairs.clone(), bed.many))).collect();
    // Clients that sync all the time, with small and with large pages, each on the other server in turn.
    let clients: Vec<_> = [1, 3, 10, 1000]
        .into_iter()
        .map(|limit| {
            let (stores, done) = (stores.clone(), done.clone());
            tokio::spawn(async move {
                let mut client = Client::default();
                let mut n = 0;
                while !done.load(Ordering::Relaxed) {
                    client.page(&*stores[n % 2], anna, limit).await;
                    n += 1;
                }
                client.catch_up(&*stores[n % 2], anna, limit.max(20)).await;
                client
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        let client = client.await.unwrap();
        for (id, _, _) in &pairs {
            let stored = stores[0].messages(*id, Page::After { seq: 0, limit: 100_000 }).await.unwrap();
            let last = u64::try_from(stored.len()).unwrap();
            let told = client.told(*id);
            // The first sync leaves out old messages; from there on, all must have come.
            let first = told.first().copied().unwrap_or(1);
            assert_eq!(told, (first..=last).collect::<Vec<_>>());
            for (told, stored) in client.messages[id].values().zip(stored.iter().filter(|m| m.seq >= first)) {
                assert_eq!(bare(told), bare(stored), "the last change was told");
            }
            let members = stores[1].conversation(*id).await.unwrap().unwrap().members;
            assert_eq!(client.members[id], members, "the last watermarks were told");
        }
    }
}
