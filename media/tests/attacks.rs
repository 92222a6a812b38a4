//! Attacks on a running relay through its real socket: what strangers, eavesdroppers and liars can send reaches nobody,
//! gets no answer, and costs the calls beside it nothing. The same against the pure relay, by the thousand and at
//! random, is in its own tests.
#![allow(clippy::disallowed_methods, reason = "a test's clock")]

#[path = "support/line.rs"]
mod line;

use std::net::UdpSocket;
use std::time::Duration;

use charla_media::api::{DownReason, Event, OfferError};
use line::{Host, Line, SPEECH, quietly, until};

/// A payload that is not what people say while they wait.
fn word(text: &[u8]) -> Vec<u8> {
    let mut payload = text.to_vec();
    payload.resize(SPEECH.len(), b'.');
    payload
}

/// What was heard besides speech.
fn words(line: &Line) -> Vec<Vec<u8>> {
    line.heard.iter().filter(|payload| payload[..] != *SPEECH).cloned().collect()
}

fn stranger() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    socket
}

#[test]
fn audio_from_a_foreign_address_changed_or_repeated_is_not_forwarded() {
    let host = Host::start();
    let mut lines = host.call(1);
    let mut others = host.call(2);
    let (eve, relay) = (stranger(), host.address());
    let before = host.stats();
    let once = lines[0].client.seal(&word(b"once")).unwrap();
    let mut changed = once.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    // Caught on the wire: from elsewhere, from the other's address, from another room, and with one bit changed.
    eve.send_to(&once, relay).unwrap();
    lines[1].send(&once);
    others[0].send(&once);
    lines[0].send(&changed);
    host.took(before, 4);
    quietly("the relay is through", &mut lines, |_| true);
    assert!(words(&lines[1]).is_empty() && words(&others[1]).is_empty());
    // From where it belongs; and then again and again.
    let before = host.stats();
    (0..20).for_each(|_| lines[0].send(&once));
    lines[0].say(&word(b"after"));
    host.took(before, 21);
    quietly("what was said after it", &mut lines, |lines| words(&lines[1]).contains(&word(b"after")));
    assert_eq!(words(&lines[1]), [word(b"once"), word(b"after")]);
    others.iter_mut().for_each(Line::turn);
    assert!(others.iter().all(|line| words(line).is_empty()), "nobody in another room hears any of it");
    assert_eq!(host.stats().panics, 0);
    host.media.stop();
}

