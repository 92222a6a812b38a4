//! How people regard themselves and others, in MongoDB: collections `settings`, `blocks`, `mutes`, `lastSeen`.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc, serialize_to_document};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

use super::Base;
use super::error::duplicate;
use super::users;
use super::values::{date, time};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};
use crate::model::{Block, Mute, Regard, Settings, SettingsPatch};
use crate::store::{Result, StoreError};

#[derive(Serialize, Deserialize)]
struct SettingsDoc {
    #[serde(rename = "_id")]
    user: ObjectId,
    #[serde(flatten)]
    settings: Settings,
}

fn settings(m: &Base) -> Collection<SettingsDoc> {
    m.db.collection("settings")
}

fn documents(m: &Base, name: &str) -> Collection<Document> {
    m.db.collection(name)
}

fn among(users: &[UserId]) -> Document {
    let ids: Vec<ObjectId> = users.iter().map(|user| user.0).collect();
    doc! { "_id": { "$in": ids } }
}

pub(super) async fn settings_of(m: &Base, users: &[UserId]) -> Result<HashMap<UserId, Settings>> {
    let found: Vec<SettingsDoc> = settings(m).find(among(users)).await?.try_collect().await?;
    Ok(found.into_iter().map(|d| (UserId(d.user), d.settings)).collect())
}

pub(super) async fn change_settings(m: &Base, user: UserId, patch: SettingsPatch) -> Result<Settings> {
    users::get(m, user).await?.ok_or(StoreError::Missing)?;
    let fields = serialize_to_document(&patch)?;
    if fields.is_empty() {
        return Ok(settings_of(m, &[user]).await?.remove(&user).unwrap_or_default());
    }
    let all = settings(m);
    let change = || {
        all.find_one_and_update(doc! { "_id": user.0 }, doc! { "$set": fields.clone() })
            .upsert(true)
            .return_document(ReturnDocument::After)
    };
    let changed = match change().await {
        // Two at once both found none: now there is one.
        Err(e) if duplicate(&e).is_some() => change().await?,
        other => other?,
    };
    changed.map(|d| d.settings).ok_or(StoreError::Missing)
}

fn pair(user: UserId, blocked: UserId) -> Document {
    doc! { "user": user.0, "blocked": blocked.0 }
}

pub(super) async fn block(m: &Base, block: &Block) -> Result<bool> {
    let both = users::many(m, &[block.user, block.blocked]).await?;
    if block.user == block.blocked || both.len() < 2 {
        return Err(StoreError::Missing);
    }
    let mut document = pair(block.user, block.blocked);
    document.insert("_id", pair(block.user, block.blocked));
    document.insert("at", date(block.at));
    match documents(m, "blocks").insert_one(document).await {
        Err(e) if duplicate(&e).is_some() => Ok(false),
        other => Ok(other.map(|_| true)?),
    }
}

pub(super) async fn unblock(m: &Base, user: UserId, blocked: UserId) -> Result<bool> {
    let filter = doc! { "_id": pair(user, blocked) };
    Ok(documents(m, "blocks").delete_one(filter).await?.deleted_count == 1)
}

pub(super) async fn blocks_around(m: &Base, user: UserId) -> Result<Vec<Block>> {
    let filter = doc! { "$or": [{ "user": user.0 }, { "blocked": user.0 }] };
    let found: Vec<Document> = documents(m, "blocks").find(filter).await?.try_collect().await?;
    let read = |d: &Document| {
        Some(Block {
            user: UserId(d.get_object_id("user").ok()?),
            blocked: UserId(d.get_object_id("blocked").ok()?),
            at: time(*d.get_datetime("at").ok()?),
        })
    };
    Ok(found.iter().filter_map(read).collect())
}

pub(super) async fn reach(m: &Base, user: UserId, other: UserId) -> Result<Regard> {
    let known = users::get(m, other).await?.is_some_and(|other| !other.disabled);
    let ways = [Bson::from(pair(user, other)), Bson::from(pair(other, user))];
    let filter = doc! { "_id": { "$in": ways } };
    let blocks: Vec<Document> = documents(m, "blocks").find(filter).await?.try_collect().await?;
    let by = |who: UserId| blocks.iter().any(|d| d.get_object_id("user").is_ok_and(|id| id == who.0));
    Ok(match () {
        () if !known || by(other) => Regard::Shut,
        () if by(user) => Regard::Blocked,
        () => Regard::Open,
    })
}

pub(super) async fn mute(m: &Base, user: UserId, mute: &Mute) -> Result<()> {
    let member = doc! { "_id": mute.conversation.0, "members": user.0 };
    m.conversations.find_one(member).await?.ok_or(StoreError::Missing)?;
    let place = doc! { "user": user.0, "conversation": mute.conversation.0 };
    let update = doc! { "$set": { "until": mute.until.map(date), "user": user.0, "conversation": mute.conversation.0 } };
    let all = documents(m, "mutes");
    let put = || all.update_one(doc! { "_id": place.clone() }, update.clone()).upsert(true);
    match put().await {
        // Two at once both found none: now there is one.
        Err(e) if duplicate(&e).is_some() => Ok(put().await.map(drop)?),
        other => Ok(other.map(drop)?),
    }
}

pub(super) async fn unmute(m: &Base, user: UserId, conversation: ConversationId) -> Result<()> {
    let filter = doc! { "_id": { "user": user.0, "conversation": conversation.0 } };
    Ok(documents(m, "mutes").delete_one(filter).await.map(drop)?)
}

pub(super) async fn mutes_of(m: &Base, user: UserId) -> Result<Vec<Mute>> {
    let found = documents(m, "mutes").find(doc! { "user": user.0 }).sort(doc! { "conversation": 1 }).await?;
    let found: Vec<Document> = found.try_collect().await?;
    let read = |d: &Document| {
        Some(Mute {
            conversation: ConversationId(d.get_object_id("conversation").ok()?),
            until: d.get_datetime("until").ok().map(|at| time(*at)),
        })
    };
    Ok(found.iter().filter_map(read).collect())
}

pub(super) async fn saw(m: &Base, user: UserId, at: Timestamp) -> Result<()> {
    let update = doc! { "$max": { "at": date(at) } };
    let all = documents(m, "lastSeen");
    let put = || all.update_one(doc! { "_id": user.0 }, update.clone()).upsert(true);
    match put().await {
        Err(e) if duplicate(&e).is_some() => Ok(put().await.map(drop)?),
        other => Ok(other.map(drop)?),
    }
}

pub(super) async fn last_seen(m: &Base, users: &[UserId]) -> Result<HashMap<UserId, Timestamp>> {
    let found: Vec<Document> = documents(m, "lastSeen").find(among(users)).await?.try_collect().await?;
    let read = |d: &Document| Some((UserId(d.get_object_id("_id").ok()?), time(*d.get_datetime("at").ok()?)));
    Ok(found.iter().filter_map(read).collect())
}
