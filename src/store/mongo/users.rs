//! Users in MongoDB: collection `users`.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, doc};
use serde::{Deserialize, Serialize};

use super::Base;
use super::error::duplicate;
use super::values::{date, limit, time};
use crate::ids::UserId;
use crate::model::{Role, User};
use crate::store::derive::{fold, names, word};
use crate::store::{Result, StoreError, Unique};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserDoc {
    #[serde(rename = "_id")]
    id: ObjectId,
    username: String,
    username_key: String,
    email: String,
    email_key: String,
    password: String,
    role: Role,
    disabled: bool,
    created_at: DateTime,
}

impl From<User> for UserDoc {
    fn from(u: User) -> Self {
        Self {
            id: u.id.0,
            username_key: fold(&u.username),
            username: u.username,
            email_key: fold(&u.email),
            email: u.email,
            password: u.password,
            role: u.role,
            disabled: u.disabled,
            created_at: date(u.created_at),
        }
    }
}

impl From<UserDoc> for User {
    fn from(d: UserDoc) -> Self {
        Self {
            id: UserId(d.id),
            username: d.username,
            email: d.email,
            password: d.password,
            role: d.role,
            disabled: d.disabled,
            created_at: time(d.created_at),
        }
    }
}

pub(super) async fn create(m: &Base, user: User) -> Result<()> {
    match m.users.insert_one(UserDoc::from(user)).await {
        Err(e) => Err(taken(&e).unwrap_or_else(|| e.into())),
        Ok(_) => Ok(()),
    }
}

/// Which unique value an insert found taken.
pub(super) fn taken(error: &mongodb::error::Error) -> Option<StoreError> {
    duplicate(error).map(|text| match text {
        text if text.contains("index: username ") => StoreError::Taken(Unique::Username),
        text if text.contains("index: email ") => StoreError::Taken(Unique::Email),
        _ => StoreError::Taken(Unique::Id),
    })
}

pub(super) async fn get(m: &Base, id: UserId) -> Result<Option<User>> {
    Ok(m.users.find_one(doc! { "_id": id.0 }).await?.map(User::from))
}

pub(super) async fn by_login(m: &Base, login: &str) -> Result<Option<User>> {
    let key = fold(login);
    let found = match m.users.find_one(doc! { "usernameKey": &key }).await? {
        None => m.users.find_one(doc! { "emailKey": &key }).await?,
        found => found,
    };
    Ok(found.map(User::from))
}

pub(super) async fn many(m: &Base, ids: &[UserId]) -> Result<Vec<User>> {
    let wanted: Vec<ObjectId> = ids.iter().map(|id| id.0).collect();
    let found: Vec<UserDoc> = m.users.find(doc! { "_id": { "$in": wanted } }).await?.try_collect().await?;
    let found: HashMap<UserId, User> = found.into_iter().map(|d| (UserId(d.id), User::from(d))).collect();
    Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect())
}

pub(super) async fn find(m: &Base, prefix: &str, most: usize) -> Result<Vec<User>> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let (from, to) = names(prefix, None);
    let filter = doc! { "usernameKey": { "$gte": from, "$lt": to }, "disabled": false };
    let found: Vec<UserDoc> =
        m.users.find(filter).sort(doc! { "usernameKey": 1 }).limit(limit(most)).await?.try_collect().await?;
    Ok(found.into_iter().map(User::from).collect())
}

pub(super) async fn count(m: &Base) -> Result<u64> {
    Ok(m.users.count_documents(doc! {}).await?)
}

pub(super) async fn has_owner(m: &Base) -> Result<bool> {
    Ok(m.users.find_one(doc! { "role": word(&Role::Owner) }).await?.is_some())
}

pub(super) async fn replace_password(m: &Base, id: UserId, old: &str, new: &str) -> Result<bool> {
    let filter = doc! { "_id": id.0, "password": old };
    Ok(m.users.update_one(filter, doc! { "$set": { "password": new } }).await?.matched_count == 1)
}

pub(super) async fn set_role(m: &Base, id: UserId, role: Role) -> Result<()> {
    let update = doc! { "$set": { "role": word(&role) } };
    match m.users.update_one(doc! { "_id": id.0 }, update).await?.matched_count {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}
