//! PURE: the sync token of the MongoDB store. What it means stands in `sync.rs`; here is what it holds, how it is
//! written, and what may be left out of it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bson::oid::ObjectId;

use crate::ids::ConversationId;

/// So many of the conversations that changed last are always remembered.
const KEPT: usize = 32;
/// And all that changed within this time (upper half of a cluster time: seconds) before the newest one.
const KEPT_CLOCK: u64 = 600 << 32;

/// What has been told of one conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Messages up to here.
    pub(super) seq: u64,
    /// The sum of its watermarks.
    pub(super) marks: u64,
    /// How many changes of its messages.
    pub(super) changes: u64,
    /// That one went out of it, at this message; 0: nothing of the kind.
    pub(super) left: u64,
    /// Cluster time of its last change that was seen.
    pub(super) clock: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// No sync has been finished yet.
    pub(super) first: bool,
    /// All changes up to this cluster time have been told.
    pub(super) floor: u64,
    /// While a sync is in progress: how far it has walked.
    pub(super) at: Option<u64>,
    pub(super) told: BTreeMap<ConversationId, Told>,
}

impl Token {
    pub(super) fn start() -> Self {
        Self { first: true, floor: 0, at: None, told: BTreeMap::new() }
    }

    /// Ends a sync: forgets what is old enough for the floor to speak for it.
    pub(super) fn finish(&mut self) {
        (self.first, self.at) = (false, None);
        let mut clocks: Vec<u64> = self.told.values().map(|t| t.clock).collect();
        clocks.sort_unstable_by(|a, b| b.cmp(a));
        let (Some(newest), Some(last_kept)) = (clocks.first(), clocks.get(KEPT)) else { return };
        self.floor = self.floor.max(newest.saturating_sub(KEPT_CLOCK).min(*last_kept));
        let floor = self.floor;
        self.told.retain(|_, t| t.clock > floor);
    }

    pub(super) fn write(&self, identity: i64) -> String {
        let mut out = Vec::with_capacity(32 + self.told.len() * 30);
        put(&mut out, u64::from(self.first));
        put(&mut out, self.floor);
        put(&mut out, self.at.unwrap_or(0));
        for (id, told) in &self.told {
            out.extend_from_slice(&id.0.bytes());
            [told.seq, told.marks, told.changes, told.left, told.clock]
                .into_iter()
                .for_each(|n| put(&mut out, n));
        }
        format!("m3.{identity}.{}", URL_SAFE_NO_PAD.encode(out))
    }

    pub(super) fn read(text: &str, identity: i64) -> Option<Self> {
        let (name, body) = text.strip_prefix("m3.")?.split_once('.')?;
        if name.parse() != Ok(identity) {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
        let mut rest = bytes.as_slice();
        let first = match take(&mut rest)? {
            flag @ 0..=1 => flag == 1,
            _ => return None,
        };
        let (floor, at) = (take(&mut rest)?, take(&mut rest)?);
        let mut told = BTreeMap::new();
        while !rest.is_empty() {
            let id = ConversationId(ObjectId::from_bytes(*rest.split_off(..12)?.first_chunk()?));
            let (seq, marks) = (take(&mut rest)?, take(&mut rest)?);
            let (changes, left) = (take(&mut rest)?, take(&mut rest)?);
            let entry = Told { seq, marks, changes, left, clock: take(&mut rest)? };
            told.insert(id, entry);
        }
        Some(Self { first, floor, at: (at > 0).then_some(at), told })
    }
}

/// LEB128.
fn put(out: &mut Vec<u8>, mut n: u64) {
    while n > 0x7f {
        out.push(0x80 | u8::try_from(n & 0x7f).unwrap_or(0));
        n >>= 7;
    }
    out.push(u8::try_from(n).unwrap_or(0));
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut n = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *rest.split_off_first()?;
        n |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn conversation(n: u32) -> ConversationId {
        let mut raw = [0; 12];
        raw[..4].copy_from_slice(&n.to_be_bytes());
        ConversationId(ObjectId::from_bytes(raw))
    }

    proptest! {
        #[test]
        fn a_token_survives_the_journey(
            first: bool,
            floor: u64,
            at in proptest::option::of(1..u64::MAX),
            told in proptest::collection::btree_map(any::<u32>(), any::<(u64, u64, u64, u64, u64)>(), 0..20),
        ) {
            let told = told.into_iter()
                .map(|(n, (seq, marks, changes, left, clock))| {
                    (conversation(n), Told { seq, marks, changes, left, clock })
                })
                .collect();
            let token = Token { first, floor, at, told };
            prop_assert_eq!(Token::read(&token.write(7), 7), Some(token.clone()));
            prop_assert_eq!(Token::read(&token.write(7), 8), None);
        }

        #[test]
        fn nothing_else_panics(text in ".{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            drop(Token::read(&text, 7));
            drop(Token::read(&format!("m3.7.{}", URL_SAFE_NO_PAD.encode(bytes)), 7));
        }
    }

    #[test]
    fn finishing_keeps_what_changed_last_or_lately() {
        let entry = |clock| Told { seq: 1, clock, ..Told::default() };
        let old = 1_000_000 << 32;
        let mut token = Token::start();
        token.told = (0..40).map(|n| (conversation(n), entry(old + u64::from(n)))).collect();
        token.finish();
        // All within ten minutes of the newest: all kept.
        assert_eq!((token.told.len(), token.floor, token.first), (40, old + 39 - KEPT_CLOCK, false));
        // One comes an hour later: the 31 before it are still kept, the floor speaks for the rest.
        token.told.insert(conversation(99), entry(old + (3600 << 32)));
        token.finish();
        assert_eq!((token.told.len(), token.floor), (KEPT, old + 8));
        assert!(token.told.values().all(|t| t.clock > token.floor));
    }
}
