//! PURE: what the first bytes of a connection say it is. Knows no socket and no time.

/// What a connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A TLS handshake record.
    Tls,
    /// STUN in RFC 4571 frames: ICE over TCP (RFC 6544).
    IceTcp,
    /// STUN bare in the stream: TURN over TCP (RFC 8656).
    Turn,
    /// An HTTP/1 request line, or the preface of HTTP/2.
    Http,
}

/// What is known after the bytes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Known(Kind),
    /// The bytes so far are the beginning of something known.
    More,
    /// Nothing we speak begins like this.
    Foreign,
}

/// Everything is told apart by this many bytes.
pub const ENOUGH: usize = 24;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const H2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Longer names of methods are nobody's; the longest registered one has 17 letters.
const METHOD_LETTERS: usize = 20;
/// A STUN message is a header of 20 bytes and attributes that fit into a datagram.
const STUN_FRAME: std::ops::RangeInclusive<u16> = 20..=2048;

/// Tells by the first bytes what a connection carries. More bytes never change a `Known` or a `Foreign`.
pub fn classify(first: &[u8]) -> Verdict {
    let candidates = [tls(first), ice_tcp(first), turn(first), http(first)];
    let known = candidates.iter().find(|verdict| matches!(verdict, Verdict::Known(_)));
    match known {
        Some(known) => *known,
        None if candidates.contains(&Verdict::More) => Verdict::More,
        None => Verdict::Foreign,
    }
}

/// Handshake (0x16), then the major version 3.
fn tls(first: &[u8]) -> Verdict {
    prefix(first, &[0x16, 0x03], Kind::Tls)
}

fn ice_tcp(first: &[u8]) -> Verdict {
    if let [high, low, ..] = first
        && !STUN_FRAME.contains(&u16::from_be_bytes([*high, *low]))
    {
        return Verdict::Foreign;
    }
    if first.first().is_some_and(|high| u16::from(*high) > STUN_FRAME.end() >> 8) {
        return Verdict::Foreign;
    }
    stun(first.get(2..).unwrap_or_default(), Kind::IceTcp)
}

fn turn(first: &[u8]) -> Verdict {
    stun(first, Kind::Turn)
}

/// 16 bits of type (of a method below 0x80: all that there are), a length in fours, the cookie (RFC 8489 5).
fn stun(first: &[u8], kind: Kind) -> Verdict {
    let is_type = first.first().is_none_or(|b| *b <= 1);
    let is_length = first.get(3).is_none_or(|b| b & 3 == 0);
    if is_type && is_length {
        prefix(first.get(4..).unwrap_or_default(), &COOKIE, kind)
    } else {
        Verdict::Foreign
    }
}

/// The preface of HTTP/2, or a method and a blank. Of whatever method: that it is not for an address is for HTTP to say
/// (405), and new ones come (QUERY).
fn http(first: &[u8]) -> Verdict {
    let preface = prefix(first, H2_PREFACE, Kind::Http);
    if preface != Verdict::Foreign || first.starts_with(b"PRI ") {
        return preface;
    }
    // A PROXY header from somebody who is no proxy of ours gets no answer.
    if first.starts_with(b"PROXY ") {
        return Verdict::Foreign;
    }
    let letters = first.iter().take_while(|b| b.is_ascii_uppercase() || **b == b'-').count();
    match first.get(letters) {
        _ if letters > METHOD_LETTERS => Verdict::Foreign,
        None => Verdict::More,
        Some(b' ') if letters > 0 => Verdict::Known(Kind::Http),
        Some(_) => Verdict::Foreign,
    }
}

