//! STUN on the wire (RFC 8489): reads messages and writes them, and knows the binding requests of ICE. Owns no
//! state; does not know what an answer leads to.

use std::net::{IpAddr, SocketAddr};

use rtc::crypto::Mac;
use rtc::stun::fingerprint::fingerprint_value;

const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const COOKIE_PORT: u16 = 0x2112;
/// Bytes before the attributes.
pub(crate) const HEADER: usize = 20;

pub(crate) const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
pub(crate) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;

const INTEGRITY_LENGTH: usize = 20;
/// An attribute header and an HMAC-SHA1.
const INTEGRITY_ATTRIBUTE: usize = 4 + INTEGRITY_LENGTH;

/// A STUN message, well formed as far as its header and the lengths of its attributes go.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    /// Where the MESSAGE-INTEGRITY attribute starts; what stands behind it is not authenticated and not read.
    integrity_at: Option<usize>,
}

impl<'a> Message<'a> {
    /// Reads a message; `None` for anything malformed.
    pub fn parse(bytes: &'a [u8]) -> Option<Message<'a>> {
        let length = usize::from(u16_at(bytes, 2)?);
        let whole = bytes.len() == HEADER + length && length.is_multiple_of(4);
        if bytes.first()? & 0xC0 != 0 || bytes.get(4..8)? != COOKIE || !whole {
            return None;
        }
        let mut at = HEADER;
        while at < bytes.len() {
            let length = usize::from(u16_at(bytes, at + 2)?);
            bytes.get(at + 4..at + 4 + length)?;
            if u16_at(bytes, at)? == MESSAGE_INTEGRITY && length == INTEGRITY_LENGTH {
                verify_fingerprint(bytes, at + INTEGRITY_ATTRIBUTE)?;
                return Some(Message { bytes, integrity_at: Some(at) });
            }
            at += 4 + length.next_multiple_of(4);
        }
        Some(Message { bytes, integrity_at: None })
    }

    /// Method and class.
    pub fn kind(&self) -> u16 {
        u16::from_be_bytes([self.bytes[0], self.bytes[1]])
    }

    pub fn transaction(&self) -> &'a [u8] {
        &self.bytes[8..HEADER]
    }

    /// Whether there is a MESSAGE-INTEGRITY; [`Message::verify`] says whether it is right.
    pub fn has_integrity(&self) -> bool {
        self.integrity_at.is_some()
    }

    /// The attributes that an integrity covers, or all of a message without one.
    pub fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let (bytes, end) = (self.bytes, self.integrity_at.unwrap_or(self.bytes.len()));
        let mut at = HEADER;
        std::iter::from_fn(move || {
            let kind = u16_at(bytes, at).filter(|_| at < end)?;
            let length = usize::from(u16_at(bytes, at + 2)?);
            let value = bytes.get(at + 4..at + 4 + length)?;
            at += 4 + length.next_multiple_of(4);
            Some((kind, value))
        })
    }

    /// The first attribute of a kind.
    pub fn attribute(&self, kind: u16) -> Option<&'a [u8]> {
        self.attributes().find(|(found, _)| *found == kind).map(|(_, value)| value)
    }

    /// Whether MESSAGE-INTEGRITY was made with the key of `mac` (RFC 8489 14.5).
    pub fn verify(&self, mac: &mut dyn Mac) -> bool {
        let Some(at) = self.integrity_at else { return false };
        let covered = (at + INTEGRITY_ATTRIBUTE - HEADER) as u16;
        let expected = &self.bytes[at + 4..at + INTEGRITY_ATTRIBUTE];
        let text = [&self.bytes[..2], &covered.to_be_bytes(), &self.bytes[4..at]];
        mac.verify(&text, expected).is_ok()
    }
}

