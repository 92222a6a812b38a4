//! A relay, its browsers, and the network between them, in simulated time.

use super::*;

pub(super) fn udp(port: u16) -> Path {
    Path::Udp { socket: 0, remote: ([192, 0, 2, 9], port).into() }
}

pub(super) fn config() -> Config {
    let here: Vec<SocketAddr> = vec!["192.0.2.1:443".parse().unwrap()];
    let (announce_udp, announce_tcp) = (here.clone(), here.clone());
    Config { announce_udp, announce_tcp, max_transports: 10, max_handshakes: 10, ..Config::new(here) }
}

/// A relay, its browsers, and the network between them.
pub(super) struct World {
    pub(super) now: Instant,
    pub(super) relay: Relay,
    /// Browser n is transport n of participant n, at UDP port 1000 + n.
    pub(super) browsers: Vec<Browser>,
    pub(super) events: Vec<Event>,
    pub(super) audio: Vec<Vec<Packet>>,
    pub(super) reports: Vec<Vec<Item>>,
    pub(super) refused: usize,
    /// Decides which datagrams are lost.
    pub(super) lost: Box<dyn FnMut() -> bool>,
    pub(super) checks: bool,
}

impl World {
    pub(super) fn new(config: Config) -> World {
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

    pub(super) fn with(people: usize) -> World {
        let mut world = World::new(config());
        for _ in 0..people {
            world.join(CHROMIUM, GCM);
        }
        world.connect();
        world
    }

    pub(super) fn enter(&mut self, template: &str, profile: Profile) -> usize {
        let index = self.browsers.len();
        self.browsers.push(Browser::new(udp(1000 + index as u16), template, 5000 + index as u32, profile));
        self.audio.push(Vec::new());
        self.reports.push(Vec::new());
        index
    }

    pub(super) fn join(&mut self, template: &str, profile: Profile) -> usize {
        let index = self.enter(template, profile);
        self.offer(index, index as u64).unwrap();
        index
    }

    pub(super) fn offer(&mut self, index: usize, participant: u64) -> Result<(), OfferError> {
        let (participant, transport) = (ParticipantId(participant), TransportId(index as u64));
        let sdp = self.browsers[index].offer();
        let answer = self.relay.offer(self.now, &Offer { room: ROOM, participant, transport, sdp })?;
        self.browsers[index].take_answer(&answer.sdp);
        Ok(())
    }

    pub(super) fn gate(&mut self, index: usize, open: bool) {
        let id = index as u64;
        self.relay.gate(self.now, ROOM, ParticipantId(id), TransportId(id), open);
    }

    pub(super) fn open_all(&mut self) {
        (0..self.browsers.len()).for_each(|index| self.gate(index, true));
    }

    pub(super) fn submit(&mut self, path: Path, bytes: &[u8]) {
        if !(self.lost)() {
            self.relay.handle_datagram(self.now, path, bytes);
        }
    }

    /// Lets so much time pass in steps of 10 ms; every browser checks its path every second, if they do.
    pub(super) fn pass(&mut self, milliseconds: u64) {
        for step in 0..milliseconds / 10 {
            self.now += Duration::from_millis(10);
            if self.checks && step % 100 == 0 {
                (0..self.browsers.len()).for_each(|index| self.check(index, true));
            }
            self.exchange();
        }
    }

    /// Moves what waits, and does what is due.
    pub(super) fn exchange(&mut self) {
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

    pub(super) fn deliver(&mut self) {
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

    pub(super) fn check(&mut self, index: usize, use_candidate: bool) {
        let (path, check) = (self.browsers[index].path, self.browsers[index].check(use_candidate));
        self.submit(path, &check);
    }

    pub(super) fn connect(&mut self) {
        self.pass(100);
        assert!(self.browsers.iter().all(|browser| browser.keys.is_some()));
        let up = self.events.iter().filter(|event| matches!(event, Event::Up { .. })).count();
        assert_eq!(up, self.browsers.len());
    }

    pub(super) fn speak(&mut self, index: usize, packets: usize) {
        for _ in 0..packets {
            let (path, sealed) = (self.browsers[index].path, self.browsers[index].audio());
            self.submit(path, &sealed);
            self.pass(20);
        }
    }

    /// What was heard at a browser since last asked.
    pub(super) fn heard(&mut self, index: usize) -> Vec<Packet> {
        std::mem::take(&mut self.audio[index])
    }

    pub(super) fn take_events(&mut self) -> Vec<Event> {
        self.deliver();
        std::mem::take(&mut self.events)
    }

    pub(super) fn is_empty(&self) -> bool {
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

pub(super) fn names(events: &[Event]) -> Vec<&'static str> {
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

/// Sequence numbers and timestamps run on, on one SSRC.
pub(super) fn assert_seamless(packets: &[Packet]) {
    for pair in packets.windows(2) {
        let (before, after) = (&pair[0].header, &pair[1].header);
        assert_eq!(after.ssrc, before.ssrc);
        assert_eq!(after.sequence_number, before.sequence_number.wrapping_add(1));
        assert!(after.timestamp.wrapping_sub(before.timestamp) >= 960);
    }
}
