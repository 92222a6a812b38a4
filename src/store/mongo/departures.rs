//! Who went out of which conversation, in MongoDB: collection `departures`, for those who must be told so by `sync`.

use futures_util::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Timestamp as Stamp, doc};
use mongodb::{ClientSession, Collection};
use serde::{Deserialize, Serialize};

use super::Base;
use super::transaction::Try;
use super::values::{clock, limit, number, stamp};
use crate::ids::{ConversationId, UserId};
use crate::store::Result;

/// The last time that somebody went.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DepartureDoc {
    conversation: ObjectId,
    user: ObjectId,
    /// Of the message that tells of it: rises from departure to departure.
    seq: i64,
    /// Cluster time.
    changed: Stamp,
}

fn all(m: &Base) -> Collection<DepartureDoc> {
    m.db.collection("departures")
}

/// Written down in the transaction in which he goes.
pub(super) async fn write(
    m: &Base,
    session: &mut ClientSession,
    id: ConversationId,
    user: ObjectId,
    seq: i64,
) -> Try<()> {
    let place = doc! { "_id": { "user": user, "conversation": id.0 } };
    let gone = doc! {
        "$set": { "user": user, "conversation": id.0, "seq": seq },
        "$currentDate": { "changed": { "$type": "timestamp" } },
    };
    all(m).update_one(place, gone).upsert(true).session(session).await?;
    Ok(())
}

/// At which message `user` last went out of a conversation; 0 if he never did.
pub(super) async fn last(m: &Base, user: UserId, id: ConversationId) -> Result<u64> {
    let place = doc! { "_id": { "user": user.0, "conversation": id.0 } };
    Ok(all(m).find_one(place).await?.map_or(0, |d| number(d.seq)))
}

/// Those of `user` that are stamped later than `from`, in their order.
pub(super) async fn after(m: &Base, user: UserId, from: u64, most: usize) -> Result<Vec<(u64, ObjectId)>> {
    let filter = doc! { "user": user.0, "changed": { "$gt": stamp(from) } };
    let found = all(m).find(filter).sort(doc! { "changed": 1 }).limit(limit(most)).await?;
    let found: Vec<DepartureDoc> = found.try_collect().await?;
    Ok(found.into_iter().map(|d| (clock(d.changed), d.conversation)).collect())
}
