//! What is known of files, in SQLite.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::{is_orphan, is_taken};
use super::rows::{int, json, limit, maybe_oid, number, oid, raw, time};
use super::threads::Tx;
use crate::clock::Timestamp;
use crate::ids::{ConversationId, FileId, MessageId, UserId};
use crate::model::{Attachment, Carrier, FileHash, StoredFile};
use crate::store::{NewMessage, Result, StoreError, Unique};

const COLUMNS: &str = "shown, owner, hash, created_at, message, conversation";

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredFile> {
    Ok(StoredFile {
        shown: json(row, 0)?,
        owner: UserId(oid(row, 1)?),
        hash: row.get(2)?,
        created_at: time(row, 3)?,
        carrier: match maybe_oid(row, 4)? {
            Some(message) => Some(Carrier::Message(MessageId(message))),
            None => maybe_oid(row, 5)?.map(ConversationId).map(Carrier::Group),
        },
    })
}

pub(super) fn create(tx: &Tx<'_>, file: &StoredFile, quota: u64) -> Result<bool> {
    let sql = "SELECT coalesce(sum(size), 0) FROM files WHERE owner = ?1 AND NOT given_up";
    let used = tx.conn.prepare_cached(sql)?.query_row([raw(file.owner.0)], |r| number(r, 0))?;
    if used.saturating_add(file.shown.size) > quota {
        return Ok(false);
    }
    let sql = "INSERT INTO files (id, owner, hash, size, created_at, shown) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let row = params![
        raw(file.shown.id.0),
        raw(file.owner.0),
        file.hash,
        int(file.shown.size),
        file.created_at.0,
        serde_json::to_string(&file.shown).unwrap_or_default(),
    ];
    match tx.conn.prepare_cached(sql)?.execute(row) {
        Err(e) if is_taken(&e) => Err(StoreError::Taken(Unique::Id)),
        Err(e) if is_orphan(&e) => Err(StoreError::Missing),
        other => Ok(other.map(|_| true)?),
    }
}

pub(super) fn get(conn: &Connection, id: FileId) -> Result<Option<StoredFile>> {
    let sql = format!("SELECT {COLUMNS} FROM files WHERE id = ?1 AND NOT given_up");
    Ok(conn.prepare_cached(&sql)?.query_row([raw(id.0)], stored).optional()?)
}

/// Binds the attachments to their message; `Missing` if one is not the author's or was sent already.
pub(super) fn attach(tx: &Tx<'_>, new: &NewMessage) -> Result<Vec<Attachment>> {
    let sql =
        "UPDATE files SET message = ?2 WHERE id = ?1 AND owner = ?3 AND message IS NULL AND conversation IS NULL
         AND NOT given_up RETURNING shown";
    let mut update = tx.conn.prepare_cached(sql)?;
    let mut attached = Vec::with_capacity(new.attachments.len());
    for id in &new.attachments {
        let values = params![raw(id.0), raw(new.id.0), raw(new.from_user.0)];
        let shown = update.query_row(values, |r| json(r, 0)).optional()?;
        attached.push(shown.ok_or(StoreError::Missing)?);
    }
    Ok(attached)
}

/// Makes a file the picture of a group; `Missing` if it is not `owner`'s or was sent already.
pub(super) fn hang(tx: &Tx<'_>, id: FileId, group: ConversationId, owner: UserId) -> Result<()> {
    let sql = "UPDATE files SET conversation = ?2 WHERE id = ?1 AND owner = ?3 AND message IS NULL
               AND conversation IS NULL AND NOT given_up";
    let values = params![raw(id.0), raw(group.0), raw(owner.0)];
    match tx.conn.prepare_cached(sql)?.execute(values)? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Gives up what was the picture of a group.
pub(super) fn take_down(tx: &Tx<'_>, id: FileId) -> Result<()> {
    let sql = "UPDATE files SET given_up = 1 WHERE id = ?1";
    Ok(tx.conn.prepare_cached(sql)?.execute([raw(id.0)]).map(drop)?)
}

/// Gives up the files of a message.
pub(super) fn give_up(tx: &Tx<'_>, message: MessageId) -> Result<()> {
    let sql = "UPDATE files SET given_up = 1 WHERE message = ?1";
    Ok(tx.conn.prepare_cached(sql)?.execute([raw(message.0)]).map(drop)?)
}

pub(super) fn given_up(tx: &Tx<'_>, before: Timestamp, most: usize) -> Result<Vec<(FileId, FileHash)>> {
    let sql = "UPDATE files SET given_up = 1
               WHERE message IS NULL AND conversation IS NULL AND NOT given_up AND created_at < ?1";
    tx.conn.prepare_cached(sql)?.execute([before.0])?;
    let mut query = tx.conn.prepare_cached("SELECT id, hash FROM files WHERE given_up LIMIT ?1")?;
    let found = query.query_map([limit(most)], |r| Ok((FileId(oid(r, 0)?), r.get(1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn forget(tx: &Tx<'_>, id: FileId) -> Result<()> {
    let sql = "DELETE FROM files WHERE id = ?1 AND given_up";
    Ok(tx.conn.prepare_cached(sql)?.execute([raw(id.0)]).map(drop)?)
}

pub(super) fn in_use(conn: &Connection, hash: &FileHash) -> Result<bool> {
    let sql = "SELECT 1 FROM files WHERE hash = ?1 AND NOT given_up";
    Ok(conn.prepare_cached(sql)?.exists([hash])?)
}
