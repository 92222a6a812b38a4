//! Conversations, members and their watermarks in SQLite.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::{is_orphan, is_taken};
use super::messages;
use super::rows::{enumerated, int, limit, maybe_oid, maybe_word, number, oid, raw, time};
use super::threads::Tx;
use crate::clock::Timestamp;
use crate::ids::{ConversationId, FileId, UserId};
use crate::model::{Conversation, ConversationKind, Cursor, Look, Member, Receipt};
use crate::store::derive::{UNREAD_MAX, raised, word};
use crate::store::{ConversationSummary, Result, StoreError, Unique};

/// Without its members.
pub(super) const COLUMNS: &str = "c.id, c.kind, c.last_seq, c.created_at, c.updated_at, c.name, c.rev, c.color, \
     c.picture";

pub(super) fn bare(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        id: ConversationId(oid(row, 0)?),
        kind: enumerated(row, 1)?,
        name: row.get(5)?,
        look: Look { color: maybe_word(row, 7)?, picture: maybe_oid(row, 8)?.map(FileId) },
        rev: number(row, 6)?,
        members: Vec::new(),
        last_seq: number(row, 2)?,
        created_at: time(row, 3)?,
        updated_at: time(row, 4)?,
    })
}

pub(super) fn members(conn: &Connection, id: ConversationId) -> Result<Vec<Member>> {
    let sql = "SELECT user, delivered_seq, read_seq, role, from_seq FROM members WHERE conversation = ?1
               ORDER BY user";
    let mut query = conn.prepare_cached(sql)?;
    let members = query.query_map([raw(id.0)], |r| {
        Ok(Member {
            user: UserId(oid(r, 0)?),
            role: enumerated(r, 3)?,
            from_seq: number(r, 4)?,
            delivered_seq: number(r, 1)?,
            read_seq: number(r, 2)?,
        })
    })?;
    Ok(members.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn get(conn: &Connection, id: ConversationId) -> Result<Option<Conversation>> {
    let sql = format!("SELECT {COLUMNS} FROM conversations c WHERE c.id = ?1");
    let Some(mut found) = conn.prepare_cached(&sql)?.query_row([raw(id.0)], bare).optional()? else {
        return Ok(None);
    };
    found.members = members(conn, id)?;
    Ok(Some(found))
}

pub(super) fn open_direct(
    tx: &Tx<'_>,
    id: ConversationId,
    a: UserId,
    b: UserId,
    now: Timestamp,
) -> Result<Conversation> {
    if a == b {
        return Err(StoreError::Missing);
    }
    let pair = [raw(a.min(b).0), raw(a.max(b).0)].concat();
    let sql = "SELECT id FROM conversations WHERE pair = ?1";
    let there = tx.conn.prepare_cached(sql)?.query_row([&pair], |r| oid(r, 0)).optional()?;
    if let Some(there) = there {
        return get(tx.conn, ConversationId(there))?.ok_or(StoreError::Missing);
    }
    let sql = "INSERT INTO conversations (id, kind, pair, last_seq, created_at, updated_at, changed)
               VALUES (?1, ?2, ?3, 0, ?4, ?4, ?5)";
    let row = params![raw(id.0), word(&ConversationKind::Direct), pair, now.0, tx.stamp()?];
    match tx.conn.prepare_cached(sql)?.execute(row) {
        Err(e) if is_taken(&e) => return Err(StoreError::Taken(Unique::Id)),
        other => other?,
    };
    for user in [a, b] {
        let sql = "INSERT INTO members (conversation, user, delivered_seq, read_seq) VALUES (?1, ?2, 0, 0)";
        match tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), raw(user.0)]) {
            Err(e) if is_orphan(&e) => return Err(StoreError::Missing),
            other => other?,
        };
    }
    get(tx.conn, id)?.ok_or(StoreError::Missing)
}

/// `conversation` with what its member `user` sees of it.
pub(super) fn summary(
    conn: &Connection,
    user: UserId,
    mut conversation: Conversation,
) -> Result<ConversationSummary> {
    conversation.members = members(conn, conversation.id)?;
    let last_message = messages::at(conn, &conversation, conversation.last_seq)?;
    let read = conversation.member(user).map_or(0, |m| m.read_seq);
    let read = read.max(conversation.last_seq.saturating_sub(UNREAD_MAX));
    let sql = "SELECT count(*) FROM messages WHERE conversation = ?1 AND seq > ?2 AND from_user <> ?3";
    let unread = conn
        .prepare_cached(sql)?
        .query_row(params![raw(conversation.id.0), int(read), raw(user.0)], |r| number(r, 0))?;
    Ok(ConversationSummary { conversation, last_message, unread })
}

pub(super) fn one(
    conn: &Connection,
    id: ConversationId,
    user: UserId,
) -> Result<Option<ConversationSummary>> {
    get(conn, id)?.filter(|c| c.member(user).is_some()).map(|c| summary(conn, user, c)).transpose()
}

pub(super) fn of_user(
    conn: &Connection,
    user: UserId,
    after: Option<Cursor<ConversationId>>,
    most: usize,
) -> Result<Vec<ConversationSummary>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members m JOIN conversations c ON c.id = m.conversation
         WHERE m.user = ?1 AND (?2 IS NULL OR (c.updated_at, c.id) < (?2, ?3))
         ORDER BY c.updated_at DESC, c.id DESC LIMIT ?4"
    );
    let (at, id) = (after.map(|c| c.at.0), after.map(|c| raw(c.id.0)));
    let mut query = conn.prepare_cached(&sql)?;
    let found = query
        .query_map(params![raw(user.0), at, id, limit(most)], bare)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    found.into_iter().map(|c| summary(conn, user, c)).collect()
}

pub(super) fn contacts(conn: &Connection, user: UserId) -> Result<Vec<UserId>> {
    let sql = "SELECT DISTINCT o.user FROM members m JOIN members o ON o.conversation = m.conversation
               WHERE m.user = ?1 AND o.user <> ?1";
    let mut query = conn.prepare_cached(sql)?;
    Ok(query.query_map([raw(user.0)], |r| oid(r, 0).map(UserId))?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn mark(
    tx: &Tx<'_>,
    id: ConversationId,
    user: UserId,
    delivered: u64,
    read: u64,
) -> Result<Option<Receipt>> {
    let sql = "SELECT m.delivered_seq, m.read_seq, c.last_seq FROM members m JOIN conversations c
               ON c.id = m.conversation WHERE m.conversation = ?1 AND m.user = ?2";
    let (now, last) = tx
        .conn
        .prepare_cached(sql)?
        .query_row(params![raw(id.0), raw(user.0)], |r| Ok(((number(r, 0)?, number(r, 1)?), number(r, 2)?)))
        .optional()?
        .ok_or(StoreError::Missing)?;
    let Some((delivered_seq, read_seq)) = raised(now, delivered, read, last) else {
        return Ok(None);
    };
    let sql = "UPDATE members SET delivered_seq = ?3, read_seq = ?4 WHERE conversation = ?1 AND user = ?2";
    tx.conn.prepare_cached(sql)?.execute(params![
        raw(id.0),
        raw(user.0),
        int(delivered_seq),
        int(read_seq)
    ])?;
    let sql = "UPDATE conversations SET changed = ?2 WHERE id = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), tx.stamp()?])?;
    Ok(Some(Receipt { conversation: id, user, delivered_seq, read_seq }))
}
