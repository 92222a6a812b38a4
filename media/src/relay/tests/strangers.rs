//! What nobody authenticated, and what comes again: no answer, no trace, no second hearing.

use super::*;

#[test]
fn strangers_get_no_answer() {
    let mut world = World::with(2);
    world.open_all();
    world.take_events();
    let remote = world.browsers[0].remote.clone().unwrap();
    let name = format!("{}:abcd", remote.ufrag);
    let wrong = crate::testing::binding_request(&name, "wrong", true, [1; 12]);
    let unknown = crate::testing::binding_request("nobody:abcd", &remote.pwd, true, [1; 12]);
    let (audio, hello) = (world.browsers[0].audio(), [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    for datagram in [&wrong[..], &unknown, &audio, &hello, &[0; 20], &[64], &[]] {
        world.relay.handle_datagram(world.now, udp(6666), datagram);
    }
    assert!(world.relay.outgoing().is_empty(), "an answer went to a stranger");
    assert!(!world.relay.legs_by_path.contains_key(&udp(6666)));
    let drops = world.relay.drops();
    assert_eq!((drops.unauthentic, drops.unknown, drops.malformed), (1, 3, 3));
    assert_eq!(world.browsers[1].path, udp(1001));
    assert!(world.heard(1).is_empty());
}

#[test]
fn a_replayed_packet_is_forwarded_once() {
    let mut world = World::with(2);
    world.open_all();
    let sealed = world.browsers[0].audio();
    for _ in 0..3 {
        world.submit(udp(1000), &sealed);
    }
    world.pass(10);
    assert_eq!(world.heard(1).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// No datagram, from wherever, makes the relay panic or answer a stranger.
    #[test]
    fn any_datagram_is_taken(datagrams in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..200)), 1..50)) {
        let mut world = World::with(2);
        world.open_all();
        for (inside, datagram) in &datagrams {
            let path = if *inside { udp(1000) } else { udp(6666) };
            world.relay.handle_datagram(world.now, path, datagram);
        }
        prop_assert!(world.relay.outgoing().iter().all(|(path, _)| path != udp(6666)));
        world.take_events();
        world.speak(1, 1);
        prop_assert_eq!(world.heard(0).len(), 1);
    }
}
