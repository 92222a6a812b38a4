//! What one forwarded packet costs in the relay itself, without sockets: opened once, sealed per receiver.
//! `cargo bench -p charla-media --bench fanout` prints one line per shape: this thread's processor time, so that
//! other work on the machine disturbs little. Timers (reports) are not counted.

#![allow(clippy::disallowed_methods, reason = "a bench reads clocks")]

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use bytes::BytesMut;
use charla_media::api::{Config, Offer, ParticipantId, RoomId, TransportId};
use charla_media::relay::{Path, Relay};
use nix::time::{ClockId, clock_gettime};
use rand::SeedableRng;
use rand::rngs::StdRng;

#[path = "../examples/load/client.rs"]
mod client;
use client::{Client, Identity};

/// Simulated audio per round: ten seconds.
const TICKS: usize = 500;
const TICK: Duration = Duration::from_millis(20);
const ROUNDS: usize = 5;
const PAYLOAD: [u8; 80] = [0x78; 80];

struct Shape {
    name: &'static str,
    rooms: u64,
    people: u64,
    speakers: u64,
}

const SHAPES: [Shape; 4] = [
    Shape { name: "1 room of 9, one speaking", rooms: 1, people: 9, speakers: 1 },
    Shape { name: "100 rooms of 2, both speaking", rooms: 100, people: 2, speakers: 2 },
    Shape { name: "12 rooms of 5, all speaking", rooms: 12, people: 5, speakers: 5 },
    Shape { name: "1 room of 9, all speaking", rooms: 1, people: 9, speakers: 9 },
];

fn main() -> Result<(), Box<dyn Error>> {
    // Without `--bench` cargo asks only whether it runs.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let (ticks, rounds) = if measured { (TICKS, ROUNDS) } else { (20, 1) };
    let identity = Identity::new()?;
    for shape in &SHAPES {
        let mut hall = Hall::open(&identity, shape)?;
        let mut costs = Vec::new();
        for _ in 0..rounds {
            let (packets, spent) = hall.speak(ticks)?;
            costs.push(spent.as_nanos() as u64 / packets);
        }
        costs.sort_unstable();
        let (best, median) = (costs[0], costs[costs.len() / 2]);
        println!(
            "fanout: {}: {best} ns per forwarded packet (best of {rounds}; median {median} ns)",
            shape.name
        );
    }
    Ok(())
}

/// A relay, its clients, and the simulated time in which they live.
struct Hall {
    relay: Relay,
    clients: Vec<Client>,
    speakers: Vec<usize>,
    listeners_per_speaker: u64,
    now: Instant,
}

impl Hall {
    fn open(identity: &Identity, shape: &Shape) -> Result<Hall, Box<dyn Error>> {
        let now = Instant::now();
        let here: SocketAddr = "192.0.2.1:8443".parse()?;
        let (max_transports, max_handshakes) = (10_000, 10_000);
        let config =
            Config { announce_udp: vec![here], max_transports, max_handshakes, ..Config::new(vec![here]) };
        let relay = Relay::new(config, (now, SystemTime::now()), StdRng::seed_from_u64(1))?;
        let (clients, speakers) = (Vec::new(), Vec::new());
        let mut hall = Hall { relay, clients, speakers, listeners_per_speaker: shape.people - 1, now };
        for room in (1..=shape.rooms).map(RoomId) {
            hall.relay.open_room(room);
            for person in 0..shape.people {
                hall.join(identity, room, person < shape.speakers)?;
            }
        }
        for _ in 0..500 {
            hall.step();
            if hall.clients.iter().all(Client::connected) {
                return Ok(hall);
            }
        }
        Err("the clients do not connect".into())
    }

    fn join(&mut self, identity: &Identity, room: RoomId, speaks: bool) -> Result<(), Box<dyn Error>> {
        let index = self.clients.len();
        let (participant, transport) = (ParticipantId(index as u64), TransportId(index as u64));
        let mut client = Client::new(identity, transport, self.listeners_per_speaker as usize);
        let offer = Offer { room, participant, transport, sdp: client.offer() };
        let answer = self.relay.offer(self.now, &offer)?;
        client.answer(self.now, &answer.sdp)?;
        self.relay.gate(self.now, room, participant, transport, true);
        self.clients.push(client);
        if speaks {
            self.speakers.push(index);
        }
        Ok(())
    }

    /// One tick of everything but audio, both ways.
    fn step(&mut self) {
        self.now += TICK;
        if self.relay.poll_timeout().is_some_and(|due| due <= self.now) {
            self.relay.handle_timeout(self.now);
        }
        for (index, client) in self.clients.iter_mut().enumerate() {
            client.handle_timeout(self.now);
            while let Some(datagram) = client.poll_transmit() {
                self.relay.handle_datagram(self.now, path(index), &datagram);
            }
        }
        for (to, bytes) in self.relay.outgoing().iter() {
            if let Some(client) = client_at(to).and_then(|index| self.clients.get_mut(index)) {
                client.handle(self.now, bytes);
            }
        }
        self.relay.clear_outgoing();
        while self.relay.poll_event().is_some() {}
    }

    /// Everybody's audio for so many ticks: the packets forwarded, and the relay's time for them.
    fn speak(&mut self, ticks: usize) -> Result<(u64, Duration), Box<dyn Error>> {
        let (mut forwarded, mut spent) = (0, Duration::ZERO);
        for _ in 0..ticks {
            self.step();
            let mut sealed: Vec<(usize, BytesMut)> = Vec::with_capacity(self.speakers.len());
            for index in &self.speakers {
                sealed.push((*index, self.clients[*index].seal(&PAYLOAD).ok_or("not connected")?));
            }
            let started = processor_time()?;
            for (index, datagram) in &sealed {
                self.relay.handle_datagram(self.now, path(*index), datagram);
                forwarded += self.relay.outgoing().len() as u64;
                self.relay.clear_outgoing();
            }
            spent += processor_time()?.saturating_sub(started);
        }
        let wanted = (ticks * self.speakers.len()) as u64 * self.listeners_per_speaker;
        if forwarded != wanted {
            return Err(format!("{forwarded} packets forwarded, {wanted} expected").into());
        }
        Ok((forwarded, spent))
    }
}

/// Of this thread, since it began.
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

fn path(client: usize) -> Path {
    let [high, low] = (client as u16).to_be_bytes();
    Path::Udp { socket: 0, remote: SocketAddr::from(([198, 18, high, low], 5000)) }
}

fn client_at(path: Path) -> Option<usize> {
    match path {
        Path::Udp { remote: SocketAddr::V4(v4), .. } => {
            let [_, _, high, low] = v4.ip().octets();
            Some(usize::from(u16::from_be_bytes([high, low])))
        }
        _ => None,
    }
}
