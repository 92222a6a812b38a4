//! Messages in SQLite.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::conversations::get as conversation;
use super::error::is_taken;
use super::files;
use super::rows::{int, limit, list, maybe_json, maybe_oid, maybe_time, number, oid, raw, time};
use super::threads::Tx;
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{Conversation, Message, MessageStatus, Page, Quote};
use crate::store::derive::{addressee, status};
use crate::store::{Appended, NewMessage, Result, StoreError, Unique};

/// Of `FROM`; four of the last are those of the message that is answered.
pub(super) const COLUMNS: &str = "m.id, m.conversation, m.seq, m.from_user, m.client_id, m.content, m.reply_to, \
     m.created_at, m.system, m.rev, m.edited_at, m.deleted_at, m.reactions, q.seq, q.from_user, q.content, q.deleted_at, m.attachments";
pub(super) const FROM: &str = "messages m LEFT JOIN messages q ON q.id = m.reply_to";

/// `of` is the message's conversation.
pub(super) fn message(row: &Row<'_>, of: &Conversation) -> rusqlite::Result<Message> {
    let (from_user, seq) = (UserId(oid(row, 3)?), number(row, 2)?);
    let (to_user, to_group) = addressee((of.id, of.kind), &of.members, from_user);
    Ok(Message {
        id: MessageId(oid(row, 0)?),
        conversation: ConversationId(oid(row, 1)?),
        seq,
        from_user,
        to_user,
        to_group,
        content: row.get(5)?,
        system: maybe_json(row, 8)?,
        status: status(&of.members, from_user, seq),
        created_at: time(row, 7)?,
        client_id: row.get(4)?,
        reply_to: maybe_oid(row, 6)?.map(MessageId),
        quote: quote(row)?,
        rev: number(row, 9)?,
        edited_at: maybe_time(row, 10)?,
        deleted_at: maybe_time(row, 11)?,
        attachments: maybe_json(row, 17)?.unwrap_or_default(),
        reactions: maybe_json(row, 12)?.unwrap_or_default(),
    })
}

fn quote(row: &Row<'_>) -> rusqlite::Result<Option<Quote>> {
    let (Some(id), Some(from_user)) = (maybe_oid(row, 6)?, maybe_oid(row, 14)?) else { return Ok(None) };
    let content: String = row.get(15)?;
    Ok(Some(Quote::of(MessageId(id), number(row, 13)?, UserId(from_user), &content, maybe_time(row, 16)?)))
}

pub(super) fn append(tx: &Tx<'_>, new: &NewMessage) -> Result<Appended> {
    let of = conversation(tx.conn, new.conversation)?.ok_or(StoreError::Missing)?;
    of.member(new.from_user).ok_or(StoreError::Missing)?;
    let conversation = raw(new.conversation.0);
    let sql = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE m.conversation = ?1 AND m.from_user = ?2 AND m.client_id = ?3"
    );
    let there = tx
        .conn
        .prepare_cached(&sql)?
        .query_row(params![conversation, raw(new.from_user.0), new.client_id], |r| message(r, &of))
        .optional()?;
    if let Some(message) = there {
        return Ok(Appended { message, fresh: false });
    }
    let mut message = add(tx, &of, new)?;
    if let Some(to) = new.reply_to {
        let answered = get(tx.conn, to)?.filter(|m| m.conversation == of.id).ok_or(StoreError::Missing)?;
        let Message { seq, from_user, content, deleted_at, .. } = answered;
        message.quote = Some(Quote::of(to, seq, from_user, &content, deleted_at));
    }
    Ok(Appended { message, fresh: true })
}

/// Adds the next message of a conversation.
pub(super) fn add(tx: &Tx<'_>, of: &Conversation, new: &NewMessage) -> Result<Message> {
    let stamp = tx.stamp()?;
    let sql = "UPDATE conversations SET last_seq = last_seq + 1, updated_at = ?2, changed = ?3 WHERE id = ?1
               RETURNING last_seq";
    let seq = tx
        .conn
        .prepare_cached(sql)?
        .query_row(params![raw(of.id.0), new.created_at.0, stamp], |r| number(r, 0))?;
    let attachments = files::attach(tx, new)?;
    insert(tx, new, stamp, seq, list(&attachments))?;
    let (to_user, to_group) = addressee((of.id, of.kind), &of.members, new.from_user);
    Ok(Message {
        id: new.id,
        conversation: new.conversation,
        seq,
        from_user: new.from_user,
        to_user,
        to_group,
        content: new.content.clone(),
        system: new.system.clone(),
        status: MessageStatus::Sent,
        created_at: new.created_at,
        client_id: new.client_id.clone(),
        reply_to: new.reply_to,
        quote: None,
        rev: 0,
        edited_at: None,
        deleted_at: None,
        attachments,
        reactions: Vec::new(),
    })
}

