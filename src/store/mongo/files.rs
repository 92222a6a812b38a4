//! What is known of files, in MongoDB: collection `files`. The bytes are not here.

use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Binary, DateTime, Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

use super::Base;
use super::error::duplicate;
use super::transaction::{Failed, Try};
use super::values::{binary, date, hash as bytes, int, limit, time};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, FileId, MessageId, UserId};
use crate::model::{Attachment, Carrier, FileHash, StoredFile};
use crate::store::{NewMessage, Result, StoreError, Unique};

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileDoc {
    #[serde(rename = "_id")]
    id: ObjectId,
    owner: ObjectId,
    hash: Binary,
    size: i64,
    created_at: DateTime,
    /// Null: not sent yet.
    message: Option<ObjectId>,
    /// Whose picture it is; then `message` is null.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    group: Option<ObjectId>,
    given_up: bool,
    shown: Attachment,
}

impl FileDoc {
    fn stored(self) -> StoredFile {
        StoredFile {
            shown: self.shown,
            owner: UserId(self.owner),
            hash: bytes(&self.hash),
            created_at: time(self.created_at),
            carrier: match self.message {
                Some(message) => Some(Carrier::Message(MessageId(message))),
                None => self.group.map(ConversationId).map(Carrier::Group),
            },
        }
    }
}

/// The quota is looked at before and after: of several uploads at once that are too much together, none slips through.
pub(super) async fn create(m: &Base, file: &StoredFile, quota: u64) -> Result<bool> {
    if m.users.count_documents(doc! { "_id": file.owner.0 }).await? == 0 {
        return Err(StoreError::Missing);
    }
    if used(m, file.owner).await?.saturating_add(int(file.shown.size)) > int(quota) {
        return Ok(false);
    }
    let fresh = FileDoc {
        id: file.shown.id.0,
        owner: file.owner.0,
        hash: binary(&file.hash),
        size: int(file.shown.size),
        created_at: date(file.created_at),
        message: None,
        group: None,
        given_up: false,
        shown: file.shown.clone(),
    };
    match m.files.insert_one(&fresh).await {
        Err(e) if duplicate(&e).is_some() => return Err(StoreError::Taken(Unique::Id)),
        other => other.map(drop)?,
    }
    if used(m, file.owner).await? > int(quota) {
        m.files.delete_one(doc! { "_id": fresh.id }).await?;
        return Ok(false);
    }
    Ok(true)
}

async fn used(m: &Base, owner: UserId) -> Result<i64> {
    let sum = [
        doc! { "$match": { "owner": owner.0, "givenUp": false } },
        doc! { "$group": { "_id": null, "size": { "$sum": "$size" } } },
    ];
    let found = m.files.aggregate(sum).await?.try_next().await?;
    Ok(found.and_then(|sum| sum.get_i64("size").ok()).unwrap_or(0))
}

pub(super) async fn get(m: &Base, id: FileId) -> Result<Option<StoredFile>> {
    let found = m.files.find_one(doc! { "_id": id.0, "givenUp": false }).await?;
    Ok(found.map(FileDoc::stored))
}

/// Binds the attachments to their message. `Duplicate` if one is not the author's or was sent already, as by an
/// earlier try of this.
pub(super) async fn attach(m: &Base, session: &mut ClientSession, new: &NewMessage) -> Try<Vec<Attachment>> {
    let mut attached = Vec::with_capacity(new.attachments.len());
    for id in &new.attachments {
        let own = unsent(id.0, new.from_user);
        let bound = m
            .files
            .find_one_and_update(own, doc! { "$set": { "message": new.id.0 } })
            .return_document(ReturnDocument::After)
            .session(&mut *session)
            .await?;
        attached.push(bound.ok_or(Failed::Duplicate)?.shown);
    }
    Ok(attached)
}

/// A file of `owner` that nothing carries yet.
fn unsent(id: ObjectId, owner: UserId) -> Document {
    doc! { "_id": id, "owner": owner.0, "message": null, "group": null, "givenUp": false }
}

/// Makes a file the picture of the note's group; `Missing` if it is not the author's or was sent already.
pub(super) async fn hang(m: &Base, session: &mut ClientSession, id: ObjectId, note: &NewMessage) -> Try<()> {
    let bound = doc! { "$set": { "group": note.conversation.0 } };
    let found = m.files.update_one(unsent(id, note.from_user), bound).session(session).await?;
    if found.matched_count == 0 { Err(StoreError::Missing.into()) } else { Ok(()) }
}

/// Gives up what was the picture of a group.
pub(super) async fn take_down(m: &Base, session: &mut ClientSession, id: ObjectId) -> Try<()> {
    let given_up = doc! { "$set": { "givenUp": true } };
    m.files.update_one(doc! { "_id": id }, given_up).session(session).await?;
    Ok(())
}

/// Gives up the files of a message.
pub(super) async fn give_up(m: &Base, session: &mut ClientSession, message: MessageId) -> Try<()> {
    let given_up = doc! { "$set": { "givenUp": true } };
    m.files.update_many(doc! { "message": message.0 }, given_up).session(session).await?;
    Ok(())
}

pub(super) async fn given_up(m: &Base, before: Timestamp, most: usize) -> Result<Vec<(FileId, FileHash)>> {
    let unsent =
        doc! { "message": null, "group": null, "givenUp": false, "createdAt": { "$lt": date(before) } };
    m.files.update_many(unsent, doc! { "$set": { "givenUp": true } }).await?;
    if most == 0 {
        return Ok(Vec::new());
    }
    let found = m.files.find(doc! { "givenUp": true }).limit(limit(most)).await?;
    let found: Vec<FileDoc> = found.try_collect().await?;
    Ok(found.into_iter().map(|d| (FileId(d.id), bytes(&d.hash))).collect())
}

pub(super) async fn forget(m: &Base, id: FileId) -> Result<()> {
    Ok(m.files.delete_one(doc! { "_id": id.0, "givenUp": true }).await.map(drop)?)
}

pub(super) async fn in_use(m: &Base, hash: &FileHash) -> Result<bool> {
    Ok(m.files.find_one(doc! { "hash": binary(hash), "givenUp": false }).await?.is_some())
}
