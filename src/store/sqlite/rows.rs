//! Between SQLite's values and ours.

use bson::oid::ObjectId;
use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};
use serde::de::DeserializeOwned;

use crate::clock::Timestamp;
use crate::store::derive::from_word;

type Sql<T> = rusqlite::Result<T>;

/// The bytes of an id, as bound to a statement.
pub(super) fn raw(id: ObjectId) -> [u8; 12] {
    id.bytes()
}

pub(super) fn oid(row: &Row<'_>, at: usize) -> Sql<ObjectId> {
    row.get(at).map(ObjectId::from_bytes)
}

pub(super) fn maybe_oid(row: &Row<'_>, at: usize) -> Sql<Option<ObjectId>> {
    row.get::<_, Option<[u8; 12]>>(at).map(|raw| raw.map(ObjectId::from_bytes))
}

pub(super) fn time(row: &Row<'_>, at: usize) -> Sql<Timestamp> {
    row.get(at).map(Timestamp)
}

pub(super) fn maybe_time(row: &Row<'_>, at: usize) -> Sql<Option<Timestamp>> {
    row.get::<_, Option<i64>>(at).map(|at| at.map(Timestamp))
}

pub(super) fn number(row: &Row<'_>, at: usize) -> Sql<u64> {
    row.get::<_, i64>(at).map(|n| u64::try_from(n).unwrap_or(0))
}

/// A count or sequence number as SQLite stores it; what does not fit is beyond every stored one.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn limit(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn enumerated<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Sql<T> {
    let text: String = row.get(at)?;
    from_word(&text).ok_or_else(|| unreadable(at, format!("unknown word {text:?}")))
}

pub(super) fn maybe_word<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Sql<Option<T>> {
    let text: Option<String> = row.get(at)?;
    let known =
        |text: String| from_word(&text).ok_or_else(|| unreadable(at, format!("unknown word {text:?}")));
    text.map(known).transpose()
}

pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Sql<T> {
    let text: String = row.get(at)?;
    serde_json::from_str(&text).map_err(|e| unreadable(at, e.to_string()))
}

pub(super) fn maybe_json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Sql<Option<T>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| serde_json::from_str(&text).map_err(|e| unreadable(at, e.to_string()))).transpose()
}

/// JSON of a list; null if it is empty.
pub(super) fn list<T: serde::Serialize>(items: &[T]) -> Option<String> {
    (!items.is_empty()).then(|| serde_json::to_string(items).unwrap_or_default())
}

fn unreadable(at: usize, why: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(FromSqlError::Other(why.into())))
}
