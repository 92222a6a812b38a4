//! The desk with no network: panics, streams of garbage, tunnels that live and end.

use std::time::SystemTime;

use bytes::Bytes;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::tunnels::{SWEEP, is_rtp};
use super::*;
use crate::api::{Config, Offer, OfferError, ParticipantId, RoomId, TransportId, TunnelKind};
use crate::events::{self, EventReceiver};
use crate::framing::Decoder;
use crate::testing::binding_request;
use crate::tunnel::NearEnd;
use crate::turn;
use crate::turn::tests::Client;

#[allow(clippy::disallowed_methods, reason = "a test's clock")]
fn desk() -> (Desk, Instant, EventReceiver) {
    let config = Config::new(Vec::new());
    let now = Instant::now();
    let relay = Relay::new(config, (now, SystemTime::now()), StdRng::seed_from_u64(1)).unwrap();
    let (sender, events) = events::queue();
    let secret = Secret::generate((now, SystemTime::now()), &mut StdRng::seed_from_u64(2));
    let peers = Peers::of(&["192.0.2.1:8443".parse().unwrap()]);
    (Desk::new(relay, (Arc::new(secret), peers), sender), now, events)
}

#[test]
fn a_panic_is_counted_and_the_desk_serves_on() {
    let (mut desk, now, _events) = desk();
    assert_eq!(desk.guarded(now, |_| -> u8 { panic!("as a bug would") }), None);
    assert_eq!(desk.stats.panics, 1);
    desk.command(now, Command::OpenRoom(RoomId(2)));
    assert_eq!(desk.guarded(now, |_| 7), Some(7));
    let (room, participant, transport) = (RoomId(2), ParticipantId(2), TransportId(2));
    let sdp = include_str!("../fixtures/chromium-offer.sdp").to_owned();
    let offer = Offer { room, participant, transport, sdp };
    desk.guarded(now, |relay| relay.offer(now, &offer)).unwrap().unwrap();
    // As the reading of a stranger's datagram might fail: that is no fault of the room served before.
    assert_eq!(desk.guarded(now, |_| -> u8 { panic!("as a bug would outside of any room") }), None);
    assert_eq!(desk.relay.transports(), 1);
}

#[test]
fn a_panic_in_one_room_ends_that_room_alone() {
    let (mut desk, now, mut events) = desk();
    let offer = |id: u64| Offer {
        room: RoomId(id),
        participant: ParticipantId(id),
        transport: TransportId(id),
        sdp: include_str!("../fixtures/chromium-offer.sdp").to_owned(),
    };
    for id in [1, 2] {
        desk.command(now, Command::OpenRoom(RoomId(id)));
        desk.guarded(now, |relay| relay.offer(now, &offer(id))).unwrap().unwrap();
    }
    let failed: Option<()> = desk.guarded(now, |relay| {
        relay.offer(now, &offer(2)).unwrap();
        panic!("as a bug would in the midst of serving room 2");
    });
    assert_eq!(failed, None);
    assert_eq!(desk.relay.transports(), 1, "room 1 goes on");
    desk.guarded(now, |relay| relay.offer(now, &offer(1))).unwrap().unwrap();
    assert_eq!(desk.guarded(now, |relay| relay.offer(now, &offer(2))), Some(Err(OfferError::NoRoom)));
    assert_eq!(events.try_recv(), Some(Event::RoomFailed { room: RoomId(2), at: now }));
}

#[test]
fn a_stream_of_garbage_closes_its_tunnel() {
    let (mut desk, now, _events) = desk();
    let id = TunnelId(1);
    let (kind, remote) = (TunnelKind::IceTcp, "192.0.2.1:5000".parse().unwrap());
    desk.command(now, Command::TunnelOpened { id, kind, remote, near: NearEnd::unheard() });
    desk.tunnel_bytes(now, id, &Bytes::from_static(&[0, 1, 9, 255]));
    assert_eq!(desk.stats.received, 1);
    assert!(desk.tunnels.contains_key(&id));
    desk.tunnel_bytes(now, id, &Bytes::from_static(&[255]));
    assert!(!desk.tunnels.contains_key(&id));
    desk.tunnel_bytes(now, id, &Bytes::from_static(&[0, 1, 9]));
    assert_eq!(desk.stats.received, 1, "what comes after is not read");
}

