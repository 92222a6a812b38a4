//! The standing of users in SQLite: roles, accounts switched off, sessions ended for that, links to set a password.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::is_orphan;
use super::rows::{limit, oid, raw, time};
use super::threads::Tx;
use super::users::{self, COLUMNS, user};
use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};
use crate::model::{Revocation, Role, Standing, StandingChange, TakenReset, TokenHash, User, UserQuery};
use crate::store::derive::{names, word};
use crate::store::{Result, StoreError};

/// How long it is remembered which sessions were ended.
const REMEMBERED: Duration = Duration::from_secs(3600);

pub(super) fn list(conn: &Connection, query: &UserQuery, most: usize) -> Result<Vec<User>> {
    let (from, to) = names(&query.prefix, query.after.as_deref());
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE username_key >= ?1 AND username_key < ?2
         AND (?3 IS NULL OR role = ?3) AND (?4 IS NULL OR disabled = ?4) ORDER BY username_key LIMIT ?5"
    );
    let values = params![from, to, query.role.as_ref().map(word), query.disabled, limit(most)];
    let mut found = conn.prepare_cached(&sql)?;
    Ok(found.query_map(values, user)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn change(tx: &Tx<'_>, id: UserId, change: StandingChange) -> Result<Standing> {
    let before = users::get(tx.conn, id)?.ok_or(StoreError::Missing)?;
    let after = User {
        role: change.role.unwrap_or(before.role),
        disabled: change.disabled.unwrap_or(before.disabled),
        ..before.clone()
    };
    let owns = |user: &User| user.role == Role::Owner && !user.disabled;
    if owns(&before) && !owns(&after) {
        let sql = "SELECT EXISTS (SELECT 1 FROM users WHERE role = ?1 AND NOT disabled AND id <> ?2)";
        let values = params![word(&Role::Owner), raw(id.0)];
        if !tx.conn.prepare_cached(sql)?.query_row(values, |r| r.get::<_, bool>(0))? {
            return Ok(Standing::LastOwner);
        }
    }
    let sql = "UPDATE users SET role = ?2, disabled = ?3 WHERE id = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), word(&after.role), after.disabled])?;
    Ok(Standing::Changed(after))
}

pub(super) fn revoke_sessions(tx: &Tx<'_>, user: UserId, now: Timestamp) -> Result<Vec<SessionId>> {
    let sql = "DELETE FROM revocations WHERE at < ?1";
    tx.conn.prepare_cached(sql)?.execute([now.minus(REMEMBERED).0])?;
    let ended = super::sessions::end_all(tx, user, None)?;
    let sql = "INSERT OR REPLACE INTO revocations (session, user, at) VALUES (?1, ?2, ?3)";
    for session in &ended {
        tx.conn.prepare_cached(sql)?.execute(params![raw(session.0), raw(user.0), now.0])?;
    }
    Ok(ended)
}

pub(super) fn revoked_since(conn: &Connection, since: Timestamp) -> Result<Vec<Revocation>> {
    let mut query = conn.prepare_cached("SELECT session, user, at FROM revocations WHERE at >= ?1")?;
    let found = query.query_map([since.0], |r| {
        Ok(Revocation { session: SessionId(oid(r, 0)?), user: UserId(oid(r, 1)?), at: time(r, 2)? })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn has_claim(conn: &Connection, hash: &TokenHash, now: Timestamp) -> Result<bool> {
    let sql = "SELECT 1 FROM claims WHERE hash = ?1 AND expires_at > ?2";
    Ok(conn.prepare_cached(sql)?.exists(params![hash, now.0])?)
}

pub(super) fn put_reset(tx: &Tx<'_>, hash: &TokenHash, user: UserId, expires_at: Timestamp) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO resets (user, hash, expires_at) VALUES (?1, ?2, ?3)";
    match tx.conn.prepare_cached(sql)?.execute(params![raw(user.0), hash, expires_at.0]) {
        Err(e) if is_orphan(&e) => Err(StoreError::Missing),
        other => Ok(other.map(drop)?),
    }
}

pub(super) fn reset_user(conn: &Connection, hash: &TokenHash, now: Timestamp) -> Result<Option<UserId>> {
    let sql = "SELECT user FROM resets WHERE hash = ?1 AND expires_at > ?2";
    let found = conn.prepare_cached(sql)?.query_row(params![hash, now.0], |r| oid(r, 0).map(UserId));
    Ok(found.optional()?)
}

pub(super) fn take_reset(
    tx: &Tx<'_>,
    hash: &TokenHash,
    now: Timestamp,
    password: &str,
) -> Result<Option<TakenReset>> {
    let sql = "DELETE FROM resets WHERE hash = ?1 AND expires_at > ?2 RETURNING user";
    let found =
        tx.conn.prepare_cached(sql)?.query_row(params![hash, now.0], |r| oid(r, 0).map(UserId)).optional()?;
    let Some(user) = found else { return Ok(None) };
    let sql = "UPDATE users SET password = ?2 WHERE id = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![raw(user.0), password])?;
    let ended = revoke_sessions(tx, user, now)?;
    Ok(Some(TakenReset { user, ended }))
}
