//! What the relay does about loss, and that it adds none: packets lost, overtaken, repeated and asked for again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand::RngExt;

use super::*;

/// Chromium's offer, when its page asks for repetitions.
fn asking() -> String {
    CHROMIUM.replace("a=rtcp-fb:111 transport-cc", "a=rtcp-fb:111 nack")
}

/// A path that loses in bursts (Gilbert and Elliott) and delays each packet by a time of its own, so that some overtake.
struct Line {
    rng: StdRng,
    /// Share lost, and mean length of a burst.
    loss: f64,
    burst: f64,
    jitter: u64,
    bad: bool,
    /// On the way: arrival, order of sending, packet.
    under_way: Vec<(Instant, usize, Vec<u8>)>,
    sent: usize,
    lost: usize,
}

impl Line {
    fn new(seed: u64, loss: f64, burst: f64, jitter: u64) -> Line {
        let rng = StdRng::seed_from_u64(seed);
        Line { rng, loss, burst, jitter, bad: false, under_way: Vec::new(), sent: 0, lost: 0 }
    }

    fn put(&mut self, now: Instant, delay: u64, packet: &[u8]) {
        let end = 1.0 / self.burst;
        let change = if self.bad { end } else { end * self.loss / (1.0 - self.loss) };
        if self.rng.random_bool(change.min(1.0)) {
            self.bad = !self.bad;
        }
        self.sent += 1;
        if self.bad {
            self.lost += 1;
            return;
        }
        let delay = delay + self.rng.random_range(0..=self.jitter);
        self.under_way.push((now + Duration::from_millis(delay), self.sent, packet.to_vec()));
    }

    /// What has arrived by now, in order of arrival.
    fn take(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut arrived: Vec<_> = self.under_way.extract_if(.., |(at, ..)| *at <= now).collect();
        arrived.sort_by_key(|(at, order, _)| (*at, *order));
        arrived.into_iter().map(|(.., packet)| packet).collect()
    }
}

/// Two people, the first of whom speaks; both directions of both lines in the test's hands.
struct Pair {
    world: World,
    /// From the speaker to the relay, from there to the listener, and their reports the other way.
    up: Line,
    down: Line,
    delay: u64,
    /// What the speaker sent, sealed, by sequence number: he repeats what he is asked for.
    sent: HashMap<u16, Vec<u8>>,
    /// Sequence numbers that came to the relay, in order.
    arrived: Vec<u16>,
    /// Every RTP datagram that the relay sent to the listener, by (SSRC, sequence number).
    sealed: BTreeMap<(u32, u16), Vec<u8>>,
    repeated: usize,
    heard: Vec<Packet>,
    newest: Option<u16>,
}

impl Pair {
    fn new(offer: &str, up: Line, down: Line, delay: u64) -> Pair {
        let mut world = World::new(config());
        world.join(offer, GCM);
        world.join(offer, GCM);
        world.connect();
        world.open_all();
        world.take_events();
        let (sent, arrived, sealed, heard) = Default::default();
        Pair { world, up, down, delay, sent, arrived, sealed, repeated: 0, heard, newest: None }
    }

    fn talk(&mut self, packets: usize) {
        for _ in 0..packets {
            let sequence = self.world.browsers[0].sequence;
            let sealed = self.world.browsers[0].audio().to_vec();
            self.up.put(self.world.now, self.delay, &sealed);
            self.sent.insert(sequence, sealed);
            self.pass(20);
        }
    }

    fn pass(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds {
            self.world.now += Duration::from_millis(1);
            let now = self.world.now;
            for packet in self.up.take(now) {
                self.arrived.push(u16::from_be_bytes([packet[2], packet[3]]));
                self.world.relay.handle_datagram(now, udp(1000), &packet);
            }
            if self.world.relay.poll_timeout().is_some_and(|due| due <= now) {
                self.world.relay.handle_timeout(now);
                assert!(self.world.relay.poll_timeout().is_none_or(|due| due > now), "the relay would spin");
            }
            self.carry(now);
            for packet in self.down.take(now) {
                if let Heard::Audio(packet) = self.world.browsers[1].handle(now, &packet) {
                    self.hear(packet);
                }
            }
        }
    }

