//! Messages that change, in MongoDB: the change itself, and which were changed since.
//!
//! A conversation counts the changes of its messages (`changes`); a message holds the count of its last one. Counter and
//! message are one transaction, so that changes become visible in their order.

use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::doc;
use mongodb::options::ReturnDocument;

use super::Base;
use super::conversations::ConversationDoc;
use super::files;
use super::marks;
use super::messages::{MessageDoc, quoted, quoted_one};
use super::transaction::{Outcome, Try, Work, transact};
use super::values::{int, limit, stamp};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{Conversation, Message};
use crate::store::change::{Verdict, apply};
use crate::store::derive::sees;
use crate::store::{MessageChange, Result, Revised, StoreError, Unique};

/// One change that somebody wants.
pub(super) struct Wish {
    pub(super) id: MessageId,
    pub(super) by: UserId,
    pub(super) change: MessageChange,
    pub(super) now: Timestamp,
}

pub(super) async fn change(m: &Base, wish: &Wish) -> Result<Revised> {
    let done = transact(m, wish.by.0.bytes()[11], wish).await?.ok_or(StoreError::Taken(Unique::Id))?;
    Ok(match done {
        Revised::Changed(message) => Revised::Changed(quoted_one(m, message).await?),
        Revised::Same(message) => Revised::Same(quoted_one(m, message).await?),
        other => other,
    })
}

impl Work for Wish {
    type Out = Revised;
    async fn run(&self, m: &Base, session: &mut ClientSession) -> Try<Outcome<Revised>> {
        let known = doc! { "_id": self.id.0 };
        let stored = m.messages.find_one(known.clone()).session(&mut *session).await?;
        let stored = stored.ok_or(StoreError::Missing)?;
        let theirs = doc! { "_id": stored.conversation, "members": self.by.0 };
        let of = m.conversations.find_one(theirs.clone()).session(&mut *session).await?;
        let of = of.ok_or(StoreError::Missing)?;
        let marks = marks::of(m, &[of.id]).await?;
        let of = of.with(&marks);
        let mut message = stored.clone().with(&of);
        if !sees(&of, self.by, message.seq) {
            return Err(StoreError::Missing.into());
        }
        match apply(&mut message, self.by, &self.change, self.now) {
            Verdict::Changed => {}
            Verdict::Same => return Ok(Outcome::Abort(Revised::Same(message))),
            Verdict::Deleted => return Ok(Outcome::Abort(Revised::Deleted)),
            Verdict::Full => return Ok(Outcome::Abort(Revised::Full)),
        }
        let count =
            doc! { "$inc": { "changes": 1_i64 }, "$currentDate": { "changed": { "$type": "timestamp" } } };
        let counted: Option<ConversationDoc> = m
            .conversations
            .find_one_and_update(theirs, count)
            .return_document(ReturnDocument::After)
            .session(&mut *session)
            .await?;
        let stored = stored.changed(&message, &counted.ok_or(StoreError::Missing)?);
        m.messages.replace_one(known, &stored).session(&mut *session).await?;
        if message.deleted_at.is_some() {
            files::give_up(m, session, message.id).await?;
        }
        Ok(Outcome::Commit(Revised::Changed(message)))
    }
}

/// Which of the messages above `seen` and up to `seq` were changed after the `from`th change of their conversation, in
/// the order of their changes; and the count of the last of them.
pub(super) async fn since(
    m: &Base,
    of: &Conversation,
    from: i64,
    (seen, seq): (u64, u64),
    most: usize,
) -> Result<(Vec<Message>, Option<i64>)> {
    let filter = doc! {
        "conversation": of.id.0,
        "change": { "$gt": from },
        "seq": { "$gt": int(seen), "$lte": int(seq) },
    };
    let found = m.messages.find(filter).sort(doc! { "change": 1 }).limit(limit(most)).await?;
    let found: Vec<MessageDoc> = found.try_collect().await?;
    let last = found.last().and_then(|d| d.change);
    Ok((quoted(m, found.into_iter().map(|d| d.with(of)).collect()).await?, last))
}

/// The highest count among the last changes of a conversation's messages that are stamped `clock` or earlier: those
/// with a higher count have later stamps.
pub(super) async fn count_at(m: &Base, id: ConversationId, clock: u64) -> Result<i64> {
    let filter =
        doc! { "conversation": id.0, "change": { "$gt": 0_i64 }, "changeStamp": { "$lte": stamp(clock) } };
    let found = m.messages.find_one(filter).sort(doc! { "change": -1 }).await?;
    Ok(found.and_then(|d| d.change).unwrap_or(0))
}
