//! Conversations in MongoDB: collection `conversations`.

use std::collections::{BTreeSet, HashMap};

use futures_util::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Timestamp as Stamp, doc};
use serde::{Deserialize, Serialize};

use super::Base;
use super::error::duplicate;
use super::marks::{self, ReceiptDoc};
use super::messages::{self, MessageDoc};
use super::values::{NOW, date, limit, number, time};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, FileId, UserId};
use crate::model::{Conversation, ConversationKind, Cursor, GroupColor, GroupRole, Look, Member};
use crate::store::derive::UNREAD_MAX;
use crate::store::{ConversationSummary, Result, StoreError, Unique};

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConversationDoc {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) kind: ConversationKind,
    /// Both user ids, the lower one first; of a group, its own id.
    pub(super) pair: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) name: Option<String>,
    #[serde(flatten)]
    pub(super) look: LookDoc,
    #[serde(default)]
    pub(super) rev: i64,
    pub(super) members: Vec<ObjectId>,
    /// Of a group: what its members are there.
    #[serde(default)]
    pub(super) places: Vec<Place>,
    pub(super) last_seq: i64,
    pub(super) created_at: DateTime,
    pub(super) updated_at: DateTime,
    /// How often messages of it were changed.
    #[serde(default)]
    pub(super) changes: i64,
    /// Cluster time of the last message, or of the last change of one.
    pub(super) changed: Stamp,
}

/// What a group looks like.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct LookDoc {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) color: Option<GroupColor>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) picture: Option<ObjectId>,
}

/// A member's place in a group.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    pub(super) user: ObjectId,
    pub(super) role: GroupRole,
    /// The first message that he may see.
    pub(super) from_seq: i64,
}

impl ConversationDoc {
    pub(super) fn with(self, receipts: &[ReceiptDoc]) -> Conversation {
        let id = ConversationId(self.id);
        let last_seq = number(self.last_seq);
        let mut members: Vec<Member> =
            self.members.iter().map(|user| member(*user, &self, receipts)).collect();
        members.sort_by_key(|m| m.user);
        Conversation {
            id,
            kind: self.kind,
            name: self.name,
            look: Look { color: self.look.color, picture: self.look.picture.map(FileId) },
            rev: number(self.rev),
            members,
            last_seq,
            created_at: time(self.created_at),
            updated_at: time(self.updated_at),
        }
    }
}

fn member(user: ObjectId, conversation: &ConversationDoc, receipts: &[ReceiptDoc]) -> Member {
    let found = receipts.iter().find(|r| r.user == user && r.conversation == conversation.id);
    // A receipt may have been read later than the conversation and speak of a message beyond it.
    let place = conversation.places.iter().find(|place| place.user == user);
    // What was there before he came counts as read.
    let before = place.map_or(0, |place| number(place.from_seq - 1));
    let mark = |seq: i64| number(seq.min(conversation.last_seq)).max(before);
    Member {
        user: UserId(user),
        role: place.map_or(GroupRole::Member, |place| place.role),
        from_seq: place.map_or(0, |place| number(place.from_seq)),
        delivered_seq: found.map_or(before, |r| mark(r.delivered_seq)),
        read_seq: found.map_or(before, |r| mark(r.read_seq)),
    }
}

pub(super) async fn get(m: &Base, id: ConversationId) -> Result<Option<Conversation>> {
    // Watermarks first: what is read later has at least the messages that they speak of.
    let receipts = marks::of(m, &[id.0]).await?;
    Ok(m.conversations.find_one(doc! { "_id": id.0 }).await?.map(|found| found.with(&receipts)))
}