fn insert(tx: &Tx<'_>, new: &NewMessage, stamp: i64, seq: u64, attachments: Option<String>) -> Result<()> {
    let sql =
        "INSERT INTO messages (n, id, conversation, seq, from_user, client_id, content, reply_to, created_at,
               system, attachments) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let row = params![
        stamp,
        raw(new.id.0),
        raw(new.conversation.0),
        int(seq),
        raw(new.from_user.0),
        new.client_id,
        new.content,
        new.reply_to.map(|id| raw(id.0)),
        new.created_at.0,
        new.system.as_ref().map(|note| serde_json::to_string(note).unwrap_or_default()),
        attachments
    ];
    match tx.conn.prepare_cached(sql)?.execute(row) {
        Err(e) if is_taken(&e) => Err(StoreError::Taken(Unique::Id)),
        other => Ok(other.map(drop)?),
    }
}

pub(super) fn get(conn: &Connection, id: MessageId) -> Result<Option<Message>> {
    Ok(find(conn, id)?.map(|(message, _)| message))
}

/// A message and its conversation.
pub(super) fn find(conn: &Connection, id: MessageId) -> Result<Option<(Message, Conversation)>> {
    let sql = "SELECT conversation FROM messages WHERE id = ?1";
    let found = conn.prepare_cached(sql)?.query_row([raw(id.0)], |r| oid(r, 0)).optional()?;
    let Some(id_of) = found else { return Ok(None) };
    let Some(of) = conversation(conn, ConversationId(id_of))? else { return Ok(None) };
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE m.id = ?1");
    let found = conn.prepare_cached(&sql)?.query_row([raw(id.0)], |r| message(r, &of)).optional()?;
    Ok(found.map(|message| (message, of)))
}

pub(super) fn page(conn: &Connection, id: ConversationId, page: Page) -> Result<Vec<Message>> {
    let Some(of) = conversation(conn, id)? else { return Ok(Vec::new()) };
    match page {
        Page::After { seq, limit } => after(conn, &of, seq, limit),
        Page::Before { seq, limit: most } => {
            let sql = format!(
                "SELECT {COLUMNS} FROM {FROM} WHERE m.conversation = ?1 AND m.seq < ?2
                 ORDER BY m.seq DESC LIMIT ?3"
            );
            let mut query = conn.prepare_cached(&sql)?;
            let values = params![raw(id.0), seq.map_or(i64::MAX, int), limit(most)];
            let mut found =
                query.query_map(values, |r| message(r, &of))?.collect::<rusqlite::Result<Vec<_>>>()?;
            found.reverse();
            Ok(found)
        }
    }
}

/// The oldest `most` above `seq`, rising.
pub(super) fn after(conn: &Connection, of: &Conversation, seq: u64, most: usize) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE m.conversation = ?1 AND m.seq > ?2 ORDER BY m.seq LIMIT ?3"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let found = query.query_map(params![raw(of.id.0), int(seq), limit(most)], |r| message(r, of))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The message at `seq` of a conversation whose members are loaded.
pub(super) fn at(conn: &Connection, conversation: &Conversation, seq: u64) -> Result<Option<Message>> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE m.conversation = ?1 AND m.seq = ?2");
    Ok(conn
        .prepare_cached(&sql)?
        .query_row(params![raw(conversation.id.0), int(seq)], |r| message(r, conversation))
        .optional()?)
}

/// The newest sequence number that was there when the change counter stood at `stamp`. Reads what came since.
pub(super) fn seq_at(conn: &Connection, id: ConversationId, stamp: i64) -> Result<u64> {
    let sql = "SELECT seq FROM messages WHERE conversation = ?1 AND n <= ?2 ORDER BY seq DESC LIMIT 1";
    let seq = conn.prepare_cached(sql)?.query_row(params![raw(id.0), stamp], |r| number(r, 0)).optional()?;
    Ok(seq.unwrap_or(0))
}
