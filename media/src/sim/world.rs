//! The world: one relay, its host, the phones and the links between them, in steps of simulated time. Every
//! datagram that leaves the relay is held against the model before it goes on its way.

mod flight;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant, SystemTime};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use self::flight::{Flying, Meaning};
use crate::api::{Config, Offer, ParticipantId, RoomId, TransportId, TunnelId, TunnelKind};
use crate::path::Path;
use crate::relay::Relay;
use crate::sim::model::Model;
use crate::sim::phone::{Phone, Wish};
use crate::testing::{Browser, CHROMIUM, Profile};

const ROOM: RoomId = RoomId(1);
const STEP: Duration = Duration::from_millis(5);

pub struct World {
    pub rng: StdRng,
    pub now: Instant,
    pub phones: Vec<Phone>,
    pub model: Model,
    pub relay: Relay,
    flying: BTreeMap<(Instant, u64), Flying>,
    launched: u64,
    minted: u64,
    /// Whose gates the host wants open.
    pub wanted: HashSet<u64>,
    /// The newest number that reached the relay from a transport.
    newest: HashMap<u64, u64>,
}

impl World {
    pub fn new(seed: u64) -> World {
        let now = Instant::now();
        let here = vec!["192.0.2.1:443".parse().unwrap()];
        let (max_transports, max_handshakes) = (64, 64);
        let announced = (here.clone(), here.clone());
        let config = Config {
            announce_udp: announced.0,
            announce_tcp: announced.1,
            max_transports,
            max_handshakes,
            ..Config::new(here)
        };
        let clock = (now, SystemTime::UNIX_EPOCH);
        let mut relay = Relay::new(config, clock, StdRng::seed_from_u64(!seed)).unwrap();
        relay.open_room(ROOM);
        World {
            rng: StdRng::seed_from_u64(seed),
            now,
            phones: Vec::new(),
            model: Model::default(),
            relay,
            flying: BTreeMap::new(),
            launched: 0,
            minted: 0,
            wanted: HashSet::new(),
            newest: HashMap::new(),
        }
    }

    /// Two to four people come together.
    pub fn gather(&mut self) {
        for _ in 0..self.rng.random_range(2..=4) {
            self.join();
        }
        self.run(Duration::from_secs(2));
    }

    fn mint(&mut self) -> u64 {
        self.minted += 1;
        self.minted
    }

    /// An address that nobody had before.
    pub fn address(&mut self) -> Path {
        let port = 1000 + self.mint() as u16;
        Path::Udp { socket: 0, remote: ([192, 0, 2, 9], port).into() }
    }

    /// Somebody new comes; his gate opens once his media is up.
    pub fn join(&mut self) {
        let participant = self.mint();
        self.wanted.insert(participant);
        let phone = self.phone(participant);
        self.phones.push(phone);
        self.offer(self.phones.len() - 1);
    }

    fn phone(&mut self, participant: u64) -> Phone {
        let (transport, path, names_once) = (self.mint(), self.address(), self.rng.random_bool(0.5));
        let ssrc = self.rng.random();
        let mut browser = Browser::new(path, CHROMIUM, ssrc, Profile::Srtp_Aead_Aes_128_Gcm);
        // As browsers do, so that the rollover counter is beyond doubt however many are lost at first (RFC 3711 3.3.1).
        browser.sequence = self.rng.random_range(0..0x8000);
        Phone::new(self.now, browser, participant, transport, names_once)
    }

    /// The page is loaded again: another peer connection of the same person, from another port.
    pub fn reload(&mut self, index: usize) {
        let before = &self.phones[index];
        let (participant, spoken) = (before.participant, before.spoken);
        let mut phone = self.phone(participant);
        phone.spoken = spoken;
        phone.up = std::mem::take(&mut self.phones[index].up);
        phone.down = std::mem::take(&mut self.phones[index].down);
        self.phones[index] = phone;
        self.offer(index);
    }

    fn offer(&mut self, index: usize) {
        let phone = &self.phones[index];
        let (participant, transport) = (ParticipantId(phone.participant), TransportId(phone.transport));
        let offer = Offer { room: ROOM, participant, transport, sdp: phone.browser.offer() };
        self.model.offered(self.now, participant.0, transport.0);
        let answer = self.relay.offer(self.now, &offer).unwrap();
        self.phones[index].browser.take_answer(&answer.sdp);
        self.drain(&Meaning::Other, None, None);
    }

    /// The host opens a gate on a transport that is up, or shuts it.
    pub fn gate(&mut self, participant: u64, open: bool) {
        if open {
            self.wanted.insert(participant)
        } else {
            self.wanted.remove(&participant)
        };
        let up =
            self.model.transports.iter().filter(|(_, known)| known.participant == participant && known.up);
        let Some(transport) = up.map(|(transport, _)| *transport).max() else { return };
        self.model.gate(participant, open.then_some(transport));
        self.relay.gate(self.now, ROOM, ParticipantId(participant), TransportId(transport), open);
        self.drain(&Meaning::Other, None, None);
    }

