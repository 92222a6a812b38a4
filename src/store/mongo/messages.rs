//! Messages in MongoDB: collection `messages`.
//!
//! An append is one transaction over the conversation's counter and the message, so that what is visible is a prefix.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Timestamp as Stamp, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

use super::Base;
use super::conversations::{ConversationDoc, get as conversation};
use super::files;
use super::transaction::{Outcome, Try, Work, transact};
use super::values::{date, int, limit, number, stamp, time};
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{
    Attachment, Conversation, ConversationKind, Message, MessageStatus, Page, Quote, Reaction, SystemNote,
};
use crate::store::derive::status;
use crate::store::{Appended, NewMessage, Result, StoreError, Unique};

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageDoc {
    #[serde(rename = "_id")]
    id: ObjectId,
    pub(super) conversation: ObjectId,
    pub(super) seq: i64,
    from_user: ObjectId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    to_user: Option<ObjectId>,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    system: Option<SystemNote>,
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reply_to: Option<ObjectId>,
    created_at: DateTime,
    /// The conversation's `changed` when this was appended: rises with `seq`.
    changed: Stamp,
    #[serde(default)]
    rev: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    edited_at: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    deleted_at: Option<DateTime>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    attachments: Vec<Attachment>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    reactions: Vec<Reaction>,
    /// The conversation's `changes` at the last change of this message; absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) change: Option<i64>,
    /// The conversation's `changed` then: rises with `change`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    change_stamp: Option<Stamp>,
}

impl MessageDoc {
    /// `new` as the last message of `conversation`.
    pub(super) fn new(new: &NewMessage, conversation: &ConversationDoc) -> Self {
        let direct = conversation.kind == ConversationKind::Direct;
        let other = conversation.members.iter().find(|id| **id != new.from_user.0);
        Self {
            id: new.id.0,
            conversation: new.conversation.0,
            seq: conversation.last_seq,
            from_user: new.from_user.0,
            to_user: direct.then(|| *other.unwrap_or(&new.from_user.0)),
            content: new.content.clone(),
            system: new.system.clone(),
            client_id: new.client_id.clone(),
            reply_to: new.reply_to.map(|id| id.0),
            created_at: date(new.created_at),
            changed: conversation.changed,
            rev: 0,
            edited_at: None,
            deleted_at: None,
            attachments: Vec::new(),
            reactions: Vec::new(),
            change: None,
            change_stamp: None,
        }
    }

    /// What `changed` says, as the last change of `conversation`.
    pub(super) fn changed(self, changed: &Message, conversation: &ConversationDoc) -> Self {
        Self {
            content: changed.content.clone(),
            reply_to: changed.reply_to.map(|id| id.0),
            rev: int(changed.rev),
            edited_at: changed.edited_at.map(date),
            deleted_at: changed.deleted_at.map(date),
            attachments: changed.attachments.clone(),
            reactions: changed.reactions.clone(),
            change: Some(conversation.changes),
            change_stamp: Some(conversation.changed),
            ..self
        }
    }

    /// `of` is the message's conversation.
    pub(super) fn with(self, of: &Conversation) -> Message {
        let status = status(&of.members, UserId(self.from_user), number(self.seq));
        Message { status, ..self.fresh() }
    }

    /// As it is when nobody has heard of it.
    pub(super) fn fresh(self) -> Message {
        let (from_user, seq) = (UserId(self.from_user), number(self.seq));
        Message {
            id: MessageId(self.id),
            conversation: ConversationId(self.conversation),
            seq,
            from_user,
            to_user: self.to_user.map(UserId),
            to_group: self.to_user.is_none().then_some(ConversationId(self.conversation)),
            content: self.content,
            system: self.system,
            status: MessageStatus::Sent,
            created_at: time(self.created_at),
            client_id: self.client_id,
            reply_to: self.reply_to.map(MessageId),
            quote: None,
            rev: number(self.rev),
            edited_at: self.edited_at.map(time),
            deleted_at: self.deleted_at.map(time),
            attachments: self.attachments,
            reactions: self.reactions,
        }
    }

    fn quote(&self) -> Quote {
        let deleted_at = self.deleted_at.map(time);
        let (id, from) = (MessageId(self.id), UserId(self.from_user));
        Quote::of(id, number(self.seq), from, &self.content, deleted_at)
    }
}

/// Puts beside each message the one that it answers.
pub(super) async fn quoted(m: &Base, mut messages: Vec<Message>) -> Result<Vec<Message>> {
    let ids: Vec<ObjectId> = messages.iter().filter_map(|message| message.reply_to).map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(messages);
    }
    let found = m.messages.find(doc! { "_id": { "$in": ids } }).await?;
    let found: Vec<MessageDoc> = found.try_collect().await?;
    let quotes: HashMap<MessageId, Quote> = found.iter().map(|d| (MessageId(d.id), d.quote())).collect();
    for message in &mut messages {
        message.quote = message.reply_to.and_then(|id| quotes.get(&id).cloned());
    }
    Ok(messages)
}

pub(super) async fn quoted_one(m: &Base, message: Message) -> Result<Message> {
    let plain = message.clone();
    Ok(quoted(m, vec![message]).await?.pop().unwrap_or(plain))
}

