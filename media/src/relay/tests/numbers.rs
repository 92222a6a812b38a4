//! No number is sealed twice, whatever happens while three people talk.

use super::*;

/// What may happen while three people talk.
#[derive(Clone, Debug)]
enum Act {
    Speak(usize),
    /// A packet is held back, to come after the next so many.
    Hold(usize, u8),
    /// A packet comes twice.
    Twice(usize),
    /// A packet is lost on the way to the relay.
    Lose(usize),
    Gate(usize, bool),
    Restart(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = 0usize..3;
    let act = prop_oneof![
        12 => who.clone().prop_map(Act::Speak),
        2 => (who.clone(), 1u8..5).prop_map(|(who, later)| Act::Hold(who, later)),
        2 => who.clone().prop_map(Act::Twice),
        2 => who.clone().prop_map(Act::Lose),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, open)| Act::Gate(who, open)),
        1 => who.prop_map(Act::Restart),
    ];
    prop::collection::vec(act, 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However packets come and gates move, no number is sealed twice: browsers, who take each number once, refuse
    /// nothing.
    #[test]
    fn nothing_is_sealed_twice(acts in acts()) {
        let mut world = World::with(3);
        world.open_all();
        let mut held: Vec<(u8, usize, Vec<u8>)> = Vec::new();
        for (step, act) in acts.iter().enumerate() {
            match *act {
                Act::Speak(who) => world.speak(who, 1),
                Act::Hold(who, later) => held.push((later, who, world.browsers[who].audio().to_vec())),
                Act::Lose(who) => drop(world.browsers[who].audio()),
                Act::Twice(who) => {
                    let (path, sealed) = (world.browsers[who].path, world.browsers[who].audio());
                    world.submit(path, &sealed);
                    world.submit(path, &sealed);
                }
                Act::Gate(who, open) => world.gate(who, open),
                Act::Restart(who) => {
                    world.browsers[who].ufrag = format!("r{step:03}");
                    world.offer(who, who as u64).unwrap();
                }
            }
            held.iter_mut().for_each(|(later, ..)| *later -= 1);
            for (_, who, sealed) in held.extract_if(.., |(later, ..)| *later == 0).collect::<Vec<_>>() {
                let path = world.browsers[who].path;
                world.submit(path, &sealed);
            }
            world.pass(10);
        }
        prop_assert_eq!(world.refused, 0);
        for who in 0..3 {
            let mut numbers = std::collections::HashSet::new();
            for packet in world.heard(who) {
                prop_assert!(numbers.insert((packet.header.ssrc, packet.header.sequence_number)));
            }
        }
    }
}
