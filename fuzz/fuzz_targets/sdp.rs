//! Offers: refused or answered, never a panic; what is answered is answered the same way again.
#![no_main]

use std::sync::LazyLock;
use std::time::{Instant, SystemTime};

use charla_media::api::{Config, Offer, ParticipantId, RoomId, TransportId};
use charla_media::relay::Relay;
use libfuzzer_sys::fuzz_target;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

static START: LazyLock<(Instant, SystemTime)> = LazyLock::new(|| (Instant::now(), SystemTime::now()));

fuzz_target!(|sdp: String| {
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
    let offer = Offer { room, participant, transport, sdp };
    if relay.offer(START.0, &offer).is_ok() {
        assert!(relay.offer(START.0, &offer).is_ok());
    }
});
