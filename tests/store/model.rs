//! SQLite against a small model: whatever is appended and marked, in whatever order, both say the same.

use std::collections::BTreeMap;

use charla::ids::{ConversationId, UserId};
use charla::model::{MessageStatus, Page};
use charla::store::{Store, StoreError, Synced};
use proptest::prelude::*;

use super::bed::{Bed, join, message, pair};

const PEOPLE: usize = 3;
/// Who is in which conversation.
const PAIRS: [(usize, usize); 2] = [(0, 1), (1, 2)];

#[derive(Clone, Debug)]
enum Step {
    Append { conversation: usize, from: usize, client: u8 },
    Mark { conversation: usize, user: usize, delivered: u64, read: u64 },
    Sync { user: usize, limit: usize },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..2_usize, 0..PEOPLE, 0..20_u8)
            .prop_map(|(conversation, from, client)| Step::Append { conversation, from, client }),
        4 => (0..2_usize, 0..PEOPLE, 0..25_u64, 0..25_u64)
            .prop_map(|(conversation, user, delivered, read)| Step::Mark { conversation, user, delivered, read }),
        2 => (0..PEOPLE, 1..6_usize).prop_map(|(user, limit)| Step::Sync { user, limit }),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    /// Per conversation: sender and client id of each message.
    messages: [Vec<(usize, u8)>; 2],
    /// Per conversation and member: delivered, read.
    marks: BTreeMap<(usize, usize), (u64, u64)>,
    /// Per user: how many messages of each conversation his client has, and the token.
    clients: BTreeMap<usize, (Option<String>, [usize; 2])>,
}

impl Model {
    fn status(&self, conversation: usize, seq: u64) -> MessageStatus {
        let from = self.messages[conversation][usize::try_from(seq).unwrap() - 1].0;
        let other = if PAIRS[conversation].0 == from { PAIRS[conversation].1 } else { PAIRS[conversation].0 };
        match self.marks.get(&(conversation, other)) {
            Some((_, read)) if *read >= seq => MessageStatus::Read,
            Some((delivered, _)) if *delivered >= seq => MessageStatus::Delivered,
            _ => MessageStatus::Sent,
        }
    }
}

fn member(conversation: usize, user: usize) -> bool {
    PAIRS[conversation].0 == user || PAIRS[conversation].1 == user
}

struct World {
    people: Vec<UserId>,
    conversations: Vec<ConversationId>,
}

async fn check(store: &dyn Store, model: &Model, world: &World) {
    for (c, id) in world.conversations.iter().enumerate() {
        let stored = store.messages(*id, Page::After { seq: 0, limit: 1000 }).await.unwrap();
        let told: Vec<_> =
            stored.iter().map(|m| (m.from_user, m.client_id.clone(), m.seq, m.status)).collect();
        let expected: Vec<_> = (1_u64..)
            .zip(&model.messages[c])
            .map(|(seq, (from, client))| (world.people[*from], client.to_string(), seq, model.status(c, seq)))
            .collect();
        assert_eq!(told, expected);
        for user in [PAIRS[c].0, PAIRS[c].1] {
            let summary = store.summary(*id, world.people[user]).await.unwrap().unwrap();
            let (delivered, read) = model.marks.get(&(c, user)).copied().unwrap_or_default();
            let own = summary.conversation.member(world.people[user]).unwrap();
            assert_eq!((own.delivered_seq, own.read_seq), (delivered, read));
            let above = model.messages[c].iter().skip(usize::try_from(read).unwrap());
            assert_eq!(
                summary.unread,
                u64::try_from(above.filter(|(from, _)| *from != user).count()).unwrap()
            );
            assert_eq!(summary.last_message.as_ref(), stored.last());
        }
    }
}

async fn apply(store: &dyn Store, model: &mut Model, world: &World, step: &Step) {
    match *step {
        Step::Append { conversation: c, from, client } => {
            let new = message(world.conversations[c], world.people[from], &client.to_string());
            let done = store.append_message(new).await;
            if !member(c, from) {
                assert!(matches!(done, Err(StoreError::Missing)));
                return;
            }
            let done = done.unwrap();
            let known = model.messages[c].iter().position(|m| *m == (from, client));
            let place = known.unwrap_or(model.messages[c].len());
            if known.is_none() {
                model.messages[c].push((from, client));
            }
            assert_eq!((done.fresh, done.message.seq), (known.is_none(), u64::try_from(place).unwrap() + 1));
        }
        Step::Mark { conversation: c, user, delivered, read } => {
            let done = store.mark(world.conversations[c], world.people[user], delivered, read).await;
            if !member(c, user) {
                assert!(matches!(done, Err(StoreError::Missing)));
                return;
            }
            let last = u64::try_from(model.messages[c].len()).unwrap();
            let own = model.marks.entry((c, user)).or_default();
            let before = *own;
            own.1 = own.1.max(read.min(last));
            own.0 = own.0.max(delivered.min(last)).max(own.1);
            assert_eq!(done.unwrap().is_some(), *own != before);
        }
        Step::Sync { user, limit } => {
            let (token, has) = model.clients.entry(user).or_default();
            loop {
                let page = store.sync(world.people[user], token.as_deref(), limit).await.unwrap();
                for Synced { summary, messages, .. } in page.conversations {
                    let c = world.conversations.iter().position(|id| *id == summary.conversation.id).unwrap();
                    assert!(member(c, user));
                    for told in messages {
                        let seq = usize::try_from(told.seq).unwrap();
                        assert!(seq <= has[c] + 1, "a gap: {seq} after {}", has[c]);
                        has[c] = has[c].max(seq);
                    }
                }
                *token = Some(page.next);
                if !page.more {
                    break;
                }
            }
            for (c, has) in has.iter().enumerate().filter(|(c, _)| member(*c, user)) {
                assert_eq!(*has, model.messages[c].len());
            }
        }
        Step::Reopen => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn sqlite_does_what_the_model_does(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let bed = Bed::sqlite();
            let mut store = bed.open().await;
            let mut world = World { people: Vec::new(), conversations: Vec::new() };
            for n in 0..PEOPLE {
                world.people.push(join(&*store, &format!("person{n}")).await);
            }
            for (a, b) in PAIRS {
                world.conversations.push(pair(&*store, world.people[a], world.people[b]).await.id);
            }
            let mut model = Model::default();
            for step in &steps {
                if matches!(step, Step::Reopen) {
                    store.close().await;
                    store = bed.open().await;
                }
                apply(&*store, &mut model, &world, step).await;
            }
            check(&*store, &model, &world).await;
        });
    }
}