    /// Somebody hangs up, with all that he has.
    pub fn leave(&mut self, index: usize) {
        let participant = self.phones[index].participant;
        self.phones[index].gone = true;
        self.wanted.remove(&participant);
        let theirs = self.model.transports.iter().filter(|(_, known)| known.participant == participant);
        let theirs: Vec<u64> = theirs.map(|(transport, _)| *transport).collect();
        theirs.into_iter().for_each(|transport| self.model.dropped(transport));
        self.relay.leave(self.now, ROOM, ParticipantId(participant));
        self.drain(&Meaning::Other, None, None);
    }

    /// Somebody vanishes without a word: his battery is empty.
    pub fn vanish(&mut self, index: usize) {
        self.wanted.remove(&self.phones[index].participant);
        self.phones[index].gone = true;
        self.phones[index].up.dead = true;
        self.phones[index].down.dead = true;
    }

    /// A byte stream to the relay, as the phone's new way.
    pub fn dial(&mut self, index: usize) {
        let kinds = [TunnelKind::IceTcp, TunnelKind::Turn { tls: false }, TunnelKind::Turn { tls: true }];
        let kind = kinds[self.rng.random_range(0..kinds.len())];
        let id = TunnelId(self.mint());
        self.relay.tunnel_opened(id, kind, ([192, 0, 2, 77], 4000).into());
        let now = self.now;
        self.phones[index].moved(now, Path::Tunnel(id, kind));
    }

    /// The browser makes new ICE credentials; the answer brings the relay's.
    pub fn restart(&mut self, index: usize) {
        let ufrag = format!("r{:07}", self.mint());
        self.phones[index].browser.ufrag = ufrag;
        self.offer(index);
        self.phones[index].restarted(self.now);
    }

    /// Somebody with neither key nor password sends this from an address of his own.
    pub fn forge(&mut self, bytes: Vec<u8>) {
        let path = self.address();
        self.launch(self.now, None, path, bytes, Meaning::Forged);
    }

    /// A packet of a phone's that is authentic, for somebody else to send.
    pub fn copied_speech(&mut self, index: usize) -> Option<Vec<u8>> {
        let phone = &mut self.phones[index];
        phone.browser.keys.is_some().then(|| phone.browser.audio().to_vec())
    }

    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.step();
        }
    }

    pub fn step(&mut self) {
        self.now += STEP;
        while let Some(entry) = self.flying.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let flying = entry.remove();
            match flying.to {
                None => self.reach_relay(&flying),
                Some(index) => self.reach_phone(index, &flying),
            }
        }
        if self.relay.poll_timeout().is_some_and(|due| due <= self.now) {
            self.relay.handle_timeout(self.now);
            assert!(self.relay.poll_timeout().is_none_or(|due| due > self.now), "the relay would spin");
            self.drain(&Meaning::Other, None, None);
        }
        for index in 0..self.phones.len() {
            self.serve(index);
        }
    }

    fn serve(&mut self, index: usize) {
        if self.phones[index].gone {
            return;
        }
        for flight in self.phones[index].browser.handshake(self.now) {
            self.send(index, flight.to_vec(), &Meaning::Other);
        }
        while let Some(wish) = self.phones[index].wish(self.now) {
            let phone = &mut self.phones[index];
            let (transport, speaker, number) = (phone.transport, phone.participant, phone.spoken);
            match wish {
                Wish::Check { use_candidate } => {
                    let check = phone.browser.check(use_candidate);
                    self.send(index, check, &Meaning::Check { transport });
                }
                Wish::Speak => {
                    let sealed = phone.browser.audio().to_vec();
                    self.send(index, sealed, &Meaning::Speech { transport, speaker, number });
                }
                Wish::Restart => {
                    let blocked = phone.up.udp_blocked || phone.down.udp_blocked;
                    if blocked && matches!(phone.browser.path, Path::Udp { .. }) {
                        self.dial(index);
                    }
                    self.restart(index);
                }
            }
        }
    }

    fn came_up(&mut self, transport: u64) {
        let participant = self.model.transports[&transport].participant;
        let older = self.model.transports.iter();
        let older = older.filter(|(other, known)| **other != transport && known.participant == participant);
        let older: Vec<u64> = older.map(|(other, _)| *other).collect();
        if self.wanted.contains(&participant) {
            self.gate(participant, true);
        }
        for other in older {
            self.model.dropped(other);
            self.relay.drop_transport(self.now, TransportId(other));
        }
        self.drain(&Meaning::Other, None, None);
    }

    fn went_down(&mut self, transport: u64) {
        let here = |phone: &Phone| phone.transport == transport && !phone.gone;
        if let Some(index) = self.phones.iter().position(here) {
            self.reload(index);
        }
    }
}
