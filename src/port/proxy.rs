//! PURE: the PROXY protocol, versions 1 and 2, as HAProxy defines it: a header in front of a connection by which a proxy
//! tells whose connection it really is. Knows no socket; who may say such a thing is decided elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// A header is never longer than this: version 1 by definition, version 2 by what we are willing to read.
pub const LONGEST: usize = 16 + 2048;

const V1: &[u8] = b"PROXY ";
/// The longest line of version 1, with its end.
const V1_LONGEST: usize = 107;
const V2: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
const V2_HEADER: usize = 16;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The client's address; `None` where the proxy speaks for itself (a health check) or does not say.
    pub client: Option<SocketAddr>,
    /// Bytes of the header, behind which the connection begins.
    pub length: usize,
}

/// What is known after the bytes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Header(Header),
    /// The bytes so far are the beginning of a header.
    More,
    /// The connection begins without one.
    None,
    /// It begins as a header does, and is none.
    Broken,
}

/// Reads a header at the start of a connection. More bytes never change any verdict but `More`.
pub fn read(first: &[u8]) -> Verdict {
    let begins = |with: &[u8]| first.starts_with(with) || with.starts_with(first);
    if first.is_empty() {
        Verdict::More
    } else if begins(&V2) {
        version_2(first)
    } else if begins(V1) {
        version_1(first)
    } else {
        Verdict::None
    }
}

fn version_1(first: &[u8]) -> Verdict {
    let Some(end) = first.iter().take(V1_LONGEST).position(|byte| *byte == b'\n') else {
        return if first.len() < V1_LONGEST { Verdict::More } else { Verdict::Broken };
    };
    let line = first[V1.len().min(end)..end].strip_suffix(b"\r").and_then(|line| str::from_utf8(line).ok());
    let Some(line) = line else { return Verdict::Broken };
    let words: Vec<&str> = line.split(' ').collect();
    let client = match words[..] {
        ["UNKNOWN", ..] => None,
        ["TCP4", from, to, from_port, to_port] => {
            let Some(client) = pair::<Ipv4Addr>([from, to], [from_port, to_port]) else {
                return Verdict::Broken;
            };
            Some(client)
        }
        ["TCP6", from, to, from_port, to_port] => {
            let Some(client) = pair::<Ipv6Addr>([from, to], [from_port, to_port]) else {
                return Verdict::Broken;
            };
            Some(client)
        }
        _ => return Verdict::Broken,
    };
    Verdict::Header(Header { client, length: end + 1 })
}

/// The client's address, if all four words are what they should be.
fn pair<A: FromStr + Into<IpAddr>>(addresses: [&str; 2], ports: [&str; 2]) -> Option<SocketAddr> {
    let [from, _] = addresses.map(|word| word.parse::<A>().ok());
    let [port, _] = ports.map(|word| word.parse::<u16>().ok());
    let whole = addresses.iter().all(|word| word.parse::<A>().is_ok());
    let whole = whole && ports.iter().all(|word| word.parse::<u16>().is_ok());
    whole.then_some(SocketAddr::new(from?.into().to_canonical(), port?))
}