pub(super) async fn open_direct(
    m: &Base,
    id: ConversationId,
    a: UserId,
    b: UserId,
    now: Timestamp,
) -> Result<Conversation> {
    let pair = format!("{}-{}", a.min(b), a.max(b));
    if let Some(found) = m.conversations.find_one(doc! { "pair": &pair }).await? {
        return get(m, ConversationId(found.id)).await?.ok_or(StoreError::Missing);
    }
    if a == b || m.users.count_documents(doc! { "_id": { "$in": [a.0, b.0] } }).await? < 2 {
        return Err(StoreError::Missing);
    }
    let fresh = ConversationDoc {
        id: id.0,
        kind: ConversationKind::Direct,
        pair: pair.clone(),
        name: None,
        look: LookDoc::default(),
        rev: 0,
        members: vec![a.0, b.0],
        places: Vec::new(),
        last_seq: 0,
        created_at: date(now),
        updated_at: date(now),
        changes: 0,
        changed: NOW,
    };
    match m.conversations.insert_one(&fresh).await {
        Ok(_) => Ok(fresh.with(&[])),
        Err(e) if duplicate(&e).is_some() => {
            let there = m.conversations.find_one(doc! { "pair": &pair }).await?;
            let there = there.ok_or(StoreError::Taken(Unique::Id))?;
            get(m, ConversationId(there.id)).await?.ok_or(StoreError::Missing)
        }
        Err(e) => Err(e.into()),
    }
}

/// `found` with what their member `user` sees of them, in the same order.
pub(super) async fn summaries(
    m: &Base,
    user: UserId,
    found: Vec<ConversationDoc>,
) -> Result<Vec<ConversationSummary>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ObjectId> = found.iter().map(|c| c.id).collect();
    let receipts = marks::of(m, &ids).await?;
    let newest: Vec<_> = found.iter().map(|c| doc! { "conversation": c.id, "seq": c.last_seq }).collect();
    let newest: Vec<MessageDoc> = m.messages.find(doc! { "$or": newest }).await?.try_collect().await?;
    let mut newest: HashMap<ObjectId, MessageDoc> = newest.into_iter().map(|d| (d.conversation, d)).collect();
    let mut out = Vec::with_capacity(found.len());
    for conversation in found {
        let last = newest.remove(&conversation.id);
        let conversation = conversation.with(&receipts);
        let read = conversation.member(user).map_or(0, |own| own.read_seq);
        let read = read.max(conversation.last_seq.saturating_sub(UNREAD_MAX));
        let unread = match read < conversation.last_seq {
            true => messages::unread(m, &conversation, user, read).await?,
            false => 0,
        };
        let last_message = match last {
            Some(last) => Some(messages::quoted_one(m, last.with(&conversation)).await?),
            None => None,
        };
        out.push(ConversationSummary { conversation, last_message, unread });
    }
    Ok(out)
}

pub(super) async fn one(m: &Base, id: ConversationId, user: UserId) -> Result<Option<ConversationSummary>> {
    let found = m.conversations.find_one(doc! { "_id": id.0, "members": user.0 }).await?;
    Ok(summaries(m, user, found.into_iter().collect()).await?.pop())
}

pub(super) async fn of_user(
    m: &Base,
    user: UserId,
    after: Option<Cursor<ConversationId>>,
    most: usize,
) -> Result<Vec<ConversationSummary>> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let mut filter = doc! { "members": user.0 };
    if let Some(cursor) = after {
        let at = date(cursor.at);
        filter.insert("updatedAt", doc! { "$lte": at });
        filter.insert(
            "$or",
            [doc! { "updatedAt": { "$lt": at } }, doc! { "updatedAt": at, "_id": { "$lt": cursor.id.0 } }],
        );
    }
    let order = doc! { "updatedAt": -1, "_id": -1 };
    let found = m.conversations.find(filter).sort(order).limit(limit(most)).await?.try_collect().await?;
    summaries(m, user, found).await
}

pub(super) async fn contacts(m: &Base, user: UserId) -> Result<Vec<UserId>> {
    let found: Vec<ConversationDoc> =
        m.conversations.find(doc! { "members": user.0 }).await?.try_collect().await?;
    let all: BTreeSet<UserId> = found.iter().flat_map(|c| &c.members).map(|id| UserId(*id)).collect();
    Ok(all.into_iter().filter(|other| *other != user).collect())
}
