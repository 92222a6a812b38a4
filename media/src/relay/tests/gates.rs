//! Who hears whom: by gates, by participants, by the transport that was chosen.

use super::*;

#[test]
fn nothing_is_heard_before_the_gates_open_and_everything_after() {
    let mut world = World::with(2);
    world.speak(0, 5);
    world.gate(0, true);
    world.speak(0, 5);
    assert!(world.heard(1).is_empty());
    assert_eq!(world.relay.drops().shut, 5);
    world.gate(1, true);
    world.take_events();
    world.speak(0, 5);
    let heard = world.heard(1);
    assert_eq!(heard.len(), 5);
    assert_seamless(&heard);
    let first = &heard[0];
    assert!(first.header.marker && first.header.payload_type == 111 && first.payload == b"opus"[..]);
    assert_eq!(first.header.csrc, [ParticipantId(0).csrc()]);
    assert_eq!(first.header.ssrc, world.browsers[1].slot_ssrcs()[0]);
    assert_eq!(first.header.extensions.len(), 1);
    assert_eq!(first.header.extensions[0].payload[..], [0x85]);
    assert!(world.heard(0).is_empty(), "nobody hears himself");
    assert_eq!(names(&world.take_events()), ["audio"]);
    world.gate(0, false);
    world.speak(0, 5);
    world.speak(1, 5);
    assert!(world.heard(1).is_empty() && world.heard(0).is_empty());
    world.gate(0, true);
    world.speak(0, 1);
    let again = world.heard(1);
    assert_seamless(&[heard.last().unwrap().clone(), again[0].clone()]);
    assert!(names(&world.take_events()).contains(&"audio"), "told at each opening");
    assert_eq!(world.refused, 0);
}

#[test]
fn who_is_where_is_told() {
    let mut world = World::with(3);
    world.take_events();
    world.open_all();
    let told = |events: &[Event], index: u64| {
        let slots = |event: &Event| match event {
            Event::Slots { transport, slots, .. } if transport.0 == index => Some(slots.clone()),
            _ => None,
        };
        events.iter().rev().find_map(slots)
    };
    let events = world.take_events();
    assert_eq!(told(&events, 0), Some(vec![(0, ParticipantId(1)), (1, ParticipantId(2))]));
    assert_eq!(told(&events, 2), Some(vec![(0, ParticipantId(0)), (1, ParticipantId(1))]));
    world.relay.leave(world.now, ROOM, ParticipantId(1));
    let events = world.take_events();
    assert_eq!(told(&events, 0), Some(vec![(1, ParticipantId(2))]));
    assert!(!names(&events).contains(&"down"), "the host knows whom it dropped");
    assert!(names(&events).contains(&"quality"));
}

#[test]
fn everyone_hears_everyone_in_his_own_numbers() {
    let mut world = World::new(config());
    world.join(CHROMIUM, GCM);
    world.join(FIREFOX, GCM);
    world.connect();
    world.open_all();
    world.speak(0, 3);
    world.speak(1, 3);
    let (at_chromium, at_firefox) = (world.heard(0), world.heard(1));
    assert!(at_firefox.len() == 3 && at_firefox.iter().all(|packet| packet.header.payload_type == 109));
    assert!(at_chromium.len() == 3 && at_chromium.iter().all(|packet| packet.header.payload_type == 111));
}

#[test]
fn only_the_chosen_transport_carries_media() {
    let mut world = World::new(config());
    world.enter(CHROMIUM, GCM);
    world.enter(CHROMIUM, GCM);
    world.enter(CHROMIUM, GCM);
    // Participant 0 rings on two devices, transports 0 and 1.
    for (index, participant) in [(0, 0), (1, 0), (2, 2)] {
        world.offer(index, participant).unwrap();
    }
    world.connect();
    world.gate(2, true);
    world.relay.gate(world.now, ROOM, ParticipantId(0), TransportId(2), true);
    world.speak(2, 1);
    assert_eq!(world.relay.rooms[0].participants[0].gate, Gate::Shut, "another's transport opens nothing");
    world.relay.gate(world.now, ROOM, ParticipantId(0), TransportId(1), true);
    world.speak(0, 2);
    world.speak(1, 3);
    world.speak(2, 4);
    assert_eq!((world.heard(0).len(), world.heard(1).len(), world.heard(2).len()), (0, 4, 3));
    world.relay.gate(world.now, ROOM, ParticipantId(0), TransportId(0), true);
    world.speak(0, 2);
    world.speak(1, 3);
    world.speak(2, 4);
    assert_eq!((world.heard(0).len(), world.heard(1).len(), world.heard(2).len()), (4, 0, 2));
}

#[test]
fn who_is_muted_hears_and_is_not_heard_whatever_he_sends() {
    let mut world = World::with(3);
    world.open_all();
    world.speak(0, 3);
    let before = world.heard(1);
    world.take_events();
    world.relay.mute(ROOM, ParticipantId(0), true);
    world.speak(0, 7);
    world.speak(1, 4);
    assert_eq!((world.heard(1).len(), world.heard(2).len(), world.heard(0).len()), (0, 3 + 4, 4));
    assert_eq!(world.relay.drops().muted, 7);
    assert!(!names(&world.take_events()).contains(&"slots"), "nobody's slots change");
    // A gate that opens anew opens nothing for him.
    world.gate(0, false);
    world.gate(0, true);
    world.speak(0, 2);
    assert!(world.heard(1).is_empty());
    world.relay.mute(ROOM, ParticipantId(0), false);
    world.speak(0, 3);
    let after = world.heard(1);
    assert_eq!(after.len(), 3);
    assert_seamless(&[before.last().unwrap().clone(), after[0].clone()]);
}

#[test]
fn who_is_muted_before_he_comes_is_muted_when_he_is_there() {
    let mut world = World::new(config());
    world.relay.mute(ROOM, ParticipantId(0), true);
    world.join(CHROMIUM, GCM);
    world.join(CHROMIUM, GCM);
    world.connect();
    world.open_all();
    world.speak(0, 3);
    world.speak(1, 2);
    assert_eq!((world.heard(0).len(), world.heard(1).len()), (2, 0));
    // His transport goes, and he comes back with another: a page that was loaded again.
    world.relay.drop_transport(world.now, TransportId(0));
    let again = world.enter(CHROMIUM, GCM);
    world.offer(again, 0).unwrap();
    world.pass(100);
    let (now, id) = (world.now, TransportId(again as u64));
    world.relay.gate(now, ROOM, ParticipantId(0), id, true);
    world.speak(again, 3);
    assert_eq!(world.heard(1).len(), 0);
    world.relay.mute(ROOM, ParticipantId(0), false);
    world.speak(again, 3);
    assert_eq!(world.heard(1).len(), 3);
}
