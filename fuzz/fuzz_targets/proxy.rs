//! PROXY headers: more bytes never change a verdict, a header never reaches beyond the bytes, and the longest that is
//! read settles everything.
#![no_main]

use charla::port::proxy::{LONGEST, Verdict, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|first: &[u8]| {
    let mut settled = None;
    for end in 0..=first.len() {
        let verdict = read(&first[..end]);
        match (settled, verdict) {
            (Some(before), _) => assert_eq!(verdict, before),
            (None, Verdict::More) => assert!(end < LONGEST, "undecided after {end} bytes"),
            (None, _) => settled = Some(verdict),
        }
        if let Verdict::Header(header) = verdict {
            assert!(header.length <= end && header.length <= LONGEST);
        }
    }
});
