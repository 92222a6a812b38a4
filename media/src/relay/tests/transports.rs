//! Transports come and go: handshakes, consent, closing, and nothing left behind.

use super::*;

#[test]
fn consent_ends_after_thirty_seconds() {
    let mut world = World::with(2);
    world.open_all();
    world.take_events();
    world.checks = false;
    world.pass(4000);
    world.check(1, true);
    assert_eq!(names(&world.take_events()), ["slots"; 0]);
    world.pass(2000);
    assert_eq!(names(&world.take_events()), ["silent", "quality", "quality"]);
    world.check(0, false);
    assert_eq!(names(&world.take_events()), ["heard"]);
    world.pass(27_000);
    assert!(!names(&world.take_events()).contains(&"down"));
    world.pass(4000);
    let events = world.take_events();
    let reason = |event: &Event| match event {
        Event::Down { reason, .. } => Some(*reason),
        _ => None,
    };
    assert!(events.iter().filter_map(reason).all(|reason| reason == DownReason::ConsentExpired));
    assert!(names(&events).ends_with(&["quality", "down"]), "{events:?}");
    assert!(world.is_empty());
}

#[test]
fn a_transport_that_never_comes_goes_away() {
    let mut world = World::new(config());
    world.join(CHROMIUM, GCM);
    world.checks = false;
    world.pass(31_000);
    assert_eq!(names(&world.take_events()), ["down"]);
    assert!(world.is_empty());
}

#[test]
fn a_browser_that_closes_is_down_at_once() {
    let mut world = World::with(2);
    world.open_all();
    world.take_events();
    world.browsers[0].close(world.now);
    world.checks = false;
    world.exchange();
    let events = world.take_events();
    assert_eq!(names(&events), ["slots", "quality", "down"]);
    assert!(matches!(events[2], Event::Down { transport: TransportId(0), reason: DownReason::Closed, .. }));
    assert_eq!(world.relay.transports(), 1);
}

#[test]
fn a_certificate_that_was_not_announced_is_refused() {
    let mut world = World::new(config());
    let index = world.enter(CHROMIUM, GCM);
    let real = world.browsers[index].fingerprint;
    world.browsers[index].fingerprint.0[0] ^= 1;
    world.offer(index, 0).unwrap();
    world.browsers[index].fingerprint = real;
    world.check(index, true);
    world.checks = false;
    world.pass(100);
    let events = world.take_events();
    assert_eq!(names(&events), ["down"]);
    assert!(matches!(events[0], Event::Down { reason: DownReason::DtlsFailed, .. }));
    assert!(world.is_empty());
}

#[test]
fn gcm_is_asked_for_alone_unless_told_otherwise() {
    let counter_mode = Profile::Srtp_Aes128_Cm_Hmac_Sha1_80;
    let mut world = World::new(config());
    world.join(CHROMIUM, counter_mode);
    world.pass(100);
    assert!(world.browsers[0].keys.is_none());
    let mut world = World::new(Config { srtp_any: true, ..config() });
    world.join(CHROMIUM, counter_mode);
    world.join(CHROMIUM, GCM);
    world.connect();
    world.open_all();
    world.speak(0, 3);
    world.speak(1, 3);
    assert_eq!((world.heard(0).len(), world.heard(1).len()), (3, 3));
}

#[test]
fn coming_and_going_leaves_nothing_behind() {
    let mut world = World::with(1);
    for round in 0..50 {
        world.browsers.truncate(1);
        let index = world.join(CHROMIUM, GCM);
        world.pass(30);
        world.open_all();
        match round % 2 {
            0 => world.relay.drop_transport(world.now, TransportId(index as u64)),
            _ => world.relay.leave(world.now, ROOM, ParticipantId(index as u64)),
        }
    }
    assert_eq!((world.relay.legs_by_ufrag.len(), world.relay.legs_by_path.len()), (1, 1));
    world.relay.close_room(world.now, ROOM);
    assert!(world.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is lost of a handshake, it is made good in time.
    #[test]
    fn a_handshake_survives_loss(seed: u64, percent in 0u32..12) {
        use rand::RngExt;
        let mut world = World::new(config());
        let mut rng = StdRng::seed_from_u64(seed);
        world.lost = Box::new(move || rng.random_range(0..100) < percent);
        world.join(CHROMIUM, GCM);
        for _ in 0..29 {
            world.pass(1000);
            if world.browsers[0].keys.is_some() && world.events.iter().any(|event| matches!(event, Event::Up { .. })) {
                return Ok(());
            }
        }
        prop_assert!(false, "never up: {:?}", world.events);
    }
}
