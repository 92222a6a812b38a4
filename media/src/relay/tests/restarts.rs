//! ICE restarts: new credentials beside the old ones, and which of them count.

use super::*;

#[test]
fn an_ice_restart_keeps_the_call() {
    let mut world = World::with(2);
    world.open_all();
    world.speak(0, 3);
    world.speak(1, 3);
    let (before, answer) = (world.browsers[0].remote.clone().unwrap(), world.browsers[0].answer.clone());
    world.take_events();
    world.browsers[0].ufrag = "efgh".to_owned();
    world.offer(0, 0).unwrap();
    let after = world.browsers[0].remote.clone().unwrap();
    assert_ne!((&before.ufrag, &before.pwd), (&after.ufrag, &after.pwd));
    let kept = |sdp: &str, name: &str| {
        sdp.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect::<Vec<_>>()
    };
    for name in ["a=fingerprint", "a=ssrc", "a=mid"] {
        assert_eq!(kept(&answer, name), kept(&world.browsers[0].answer, name));
    }
    // A first check with the new credentials on another path: media stays where it is.
    let check = world.browsers[0].check(false);
    world.relay.handle_datagram(world.now, udp(2000), &check);
    world.checks = false;
    world.speak(1, 3);
    assert_eq!(world.heard(0).len(), 6);
    // The old credentials are valid until the new ones choose.
    world.browsers[0].remote = Some(before.clone());
    world.check(0, true);
    world.browsers[0].remote = Some(after);
    assert_eq!(world.relay.drops().unauthentic, 0);
    world.browsers[0].path = udp(2000);
    world.check(0, true);
    world.speak(1, 3);
    world.speak(0, 3);
    assert_eq!(names(&world.take_events()), ["path"]);
    let (here, there) = (world.heard(0), world.heard(1));
    assert_eq!((here.len(), there.len()), (3, 6));
    assert_seamless(&there);
    assert!(!world.relay.legs_by_ufrag.contains_key(&before.ufrag), "the old credentials are gone");
    assert_eq!(world.refused, 0);
}

#[test]
fn an_abandoned_restart_leaves_the_first_credentials_in_force() {
    let mut world = World::with(1);
    let first = world.browsers[0].remote.clone().unwrap();
    for restart in ["rst1", "rst2", "rst3"] {
        world.browsers[0].ufrag = restart.to_owned();
        world.offer(0, 0).unwrap();
    }
    let last = world.browsers[0].remote.clone().unwrap();
    assert_eq!(world.relay.legs_by_ufrag.len(), 2);
    assert!(
        world.relay.legs_by_ufrag.contains_key(&first.ufrag)
            && world.relay.legs_by_ufrag.contains_key(&last.ufrag)
    );
    world.offer(0, 0).unwrap();
    assert_eq!(
        world.browsers[0].remote.clone().unwrap().ufrag,
        last.ufrag,
        "the same offer, the same credentials"
    );
}
