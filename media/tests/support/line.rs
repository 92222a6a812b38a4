//! A lean client on a UDP socket of its own, and a relay in this process with calls of two over it. Nothing here is
//! asynchronous: whoever waits lets everybody talk meanwhile.
#![allow(dead_code)]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use charla_media::api::{Answer, Config, Offer, OfferError, ParticipantId, RoomId, TransportId};
use charla_media::{EventReceiver, Media, Stats};

#[path = "../../examples/load/client.rs"]
pub mod client;
use client::{Client, Identity};

/// Long enough for the slowest machine; a test that waits it out has failed.
const PATIENCE: Duration = Duration::from_secs(60);
const FRAME: Duration = Duration::from_millis(20);
/// What everybody says while he waits.
pub const SPEECH: &[u8] = &[0x78; 80];

pub struct Host {
    pub media: Media,
    pub events: EventReceiver,
    pub identity: Identity,
    runtime: tokio::runtime::Runtime,
}

impl Host {
    pub fn start() -> Host {
        let (media, events) = Media::start(Config::new(vec!["127.0.0.1:0".parse().unwrap()])).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Host { media, events, identity: Identity::new().unwrap(), runtime }
    }

    pub fn address(&self) -> SocketAddr {
        self.media.udp_addrs()[0]
    }

    pub fn stats(&self) -> Stats {
        self.runtime.block_on(self.media.stats()).unwrap()
    }

    pub fn offer(&self, room: u64, id: u64, sdp: String) -> Result<Answer, OfferError> {
        let (room, participant, transport) = (RoomId(room), ParticipantId(id), TransportId(id));
        self.media.open_room(room);
        self.runtime.block_on(self.media.offer(Offer { room, participant, transport, sdp }))
    }

    /// Somebody who has been answered and has said nothing to the relay yet; his gate is open.
    pub fn answered(&self, room: u64, id: u64) -> Line {
        let mut client = Client::new(&self.identity, TransportId(id), 2);
        let answer = self.offer(room, id, client.offer()).unwrap();
        let relay = client.answer(Instant::now(), &answer.sdp).unwrap();
        self.media.gate(RoomId(room), ParticipantId(id), TransportId(id), true);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Line { client, socket, relay, answer: answer.sdp, next: Instant::now(), said: 0, heard: Vec::new() }
    }

    /// Two people who hear each other.
    pub fn call(&self, room: u64) -> Vec<Line> {
        let mut lines = vec![self.answered(room, room * 10), self.answered(room, room * 10 + 1)];
        until("both hear", &mut lines, |lines| lines.iter().all(|line| line.heard.len() > 5));
        lines
    }

    /// Waits until the relay has taken so many datagrams more than at `before`.
    pub fn took(&self, before: Stats, more: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.stats().received < before.received + more {
            assert!(Instant::now() < deadline, "the relay took {:?} of {more}", self.stats());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// One person.
pub struct Line {
    pub client: Client,
    pub socket: UdpSocket,
    pub relay: SocketAddr,
    pub answer: String,
    next: Instant,
    pub said: u64,
    /// The payloads that came.
    pub heard: Vec<Vec<u8>>,
}

impl Line {
    /// Does what is due, sends what waits and takes what came.
    pub fn turn(&mut self) {
        let now = Instant::now();
        self.client.handle_timeout(now);
        let mut buffer = [0; 2048];
        while let Ok(length) = self.socket.recv(&mut buffer) {
            if let Some(packet) = self.client.handle(now, &buffer[..length]) {
                self.heard.push(packet[packet.len() - SPEECH.len().min(packet.len())..].to_vec());
            }
        }
        while let Some(datagram) = self.client.poll_transmit() {
            self.send(&datagram);
        }
    }

    /// Says a frame when the time for it has come.
    pub fn talk(&mut self) {
        if self.client.connected() && Instant::now() >= self.next {
            self.next = Instant::now() + FRAME;
            self.say(SPEECH);
        }
    }

    pub fn say(&mut self, payload: &[u8]) {
        let sealed = self.client.seal(payload).unwrap();
        self.send(&sealed);
        self.said += 1;
    }

    /// A full socket loses it, as any network may.
    pub fn send(&self, datagram: &[u8]) {
        let _ = self.socket.send_to(datagram, self.relay);
    }

    /// A value of the relay's answer.
    pub fn value(&self, name: &str) -> String {
        let line = self.answer.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap();
        line.to_owned()
    }
}

/// Everybody talks until something holds.
pub fn until(what: &str, lines: &mut [Line], mut holds: impl FnMut(&[Line]) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds(lines) {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        for line in &mut *lines {
            line.turn();
            line.talk();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Nobody talks until something holds.
pub fn quietly(what: &str, lines: &mut [Line], mut holds: impl FnMut(&[Line]) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds(lines) {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        lines.iter_mut().for_each(Line::turn);
        std::thread::sleep(Duration::from_millis(2));
    }
}
