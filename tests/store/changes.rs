//! Messages that change: edited, deleted, reacted to; what is left, who may, and how it is told.

use charla::clock::Timestamp;
use charla::ids::{ConversationId, MessageId, UserId};
use charla::model::{GroupRole, Message, Page};
use charla::store::{GroupPlan, MessageChange, Revised, Store, StoreError};

use super::bed::{Bed, join, message, now, oid, pair, write};

use MessageChange::{Delete, Edit, React, Unreact};

async fn change(store: &dyn Store, id: MessageId, by: UserId, change: MessageChange) -> Message {
    match store.change_message(id, by, change, now()).await.unwrap() {
        Revised::Changed(message) => message,
        other => panic!("{other:?}"),
    }
}

async fn same(store: &dyn Store, id: MessageId, by: UserId, change: MessageChange) -> Message {
    match store.change_message(id, by, change, now()).await.unwrap() {
        Revised::Same(message) => message,
        other => panic!("{other:?}"),
    }
}

pub async fn a_change_is_kept_to_the_last_field_and_a_retry_changes_nothing(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let first = store.append_message(message(id, anna, "first")).await.unwrap().message;
    let mut reply = message(id, bert, "reply");
    reply.reply_to = Some(first.id);
    let reply = store.append_message(reply).await.unwrap().message;

    let at = Timestamp(1_800_000_123_456);
    let edited = store.change_message(first.id, anna, Edit("Gr\u{fc}\u{df}e".into()), at).await.unwrap();
    let expected =
        Message { content: "Gr\u{fc}\u{df}e".into(), edited_at: Some(at), rev: 1, ..first.clone() };
    assert_eq!(edited, Revised::Changed(expected.clone()));
    assert_eq!(store.message(first.id).await.unwrap(), Some(expected.clone()));
    assert_eq!(same(&*store, first.id, anna, Edit("Gr\u{fc}\u{df}e".into())).await, expected);
    let quoted = store.message(reply.id).await.unwrap().unwrap();
    assert_eq!(quoted.quote.unwrap().content, "Gr\u{fc}\u{df}e", "as it is now");

    change(&*store, first.id, bert, React("b".into())).await;
    change(&*store, first.id, bert, React("a".into())).await;
    let liked = change(&*store, first.id, anna, React("b".into())).await;
    let shown: Vec<_> = liked.reactions.iter().map(|r| (r.emoji.as_str(), r.users.clone())).collect();
    assert_eq!(shown, [("b", vec![bert, anna]), ("a", vec![bert])]);
    assert_eq!((liked.rev, liked.edited_at), (4, Some(at)));
    assert_eq!(same(&*store, first.id, anna, React("b".into())).await, liked);
    let less = change(&*store, first.id, bert, Unreact("a".into())).await;
    assert_eq!((less.reactions.len(), less.rev), (1, 5));
    assert_eq!(same(&*store, first.id, bert, Unreact("a".into())).await, less);
    assert_eq!(store.messages(id, Page::After { seq: 0, limit: 1 }).await.unwrap(), [less]);

    let gone = change(&*store, reply.id, bert, Delete).await;
    let deleted_at = gone.deleted_at;
    assert!(deleted_at.is_some());
    let stone =
        Message { content: String::new(), reply_to: None, quote: None, deleted_at, rev: 1, ..reply.clone() };
    assert_eq!(gone, stone);
    assert_eq!(store.message(reply.id).await.unwrap(), Some(stone.clone()));
    assert_eq!(store.summary(id, anna).await.unwrap().unwrap().last_message, Some(stone.clone()));
    assert_eq!(same(&*store, reply.id, bert, Delete).await, stone);
    for late in [Edit("back".into()), React("a".into()), Unreact("a".into())] {
        assert_eq!(store.change_message(reply.id, bert, late, now()).await.unwrap(), Revised::Deleted);
    }
    let again = store.append_message(message(id, bert, "reply")).await.unwrap();
    assert_eq!((again.fresh, again.message), (false, stone), "a late retry brings nothing back");
    let found = store.conversation(id).await.unwrap().unwrap();
    assert_eq!((found.last_seq, found.updated_at), (2, reply.created_at), "nobody wrote anything new");

    change(&*store, first.id, anna, Delete).await;
    let mut late = message(id, bert, "late");
    late.reply_to = Some(first.id);
    let quote = store.append_message(late).await.unwrap().message.quote.unwrap();
    assert_eq!((quote.content.as_str(), quote.deleted_at.is_some()), ("", true));
}

fn group(id: ConversationId, by: UserId, members: &[UserId]) -> GroupPlan {
    let mut note = message(id, by, &format!("note.{}", oid()));
    note.content.clear();
    let members = members.iter().map(|user| (*user, GroupRole::Member)).collect();
    GroupPlan { name: "Team".into(), look: Default::default(), members, note }
}