/// A STUN message of this kind with these attributes, as a stranger would write it.
fn stun(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in attributes {
        body.extend_from_slice(&kind.to_be_bytes());
        body.extend_from_slice(&(value.len() as u16).to_be_bytes());
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut message = kind.to_be_bytes().to_vec();
    message.extend_from_slice(&(body.len() as u16).to_be_bytes());
    message.extend_from_slice(&[0x21, 0x12, 0xA4, 0x42]);
    message.extend_from_slice(&[7; 12]);
    message.extend_from_slice(&body);
    message
}

/// What must not be answered; `ufrag` is one that the relay knows.
fn impertinence(ufrag: &str) -> Vec<Vec<u8>> {
    let (user, nobody) = (format!("{ufrag}:them"), "nobodyxx:them");
    let wrong = [0x55; 20];
    let integrity = (0x0008, &wrong[..]);
    let mut hello = vec![22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1, 0, 0, 48];
    hello.resize(73, 0);
    let many: Vec<(u16, &[u8])> = (0..300).map(|_| (0x8022, &[][..])).collect();
    vec![
        stun(0x0001, &[]),
        stun(0x0001, &[(0x0006, user.as_bytes())]),
        stun(0x0001, &[(0x0006, user.as_bytes()), (0x0025, &[]), integrity]),
        stun(0x0001, &[(0x0006, nobody.as_bytes()), integrity]),
        stun(0x0001, &[(0x0006, &[0xFF; 200]), integrity]),
        stun(0x0001, &many),
        stun(0x0011, &[(0x0006, user.as_bytes()), integrity]),
        stun(0x0101, &[(0x0006, user.as_bytes()), integrity]),
        // TURN is spoken on byte streams alone.
        stun(0x0003, &[(0x0019, &[17, 0, 0, 0])]),
        stun(0x0016, &[(0x0013, b"data")]),
        vec![0, 1, 255, 255, 0x21, 0x12, 0xA4, 0x42],
        hello,
        vec![22; 1400],
        [&[0x80, 111][..], &[1; 100]].concat(),
        [&[0x80, 200][..], &[1; 100]].concat(),
        vec![0x40, 0, 0, 4, 1, 2, 3, 4],
        vec![0],
        vec![255; 2000],
        Vec::new(),
    ]
}

#[test]
fn a_stranger_gets_no_answer_whatever_he_sends() {
    let host = Host::start();
    let mut lines = host.call(1);
    let waiting = host.answered(2, 30);
    let (eve, relay) = (stranger(), host.address());
    let known = [lines[0].value("a=ice-ufrag:"), waiting.value("a=ice-ufrag:")];
    let before = host.stats();
    let mut sent = 0;
    for ufrag in &known {
        for datagram in impertinence(ufrag) {
            eve.send_to(&datagram, relay).unwrap();
            sent += u64::from(!datagram.is_empty());
        }
    }
    host.took(before, sent);
    // The first thing that he hears is the answer to a check with the right password, for which he needs the offer's
    // answer: until then nothing came, neither STUN nor a DTLS hello.
    let mut client = waiting.client;
    client.handle_timeout(std::time::Instant::now());
    let check = client.poll_transmit().unwrap();
    eve.send_to(&check, relay).unwrap();
    let mut buffer = [0; 2048];
    let length = eve.recv(&mut buffer).unwrap();
    assert_eq!((&buffer[..2], &buffer[8..20]), (&[1, 1][..], &check[8..20]), "the check's own answer");
    assert!(length <= check.len(), "and no longer than what was asked: {length}");
    let length = eve.recv(&mut buffer).unwrap();
    assert_eq!((buffer[0], buffer[13]), (22, 1), "only now the relay's hello, {length} bytes");
    let heard = lines[1].heard.len();
    until("the call goes on", &mut lines, |lines| lines[1].heard.len() > heard + 20);
    assert_eq!(host.stats().panics, 0);
    host.media.stop();
}

#[test]
fn who_has_another_certificate_than_he_announced_never_comes_up() {
    let mut host = Host::start();
    let mut lines = host.call(1);
    let mut liar = host.answered(2, 30);
    // The same person offers again, with another fingerprint than that of the certificate he will show.
    let honest = liar.client.offer();
    let at = honest.find("a=fingerprint:sha-256 ").unwrap() + "a=fingerprint:sha-256 ".len();
    let print = &honest[at..at + 95];
    let forged = honest.replace(print, &print.replace(|c: char| c.is_ascii_hexdigit(), "A"));
    assert_ne!(honest, forged);
    assert!(matches!(host.offer(2, 30, forged.clone()), Err(OfferError::BadSdp(_))), "not in mid-way");
    let answer = host.offer(2, 31, forged.replace("a=ssrc:", "a=ssrc:1")).unwrap();
    liar.client.answer(std::time::Instant::now(), &answer.sdp).unwrap();
    lines.push(liar);
    let mut told = Vec::new();
    until("he is refused", &mut lines, |_| {
        told.extend(std::iter::from_fn(|| host.events.try_recv()));
        told.iter().any(|event| {
            matches!(event, Event::Down { transport, reason: DownReason::DtlsFailed, .. } if transport.0 == 31)
        })
    });
    assert!(!told.iter().any(|event| matches!(event, Event::Up { transport, .. } if transport.0 == 31)));
    host.media.stop();
}

#[test]
fn offers_beyond_measure_are_refused_while_calls_go_on() {
    let host = Host::start();
    let mut lines = host.call(1);
    let plain = line::client::Client::new(&host.identity, charla_media::api::TransportId(50), 2).offer();
    let piled = |line: &str, times: usize| {
        plain.replacen("a=rtcp-mux\r\n", &format!("a=rtcp-mux\r\n{}", line.repeat(times)), 1)
    };
    let candidate = "a=candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host generation 0 network-id 1\r\n";
    for sdp in [
        "x".repeat(1 << 20),
        piled("a=x\r\n", 1 << 18),
        piled(candidate, 1000),
        piled("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", 33),
    ] {
        let refused = host.offer(1, 50, sdp);
        assert!(matches!(refused, Err(OfferError::BadSdp(_))), "{refused:?}");
    }
    let heard = lines[1].heard.len();
    until("the call goes on", &mut lines, |lines| lines[1].heard.len() > heard + 20);
    assert_eq!((host.stats().transports, host.stats().panics), (2, 0));
    host.media.stop();
}
