//! STUN on the wire (RFC 8489), as far as an ICE-lite responder needs it: reads binding requests, writes
//! binding successes. Owns no state; does not know what an answer leads to.

use std::net::{IpAddr, SocketAddr};

use rtc::crypto::Mac;
use rtc::stun::fingerprint::fingerprint_value;

const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const HEADER: usize = 20;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;

const INTEGRITY_LENGTH: usize = 20;
/// An attribute header and an HMAC-SHA1.
const INTEGRITY_ATTRIBUTE: usize = 4 + INTEGRITY_LENGTH;

/// A binding request of an ICE agent, well formed but not yet authenticated.
#[derive(Debug)]
pub struct BindingRequest<'a> {
    message: &'a [u8],
    /// Where the MESSAGE-INTEGRITY attribute starts; what stands behind it is not authenticated and not read.
    integrity_at: usize,
    /// The ufrag of the one who is asked: the part of USERNAME before the colon (RFC 8445 7.2.2).
    pub local_ufrag: &'a str,
    /// The controlling agent chooses the path on which this came.
    pub use_candidate: bool,
}

impl<'a> BindingRequest<'a> {
    /// Reads a binding request; `None` for anything else or anything malformed.
    pub fn parse(message: &'a [u8]) -> Option<BindingRequest<'a>> {
        let length = usize::from(u16_at(message, 2)?);
        let whole = message.len() == HEADER + length && length.is_multiple_of(4);
        if u16_at(message, 0)? != BINDING_REQUEST || message.get(4..8)? != COOKIE || !whole {
            return None;
        }
        let mut username = None;
        let mut use_candidate = false;
        let mut at = HEADER;
        while at < message.len() {
            let kind = u16_at(message, at)?;
            let length = usize::from(u16_at(message, at + 2)?);
            let value = message.get(at + 4..at + 4 + length)?;
            match kind {
                MESSAGE_INTEGRITY if length == INTEGRITY_LENGTH => {
                    let (local_ufrag, _) = username?;
                    verify_fingerprint(message, at + INTEGRITY_ATTRIBUTE)?;
                    return Some(BindingRequest { message, integrity_at: at, local_ufrag, use_candidate });
                }
                USERNAME => username = Some(std::str::from_utf8(value).ok()?.split_once(':')?),
                USE_CANDIDATE => use_candidate = true,
                _ => {}
            }
            at += 4 + length.next_multiple_of(4);
        }
        None
    }

    /// Whether MESSAGE-INTEGRITY was made with the key of `mac` (RFC 8489 14.5).
    pub fn verify(&self, mac: &mut dyn Mac) -> bool {
        let covered = (self.integrity_at + INTEGRITY_ATTRIBUTE - HEADER) as u16;
        let expected = &self.message[self.integrity_at + 4..self.integrity_at + INTEGRITY_ATTRIBUTE];
        let text = [&self.message[..2], &covered.to_be_bytes(), &self.message[4..self.integrity_at]];
        mac.verify(&text, expected).is_ok()
    }

    /// Writes the success response for one who is seen at `from` into `out` (cleared first). False when the
    /// cryptography library fails.
    pub fn answer(&self, from: SocketAddr, mac: &mut dyn Mac, out: &mut Vec<u8>) -> bool {
        let transaction = &self.message[8..HEADER];
        out.clear();
        out.extend_from_slice(&BINDING_SUCCESS.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&COOKIE);
        out.extend_from_slice(transaction);
        put_xor_address(from, transaction, out);
        append_integrity(out, mac) && {
            append_fingerprint(out);
            true
        }
    }
}

/// A FINGERPRINT, if there is one behind the integrity, must be right (RFC 8489 14.7).
fn verify_fingerprint(message: &[u8], at: usize) -> Option<()> {
    if at == message.len() || u16_at(message, at)? != FINGERPRINT {
        return Some(());
    }
    let value = message.get(at + 4..at + 8)?;
    let right = at + 8 == message.len() && value == fingerprint_value(&message[..at]).to_be_bytes();
    right.then_some(())
}

fn put_xor_address(address: SocketAddr, transaction: &[u8], out: &mut Vec<u8>) {
    let ip: Vec<u8> = match address.ip().to_canonical() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let family = if ip.len() == 4 { 1 } else { 2 };
    let port = address.port() ^ u16::from_be_bytes([COOKIE[0], COOKIE[1]]);
    put_attribute_header(out, XOR_MAPPED_ADDRESS, 4 + ip.len());
    out.extend_from_slice(&[0, family]);
    out.extend_from_slice(&port.to_be_bytes());
    out.extend(ip.iter().zip(COOKIE.iter().chain(transaction)).map(|(byte, mask)| byte ^ mask));
}

/// Closes a message with a MESSAGE-INTEGRITY. Tests make their requests with it too.
pub(crate) fn append_integrity(message: &mut Vec<u8>, mac: &mut dyn Mac) -> bool {
    let whole = message.len() + INTEGRITY_ATTRIBUTE;
    write_length(message, whole);
    let mut tag = [0; INTEGRITY_LENGTH];
    if mac.sign(&[message], &mut tag).is_err() {
        return false;
    }
    put_attribute_header(message, MESSAGE_INTEGRITY, INTEGRITY_LENGTH);
    message.extend_from_slice(&tag);
    true
}

/// Closes a message with a FINGERPRINT.
pub(crate) fn append_fingerprint(message: &mut Vec<u8>) {
    let whole = message.len() + 8;
    write_length(message, whole);
    let value = fingerprint_value(message);
    put_attribute_header(message, FINGERPRINT, 4);
    message.extend_from_slice(&value.to_be_bytes());
}

fn put_attribute_header(out: &mut Vec<u8>, kind: u16, length: usize) {
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&(length as u16).to_be_bytes());
}

