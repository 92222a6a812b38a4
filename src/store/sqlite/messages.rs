//! Messages in SQLite.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::conversations::members;
use super::error::is_taken;
use super::rows::{int, limit, maybe_oid, number, oid, raw, time};
use super::threads::Tx;
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{Conversation, Member, Message, MessageStatus, Page};
use crate::store::derive::{status, to_user};
use crate::store::{Appended, NewMessage, Result, StoreError, Unique};

const COLUMNS: &str = "id, conversation, seq, from_user, client_id, content, reply_to, created_at";

/// `members` are those of the message's conversation.
fn message(row: &Row<'_>, members: &[Member]) -> rusqlite::Result<Message> {
    let (from_user, seq) = (UserId(oid(row, 3)?), number(row, 2)?);
    Ok(Message {
        id: MessageId(oid(row, 0)?),
        conversation: ConversationId(oid(row, 1)?),
        seq,
        from_user,
        to_user: to_user(members, from_user),
        content: row.get(5)?,
        status: status(members, from_user, seq),
        created_at: time(row, 7)?,
        client_id: row.get(4)?,
        reply_to: maybe_oid(row, 6)?.map(MessageId),
    })
}

pub(super) fn append(tx: &Tx<'_>, new: &NewMessage) -> Result<Appended> {
    let members = members(tx.conn, new.conversation)?;
    if !members.iter().any(|m| m.user == new.from_user) {
        return Err(StoreError::Missing);
    }
    let conversation = raw(new.conversation.0);
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE conversation = ?1 AND from_user = ?2 AND client_id = ?3"
    );
    let there = tx
        .conn
        .prepare_cached(&sql)?
        .query_row(params![conversation, raw(new.from_user.0), new.client_id], |r| message(r, &members))
        .optional()?;
    if let Some(message) = there {
        return Ok(Appended { message, fresh: false });
    }
    if let Some(to) = new.reply_to {
        let sql = "SELECT 1 FROM messages WHERE id = ?1 AND conversation = ?2";
        if !tx.conn.prepare_cached(sql)?.exists(params![raw(to.0), conversation])? {
            return Err(StoreError::Missing);
        }
    }
    let stamp = tx.stamp()?;
    let sql = "UPDATE conversations SET last_seq = last_seq + 1, updated_at = ?2, changed = ?3 WHERE id = ?1
               RETURNING last_seq";
    let seq = tx
        .conn
        .prepare_cached(sql)?
        .query_row(params![conversation, new.created_at.0, stamp], |r| number(r, 0))?;
    insert(tx, new, stamp, seq)?;
    let message = Message {
        id: new.id,
        conversation: new.conversation,
        seq,
        from_user: new.from_user,
        to_user: to_user(&members, new.from_user),
        content: new.content.clone(),
        status: MessageStatus::Sent,
        created_at: new.created_at,
        client_id: new.client_id.clone(),
        reply_to: new.reply_to,
    };
    Ok(Appended { message, fresh: true })
}

fn insert(tx: &Tx<'_>, new: &NewMessage, stamp: i64, seq: u64) -> Result<()> {
    let sql = format!("INSERT INTO messages (n, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    let row = params![
        stamp,
        raw(new.id.0),
        raw(new.conversation.0),
        int(seq),
        raw(new.from_user.0),
        new.client_id,
        new.content,
        new.reply_to.map(|id| raw(id.0)),
        new.created_at.0
    ];
    match tx.conn.prepare_cached(&sql)?.execute(row) {
        Err(e) if is_taken(&e) => Err(StoreError::Taken(Unique::Id)),
        other => Ok(other.map(drop)?),
    }
}

pub(super) fn get(conn: &Connection, id: MessageId) -> Result<Option<Message>> {
    let conversation = "SELECT conversation FROM messages WHERE id = ?1";
    let found = conn.prepare_cached(conversation)?.query_row([raw(id.0)], |r| oid(r, 0)).optional()?;
    let Some(conversation) = found else { return Ok(None) };
    let members = members(conn, ConversationId(conversation))?;
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([raw(id.0)], |r| message(r, &members)).optional()?)
}

pub(super) fn page(conn: &Connection, id: ConversationId, page: Page) -> Result<Vec<Message>> {
    let members = members(conn, id)?;
    match page {
        Page::After { seq, limit } => after(conn, id, &members, seq, limit),
        Page::Before { seq, limit: most } => {
            let sql = format!(
                "SELECT {COLUMNS} FROM messages WHERE conversation = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"
            );
            let mut query = conn.prepare_cached(&sql)?;
            let values = params![raw(id.0), seq.map_or(i64::MAX, int), limit(most)];
            let mut found =
                query.query_map(values, |r| message(r, &members))?.collect::<rusqlite::Result<Vec<_>>>()?;
            found.reverse();
            Ok(found)
        }
    }
}

/// The oldest `most` above `seq`, rising.
pub(super) fn after(
    conn: &Connection,
    id: ConversationId,
    members: &[Member],
    seq: u64,
    most: usize,
) -> Result<Vec<Message>> {
    let sql =
        format!("SELECT {COLUMNS} FROM messages WHERE conversation = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3");
    let mut query = conn.prepare_cached(&sql)?;
    let found = query.query_map(params![raw(id.0), int(seq), limit(most)], |r| message(r, members))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The message at `seq` of a conversation whose members are loaded.
pub(super) fn at(conn: &Connection, conversation: &Conversation, seq: u64) -> Result<Option<Message>> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE conversation = ?1 AND seq = ?2");
    Ok(conn
        .prepare_cached(&sql)?
        .query_row(params![raw(conversation.id.0), int(seq)], |r| message(r, &conversation.members))
        .optional()?)
}

/// The newest sequence number that was there when the change counter stood at `stamp`. Reads what came since.
pub(super) fn seq_at(conn: &Connection, id: ConversationId, stamp: i64) -> Result<u64> {
    let sql = "SELECT seq FROM messages WHERE conversation = ?1 AND n <= ?2 ORDER BY seq DESC LIMIT 1";
    let seq = conn.prepare_cached(sql)?.query_row(params![raw(id.0), stamp], |r| number(r, 0)).optional()?;
    Ok(seq.unwrap_or(0))
}