fn prefix(first: &[u8], word: &[u8], kind: Kind) -> Verdict {
    if first.starts_with(word) {
        Verdict::Known(kind)
    } else if word.starts_with(first) {
        Verdict::More
    } else {
        Verdict::Foreign
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::port::first_bytes::{nearly, verdict_stands};

    const BINDING: [u8; 20] = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

    fn framed() -> Vec<u8> {
        [&[0, 20], &BINDING[..]].concat()
    }

    #[test]
    fn each_kind_is_known_by_its_first_bytes() {
        let framed = framed();
        let cases: [(&[u8], Verdict); 38] = [
            (b"", Verdict::More),
            (&[0x16], Verdict::More),
            (&[0x16, 3], Verdict::Known(Kind::Tls)),
            (&[0x16, 3, 1, 2, 0], Verdict::Known(Kind::Tls)),
            (&[0x16, 4], Verdict::Foreign),
            (&[0x15, 3, 1, 0, 2], Verdict::Foreign),
            (&[0x17, 3, 3], Verdict::Foreign),
            (&framed, Verdict::Known(Kind::IceTcp)),
            (&framed[..9], Verdict::More),
            (&framed[..10], Verdict::Known(Kind::IceTcp)),
            (&BINDING, Verdict::Known(Kind::Turn)),
            (&BINDING[..7], Verdict::More),
            (&[0, 1, 0, 3, 0x21, 0x12, 0xa4, 0x42], Verdict::Foreign),
            (&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x43], Verdict::Foreign),
            (&[0, 19, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42], Verdict::Foreign),
            (&[0xff, 20, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42], Verdict::Foreign),
            (b"G", Verdict::More),
            (b"GET ", Verdict::Known(Kind::Http)),
            (b"GET / HTTP/1.1\r\n", Verdict::Known(Kind::Http)),
            (b"get / HTTP/1.1\r\n", Verdict::Foreign),
            (b"GETS", Verdict::More),
            (b"GET\r\n", Verdict::Foreign),
            (b" GET /", Verdict::Foreign),
            (b"QUERY /api/v1/users HTTP/1.1", Verdict::Known(Kind::Http)),
            (b"VERSION-CONTROL /", Verdict::Known(Kind::Http)),
            (b"ABCDEFGHIJKLMNOPQRSTU", Verdict::Foreign),
            (b"PRIVATE /", Verdict::Known(Kind::Http)),
            (b"PROXY", Verdict::More),
            (b"PROXY TCP4 192.0.2.7", Verdict::Foreign),
            (b"POST /x", Verdict::Known(Kind::Http)),
            (b"OPTIONS * HTTP/1.1", Verdict::Known(Kind::Http)),
            (b"CONNECT a:1", Verdict::Known(Kind::Http)),
            (&H2_PREFACE[..], Verdict::Known(Kind::Http)),
            (&H2_PREFACE[..23], Verdict::More),
            (b"PRI * HTTP/1.1\r\n", Verdict::Foreign),
            (b"SSH-2.0-OpenSSH", Verdict::Foreign),
            (b"\r\n", Verdict::Foreign),
            (b"\x05\x02\x02\x00", Verdict::Foreign),
        ];
        for (bytes, verdict) in cases {
            assert_eq!(classify(bytes), verdict, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_known_is_known_by_enough_bytes() {
        let http = b"DELETE /api HTTP/1.1\r\nHost";
        for bytes in [&framed()[..], &BINDING, http, H2_PREFACE, &[0x16, 3]] {
            assert!(matches!(classify(&bytes[..bytes.len().min(ENOUGH)]), Verdict::Known(_)));
        }
    }

    fn known() -> Vec<Vec<u8>> {
        let (request, hello) = (b"OPTIONS * HTTP/1.1\r\n\r\n", [0x16, 3, 1, 2, 0, 1]);
        vec![framed(), BINDING.to_vec(), H2_PREFACE.to_vec(), request.to_vec(), hello.to_vec()]
    }

    proptest! {
        #[test]
        fn a_verdict_once_given_stands(bytes in nearly(known())) {
            let last = verdict_stands(&bytes, Verdict::More, classify, |_, _| Ok(()))?;
            if bytes.len() >= ENOUGH {
                prop_assert_ne!(last, Verdict::More);
            }
        }
    }
}
