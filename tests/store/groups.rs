//! Groups: made and changed together with the message that tells of it; who sees what from when.

use std::collections::BTreeSet;

use charla::clock::Timestamp;
use charla::ids::{ConversationId, UserId};
use charla::model::{
    Carrier, ConversationKind, GroupColor, GroupRole, Look, MessageStatus, Page, SystemNote,
};
use charla::store::{GroupPlan, Store, StoreError, Unique};

use super::bed::{Bed, join, message, now, oid, write};
use super::files::file;

use GroupRole::{Admin, Member, Owner};

fn plan(id: ConversationId, by: UserId, name: &str, members: &[(UserId, GroupRole)]) -> GroupPlan {
    let mut note = message(id, by, &format!("note.{}", oid()));
    note.content.clear();
    note.system = Some(SystemNote::Renamed { name: name.into() });
    GroupPlan { name: name.into(), look: Default::default(), members: members.to_vec(), note }
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

/// A mark and a change of the members at once: whoever came is told of every later mark, and no mark is of a membership
/// that is over.
pub async fn marks_and_changes_of_the_members_meet_whole(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let (anna, bert) = (join(&*one, "anna").await, join(&*one, "bert").await);
    for round in 0..bed.many {
        let carl = join(&*one, &format!("carl{round}")).await;
        let id = ConversationId(oid());
        one.create_group(plan(id, anna, "Team", &[(anna, Owner), (bert, Member)])).await.unwrap();
        write(&*one, id, anna, 4).await;
        let came = plan(id, anna, "Team", &[(anna, Owner), (bert, Member), (carl, Member)]);
        let (marked, changed) = tokio::join!(two.mark(id, bert, 3, 1), one.change_group(came, 0));
        assert_eq!(marked.unwrap().map(|r| (r.delivered_seq, r.read_seq)), Some((3, 1)), "round {round}");
        changed.unwrap().unwrap();
        let (_, carls) = numbers(&*one, carl, None).await;
        two.mark(id, bert, 5, 5).await.unwrap().unwrap();
        let page = one.sync(carl, Some(&carls), 100).await.unwrap();
        let told: Vec<_> = page.conversations.iter().map(|s| &s.summary.conversation).collect();
        assert_eq!(told.len(), 1, "round {round}: carl is told of bert's mark");
        assert_eq!(told[0].member(bert).unwrap().read_seq, 5);

        // Out and in again, while his other device marks what he saw before.
        let gone = plan(id, anna, "Team", &[(anna, Owner), (carl, Member)]);
        let (marked, changed) = tokio::join!(two.mark(id, bert, 6, 6), one.change_group(gone, 1));
        assert!(matches!(marked, Ok(_) | Err(StoreError::Missing)), "{marked:?}");
        changed.unwrap().unwrap();
        write(&*one, id, anna, 3).await;
        let back = plan(id, anna, "Team", &[(anna, Owner), (bert, Member), (carl, Member)]);
        let (group, note) = one.change_group(back, 2).await.unwrap().unwrap();
        let before = note.seq - 1;
        assert_eq!(group.member(bert).unwrap().read_seq, before);
        assert_eq!(two.mark(id, bert, 6, 6).await.unwrap(), None, "nothing goes back");
        let marked = two.mark(id, bert, note.seq, 0).await.unwrap().unwrap();
        assert_eq!((marked.delivered_seq, marked.read_seq), (note.seq, before));
    }
}

/// Of a member's first marks at once, on two servers, the highest of each holds.
pub async fn of_first_marks_at_once_the_highest_holds(bed: Bed) {
    let stores = [bed.open().await, bed.open().await];
    let (anna, bert) = (join(&*stores[0], "anna").await, join(&*stores[0], "bert").await);
    for _ in 0..bed.many / 2 {
        let id = ConversationId(oid());
        stores[0].create_group(plan(id, anna, "Team", &[(anna, Owner), (bert, Member)])).await.unwrap();
        write(&*stores[0], id, anna, 7).await;
        let marks = (1..=8_u64).map(|n| {
            let store = stores[usize::from(n % 2 == 0)].clone();
            tokio::spawn(async move { store.mark(id, bert, n, 9 - n).await.unwrap() })
        });
        for mark in marks.collect::<Vec<_>>() {
            mark.await.unwrap();
        }
        let group = stores[1].conversation(id).await.unwrap().unwrap();
        let place = group.member(bert).unwrap();
        assert_eq!((place.delivered_seq, place.read_seq), (8, 8));
    }
}

pub async fn a_look_is_kept_and_its_picture_goes_with_it(bed: Bed) {
    let (store, second) = (bed.open().await, bed.open().await);
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = ConversationId(oid());
    let members = [(anna, Owner), (bert, Member)];
    store.create_group(plan(id, anna, "Team", &members)).await.unwrap();
    let (first, next, theirs) = (file(anna, 10), file(anna, 20), file(bert, 30));
    for file in [&first, &next, &theirs] {
        assert!(store.create_file(file.clone(), 1000).await.unwrap());
    }
    let dress = async |color, picture, rev| {
        let look = Look { color, picture };
        store.change_group(GroupPlan { look, ..plan(id, anna, "Team", &members) }, rev).await
    };
    let refused = dress(None, Some(theirs.shown.id), 0).await;
    assert!(matches!(refused, Err(StoreError::Missing)), "somebody else's file: {refused:?}");
    let (dressed, _) = dress(Some(GroupColor::Teal), Some(first.shown.id), 0).await.unwrap().unwrap();
    let look = Look { color: Some(GroupColor::Teal), picture: Some(first.shown.id) };
    assert_eq!((dressed.look, dressed.rev), (look, 1));
    assert_eq!(second.conversation(id).await.unwrap().unwrap(), dressed);
    assert_eq!(second.sync(bert, None, 9).await.unwrap().conversations[0].summary.conversation.look, look);
    let hung = second.file(first.shown.id).await.unwrap().unwrap();
    assert_eq!(hung.carrier, Some(Carrier::Group(id)));
    // It is no unsent file, is nobody's to send, and stays through changes of other things.
    assert_eq!(store.given_up_files(now(), 9).await.unwrap().len(), 2);
    let mut sent = message(id, anna, "with");
    sent.attachments = vec![first.shown.id];
    assert!(matches!(store.append_message(sent).await, Err(StoreError::Missing)));
    assert!(dress(None, Some(first.shown.id), 1).await.unwrap().is_some());
    assert!(store.file(first.shown.id).await.unwrap().is_some());

    let next = file(anna, 20);
    assert!(store.create_file(next.clone(), 1000).await.unwrap());
    assert!(dress(None, Some(next.shown.id), 1).await.unwrap().is_none(), "somebody was quicker");
    assert_eq!(store.file(next.shown.id).await.unwrap().unwrap().carrier, None, "nothing of it");
    dress(None, Some(next.shown.id), 2).await.unwrap().unwrap();
    assert_eq!(store.file(first.shown.id).await.unwrap(), None);
    let (bare, _) = dress(None, None, 3).await.unwrap().unwrap();
    assert_eq!(bare.look, Look::default());
    assert_eq!(second.file(next.shown.id).await.unwrap(), None);
    let given_up: BTreeSet<_> = store.given_up_files(Timestamp(0), 9).await.unwrap().into_iter().collect();
    assert!(
        given_up.contains(&(first.shown.id, first.hash)) && given_up.contains(&(next.shown.id, next.hash))
    );
}

pub async fn a_group_is_made_once(bed: Bed) {
    let stores = [bed.open().await, bed.open().await];
    let anna = join(&*stores[0], "anna").await;
    let id = ConversationId(oid());
    let tries = (0..6).map(|n| {
        let store = stores[n % 2].clone();
        tokio::spawn(
            async move { store.create_group(plan(id, anna, &n.to_string(), &[(anna, Owner)])).await },
        )
    });
    let mut made = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok((group, _)) => made.push(group),
            Err(error) => assert!(matches!(error, StoreError::Taken(Unique::Id)), "{error:?}"),
        }
    }
    assert_eq!(made.len(), 1);
    assert_eq!(stores[0].conversation(id).await.unwrap().as_ref(), Some(&made[0]));
    assert_eq!(made[0].last_seq, 1);
}