    /// Takes what the relay sends.
    fn carry(&mut self, now: Instant) {
        let datagrams: Vec<(Path, Vec<u8>)> =
            self.world.relay.outgoing().iter().map(|(path, bytes)| (path, bytes.to_vec())).collect();
        self.world.relay.clear_outgoing();
        for (path, bytes) in datagrams {
            let control = (192..=223).contains(&bytes[1]);
            if path == udp(1001) && !control && bytes[0] >= 128 {
                let number = (
                    u32::from_be_bytes(bytes[8..12].try_into().unwrap()),
                    u16::from_be_bytes([bytes[2], bytes[3]]),
                );
                if let Some(before) = self.sealed.insert(number, bytes.clone()) {
                    assert_eq!(before, bytes, "sealed twice");
                    self.repeated += 1;
                }
                self.down.put(now, self.delay, &bytes);
            } else if path == udp(1000) && control {
                let Heard::Reports(items) = self.world.browsers[0].handle(now, &bytes) else {
                    panic!("reports that cannot be read")
                };
                for item in &items {
                    if let Item::Nack { ssrc, first, following } = item {
                        assert_eq!(*ssrc, self.world.browsers[0].ssrc);
                        for sequence in rtcp::wanted(*first, *following) {
                            let again = self.sent[&sequence].clone();
                            self.up.put(now, 2 * self.delay, &again);
                        }
                    }
                }
                self.world.reports[0].extend(items);
            }
        }
    }

    /// The listener hears a packet, and asks at once for those between it and the newest before.
    fn hear(&mut self, packet: Packet) {
        let number = packet.header.sequence_number;
        let ssrc = packet.header.ssrc;
        let ahead = self.newest.map_or(1, |newest| number.wrapping_sub(newest));
        if ahead < 0x8000 {
            let missing: Vec<u16> = (1..ahead).rev().map(|back| number.wrapping_sub(back)).collect();
            self.newest = Some(number);
            self.ask(ssrc, &missing);
        }
        self.heard.push(packet);
    }

    fn ask(&mut self, ssrc: u32, missing: &[u16]) {
        if !missing.is_empty() {
            let nack = self.world.browsers[1].nack(ssrc, missing);
            self.world.relay.handle_datagram(self.world.now, udp(1001), &nack);
        }
    }

