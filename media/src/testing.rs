//! A browser for tests, without a browser: STUN checks, a DTLS server and SRTP made of the same protocol crates
//! as the relay. Pure: the test moves its datagrams and its time.

use rtc::crypto::providers::RingProvider;
use rtc::crypto::{HmacAlgorithm, RTCCryptoProvider};

use crate::stun::{append_fingerprint, append_integrity};

/// A binding request as a controlling agent sends it.
pub fn binding_request(
    username: &str,
    password: &str,
    use_candidate: bool,
    transaction: [u8; 12],
) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42];
    message.extend_from_slice(&transaction);
    let mut attribute = |kind: u16, value: &[u8]| {
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&(value.len() as u16).to_be_bytes());
        message.extend_from_slice(value);
        message.resize(message.len().next_multiple_of(4), 0);
    };
    attribute(0x0006, username.as_bytes());
    attribute(0x0024, &[0x6e, 0, 1, 0xff]);
    attribute(0x802A, &[1; 8]);
    if use_candidate {
        attribute(0x0025, &[]);
    }
    let provider = RingProvider::default();
    let mut mac = provider.crypto().new_hmac(HmacAlgorithm::Sha1, password.as_bytes()).unwrap();
    assert!(append_integrity(&mut message, &mut *mac));
    append_fingerprint(&mut message);
    message
}
