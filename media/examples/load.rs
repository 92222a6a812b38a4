//! Loads a relay in a process of its own with real clients over UDP on loopback, and tells what it cost.
//!
//! `cargo run --release -p charla-media --example load` takes about a minute, `-- --quick` about five seconds.
//! One plain line per case: server processor time per forwarded packet, share delivered, latency from sealing in
//! one client to opening in another (both in this process, whose own work is part of it), memory per participant.
//! Every speaker sends 50 packets of 80 bytes of payload a second; speakers are spread over the 20 ms, in steps of
//! one, or, with `--burst`, all send at the same moment.

#![allow(clippy::disallowed_methods, reason = "a load client reads clocks")]

use std::error::Error;
use std::net::UdpSocket as StdUdpSocket;
use std::time::{Duration, Instant};

use charla_media::api::TransportId;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};

#[path = "load/client.rs"]
mod client;
#[path = "load/server.rs"]
mod server;
use client::{Client, Identity};
use server::Server;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const FRAME: Duration = Duration::from_millis(20);
const PAYLOAD: usize = 80;
/// Everybody must be connected by then.
const CONNECT: Duration = Duration::from_secs(60);

struct Case {
    name: &'static str,
    rooms: u64,
    people: u64,
    /// Of each room.
    speakers: u64,
}

const FULL: [Case; 5] = [
    Case { name: "1 speaker, 200 listeners", rooms: 1, people: 201, speakers: 1 },
    Case { name: "100 calls of two", rooms: 100, people: 2, speakers: 2 },
    Case { name: "12 rooms of 5, all speaking", rooms: 12, people: 5, speakers: 5 },
    Case { name: "1 room of 9, all speaking", rooms: 1, people: 9, speakers: 9 },
    Case { name: "20 calls of two", rooms: 20, people: 2, speakers: 2 },
];

const QUICK: [Case; 3] = [
    Case { name: "1 speaker, 30 listeners", rooms: 1, people: 31, speakers: 1 },
    Case { name: "10 calls of two", rooms: 10, people: 2, speakers: 2 },
    Case { name: "3 rooms of 5, all speaking", rooms: 3, people: 5, speakers: 5 },
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has("--serve") {
        return server::serve();
    }
    if let Some(unknown) = arguments.iter().find(|a| !["--quick", "--burst"].contains(&a.as_str())) {
        return Err(format!("unknown argument {unknown}; known: --quick, --burst").into());
    }
    let (cases, span) = if has("--quick") {
        (&QUICK[..], Duration::from_secs(1))
    } else {
        (&FULL[..], Duration::from_secs(8))
    };
    let identity = Identity::new()?;
    for case in cases {
        let mut crowd = Crowd::gather(&identity, case, has("--burst"))?;
        let outcome = crowd.talk(span)?;
        println!("load: {}: {outcome}", case.name);
    }
    Ok(())
}

/// One person: a client, and the socket through which it reaches the relay.
struct Person {
    client: Client,
    socket: UdpSocket,
    speaks: bool,
    next_frame: Instant,
}

/// Everybody in a case, in one thread.
struct Crowd {
    server: Server,
    poll: Poll,
    people: Vec<Person>,
    listeners_per_speaker: u64,
    burst: bool,
    memory_before: u64,
    epoch: Instant,
    measured: Measured,
}

#[derive(Default)]
struct Measured {
    /// Packets sealed earlier do not count, nanoseconds since the epoch.
    since: u64,
    sent: u64,
    heard: u64,
    /// Of every packet heard, microseconds.
    latencies: Vec<u32>,
}

impl Crowd {
    fn gather(identity: &Identity, case: &Case, burst: bool) -> Result<Crowd> {
        let server = Server::spawn()?;
        let mut crowd = Crowd {
            memory_before: 0,
            server,
            poll: Poll::new()?,
            people: Vec::new(),
            listeners_per_speaker: case.people - 1,
            burst,
            epoch: Instant::now(),
            measured: Measured::default(),
        };
        for id in 0..case.rooms * case.people {
            let (room, place) = (1 + id / case.people, id % case.people);
            crowd.join(identity, room, id, place < case.speakers)?;
            if id == 0 {
                // The first join has made what the relay makes once; from here on people are counted.
                crowd.memory_before = crowd.server.memory_kb()?;
            }
            crowd.serve(Duration::ZERO)?;
        }
        let deadline = Instant::now() + CONNECT;
        while !crowd.people.iter().all(|person| person.client.connected()) {
            if Instant::now() > deadline {
                return Err("not everybody connected".into());
            }
            crowd.serve(Duration::from_millis(5))?;
        }
        Ok(crowd)
    }

    fn join(&mut self, identity: &Identity, room: u64, id: u64, speaks: bool) -> Result<()> {
        let slots = self.listeners_per_speaker.min(8) as usize;
        let mut client = Client::new(identity, TransportId(id), slots);
        let answer = self.server.join(room, id, &client.offer())?;
        let relay = client.answer(Instant::now(), &answer)?;
        let socket = StdUdpSocket::bind("127.0.0.1:0")?;
        socket.connect(relay)?;
        socket.set_nonblocking(true)?;
        let mut socket = UdpSocket::from_std(socket);
        self.poll.registry().register(&mut socket, Token(self.people.len()), Interest::READABLE)?;
        self.people.push(Person { client, socket, speaks, next_frame: Instant::now() });
        Ok(())
    }

