//! Messages: numbers, pages, retries, and the prefix rule.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use charla::ids::{ConversationId, MessageId, UserId};
use charla::model::{Message, MessageStatus, Page};
use charla::store::{Store, StoreError, Unique};

use super::bed::{Bed, below, join, message, oid, pair, write};

fn numbers(page: &[Message]) -> Vec<u64> {
    page.iter().map(|m| m.seq).collect()
}

pub async fn messages_get_rising_numbers_and_pages_cut_them(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    assert_eq!(store.messages(id, Page::Before { seq: None, limit: 5 }).await.unwrap(), []);
    let mut new = message(id, anna, "c-1");
    new.content = "Grüße, \u{1F600} \"quoted\" \\ $where; '--\0 end".into();
    let first = store.append_message(new.clone()).await.unwrap();
    assert!(first.fresh);
    let expected = Message {
        id: new.id,
        conversation: id,
        seq: 1,
        from_user: anna,
        to_user: Some(bert),
        to_group: None,
        content: new.content.clone(),
        status: MessageStatus::Sent,
        created_at: new.created_at,
        client_id: "c-1".into(),
        reply_to: None,
        system: None,
        quote: None,
        rev: 0,
        edited_at: None,
        deleted_at: None,
        attachments: Vec::new(),
        reactions: Vec::new(),
    };
    assert_eq!(first.message, expected);
    write(&*store, id, bert, 9).await;

    assert_eq!(store.message(new.id).await.unwrap(), Some(expected));
    assert_eq!(store.message(MessageId(oid())).await.unwrap(), None);
    let page = async |page| numbers(&store.messages(id, page).await.unwrap());
    assert_eq!(page(Page::Before { seq: None, limit: 3 }).await, [8, 9, 10]);
    assert_eq!(page(Page::Before { seq: Some(8), limit: 3 }).await, [5, 6, 7]);
    assert_eq!(page(Page::Before { seq: Some(3), limit: 9 }).await, [1, 2]);
    assert_eq!(page(Page::Before { seq: Some(1), limit: 9 }).await, [0; 0]);
    assert_eq!(page(Page::Before { seq: Some(u64::MAX), limit: 1 }).await, [10]);
    assert_eq!(page(Page::After { seq: 0, limit: 2 }).await, [1, 2]);
    assert_eq!(page(Page::After { seq: 8, limit: 9 }).await, [9, 10]);
    assert_eq!(page(Page::After { seq: 10, limit: 9 }).await, [0; 0]);
    assert_eq!(page(Page::After { seq: u64::MAX, limit: 9 }).await, [0; 0]);
    assert_eq!(page(Page::After { seq: 0, limit: 0 }).await, [0; 0]);
    assert_eq!(page(Page::Before { seq: None, limit: 0 }).await, [0; 0]);
    let nowhere = store.messages(ConversationId(oid()), Page::After { seq: 0, limit: 9 }).await.unwrap();
    assert_eq!(nowhere, []);
    let found = store.conversation(id).await.unwrap().unwrap();
    let last = store.messages(id, Page::Before { seq: None, limit: 1 }).await.unwrap().remove(0);
    assert_eq!((found.last_seq, found.updated_at), (10, last.created_at));
}

pub async fn a_retry_is_the_same_message(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let (anna, bert) = (join(&*one, "anna").await, join(&*one, "bert").await);
    let id = pair(&*one, anna, bert).await.id;
    let tries = (0..10).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { store.append_message(message(id, anna, "same")).await.unwrap() })
    });
    let mut all = Vec::new();
    for one_try in tries.collect::<Vec<_>>() {
        all.push(one_try.await.unwrap());
    }
    assert_eq!(all.iter().filter(|a| a.fresh).count(), 1);
    assert!(all.iter().all(|a| a.message == all[0].message && a.message.seq == 1));

    // The client id is the sender's own: another's is another message, and so is it in another conversation.
    assert_eq!(one.append_message(message(id, bert, "same")).await.unwrap().message.seq, 2);
    let carl = join(&*one, "carl").await;
    let elsewhere = pair(&*one, anna, carl).await.id;
    assert!(one.append_message(message(elsewhere, anna, "same")).await.unwrap().fresh);

    // A retry tells how far the message has come, and a refused one leaves no gap.
    one.mark(id, bert, 2, 1).await.unwrap();
    let again = two.append_message(message(id, anna, "same")).await.unwrap();
    assert_eq!((again.fresh, again.message.status), (false, MessageStatus::Read));
    let mut twice = message(id, anna, "other");
    twice.id = again.message.id;
    let refused = one.append_message(twice).await;
    assert!(matches!(refused, Err(StoreError::Taken(Unique::Id))), "{refused:?}");
    assert_eq!(one.append_message(message(id, anna, "next")).await.unwrap().message.seq, 3);
}

