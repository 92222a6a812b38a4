//! Invitations in SQLite. A use is counted in the transaction that makes the account.

use rusqlite::{Connection, Row, params};

use super::error::is_taken;
use super::rows::{limit, maybe_oid, oid, raw, time};
use super::threads::Tx;
use super::users;
use crate::clock::Timestamp;
use crate::ids::{InvitationId, UserId};
use crate::model::{Cursor, Invitation, TokenHash, User};
use crate::store::{Result, StoreError, Unique};

const COLUMNS: &str = "id, note, created_by, created_at, expires_at, max_uses, uses";

fn invitation(row: &Row<'_>) -> rusqlite::Result<Invitation> {
    Ok(Invitation {
        id: InvitationId(oid(row, 0)?),
        note: row.get(1)?,
        created_by: maybe_oid(row, 2)?.map(UserId),
        created_at: time(row, 3)?,
        expires_at: time(row, 4)?,
        max_uses: row.get(5)?,
        uses: row.get(6)?,
    })
}

pub(super) fn create(tx: &Tx<'_>, i: &Invitation, hash: &TokenHash) -> Result<()> {
    let sql = format!("INSERT INTO invitations (hash, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    let created_by = i.created_by.map(|user| raw(user.0));
    let row =
        params![hash, raw(i.id.0), i.note, created_by, i.created_at.0, i.expires_at.0, i.max_uses, i.uses];
    match tx.conn.prepare_cached(&sql)?.execute(row) {
        Err(e) if is_taken(&e) => Err(StoreError::Taken(Unique::Id)),
        other => Ok(other.map(drop)?),
    }
}

pub(super) fn list(
    conn: &Connection,
    after: Option<Cursor<InvitationId>>,
    most: usize,
) -> Result<Vec<Invitation>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM invitations WHERE ?1 IS NULL OR (created_at, id) < (?1, ?2)
         ORDER BY created_at DESC, id DESC LIMIT ?3"
    );
    let values = params![after.map(|c| c.at.0), after.map(|c| raw(c.id.0)), limit(most)];
    let mut query = conn.prepare_cached(&sql)?;
    Ok(query.query_map(values, invitation)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn revoke(tx: &Tx<'_>, id: InvitationId) -> Result<bool> {
    Ok(tx.conn.prepare_cached("DELETE FROM invitations WHERE id = ?1")?.execute([raw(id.0)])? == 1)
}

pub(super) fn usable(conn: &Connection, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    let sql = "SELECT 1 FROM invitations WHERE hash = ?1 AND expires_at > ?2 AND uses < max_uses";
    Ok(conn.prepare_cached(sql)?.exists(params![hash, now.0])?)
}

/// A refusal undoes the count with everything else of the operation.
pub(super) fn admit(tx: &Tx<'_>, user: &User, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE invitations SET uses = uses + 1
               WHERE hash = ?1 AND expires_at > ?2 AND uses < max_uses";
    if tx.conn.prepare_cached(sql)?.execute(params![hash, now.0])? == 0 {
        return Ok(false);
    }
    users::create(tx, user)?;
    Ok(true)
}
