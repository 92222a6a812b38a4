//! Rooms of many: a hundred people, of whom the loudest are heard by all.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const PEOPLE: usize = 100;

/// A hundred people in one room, with a record of what each was told and hears.
struct Hall {
    world: World,
    /// Who was told to be in which slot of whom.
    slots: BTreeMap<u64, BTreeMap<usize, u64>>,
    told: Vec<(Instant, u64)>,
    speaking: Vec<Vec<ParticipantId>>,
}

impl Hall {
    fn new(people: usize) -> Hall {
        let mut world = World::new(Config { max_transports: people, max_handshakes: people, ..config() });
        for index in 0..people {
            // Every other browser has its own numbers.
            world.join(if index % 2 == 0 { CHROMIUM } else { FIREFOX }, GCM);
        }
        world.connect();
        world.open_all();
        let (slots, told, speaking) = Default::default();
        let mut hall = Hall { world, slots, told, speaking };
        hall.note();
        hall
    }

    /// These speak, each as loud as is said (−dBov), while the others send silence now and then.
    fn talk(&mut self, milliseconds: u64, loud: &[(usize, u8)]) {
        for tick in 0..milliseconds / 20 {
            for (who, level) in loud {
                self.send(*who, 0x80 | level);
            }
            // Comfort noise of the silent, four times a second (DTX).
            for who in (0..PEOPLE).filter(|who| (*who as u64 + tick).is_multiple_of(12)) {
                if self.world.browsers.len() > who && !loud.iter().any(|(other, _)| *other == who) {
                    self.send(who, 127);
                }
            }
            self.world.now += Duration::from_millis(20);
            let now = self.world.now;
            if self.world.relay.poll_timeout().is_some_and(|due| due <= now) {
                self.world.relay.handle_timeout(now);
            }
            self.world.deliver();
            if tick % 50 == 0 {
                (0..self.world.browsers.len()).for_each(|index| self.world.check(index, true));
            }
            self.note();
        }
    }

    fn send(&mut self, who: usize, level: u8) {
        self.world.browsers[who].level = level;
        let (path, sealed) = (self.world.browsers[who].path, self.world.browsers[who].audio());
        self.world.submit(path, &sealed);
    }

    fn note(&mut self) {
        for event in self.world.take_events() {
            match event {
                Event::Slots { transport, slots, at, .. } => {
                    self.slots.insert(transport.0, slots.iter().map(|(slot, who)| (*slot, who.0)).collect());
                    self.told.push((at, transport.0));
                }
                Event::Speaking { speaking, .. } => self.speaking.push(speaking),
                _ => {}
            }
        }
    }

    /// Whom somebody was heard to hear since last asked; what he hears must be whom he was told to hear, seamless in
    /// each slot, and never himself.
    fn hears(&mut self, listener: usize, check_told: bool) -> BTreeSet<u64> {
        let packets = self.world.heard(listener);
        let ssrcs = self.world.browsers[listener].slot_ssrcs();
        let mut by_slot: BTreeMap<usize, Vec<Packet>> = BTreeMap::new();
        for packet in packets {
            let slot = ssrcs.iter().position(|ssrc| *ssrc == packet.header.ssrc).unwrap();
            assert_eq!(packet.header.csrc.len(), 1);
            let speaker = u64::from(packet.header.csrc[0]);
            assert_ne!(speaker, listener as u64, "he hears himself");
            if check_told {
                assert_eq!(self.slots[&(listener as u64)].get(&slot), Some(&speaker));
            }
            by_slot.entry(slot).or_default().push(packet);
        }
        assert!(by_slot.len() <= ssrcs.len());
        by_slot.values().for_each(|packets| assert_seamless(packets));
        by_slot.values().flatten().map(|packet| u64::from(packet.header.csrc[0])).collect()
    }
}

