//! First bytes: more of them never change a verdict, and enough of them always give one.
#![no_main]

use charla::port::classify::{ENOUGH, Verdict, classify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|first: &[u8]| {
    let mut settled = None;
    for end in 0..=first.len() {
        let verdict = classify(&first[..end]);
        match settled {
            Some(before) => assert_eq!(verdict, before),
            None if verdict != Verdict::More => settled = Some(verdict),
            None => assert!(end < ENOUGH, "undecided after {end} bytes"),
        }
    }
});