    /// Numbers heard, counted from the first, in order of arrival.
    fn offsets(&self) -> Vec<u16> {
        let first = self.heard[0].header.sequence_number;
        self.heard.iter().map(|packet| packet.header.sequence_number.wrapping_sub(first)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// At 5, 10 and 20 % loss, in bursts, with jitter: what comes to the relay goes out, each packet once, in the order in
    /// which it came, with the numbers as far apart as they were.
    #[test]
    fn the_relay_adds_no_loss_and_no_reordering(
        seed: u64, loss in prop::sample::select(vec![0.05, 0.1, 0.2]), burst in 1.0f64..6.0, jitter in 0u64..120,
    ) {
        let mut pair = Pair::new(CHROMIUM, Line::new(seed, loss, burst, jitter), Line::new(0, 0.0, 1.0, 0), 10);
        pair.talk(150);
        pair.pass(300);
        let first = pair.arrived[0];
        // What comes after the first packet but was sent before it is from before its source took the slot.
        let wanted: Vec<u16> =
            pair.arrived.iter().map(|number| number.wrapping_sub(first)).filter(|offset| *offset < 0x8000).collect();
        prop_assert_eq!(pair.offsets(), wanted);
        prop_assert_eq!(pair.world.reports[0].iter().filter(|item| matches!(item, Item::Nack { .. })).count(), 0, "not negotiated");
    }

    /// What is lost on the way up is asked for and forwarded in its place.
    #[test]
    fn what_a_browser_loses_on_the_way_up_is_repeated(seed: u64, loss in prop::sample::select(vec![0.05, 0.1, 0.2])) {
        let mut pair = Pair::new(&asking(), Line::new(seed, loss, 1.5, 5), Line::new(0, 0.0, 1.0, 0), 15);
        pair.talk(300);
        pair.pass(400);
        let offsets = pair.offsets();
        let found: BTreeSet<u16> = offsets.iter().copied().collect();
        prop_assert_eq!(found.len(), offsets.len(), "none came twice");
        let span = usize::from(*found.last().unwrap()) + 1;
        prop_assert!(pair.up.lost > 0);
        // Three or four questions at most, each lost and answered in bursts.
        prop_assert!(found.len() * 1000 >= span * 960, "{} of {span}", found.len());
        prop_assert!(pair.up.sent < 600, "{} sent", pair.up.sent);
        // Its own count of losses has shrunk by what was repeated.
        prop_assert_eq!(pair.world.refused, 0);
    }

    /// What is lost on the way down is sent again as it was sealed: no number is sealed twice.
    #[test]
    fn what_is_lost_on_the_way_down_is_sent_again_unchanged(seed: u64, loss in prop::sample::select(vec![0.05, 0.1, 0.2])) {
        let mut pair = Pair::new(&asking(), Line::new(seed, 0.02, 1.5, 30), Line::new(!seed, loss, 1.5, 5), 15);
        pair.talk(300);
        pair.pass(400);
        let offsets = pair.offsets();
        let found: BTreeSet<u16> = offsets.iter().copied().collect();
        prop_assert_eq!(found.len(), offsets.len(), "each was opened once");
        prop_assert!(pair.repeated > 0);
        let sealed = pair.sealed.len();
        // Asked for once, and lost again in the same share; the first ones before the ring was made.
        prop_assert!((found.len() as f64) > sealed as f64 * (1.0 - 2.5 * loss * loss) - 12.0, "{} of {sealed}", found.len());
    }
}

/// A block of a listener's report.
fn told(ssrc: u32, highest: u32, fraction: u8) -> Block {
    Block { ssrc, highest, fraction, ..Block::default() }
}

#[test]
fn a_browser_that_cannot_repeat_is_not_asked_and_its_questions_are_not_answered() {
    let mut pair = Pair::new(CHROMIUM, Line::new(1, 0.2, 1.0, 0), Line::new(2, 0.2, 1.0, 0), 10);
    pair.talk(100);
    assert_eq!(pair.repeated, 0);
    assert!(pair.world.relay.legs.iter().all(|(_, leg)| !leg.transport.is_missing()));
}

#[test]
fn a_full_tunnel_is_not_filled_with_repeats() {
    let mut world = World::new(config());
    world.relay.tunnel_opened(TunnelId(4), TunnelKind::IceTcp, "198.51.100.1:5555".parse().unwrap());
    world.join(&asking(), GCM);
    world.join(&asking(), GCM);
    world.connect();
    world.open_all();
    let repeated = |world: &mut World| {
        for _ in 0..2 {
            world.speak(0, 3);
            let (ssrc, newest) =
                (world.browsers[1].slot_ssrcs()[0], world.heard(1).last().unwrap().header.sequence_number);
            let (path, nack) = (world.browsers[1].path, world.browsers[1].nack(ssrc, &[newest - 1, newest]));
            world.submit(path, &nack);
        }
        world.relay.outgoing().len()
    };
    // The first question makes the ring, the second is answered from it.
    assert_eq!(repeated(&mut world), 2);
    world.relay.clear_outgoing();
    world.browsers[1].path = Path::Tunnel(TunnelId(4), TunnelKind::IceTcp);
    world.check(1, true);
    assert_eq!(repeated(&mut world), 0);
}

#[test]
fn what_listeners_lose_is_told_to_the_speaker() {
    let mut world = World::with(3);
    world.open_all();
    let last = |world: &World| {
        let mut blocks = world.reports[0].iter().filter_map(|item| match item {
            Item::Block(block) => Some(*block),
            _ => None,
        });
        blocks.next_back().unwrap()
    };
    world.speak(0, 100);
    assert_eq!((last(&world).fraction, last(&world).lost), (0, 0));
    // Browsers 1 and 2 hear him in their first slots: one loses a tenth, the other a fifth.
    for (index, fraction) in [(1, 26), (2, 51)] {
        let ssrc = world.browsers[index].slot_ssrcs()[0];
        for highest in [100, 150] {
            let sealed = world.browsers[index].report(&told(ssrc, highest, fraction));
            world.submit(udp(1000 + index as u16), &sealed);
        }
    }
    world.speak(0, 60);
    assert_eq!(
        (last(&world).fraction, last(&world).lost),
        (51, 0),
        "the worst counts, and the count is the uplink's"
    );
    let ssrc = world.browsers[2].slot_ssrcs()[0];
    let report = world.browsers[2].report(&told(ssrc, 200, 255));
    world.submit(udp(1002), &report);
    world.speak(0, 60);
    assert_eq!(last(&world).fraction, 64, "bounded");
    world.speak(0, 600);
    assert_eq!(last(&world).fraction, 0, "reports grow old");
    // His own losses count where they are worse.
    for packet in 0..200 {
        if packet % 2 == 0 {
            world.speak(0, 1);
        } else {
            drop(world.browsers[0].audio());
            world.pass(20);
        }
    }
    assert!(last(&world).fraction > 100);
}

#[test]
fn a_listener_in_trouble_gets_fewer_slots_the_loudest_last_and_more_again_later() {
    let mut world = World::with(5);
    world.open_all();
    world.take_events();
    let mut highest = 0;
    let mut round = |world: &mut World, fractions: &[u8]| {
        for _ in 0..250 {
            for who in 1..5 {
                world.browsers[who].level = 0x80 | (10 * who as u8);
                let (path, sealed) = (world.browsers[who].path, world.browsers[who].audio());
                world.submit(path, &sealed);
            }
            world.pass(20);
        }
        highest += 250;
        let ssrcs = world.browsers[0].slot_ssrcs();
        for (ssrc, fraction) in ssrcs.iter().zip(fractions) {
            let sealed = world.browsers[0].report(&told(*ssrc, highest, *fraction));
            world.submit(udp(1000), &sealed);
        }
    };
    let told = |world: &mut World| {
        let events = world.take_events();
        let slots = |event: &Event| match event {
            Event::Slots { transport: TransportId(0), slots, .. } => {
                Some(slots.iter().map(|(_, who)| who.0).collect::<Vec<_>>())
            }
            _ => None,
        };
        events.iter().rev().find_map(slots)
    };
    // One speaker's own uplink loses much: that is no trouble of the listener's.
    for _ in 0..5 {
        round(&mut world, &[0, 128, 0, 0]);
    }
    assert_eq!(told(&mut world), None);
    for _ in 0..3 {
        round(&mut world, &[90, 128, 77, 90]);
    }
    assert_eq!(told(&mut world), Some(vec![1, 2]), "the quietest went first");
    world.heard(0);
    round(&mut world, &[0, 0]);
    let heard: BTreeSet<u32> = world.heard(0).iter().map(|packet| packet.header.csrc[0]).collect();
    assert_eq!(heard, [1, 2].into());
    for _ in 0..4 {
        round(&mut world, &[0, 0, 0, 0]);
    }
    assert_eq!(told(&mut world).map(|slots| slots.len()), Some(3), "one by one");
    assert_eq!(world.refused, 0);
}
