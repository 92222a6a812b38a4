//! The words of TURN on the wire (RFC 8656): its methods, attributes and errors, and the answers to requests. Owns no
//! state; does not know why something is refused.

use std::net::SocketAddr;

use rtc::crypto::Mac;

use crate::stun::{self, Message};

pub const ALLOCATE: u16 = 0x0003;
pub const REFRESH: u16 = 0x0004;
pub const CREATE_PERMISSION: u16 = 0x0008;
pub const CHANNEL_BIND: u16 = 0x0009;
pub const SEND_INDICATION: u16 = 0x0016;
const DATA_INDICATION: u16 = 0x0017;
const SUCCESS: u16 = 0x0100;
const ERROR: u16 = 0x0110;

const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
pub const CHANNEL_NUMBER: u16 = 0x000C;
pub const LIFETIME: u16 = 0x000D;
pub const XOR_PEER_ADDRESS: u16 = 0x0012;
pub const DATA: u16 = 0x0013;
pub const REALM: u16 = 0x0014;
pub const NONCE: u16 = 0x0015;
pub const XOR_RELAYED_ADDRESS: u16 = 0x0016;
pub const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
pub const EVEN_PORT: u16 = 0x0018;
pub const REQUESTED_TRANSPORT: u16 = 0x0019;
/// From here on an attribute may be ignored (RFC 8489 14).
const OPTIONAL: u16 = 0x8000;
/// What we take in requests. RESERVATION-TOKEN and DONT-FRAGMENT are not among them: no packet of ours has a port of its
/// own or is fragmented.
const KNOWN: [u16; 9] = [
    stun::USERNAME,
    CHANNEL_NUMBER,
    LIFETIME,
    XOR_PEER_ADDRESS,
    REALM,
    NONCE,
    REQUESTED_ADDRESS_FAMILY,
    EVEN_PORT,
    REQUESTED_TRANSPORT,
];

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    BadRequest,
    Unauthorized,
    Forbidden,
    UnknownAttribute,
    AllocationMismatch,
    StaleNonce,
    AddressFamilyNotSupported,
    WrongCredentials,
    UnsupportedTransport,
    InsufficientCapacity,
}

impl Refusal {
    fn code(self) -> (u8, u8, &'static str) {
        match self {
            Refusal::BadRequest => (4, 0, "Bad Request"),
            Refusal::Unauthorized => (4, 1, "Unauthorized"),
            Refusal::Forbidden => (4, 3, "Forbidden"),
            Refusal::UnknownAttribute => (4, 20, "Unknown Attribute"),
            Refusal::AllocationMismatch => (4, 37, "Allocation Mismatch"),
            Refusal::StaleNonce => (4, 38, "Stale Nonce"),
            Refusal::AddressFamilyNotSupported => (4, 40, "Address Family not Supported"),
            Refusal::WrongCredentials => (4, 41, "Wrong Credentials"),
            Refusal::UnsupportedTransport => (4, 42, "Unsupported Transport Protocol"),
            Refusal::InsufficientCapacity => (5, 8, "Insufficient Capacity"),
        }
    }

    /// A client that hears one of these must be told how to authenticate.
    fn challenges(self) -> bool {
        matches!(self, Refusal::Unauthorized | Refusal::StaleNonce)
    }
}

/// Attributes that a server must understand and that we do not.
pub fn unknown(request: &Message<'_>) -> impl Iterator<Item = u16> {
    request.attributes().map(|(kind, _)| kind).filter(|kind| *kind < OPTIONAL && !KNOWN.contains(kind))
}

/// Seconds in a LIFETIME attribute.
pub fn lifetime(request: &Message<'_>) -> Option<u32> {
    Some(u32::from_be_bytes(request.attribute(LIFETIME)?.try_into().ok()?))
}

/// The peers that a request or an indication names; `None` where one cannot be read.
pub fn peers<'a>(message: &Message<'a>) -> impl Iterator<Item = Option<SocketAddr>> + use<'a> {
    let transaction = message.transaction();
    let peers = message.attributes().filter(|(kind, _)| *kind == XOR_PEER_ADDRESS);
    peers.map(move |(_, value)| stun::xor_address(value, transaction))
}

/// Writes a refusal. With `mac` it is signed: once a client is known, it believes nothing else.
pub fn refuse(
    request: &Message<'_>,
    why: Refusal,
    (realm, nonce): (&str, &str),
    mac: Option<&mut (dyn Mac + 'static)>,
    out: &mut Vec<u8>,
) {
    let (class, number, reason) = why.code();
    stun::begin(request.kind() | ERROR, request.transaction(), out);
    let value = [&[0, 0, class, number], reason.as_bytes()].concat();
    stun::put_attribute(ERROR_CODE, &value, out);
    if why == Refusal::UnknownAttribute {
        let kinds: Vec<u8> = unknown(request).take(16).flat_map(u16::to_be_bytes).collect();
        stun::put_attribute(UNKNOWN_ATTRIBUTES, &kinds, out);
    }
    if why.challenges() {
        stun::put_attribute(REALM, realm.as_bytes(), out);
        stun::put_attribute(NONCE, nonce.as_bytes(), out);
    }
    close(mac, out);
}

/// Writes a success with what `fill` puts into it.
pub fn accept(request: &Message<'_>, mac: &mut dyn Mac, out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    stun::begin(request.kind() | SUCCESS, request.transaction(), out);
    fill(out);
    if !stun::append_integrity(out, mac) {
        out.clear();
    }
}

/// Writes a Data indication from `peer`. `count` makes its transaction; nobody answers an indication.
pub fn data_indication(count: u64, peer: SocketAddr, data: &[u8], out: &mut Vec<u8>) {
    let mut transaction = [0; 12];
    transaction[4..].copy_from_slice(&count.to_be_bytes());
    stun::begin(DATA_INDICATION, &transaction, out);
    stun::put_xor_address(XOR_PEER_ADDRESS, peer, out);
    stun::put_attribute(DATA, data, out);
    stun::finish(out);
}

fn close(mac: Option<&mut (dyn Mac + 'static)>, out: &mut Vec<u8>) {
    match mac {
        Some(mac) => {
            if !stun::append_integrity(out, mac) {
                out.clear();
            }
        }
        None => stun::finish(out),
    }
}