fn write_length(message: &mut [u8], whole: usize) {
    message[2..4].copy_from_slice(&((whole - HEADER) as u16).to_be_bytes());
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc::crypto::providers::RingProvider;
    use rtc::crypto::{HmacAlgorithm, RTCCryptoProvider};
    use rtc::stun::message::{Getter, Message};
    use rtc::stun::xoraddr::XorMappedAddress;

    use super::*;
    use crate::testing::binding_request;

    fn mac(key: &str) -> Box<dyn Mac> {
        RingProvider::default().crypto().new_hmac(HmacAlgorithm::Sha1, key.as_bytes()).unwrap()
    }

    #[test]
    fn a_request_is_read_and_its_answer_is_understood_by_another_library() {
        let request = binding_request("ours:theirs", "secret", true, [7; 12]);
        let parsed = BindingRequest::parse(&request).unwrap();
        assert_eq!((parsed.local_ufrag, parsed.use_candidate), ("ours", true));
        assert!(parsed.verify(&mut *mac("secret")));
        assert!(!parsed.verify(&mut *mac("wrong")));
        for from in ["192.0.2.7:4711", "[2001:db8::7]:4711"] {
            let from: SocketAddr = from.parse().unwrap();
            let mut answer = Vec::new();
            assert!(parsed.answer(from, &mut *mac("secret"), &mut answer));
            let mut message = Message { raw: answer, ..Default::default() };
            message.decode().unwrap();
            let mut mapped = XorMappedAddress::default();
            mapped.get_from(&message).unwrap();
            assert_eq!(SocketAddr::new(mapped.ip, mapped.port), from);
            let provider = RingProvider::default();
            rtc::stun::integrity::MessageIntegrity::check(&mut message, b"secret", provider.crypto())
                .unwrap();
            rtc::stun::fingerprint::FINGERPRINT.check(&message).unwrap();
        }
    }

    #[test]
    fn a_use_candidate_behind_the_integrity_does_not_count() {
        let mut request = binding_request("ours:theirs", "secret", false, [7; 12]);
        request.truncate(request.len() - 8);
        put_attribute_header(&mut request, USE_CANDIDATE, 0);
        let whole = request.len();
        write_length(&mut request, whole);
        let parsed = BindingRequest::parse(&request).unwrap();
        assert!(parsed.verify(&mut *mac("secret")));
        assert!(!parsed.use_candidate);
    }

    #[test]
    fn a_wrong_fingerprint_is_malformed() {
        let mut request = binding_request("ours:theirs", "secret", false, [7; 12]);
        *request.last_mut().unwrap() ^= 1;
        assert!(BindingRequest::parse(&request).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = BindingRequest::parse(&bytes);
        }

        #[test]
        fn a_changed_byte_never_authenticates(at in 0usize..80, flip in 1u8..) {
            let mut request = binding_request("ours:theirs", "secret", true, [7; 12]);
            let covered = request.len() - 8;
            let at = at % covered;
            request[at] ^= flip;
            if let Some(parsed) = BindingRequest::parse(&request) {
                prop_assert!(!parsed.verify(&mut *mac("secret")));
            }
        }
    }
}