#[test]
fn the_loudest_of_a_hundred_are_heard_by_all_and_slots_follow_the_speakers() {
    let mut hall = Hall::new(PEOPLE);
    hall.talk(500, &[]);
    assert!((0..PEOPLE).all(|index| hall.hears(index, true).is_empty()), "who is silent holds no slot");
    // Eight speak: everybody hears them, but nobody himself. Firefox's fixture has two slots: it hears the loudest two.
    let eight: Vec<(usize, u8)> = (0..8).map(|index| (10 * index, 12 + 4 * index as u8)).collect();
    hall.talk(2500, &eight);
    (0..PEOPLE).for_each(|index| drop(hall.hears(index, false)));
    hall.talk(200, &eight);
    let all: BTreeSet<u64> = eight.iter().map(|(who, _)| *who as u64).collect();
    for index in 0..PEOPLE {
        let mut wanted = all.clone();
        wanted.remove(&(index as u64));
        if index % 2 == 1 {
            wanted = [0, 10].into();
        }
        assert_eq!(hall.hears(index, true), wanted, "at {index}");
    }
    assert_eq!(hall.speaking.last().unwrap().len(), 8);
    // A ninth, louder than all of them, takes the place of the quietest, for everybody and without a gap.
    let nine: Vec<(usize, u8)> = eight.iter().copied().chain([(95, 5)]).collect();
    hall.told.clear();
    hall.talk(800, &nine);
    let told: BTreeSet<u64> = hall.told.iter().map(|(_, who)| *who).collect();
    assert!(told.len() >= PEOPLE - 2 && hall.told.len() <= 2 * PEOPLE, "told once each: {}", hall.told.len());
    (0..PEOPLE).for_each(|index| drop(hall.hears(index, false)));
    hall.talk(200, &nine);
    let all: BTreeSet<u64> = (0..70).step_by(10).chain([95]).collect();
    for index in (0..PEOPLE).step_by(2) {
        let mut wanted = all.clone();
        wanted.remove(&(index as u64));
        assert_eq!(hall.hears(index, true), wanted, "at {index}");
    }
    assert_eq!(hall.world.refused, 0);
}

#[test]
fn speakers_in_turn_are_each_heard_from_soon_after_they_begin() {
    let mut hall = Hall::new(12);
    hall.talk(200, &[]);
    for round in 0..24 {
        let who = round % 12;
        hall.world.audio.iter_mut().for_each(Vec::clear);
        hall.talk(1000, &[(who, 20)]);
        let listener = (who + 2) % 12 / 2 * 2;
        let packets: Vec<Packet> = hall.world.heard(listener);
        let heard = packets.iter().filter(|packet| packet.header.csrc == [who as u32]).count();
        assert!(heard >= 42, "{heard} of 50 packets of {who} at {listener} in round {round}");
        let last: Vec<Packet> =
            packets.into_iter().filter(|packet| packet.header.csrc == [who as u32]).collect();
        assert_seamless(&last);
        assert_eq!(hall.speaking.last(), Some(&vec![ParticipantId(who as u64)]));
    }
    assert_eq!(hall.world.refused, 0);
}

#[test]
fn a_room_that_shrinks_gives_everybody_a_slot_again() {
    let mut hall = Hall::new(11);
    hall.talk(1000, &[(0, 20)]);
    assert_eq!(hall.slots[&2].len(), 1);
    for gone in [10, 8] {
        hall.world.relay.leave(hall.world.now, ROOM, ParticipantId(gone));
    }
    hall.note();
    assert_eq!(hall.slots[&2].len(), 8, "silent or not");
    // The speaker was not moved.
    let (before, packets) = (hall.world.heard(2), {
        hall.talk(200, &[(0, 20)]);
        hall.world.heard(2)
    });
    let of_speaker = |packets: Vec<Packet>| {
        packets.into_iter().filter(|packet| packet.header.csrc == [0]).collect::<Vec<Packet>>()
    };
    let (mut before, after) = (of_speaker(before), of_speaker(packets));
    before.extend(after);
    assert_seamless(&before);
}
