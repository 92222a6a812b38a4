//! Sessions and one-time secrets in SQLite.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::{is_orphan, is_taken};
use super::rows::{oid, raw, time};
use super::threads::Tx;
use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};
use crate::model::{Session, TokenHash};
use crate::store::{Result, StoreError, Unique};

const COLUMNS: &str =
    "id, user, token_hash, previous_hash, rotated_at, created_at, last_seen_at, expires_at, user_agent";

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: SessionId(oid(row, 0)?),
        user: UserId(oid(row, 1)?),
        token_hash: row.get(2)?,
        previous_hash: row.get(3)?,
        rotated_at: time(row, 4)?,
        created_at: time(row, 5)?,
        last_seen_at: time(row, 6)?,
        expires_at: time(row, 7)?,
        user_agent: row.get(8)?,
    })
}

fn ids(tx: &Tx<'_>, sql: &str, values: impl rusqlite::Params) -> Result<Vec<SessionId>> {
    let mut query = tx.conn.prepare_cached(sql)?;
    let ids = query.query_map(values, |r| oid(r, 0).map(SessionId))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn create(tx: &Tx<'_>, s: &Session) -> Result<()> {
    let sql = format!("INSERT INTO sessions ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    let row = params![
        raw(s.id.0),
        raw(s.user.0),
        s.token_hash,
        s.previous_hash,
        s.rotated_at.0,
        s.created_at.0,
        s.last_seen_at.0,
        s.expires_at.0,
        s.user_agent
    ];
    match tx.conn.prepare_cached(&sql)?.execute(row) {
        Err(e) if is_taken(&e) => Err(StoreError::Taken(Unique::Id)),
        Err(e) if is_orphan(&e) => Err(StoreError::Missing),
        other => Ok(other.map(drop)?),
    }
}

pub(super) fn get(conn: &Connection, id: SessionId) -> Result<Option<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([raw(id.0)], session).optional()?)
}

pub(super) fn by_token(conn: &Connection, hash: &TokenHash) -> Result<Option<Session>> {
    for column in ["token_hash", "previous_hash"] {
        let sql = format!("SELECT {COLUMNS} FROM sessions WHERE {column} = ?1");
        let found = conn.prepare_cached(&sql)?.query_row([hash], session).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

pub(super) fn of_user(conn: &Connection, user: UserId) -> Result<Vec<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE user = ?1 ORDER BY created_at DESC, id DESC");
    let mut query = conn.prepare_cached(&sql)?;
    Ok(query.query_map([raw(user.0)], session)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn rotate(
    tx: &Tx<'_>,
    id: SessionId,
    hashes: (&TokenHash, &TokenHash),
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool> {
    let sql =
        "UPDATE sessions SET token_hash = ?3, previous_hash = token_hash, rotated_at = ?4, last_seen_at = ?4,
               expires_at = ?5 WHERE id = ?1 AND token_hash = ?2";
    let (old, new) = hashes;
    Ok(tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), old, new, now.0, expires_at.0])? == 1)
}

pub(super) fn touch(tx: &Tx<'_>, id: SessionId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE sessions SET last_seen_at = max(last_seen_at, ?2) WHERE id = ?1";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), now.0]).map(drop)?)
}

pub(super) fn end(tx: &Tx<'_>, id: SessionId) -> Result<bool> {
    Ok(tx.conn.prepare_cached("DELETE FROM sessions WHERE id = ?1")?.execute([raw(id.0)])? == 1)
}

pub(super) fn end_all(tx: &Tx<'_>, user: UserId, except: Option<SessionId>) -> Result<Vec<SessionId>> {
    let sql = "DELETE FROM sessions WHERE user = ?1 AND id IS NOT ?2 RETURNING id";
    ids(tx, sql, params![raw(user.0), except.map(|id| raw(id.0))])
}

pub(super) fn expire(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<SessionId>> {
    ids(tx, "DELETE FROM sessions WHERE expires_at <= ?1 RETURNING id", [now.0])
}

pub(super) fn put_claim(tx: &Tx<'_>, hash: &TokenHash, expires_at: Timestamp) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO claims (hash, expires_at) VALUES (?1, ?2)";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![hash, expires_at.0]).map(drop)?)
}

pub(super) fn take_claim(tx: &Tx<'_>, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    let sql = "DELETE FROM claims WHERE hash = ?1 AND expires_at > ?2";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![hash, now.0])? == 1)
}
