//! Which way leads to whom: rebound addresses, tunnels that end, addresses that pass to another.

use super::*;

#[test]
fn a_rebound_address_is_followed_by_its_check_but_not_by_media() {
    let mut world = World::with(2);
    world.open_all();
    world.speak(0, 1);
    assert_eq!(world.heard(1).len(), 1);
    world.take_events();
    world.checks = false;
    world.browsers[0].path = udp(3000);
    world.speak(0, 60);
    world.speak(1, 1);
    assert!(world.heard(1).is_empty() && world.heard(0).is_empty(), "media alone moves nothing");
    assert_eq!(world.relay.drops().unknown, 60);
    world.check(0, false);
    world.speak(0, 3);
    world.speak(1, 3);
    assert_eq!((world.heard(0).len(), world.heard(1).len()), (3, 3));
    assert!(names(&world.take_events()).contains(&"path"));
}

#[test]
fn a_tunnel_carries_a_call_and_its_end_moves_it() {
    let mut world = World::new(config());
    let tunnel = Path::Tunnel(TunnelId(4), TunnelKind::IceTcp);
    world.relay.tunnel_opened(TunnelId(4), TunnelKind::IceTcp, "198.51.100.1:5555".parse().unwrap());
    world.join(CHROMIUM, GCM);
    world.join(CHROMIUM, GCM);
    world.browsers[0].path = tunnel;
    world.connect();
    world.open_all();
    world.speak(1, 3);
    assert_eq!(world.heard(0).len(), 3);
    assert!(world.events.iter().any(|event| matches!(event, Event::Up { path: PathKind::IceTcp, .. })));
    world.relay.tunnel_closed(world.now, TunnelId(4));
    world.take_events();
    world.checks = false;
    world.speak(1, 3);
    assert!(world.heard(0).is_empty());
    world.browsers[0].path = udp(1000);
    world.check(0, false);
    world.speak(1, 3);
    assert_eq!(world.heard(0).len(), 3);
    let events = world.take_events();
    assert!(events.iter().any(|event| matches!(event, Event::PathChanged { path: PathKind::Udp, .. })));
}

#[test]
fn a_browser_at_an_address_used_before_gets_its_own_packets() {
    let mut world = World::with(2);
    let newcomer = world.join(CHROMIUM, GCM);
    // The port of browser 0 goes to browser 2, as a NAT may do it.
    world.browsers[newcomer].path = udp(1000);
    world.browsers[0].path = udp(9);
    world.checks = false;
    world.check(newcomer, true);
    assert_eq!(world.relay.legs_by_path[&udp(1000)], 0, "not while the first one is heard");
    world.pass(1000);
    world.check(newcomer, true);
    world.pass(100);
    assert!(world.browsers[newcomer].keys.is_some());
    assert_eq!(world.relay.legs_by_path[&udp(1000)], newcomer);
    assert_eq!(world.relay.legs[0].transport.paths().chosen(), None);
}
