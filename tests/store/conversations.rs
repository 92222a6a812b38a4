//! Conversations and watermarks.

use std::collections::BTreeSet;

use charla::ids::{ConversationId, UserId};
use charla::model::{ConversationKind, Cursor, MessageStatus, Page, Receipt};
use charla::store::derive::UNREAD_MAX;
use charla::store::{Store, StoreError, Unique};

use super::bed::{Bed, join, message, now, oid, pair, write};

pub async fn a_pair_has_one_conversation(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let (anna, bert) = (join(&*one, "anna").await, join(&*one, "bert").await);
    let carl = join(&*one, "carl").await;
    let tries = (0..12).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { two.clone() };
        let (a, b) = if n % 3 == 0 { (anna, bert) } else { (bert, anna) };
        tokio::spawn(async move { pair(&*store, a, b).await })
    });
    let mut ids = BTreeSet::new();
    for one_try in tries.collect::<Vec<_>>() {
        let made = one_try.await.unwrap();
        assert_eq!(
            (made.kind, made.last_seq, made.created_at),
            (ConversationKind::Direct, 0, made.updated_at)
        );
        assert_eq!(
            made.members.iter().map(|m| m.user).collect::<BTreeSet<_>>(),
            BTreeSet::from([anna, bert])
        );
        ids.insert(made.id);
    }
    assert_eq!(ids.len(), 1);
    let id = *ids.first().unwrap();
    assert_eq!(one.conversation(id).await.unwrap().unwrap().id, id);
    assert_eq!(one.conversation(ConversationId(oid())).await.unwrap(), None);

    for (a, b) in [(anna, UserId(oid())), (UserId(oid()), anna), (anna, anna)] {
        let refused = one.open_direct(ConversationId(oid()), a, b, now()).await;
        assert!(matches!(refused, Err(StoreError::Missing)), "{refused:?}");
    }
    let refused = one.open_direct(id, anna, carl, now()).await;
    assert!(matches!(refused, Err(StoreError::Taken(Unique::Id))), "{refused:?}");
    assert_eq!(one.contacts_of(anna).await.unwrap(), [bert]);
    assert_eq!(one.contacts_of(carl).await.unwrap(), []);
}

pub async fn conversations_are_listed_newest_first_in_pages(bed: Bed) {
    let store = bed.open().await;
    let anna = join(&*store, "anna").await;
    let mut made = Vec::new();
    for n in 0..7 {
        let other = join(&*store, &format!("friend{n}")).await;
        made.push((pair(&*store, anna, other).await.id, other));
    }
    // Two that changed in the same millisecond.
    let at = now();
    for (id, other) in &made[..2] {
        let mut new = message(*id, *other, "hello");
        new.created_at = at;
        store.append_message(new).await.unwrap();
    }
    write(&*store, made[3].0, anna, 2).await;
    write(&*store, made[3].0, made[3].1, 3).await;

    let all = store.conversations_of(anna, None, 50).await.unwrap();
    let order: Vec<_> = all.iter().map(|s| s.conversation.id).collect();
    let (low, high) = (made[0].0.min(made[1].0), made[0].0.max(made[1].0));
    assert_eq!(order, [made[3].0, high, low, made[6].0, made[5].0, made[4].0, made[2].0]);
    assert_eq!((all[0].unread, all[1].unread, all[3].unread), (3, 1, 0));
    assert_eq!(all[0].last_message.as_ref().map(|m| m.seq), Some(5));
    assert_eq!(all[3].last_message, None);
    assert_eq!(store.summary(made[3].0, anna).await.unwrap().as_ref(), Some(&all[0]));
    assert_eq!(store.summary(made[3].0, made[4].1).await.unwrap(), None);
    assert_eq!(store.summary(ConversationId(oid()), anna).await.unwrap(), None);

    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = store.conversations_of(anna, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Cursor { at: last.conversation.updated_at, id: last.conversation.id });
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert_eq!(store.conversations_of(anna, None, 0).await.unwrap(), []);
    let friends: BTreeSet<_> = store.contacts_of(anna).await.unwrap().into_iter().collect();
    assert_eq!(friends, made.iter().map(|(_, other)| *other).collect());
}

pub async fn unread_is_counted_among_the_newest(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let unread = async || store.summary(id, bert).await.unwrap().unwrap().unread;
    for (more, expected) in [(UNREAD_MAX - 1, UNREAD_MAX - 1), (1, UNREAD_MAX), (5, UNREAD_MAX)] {
        let writers = (0..more).map(|_| write(&*store, id, anna, 1));
        futures_util::future::join_all(writers).await;
        assert_eq!(unread().await, expected);
    }
    write(&*store, id, bert, 2).await;
    assert_eq!(unread().await, UNREAD_MAX - 2, "his own do not count");
    store.mark(id, bert, 0, UNREAD_MAX + 4).await.unwrap();
    assert_eq!(unread().await, 1);
}

pub async fn watermarks_rise_and_status_follows(bed: Bed) {
    let (store, second) = (bed.open().await, bed.open().await);
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    assert_eq!(store.mark(id, bert, 5, 5).await.unwrap(), None, "nothing is there yet");
    write(&*store, id, anna, 5).await;
    write(&*store, id, bert, 1).await;

    let receipt =
        |delivered_seq, read_seq| Some(Receipt { conversation: id, user: bert, delivered_seq, read_seq });
    assert_eq!(store.mark(id, bert, 4, 0).await.unwrap(), receipt(4, 0));
    assert_eq!(store.mark(id, bert, 4, 0).await.unwrap(), None);
    assert_eq!(second.mark(id, bert, 1, 2).await.unwrap(), receipt(4, 2));
    let statuses = async |store: &dyn Store| -> Vec<MessageStatus> {
        let page = store.messages(id, Page::After { seq: 0, limit: 9 }).await.unwrap();
        page.iter().map(|m| m.status).collect()
    };
    use MessageStatus::{Delivered, Read, Sent};
    assert_eq!(statuses(&*store).await, [Read, Read, Delivered, Delivered, Sent, Sent]);
    let summary = store.summary(id, bert).await.unwrap().unwrap();
    assert_eq!(summary.unread, 3);
    assert_eq!(store.summary(id, anna).await.unwrap().unwrap().unread, 1);

    assert_eq!(store.mark(id, bert, 0, 999).await.unwrap(), receipt(6, 6), "never above the last message");
    assert_eq!(store.mark(id, bert, 3, 3).await.unwrap(), None, "never down");
    assert_eq!(second.mark(id, bert, u64::MAX, u64::MAX).await.unwrap(), None);
    assert_eq!(statuses(&*second).await, [Read, Read, Read, Read, Read, Sent]);
    assert_eq!(store.summary(id, bert).await.unwrap().unwrap().unread, 0);

    for user in [join(&*store, "carl").await, UserId(oid())] {
        assert!(matches!(store.mark(id, user, 1, 1).await, Err(StoreError::Missing)));
    }
    assert!(matches!(store.mark(ConversationId(oid()), anna, 1, 1).await, Err(StoreError::Missing)));

    // Many devices at once: the highest stays.
    let marks = (0..10_u64).map(|n| {
        let store = if n % 2 == 0 { store.clone() } else { second.clone() };
        tokio::spawn(async move { store.mark(id, anna, 1 + n % 6, n % 4).await.unwrap() })
    });
    for mark in marks.collect::<Vec<_>>() {
        mark.await.unwrap();
    }
    let found = store.conversation(id).await.unwrap().unwrap();
    let member = found.member(anna).unwrap();
    assert_eq!((member.delivered_seq, member.read_seq), (6, 3));
}