    /// Everybody who speaks does, for so long; what was in flight at the end is waited for.
    fn talk(&mut self, span: Duration) -> Result<Outcome> {
        let memory_kb = self.server.memory_kb()?.saturating_sub(self.memory_before);
        let start = Instant::now();
        let speakers = self.people.iter().filter(|person| person.speaks).count().max(1) as u32;
        let spread = if self.burst { Duration::ZERO } else { FRAME / speakers };
        for (index, person) in (0..).zip(self.people.iter_mut().filter(|person| person.speaks)) {
            person.next_frame = start + spread * index;
        }
        // A tenth to settle in.
        self.run_until(start + span / 10, true)?;
        let (before, began) = (self.server.cpu()?, Instant::now());
        self.measured = Measured { since: self.now(), ..Measured::default() };
        self.run_until(began + span, true)?;
        let ((cpu, in_kernel), took) = (self.server.cpu()?.since(before), began.elapsed());
        self.run_until(Instant::now() + Duration::from_millis(50), false)?;
        let Measured { sent, heard, latencies, .. } = std::mem::take(&mut self.measured);
        Ok(Outcome {
            participants: self.people.len() as u64,
            expected: sent * self.listeners_per_speaker,
            heard,
            took,
            cpu,
            in_kernel,
            latencies,
            memory_kb,
        })
    }

    fn run_until(&mut self, end: Instant, speaking: bool) -> Result<()> {
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            let next =
                self.people.iter().filter(|person| person.speaks).map(|person| person.next_frame).min();
            let wait = next.filter(|_| speaking).unwrap_or(end).min(end).saturating_duration_since(now);
            self.serve(wait)?;
            if speaking {
                self.speak(Instant::now())?;
            }
        }
    }

    fn speak(&mut self, now: Instant) -> Result<()> {
        let mut payload = [0x78; PAYLOAD];
        for person in self.people.iter_mut().filter(|person| person.speaks && person.next_frame <= now) {
            person.next_frame += FRAME;
            let stamp = self.epoch.elapsed().as_nanos() as u64;
            payload[..8].copy_from_slice(&stamp.to_be_bytes());
            let packet = person.client.seal(&payload).ok_or("not connected")?;
            // A full socket shows as a packet not delivered.
            let _ = person.socket.send(&packet);
            self.measured.sent += 1;
        }
        Ok(())
    }

    /// Waits for datagrams at most so long, in milliseconds begun, and serves all that came.
    fn serve(&mut self, wait: Duration) -> Result<()> {
        let mut ready = Events::with_capacity(1024);
        self.poll.poll(&mut ready, Some(wait))?;
        let now = Instant::now();
        for event in &ready {
            self.receive(now, event.token().0);
        }
        for person in &mut self.people {
            person.client.handle_timeout(now);
            while let Some(datagram) = person.client.poll_transmit() {
                let _ = person.socket.send(&datagram);
            }
        }
        Ok(())
    }

    fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }

    fn receive(&mut self, now: Instant, index: usize) {
        let mut buffer = [0; 2048];
        let person = &mut self.people[index];
        while let Ok(length) = person.socket.recv(&mut buffer) {
            let Some(packet) = person.client.handle(now, &buffer[..length]) else { continue };
            let heard = self.epoch.elapsed().as_nanos() as u64;
            if let Some(stamp) = stamp(&packet).filter(|stamp| *stamp >= self.measured.since) {
                self.measured.heard += 1;
                self.measured.latencies.push((heard.saturating_sub(stamp) / 1000) as u32);
            }
        }
    }
}

/// When an opened packet was sealed, nanoseconds since the epoch: its payload's first bytes.
fn stamp(packet: &[u8]) -> Option<u64> {
    let first = packet.first()?;
    let mut start = 12 + usize::from(first & 15) * 4;
    if first & 0x10 != 0 {
        let words = u16::from_be_bytes([*packet.get(start + 2)?, *packet.get(start + 3)?]);
        start += 4 + usize::from(words) * 4;
    }
    packet.get(start..)?.first_chunk().map(|stamp| u64::from_be_bytes(*stamp))
}

/// What a case cost.
struct Outcome {
    participants: u64,
    expected: u64,
    heard: u64,
    took: Duration,
    /// Seconds.
    cpu: f64,
    in_kernel: f64,
    latencies: Vec<u32>,
    memory_kb: u64,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let percentile = |share: f64| {
            let index = (latencies.len() as f64 * share) as usize;
            latencies.get(index.min(latencies.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        let packets = self.heard.max(1) as f64;
        write!(
            formatter,
            "{:.2} us server CPU per forwarded packet ({:.0} % in the kernel), {:.0} packets/s forwarded, \
             {:.2} % delivered, latency p50 {} us, p99 {} us, max {} us, {} kB per participant",
            self.cpu * 1e6 / packets,
            self.in_kernel * 100.0,
            packets / self.took.as_secs_f64(),
            self.heard as f64 * 100.0 / self.expected.max(1) as f64,
            percentile(0.5),
            percentile(0.99),
            latencies.last().copied().unwrap_or(0),
            self.memory_kb / self.participants.saturating_sub(1).max(1),
        )
    }
}
