//! The whole relay in simulated time, with browsers made for tests.

mod group;
mod loss;
mod moves;
mod offers;

use std::time::Duration;

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rtc::rtp::Packet;

use super::*;
use crate::api::{DownReason, PathKind, Quality};
use crate::quality;
use crate::rtcp::{self, Block, Item};
use crate::testing::{Browser, CHROMIUM, FIREFOX, Heard, Profile};

const ROOM: RoomId = RoomId(1);
const GCM: Profile = Profile::Srtp_Aead_Aes_128_Gcm;

fn udp(port: u16) -> Path {
    Path::Udp { socket: 0, remote: ([192, 0, 2, 9], port).into() }
}

fn config() -> Config {
    Config {
        udp: vec!["192.0.2.1:443".parse().unwrap()],
        announce_udp: vec!["192.0.2.1:443".parse().unwrap()],
        announce_tcp: vec!["192.0.2.1:443".parse().unwrap()],
        max_slots: 8,
        max_transports: 10,
        max_handshakes: 10,
        srtp_any: false,
        tcp_only: false,
    }
}

/// A relay, its browsers, and the network between them.
struct World {
    now: Instant,
    relay: Relay,
    /// Browser n is transport n of participant n, at UDP port 1000 + n.
    browsers: Vec<Browser>,
    events: Vec<Event>,
    audio: Vec<Vec<Packet>>,
    reports: Vec<Vec<Item>>,
    refused: usize,
    /// Decides which datagrams are lost.
    lost: Box<dyn FnMut() -> bool>,
    checks: bool,
}

impl World {
    fn new(config: Config) -> World {
        let now = Instant::now();
        let mut relay = Relay::new(config, (now, SystemTime::UNIX_EPOCH), StdRng::seed_from_u64(7)).unwrap();
        relay.open_room(ROOM);
        let (browsers, events, audio, reports) = Default::default();
        World {
            now,
            relay,
            browsers,
            events,
            audio,
            reports,
            refused: 0,
            lost: Box::new(|| false),
            checks: true,
        }
    }

    fn with(people: usize) -> World {
        let mut world = World::new(config());
        for _ in 0..people {
            world.join(CHROMIUM, GCM);
        }
        world.connect();
        world
    }

    fn enter(&mut self, template: &str, profile: Profile) -> usize {
        let index = self.browsers.len();
        self.browsers.push(Browser::new(udp(1000 + index as u16), template, 5000 + index as u32, profile));
        self.audio.push(Vec::new());
        self.reports.push(Vec::new());
        index
    }

    fn join(&mut self, template: &str, profile: Profile) -> usize {
        let index = self.enter(template, profile);
        self.offer(index, index as u64).unwrap();
        index
    }

    fn offer(&mut self, index: usize, participant: u64) -> Result<(), OfferError> {
        let (participant, transport) = (ParticipantId(participant), TransportId(index as u64));
        let sdp = self.browsers[index].offer();
        let answer = self.relay.offer(self.now, &Offer { room: ROOM, participant, transport, sdp })?;
        self.browsers[index].take_answer(&answer.sdp);
        Ok(())
    }

    fn gate(&mut self, index: usize, open: bool) {
        let id = index as u64;
        self.relay.gate(self.now, ROOM, ParticipantId(id), TransportId(id), open);
    }

    fn open_all(&mut self) {
        (0..self.browsers.len()).for_each(|index| self.gate(index, true));
    }

    fn submit(&mut self, path: Path, bytes: &[u8]) {
        if !(self.lost)() {
            self.relay.handle_datagram(self.now, path, bytes);
        }
    }

    /// Lets so much time pass in steps of 10 ms; every browser checks its path every second, if they do.
    fn pass(&mut self, milliseconds: u64) {
        for step in 0..milliseconds / 10 {
            self.now += Duration::from_millis(10);
            if self.checks && step % 100 == 0 {
                (0..self.browsers.len()).for_each(|index| self.check(index, true));
            }
            self.exchange();
        }
    }

    /// Moves what waits, and does what is due.
    fn exchange(&mut self) {
        for _ in 0..10 {
            for index in 0..self.browsers.len() {
                let path = self.browsers[index].path;
                for datagram in self.browsers[index].handshake(self.now) {
                    self.submit(path, &datagram);
                }
            }
            self.deliver();
        }
        if self.relay.poll_timeout().is_some_and(|due| due <= self.now) {
            self.relay.handle_timeout(self.now);
            assert!(self.relay.poll_timeout().is_none_or(|due| due > self.now), "the relay would spin");
        }
        self.deliver();
    }

