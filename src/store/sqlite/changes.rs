//! Messages that change, in SQLite: the change itself, and which were changed since.

use rusqlite::{Connection, params};

use super::files;
use super::messages::{COLUMNS, FROM, find, message};
use super::rows::{int, limit, list, raw};
use super::threads::Tx;
use crate::clock::Timestamp;
use crate::ids::{MessageId, UserId};
use crate::model::{Conversation, Message};
use crate::store::change::{Verdict, apply};
use crate::store::derive::sees;
use crate::store::{MessageChange, Result, Revised, StoreError};

pub(super) fn change(
    tx: &Tx<'_>,
    id: MessageId,
    by: UserId,
    change: &MessageChange,
    now: Timestamp,
) -> Result<Revised> {
    let (mut message, of) = find(tx.conn, id)?.ok_or(StoreError::Missing)?;
    if !sees(&of, by, message.seq) {
        return Err(StoreError::Missing);
    }
    match apply(&mut message, by, change, now) {
        Verdict::Changed => {}
        Verdict::Same => return Ok(Revised::Same(message)),
        Verdict::Deleted => return Ok(Revised::Deleted),
        Verdict::Full => return Ok(Revised::Full),
    }
    let stamp = tx.stamp()?;
    let sql = "UPDATE messages SET content = ?2, reply_to = ?3, rev = ?4, edited_at = ?5, deleted_at = ?6,
               reactions = ?7, changed = ?8, attachments = ?9 WHERE id = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![
        raw(id.0),
        message.content,
        message.reply_to.map(|id| raw(id.0)),
        int(message.rev),
        message.edited_at.map(|at| at.0),
        message.deleted_at.map(|at| at.0),
        list(&message.reactions),
        stamp,
        list(&message.attachments),
    ])?;
    if message.deleted_at.is_some() {
        files::give_up(tx, id)?;
    }
    let sql = "UPDATE conversations SET changed = ?2 WHERE id = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![raw(of.id.0), stamp])?;
    Ok(Revised::Changed(message))
}

/// Which of the messages that were there at the stamp `told` and lie above `seq` were changed after the stamp `from`,
/// in the order of their changes, each with its stamp.
pub(super) fn since(
    conn: &Connection,
    of: &Conversation,
    (from, told): (i64, i64),
    seq: u64,
    most: usize,
) -> Result<Vec<(Message, i64)>> {
    let sql = format!(
        "SELECT {COLUMNS}, m.changed FROM {FROM} WHERE m.conversation = ?1 AND m.changed > ?2 AND m.n <= ?3
         AND m.seq > ?4 ORDER BY m.changed LIMIT ?5"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let values = params![raw(of.id.0), from, told, int(seq), limit(most)];
    let found = query.query_map(values, |r| Ok((message(r, of)?, r.get("changed")?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
