//! Who missed which call and has not seen it yet, in MongoDB: two lists of people in the call's own document, so that
//! record and count are one write. `unseen` is what is counted; who is in `seen` never comes into it again.

use futures_util::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};

use super::Base;
use super::values::{date, number};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};
use crate::model::{MissedCalls, MissedIn};
use crate::store::Result;

/// An update that makes a call's document this one, whose `missed` missed it, and keeps who has seen that.
pub(super) fn replacing(call: Document, missed: Vec<ObjectId>) -> Vec<Document> {
    let seen = doc! { "$ifNull": ["$seen", []] };
    let unseen = doc! { "$setDifference": [{ "$literal": missed }, seen.clone()] };
    let kept = doc! { "seen": seen, "unseen": unseen };
    vec![doc! { "$replaceWith": { "$mergeObjects": [{ "$literal": call }, kept] } }]
}

pub(super) async fn of_user(m: &Base, user: UserId) -> Result<MissedCalls> {
    let pipeline = [
        doc! { "$match": { "unseen": user.0 } },
        doc! { "$group": { "_id": "$conversation", "count": { "$sum": 1_i64 }, "last": { "$max": "$startTime" } } },
        doc! { "$sort": { "last": -1, "_id": 1 } },
    ];
    let found: Vec<Document> = m.calls.aggregate(pipeline).await?.try_collect().await?;
    let one = |d: Document| {
        let conversation = ConversationId(d.get_object_id("_id").ok()?);
        Some(MissedIn { conversation, count: number(d.get_i64("count").ok()?) })
    };
    Ok(MissedCalls::of(found.into_iter().filter_map(one).collect()))
}

pub(super) async fn see(
    m: &Base,
    user: UserId,
    conversation: Option<ConversationId>,
    until: Option<Timestamp>,
) -> Result<bool> {
    let mut which = doc! { "unseen": user.0 };
    which.extend(conversation.map(|c| doc! { "conversation": c.0 }).unwrap_or_default());
    which.extend(until.map(|at| doc! { "startTime": { "$lte": date(at) } }).unwrap_or_default());
    let change = doc! { "$pull": { "unseen": user.0 }, "$addToSet": { "seen": user.0 } };
    Ok(m.calls.update_many(which, change).await?.modified_count > 0)
}
