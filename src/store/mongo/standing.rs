//! The standing of users in MongoDB: roles, accounts switched off, sessions ended for that (collection `revocations`),
//! links to set a password (`resets`).

use std::time::Duration;

use futures_util::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use mongodb::{ClientSession, Collection};

use super::Base;
use super::error::duplicate;
use super::transaction::{Outcome, Try, Work, transact};
use super::users::{self, UserDoc};
use super::values::{binary, date, limit, time};
use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};
use crate::model::{Revocation, Role, Standing, StandingChange, TakenReset, TokenHash, User, UserQuery};
use crate::store::derive::{names, word};
use crate::store::{Result, StoreError};

/// How long it is remembered which sessions were ended.
const REMEMBERED: Duration = Duration::from_secs(3600);

fn resets(m: &Base) -> Collection<Document> {
    m.db.collection("resets")
}

fn revocations(m: &Base) -> Collection<Document> {
    m.db.collection("revocations")
}

pub(super) async fn list(m: &Base, query: &UserQuery, most: usize) -> Result<Vec<User>> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let (from, to) = names(&query.prefix, query.after.as_deref());
    let mut filter = doc! { "usernameKey": { "$gte": from, "$lt": to } };
    if let Some(role) = query.role {
        filter.insert("role", word(&role));
    }
    if let Some(disabled) = query.disabled {
        filter.insert("disabled", disabled);
    }
    let found = m.users.find(filter).sort(doc! { "usernameKey": 1 }).limit(limit(most)).await?;
    let found: Vec<UserDoc> = found.try_collect().await?;
    Ok(found.into_iter().map(User::from).collect())
}

pub(super) async fn change(m: &Base, id: UserId, change: StandingChange) -> Result<Standing> {
    transact(m, id.0.bytes()[11], &Move { id, change }).await?.ok_or(StoreError::Missing)
}

/// Somebody's role or whether he is switched off is to change.
struct Move {
    id: UserId,
    change: StandingChange,
}

impl Work for Move {
    type Out = Standing;
    async fn run(&self, m: &Base, session: &mut ClientSession) -> Try<Outcome<Standing>> {
        let before = m.users.find_one(doc! { "_id": self.id.0 }).session(&mut *session).await?;
        let before = before.map(User::from).ok_or(StoreError::Missing)?;
        let after = User {
            role: self.change.role.unwrap_or(before.role),
            disabled: self.change.disabled.unwrap_or(before.disabled),
            ..before.clone()
        };
        let owns = |user: &User| user.role == Role::Owner && !user.disabled;
        if owns(&before) && !owns(&after) {
            // Two owners who go at once would each see the other: all who go write this one document, so they collide.
            let meta = m.db.collection::<Document>("meta");
            meta.update_one(doc! { "_id": "charla" }, doc! { "$inc": { "ownersGone": 1_i64 } })
                .session(&mut *session)
                .await?;
            let other = doc! { "role": word(&Role::Owner), "disabled": false, "_id": { "$ne": self.id.0 } };
            if m.users.find_one(other).session(&mut *session).await?.is_none() {
                return Ok(Outcome::Abort(Standing::LastOwner));
            }
        }
        let update = doc! { "$set": { "role": word(&after.role), "disabled": after.disabled } };
        m.users.update_one(doc! { "_id": self.id.0 }, update).session(session).await?;
        Ok(Outcome::Commit(Standing::Changed(after)))
    }
}

pub(super) async fn revoke_sessions(m: &Base, user: UserId, now: Timestamp) -> Result<Vec<SessionId>> {
    let old = doc! { "at": { "$lt": date(now.minus(REMEMBERED)) } };
    revocations(m).delete_many(old).await?;
    // Written down first: who finds one here looks whether it has ended.
    for session in super::sessions::of_user(m, user).await? {
        let update = doc! { "$set": { "user": user.0, "at": date(now) } };
        revocations(m).update_one(doc! { "_id": session.id.0 }, update).upsert(true).await?;
    }
    super::sessions::end_all(m, user, None).await
}

pub(super) async fn revoked_since(m: &Base, since: Timestamp) -> Result<Vec<Revocation>> {
    let found = revocations(m).find(doc! { "at": { "$gte": date(since) } }).await?;
    let found: Vec<Document> = found.try_collect().await?;
    let read = |d: &Document| {
        Some(Revocation {
            session: SessionId(d.get_object_id("_id").ok()?),
            user: UserId(d.get_object_id("user").ok()?),
            at: time(*d.get_datetime("at").ok()?),
        })
    };
    Ok(found.iter().filter_map(read).collect())
}

pub(super) async fn has_claim(m: &Base, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    let filter = doc! { "_id": binary(hash), "expiresAt": { "$gt": date(now) } };
    Ok(m.claims.find_one(filter).await?.is_some())
}

pub(super) async fn put_reset(m: &Base, hash: &TokenHash, user: UserId, expires_at: Timestamp) -> Result<()> {
    users::get(m, user).await?.ok_or(StoreError::Missing)?;
    let update = doc! { "$set": { "hash": binary(hash), "expiresAt": date(expires_at) } };
    let all = resets(m);
    let put = || all.update_one(doc! { "_id": user.0 }, update.clone()).upsert(true);
    match put().await {
        // Two at once both found none: now there is one.
        Err(e) if duplicate(&e).is_some() => Ok(put().await.map(drop)?),
        other => Ok(other.map(drop)?),
    }
}

fn usable(hash: &TokenHash, now: Timestamp) -> Document {
    doc! { "hash": binary(hash), "expiresAt": { "$gt": date(now) } }
}

pub(super) async fn reset_user(m: &Base, hash: &TokenHash, now: Timestamp) -> Result<Option<UserId>> {
    let found = resets(m).find_one(usable(hash, now)).await?;
    Ok(found.and_then(|d| d.get_object_id("_id").ok()).map(UserId))
}

pub(super) async fn take_reset(
    m: &Base,
    hash: &TokenHash,
    now: Timestamp,
    password: &str,
) -> Result<Option<TakenReset>> {
    transact(m, hash[0], &Taking { hash, now, password }).await?.ok_or(StoreError::Missing)
}

/// A link is used: it is gone, the password is set and every session ended, or none of it.
struct Taking<'a> {
    hash: &'a TokenHash,
    now: Timestamp,
    password: &'a str,
}

impl Work for Taking<'_> {
    type Out = Option<TakenReset>;
    async fn run(&self, m: &Base, session: &mut ClientSession) -> Try<Outcome<Option<TakenReset>>> {
        let filter = usable(self.hash, self.now);
        let taken = resets(m).find_one_and_delete(filter).session(&mut *session).await?;
        let Some(user) = taken.and_then(|d| d.get_object_id("_id").ok()) else {
            return Ok(Outcome::Abort(None));
        };
        let set = doc! { "$set": { "password": self.password } };
        m.users.update_one(doc! { "_id": user }, set).session(&mut *session).await?;
        let ended = super::sessions::end_within(m, session, UserId(user)).await?;
        let told = revocations(m);
        for one in &ended {
            let update = doc! { "$set": { "user": user, "at": date(self.now) } };
            told.update_one(doc! { "_id": one.0 }, update).upsert(true).session(&mut *session).await?;
        }
        Ok(Outcome::Commit(Some(TakenReset { user: UserId(user), ended })))
    }
}
