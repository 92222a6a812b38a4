//! What changed for a user since a token, in MongoDB.
//!
//! Every change is stamped with the server's cluster time (`changed`), which never goes back and is never given twice.
//! But a stamp is taken when a transaction writes and seen when it commits, so a snapshot may lack a change that
//! is stamped before others it holds: a stamp alone, as a token, would lose it. A counter per database, bumped in every
//! transaction, would not, but all appends would collide on it.
//!
//! So a token is a vector: what has been told of each conversation (the last seq, the sum of the watermarks, the count of
//! its messages' changes). Whatever is not told shows by comparison, however late it became visible. To stay small, a token forgets conversations
//! that are neither among the last 32 to change nor changed within ten minutes before the newest change; for those, a
//! *floor* speaks: "told up to this stamp". A change stamped below the floor that becomes visible later would be
//! missed; its transaction would have to be older than ten minutes (MongoDB ends them after one) and be overtaken
//! by 32 other conversations of the same user.
//!
//! A sync looks at the changes stamped above the floor, in their order, skips what was told, and tells the rest. It may
//! take several pages; then the token also holds how far it has walked. A conversation that changes meanwhile moves
//! ahead of the walk and is met again. Entries are forgotten, and the floor raised, only at the end of a walk.

use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use serde::de::DeserializeOwned;

use super::Base;
use super::changes::{count_at, since};
use super::conversations::{ConversationDoc, ReceiptDoc, summaries};
use super::messages::{after, seq_at};
use super::token::{Token, Told};
use super::values::{clock, int, limit as most_of, number, stamp};
use crate::ids::{ConversationId, UserId};
use crate::model::Conversation;
use crate::store::derive::{FIRST_SYNC, unseen};
use crate::store::{ConversationSummary, Result, StoreError, SyncPage, Synced};

pub(super) async fn page(m: &Base, user: UserId, since: Option<&str>, limit: usize) -> Result<SyncPage> {
    let mut token = match since {
        None => Token::start(),
        Some(text) => Token::read(text, m.identity).ok_or(StoreError::BadToken)?,
    };
    let mut room = limit.max(1);
    let mut conversations = Vec::new();
    let (changes, all) = changes(m, user, &token, room).await?;
    for (clock, id) in changes {
        let found = m.conversations.find_one(doc! { "_id": id.0, "members": user.0 }).await?;
        let counted = number(found.as_ref().map_or(0, |c| c.changes));
        let Some(summary) = summaries(m, user, found.into_iter().collect()).await?.pop() else { continue };
        let before = token.told.get(&id).copied();
        let (seq, marks) = (summary.conversation.last_seq, marks(&summary.conversation));
        let now = Told { seq, marks, changes: counted, clock };
        if before.is_some_and(|b| b.seq >= seq && b.marks >= marks && b.changes >= counted) {
            token.told.insert(id, now);
            token.at = Some(clock);
            continue;
        }
        if room == 0 {
            return Ok(unfinished(m, conversations, &token));
        }
        let from = start(m, &token, before, &summary, counted).await?;
        let (synced, reached) = news(m, user, summary, from, (counted, room)).await?;
        let full = synced.changed.len() >= room || reached.0 < seq;
        // A conversation without new messages takes a place too, so that a page stays bounded.
        room -= (synced.changed.len() + synced.messages.len()).max(1);
        conversations.push(synced);
        if full {
            // Met again at the same place of the walk.
            token.told.insert(id, Told { seq: reached.0, marks: 0, changes: reached.1, clock });
            return Ok(unfinished(m, conversations, &token));
        }
        token.told.insert(id, Told { changes: reached.1, ..now });
        token.at = Some(clock);
    }
    if !all {
        return Ok(unfinished(m, conversations, &token));
    }
    token.finish();
    Ok(SyncPage { conversations, next: token.write(m.identity), more: false })
}

/// What is new in a conversation, which has counted `counted` changes, for a client that has its messages up to a number
/// and their changes up to a count; how far that leads.
async fn news(
    m: &Base,
    user: UserId,
    summary: ConversationSummary,
    (seq, count): (u64, u64),
    (counted, room): (u64, usize),
) -> Result<(Synced, (u64, u64))> {
    let unseen = unseen(&summary.conversation, user);
    let (changed, last) = since(m, &summary.conversation, int(count), (unseen, seq), room).await?;
    let from = seq.max(unseen);
    let messages = after(m, &summary.conversation, from, room - changed.len()).await?;
    let last = last.map_or(count, number);
    // What follows is told as it is, so of its changes there is nothing left to tell.
    let reached = if changed.len() < room { last.max(counted) } else { last };
    let reached = (messages.last().map_or(from, |m| m.seq), reached);
    Ok((Synced { summary, messages, changed }, reached))
}

fn unfinished(m: &Base, conversations: Vec<Synced>, token: &Token) -> SyncPage {
    SyncPage { conversations, next: token.write(m.identity), more: true }
}

fn marks(conversation: &Conversation) -> u64 {
    conversation.members.iter().map(|m| m.delivered_seq + m.read_seq).sum()
}

/// Up to which message the client has `summary`'s conversation, and up to which change of one, of `counted`.
async fn start(
    m: &Base,
    token: &Token,
    before: Option<Told>,
    summary: &ConversationSummary,
    counted: u64,
) -> Result<(u64, u64)> {
    let id = summary.conversation.id;
    match before {
        Some(told) => Ok((told.seq, told.changes)),
        // What it is told of for the first time it is told of as it is.
        None if token.first => Ok((summary.conversation.last_seq.saturating_sub(FIRST_SYNC), counted)),
        None => Ok((seq_at(m, id, token.floor).await?, number(count_at(m, id, token.floor).await?))),
    }
}

/// The changes ahead of the walk in their order, and whether these are all.
async fn changes(
    m: &Base,
    user: UserId,
    token: &Token,
    room: usize,
) -> Result<(Vec<(u64, ConversationId)>, bool)> {
    let from = token.at.unwrap_or(token.floor);
    // Those that were told take no room, and each may show twice.
    let most = room + token.told.len() + 1;
    let filter = |who: &str| doc! { who: user.0, "changed": { "$gt": stamp(from) } };
    let appended: Vec<ConversationDoc> = ahead(&m.conversations, filter("members"), most).await?;
    let marked: Vec<ReceiptDoc> = ahead(&m.receipts, filter("audience"), most).await?;
    let appended: Vec<(u64, ObjectId)> = appended.iter().map(|c| (clock(c.changed), c.id)).collect();
    let marked: Vec<(u64, ObjectId)> = marked.iter().map(|r| (clock(r.changed), r.conversation)).collect();
    // A list that was cut says nothing about what lies beyond its end.
    let horizon = [&appended, &marked]
        .into_iter()
        .filter(|list| list.len() >= most)
        .filter_map(|list| list.last().map(|(clock, _)| *clock))
        .min();
    let mut both: Vec<(u64, ConversationId)> =
        appended.into_iter().chain(marked).map(|(clock, id)| (clock, ConversationId(id))).collect();
    both.retain(|(clock, _)| horizon.is_none_or(|end| *clock <= end));
    both.sort_unstable();
    Ok((both, horizon.is_none()))
}

async fn ahead<T: DeserializeOwned + Send + Sync>(
    collection: &Collection<T>,
    filter: Document,
    most: usize,
) -> Result<Vec<T>> {
    let found = collection.find(filter).sort(doc! { "changed": 1 }).limit(most_of(most)).await?;
    Ok(found.try_collect().await?)
}
