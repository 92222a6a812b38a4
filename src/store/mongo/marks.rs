//! Watermarks in MongoDB: collection `receipts`.
//!
//! They lie in documents of their own, so that reading contends with no append. `audience` names who wants to know of
//! them. A document is made at a member's first mark and goes when he goes, both in a transaction that also writes the
//! conversation: so no mark can meet a change of the members half-way, and none speaks of an earlier membership.

use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Timestamp as Stamp, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

use super::Base;
use super::conversations::ConversationDoc;
use super::transaction::{Outcome, Try, Work, transact};
use super::values::{NOW, int, number};
use crate::ids::{ConversationId, UserId};
use crate::model::{Conversation, Receipt};
use crate::store::derive::raised;
use crate::store::{Result, StoreError};

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReceiptDoc {
    pub(super) conversation: ObjectId,
    pub(super) user: ObjectId,
    pub(super) delivered_seq: i64,
    pub(super) read_seq: i64,
    audience: Vec<ObjectId>,
    /// Cluster time of the last move.
    pub(super) changed: Stamp,
}

impl ReceiptDoc {
    fn told(self) -> Receipt {
        Receipt {
            conversation: ConversationId(self.conversation),
            user: UserId(self.user),
            delivered_seq: number(self.delivered_seq),
            read_seq: number(self.read_seq),
        }
    }
}

pub(super) async fn of(m: &Base, conversations: &[ObjectId]) -> Result<Vec<ReceiptDoc>> {
    let filter = doc! { "conversation": { "$in": conversations } };
    Ok(m.receipts.find(filter).await?.try_collect().await?)
}

pub(super) async fn mark(
    m: &Base,
    id: ConversationId,
    user: UserId,
    delivered: u64,
    read: u64,
) -> Result<Option<Receipt>> {
    let own = doc! { "conversation": id.0, "user": user.0 };
    loop {
        let of = m.conversations.find_one(doc! { "_id": id.0, "members": user.0 }).await?;
        let of = of.ok_or(StoreError::Missing)?.with(&[]);
        let Some((to_delivered, to_read)) = lifted(&of, user, delivered, read) else { return Ok(None) };
        let (to_delivered, to_read) = (int(to_delivered), int(to_read));
        let mut lower = own.clone();
        let either =
            [doc! { "deliveredSeq": { "$lt": to_delivered } }, doc! { "readSeq": { "$lt": to_read } }];
        lower.insert("$or", either);
        let raise = doc! {
            "$max": { "deliveredSeq": to_delivered, "readSeq": to_read },
            "$currentDate": { "changed": { "$type": "timestamp" } },
        };
        let moved =
            m.receipts.find_one_and_update(lower, raise).return_document(ReturnDocument::After).await?;
        if let Some(moved) = moved {
            return Ok(Some(moved.told()));
        }
        match m.receipts.find_one(own.clone()).await? {
            Some(there) if there.delivered_seq >= to_delivered && there.read_seq >= to_read => {
                return Ok(None);
            }
            // Made meanwhile.
            Some(_) => {}
            None => {
                let first = First { id, user, delivered, read };
                if let Some(first) = transact(m, user.0.bytes()[11], &first).await? {
                    return Ok(first.map(ReceiptDoc::told));
                }
            }
        }
    }
}

/// What `user`'s watermarks are to be, if they stand where they stand without a document: what was there before he came
/// counts as read.
fn lifted(of: &Conversation, user: UserId, delivered: u64, read: u64) -> Option<(u64, u64)> {
    let before = of.member(user).map_or(0, |member| member.read_seq);
    raised((before, before), delivered, read, of.last_seq)
}

/// A member's first mark.
struct First {
    id: ConversationId,
    user: UserId,
    delivered: u64,
    read: u64,
}

impl Work for First {
    type Out = Option<ReceiptDoc>;
    async fn run(&self, m: &Base, session: &mut ClientSession) -> Try<Outcome<Option<ReceiptDoc>>> {
        let theirs = doc! { "_id": self.id.0, "members": self.user.0 };
        // Written, so that it collides with whoever changes the members.
        let count = doc! { "$inc": { "marking": 1_i64 } };
        let of: Option<ConversationDoc> = m
            .conversations
            .find_one_and_update(theirs, count)
            .return_document(ReturnDocument::After)
            .session(&mut *session)
            .await?;
        let of = of.ok_or(StoreError::Missing)?;
        let audience = of.members.clone();
        let Some((delivered, read)) = lifted(&of.with(&[]), self.user, self.delivered, self.read) else {
            return Ok(Outcome::Abort(None));
        };
        let first = ReceiptDoc {
            conversation: self.id.0,
            user: self.user.0,
            delivered_seq: int(delivered),
            read_seq: int(read),
            audience,
            changed: NOW,
        };
        m.receipts.insert_one(&first).session(session).await?;
        Ok(Outcome::Commit(Some(first)))
    }
}

/// The members of a conversation are others from now on.
pub(super) async fn change_audience(
    m: &Base,
    session: &mut ClientSession,
    id: ConversationId,
    members: &[ObjectId],
) -> Try<()> {
    let gone = doc! { "conversation": id.0, "user": { "$nin": members } };
    m.receipts.delete_many(gone).session(&mut *session).await?;
    let audience = doc! { "$set": { "audience": members } };
    m.receipts.update_many(doc! { "conversation": id.0 }, audience).session(session).await?;
    Ok(())
}
