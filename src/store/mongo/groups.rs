//! Groups in MongoDB: their making and changing, each in one transaction with the message that tells of it.

use std::time::Duration;

use mongodb::ClientSession;
use mongodb::bson::doc;
use mongodb::options::ReturnDocument;

use super::Base;
use super::conversations::{ConversationDoc, Place, get};
use super::messages::{Failed, MessageDoc, PATIENCE, commit};
use super::values::{NOW, date, int};
use crate::model::{Conversation, ConversationKind, Message};
use crate::store::derive::word;
use crate::store::{GroupPlan, Result, StoreError, Unique};

type Try<T> = std::result::Result<T, Failed>;

pub(super) async fn create(m: &Base, plan: &GroupPlan) -> Result<(Conversation, Message)> {
    let ids: Vec<_> = plan.members.iter().map(|(user, _)| user.0).collect();
    let there = m.users.count_documents(doc! { "_id": { "$in": &ids } }).await?;
    if there != u64::try_from(ids.len()).unwrap_or(u64::MAX) {
        return Err(StoreError::Missing);
    }
    run(m, plan, None).await?.ok_or(StoreError::Missing)
}

pub(super) async fn change(m: &Base, plan: &GroupPlan, rev: u64) -> Result<Option<(Conversation, Message)>> {
    let ids: Vec<_> = plan.members.iter().map(|(user, _)| user.0).collect();
    let there = m.users.count_documents(doc! { "_id": { "$in": &ids } }).await?;
    if there != u64::try_from(ids.len()).unwrap_or(u64::MAX) {
        return Err(StoreError::Missing);
    }
    run(m, plan, Some(rev)).await
}

/// Makes the group, or changes it if its revision is `rev`.
async fn run(m: &Base, plan: &GroupPlan, rev: Option<u64>) -> Result<Option<(Conversation, Message)>> {
    let late = || StoreError::Unavailable("the change did not finish in time; its outcome is unknown".into());
    let note =
        tokio::time::timeout(PATIENCE, patiently(m, plan, rev)).await.unwrap_or_else(|_| Err(late()))?;
    let Some(note) = note else { return Ok(None) };
    let group = get(m, plan.note.conversation).await?.ok_or(StoreError::Missing)?;
    Ok(Some((group, note.fresh())))
}

async fn patiently(m: &Base, plan: &GroupPlan, rev: Option<u64>) -> Result<Option<MessageDoc>> {
    let mut session = m.client.start_session().await?;
    let mut tries = 0;
    loop {
        match attempt(m, &mut session, plan, rev).await {
            Ok(done) => return Ok(done),
            Err(Failed::Lasting(error)) => return Err(error),
            // Our own, if an earlier try was committed without our hearing it.
            Err(Failed::Duplicate) => {
                let own = m.messages.find_one(doc! { "_id": plan.note.id.0 }).await?;
                return own.map(Some).ok_or(StoreError::Taken(Unique::Id));
            }
            Err(Failed::Passing) => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis((5 * tries).min(50))).await;
            }
        }
    }
}

async fn attempt(
    m: &Base,
    session: &mut ClientSession,
    plan: &GroupPlan,
    rev: Option<u64>,
) -> Try<Option<MessageDoc>> {
    session.start_transaction().await?;
    let written = match rev {
        None => insert(m, session, plan).await.map(Some),
        Some(rev) => update(m, session, plan, rev).await,
    };
    match written {
        Ok(Some(note)) => {
            commit(session).await?;
            Ok(Some(note))
        }
        other => {
            // The server may have aborted it already; then there is nothing to abort.
            drop(session.abort_transaction().await);
            other
        }
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
    let stored = stored.ok_or(Failed::Lasting(StoreError::Missing))?;
    let note = MessageDoc::new(&plan.note, &stored);
    m.messages.insert_one(&note).session(session).await?;
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
    let who = doc! { "$set": { "members": &members, "places": places } };
    m.conversations.update_one(doc! { "_id": id }, who).session(&mut *session).await?;
    let note = MessageDoc::new(&plan.note, &group);
    m.messages.insert_one(&note).session(&mut *session).await?;
    // Who wants to know of watermarks is another from now on.
    let audience = doc! { "$set": { "audience": &members } };
    m.receipts.update_many(doc! { "conversation": id }, audience).session(session).await?;
    Ok(Some(note))
}
