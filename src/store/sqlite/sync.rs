//! What changed for a user since a token, in SQLite.
//!
//! Every change takes the next value of one counter per database, inside the writing transaction. SQLite lets one
//! transaction write at a time, also across processes, so stamps rise in the order of commits: a snapshot in which
//! the counter stands at U holds every change up to U. A finished token is such a U, "told up to here".
//!
//! A sync may take several pages. The first fixes U; the pages walk the user's conversations in the order of their
//! ids (which no change moves) and tell, of each that changed after the last finished token, which of the messages that
//! were there were changed, in the order of the changes, and then all messages after it.
//! What changes meanwhile has a stamp above U and is told by the next walk at the latest: nothing is missed.
//! What one went out of between the last finished token and U is told before all that, in the order of the stamps.

use bson::oid::ObjectId;
use rusqlite::{Connection, params};

use super::conversations::{COLUMNS, bare, summary};
use super::rows::{limit as rows, oid, raw};
use super::{changes, messages};
use crate::ids::{ConversationId, UserId};
use crate::model::Conversation;
use crate::store::derive::{FIRST_SYNC, unseen};
use crate::store::{Result, StoreError, SyncPage, Synced};

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
    /// Conversations below this one are told, and of this one the changes up to the stamp `change` and the messages up
    /// to `seq`. At the lowest id of all, `change` says up to which stamp was told what was left.
    conversation: ConversationId,
    change: i64,
    seq: u64,
}

impl Place {
    fn write(self, identity: &str) -> String {
        let told = self.told.map_or("-".into(), |t| t.to_string());
        match self.walk {
            None => format!("s1.{identity}.{told}"),
            Some(w) => format!("s1.{identity}.{told}.{}.{}.{}.{}", w.upto, w.conversation, w.change, w.seq),
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
                change: parts.next()?.parse().ok()?,
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
    let mut walk = place.walk.unwrap_or(Walk { upto: change, conversation: nowhere, change: 0, seq: 0 });
    // A counter ahead of ours: the database was set back to an older copy.
    if walk.upto > change || place.told.is_some_and(|t| t > walk.upto) {
        return Err(StoreError::BadToken);
    }
    let unfinished = |walk, left, conversations| {
        let next = Place { told: place.told, walk: Some(walk) }.write(&identity);
        Ok(SyncPage { left, conversations, next, more: true })
    };
    let mut room = limit.max(1);
    let mut left = Vec::new();
    // Ahead of all conversations: of one that was left and joined again, the client forgets what was before.
    if let Some(told) = place.told.filter(|_| walk.conversation == nowhere) {
        for (id, stamp) in departed(conn, user, (told.max(walk.change), walk.upto), room)? {
            walk.change = stamp;
            room -= 1;
            left.push(id);
        }
        if room == 0 {
            return unfinished(walk, left, Vec::new());
        }
    }
    let mut conversations = Vec::new();
    // One more than fits, to know that there is more, and one for the conversation resumed, which may be told already.
    for conversation in changed(conn, user, walk.conversation, place.told, room + 2)? {
        if room == 0 {
            return unfinished(walk, left, conversations);
        }
        let resumed = conversation.id == walk.conversation;
        let (synced, reached) = news(conn, user, conversation, place.told, resumed.then_some(walk), room)?;
        walk = Walk { upto: walk.upto, ..reached };
        let told = synced.changed.len() + synced.messages.len();
        if resumed && told == 0 {
            continue;
        }
        let full = synced.changed.len() >= room || walk.seq < synced.summary.conversation.last_seq;
        // A conversation without new messages takes a place too, so that a page stays bounded.
        room -= told.max(1);
        conversations.push(synced);
        if full {
            return unfinished(walk, left, conversations);
        }
    }
    let next = Place { told: Some(walk.upto), walk: None }.write(&identity);
    // A walk that began in an earlier snapshot has told nothing of what came since: another one does.
    Ok(SyncPage { left, conversations, next, more: change > walk.upto })
}

/// What is new in a conversation since the stamp `told`, or since a walk that was cut in it; how far that leads.
fn news(
    conn: &Connection,
    user: UserId,
    conversation: Conversation,
    told: Option<i64>,
    cut: Option<Walk>,
    room: usize,
) -> Result<(Synced, Walk)> {
    let (id, last) = (conversation.id, conversation.last_seq);
    let (change, seq) = match (cut, told) {
        (Some(walk), _) => (walk.change, walk.seq),
        (None, None) => (0, last.saturating_sub(FIRST_SYNC)),
        (None, Some(told)) => (told, messages::seq_at(conn, id, told)?),
    };
    let summary = summary(conn, user, conversation)?;
    let unseen = unseen(&summary.conversation, user);
    let changed = match told {
        Some(told) => changes::since(conn, &summary.conversation, (change, told), unseen, room)?,
        // What it is told of for the first time it is told of as it is.
        None => Vec::new(),
    };
    let from = seq.max(unseen);
    let messages = messages::after(conn, &summary.conversation, from, room - changed.len())?;
    let reached = Walk {
        upto: 0,
        conversation: id,
        change: changed.last().map_or(change, |(_, stamp)| *stamp),
        seq: messages.last().map_or(from, |m| m.seq),
    };
    let changed = changed.into_iter().map(|(message, _)| message).collect();
    Ok((Synced { summary, messages, changed }, reached))
}

/// What `user` went out of between two stamps (above the first, up to the second), in that order.
fn departed(
    conn: &Connection,
    user: UserId,
    (from, upto): (i64, i64),
    most: usize,
) -> Result<Vec<(ConversationId, i64)>> {
    let sql =
        "SELECT conversation, changed FROM departures WHERE user = ?1 AND changed > ?2 AND changed <= ?3
               ORDER BY changed LIMIT ?4";
    let mut query = conn.prepare_cached(sql)?;
    let values = params![raw(user.0), from, upto, rows(most)];
    let found = query.query_map(values, |r| Ok((ConversationId(oid(r, 0)?), r.get(1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
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
        let walk = Some(Walk { upto: 9, conversation, change: 5, seq: 3 });
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
            "s1.ab.4.9.070707070707070707070707.3",
            "s1.ab.4.9.070707070707070707070707.5.3.1",
        ] {
            assert_eq!(Place::read(bad, "ab"), None, "{bad}");
        }
    }
}