/// A binding request of an ICE agent, well formed but not yet authenticated.
#[derive(Debug)]
pub struct BindingRequest<'a> {
    message: Message<'a>,
    /// The ufrag of the one who is asked: the part of USERNAME before the colon (RFC 8445 7.2.2).
    pub local_ufrag: &'a str,
    /// The controlling agent chooses the path on which this came.
    pub use_candidate: bool,
}

impl<'a> BindingRequest<'a> {
    /// Reads a binding request; `None` for anything else or anything malformed.
    pub fn parse(bytes: &'a [u8]) -> Option<BindingRequest<'a>> {
        let message = Message::parse(bytes).filter(|message| message.kind() == BINDING_REQUEST)?;
        if !message.has_integrity() {
            return None;
        }
        let username = std::str::from_utf8(message.attribute(USERNAME)?).ok()?;
        let (local_ufrag, _) = username.split_once(':')?;
        let use_candidate = message.attribute(USE_CANDIDATE).is_some();
        Some(BindingRequest { message, local_ufrag, use_candidate })
    }

    /// Whether MESSAGE-INTEGRITY was made with the key of `mac`.
    pub fn verify(&self, mac: &mut dyn Mac) -> bool {
        self.message.verify(mac)
    }

    /// Writes the success response for one who is seen at `from` into `out` (cleared first). False when the
    /// cryptography library fails.
    pub fn answer(&self, from: SocketAddr, mac: &mut dyn Mac, out: &mut Vec<u8>) -> bool {
        begin(BINDING_SUCCESS, self.message.transaction(), out);
        put_xor_address(XOR_MAPPED_ADDRESS, from, out);
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

/// Starts a message in `out` (cleared first).
pub(crate) fn begin(kind: u16, transaction: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&COOKIE);
    out.extend_from_slice(transaction);
}

/// Appends an attribute to a message that was begun.
pub(crate) fn put_attribute(kind: u16, value: &[u8], out: &mut Vec<u8>) {
    put_attribute_header(out, kind, value.len());
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// Appends an address, masked with the cookie and the transaction of the message that was begun (RFC 8489 14.2).
pub(crate) fn put_xor_address(kind: u16, address: SocketAddr, out: &mut Vec<u8>) {
    let (mut value, mut mask) = ([0; 20], [0; 16]);
    mask.copy_from_slice(&out[4..HEADER]);
    let port = (address.port() ^ COOKIE_PORT).to_be_bytes();
    value[2..4].copy_from_slice(&port);
    let length = match address.ip().to_canonical() {
        IpAddr::V4(ip) => masked(&ip.octets(), &mask, &mut value[4..]),
        IpAddr::V6(ip) => masked(&ip.octets(), &mask, &mut value[4..]),
    };
    value[1] = if length == 4 { 1 } else { 2 };
    put_attribute(kind, &value[..4 + length], out);
}

fn masked(octets: &[u8], mask: &[u8], into: &mut [u8]) -> usize {
    octets.iter().zip(mask).zip(into).map(|((octet, mask), place)| *place = octet ^ mask).count()
}

/// Reads what [`put_xor_address`] writes; `transaction` is that of the message.
pub(crate) fn xor_address(value: &[u8], transaction: &[u8]) -> Option<SocketAddr> {
    let port = u16_at(value, 2)? ^ COOKIE_PORT;
    let masks = COOKIE.iter().chain(transaction);
    let octets: Vec<u8> = value.get(4..)?.iter().zip(masks).map(|(octet, mask)| octet ^ mask).collect();
    let ip = match (value[1], octets.len()) {
        (1, 4) => IpAddr::from(<[u8; 4]>::try_from(octets).ok()?),
        (2, 16) => IpAddr::from(<[u8; 16]>::try_from(octets).ok()?),
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
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

/// Sets the length of a message to what it holds, for one that closes without an integrity.
pub(crate) fn finish(message: &mut [u8]) {
    let whole = message.len();
    write_length(message, whole);
}

fn write_length(message: &mut [u8], whole: usize) {
    message[2..4].copy_from_slice(&((whole - HEADER) as u16).to_be_bytes());
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
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
