//! Messages that change, in MongoDB: the change itself, and which were changed since.
//!
//! A conversation counts the changes of its messages (`changes`); a message holds the count of its last one. Counter and
//! message are one transaction, so that changes become visible in their order.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::doc;
use mongodb::options::ReturnDocument;

use super::Base;
use super::conversations::{ConversationDoc, receipts};
use super::files;
use super::messages::{Failed, MessageDoc, PATIENCE, commit, quoted, quoted_one, suspect};
use super::values::{int, limit, stamp};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{Conversation, Message};
use crate::store::change::{Verdict, apply};
use crate::store::derive::sees;
use crate::store::{MessageChange, Result, Revised, StoreError};

/// One change that somebody wants.
pub(super) struct Wish {
    pub(super) id: MessageId,
    pub(super) by: UserId,
    pub(super) change: MessageChange,
    pub(super) now: Timestamp,
}

pub(super) async fn change(m: &Base, wish: &Wish) -> Result<Revised> {
    let late = || StoreError::Unavailable("the change did not finish in time; its outcome is unknown".into());
    let done = tokio::time::timeout(PATIENCE, patiently(m, wish)).await.unwrap_or_else(|_| Err(late()))?;
    Ok(match done {
        Revised::Changed(message) => Revised::Changed(quoted_one(m, message).await?),
        Revised::Same(message) => Revised::Same(quoted_one(m, message).await?),
        other => other,
    })
}

async fn patiently(m: &Base, wish: &Wish) -> Result<Revised> {
    let mut session = m.client.start_session().await?;
    // Spreads those that collide; an id's last byte is as good as a throw of dice.
    let spread = u64::from(wish.by.0.bytes()[11] % 8);
    let mut tries = 0;
    loop {
        match attempt(m, &mut session, wish).await {
            Ok(done) => return Ok(done),
            Err(Failed::Lasting(error)) => return Err(error),
            Err(Failed::Duplicate | Failed::Passing) => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis((spread + tries).min(50))).await;
                suspect(m, tries).await;
            }
        }
    }
}

async fn attempt(m: &Base, session: &mut ClientSession, wish: &Wish) -> std::result::Result<Revised, Failed> {
    session.start_transaction().await?;
    let written = write(m, session, wish).await;
    match written {
        Ok(Revised::Changed(_)) => commit(session).await?,
        // The server may have aborted it already; then there is nothing to abort.
        _ => drop(session.abort_transaction().await),
    }
    written
}

async fn write(m: &Base, session: &mut ClientSession, wish: &Wish) -> std::result::Result<Revised, Failed> {
    let missing = || Failed::Lasting(StoreError::Missing);
    let known = doc! { "_id": wish.id.0 };
    let stored = m.messages.find_one(known.clone()).session(&mut *session).await?.ok_or_else(missing)?;
    let theirs = doc! { "_id": stored.conversation, "members": wish.by.0 };
    let of = m.conversations.find_one(theirs.clone()).session(&mut *session).await?.ok_or_else(missing)?;
    let marks = receipts(m, &[of.id]).await.map_err(Failed::Lasting)?;
    let of = of.with(&marks);
    let mut message = stored.clone().with(&of);
    if !sees(&of, wish.by, message.seq) {
        return Err(missing());
    }
    match apply(&mut message, wish.by, &wish.change, wish.now) {
        Verdict::Changed => {}
        Verdict::Same => return Ok(Revised::Same(message)),
        Verdict::Deleted => return Ok(Revised::Deleted),
        Verdict::Full => return Ok(Revised::Full),
    }
    let count =
        doc! { "$inc": { "changes": 1_i64 }, "$currentDate": { "changed": { "$type": "timestamp" } } };
    let counted: Option<ConversationDoc> = m
        .conversations
        .find_one_and_update(theirs, count)
        .return_document(ReturnDocument::After)
        .session(&mut *session)
        .await?;
    let stored = stored.changed(&message, &counted.ok_or_else(missing)?);
    m.messages.replace_one(known, &stored).session(&mut *session).await?;
    if message.deleted_at.is_some() {
        files::give_up(m, session, message.id).await?;
    }
    Ok(Revised::Changed(message))
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