/// Turns the desk's clock until nothing waits for time, and calls `each` before each turn.
fn turn_clock(desk: &mut Desk, start: Instant, mut each: impl FnMut(&mut Desk, Instant)) {
    let mut now = start;
    while let Some(wait) = desk.patience(now) {
        now += wait;
        each(desk, now);
        desk.serve_timers(now);
    }
}

#[test]
fn a_tunnel_on_which_nobody_authenticates_is_closed_however_much_it_says() {
    let (mut desk, start, _events) = desk();
    let remote = "192.0.2.1:5000".parse().unwrap();
    let kinds = [TunnelKind::IceTcp, TunnelKind::Turn { tls: false }];
    for (id, kind) in kinds.into_iter().enumerate() {
        let (id, near) = (TunnelId(id as u64), NearEnd::unheard());
        desk.command(start, Command::TunnelOpened { id, kind, remote, near });
    }
    let mut last = start;
    turn_clock(&mut desk, start, |desk, now| {
        desk.tunnel_bytes(now, TunnelId(0), &Bytes::from_static(&[0, 0]));
        desk.tunnel_bytes(now, TunnelId(1), &Bytes::from_static(&[0x40, 0, 0, 0]));
        last = now;
    });
    assert!(desk.tunnels.is_empty());
    assert!(last <= start + turn::PATIENCE + SWEEP * 2, "{:?}", last - start);
}

#[test]
fn a_call_through_turn_is_answered_and_its_tunnel_lives_until_it_falls_silent() {
    let (mut desk, start, _events) = desk();
    let (id, kind) = (TunnelId(1), TunnelKind::Turn { tls: true });
    let (room, participant, transport) = (RoomId(1), ParticipantId(1), TransportId(1));
    desk.command(start, Command::OpenRoom(room));
    let sdp = include_str!("../fixtures/chromium-offer.sdp").to_owned();
    let offer = Offer { room, participant, transport, sdp };
    let answer = desk.guarded(start, |relay| relay.offer(start, &offer)).unwrap().unwrap();
    let line =
        |name: &str| answer.sdp.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let (ufrag, pwd) = (line("a=ice-ufrag:"), line("a=ice-pwd:"));
    let (near, written) = NearEnd::heard();
    let remote = "198.51.100.7:5000".parse().unwrap();
    desk.command(start, Command::TunnelOpened { id, kind, remote, near });

    let credential = desk.host.0.mint(start, "x").unwrap();
    let mut client = Client::new(&credential.username, &credential.password);
    let peer = "192.0.2.1:8443".parse().unwrap();
    desk.tunnel_bytes(start, id, &client.allocate().into());
    client.learn(&written());
    desk.tunnel_bytes(start, id, &client.allocate().into());
    let relayed = client.relayed(&written()).unwrap();
    desk.tunnel_bytes(start, id, &client.permit(&[peer]).into());
    assert!(client.is_success(&written()));
    let check = binding_request(&format!("{ufrag}:them"), &pwd, true, [5; 12]);
    desk.tunnel_bytes(start, id, &client.send(peer, &check).into());
    desk.settle(start, &[]);
    let stream = written();
    let mut decoder = Decoder::turn(4096);
    decoder.push(&stream);
    let (from, answer) = client.data(decoder.next_frame().unwrap().unwrap()).unwrap();
    assert_eq!(from, peer, "from where the browser sent to");
    let seen = crate::stun::Message::parse(&answer).unwrap();
    let mapped = seen.attribute(crate::stun::XOR_MAPPED_ADDRESS).unwrap();
    assert_eq!(crate::stun::xor_address(mapped, seen.transaction()), Some(relayed));
    assert!(desk.relay.is_bound(Path::Tunnel(id, kind)));

    let until = start + Duration::from_secs(400);
    turn_clock(&mut desk, start, |desk, now| {
        if now < until {
            assert!(desk.tunnels.contains_key(&id));
            desk.tunnel_bytes(now, id, &client.send(peer, &check).into());
        }
    });
    assert!(desk.tunnels.is_empty() && !desk.relay.is_bound(Path::Tunnel(id, kind)));
}

#[test]
fn audio_is_told_from_what_must_arrive() {
    assert!(is_rtp(&[0x80, 111, 0, 0]));
    assert!(is_rtp(&[0x90, 0xef, 0, 0]), "the marker bit is not a packet type");
    assert!(!is_rtp(&[0x80, 200, 0, 0]), "a sender report");
    assert!(!is_rtp(&[22, 254, 253, 0]), "DTLS");
    assert!(!is_rtp(&[0, 1, 0, 0]), "STUN");
    assert!(!is_rtp(&[]));
}
