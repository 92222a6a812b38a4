//! Who missed which call and has not seen it yet, in SQLite. Written with the record, in its transaction.

use rusqlite::{Connection, params};

use super::rows::{oid, raw};
use super::threads::Tx;
use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};
use crate::model::{CallRecord, MissedCalls, MissedIn};
use crate::store::Result;

/// Makes it what the record says; what was seen stays seen.
pub(super) fn note(tx: &Tx<'_>, call: &CallRecord) -> Result<()> {
    let missed = call.missed_by();
    let sql =
        "INSERT OR IGNORE INTO missed_calls (user, call, conversation, start_time) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = tx.conn.prepare_cached(sql)?;
    for user in &missed {
        let (call, at, of) = (raw(call.id.0), call.start_time.0, raw(call.conversation.0));
        insert.execute(params![raw(user.0), call, of, at])?;
    }
    let mut delete = tx.conn.prepare_cached("DELETE FROM missed_calls WHERE call = ?1 AND user = ?2")?;
    for user in call.users().into_iter().filter(|user| !missed.contains(user)) {
        delete.execute(params![raw(call.id.0), raw(user.0)])?;
    }
    Ok(())
}

pub(super) fn of_user(conn: &Connection, user: UserId) -> Result<MissedCalls> {
    let sql = "SELECT conversation, count(*) FROM missed_calls WHERE user = ?1 AND NOT seen
               GROUP BY conversation ORDER BY max(start_time) DESC, conversation";
    let mut query = conn.prepare_cached(sql)?;
    let found = query.query_map([raw(user.0)], |r| {
        let count = u64::try_from(r.get::<_, i64>(1)?).unwrap_or(0);
        Ok(MissedIn { conversation: ConversationId(oid(r, 0)?), count })
    })?;
    Ok(MissedCalls::of(found.collect::<rusqlite::Result<_>>()?))
}

pub(super) fn see(
    tx: &Tx<'_>,
    user: UserId,
    conversation: Option<ConversationId>,
    until: Option<Timestamp>,
) -> Result<bool> {
    let sql = "UPDATE missed_calls SET seen = 1 WHERE user = ?1 AND NOT seen
               AND (?2 IS NULL OR conversation = ?2) AND (?3 IS NULL OR start_time <= ?3)";
    let values = params![raw(user.0), conversation.map(|c| raw(c.0)), until.map(|at| at.0)];
    Ok(tx.conn.prepare_cached(sql)?.execute(values)? > 0)
}