/// A retry with the same client id is safe.
pub(super) async fn append(m: &Base, new: &NewMessage) -> Result<Appended> {
    if let Some(stored) = transact(m, new.id.0.bytes()[11], new).await? {
        return Ok(Appended { message: quoted_one(m, stored.fresh()).await?, fresh: true });
    }
    let taken = match new.attachments.is_empty() {
        true => StoreError::Taken(Unique::Id),
        // What looks like a retry is then an attachment that is not to be had.
        false => StoreError::Missing,
    };
    let message = known(m, new).await?.ok_or(taken)?;
    // Our own, if an earlier try was committed without our hearing it.
    let fresh = message.id == new.id;
    Ok(Appended { message, fresh })
}

/// The stored message that `new` is a retry of.
async fn known(m: &Base, new: &NewMessage) -> Result<Option<Message>> {
    let filter = doc! {
        "conversation": new.conversation.0, "fromUser": new.from_user.0, "clientId": &new.client_id,
    };
    let Some(found) = m.messages.find_one(filter).await? else { return Ok(None) };
    let Some(of) = conversation(m, new.conversation).await? else { return Ok(None) };
    Ok(Some(quoted_one(m, found.with(&of)).await?))
}

impl Work for NewMessage {
    type Out = MessageDoc;
    async fn run(&self, m: &Base, session: &mut ClientSession) -> Try<Outcome<MessageDoc>> {
        let update = doc! {
            "$inc": { "lastSeq": 1_i64 },
            "$set": { "updatedAt": date(self.created_at) },
            "$currentDate": { "changed": { "$type": "timestamp" } },
        };
        let filter = doc! { "_id": self.conversation.0, "members": self.from_user.0 };
        let conversation: Option<ConversationDoc> = m
            .conversations
            .find_one_and_update(filter, update)
            .return_document(ReturnDocument::After)
            .session(&mut *session)
            .await?;
        let conversation = conversation.ok_or(StoreError::Missing)?;
        if let Some(to) = self.reply_to {
            let filter = doc! { "_id": to.0, "conversation": self.conversation.0 };
            let found = m.messages.find_one(filter).session(&mut *session).await?;
            found.ok_or(StoreError::Missing)?;
        }
        let attachments = files::attach(m, session, self).await?;
        let message = MessageDoc { attachments, ..MessageDoc::new(self, &conversation) };
        m.messages.insert_one(&message).session(session).await?;
        Ok(Outcome::Commit(message))
    }
}

pub(super) async fn get(m: &Base, id: MessageId) -> Result<Option<Message>> {
    let Some(found) = m.messages.find_one(doc! { "_id": id.0 }).await? else { return Ok(None) };
    let Some(of) = conversation(m, ConversationId(found.conversation)).await? else { return Ok(None) };
    Ok(Some(quoted_one(m, found.with(&of)).await?))
}

pub(super) async fn page(m: &Base, id: ConversationId, page: Page) -> Result<Vec<Message>> {
    let Some(conversation) = conversation(m, id).await? else { return Ok(Vec::new()) };
    let (filter, order, most) = match page {
        Page::After { seq, limit } => (doc! { "$gt": int(seq) }, 1, limit),
        Page::Before { seq, limit } => (doc! { "$lt": seq.map_or(i64::MAX, int) }, -1, limit),
    };
    if most == 0 {
        return Ok(Vec::new());
    }
    let filter = doc! { "conversation": id.0, "seq": filter };
    let found = m.messages.find(filter).sort(doc! { "seq": order }).limit(limit(most)).await?;
    let mut found: Vec<MessageDoc> = found.try_collect().await?;
    if order < 0 {
        found.reverse();
    }
    quoted(m, found.into_iter().map(|d| d.with(&conversation)).collect()).await
}

/// Up to `most` messages above `from`, not beyond the `last_seq` that `conversation` was read with.
pub(super) async fn after(
    m: &Base,
    conversation: &Conversation,
    from: u64,
    most: usize,
) -> Result<Vec<Message>> {
    if most == 0 || from >= conversation.last_seq {
        return Ok(Vec::new());
    }
    let range = doc! { "$gt": int(from), "$lte": int(conversation.last_seq) };
    let filter = doc! { "conversation": conversation.id.0, "seq": range };
    let found = m.messages.find(filter).sort(doc! { "seq": 1 }).limit(limit(most)).await?;
    let found: Vec<MessageDoc> = found.try_collect().await?;
    quoted(m, found.into_iter().map(|d| d.with(conversation)).collect()).await
}

/// The newest sequence number whose message is stamped `clock` or earlier. Reads what came since.
pub(super) async fn seq_at(m: &Base, id: ConversationId, clock: u64) -> Result<u64> {
    let filter = doc! { "conversation": id.0, "changed": { "$lte": stamp(clock) } };
    let found = m.messages.find_one(filter).sort(doc! { "seq": -1 }).await?;
    Ok(found.map_or(0, |d| number(d.seq)))
}

/// Messages of others above `read`.
pub(super) async fn unread(m: &Base, conversation: &Conversation, user: UserId, read: u64) -> Result<u64> {
    let range = doc! { "$gt": int(read), "$lte": int(conversation.last_seq) };
    let filter = doc! { "conversation": conversation.id.0, "seq": range, "fromUser": { "$ne": user.0 } };
    Ok(m.messages.count_documents(filter).await?)
}