fn version_2(first: &[u8]) -> Verdict {
    let Some(header) = first.first_chunk::<V2_HEADER>() else { return Verdict::More };
    let [version_command, family] = [header[12], header[13]];
    let body = usize::from(u16::from_be_bytes([header[14], header[15]]));
    if version_command >> 4 != 2 || V2_HEADER + body > LONGEST {
        return Verdict::Broken;
    }
    let Some(body) = first.get(V2_HEADER..V2_HEADER + body) else { return Verdict::More };
    let client = match (version_command & 0x0F, family) {
        // LOCAL: the proxy itself.
        (0, _) => None,
        // PROXY, over IPv4, IPv6, anything else; the addresses come first, and what stands behind them is not for us.
        (1, 0x11 | 0x12) => match body.first_chunk::<12>() {
            Some(&[a, b, c, d, _, _, _, _, high, low, _, _]) => {
                Some(SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), u16::from_be_bytes([high, low])))
            }
            None => return Verdict::Broken,
        },
        (1, 0x21 | 0x22) => match (body.first_chunk::<16>(), body.get(32..34), body.len() >= 36) {
            (Some(ip), Some(&[high, low]), true) => {
                let ip = IpAddr::from(*ip).to_canonical();
                Some(SocketAddr::new(ip, u16::from_be_bytes([high, low])))
            }
            _ => return Verdict::Broken,
        },
        (1, _) => None,
        _ => return Verdict::Broken,
    };
    Verdict::Header(Header { client, length: V2_HEADER + body.len() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::port::first_bytes::{nearly, verdict_stands};

    fn header(client: Option<&str>, length: usize) -> Verdict {
        Verdict::Header(Header { client: client.map(|text| text.parse().unwrap()), length })
    }

    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&V2[..], &[0x20 | command, family], &length, body].concat()
    }

    #[test]
    fn both_versions_are_read() {
        let line = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\nGET / ";
        assert_eq!(read(line), header(Some("192.0.2.7:4711"), line.len() - 6));
        let line = b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n";
        assert_eq!(read(line), header(Some("[2001:db8::7]:4711"), line.len()));
        assert_eq!(read(b"PROXY UNKNOWN\r\n"), header(None, 15));
        assert_eq!(read(b"PROXY UNKNOWN whatever 1 2\r\n"), header(None, 28));
        let v4 = v2(1, 0x11, &[192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x67, 1, 0xbb, 4, 0, 1, 9]);
        assert_eq!(read(&v4), header(Some("192.0.2.7:4711"), v4.len()));
        let mut body = [0; 36];
        body[10..16].copy_from_slice(&[0xff, 0xff, 192, 0, 2, 7]);
        body[32..34].copy_from_slice(&[0x12, 0x67]);
        assert_eq!(read(&v2(1, 0x21, &body)), header(Some("192.0.2.7:4711"), 52), "IPv4 in its IPv6 form");
        assert_eq!(read(&v2(0, 0, &[])), header(None, 16), "a health check");
        assert_eq!(read(&v2(1, 0x31, &[0; 216])), header(None, 232), "a Unix socket");
    }

    #[test]
    fn what_is_no_header_is_told_from_what_is_broken() {
        for other in [
            &b"GET / HTTP/1.1"[..],
            &[0x16, 3, 1],
            &[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42],
            b"PRI * H",
            b"PUT /",
        ] {
            assert_eq!(read(other), Verdict::None, "{other:?}");
        }
        for part in [&b""[..], b"P", b"PROXY", b"PROXY TCP4 192.0.2.7", b"\r\n\r\n", &V2] {
            assert_eq!(read(part), Verdict::More, "{part:?}");
        }
        let long = [b"PROXY UNKNOWN ", &[b'x'; 100][..]].concat();
        for broken in [
            &b"PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n"[..],
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443 1\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 65536\r\n",
            b"PROXY TCP4 2001:db8::7 198.51.100.1 4711 443\r\n",
            b"PROXY TCP6 192.0.2.7 2001:db8::1 4711 443\r\n",
            b"PROXY UDP4 192.0.2.7 198.51.100.1 4711 443\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\n",
            b"PROXY \r\n",
            b"PROXY \xff\r\n",
            &long,
            &v2(1, 0x11, &[0; 11]),
            &v2(1, 0x21, &[0; 35]),
            &v2(2, 0x11, &[0; 12]),
            &[&V2[..], &[0x11, 0x11, 0, 0]].concat(),
            &[&V2[..], &[0x21, 0x11, 0xff, 0xff]].concat(),
        ] {
            assert_eq!(read(broken), Verdict::Broken, "{broken:?}");
        }
    }

    fn known() -> Vec<Vec<u8>> {
        let v4: [u8; 12] = [192, 0, 2, 7, 198, 51, 100, 1, 1, 2, 3, 4];
        vec![
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\nGET / HTTP/1.1\r\n".to_vec(),
            b"PROXY UNKNOWN\r\n".to_vec(),
            [&v2(1, 0x11, &v4)[..], b"GET /"].concat(),
            v2(1, 0x21, &[7; 40]),
        ]
    }

    proptest! {
        #[test]
        fn a_verdict_once_given_stands_and_never_reaches_beyond_the_bytes(bytes in nearly(known())) {
            verdict_stands(&bytes, Verdict::More, read, |verdict, end| {
                if let Verdict::Header(header) = verdict {
                    prop_assert!(header.length <= end);
                }
                Ok(())
            })?;
        }

        #[test]
        fn any_client_survives_version_1(ip in any::<IpAddr>(), port in any::<u16>()) {
            let kind = if ip.is_ipv4() { "TCP4" } else { "TCP6" };
            let line = format!("PROXY {kind} {ip} {ip} {port} 443\r\n");
            let client = Some(SocketAddr::new(ip.to_canonical(), port));
            prop_assert_eq!(read(line.as_bytes()), Verdict::Header(Header { client, length: line.len() }));
        }
    }
}
