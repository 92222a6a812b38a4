//! Call records and the heartbeats of nodes in MongoDB: collections `calls` and `nodes`.

use futures_util::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc, serialize_to_document};
use serde::{Deserialize, Serialize};

use super::Base;
use super::error::duplicate;
use super::missed;
use super::values::{date, int, limit, number, time};
use crate::clock::Timestamp;
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{
    CallFilter, CallRecord, CallStatus, Cursor, EndReason, LegQuality, LegRecord, PathName, Timeline,
};
use crate::store::derive::word;
use crate::store::{Result, StoreError, Unique};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallDoc {
    #[serde(rename = "_id")]
    id: ObjectId,
    conversation: ObjectId,
    caller: ObjectId,
    /// Of a call between two.
    receiver: Option<ObjectId>,
    /// Everybody who was in it: what lists go by.
    users: Vec<ObjectId>,
    open: bool,
    start_time: DateTime,
    answer_time: Option<DateTime>,
    connect_time: Option<DateTime>,
    end_time: Option<DateTime>,
    duration_seconds: i64,
    status: CallStatus,
    reason: Option<EndReason>,
    legs: Vec<LegDoc>,
    node: String,
    epoch: Option<ObjectId>,
    /// JSON: read and written as a whole, and left out of every list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeline: Option<String>,
    /// Who missed it and has not seen that; when the record is made. Later on it is `missed`'s.
    #[serde(default)]
    unseen: Vec<ObjectId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegDoc {
    user: ObjectId,
    device: Option<ObjectId>,
    rang_at: DateTime,
    answered_at: Option<DateTime>,
    connected_at: Option<DateTime>,
    left_at: Option<DateTime>,
    reason: Option<EndReason>,
    setup_ms: Option<i64>,
    paths: Vec<PathName>,
    reconnects: u32,
    muted: bool,
    #[serde(default)]
    muted_by: Option<ObjectId>,
    quality: LegQuality,
}

impl From<&LegRecord> for LegDoc {
    fn from(l: &LegRecord) -> Self {
        Self {
            user: l.user.0,
            device: l.device.map(|d| d.0),
            rang_at: date(l.rang_at),
            answered_at: l.answered_at.map(date),
            connected_at: l.connected_at.map(date),
            left_at: l.left_at.map(date),
            reason: l.reason,
            setup_ms: l.setup_ms.map(int),
            paths: l.paths.clone(),
            reconnects: l.reconnects,
            muted: l.muted,
            muted_by: l.muted_by.map(|u| u.0),
            quality: l.quality,
        }
    }
}

impl From<LegDoc> for LegRecord {
    fn from(d: LegDoc) -> Self {
        Self {
            user: UserId(d.user),
            device: d.device.map(DeviceId),
            rang_at: time(d.rang_at),
            answered_at: d.answered_at.map(time),
            connected_at: d.connected_at.map(time),
            left_at: d.left_at.map(time),
            reason: d.reason,
            setup_ms: d.setup_ms.map(number),
            paths: d.paths,
            reconnects: d.reconnects,
            muted: d.muted,
            muted_by: d.muted_by.map(UserId),
            rings_on: 0,
            quality: d.quality,
        }
    }
}

impl From<&CallRecord> for CallDoc {
    fn from(c: &CallRecord) -> Self {
        Self {
            id: c.id.0,
            conversation: c.conversation.0,
            caller: c.caller.0,
            receiver: c.receiver.map(|u| u.0),
            users: c.users().into_iter().map(|user| user.0).collect(),
            open: !c.status.ended(),
            start_time: date(c.start_time),
            answer_time: c.answer_time.map(date),
            connect_time: c.connect_time.map(date),
            end_time: c.end_time.map(date),
            duration_seconds: int(c.duration_seconds),
            status: c.status,
            reason: c.reason,
            legs: c.legs.iter().map(LegDoc::from).collect(),
            node: c.node.clone(),
            epoch: c.epoch.map(|e| e.0),
            timeline: None,
            unseen: c.missed_by().into_iter().map(|user| user.0).collect(),
        }
    }
}

impl From<CallDoc> for CallRecord {
    fn from(d: CallDoc) -> Self {
        Self {
            id: CallId(d.id),
            conversation: ConversationId(d.conversation),
            caller: UserId(d.caller),
            receiver: d.receiver.map(UserId),
            start_time: time(d.start_time),
            answer_time: d.answer_time.map(time),
            connect_time: d.connect_time.map(time),
            end_time: d.end_time.map(time),
            duration_seconds: number(d.duration_seconds),
            status: d.status,
            reason: d.reason,
            legs: d.legs.into_iter().map(LegRecord::from).collect(),
            node: d.node,
            epoch: d.epoch.map(EpochId),
        }
    }
}

pub(super) async fn create(m: &Base, call: &CallRecord) -> Result<()> {
    match m.calls.insert_one(CallDoc::from(call)).await {
        Err(e) if duplicate(&e).is_some() => Err(StoreError::Taken(Unique::Id)),
        other => Ok(other.map(drop)?),
    }
}

pub(super) async fn update(m: &Base, call: &CallRecord, timeline: &Timeline) -> Result<bool> {
    let filter = doc! { "_id": call.id.0, "open": true };
    let timeline = serde_json::to_string(timeline).map_err(|e| StoreError::Unavailable(e.to_string()))?;
    let missed = call.missed_by().into_iter().map(|user| user.0).collect();
    let call = CallDoc { timeline: Some(timeline), ..CallDoc::from(call) };
    let call = serialize_to_document(&call).map_err(|e| StoreError::Unavailable(e.to_string()))?;
    Ok(m.calls.update_one(filter, missed::replacing(call, missed)).await?.matched_count == 1)
}

/// What only the page of one call shows.
fn light() -> Document {
    doc! { "timeline": 0 }
}

pub(super) async fn get(m: &Base, id: CallId) -> Result<Option<CallRecord>> {
    Ok(m.calls.find_one(doc! { "_id": id.0 }).projection(light()).await?.map(CallRecord::from))
}

pub(super) async fn timeline(m: &Base, id: CallId) -> Result<Timeline> {
    let found = m.calls.find_one(doc! { "_id": id.0 }).await?.and_then(|call| call.timeline);
    let Some(text) = found else { return Ok(Timeline::new()) };
    serde_json::from_str(&text).map_err(|e| StoreError::Unavailable(e.to_string()))
}

pub(super) async fn of_user(
    m: &Base,
    user: UserId,
    filter: &CallFilter,
    after: Option<Cursor<CallId>>,
    most: usize,
) -> Result<Vec<CallRecord>> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let mut all = vec![doc! { "users": user.0 }];
    let mut also = |condition: Option<Document>| all.extend(condition);
    also(filter.with.map(|with| doc! { "users": with.0 }));
    also(filter.status.map(|status| doc! { "status": word(&status) }));
    also(filter.conversation.map(|c| doc! { "conversation": c.0 }));
    also(filter.min_seconds.map(|s| doc! { "durationSeconds": { "$gte": int(s) } }));
    also(filter.from.map(|from| doc! { "startTime": { "$gte": date(from) } }));
    also(filter.to.map(|to| doc! { "startTime": { "$lt": date(to) } }));
    also(after.map(|c| doc! { "startTime": { "$lte": date(c.at) } }));
    also(after.map(|c| {
        let same = doc! { "startTime": date(c.at), "_id": { "$lt": c.id.0 } };
        doc! { "$or": [{ "startTime": { "$lt": date(c.at) } }, same] }
    }));
    let order = doc! { "startTime": -1, "_id": -1 };
    let found = m.calls.find(doc! { "$and": all }).sort(order).limit(limit(most)).projection(light()).await?;
    let found: Vec<CallDoc> = found.try_collect().await?;
    Ok(found.into_iter().map(CallRecord::from).collect())
}

pub(super) async fn stale(m: &Base, node: &str, epoch: EpochId) -> Result<Vec<CallRecord>> {
    let filter = doc! { "open": true, "node": node, "epoch": { "$ne": epoch.0 } };
    let found: Vec<CallDoc> = m.calls.find(filter).projection(light()).await?.try_collect().await?;
    Ok(found.into_iter().map(CallRecord::from).collect())
}

fn run(node: &str, epoch: EpochId) -> Document {
    doc! { "_id": { "node": node, "epoch": epoch.0 } }
}

pub(super) async fn heartbeat(m: &Base, node: &str, epoch: EpochId, now: Timestamp) -> Result<()> {
    let update = doc! { "$max": { "at": date(now) } };
    Ok(m.nodes.update_one(run(node, epoch), update).upsert(true).await.map(drop)?)
}

pub(super) async fn last_heartbeat(m: &Base, node: &str, epoch: EpochId) -> Result<Option<Timestamp>> {
    let found = m.nodes.find_one(run(node, epoch)).await?;
    Ok(found.and_then(|d| d.get_datetime("at").ok().map(|at| time(*at))))
}
