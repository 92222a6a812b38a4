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
//!
//! Going out of a conversation is a change, too, stamped and compared like the others: `left` in the token is the message
//! at which one went last, so far as that was told.

use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use serde::de::DeserializeOwned;

use super::Base;
use super::changes::{count_at, since};
use super::conversations::{ConversationDoc, summaries};
use super::departures;
use super::marks::ReceiptDoc;
use super::messages::{after, seq_at};
use super::token::{Token, Told};
use super::values::{clock, int, limit as most_of, number, stamp};
use crate::ids::{ConversationId, UserId};
use crate::model::Conversation;
use crate::store::derive::{FIRST_SYNC, unseen};
use crate::store::{ConversationSummary, Result, StoreError, SyncPage, Synced};

pub(super) async fn page(m: &Base, user: UserId, since: Option<&str>, limit: usize) -> Result<SyncPage> {
    let token = match since {
        None => Token::start(),
        Some(text) => Token::read(text, m.identity).ok_or(StoreError::BadToken)?,
    };
    let mut walk = Walk { m, user, token, room: limit.max(1), conversations: Vec::new(), left: Vec::new() };
    let (changes, all) = changes(m, user, &walk.token, walk.room).await?;
    for (clock, id) in changes {
        if !walk.visit(clock, id).await? {
            return Ok(walk.end(true));
        }
    }
    if all {
        walk.token.finish();
    }
    Ok(walk.end(!all))
}

/// One page in the making.
struct Walk<'a> {
    m: &'a Base,
    user: UserId,
    token: Token,
    /// What still fits.
    room: usize,
    conversations: Vec<Synced>,
    left: Vec<ConversationId>,
}

impl Walk<'_> {
    fn end(self, more: bool) -> SyncPage {
        let next = self.token.write(self.m.identity);
        SyncPage { conversations: self.conversations, left: self.left, next, more }
    }

    /// Tells what is to tell of a conversation, one of whose changes is stamped `clock`. False if the page is full before
    /// all of it is told; then it is met again at the same place.
    async fn visit(&mut self, clock: u64, id: ConversationId) -> Result<bool> {
        let m = self.m;
        // Read before the membership: who goes and comes again meanwhile is met once more, at a later stamp.
        let gone = departures::last(m, self.user, id).await?;
        let found = m.conversations.find_one(doc! { "_id": id.0, "members": self.user.0 }).await?;
        let mut before = self.token.told.get(&id).copied();
        let told = before.map_or(0, |told| told.left);
        // Whoever was never told of it has nothing to forget.
        if gone > told && (!self.token.first || before.is_some()) {
            if self.room == 0 {
                return Ok(false);
            }
            self.room -= 1;
            // Of a page, what was left is taken away first: so what it told before of this one goes.
            self.conversations.retain(|synced| synced.summary.conversation.id != id);
            self.left.push(id);
            before = Some(Told { left: gone, clock, ..Told::default() });
            self.token.told.extend(before.map(|told| (id, told)));
        }
        let left = gone.max(told);
        let counted = number(found.as_ref().map_or(0, |c| c.changes));
        let done = match summaries(m, self.user, found.into_iter().collect()).await?.pop() {
            Some(summary) => {
                self.tell(Told { changes: counted, left, clock, ..Told::default() }, before, summary).await?
            }
            None => {
                self.token.told.insert(id, Told { left, clock, ..Told::default() });
                true
            }
        };
        if done {
            self.token.at = Some(clock);
        }
        Ok(done)
    }

    /// `now` is what is known of it without `summary`, `before` what was told.
    async fn tell(&mut self, now: Told, before: Option<Told>, summary: ConversationSummary) -> Result<bool> {
        let id = summary.conversation.id;
        let now = Told { seq: summary.conversation.last_seq, marks: marks(&summary.conversation), ..now };
        if before.is_some_and(|b| b.seq >= now.seq && b.marks >= now.marks && b.changes >= now.changes) {
            self.token.told.insert(id, now);
            return Ok(true);
        }
        if self.room == 0 {
            return Ok(false);
        }
        let from = start(self.m, &self.token, before, &summary, now.changes).await?;
        let (synced, reached) = news(self.m, self.user, summary, from, (now.changes, self.room)).await?;
        let full = synced.changed.len() >= self.room || reached.0 < now.seq;
        // A conversation without new messages takes a place too, so that a page stays bounded.
        self.room -= (synced.changed.len() + synced.messages.len()).max(1);
        self.conversations.push(synced);
        let now = match full {
            true => Told { seq: reached.0, marks: 0, changes: reached.1, ..now },
            false => Told { changes: reached.1, ..now },
        };
        self.token.told.insert(id, now);
        Ok(!full)
    }
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
    // Those that were told take no room, and each may show three times.
    let most = room + token.told.len() + 1;
    let filter = |who: &str| doc! { who: user.0, "changed": { "$gt": stamp(from) } };
    let appended: Vec<ConversationDoc> = ahead(&m.conversations, filter("members"), most).await?;
    let marked: Vec<ReceiptDoc> = ahead(&m.receipts, filter("audience"), most).await?;
    let left = departures::after(m, user, from, most).await?;
    let appended: Vec<(u64, ObjectId)> = appended.iter().map(|c| (clock(c.changed), c.id)).collect();
    let marked: Vec<(u64, ObjectId)> = marked.iter().map(|r| (clock(r.changed), r.conversation)).collect();
    // A list that was cut says nothing about what lies beyond its end.
    let horizon = [&appended, &marked, &left]
        .into_iter()
        .filter(|list| list.len() >= most)
        .filter_map(|list| list.last().map(|(clock, _)| *clock))
        .min();
    let all = appended.into_iter().chain(marked).chain(left);
    let mut all: Vec<(u64, ConversationId)> = all.map(|(clock, id)| (clock, ConversationId(id))).collect();
    all.retain(|(clock, _)| horizon.is_none_or(|end| *clock <= end));
    all.sort_unstable();
    Ok((all, horizon.is_none()))
}

async fn ahead<T: DeserializeOwned + Send + Sync>(
    collection: &Collection<T>,
    filter: Document,
    most: usize,
) -> Result<Vec<T>> {
    let found = collection.find(filter).sort(doc! { "changed": 1 }).limit(most_of(most)).await?;
    Ok(found.try_collect().await?)
}
