//! The whole relay fed with datagrams that nobody authenticated: no panic, and no answer.
#![no_main]

use std::sync::LazyLock;
use std::time::{Instant, SystemTime};

use charla_media::api::{Config, Offer, ParticipantId, RoomId, TransportId};
use charla_media::relay::{Path, Relay};
use libfuzzer_sys::fuzz_target;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

static START: LazyLock<(Instant, SystemTime)> = LazyLock::new(|| (Instant::now(), SystemTime::now()));

fuzz_target!(|datagrams: Vec<Vec<u8>>| {
    let here = "192.0.2.1:8443".parse().unwrap();
    let config = Config {
        udp: vec![here],
        announce_udp: vec![here],
        announce_tcp: vec![here],
        max_slots: 8,
        max_transports: 4,
        max_handshakes: 4,
        srtp_any: false,
        tcp_only: false,
    };
    let mut relay = Relay::new(config, *START, StdRng::seed_from_u64(1)).unwrap();
    let (room, participant, transport) = (RoomId(1), ParticipantId(1), TransportId(1));
    relay.open_room(room);
    let sdp = include_str!("../../media/src/fixtures/chromium-offer.sdp").to_owned();
    relay.offer(START.0, &Offer { room, participant, transport, sdp }).unwrap();
    let path = Path::Udp { socket: 0, remote: "192.0.2.2:1000".parse().unwrap() };
    for datagram in &datagrams {
        relay.handle_datagram(START.0, path, datagram);
    }
    assert_eq!(relay.outgoing().iter().count(), 0, "an unauthenticated datagram was answered");
});