pub async fn only_who_sees_a_message_changes_it(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let carl = join(&*store, "carl").await;
    let id = ConversationId(oid());
    store.create_group(group(id, anna, &[anna, bert])).await.unwrap();
    let old = store.append_message(message(id, bert, "old")).await.unwrap().message;
    store.change_group(group(id, anna, &[anna, carl]), 0).await.unwrap().unwrap();
    let refused = async |message: MessageId, by| {
        let done = store.change_message(message, by, React("a".into()), now()).await;
        assert!(matches!(done, Err(StoreError::Missing)), "{done:?}");
    };
    refused(old.id, bert).await; // He is out of it.
    refused(old.id, carl).await; // It was said before he came.
    refused(old.id, UserId(oid())).await;
    refused(MessageId(oid()), anna).await;
    assert_eq!(store.message(old.id).await.unwrap(), Some(old.clone()));
    change(&*store, old.id, anna, React("a".into())).await;
    let page = store.sync(carl, None, 100).await.unwrap();
    change(&*store, old.id, anna, Delete).await;
    let after = store.sync(carl, Some(&page.next), 100).await.unwrap();
    let told = after.conversations.iter().flat_map(|s| s.messages.iter().chain(&s.changed));
    assert_eq!(told.count(), 0, "nothing of what he may not see");
}

pub async fn changes_come_by_sync_once_and_in_their_order(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    write(&*store, id, anna, 40).await;
    let all = store.messages(id, Page::After { seq: 0, limit: 99 }).await.unwrap();
    let start = store.sync(bert, None, 100).await.unwrap();
    assert_eq!(start.conversations[0].changed, [], "as they are");
    // 30, 20, 10, 30 again: the last change counts. And one that the first sync left out.
    for (at, text) in [(30, "a"), (20, "b"), (10, "c"), (30, "d"), (1, "e")] {
        change(&*store, all[at].id, anna, Edit(text.into())).await;
    }
    write(&*store, id, bert, 3).await;
    let new = store.messages(id, Page::After { seq: 40, limit: 9 }).await.unwrap();
    change(&*store, new[1].id, bert, Delete).await;
    for limit in [100, 7, 2, 1] {
        let (mut since, mut changed, mut messages) = (start.next.clone(), Vec::new(), Vec::new());
        loop {
            let page = store.sync(bert, Some(&since), limit).await.unwrap();
            for synced in page.conversations {
                changed.extend(synced.changed.into_iter().map(|m| (m.seq, m.content)));
                messages.extend(synced.messages.into_iter().map(|m| (m.seq, m.deleted_at.is_some())));
            }
            since = page.next;
            if !page.more {
                break;
            }
        }
        let expected = [(21, "b"), (11, "c"), (31, "d"), (2, "e")];
        assert_eq!(changed, expected.map(|(seq, text)| (seq, text.to_owned())), "pages of {limit}");
        assert_eq!(messages, [(41, false), (42, true), (43, false)], "pages of {limit}");
        let quiet = store.sync(bert, Some(&since), limit).await.unwrap();
        assert_eq!((quiet.conversations.len(), quiet.more), (0, false));
    }
    // A change alone is told alone.
    let since = store.sync(bert, None, 100).await.unwrap().next;
    change(&*store, all[5].id, bert, React("a".into())).await;
    let page = store.sync(bert, Some(&since), 100).await.unwrap();
    assert_eq!(page.conversations[0].changed.iter().map(|m| m.seq).collect::<Vec<_>>(), [6]);
    assert_eq!(page.conversations[0].messages, []);
}

pub async fn of_changes_at_once_none_is_lost(bed: Bed) {
    let stores = [bed.open().await, bed.open().await];
    let mut people = Vec::new();
    for n in 0..6 {
        people.push(join(&*stores[0], &format!("person{n}")).await);
    }
    let id = ConversationId(oid());
    stores[0].create_group(group(id, people[0], &people)).await.unwrap();
    let target = stores[0].append_message(message(id, people[0], "x")).await.unwrap().message.id;
    let changers = people.iter().enumerate().map(|(n, by)| {
        let (store, by) = (stores[n % 2].clone(), *by);
        tokio::spawn(async move {
            for emoji in ["a", "b", "c"] {
                change(&*store, target, by, React(emoji.into())).await;
                store.append_message(message(id, by, &oid().to_hex())).await.unwrap();
            }
            change(&*store, target, by, Unreact("b".into())).await;
        })
    });
    for changer in changers.collect::<Vec<_>>() {
        changer.await.unwrap();
    }
    let found = stores[1].message(target).await.unwrap().unwrap();
    assert_eq!(found.rev, 24);
    let mut shown: Vec<_> = found.reactions.iter().map(|r| (r.emoji.as_str(), r.users.len())).collect();
    shown.sort_unstable();
    assert_eq!(shown, [("a", 6), ("c", 6)]);
    assert_eq!(stores[0].conversation(id).await.unwrap().unwrap().last_seq, 20);
}
