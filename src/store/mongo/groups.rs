//! Groups in MongoDB: their making and changing, each in one transaction with the message that tells of it.

use mongodb::ClientSession;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use mongodb::options::ReturnDocument;

use super::Base;
use super::conversations::{ConversationDoc, LookDoc, Place, get};
use super::departures;
use super::files;
use super::marks;
use super::messages::MessageDoc;
use super::transaction::{Outcome, Try, Work, transact};
use super::values::{NOW, date, int};
use crate::model::{Conversation, ConversationKind, Message};
use crate::store::derive::word;
use crate::store::{GroupPlan, Result, StoreError, Unique};

pub(super) async fn create(m: &Base, plan: &GroupPlan) -> Result<(Conversation, Message)> {
    run(m, plan, None).await?.ok_or(StoreError::Missing)
}

pub(super) async fn change(m: &Base, plan: &GroupPlan, rev: u64) -> Result<Option<(Conversation, Message)>> {
    run(m, plan, Some(rev)).await
}

/// Makes the group, or changes it if its revision is `rev`.
async fn run(m: &Base, plan: &GroupPlan, rev: Option<u64>) -> Result<Option<(Conversation, Message)>> {
    let ids: Vec<_> = plan.members.iter().map(|(user, _)| user.0).collect();
    let there = m.users.count_documents(doc! { "_id": { "$in": &ids } }).await?;
    if there != u64::try_from(ids.len()).unwrap_or(u64::MAX) {
        return Err(StoreError::Missing);
    }
    let note = match transact(m, plan.note.id.0.bytes()[11], &Change { plan, rev }).await? {
        Some(note) => note,
        // Our own, if an earlier try was committed without our hearing it.
        None => {
            let own = m.messages.find_one(doc! { "_id": plan.note.id.0 }).await?;
            Some(own.ok_or(StoreError::Taken(Unique::Id))?)
        }
    };
    let Some(note) = note else { return Ok(None) };
    let group = get(m, plan.note.conversation).await?.ok_or(StoreError::Missing)?;
    Ok(Some((group, note.fresh())))
}

struct Change<'a> {
    plan: &'a GroupPlan,
    /// `None`: it is to be made.
    rev: Option<u64>,
}

impl Work for Change<'_> {
    type Out = Option<MessageDoc>;
    async fn run(&self, m: &Base, session: &mut ClientSession) -> Try<Outcome<Option<MessageDoc>>> {
        let Some(rev) = self.rev else {
            return Ok(Outcome::Commit(Some(insert(m, session, self.plan).await?)));
        };
        Ok(match update(m, session, self.plan, rev).await? {
            Some(note) => Outcome::Commit(Some(note)),
            None => Outcome::Abort(None),
        })
    }
}

fn places(plan: &GroupPlan, before: &[Place], seq: i64) -> Vec<Place> {
    let place = |(user, role): &(crate::ids::UserId, crate::model::GroupRole)| {
        let known = before.iter().find(|place| place.user == user.0);
        Place { user: user.0, role: *role, from_seq: known.map_or(seq, |place| place.from_seq) }
    };
    plan.members.iter().map(place).collect()
}

async fn insert(m: &Base, session: &mut ClientSession, plan: &GroupPlan) -> Try<MessageDoc> {
    let id = plan.note.conversation.0;
    let fresh = ConversationDoc {
        id,
        kind: ConversationKind::Group,
        pair: id.to_hex(),
        name: Some(plan.name.clone()),
        look: LookDoc { color: plan.look.color, picture: plan.look.picture.map(|id| id.0) },
        rev: 0,
        members: plan.members.iter().map(|(user, _)| user.0).collect(),
        places: places(plan, &[], 1),
        last_seq: 1,
        created_at: date(plan.note.created_at),
        updated_at: date(plan.note.created_at),
        changes: 0,
        changed: NOW,
    };
    m.conversations.insert_one(&fresh).session(&mut *session).await?;
    // With the stamp that the server gave it.
    let stored = m.conversations.find_one(doc! { "_id": id }).session(&mut *session).await?;
    let stored = stored.ok_or(StoreError::Missing)?;
    let note = MessageDoc::new(&plan.note, &stored);
    m.messages.insert_one(&note).session(&mut *session).await?;
    hang(m, session, plan, None).await?;
    Ok(note)
}

async fn update(
    m: &Base,
    session: &mut ClientSession,
    plan: &GroupPlan,
    rev: u64,
) -> Try<Option<MessageDoc>> {
    let id = plan.note.conversation.0;
    let change = doc! {
        "$inc": { "lastSeq": 1_i64, "rev": 1_i64 },
        "$set": { "updatedAt": date(plan.note.created_at), "name": &plan.name },
        "$currentDate": { "changed": { "$type": "timestamp" } },
    };
    let group = m
        .conversations
        .find_one_and_update(doc! { "_id": id, "kind": "group", "rev": int(rev) }, change)
        .return_document(ReturnDocument::After)
        .session(&mut *session)
        .await?;
    let Some(group) = group else { return Ok(None) };
    let members: Vec<_> = plan.members.iter().map(|(user, _)| user.0).collect();
    let places: Vec<_> = places(plan, &group.places, group.last_seq)
        .into_iter()
        .map(|place| doc! { "user": place.user, "role": word(&place.role), "fromSeq": place.from_seq })
        .collect();
    let color = plan.look.color.map(|color| word(&color));
    let picture = plan.look.picture.map(|id| id.0);
    let what = doc! { "members": &members, "places": places, "color": color, "picture": picture };
    m.conversations.update_one(doc! { "_id": id }, doc! { "$set": what }).session(&mut *session).await?;
    hang(m, session, plan, group.look.picture).await?;
    let note = MessageDoc::new(&plan.note, &group);
    m.messages.insert_one(&note).session(&mut *session).await?;
    for gone in group.members.iter().filter(|user| !members.contains(user)) {
        departures::write(m, session, plan.note.conversation, *gone, group.last_seq).await?;
    }
    marks::change_audience(m, session, plan.note.conversation, &members).await?;
    Ok(Some(note))
}

/// Puts the picture of the plan in the place of `before`.
async fn hang(m: &Base, session: &mut ClientSession, plan: &GroupPlan, before: Option<ObjectId>) -> Try<()> {
    let picture = plan.look.picture.map(|id| id.0);
    if picture == before {
        return Ok(());
    }
    if let Some(before) = before {
        files::take_down(m, session, before).await?;
    }
    match picture {
        Some(picture) => files::hang(m, session, picture, &plan.note).await,
        None => Ok(()),
    }
}
