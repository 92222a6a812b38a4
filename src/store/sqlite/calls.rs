//! Call records and the heartbeats of nodes in SQLite.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::is_taken;
use super::missed;
use super::rows::{json, limit, maybe_oid, raw, time};
use super::threads::Tx;
use crate::clock::Timestamp;
use crate::ids::{CallId, EpochId, UserId};
use crate::model::{CallFilter, CallRecord, Cursor, Timeline};
use crate::store::derive::word;
use crate::store::{Result, StoreError, Unique};

const COLUMNS: &str = "c.record, c.node, c.epoch";

fn record(row: &Row<'_>) -> rusqlite::Result<CallRecord> {
    let mut call: CallRecord = json(row, 0)?;
    // The JSON is what clients get, without these two.
    call.node = row.get(1)?;
    call.epoch = maybe_oid(row, 2)?.map(EpochId);
    Ok(call)
}

fn text(call: &CallRecord) -> Result<String> {
    serde_json::to_string(call).map_err(|e| StoreError::Unavailable(e.to_string()))
}

fn users(tx: &Tx<'_>, call: &CallRecord) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO call_users (user, start_time, call) VALUES (?1, ?2, ?3)";
    let mut insert = tx.conn.prepare_cached(sql)?;
    for user in call.users() {
        insert.execute(params![raw(user.0), call.start_time.0, raw(call.id.0)])?;
    }
    Ok(())
}

pub(super) fn create(tx: &Tx<'_>, call: &CallRecord) -> Result<()> {
    let sql = "INSERT INTO calls (id, start_time, status, open, node, epoch, record)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let row = params![
        raw(call.id.0),
        call.start_time.0,
        word(&call.status),
        !call.status.ended(),
        call.node,
        call.epoch.map(|e| raw(e.0)),
        text(call)?
    ];
    match tx.conn.prepare_cached(sql)?.execute(row) {
        Err(e) if is_taken(&e) => return Err(StoreError::Taken(Unique::Id)),
        other => other?,
    };
    users(tx, call)?;
    missed::note(tx, call)
}

pub(super) fn update(tx: &Tx<'_>, call: &CallRecord, timeline: &Timeline) -> Result<bool> {
    let sql = "UPDATE calls SET start_time = ?2, status = ?3, open = ?4, node = ?5, epoch = ?6, record = ?7
               WHERE id = ?1 AND open";
    let row = params![
        raw(call.id.0),
        call.start_time.0,
        word(&call.status),
        !call.status.ended(),
        call.node,
        call.epoch.map(|e| raw(e.0)),
        text(call)?
    ];
    if tx.conn.prepare_cached(sql)?.execute(row)? == 0 {
        return Ok(false);
    }
    let sql = "DELETE FROM call_users WHERE call = ?1 AND start_time <> ?2";
    tx.conn.prepare_cached(sql)?.execute(params![raw(call.id.0), call.start_time.0])?;
    users(tx, call)?;
    missed::note(tx, call)?;
    let sql = "INSERT INTO call_timelines (call, timeline) VALUES (?1, ?2)
               ON CONFLICT (call) DO UPDATE SET timeline = excluded.timeline";
    let timeline = serde_json::to_string(timeline).map_err(|e| StoreError::Unavailable(e.to_string()))?;
    tx.conn.prepare_cached(sql)?.execute(params![raw(call.id.0), timeline])?;
    Ok(true)
}

pub(super) fn timeline(conn: &Connection, id: CallId) -> Result<Timeline> {
    let sql = "SELECT timeline FROM call_timelines WHERE call = ?1";
    let found = conn.prepare_cached(sql)?.query_row([raw(id.0)], |row| json(row, 0)).optional()?;
    Ok(found.unwrap_or_default())
}

pub(super) fn get(conn: &Connection, id: CallId) -> Result<Option<CallRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM calls c WHERE c.id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([raw(id.0)], record).optional()?)
}

pub(super) fn of_user(
    conn: &Connection,
    user: UserId,
    filter: &CallFilter,
    after: Option<Cursor<CallId>>,
    most: usize,
) -> Result<Vec<CallRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM call_users u JOIN calls c ON c.id = u.call
         WHERE u.user = ?1 AND u.start_time >= ?2 AND u.start_time < ?3
         AND (?4 IS NULL OR (u.start_time, u.call) < (?4, ?5))
         AND (?6 IS NULL OR c.status = ?6)
         AND (?7 IS NULL OR EXISTS (SELECT 1 FROM call_users w WHERE w.call = u.call AND w.user = ?7))
         AND (?8 IS NULL OR json_extract(c.record, '$.conversation') = ?8)
         AND (?9 IS NULL OR json_extract(c.record, '$.durationSeconds') >= ?9)
         ORDER BY u.start_time DESC, u.call DESC LIMIT ?10"
    );
    let values = params![
        raw(user.0),
        filter.from.map_or(i64::MIN, |t| t.0),
        filter.to.map_or(i64::MAX, |t| t.0).min(after.map_or(i64::MAX, |c| c.at.0.saturating_add(1))),
        after.map(|c| c.at.0),
        after.map(|c| raw(c.id.0)),
        filter.status.map(|s| word(&s)),
        filter.with.map(|w| raw(w.0)),
        filter.conversation.map(|c| c.to_string()),
        filter.min_seconds.map(|s| i64::try_from(s).unwrap_or(i64::MAX)),
        limit(most)
    ];
    let mut query = conn.prepare_cached(&sql)?;
    Ok(query.query_map(values, record)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn stale(conn: &Connection, node: &str, epoch: EpochId) -> Result<Vec<CallRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM calls c WHERE c.open AND c.node = ?1 AND c.epoch IS NOT ?2");
    let mut query = conn.prepare_cached(&sql)?;
    Ok(query.query_map(params![node, raw(epoch.0)], record)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn heartbeat(tx: &Tx<'_>, node: &str, epoch: EpochId, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO nodes (node, epoch, at) VALUES (?1, ?2, ?3)
               ON CONFLICT (node, epoch) DO UPDATE SET at = max(at, excluded.at)";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![node, raw(epoch.0), now.0]).map(drop)?)
}

pub(super) fn last_heartbeat(conn: &Connection, node: &str, epoch: EpochId) -> Result<Option<Timestamp>> {
    let sql = "SELECT at FROM nodes WHERE node = ?1 AND epoch = ?2";
    Ok(conn.prepare_cached(sql)?.query_row(params![node, raw(epoch.0)], |r| time(r, 0)).optional()?)
}
