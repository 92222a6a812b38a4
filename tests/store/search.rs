//! Search: candidates that follow what is said, changed and taken back, and who may see it.

use charla::clock::Timestamp;
use charla::ids::{ConversationId, MessageId, UserId};
use charla::model::{GroupRole, SearchQuery, SystemNote};
use charla::store::{GroupPlan, MessageChange, NewMessage, Store};

use super::bed::{Bed, join, message, now, oid, pair};

fn query(user: UserId, words: &str) -> SearchQuery {
    SearchQuery::of(user, words.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect())
}

async fn say(store: &dyn Store, at: ConversationId, from: UserId, content: &str) -> NewMessage {
    let id = oid();
    let mut said = message(at, from, &id.to_hex());
    // Ids rise with time, as the server mints them.
    let seconds = u32::try_from(now().0 - 1_800_000_000_000).unwrap();
    let mut raw = id.bytes();
    raw[..4].copy_from_slice(&seconds.to_be_bytes());
    (said.id, said.content) = (MessageId(bson::oid::ObjectId::from_bytes(raw)), content.into());
    store.append_message(said.clone()).await.unwrap();
    said
}

async fn texts(store: &dyn Store, query: &SearchQuery) -> Vec<String> {
    store.search_messages(query, 50).await.unwrap().into_iter().map(|m| m.content).collect()
}

pub async fn words_are_found_in_ones_own_conversations_newest_first(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert, cleo) =
        (join(&*store, "anna").await, join(&*store, "bert").await, join(&*store, "cleo").await);
    let (ab, bc) = (pair(&*store, anna, bert).await.id, pair(&*store, bert, cleo).await.id);
    say(&*store, ab, anna, "the Quick brown fox").await;
    let second = say(&*store, ab, bert, "Ärger, quick!").await;
    let third = say(&*store, bc, bert, "quick and secret").await;
    say(&*store, bc, cleo, "slow").await;

    assert_eq!(texts(&*store, &query(anna, "quick")).await, ["Ärger, quick!", "the Quick brown fox"]);
    assert_eq!(texts(&*store, &query(bert, "quick")).await.len(), 3);
    assert_eq!(texts(&*store, &query(anna, "secret")).await, [""; 0]);
    assert_eq!(texts(&*store, &query(anna, "arger")).await, ["Ärger, quick!"]);
    assert_eq!(texts(&*store, &query(anna, "fox quick")).await, ["the Quick brown fox"]);
    assert_eq!(texts(&*store, &query(anna, "quick fo")).await, ["the Quick brown fox"], "begun");
    assert_eq!(texts(&*store, &query(anna, "zebra")).await, [""; 0]);
    assert_eq!(texts(&*store, &query(anna, "")).await, [""; 0]);
    let stranger = join(&*store, "eve").await;
    assert_eq!(texts(&*store, &query(stranger, "quick")).await, [""; 0]);

    let only = |change: &dyn Fn(&mut SearchQuery)| {
        let mut query = query(bert, "quick");
        change(&mut query);
        query
    };
    let by = async |query: SearchQuery| texts(&*store, &query).await;
    assert_eq!(by(only(&|q| q.from = Some(anna))).await, ["the Quick brown fox"]);
    assert_eq!(by(only(&|q| q.conversation = Some(bc))).await, ["quick and secret"]);
    assert_eq!(by(only(&|q| q.before = Some(second.created_at))).await, ["the Quick brown fox"]);
    assert_eq!(by(only(&|q| q.after = Some(third.created_at))).await, ["quick and secret"]);
    assert_eq!(by(only(&|q| q.upto = Some((second.id, true)))).await.len(), 2);
    assert_eq!(by(only(&|q| q.upto = Some((second.id, false)))).await, ["the Quick brown fox"]);
    assert_eq!(store.search_messages(&query(bert, "quick"), 1).await.unwrap()[0].id, third.id);
    let other = only(&|q| q.conversation = Some(ab));
    assert_eq!(texts(&*store, &SearchQuery { user: cleo, ..other }).await, [""; 0]);
}

pub async fn the_index_follows_edits_and_deletions(bed: Bed) {
    let (store, second) = (bed.open().await, bed.open().await);
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    let said = say(&*store, id, anna, "before").await;
    let other = say(&*store, id, anna, "before too").await;
    let edit = MessageChange::Edit("afterwards".into());
    second.change_message(said.id, anna, edit, now()).await.unwrap();
    assert_eq!(texts(&*store, &query(bert, "before")).await, ["before too"]);
    assert_eq!(texts(&*store, &query(bert, "afterwards")).await, ["afterwards"]);
    store.change_message(other.id, anna, MessageChange::Delete, now()).await.unwrap();
    assert_eq!(texts(&*second, &query(bert, "before")).await, [""; 0]);
}

pub async fn a_search_sees_what_history_would_show(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert, cleo) =
        (join(&*store, "anna").await, join(&*store, "bert").await, join(&*store, "cleo").await);
    let id = ConversationId(oid());
    let plan = |members: &[UserId]| {
        let mut note = message(id, anna, &format!("note.{}", oid()));
        note.content.clear();
        note.system = Some(SystemNote::Renamed { name: "word".into() });
        let role = |user: &UserId| (*user, if *user == anna { GroupRole::Owner } else { GroupRole::Member });
        GroupPlan {
            name: "word".into(),
            look: Default::default(),
            members: members.iter().map(role).collect(),
            note,
        }
    };
    store.create_group(plan(&[anna, bert])).await.unwrap();
    say(&*store, id, anna, "early word").await;
    store.change_group(plan(&[anna, cleo]), 0).await.unwrap().unwrap();
    say(&*store, id, anna, "late word").await;
    assert_eq!(texts(&*store, &query(anna, "word")).await, ["late word", "early word"]);
    assert_eq!(texts(&*store, &query(cleo, "word")).await, ["late word"], "from when she came");
    assert_eq!(texts(&*store, &query(bert, "word")).await, [""; 0], "who is out sees nothing");
}

pub async fn no_word_is_read_as_a_command(bed: Bed) {
    let store = bed.open().await;
    let (anna, bert) = (join(&*store, "anna").await, join(&*store, "bert").await);
    let id = pair(&*store, anna, bert).await.id;
    say(&*store, id, anna, "not near or and content place").await;
    for word in ["not", "or", "and", "near", "content", "place"] {
        assert_eq!(texts(&*store, &query(anna, word)).await.len(), 1, "{word}");
        assert_eq!(texts(&*store, &query(anna, &word.to_uppercase())).await.len(), 1, "{word}");
    }
    // Far more conversations than are named in a question.
    for n in 0..bed.many * 3 {
        let other = join(&*store, &format!("other{n}")).await;
        pair(&*store, anna, other).await;
    }
    assert_eq!(texts(&*store, &query(anna, "near")).await.len(), 1);
    assert_eq!(
        texts(&*store, &SearchQuery { before: Some(Timestamp(5)), ..query(anna, "near") }).await,
        [""; 0]
    );
}
