//! Tests only: what everybody who reads the first bytes of a connection must hold, however the network cuts them.

use std::fmt::Debug;

use proptest::prelude::*;

/// Beginnings that are known, whole or a little changed, and any other ones.
pub fn nearly(known: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let any_bytes = proptest::collection::vec(any::<u8>(), 0..60);
    let begun = prop_oneof![4 => proptest::sample::select(known), 1 => any_bytes];
    let changes = proptest::collection::vec((0usize..60, any::<u8>()), 0..3);
    (begun, changes).prop_map(|(mut bytes, changes)| {
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes
    })
}

/// Holds that a verdict other than `more` stands, whatever comes behind the bytes that it was given on. Gives each
/// verdict to `check` with the number of bytes, and the last one back.
pub fn verdict_stands<V: Copy + Debug + PartialEq>(
    bytes: &[u8],
    more: V,
    read: impl Fn(&[u8]) -> V,
    check: impl Fn(V, usize) -> Result<(), TestCaseError>,
) -> Result<V, TestCaseError> {
    let mut before = more;
    for end in 0..=bytes.len() {
        let now = read(&bytes[..end]);
        if before != more {
            prop_assert_eq!(now, before);
        }
        check(now, end)?;
        before = now;
    }
    Ok(before)
}
