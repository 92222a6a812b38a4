//! Offers beyond all measure: refused or answered within bounds, and nothing is left behind.

use super::*;
use crate::ice::{ABANDONED, CONSENT, JOIN};

/// Chromium's offer with so many copies of `line` after its first m-section's attributes began.
fn padded(line: &str, copies: usize) -> String {
    CHROMIUM.replacen("a=rtcp-mux", &format!("a=rtcp-mux{}", format!("\r\n{line}").repeat(copies)), 1)
}

#[test]
fn what_is_too_long_is_refused_and_leaves_nothing() {
    let mut world = World::new(config());
    let candidate = "a=candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host generation 0 network-id 1";
    let section = "m=audio 9 UDP/TLS/RTP/SAVPF 111";
    let offers = [
        (padded("a=x", 300_000), "it is longer than 64 kB"),
        (padded(candidate, 1000), "it is longer than 64 kB"),
        (padded(section, 1000), "it has more than 32 m-lines"),
        (padded(&format!("a=x:{}", "y".repeat(5000)), 1), "a line is longer than 4096 bytes"),
    ];
    for (sdp, reason) in offers {
        let offer = Offer { room: ROOM, participant: ParticipantId(0), transport: TransportId(0), sdp };
        assert_eq!(world.relay.offer(world.now, &offer), Err(OfferError::BadSdp(reason)));
        assert!(world.is_empty() && world.take_events().is_empty());
    }
}

#[test]
fn what_is_long_and_within_bounds_is_answered_briefly() {
    let mut world = World::new(config());
    let index = world.enter(CHROMIUM, GCM);
    let brief = world.browsers[index].offer();
    let place = |sdp: String, transport| Offer {
        room: ROOM,
        participant: ParticipantId(0),
        transport: TransportId(transport),
        sdp,
    };
    let many = brief.replacen(
        "a=rtcp-mux",
        &format!(
            "a=rtcp-mux{}",
            "\r\na=candidate:1 1 udp 1 192.0.2.7 50000 typ host\r\na=ssrc:77 cname:x".repeat(600)
        ),
        1,
    );
    let answer = world.relay.offer(world.now, &place(brief, 1)).unwrap();
    let padded = world.relay.offer(world.now, &place(many, 2)).unwrap();
    // Nothing of what was piled up is echoed; credentials and SSRCs are as long each time, but for a digit.
    assert!(padded.sdp.len() <= answer.sdp.len() + 64, "{} and {}", padded.sdp.len(), answer.sdp.len());
}

#[test]
fn offers_are_refused_with_a_reason() {
    let mut world = World::new(Config { max_transports: 2, ..config() });
    world.join(CHROMIUM, GCM);
    world.join(CHROMIUM, GCM);
    let index = world.enter(CHROMIUM, GCM);
    assert_eq!(world.offer(index, 2), Err(OfferError::Full));
    assert_eq!(world.offer(0, 1), Err(OfferError::NotYours));
    world.browsers[0].template = FIREFOX.to_owned();
    assert_eq!(world.offer(0, 0), Err(OfferError::BadSdp("its m-lines differ from those negotiated")));
    world.browsers[0].template = CHROMIUM.to_owned();
    world.browsers[0].fingerprint.0[0] ^= 1;
    assert_eq!(world.offer(0, 0), Err(OfferError::BadSdp("its fingerprint differs from the one negotiated")));
    world.browsers[0].template = "hello".to_owned();
    assert_eq!(world.offer(0, 0), Err(OfferError::BadSdp("it is not SDP")));
    world.relay.close_room(world.now, ROOM);
    assert_eq!(world.offer(0, 0), Err(OfferError::NoRoom));
    assert!(world.is_empty());
}

fn downs(world: &mut World) -> Vec<(u64, DownReason)> {
    let down = |event: Event| match event {
        Event::Down { transport, reason, .. } => Some((transport.0, reason)),
        _ => None,
    };
    world.take_events().into_iter().filter_map(down).collect()
}

#[test]
fn handshakes_in_flight_are_capped_and_who_is_through_makes_place() {
    let mut world = World::new(Config { max_handshakes: 2, ..config() });
    world.checks = false;
    world.join(CHROMIUM, GCM);
    world.join(CHROMIUM, GCM);
    let third = world.enter(CHROMIUM, GCM);
    assert_eq!(world.offer(third, 2), Err(OfferError::Crowded));
    assert_eq!((world.relay.transports(), world.relay.handshakes()), (2, 2));
    world.offer(0, 0).unwrap();
    assert_eq!(world.relay.handshakes(), 2, "the same offer again takes no second place");
    world.check(0, true);
    world.pass(100);
    assert_eq!(world.relay.handshakes(), 1, "one is through");
    world.offer(third, 2).unwrap();
    world.browsers[0].ufrag = "anew".to_owned();
    world.offer(0, 0).unwrap();
    let fourth = world.enter(CHROMIUM, GCM);
    assert_eq!(world.offer(fourth, 3), Err(OfferError::Crowded));
    world.relay.drop_transport(world.now, TransportId(1));
    world.offer(fourth, 3).unwrap();
    world.relay.close_room(world.now, ROOM);
    assert!(world.is_empty());
}

#[test]
fn an_offer_whose_browser_never_comes_is_given_up_before_one_that_rings_on() {
    let mut world = World::with(1);
    world.checks = false;
    let never = world.join(CHROMIUM, GCM) as u64;
    let early = ABANDONED.as_millis() as u64 - 100;
    world.pass(early);
    assert_eq!((downs(&mut world), world.relay.handshakes()), (vec![], 1));
    world.pass(200);
    assert_eq!(downs(&mut world), [(never, DownReason::Abandoned)]);
    assert_eq!((world.relay.transports(), world.relay.handshakes()), (1, 0), "the warm one lives on");
    world.pass((CONSENT - ABANDONED).as_millis() as u64);
    assert_eq!(downs(&mut world), [(0, DownReason::ConsentExpired)]);
    assert!(world.is_empty());
}

#[test]
fn who_checks_for_ever_and_chooses_no_path_is_given_up() {
    let mut world = World::new(config());
    world.checks = false;
    world.join(CHROMIUM, GCM);
    for second in 0..JOIN.as_secs() {
        assert_eq!((downs(&mut world), world.relay.handshakes()), (vec![], 1), "after {second} s");
        world.check(0, false);
        world.pass(1000);
    }
    world.pass(100);
    assert_eq!(downs(&mut world), [(0, DownReason::Abandoned)]);
    assert!(world.is_empty());
}

#[test]
fn who_offers_again_may_begin_again() {
    let mut world = World::new(config());
    world.checks = false;
    world.join(CHROMIUM, GCM);
    let nearly = ABANDONED.as_millis() as u64 - 1000;
    for round in 0..4 {
        world.pass(nearly);
        world.browsers[0].ufrag = format!("r{round:03}");
        world.offer(0, 0).unwrap();
    }
    assert_eq!(downs(&mut world), []);
    world.check(0, true);
    world.pass(100);
    assert!(world.browsers[0].keys.is_some());
}
