//! Paths that move while a call goes on: by nomination, by rebinding, by an ICE restart. Keys and numbers live on.

use super::*;

const TUNNEL: Path = Path::Tunnel(TunnelId(4), TunnelKind::IceTcp);

/// Two people in a call, all gates open, nothing told yet.
fn call() -> World {
    let mut world = World::with(2);
    world.relay.tunnel_opened(TunnelId(4), TunnelKind::IceTcp, "198.51.100.1:5555".parse().unwrap());
    world.open_all();
    world.speak(0, 1);
    world.speak(1, 1);
    world.take_events();
    world.checks = false;
    world
}

/// Both speak; each hears all of it, and what was heard on all paths is seamless.
fn both_hear(world: &mut World, so_far: &mut [Vec<Packet>; 2]) {
    world.audio.iter_mut().zip(so_far.iter_mut()).for_each(|(fresh, all)| all.append(fresh));
    for index in [0, 1] {
        world.speak(index, 5);
    }
    for index in [0, 1] {
        let fresh = world.heard(index);
        assert_eq!(fresh.len(), 5, "at {index}");
        so_far[index].extend(fresh);
        assert_seamless(&so_far[index]);
    }
    assert_eq!(world.refused, 0);
}

#[test]
fn a_call_moves_from_udp_to_tcp_and_back_by_nomination() {
    let (mut world, mut heard) = (call(), Default::default());
    for round in 0..6 {
        let path = if round % 2 == 0 { TUNNEL } else { udp(1000) };
        // The browser tries the other path first; media stays where it is.
        let before = std::mem::replace(&mut world.browsers[0].path, path);
        world.check(0, false);
        world.browsers[0].path = before;
        both_hear(&mut world, &mut heard);
        assert!(!names(&world.take_events()).contains(&"path"));
        world.browsers[0].path = path;
        world.check(0, true);
        both_hear(&mut world, &mut heard);
        let kind = if round % 2 == 0 { PathKind::IceTcp } else { PathKind::Udp };
        let events = world.take_events();
        let moved = |event: &Event| matches!(event, Event::PathChanged { path, .. } if *path == kind);
        assert_eq!(events.iter().filter(|event| moved(event)).count(), 1);
        assert!(!names(&events).contains(&"up") && !names(&events).contains(&"down"), "no second handshake");
    }
}

#[test]
fn a_handshake_goes_on_over_the_path_that_is_nominated_in_its_midst() {
    let mut world = World::new(config());
    world.relay.tunnel_opened(TunnelId(4), TunnelKind::IceTcp, "198.51.100.1:5555".parse().unwrap());
    world.join(CHROMIUM, GCM);
    world.checks = false;
    world.check(0, true);
    // The relay's hello went out over UDP and is lost there, like all that follows.
    assert!(world.relay.outgoing().iter().any(|(path, bytes)| path == udp(1000) && bytes[0] == 22));
    world.relay.clear_outgoing();
    world.browsers[0].path = TUNNEL;
    world.check(0, true);
    world.pass(5000);
    assert!(world.browsers[0].keys.is_some());
    assert!(world.events.iter().any(|event| matches!(event, Event::Up { path: PathKind::IceTcp, .. })));
}

#[test]
fn rebinding_without_nomination_keeps_keys_and_numbers() {
    let (mut world, mut heard) = (call(), Default::default());
    for port in 3000..3005 {
        both_hear(&mut world, &mut heard);
        // The NAT forgets: the browser's packets come from another port. Firefox checks there without USE-CANDIDATE.
        world.browsers[0].path = udp(port);
        world.pass(1100);
        world.check(0, false);
        both_hear(&mut world, &mut heard);
        assert!(names(&world.take_events()).contains(&"path"));
    }
}

#[test]
fn a_restart_on_the_same_address_keeps_the_path_and_retires_the_old_credentials() {
    let (mut world, mut heard) = (call(), Default::default());
    let before = world.browsers[0].remote.clone().unwrap();
    world.browsers[0].ufrag = "efgh".to_owned();
    world.offer(0, 0).unwrap();
    let after = world.browsers[0].remote.clone().unwrap();
    // Chromium checks with the new credentials from the address that it uses already, and keeps up the old pair.
    for _ in 0..3 {
        world.check(0, false);
        both_hear(&mut world, &mut heard);
        world.browsers[0].remote = Some(before.clone());
        world.check(0, true);
        world.browsers[0].remote = Some(after.clone());
        both_hear(&mut world, &mut heard);
    }
    assert_eq!(world.relay.drops().unauthentic, 0);
    world.check(0, true);
    both_hear(&mut world, &mut heard);
    assert!(!names(&world.take_events()).contains(&"path"), "it is the same path");
    assert!(!world.relay.legs_by_ufrag.contains_key(&before.ufrag));
    // A late check of the old generation proves nothing any more, and harms nothing.
    world.browsers[0].remote = Some(before);
    world.check(0, true);
    world.browsers[0].remote = Some(after);
    assert_eq!(world.relay.drops().unknown, 1);
    both_hear(&mut world, &mut heard);
}

#[test]
fn a_restart_finds_tcp_when_udp_is_blocked() {
    let (mut world, mut heard) = (call(), Default::default());
    both_hear(&mut world, &mut heard);
    // UDP is blocked: nothing comes, nothing arrives.
    world.browsers[0].path = TUNNEL;
    world.speak(1, 100);
    world.audio.iter_mut().for_each(Vec::clear);
    world.browsers[0].ufrag = "efgh".to_owned();
    world.offer(0, 0).unwrap();
    world.check(0, false);
    world.check(0, true);
    for index in [0, 1] {
        world.speak(index, 5);
        assert_eq!(world.heard(1 - index).len(), 5);
    }
    assert_eq!(world.refused, 0);
    // Back on UDP, from an address that is new.
    world.browsers[0].path = udp(4000);
    world.check(0, true);
    for index in [0, 1] {
        world.speak(index, 5);
        assert_eq!(world.heard(1 - index).len(), 5);
    }
    assert_eq!(names(&world.take_events()).iter().filter(|name| **name == "path").count(), 2);
}

#[test]
fn two_restarts_at_once_leave_the_chosen_generation_in_force() {
    let (mut world, mut heard) = (call(), Default::default());
    let first = world.browsers[0].remote.clone().unwrap();
    for restart in ["rst1", "rst2"] {
        world.browsers[0].ufrag = restart.to_owned();
        world.offer(0, 0).unwrap();
    }
    both_hear(&mut world, &mut heard);
    world.check(0, true);
    both_hear(&mut world, &mut heard);
    assert!(!world.relay.legs_by_ufrag.contains_key(&first.ufrag));
    assert_eq!(world.relay.legs_by_ufrag.len(), 2, "one generation of each browser");
    // And once more, from the generation that is in force now.
    world.browsers[0].ufrag = "rst3".to_owned();
    world.offer(0, 0).unwrap();
    world.browsers[0].path = TUNNEL;
    world.check(0, true);
    both_hear(&mut world, &mut heard);
    assert_eq!(world.relay.legs_by_ufrag.len(), 2);
}
