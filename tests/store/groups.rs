//! Groups: made and changed together with the message that tells of it; who sees what from when.

use std::collections::BTreeSet;

use charla::ids::{ConversationId, UserId};
use charla::model::{ConversationKind, GroupRole, MessageStatus, Page, SystemNote};
use charla::store::{GroupPlan, Store, StoreError};

use super::bed::{Bed, join, message, oid, write};

use GroupRole::{Admin, Member, Owner};

fn plan(id: ConversationId, by: UserId, name: &str, members: &[(UserId, GroupRole)]) -> GroupPlan {
    let mut note = message(id, by, &format!("note.{}", oid()));
    note.content.clear();
    note.system = Some(SystemNote::Renamed { name: name.into() });
    GroupPlan { name: name.into(), members: members.to_vec(), note }
}

async fn numbers(store: &dyn Store, user: UserId, since: Option<&str>) -> (Vec<u64>, String) {
    let page = store.sync(user, since, 100).await.unwrap();
    assert!(!page.more);
    let told = page.conversations.iter().flat_map(|synced| synced.messages.iter().map(|m| m.seq));
    (told.collect(), page.next)
}

pub async fn a_group_is_kept_to_the_last_field(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = ConversationId(oid());
    let made = plan(id, anna, "Team", &[(anna, Owner), (bert, Member)]);
    let note = made.note.clone();
    let (group, told) = store.create_group(made).await.unwrap();
    assert_eq!((group.id, group.kind, group.name.as_deref()), (id, ConversationKind::Group, Some("Team")));
    assert_eq!((group.rev, group.last_seq, group.member(anna).unwrap().role), (0, 1, Owner));
    assert_eq!(group.members.iter().map(|m| m.from_seq).collect::<Vec<_>>(), [1, 1]);
    assert_eq!((told.id, told.seq, told.to_user, told.to_group), (note.id, 1, None, Some(id)));
    assert_eq!((told.content.as_str(), &told.system), ("", &note.system));
    assert_eq!(store.conversation(id).await.unwrap(), Some(group.clone()));
    assert_eq!(store.messages(id, Page::After { seq: 0, limit: 9 }).await.unwrap(), [told]);

    let (changed, told) = store
        .change_group(plan(id, anna, "Crew", &[(anna, Owner), (bert, Admin)]), 0)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((changed.name.as_deref(), changed.rev, changed.last_seq), (Some("Crew"), 1, 2));
    assert_eq!((changed.member(bert).unwrap().role, changed.member(bert).unwrap().from_seq), (Admin, 1));
    assert_eq!((told.seq, changed.updated_at), (2, told.created_at));
    let two = plan(ConversationId(oid()), anna, "Two", &[(anna, Owner)]);
    store.create_group(two).await.unwrap();

    let stranger = UserId(oid());
    let refused = store.create_group(plan(ConversationId(oid()), anna, "x", &[(stranger, Owner)])).await;
    assert!(matches!(refused, Err(StoreError::Missing)), "{refused:?}");
    let refused = store.change_group(plan(id, anna, "x", &[(anna, Owner), (stranger, Member)]), 1).await;
    assert!(matches!(refused, Err(StoreError::Missing)), "{refused:?}");
    assert_eq!(store.conversation(id).await.unwrap(), Some(changed), "nothing of it");
}

pub async fn who_comes_sees_from_then_on_and_who_goes_nothing(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let carl = join(&*store, "carl").await;
    let id = ConversationId(oid());
    store.create_group(plan(id, anna, "Team", &[(anna, Owner), (bert, Member)])).await.unwrap();
    write(&*store, id, anna, 3).await;
    let (_, berts) = numbers(&*store, bert, None).await;
    let (none, carls) = numbers(&*store, carl, None).await;
    assert_eq!(none, [0; 0]);

    let came = plan(id, anna, "Team", &[(anna, Owner), (bert, Member), (carl, Member)]);
    let (group, _) = store.change_group(came, 0).await.unwrap().unwrap();
    let place = group.member(carl).unwrap();
    assert_eq!((place.from_seq, place.delivered_seq, place.read_seq), (5, 4, 4));
    write(&*store, id, bert, 2).await;
    assert_eq!(numbers(&*store, carl, Some(&carls)).await.0, [5, 6, 7]);
    assert_eq!(numbers(&*store, carl, None).await.0, [5, 6, 7], "also from the start");
    assert_eq!(store.summary(id, carl).await.unwrap().unwrap().unread, 3);

    // A message from before he came is read when those who were there have read it.
    store.mark(id, bert, 0, 4).await.unwrap();
    let history = store.messages(id, Page::After { seq: 2, limit: 1 }).await.unwrap();
    assert_eq!(history[0].status, MessageStatus::Read);
    store.mark(id, carl, 0, 7).await.unwrap();

    let gone = plan(id, anna, "Team", &[(anna, Owner), (carl, Member)]);
    store.change_group(gone, 1).await.unwrap().unwrap();
    store.append_message(message(id, carl, "c")).await.unwrap();
    assert_eq!(store.summary(id, bert).await.unwrap(), None);
    assert_eq!(store.conversations_of(bert, None, 9).await.unwrap(), []);
    assert_eq!(numbers(&*store, bert, Some(&berts)).await.0, [0; 0]);
    assert_eq!(numbers(&*store, bert, None).await.0, [0; 0]);
    assert!(matches!(store.append_message(message(id, bert, "b")).await, Err(StoreError::Missing)));
    assert!(matches!(store.mark(id, bert, 0, 8).await, Err(StoreError::Missing)));

    let back = plan(id, anna, "Team", &[(anna, Owner), (carl, Member), (bert, Member)]);
    let (group, _) = store.change_group(back, 2).await.unwrap().unwrap();
    let place = group.member(bert).unwrap();
    assert_eq!((place.from_seq, place.read_seq), (10, 9), "back, from now on");
    assert_eq!(numbers(&*store, bert, Some(&berts)).await.0, [10]);
}

pub async fn of_changes_at_once_each_is_decided_on_what_the_others_left(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let anna = join(&*one, "anna").await;
    let id = ConversationId(oid());
    one.create_group(plan(id, anna, "0", &[(anna, Owner)])).await.unwrap();
    let changers = (0..6).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move {
            let user = join(&*store, &format!("user{n}")).await;
            loop {
                let group = store.conversation(id).await.unwrap().unwrap();
                let mut members: Vec<_> = group.members.iter().map(|m| (m.user, m.role)).collect();
                members.push((user, Member));
                let change = plan(id, anna, &n.to_string(), &members);
                if let Some((_, note)) = store.change_group(change, group.rev).await.unwrap() {
                    return (user, note.seq);
                }
            }
        })
    });
    let talker = tokio::spawn({
        let store = two.clone();
        async move { write(&*store, id, anna, 20).await }
    });
    let mut came = Vec::new();
    for changer in changers.collect::<Vec<_>>() {
        came.push(changer.await.unwrap());
    }
    talker.await.unwrap();
    let group = two.conversation(id).await.unwrap().unwrap();
    assert_eq!((group.members.len(), group.rev, group.last_seq), (7, 6, 27));
    for (user, seq) in came {
        assert_eq!(group.member(user).unwrap().from_seq, seq);
    }
    let history = one.messages(id, Page::After { seq: 0, limit: 99 }).await.unwrap();
    assert_eq!(history.iter().map(|m| m.seq).collect::<Vec<_>>(), (1..=27).collect::<Vec<_>>());
    assert_eq!(history.iter().map(|m| m.id).collect::<BTreeSet<_>>().len(), 27);
}
