//! Who goes out of a conversation while he is away is told so by his next sync: once, in order, on either server.

use std::collections::BTreeMap;
use std::sync::Arc;

use charla::ids::{ConversationId, UserId};
use charla::model::GroupRole::{Member, Owner};
use charla::model::{GroupRole, SystemNote};
use charla::store::{GroupPlan, Store};

use super::bed::{Bed, below, join, message, oid, write};
use super::sync::Client;

fn plan(id: ConversationId, by: UserId, others: &[UserId]) -> GroupPlan {
    let mut note = message(id, by, &format!("note.{}", oid()));
    note.content.clear();
    note.system = Some(SystemNote::Left {});
    let others = others.iter().map(|user| (*user, Member));
    let members: Vec<(UserId, GroupRole)> = [(by, Owner)].into_iter().chain(others).collect();
    GroupPlan { name: "Team".into(), look: Default::default(), members, note }
}

async fn group(store: &dyn Store, by: UserId, others: &[UserId]) -> ConversationId {
    let id = ConversationId(oid());
    store.create_group(plan(id, by, others)).await.unwrap();
    id
}

async fn set(store: &dyn Store, id: ConversationId, by: UserId, others: &[UserId]) {
    let rev = store.conversation(id).await.unwrap().unwrap().rev;
    store.change_group(plan(id, by, others), rev).await.unwrap().unwrap();
}

pub async fn who_went_is_told_once_and_in_order(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let (anna, bert) = (join(&*one, "anna").await, join(&*one, "bert").await);
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(group(&*one, anna, &[bert]).await);
        write(&*one, ids[ids.len() - 1], anna, 2).await;
    }
    let mut client = Client::default();
    client.catch_up(&*one, bert, 100).await;
    let away = client.token.clone();
    for id in [ids[4], ids[1], ids[3]] {
        set(&*one, id, anna, &[]).await;
    }
    set(&*two, ids[1], anna, &[bert]).await;
    write(&*two, ids[1], anna, 1).await;
    for limit in [1, 2, 100] {
        let mut client = Client { token: away.clone(), ..Client::default() };
        client.catch_up(&*two, bert, limit).await;
        assert_eq!(client.left, [ids[4], ids[1], ids[3]], "limit {limit}");
        assert_eq!(client.told(ids[1]), [5, 6], "back, with what was said since");
        assert!(!client.messages.contains_key(&ids[4]) && !client.messages.contains_key(&ids[3]));
        client.catch_up(&*one, bert, limit).await;
        assert_eq!(client.left.len(), 3, "once");
    }
    client.catch_up(&*two, bert, 100).await;
    assert_eq!(client.messages.keys().copied().collect::<Vec<_>>(), {
        let mut there = vec![ids[0], ids[1], ids[2], ids[5]];
        there.sort_unstable();
        there
    });
    // Again out of the same, and out of one he was never told of.
    set(&*one, ids[1], anna, &[]).await;
    let brief = group(&*one, anna, &[bert]).await;
    set(&*one, brief, anna, &[]).await;
    let before = client.left.len();
    client.catch_up(&*one, bert, 100).await;
    assert_eq!(client.left[before..], [ids[1], brief]);

    let mut fresh = Client::default();
    fresh.catch_up(&*one, bert, 1).await;
    assert_eq!((fresh.left.len(), fresh.messages.len()), (0, 3), "whoever has nothing has nothing to forget");
    fresh.catch_up(&*two, bert, 100).await;
    assert_eq!(fresh.left, []);
    assert_eq!(one.sync(UserId(oid()), None, 9).await.unwrap().left, []);
}

/// Comings and goings of one person in several groups, on two servers, while he syncs.
async fn come_and_go(store: Arc<dyn Store>, anna: UserId, bert: UserId, id: ConversationId, times: usize) {
    let (mut inside, him) = (true, [bert]);
    for _ in 0..times {
        match below(3) {
            0 => write(&*store, id, anna, 1 + below(3)).await,
            _ => {
                inside = !inside;
                set(&*store, id, anna, if inside { &him[..] } else { &[] }).await;
            }
        }
    }
}

pub async fn nobody_keeps_what_he_is_out_of(bed: Bed) {
    let stores = [bed.open().await, bed.open().await];
    let (anna, bert) = (join(&*stores[0], "anna").await, join(&*stores[0], "bert").await);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(group(&*stores[0], anna, &[bert]).await);
    }
    let mut clients: BTreeMap<usize, Client> = [1, 3, 100].map(|limit| (limit, Client::default())).into();
    for (limit, client) in &mut clients {
        client.catch_up(&*stores[0], bert, *limit).await;
    }
    let walkers: Vec<_> = (ids.iter().enumerate())
        .map(|(n, id)| tokio::spawn(come_and_go(stores[n % 2].clone(), anna, bert, *id, bed.many / 2)))
        .collect();
    let mut turn = 0;
    while walkers.iter().any(|walker| !walker.is_finished()) {
        for (limit, client) in &mut clients {
            turn += 1;
            client.page(&*stores[turn % 2], bert, *limit).await;
        }
    }
    for walker in walkers {
        walker.await.unwrap();
    }
    for (limit, mut client) in clients {
        client.catch_up(&*stores[0], bert, limit).await;
        client.catch_up(&*stores[1], bert, limit).await;
        for id in &ids {
            let group = stores[1].conversation(*id).await.unwrap().unwrap();
            let Some(own) = group.member(bert) else {
                assert!(!client.messages.contains_key(id), "limit {limit}: he is out of it");
                continue;
            };
            let first = own.from_seq.max(1);
            let told: Vec<u64> = client.told(*id).into_iter().filter(|seq| *seq >= first).collect();
            assert_eq!(told, (first..=group.last_seq).collect::<Vec<_>>(), "limit {limit}");
            assert_eq!(client.members[id], group.members);
        }
    }
}
