//! One connectivity check of ICE over TCP (RFC 6544, RFC 8445), by hand: who knows the password that an SDP answer tells
//! is answered with his own address. Knows no server.

use std::net::{Ipv4Addr, SocketAddr};

use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const TRANSACTION: [u8; 12] = *b"a transactio";
const HEADER: usize = 20;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut out = [kind.to_be_bytes(), (value.len() as u16).to_be_bytes()].concat();
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

/// A binding request, signed with the password of who is asked.
fn request(ufrag: &str, password: &str) -> Vec<u8> {
    let attributes = [
        attribute(0x0006, format!("{ufrag}:browser").as_bytes()),
        attribute(0x0024, &1u32.to_be_bytes()),
        attribute(0x802A, &[7; 8]),
    ]
    .concat();
    // The length as it is with MESSAGE-INTEGRITY.
    let length = (attributes.len() as u16 + 24).to_be_bytes();
    let message = [&[0, 1], &length[..], &COOKIE, &TRANSACTION, &attributes].concat();
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    [&message[..], &attribute(0x0008, sign(&key, &message).as_ref())].concat()
}

fn named<'a>(sdp: &'a str, name: &str) -> &'a str {
    sdp.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {sdp}"))
}

/// Checks the way of a stream to the relay that answered with `sdp`; gives the address that the relay sees.
pub async fn seen_as(mut stream: impl AsyncRead + AsyncWrite + Unpin, sdp: &str) -> SocketAddr {
    let request = request(named(sdp, "a=ice-ufrag:"), named(sdp, "a=ice-pwd:"));
    let frame = [&(request.len() as u16).to_be_bytes()[..], &request].concat();
    stream.write_all(&frame).await.unwrap();
    let length = stream.read_u16().await.expect("the relay answers the check");
    let mut answer = vec![0; length.into()];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!((&answer[..2], &answer[8..HEADER]), (&[0x01, 0x01][..], &TRANSACTION[..]));
    let mut rest = &answer[HEADER..];
    while let [kind_high, kind_low, high, low, behind @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if u16::from_be_bytes([*kind_high, *kind_low]) == XOR_MAPPED_ADDRESS {
            assert_eq!((length, behind[1]), (8, 1), "an IPv4 address");
            let port = u16::from_be_bytes([behind[2] ^ COOKIE[0], behind[3] ^ COOKIE[1]]);
            let ip: [u8; 4] = std::array::from_fn(|at| behind[4 + at] ^ COOKIE[at]);
            return (Ipv4Addr::from(ip), port).into();
        }
        rest = &behind[length.next_multiple_of(4)..];
    }
    panic!("the answer says no address");
}
