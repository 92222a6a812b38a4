//! Between BSON's values and ours.

use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, DateTime, Timestamp as Stamp};

use crate::clock::Timestamp;
use crate::model::TokenHash;

pub(super) fn date(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.0)
}

pub(super) fn time(at: DateTime) -> Timestamp {
    Timestamp(at.timestamp_millis())
}

pub(super) fn binary(hash: &TokenHash) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: hash.to_vec() }
}

/// Zeros, which no hash is, if a foreign hand stored something else.
pub(super) fn hash(binary: &Binary) -> TokenHash {
    binary.bytes.as_slice().try_into().unwrap_or_default()
}

pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn number(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// For a query's `limit`, where 0 would mean "no limit": callers leave before that.
pub(super) fn limit(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A cluster time as one number; rises with time.
pub(super) fn clock(stamp: Stamp) -> u64 {
    u64::from(stamp.time) << 32 | u64::from(stamp.increment)
}

pub(super) fn stamp(clock: u64) -> Stamp {
    let part = |n: u64| u32::try_from(n & 0xffff_ffff).unwrap_or(u32::MAX);
    Stamp { time: part(clock >> 32), increment: part(clock) }
}

/// In an insert: the server puts its cluster time in this place.
pub(super) const NOW: Stamp = Stamp { time: 0, increment: 0 };
