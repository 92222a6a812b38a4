//! Invitations in MongoDB: collection `invitations`. A use is counted in the transaction that makes the account.

use futures_util::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Binary, DateTime, Document, doc};
use mongodb::{ClientSession, Collection};
use serde::{Deserialize, Serialize};

use super::Base;
use super::error::duplicate;
use super::transaction::{Failed, Outcome, Try, Work, transact};
use super::users::{UserDoc, taken};
use super::values::{binary, date, limit, time};
use crate::clock::Timestamp;
use crate::ids::{InvitationId, UserId};
use crate::model::{Cursor, Invitation, TokenHash, User};
use crate::store::{Result, StoreError, Unique};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InvitationDoc {
    #[serde(rename = "_id")]
    id: ObjectId,
    hash: Binary,
    note: String,
    created_by: Option<ObjectId>,
    created_at: DateTime,
    expires_at: DateTime,
    max_uses: u32,
    uses: u32,
}

impl From<InvitationDoc> for Invitation {
    fn from(d: InvitationDoc) -> Self {
        Self {
            id: InvitationId(d.id),
            note: d.note,
            created_by: d.created_by.map(UserId),
            created_at: time(d.created_at),
            expires_at: time(d.expires_at),
            max_uses: d.max_uses,
            uses: d.uses,
        }
    }
}

fn all(m: &Base) -> Collection<InvitationDoc> {
    m.db.collection("invitations")
}

pub(super) async fn create(m: &Base, i: Invitation, hash: &TokenHash) -> Result<()> {
    let document = InvitationDoc {
        id: i.id.0,
        hash: binary(hash),
        note: i.note,
        created_by: i.created_by.map(|user| user.0),
        created_at: date(i.created_at),
        expires_at: date(i.expires_at),
        max_uses: i.max_uses,
        uses: i.uses,
    };
    match all(m).insert_one(document).await {
        Err(e) if duplicate(&e).is_some() => Err(StoreError::Taken(Unique::Id)),
        other => Ok(other.map(drop)?),
    }
}

pub(super) async fn list(
    m: &Base,
    after: Option<Cursor<InvitationId>>,
    most: usize,
) -> Result<Vec<Invitation>> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let filter = after.map_or_else(Document::new, |cursor| {
        let at = date(cursor.at);
        let same = doc! { "createdAt": at, "_id": { "$lt": cursor.id.0 } };
        doc! { "$or": [{ "createdAt": { "$lt": at } }, same] }
    });
    let order = doc! { "createdAt": -1, "_id": -1 };
    let found = all(m).find(filter).sort(order).limit(limit(most)).await?;
    let found: Vec<InvitationDoc> = found.try_collect().await?;
    Ok(found.into_iter().map(Invitation::from).collect())
}

pub(super) async fn revoke(m: &Base, id: InvitationId) -> Result<bool> {
    Ok(all(m).delete_one(doc! { "_id": id.0 }).await?.deleted_count == 1)
}

fn open(hash: &TokenHash, now: Timestamp) -> Document {
    doc! {
        "hash": binary(hash),
        "expiresAt": { "$gt": date(now) },
        "$expr": { "$lt": ["$uses", "$maxUses"] },
    }
}

pub(super) async fn usable(m: &Base, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    Ok(all(m).find_one(open(hash, now)).await?.is_some())
}

pub(super) async fn admit(m: &Base, user: &User, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    let admission = Admission { user, hash, now };
    transact(m, user.id.0.bytes()[11], &admission).await?.ok_or(StoreError::Taken(Unique::Id))
}

/// Somebody comes in by an invitation.
struct Admission<'a> {
    user: &'a User,
    hash: &'a TokenHash,
    now: Timestamp,
}

impl Work for Admission<'_> {
    type Out = bool;
    async fn run(&self, m: &Base, session: &mut ClientSession) -> Try<Outcome<bool>> {
        let (open, count) = (open(self.hash, self.now), doc! { "$inc": { "uses": 1 } });
        if all(m).update_one(open, count).session(&mut *session).await?.matched_count == 0 {
            return Ok(Outcome::Abort(false));
        }
        match m.users.insert_one(UserDoc::from(self.user.clone())).session(session).await {
            Ok(_) => Ok(Outcome::Commit(true)),
            Err(e) => Err(taken(&e).map_or_else(|| e.into(), Failed::Lasting)),
        }
    }
}
