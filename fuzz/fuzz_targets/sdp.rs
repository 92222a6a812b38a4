//! Offers: refused or answered, never a panic; what was answered is answered again, as browsers offer again to restart.
#![no_main]

use charla_fuzz::{offer, relay};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|sdp: &str| {
    let mut relay = relay();
    if let Ok(answer) = offer(&mut relay, sdp) {
        assert!(answer.starts_with("v=0\r\n") && answer.ends_with("\r\n"));
        assert!(offer(&mut relay, sdp).is_ok());
    }
});