pub async fn only_members_write_and_replies_stay_inside(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let carl = join(&*store, "carl").await;
    let id = pair(&*store, anna, bert).await.id;
    let other = pair(&*store, anna, carl).await.id;
    for (conversation, from) in [(id, carl), (id, UserId(oid())), (ConversationId(oid()), anna)] {
        let refused = store.append_message(message(conversation, from, "x")).await;
        assert!(matches!(refused, Err(StoreError::Missing)), "{refused:?}");
    }
    let asked = store.append_message(message(id, anna, "question")).await.unwrap().message.id;
    let mut reply = message(id, bert, "answer");
    reply.reply_to = Some(asked);
    let answer = store.append_message(reply.clone()).await.unwrap().message;
    let quote = answer.quote.clone().unwrap();
    assert_eq!((answer.reply_to, quote.id, quote.seq, quote.from_user), (Some(asked), asked, 1, anna));
    assert_eq!((quote.content.as_str(), quote.deleted_at), ("this is question", None));
    assert_eq!(store.append_message(reply.clone()).await.unwrap().message, answer, "also to a retry");
    assert_eq!(store.message(reply.id).await.unwrap().as_ref(), Some(&answer));
    assert_eq!(
        store.messages(id, Page::After { seq: 1, limit: 9 }).await.unwrap(),
        std::slice::from_ref(&answer)
    );
    assert_eq!(
        store.messages(id, Page::Before { seq: None, limit: 1 }).await.unwrap(),
        std::slice::from_ref(&answer)
    );
    assert_eq!(store.summary(id, anna).await.unwrap().unwrap().last_message, Some(answer));
    for (conversation, to) in [(other, asked), (id, MessageId(oid()))] {
        let mut stray = message(conversation, anna, "stray");
        stray.reply_to = Some(to);
        assert!(matches!(store.append_message(stray).await, Err(StoreError::Missing)));
    }
    write(&*store, id, anna, 1).await;
    assert_eq!(store.conversation(id).await.unwrap().unwrap().last_seq, 3, "refusals leave no gaps");
}

/// Reads again and again: 1, 2, 3 … without a gap, never fewer than before, and what the counter says is there.
async fn watch(store: Arc<dyn Store>, id: ConversationId, done: Arc<AtomicBool>) -> usize {
    let mut seen = 0;
    let mut looks = 0;
    while !done.load(Ordering::Relaxed) {
        let counted = store.conversation(id).await.unwrap().unwrap().last_seq;
        let page = store.messages(id, Page::After { seq: 0, limit: 100_000 }).await.unwrap();
        let length = u64::try_from(page.len()).unwrap();
        assert_eq!(numbers(&page), (1..=length).collect::<Vec<_>>());
        assert!(length >= seen && length >= counted, "{length} of {counted}, {seen} before");
        seen = length;
        let newest = store.messages(id, Page::Before { seq: None, limit: 3 }).await.unwrap();
        assert!(numbers(&newest).windows(2).all(|w| w[1] == w[0] + 1));
        looks += 1;
    }
    looks
}

pub async fn what_is_visible_is_a_prefix_under_many_writers(bed: Bed) {
    let stores = [bed.open().await, bed.open().await];
    let (anna, bert) = (join(&*stores[0], "anna").await, join(&*stores[0], "bert").await);
    let id = pair(&*stores[0], anna, bert).await.id;
    let done = Arc::new(AtomicBool::new(false));
    let watchers: Vec<_> = stores.iter().map(|s| tokio::spawn(watch(s.clone(), id, done.clone()))).collect();
    let fresh = Arc::new(AtomicUsize::new(0));
    let each = bed.many;
    let writers = (0..8).map(|writer| {
        let (store, retry, fresh) =
            (stores[writer % 2].clone(), stores[(writer + 1) % 2].clone(), fresh.clone());
        let from = if writer < 4 { anna } else { bert };
        tokio::spawn(async move {
            for n in 0..each {
                let client = format!("{writer}-{n}");
                let first = store.append_message(message(id, from, &client));
                // Now and then the client loses patience and asks another server at the same time.
                let both = match below(3) {
                    0 => {
                        let (a, b) = tokio::join!(first, retry.append_message(message(id, from, &client)));
                        vec![a.unwrap(), b.unwrap()]
                    }
                    _ => vec![first.await.unwrap()],
                };
                // Only the status may have moved on between the two.
                assert!(
                    both.iter()
                        .all(|a| (a.message.id, a.message.seq) == (both[0].message.id, both[0].message.seq))
                );
                fresh.fetch_add(both.iter().filter(|a| a.fresh).count(), Ordering::Relaxed);
                store.mark(id, from, both[0].message.seq, 0).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for watcher in watchers {
        assert!(watcher.await.unwrap() > 0);
    }
    assert_eq!(fresh.load(Ordering::Relaxed), 8 * each);
    let page = stores[0].messages(id, Page::After { seq: 0, limit: 100_000 }).await.unwrap();
    assert_eq!(page.len(), 8 * each);
}
