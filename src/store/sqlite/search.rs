//! Search in SQLite: the full-text index, asked in words that cannot be read as anything else.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{limit as rows, number, oid, raw};
use super::{Sqlite, conversations, messages};
use crate::ids::{ConversationId, MessageId};
use crate::model::{Conversation, Message, SearchQuery};
use crate::store::Result;
use crate::store::search::SearchStore;

/// So many conversations are named in the question; who is in more than these looks at everybody's messages for his own.
const PLACES: usize = 200;

#[async_trait]
impl SearchStore for Sqlite {
    async fn search_messages(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Message>> {
        let query = query.clone();
        self.threads.read(move |conn| search(conn, &query, limit)).await
    }
}

fn search(conn: &Connection, query: &SearchQuery, most: usize) -> Result<Vec<Message>> {
    let places = places(conn, query)?;
    let Some(question) = question(&query.words, &places).filter(|_| !places.is_empty()) else {
        return Ok(Vec::new());
    };
    let (upto, inclusive) = match query.upto {
        None => (i64::MAX, true),
        Some((id, inclusive)) => (place_of(conn, id)?, inclusive),
    };
    let sql = "SELECT m.conversation, m.seq FROM messages_index i JOIN messages m ON m.n = i.rowid
               JOIN members own ON own.conversation = m.conversation AND own.user = ?1
               WHERE messages_index MATCH ?2 AND i.rowid <= ?3 AND m.seq >= own.from_seq
                 AND (?4 IS NULL OR m.from_user = ?4) AND (?5 IS NULL OR m.conversation = ?5)
                 AND (?6 IS NULL OR m.created_at < ?6) AND (?7 IS NULL OR m.created_at >= ?7)
                 AND m.system IS NULL
               ORDER BY i.rowid DESC LIMIT ?8";
    let values = params![
        raw(query.user.0),
        question,
        if inclusive { upto } else { upto - 1 },
        query.from.map(|user| raw(user.0)),
        query.conversation.map(|id| raw(id.0)),
        query.before.map(|at| at.0),
        query.after.map(|at| at.0),
        rows(most)
    ];
    let mut found = conn.prepare_cached(sql)?;
    let found = found
        .query_map(values, |r| Ok((ConversationId(oid(r, 0)?), number(r, 1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut known: HashMap<ConversationId, Option<Conversation>> = HashMap::new();
    let mut out = Vec::with_capacity(found.len());
    for (id, seq) in found {
        if let Entry::Vacant(unknown) = known.entry(id) {
            unknown.insert(conversations::get(conn, id)?);
        }
        if let Some(Some(conversation)) = known.get(&id) {
            out.extend(messages::at(conn, conversation, seq)?);
        }
    }
    Ok(out)
}

/// The stamp of a message; of an unknown one a place before all.
fn place_of(conn: &Connection, id: MessageId) -> Result<i64> {
    let found = conn
        .prepare_cached("SELECT n FROM messages WHERE id = ?1")?
        .query_row([raw(id.0)], |r| r.get(0))
        .optional()?;
    Ok(found.unwrap_or(-1))
}

/// The conversations to look in, as words of the index.
fn places(conn: &Connection, query: &SearchQuery) -> Result<Vec<String>> {
    let sql =
        "SELECT conversation FROM members WHERE user = ?1 AND (?2 IS NULL OR conversation = ?2) LIMIT ?3";
    let values = params![raw(query.user.0), query.conversation.map(|id| raw(id.0)), rows(PLACES + 1)];
    let mut found = conn.prepare_cached(sql)?;
    let found = found.query_map(values, |r| oid(r, 0).map(|id| id.to_hex()))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// FTS5's language: every word in quotes, within which nothing but a quote has a meaning. `None` if there is no word.
fn question(words: &[String], places: &[String]) -> Option<String> {
    let quoted = |word: &String| format!("\"{}\"", word.replace('"', "\"\""));
    let words: Vec<String> = words.iter().map(quoted).collect();
    if words.is_empty() {
        return None;
    }
    let content = format!("content : ({} *)", words.join(" AND "));
    if places.len() > PLACES {
        return Some(content);
    }
    let places: Vec<String> = places.iter().map(quoted).collect();
    Some(format!("place : ({}) AND {content}", places.join(" OR ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_quotes() {
        let words = ["a".to_owned(), "\" OR content : \"b".to_owned()];
        let asked = question(&words, &["0f".to_owned()]).unwrap();
        assert_eq!(asked, r#"place : ("0f") AND content : ("a" AND """ OR content : ""b" *)"#);
        assert_eq!(question(&[], &[]), None);
    }
}
