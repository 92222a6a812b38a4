//! What changed for a user since a token, in SQLite.
//!
//! Every change takes the next value of one counter per database, inside the writing transaction. SQLite lets one
//! transaction write at a time, also across processes, so stamps rise in the order of commits: a snapshot in which
//! the counter stands at U holds every change up to U. A finished token is such a U, "told up to here".
//!
//! A sync may take several pages. The first fixes U; the pages walk the user's conversations in the order of their
//! ids (which no change moves) and tell, of each that changed after the last finished token, all messages after it.
//! What changes meanwhile has a stamp above U and is told by the next walk at the latest: nothing is missed.

use bson::oid::ObjectId;
use rusqlite::{Connection, params};

use super::conversations::{COLUMNS, bare, summary};
use super::messages;
use super::rows::{limit as rows, raw};
use crate::ids::{ConversationId, UserId};
use crate::model::Conversation;
use crate::store::derive::{FIRST_SYNC, unseen};
use crate::store::{Result, StoreError, SyncPage};

/// Where a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Everything up to this stamp has been told; `None` before the first sync is finished.
    told: Option<i64>,
    /// The walk in progress, if any.
    walk: Option<Walk>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Walk {
    /// What the finished sync will have told.
    upto: i64,
    /// Conversations below this one are told, and of this one the messages up to `seq`.
    conversation: ConversationId,
    seq: u64,
}

impl Place {
    fn write(self, identity: &str) -> String {
        let told = self.told.map_or("-".into(), |t| t.to_string());
        match self.walk {
            None => format!("s1.{identity}.{told}"),
            Some(w) => format!("s1.{identity}.{told}.{}.{}.{}", w.upto, w.conversation, w.seq),
        }
    }

    fn read(token: &str, identity: &str) -> Option<Self> {
        let mut parts = token.strip_prefix("s1.")?.strip_prefix(identity)?.strip_prefix('.')?.split('.');
        let told = match parts.next()? {
            "-" => None,
            text => Some(text.parse().ok()?),
        };
        let walk = match parts.next() {
            None => None,
            Some(upto) => Some(Walk {
                upto: upto.parse().ok()?,
                conversation: parts.next()?.parse().ok()?,
                seq: parts.next()?.parse().ok()?,
            }),
        };
        let complete = parts.next().is_none() && (told.is_some() || walk.is_some());
        complete.then_some(Self { told, walk })
    }
}

pub(super) fn page(conn: &Connection, user: UserId, since: Option<&str>, limit: usize) -> Result<SyncPage> {
    let (identity, change): (String, i64) = conn
        .prepare_cached("SELECT identity, change FROM store")?
        .query_row([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let place = match since {
        None => Place { told: None, walk: None },
        Some(token) => Place::read(token, &identity).ok_or(StoreError::BadToken)?,
    };
    let nowhere = ConversationId(ObjectId::from_bytes([0; 12]));
    let mut walk = place.walk.unwrap_or(Walk { upto: change, conversation: nowhere, seq: 0 });
    // A counter ahead of ours: the database was set back to an older copy.
    if walk.upto > change || place.told.is_some_and(|t| t > walk.upto) {
        return Err(StoreError::BadToken);
    }
    let mut room = limit.max(1);
    let mut conversations = Vec::new();
    // One more than fits, to know that there is more, and one for the conversation resumed, which may be told already.
    for conversation in changed(conn, user, walk.conversation, place.told, room + 2)? {
        let resumed = conversation.id == walk.conversation;
        if room == 0 {
            let next = Place { told: place.told, walk: Some(walk) }.write(&identity);
            return Ok(SyncPage { conversations, next, more: true });
        }
        let from = match place.told {
            _ if resumed => walk.seq,
            None => conversation.last_seq.saturating_sub(FIRST_SYNC),
            Some(told) => messages::seq_at(conn, conversation.id, told)?,
        };
        if resumed && conversation.last_seq <= from {
            continue;
        }
        let (id, last) = (conversation.id, conversation.last_seq);
        let summary = summary(conn, user, conversation)?;
        let from = from.max(unseen(&summary.conversation, user));
        let told = messages::after(conn, &summary.conversation, from, room)?;
        walk = Walk { conversation: id, seq: told.last().map_or(from, |m| m.seq), ..walk };
        // A conversation without new messages takes a place too, so that a page stays bounded.
        room -= told.len().max(1);
        conversations.push((summary, told));
        if walk.seq < last {
            let next = Place { told: place.told, walk: Some(walk) }.write(&identity);
            return Ok(SyncPage { conversations, next, more: true });
        }
    }
    let next = Place { told: Some(walk.upto), walk: None }.write(&identity);
    // A walk that began in an earlier snapshot has told nothing of what came since: another one does.
    Ok(SyncPage { conversations, next, more: change > walk.upto })
}

/// The user's conversations from `first` on, by id, that changed after `told`.
fn changed(
    conn: &Connection,
    user: UserId,
    first: ConversationId,
    told: Option<i64>,
    most: usize,
) -> Result<Vec<Conversation>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members m JOIN conversations c ON c.id = m.conversation
         WHERE m.user = ?1 AND m.conversation >= ?2 AND c.changed > ?3 ORDER BY m.conversation LIMIT ?4"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let values = params![raw(user.0), raw(first.0), told.unwrap_or(-1), rows(most)];
    Ok(query.query_map(values, bare)?.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_journey_and_nothing_else_is_one() {
        let conversation = ConversationId(ObjectId::from_bytes([7; 12]));
        let walk = Some(Walk { upto: 9, conversation, seq: 3 });
        for place in
            [Place { told: Some(4), walk: None }, Place { told: Some(4), walk }, Place { told: None, walk }]
        {
            assert_eq!(Place::read(&place.write("ab"), "ab"), Some(place));
        }
        for bad in [
            "",
            "s1",
            "s1.ab",
            "s1.ab.",
            "s1.ab.-",
            "s1.cd.4",
            "s1.ab.4.9",
            "s1.ab.4.9.x.3",
            "s2.ab.4",
            "s1.ab.4.9.070707070707070707070707.3.1",
        ] {
            assert_eq!(Place::read(bad, "ab"), None, "{bad}");
        }
    }
}
