//! Group commit for appends: a few tasks, each with the conversations of its share, put all messages that wait into one
//! transaction. That costs the server a fraction of a transaction each, and messages of one conversation do not collide.
//! A group that fails in any way is taken apart: each message then goes alone (`messages::append`), beside the others.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use tokio::sync::{mpsc, oneshot};

use super::Base;
use super::conversations::ConversationDoc;
use super::messages::{self, MessageDoc};
use super::transaction::{PATIENCE, commit};
use super::values::date;
use crate::store::{Appended, NewMessage, Result, StoreError};

/// Tasks, and so transactions at once.
const SHARES: usize = 4;
/// Messages in a transaction at most, and those that wait for one.
const GROUP: usize = 64;
const QUEUE: usize = 2048;

struct Job {
    message: NewMessage,
    answer: oneshot::Sender<Result<Appended>>,
}

/// Where appends go in. The tasks end when it is dropped.
pub(super) struct Appender(Vec<mpsc::Sender<Job>>);

impl Appender {
    pub(super) fn start(base: &Base) -> Self {
        let share = |_| {
            let (put, mut take) = mpsc::channel(QUEUE);
            let base = base.clone();
            tokio::spawn(async move {
                let mut jobs = Vec::with_capacity(GROUP);
                while take.recv_many(&mut jobs, GROUP).await > 0 {
                    run(&base, std::mem::take(&mut jobs)).await;
                }
            });
            put
        };
        Self((0..SHARES).map(share).collect())
    }

    pub(super) async fn append(&self, message: NewMessage) -> Result<Appended> {
        let gone = || StoreError::Unavailable("the store is closed".into());
        let share = usize::from(message.conversation.0.bytes()[11]) % self.0.len();
        let (answer, told) = oneshot::channel();
        let queue = self.0.get(share).ok_or_else(gone)?;
        queue.try_send(Job { message, answer }).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => gone(),
        })?;
        told.await.unwrap_or_else(|_| Err(gone()))
    }
}

async fn run(base: &Base, jobs: Vec<Job>) {
    match together(base, &jobs).await {
        Some(stored) => {
            for (job, message) in jobs.into_iter().zip(stored) {
                drop(job.answer.send(Ok(Appended { message: message.fresh(), fresh: true })));
            }
        }
        None => {
            for job in jobs {
                let base = base.clone();
                tokio::spawn(async move {
                    drop(job.answer.send(messages::append(&base, &job.message).await));
                });
            }
        }
    }
}

/// All of them in one transaction, or nothing: `None` if one is a retry or refused, or something was in the way.
async fn together(base: &Base, jobs: &[Job]) -> Option<Vec<MessageDoc>> {
    let mut session = base.client.start_session().await.ok()?;
    session.start_transaction().await.ok()?;
    let written = match tokio::time::timeout(PATIENCE, write(base, &mut session, jobs)).await {
        Ok(Ok(Some(written))) => written,
        _ => {
            // The server may have aborted it already; then there is nothing to abort.
            drop(session.abort_transaction().await);
            return None;
        }
    };
    // If that fails without an answer, each finds out alone whether it was stored.
    let committed = tokio::time::timeout(PATIENCE, commit(&mut session)).await;
    matches!(committed, Ok(Ok(()))).then_some(written)
}

async fn write(
    base: &Base,
    session: &mut ClientSession,
    jobs: &[Job],
) -> mongodb::error::Result<Option<Vec<MessageDoc>>> {
    let mut counts: BTreeMap<ObjectId, (i64, &NewMessage)> = BTreeMap::new();
    for Job { message, .. } in jobs {
        if message.reply_to.is_some() || !message.attachments.is_empty() {
            return Ok(None);
        }
        let entry = counts.entry(message.conversation.0).or_insert((0, message));
        *entry = (entry.0 + 1, message);
    }
    let updates: Vec<Document> = counts
        .iter()
        .map(|(id, (count, last))| {
            let update = doc! {
                "$inc": { "lastSeq": count },
                "$set": { "updatedAt": date(last.created_at) },
                "$currentDate": { "changed": { "$type": "timestamp" } },
            };
            doc! { "q": { "_id": id }, "u": update }
        })
        .collect();
    let command = doc! { "update": "conversations", "updates": updates };
    base.db.run_command(command).session(&mut *session).await?;
    let ids: Vec<ObjectId> = counts.keys().copied().collect();
    let mut found = base.conversations.find(doc! { "_id": { "$in": ids } }).session(&mut *session).await?;
    let found: Vec<ConversationDoc> = found.stream(&mut *session).try_collect().await?;
    let mut found: BTreeMap<ObjectId, ConversationDoc> = found.into_iter().map(|c| (c.id, c)).collect();
    // Each conversation's counter stands behind its last message: back to before the first.
    for (id, conversation) in &mut found {
        conversation.last_seq -= counts.get(id).map_or(0, |(count, _)| *count);
    }
    let mut documents = Vec::with_capacity(jobs.len());
    for Job { message, .. } in jobs {
        let Some(conversation) = found.get_mut(&message.conversation.0) else { return Ok(None) };
        if !conversation.members.contains(&message.from_user.0) {
            return Ok(None);
        }
        conversation.last_seq += 1;
        documents.push(MessageDoc::new(message, conversation));
    }
    base.messages.insert_many(&documents).session(session).await?;
    Ok(Some(documents))
}
