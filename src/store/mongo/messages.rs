//! Messages in MongoDB: collection `messages`.
//!
//! An append is one transaction over the conversation's counter and the message, so that what is visible is a prefix.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, Timestamp as Stamp, doc};
use mongodb::error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::{ReadConcern, ReturnDocument};
use serde::{Deserialize, Serialize};

use super::Base;
use super::connect::APP_NAME;
use super::conversations::{ConversationDoc, get as conversation};
use super::error::duplicate;
use super::files;
use super::values::{date, int, limit, number, stamp, time};
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{
    Attachment, Conversation, ConversationKind, Message, MessageStatus, Page, Quote, Reaction, SystemNote,
};
use crate::store::derive::status;
use crate::store::{Appended, NewMessage, Result, StoreError, Unique};

/// An append that has not succeeded by then is given up; a retry with the same client id is safe.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// A second or two.
const SUSPICIOUS: u64 = 50;
/// A living server leaves milliseconds between the statements of a transaction.
const ORPHAN_MICROS: i64 = 2_000_000;

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

/// How one try of a transaction went wrong.
pub(super) enum Failed {
    /// Another transaction was in the way, or the primary changed: try again.
    Passing,
    /// A unique value is taken: the message may be there.
    Duplicate,
    Lasting(StoreError),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match () {
            () if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => Self::Passing,
            () if duplicate(&error).is_some() => Self::Duplicate,
            () => Self::Lasting(error.into()),
        }
    }
}

pub(super) async fn append(m: &Base, new: &NewMessage) -> Result<Appended> {
    let late = || StoreError::Unavailable("the append did not finish in time; its outcome is unknown".into());
    tokio::time::timeout(PATIENCE, append_patiently(m, new)).await.unwrap_or_else(|_| Err(late()))
}

async fn append_patiently(m: &Base, new: &NewMessage) -> Result<Appended> {
    let mut session = m.client.start_session().await?;
    // Spreads those that collide; an id's last byte is as good as a throw of dice.
    let spread = u64::from(new.id.0.bytes()[11] % 8);
    let mut tries = 0;
    loop {
        let message = match attempt(m, &mut session, new).await {
            Ok(stored) => {
                let message = quoted_one(m, stored.fresh()).await?;
                return Ok(Appended { message, fresh: true });
            }
            Err(Failed::Duplicate) if new.attachments.is_empty() => {
                known(m, new).await?.ok_or(StoreError::Taken(Unique::Id))?
            }
            Err(Failed::Duplicate) => known(m, new).await?.ok_or(StoreError::Missing)?,
            Err(Failed::Lasting(error)) => return Err(error),
            Err(Failed::Passing) => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis((spread + tries).min(50))).await;
                suspect(m, tries).await;
                continue;
            }
        };
        // Our own, if an earlier try was committed without our hearing it.
        let fresh = message.id == new.id;
        return Ok(Appended { message, fresh });
    }
}

/// After so many tries, and again, looks for what may hold the lock.
pub(super) async fn suspect(m: &Base, tries: u64) {
    if tries.is_multiple_of(SUSPICIOUS) {
        end_orphans(m).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "no look at what holds up writes; MongoDB ends it after a minute");
        });
    }
}

/// Ends transactions of servers that died between two of their statements: MongoDB keeps them, and the locks they
/// hold, for a minute. One of a server that only sleeps is ended too, harmlessly: it tries again.
async fn end_orphans(m: &Base) -> Result<()> {
    let idle = doc! {
        "type": "idleSession",
        "appName": APP_NAME,
        "transaction.timeInactiveMicros": { "$gt": ORPHAN_MICROS },
    };
    let pipeline =
        [doc! { "$currentOp": { "allUsers": false, "idleSessions": true } }, doc! { "$match": idle }];
    let admin = m.client.database("admin");
    let found: Vec<Document> =
        admin.aggregate(pipeline).read_concern(ReadConcern::local()).await?.try_collect().await?;
    let sessions: Vec<Document> = found
        .iter()
        .filter_map(|op| op.get_document("lsid").ok()?.get("id"))
        .map(|id| doc! { "id": id.clone() })
        .collect();
    if !sessions.is_empty() {
        tracing::info!(transactions = sessions.len(), "ending transactions that a server left behind");
        admin.run_command(doc! { "killSessions": sessions }).await?;
    }
    Ok(())
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

async fn attempt(
    m: &Base,
    session: &mut ClientSession,
    new: &NewMessage,
) -> std::result::Result<MessageDoc, Failed> {
    session.start_transaction().await?;
    let written = write(m, session, new).await;
    if written.is_err() {
        // The server may have aborted it already; then there is nothing to abort.
        drop(session.abort_transaction().await);
        return written;
    }
    commit(session).await?;
    written
}

pub(super) async fn commit(session: &mut ClientSession) -> mongodb::error::Result<()> {
    loop {
        match session.commit_transaction().await {
            // It may have been committed: asking again is safe, and `PATIENCE` ends it.
            Err(e) if e.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other,
        }
    }
}

async fn write(
    m: &Base,
    session: &mut ClientSession,
    new: &NewMessage,
) -> std::result::Result<MessageDoc, Failed> {
    let update = doc! {
        "$inc": { "lastSeq": 1_i64 },
        "$set": { "updatedAt": date(new.created_at) },
        "$currentDate": { "changed": { "$type": "timestamp" } },
    };
    let filter = doc! { "_id": new.conversation.0, "members": new.from_user.0 };
    let conversation: Option<ConversationDoc> = m
        .conversations
        .find_one_and_update(filter, update)
        .return_document(ReturnDocument::After)
        .session(&mut *session)
        .await?;
    let conversation = conversation.ok_or(Failed::Lasting(StoreError::Missing))?;
    if let Some(to) = new.reply_to {
        let filter = doc! { "_id": to.0, "conversation": new.conversation.0 };
        let found = m.messages.find_one(filter).session(&mut *session).await?;
        found.ok_or(Failed::Lasting(StoreError::Missing))?;
    }
    let attachments = files::attach(m, session, new).await?;
    let message = MessageDoc { attachments, ..MessageDoc::new(new, &conversation) };
    m.messages.insert_one(&message).session(session).await?;
    Ok(message)
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
