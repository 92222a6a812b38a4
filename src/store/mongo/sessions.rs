//! Sessions and one-time secrets in MongoDB: collections `sessions` and `claims`.

use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Binary, DateTime, Document, doc};
use serde::{Deserialize, Serialize};

use super::Base;
use super::error::duplicate;
use super::values::{binary, date, hash, time};
use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};
use crate::model::{Session, TokenHash};
use crate::store::{Result, StoreError, Unique};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionDoc {
    #[serde(rename = "_id")]
    id: ObjectId,
    user: ObjectId,
    token_hash: Binary,
    previous_hash: Option<Binary>,
    rotated_at: DateTime,
    created_at: DateTime,
    last_seen_at: DateTime,
    expires_at: DateTime,
    user_agent: String,
}

impl From<Session> for SessionDoc {
    fn from(s: Session) -> Self {
        Self {
            id: s.id.0,
            user: s.user.0,
            token_hash: binary(&s.token_hash),
            previous_hash: s.previous_hash.as_ref().map(binary),
            rotated_at: date(s.rotated_at),
            created_at: date(s.created_at),
            last_seen_at: date(s.last_seen_at),
            expires_at: date(s.expires_at),
            user_agent: s.user_agent,
        }
    }
}

impl From<SessionDoc> for Session {
    fn from(d: SessionDoc) -> Self {
        Self {
            id: SessionId(d.id),
            user: UserId(d.user),
            token_hash: hash(&d.token_hash),
            previous_hash: d.previous_hash.as_ref().map(hash),
            rotated_at: time(d.rotated_at),
            created_at: time(d.created_at),
            last_seen_at: time(d.last_seen_at),
            expires_at: time(d.expires_at),
            user_agent: d.user_agent,
        }
    }
}

pub(super) async fn create(m: &Base, session: Session) -> Result<()> {
    if m.users.count_documents(doc! { "_id": session.user.0 }).await? == 0 {
        return Err(StoreError::Missing);
    }
    match m.sessions.insert_one(SessionDoc::from(session)).await {
        Err(e) if duplicate(&e).is_some() => Err(StoreError::Taken(Unique::Id)),
        other => Ok(other.map(drop)?),
    }
}

pub(super) async fn get(m: &Base, id: SessionId) -> Result<Option<Session>> {
    Ok(m.sessions.find_one(doc! { "_id": id.0 }).await?.map(Session::from))
}

pub(super) async fn by_token(m: &Base, token: &TokenHash) -> Result<Option<Session>> {
    let found = match m.sessions.find_one(doc! { "tokenHash": binary(token) }).await? {
        None => m.sessions.find_one(doc! { "previousHash": binary(token) }).await?,
        found => found,
    };
    Ok(found.map(Session::from))
}

pub(super) async fn of_user(m: &Base, user: UserId) -> Result<Vec<Session>> {
    let order = doc! { "createdAt": -1, "_id": -1 };
    let found: Vec<SessionDoc> =
        m.sessions.find(doc! { "user": user.0 }).sort(order).await?.try_collect().await?;
    Ok(found.into_iter().map(Session::from).collect())
}

pub(super) async fn rotate(
    m: &Base,
    id: SessionId,
    hashes: (&TokenHash, &TokenHash),
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool> {
    let (old, new) = hashes;
    let update = doc! { "$set": {
        "tokenHash": binary(new),
        "previousHash": binary(old),
        "rotatedAt": date(now),
        "lastSeenAt": date(now),
        "expiresAt": date(expires_at),
    } };
    let filter = doc! { "_id": id.0, "tokenHash": binary(old) };
    Ok(m.sessions.update_one(filter, update).await?.matched_count == 1)
}

pub(super) async fn touch(m: &Base, id: SessionId, now: Timestamp) -> Result<()> {
    let update = doc! { "$max": { "lastSeenAt": date(now) } };
    Ok(m.sessions.update_one(doc! { "_id": id.0 }, update).await.map(drop)?)
}

pub(super) async fn end(m: &Base, id: SessionId) -> Result<bool> {
    Ok(m.sessions.delete_one(doc! { "_id": id.0 }).await?.deleted_count == 1)
}

/// Deletes one by one what `filter` matches, so that a session which was prolonged meanwhile stays and is not told.
async fn end_where(m: &Base, filter: Document, except: Option<SessionId>) -> Result<Vec<SessionId>> {
    let found: Vec<SessionDoc> = m.sessions.find(filter.clone()).await?.try_collect().await?;
    let mut ended = Vec::new();
    for session in found.into_iter().filter(|s| Some(SessionId(s.id)) != except) {
        let mut one = filter.clone();
        one.insert("_id", session.id);
        if m.sessions.delete_one(one).await?.deleted_count == 1 {
            ended.push(SessionId(session.id));
        }
    }
    Ok(ended)
}

pub(super) async fn end_all(m: &Base, user: UserId, except: Option<SessionId>) -> Result<Vec<SessionId>> {
    end_where(m, doc! { "user": user.0 }, except).await
}

/// All of a user's, within a transaction. One that is ended or prolonged meanwhile collides with it.
pub(super) async fn end_within(
    m: &Base,
    session: &mut ClientSession,
    user: UserId,
) -> mongodb::error::Result<Vec<SessionId>> {
    let mut found = m.sessions.find(doc! { "user": user.0 }).session(&mut *session).await?;
    let found: Vec<SessionDoc> = found.stream(&mut *session).try_collect().await?;
    let ended: Vec<ObjectId> = found.iter().map(|s| s.id).collect();
    m.sessions.delete_many(doc! { "_id": { "$in": &ended } }).session(session).await?;
    Ok(ended.into_iter().map(SessionId).collect())
}

pub(super) async fn expire(m: &Base, now: Timestamp) -> Result<Vec<SessionId>> {
    end_where(m, doc! { "expiresAt": { "$lte": date(now) } }, None).await
}

pub(super) async fn put_claim(m: &Base, hash: &TokenHash, expires_at: Timestamp) -> Result<()> {
    let update = doc! { "$set": { "expiresAt": date(expires_at) } };
    Ok(m.claims.update_one(doc! { "_id": binary(hash) }, update).upsert(true).await.map(drop)?)
}

pub(super) async fn take_claim(m: &Base, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    let filter = doc! { "_id": binary(hash), "expiresAt": { "$gt": date(now) } };
    Ok(m.claims.delete_one(filter).await?.deleted_count == 1)
}
