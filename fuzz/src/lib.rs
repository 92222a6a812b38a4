//! What the fuzz targets have in common: a relay that has answered one browser, and inputs of several pieces.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime};

use charla_media::api::{Config, Offer, OfferError, ParticipantId, RoomId, TransportId};
use charla_media::relay::Relay;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// One moment as told by both clocks.
pub static START: LazyLock<(Instant, SystemTime)> = LazyLock::new(|| (Instant::now(), SystemTime::now()));

/// The randomness of every run, so that a finding can be repeated.
pub fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

/// Cuts an input into pieces of which each says its length in two bytes; the last one may be shorter.
pub fn pieces(mut input: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = input.split_first_chunk::<2>()?;
        let (piece, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
        input = rest;
        Some(piece)
    })
}

/// A relay with one room.
pub fn relay() -> Relay {
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
        gather: Config::GATHER,
    };
    let mut relay = Relay::new(config, *START, rng()).unwrap();
    relay.open_room(RoomId(1));
    relay
}

/// Somebody in that room offers.
pub fn offer(relay: &mut Relay, sdp: &str) -> Result<String, OfferError> {
    let offer = Offer {
        room: RoomId(1),
        participant: ParticipantId(1),
        transport: TransportId(1),
        sdp: sdp.to_owned(),
    };
    relay.offer(START.0, &offer).map(|answer| answer.sdp)
}
