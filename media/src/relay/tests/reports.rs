//! Reports of both directions, and the quality that is told of them.

use super::*;

fn qualities(events: &[Event], index: usize) -> Vec<Quality> {
    let of = |event: &Event| match event {
        Event::Quality { transport, quality, .. } if transport.0 == index as u64 => Some(*quality),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

#[test]
fn reports_go_both_ways_and_tell_the_quality() {
    let mut world = World::with(2);
    world.open_all();
    world.reports.iter_mut().for_each(Vec::clear);
    for packet in 0..200 {
        // Every tenth packet is lost on the way to the relay.
        if packet % 10 == 5 {
            let _ = world.browsers[0].audio();
        } else {
            world.speak(0, 1);
        }
    }
    world.pass(2000);
    for index in 0..2 {
        let ssrcs = world.browsers[index].slot_ssrcs();
        let of = |wanted: u32| {
            let is = |item: &&Item| matches!(item, Item::Sender { ssrc, .. } if *ssrc == wanted);
            world.reports[index].iter().filter(is).count()
        };
        assert!(
            ssrcs.len() == 8 && ssrcs.iter().all(|ssrc| (4..=6).contains(&of(*ssrc))),
            "used or not, every second"
        );
    }
    let block = |item: &Item| match item {
        Item::Block(block) => Some(*block),
        _ => None,
    };
    let last = world.reports[0].iter().filter_map(block).next_back().unwrap();
    assert_eq!((last.ssrc, last.lost), (world.browsers[0].ssrc, 20));
    let slot = world.browsers[1].slot_ssrcs()[0];
    let sent = |item: &Item| match item {
        Item::Sender { ssrc, ntp } if *ssrc == slot => Some(*ntp),
        _ => None,
    };
    let last_sr = quality::middle(world.reports[1].iter().filter_map(sent).next_back().unwrap());
    let now = quality::middle(world.relay.clock.ntp(world.now));
    let delay = now.wrapping_sub(last_sr).wrapping_sub(65_536 / 8);
    let report = Block { ssrc: slot, highest: 100, jitter: 96, last_sr, delay, ..Block::default() };
    for (highest, lost) in [(100, 0), (200, 25)] {
        let sealed = world.browsers[1].report(&Block { highest, lost, ..report });
        world.relay.handle_datagram(world.now, udp(1001), &sealed);
    }
    world.relay.drop_transport(world.now, TransportId(0));
    world.relay.drop_transport(world.now, TransportId(1));
    let events = world.take_events();
    let (up, down) = (qualities(&events, 0), qualities(&events, 1));
    assert_eq!((up.last().unwrap().up.packets, up.last().unwrap().up.lost), (180, 20));
    assert!(up.iter().any(|quality| (quality.up.loss_pct - 10.0).abs() < 1.0), "{up:?}");
    let down = down.last().unwrap();
    assert_eq!(
        (down.down.packets, down.down.lost, down.down.loss_pct, down.down.jitter_ms),
        (180, 25, 25.0, 2.0)
    );
    assert!((down.rtt_ms.unwrap() - 125.0).abs() < 0.1);
    assert!(world.is_empty());
}
