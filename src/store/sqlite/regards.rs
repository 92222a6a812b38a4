//! How people regard themselves and others, in SQLite: settings, blocks, mutes, when somebody was here last.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::{is_orphan, is_taken};
use super::rows::{json, oid, raw, time};
use super::threads::Tx;
use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};
use crate::model::{Block, Mute, Regard, Settings, SettingsPatch};
use crate::store::{Result, StoreError};

pub(super) fn settings_of(conn: &Connection, users: &[UserId]) -> Result<HashMap<UserId, Settings>> {
    let mut query = conn.prepare_cached("SELECT settings FROM settings WHERE user = ?1")?;
    let mut found = HashMap::new();
    for user in users {
        if let Some(settings) = query.query_row([raw(user.0)], |r| json(r, 0)).optional()? {
            found.insert(*user, settings);
        }
    }
    Ok(found)
}

pub(super) fn change_settings(tx: &Tx<'_>, user: UserId, patch: SettingsPatch) -> Result<Settings> {
    let before = settings_of(tx.conn, &[user])?.remove(&user).unwrap_or_default();
    let after = before.patched(patch);
    let text = serde_json::to_string(&after).unwrap_or_default();
    let sql = "INSERT INTO settings (user, settings) VALUES (?1, ?2)
               ON CONFLICT (user) DO UPDATE SET settings = ?2";
    match tx.conn.prepare_cached(sql)?.execute(params![raw(user.0), text]) {
        Err(e) if is_orphan(&e) => Err(StoreError::Missing),
        other => Ok(other.map(|_| after)?),
    }
}

pub(super) fn block(tx: &Tx<'_>, block: &Block) -> Result<bool> {
    if block.user == block.blocked {
        return Err(StoreError::Missing);
    }
    let sql = "INSERT INTO blocks (user, blocked, at) VALUES (?1, ?2, ?3)";
    match tx.conn.prepare_cached(sql)?.execute(params![raw(block.user.0), raw(block.blocked.0), block.at.0]) {
        Err(e) if is_orphan(&e) => Err(StoreError::Missing),
        Err(e) if is_taken(&e) => Ok(false),
        other => Ok(other.map(|_| true)?),
    }
}

pub(super) fn unblock(tx: &Tx<'_>, user: UserId, blocked: UserId) -> Result<bool> {
    let sql = "DELETE FROM blocks WHERE user = ?1 AND blocked = ?2";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![raw(user.0), raw(blocked.0)])? == 1)
}

pub(super) fn blocks_around(conn: &Connection, user: UserId) -> Result<Vec<Block>> {
    let sql = "SELECT user, blocked, at FROM blocks WHERE user = ?1
               UNION SELECT user, blocked, at FROM blocks WHERE blocked = ?1";
    let mut query = conn.prepare_cached(sql)?;
    let found = query.query_map([raw(user.0)], |r| {
        Ok(Block { user: UserId(oid(r, 0)?), blocked: UserId(oid(r, 1)?), at: time(r, 2)? })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn reach(conn: &Connection, user: UserId, other: UserId) -> Result<Regard> {
    let sql = "SELECT u.disabled OR EXISTS (SELECT 1 FROM blocks WHERE user = ?2 AND blocked = ?1),
                      EXISTS (SELECT 1 FROM blocks WHERE user = ?1 AND blocked = ?2)
               FROM users u WHERE u.id = ?2";
    let values = params![raw(user.0), raw(other.0)];
    let found = conn.prepare_cached(sql)?.query_row(values, |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    Ok(match found {
        None | Some((true, _)) => Regard::Shut,
        Some((false, true)) => Regard::Blocked,
        Some((false, false)) => Regard::Open,
    })
}

pub(super) fn mute(tx: &Tx<'_>, user: UserId, mute: &Mute) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO mutes (user, conversation, until)
               SELECT user, conversation, ?3 FROM members WHERE conversation = ?2 AND user = ?1";
    let values = params![raw(user.0), raw(mute.conversation.0), mute.until.map(|at| at.0)];
    match tx.conn.prepare_cached(sql)?.execute(values)? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

pub(super) fn unmute(tx: &Tx<'_>, user: UserId, conversation: ConversationId) -> Result<()> {
    let sql = "DELETE FROM mutes WHERE user = ?1 AND conversation = ?2";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![raw(user.0), raw(conversation.0)]).map(drop)?)
}

pub(super) fn mutes_of(conn: &Connection, user: UserId) -> Result<Vec<Mute>> {
    let sql = "SELECT conversation, until FROM mutes WHERE user = ?1 ORDER BY conversation";
    let mut query = conn.prepare_cached(sql)?;
    let found = query.query_map([raw(user.0)], |r| {
        Ok(Mute {
            conversation: ConversationId(oid(r, 0)?),
            until: r.get::<_, Option<i64>>(1)?.map(Timestamp),
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn saw(tx: &Tx<'_>, user: UserId, at: Timestamp) -> Result<()> {
    let sql = "INSERT INTO last_seen (user, at) VALUES (?1, ?2)
               ON CONFLICT (user) DO UPDATE SET at = max(at, ?2)";
    match tx.conn.prepare_cached(sql)?.execute(params![raw(user.0), at.0]) {
        Err(e) if is_orphan(&e) => Err(StoreError::Missing),
        other => Ok(other.map(drop)?),
    }
}

pub(super) fn last_seen(conn: &Connection, users: &[UserId]) -> Result<HashMap<UserId, Timestamp>> {
    let mut query = conn.prepare_cached("SELECT at FROM last_seen WHERE user = ?1")?;
    let mut found = HashMap::new();
    for user in users {
        if let Some(at) = query.query_row([raw(user.0)], |r| time(r, 0)).optional()? {
            found.insert(*user, at);
        }
    }
    Ok(found)
}