    fn deliver(&mut self) {
        let datagrams: Vec<(Path, Vec<u8>)> =
            self.relay.outgoing().iter().map(|(path, bytes)| (path, bytes.to_vec())).collect();
        self.relay.clear_outgoing();
        for (path, bytes) in datagrams {
            let Some(index) = self.browsers.iter().position(|browser| browser.path == path) else { continue };
            if (self.lost)() {
                continue;
            }
            match self.browsers[index].handle(self.now, &bytes) {
                Heard::Audio(packet) => self.audio[index].push(packet),
                Heard::Reports(items) => self.reports[index].extend(items),
                Heard::Refused => self.refused += 1,
                Heard::CheckPassed | Heard::Dtls => {}
            }
        }
        self.events.extend(std::iter::from_fn(|| self.relay.poll_event()));
    }

    fn check(&mut self, index: usize, use_candidate: bool) {
        let (path, check) = (self.browsers[index].path, self.browsers[index].check(use_candidate));
        self.submit(path, &check);
    }

    fn connect(&mut self) {
        self.pass(100);
        assert!(self.browsers.iter().all(|browser| browser.keys.is_some()));
        let up = self.events.iter().filter(|event| matches!(event, Event::Up { .. })).count();
        assert_eq!(up, self.browsers.len());
    }

    fn speak(&mut self, index: usize, packets: usize) {
        for _ in 0..packets {
            let (path, sealed) = (self.browsers[index].path, self.browsers[index].audio());
            self.submit(path, &sealed);
            self.pass(20);
        }
    }

    /// What was heard at a browser since last asked.
    fn heard(&mut self, index: usize) -> Vec<Packet> {
        std::mem::take(&mut self.audio[index])
    }

    fn take_events(&mut self) -> Vec<Event> {
        self.deliver();
        std::mem::take(&mut self.events)
    }

    fn is_empty(&self) -> bool {
        let relay = &self.relay;
        relay.legs.is_empty()
            && relay.handshakes == 0
            && relay.legs_by_id.is_empty()
            && relay.legs_by_ufrag.is_empty()
            && relay.legs_by_path.is_empty()
            && relay.timers.next().is_none()
            && relay.rooms.iter().all(|(_, room)| room.participants.is_empty())
    }
}

fn names(events: &[Event]) -> Vec<&'static str> {
    let name = |event: &Event| match event {
        Event::Up { .. } => "up",
        Event::Silent { .. } => "silent",
        Event::Heard { .. } => "heard",
        Event::PathChanged { .. } => "path",
        Event::FirstAudio { .. } => "audio",
        Event::Quality { .. } => "quality",
        Event::Down { .. } => "down",
        Event::RoomFailed { .. } => "failed",
        Event::Slots { .. } => "slots",
        Event::Speaking { .. } => "speaking",
    };
    events.iter().map(name).collect()
}

fn qualities(events: &[Event], index: usize) -> Vec<Quality> {
    let of = |event: &Event| match event {
        Event::Quality { transport, quality, .. } if transport.0 == index as u64 => Some(*quality),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

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

/// Sequence numbers and timestamps run on, on one SSRC.
fn assert_seamless(packets: &[Packet]) {
    for pair in packets.windows(2) {
        let (before, after) = (&pair[0].header, &pair[1].header);
        assert_eq!(after.ssrc, before.ssrc);
        assert_eq!(after.sequence_number, before.sequence_number.wrapping_add(1));
        assert!(after.timestamp.wrapping_sub(before.timestamp) >= 960);
    }
}

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
fn offers_are_refused_with_a_reason() {
    let mut world = World::new(Config { max_transports: 2, ..config() });
    world.join(CHROMIUM, GCM);
    world.join(CHROMIUM, GCM);
    let index = world.enter(CHROMIUM, GCM);
    assert_eq!(world.offer(index, 2), Err(OfferError::Full));
    assert_eq!(world.offer(0, 1), Err(OfferError::NotYours));
    world.browsers[0].template = FIREFOX.to_owned();
    assert_eq!(world.offer(0, 0), Err(OfferError::BadSdp("its m-lines differ from those negotiated")));
    world.browsers[0].template = CHROMIUM.to_owned();
    world.browsers[0].fingerprint.0[0] ^= 1;
    assert_eq!(world.offer(0, 0), Err(OfferError::BadSdp("its fingerprint differs from the one negotiated")));
    world.browsers[0].template = "hello".to_owned();
    assert_eq!(world.offer(0, 0), Err(OfferError::BadSdp("it is not SDP")));
    world.relay.close_room(world.now, ROOM);
    assert_eq!(world.offer(0, 0), Err(OfferError::NoRoom));
    assert!(world.is_empty());
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
