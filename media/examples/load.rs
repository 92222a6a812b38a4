//! Loads a relay in a process of its own with real clients over UDP, and tells what it cost.
//!
//! `cargo run --release -p charla-media --example load` takes about a minute and a half, `-- --quick` about ten
//! seconds. One plain line per case: server processor time per forwarded packet (from /proc), share delivered, latency
//! from just before the send in one client to the kernel's receipt for another (SO_TIMESTAMPNS, so that the clients'
//! own queue is not in it), memory per participant. Every speaker sends 50 packets of 80 bytes of payload a second;
//! speakers are spread over the 20 ms, in steps of one.
//!
//! `--stack`: the clients are str0m's, another WebRTC stack (slower than the relay: the large cases want a processor
//! to themselves). `--veth`: the server runs in a network namespace behind a veth pair instead of on loopback (root).
//! `--woken`: the clients wait in epoll and the server's send wakes them, as no client on another machine does;
//! without it they look at their sockets every 200 us. `--burst`: all speak at the same moment. `--case N`: that alone.
//! `--seconds N`: each case is measured for so long. `--junk RATE`: meanwhile a process pinned to the second processor
//! floods the relay's port with so many datagrams of junk a second; `--sink RATE`: the same flood at a socket of this
//! process that nobody reads, which is the control (pin this one to the first: `taskset -c 0`).
//! `--gather US`: how long the relay lets datagrams gather, instead of what it does by default.

#![allow(clippy::disallowed_methods, reason = "a load client reads clocks")]

use std::net::{SocketAddr, UdpSocket as StdUdpSocket};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use charla_media::api::{Config, TransportId};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use nix::sys::socket::{setsockopt, sockopt::ReceiveTimestampns};

#[path = "load/client.rs"]
mod client;
#[path = "load/junk.rs"]
mod junk;
#[path = "load/outcome.rs"]
mod outcome;
#[path = "load/peer.rs"]
mod peer;
#[path = "load/person.rs"]
mod person;
#[path = "load/server.rs"]
mod server;
#[path = "load/stack.rs"]
mod stack;
use client::Client;
use outcome::Outcome;
use peer::{Peer, Result};
use person::{Measured, Person, unix_nanos};
use server::{Place, Server};

const FRAME: Duration = Duration::from_millis(20);
const PAYLOAD: usize = 80;
/// Everybody must be connected by then.
const CONNECT: Duration = Duration::from_secs(60);
/// Between two looks at the sockets.
const GLANCE: Duration = Duration::from_micros(200);
/// What the relay answers at most.
const SLOTS: u64 = 8;

struct Case {
    name: &'static str,
    rooms: u64,
    people: u64,
    /// Of each room.
    speakers: u64,
}

const FULL: [Case; 6] = [
    Case { name: "1 speaker, 200 listeners", rooms: 1, people: 201, speakers: 1 },
    Case { name: "100 calls of two", rooms: 100, people: 2, speakers: 2 },
    Case { name: "ten talkers in a room", rooms: 1, people: 10, speakers: 10 },
    Case { name: "20 calls of two", rooms: 20, people: 2, speakers: 2 },
    Case { name: "12 rooms of 5, all speaking", rooms: 12, people: 5, speakers: 5 },
    Case { name: "22 rooms of 9, one speaking", rooms: 22, people: 9, speakers: 1 },
];

const QUICK: [Case; 3] = [
    Case { name: "1 speaker, 30 listeners", rooms: 1, people: 31, speakers: 1 },
    Case { name: "10 calls of two", rooms: 10, people: 2, speakers: 2 },
    Case { name: "3 rooms of 5, all speaking", rooms: 3, people: 5, speakers: 5 },
];

/// What the command line chose.
#[derive(Clone, Copy)]
struct Choice {
    stack: bool,
    woken: bool,
    burst: bool,
    flood: Option<Flood>,
    gather: Duration,
}

/// Datagrams a second, and where to.
#[derive(Clone, Copy)]
enum Flood {
    Relay(u32),
    Sink(u32),
}

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, address, gather] = &arguments[..]
        && serve == "--serve"
    {
        return server::serve(address.parse()?, Duration::from_micros(gather.parse()?));
    }
    if let [flood, address, rate, seconds, ufrag] = &arguments[..]
        && flood == "--flood"
    {
        let (span, start) = (Duration::from_secs(seconds.parse()?), Instant::now());
        let sent = junk::flood(address.parse()?, ufrag, rate.parse()?, span)?;
        println!("junk: {sent} datagrams, {:.0} a second", sent as f64 / start.elapsed().as_secs_f64());
        return Ok(());
    }
    let mut number = |name: &str| -> Result<Option<u32>> {
        let Some(at) = arguments.iter().position(|argument| argument == name) else { return Ok(None) };
        let value = arguments.get(at + 1).ok_or_else(|| format!("{name} wants a number"))?.parse()?;
        arguments.drain(at..=at + 1);
        Ok(Some(value))
    };
    let (only, seconds) = (number("--case")?, number("--seconds")?);
    let gather = number("--gather")?.map_or(Config::GATHER, |us| Duration::from_micros(us.into()));
    let flood = number("--junk")?.map(Flood::Relay).or(number("--sink")?.map(Flood::Sink));
    let known = ["--quick", "--stack", "--veth", "--woken", "--burst"];
    if let Some(unknown) = arguments.iter().find(|argument| !known.contains(&argument.as_str())) {
        return Err(format!(
            "unknown argument {unknown}; known: --case N, --gather US, --seconds N, --junk RATE, --sink RATE, {}",
            known.join(", ")
        )
        .into());
    }
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let choice =
        Choice { stack: has("--stack"), woken: has("--woken"), burst: has("--burst"), flood, gather };
    let (cases, span) = if has("--quick") {
        (&QUICK[..], Duration::from_secs(1))
    } else {
        (&FULL[..], Duration::from_secs(8))
    };
    let span = seconds.map_or(span, |seconds| Duration::from_secs(seconds.into()));
    let place = if has("--veth") { Place::veth()? } else { Place::Loopback };
    let identities = (client::Identity::new()?, stack::Identity::new()?);
    for (index, case) in cases.iter().enumerate() {
        if only.is_none_or(|only| only as usize == index) {
            let mut crowd = Crowd::gather(&identities, case, choice, &place)?;
            let outcome = crowd.talk(span)?;
            println!("load: {}: {outcome}", case.name);
        }
    }
    Ok(())
}

/// Everybody in a case, in one thread.
struct Crowd {
    server: Server,
    poll: Poll,
    people: Vec<Person>,
    choice: Choice,
    heard_per_packet: f64,
    memory_before: u64,
    measured: Measured,
    /// Where the relay is, and a ufrag of its own.
    known: Option<(SocketAddr, String)>,
}

impl Case {
    /// How often a packet is heard: up to nine people hear each other, more hear the eight loudest.
    fn heard_per_packet(&self) -> f64 {
        let loudest = if self.people > SLOTS + 1 { self.speakers.min(SLOTS) } else { self.speakers };
        let heard = loudest * (loudest - 1) + (self.people - loudest) * loudest;
        heard as f64 / self.speakers as f64
    }
}

type Identities = (client::Identity, stack::Identity);

impl Crowd {
    fn gather(identities: &Identities, case: &Case, choice: Choice, place: &Place) -> Result<Crowd> {
        let mut crowd = Crowd {
            memory_before: 0,
            server: Server::spawn(place, choice.gather)?,
            poll: Poll::new()?,
            people: Vec::new(),
            choice,
            heard_per_packet: case.heard_per_packet(),
            measured: Measured::default(),
            known: None,
        };
        for id in 0..case.rooms * case.people {
            let (room, seat) = (1 + id / case.people, id % case.people);
            let slots = (case.people - 1).min(SLOTS) as usize;
            crowd.join(identities, room, id, slots, (place, seat < case.speakers))?;
            if id == 0 {
                // The first join has made what the relay makes once; from here on people are counted.
                crowd.memory_before = crowd.server.memory_kb()?;
            }
            crowd.serve(Instant::now())?;
        }
        let deadline = Instant::now() + CONNECT;
        while !crowd.people.iter().all(|person| person.client.connected()) {
            if Instant::now() > deadline {
                return Err("not everybody connected".into());
            }
            crowd.serve(Instant::now() + Duration::from_millis(5))?;
        }
        Ok(crowd)
    }

    fn join(
        &mut self,
        identities: &Identities,
        room: u64,
        id: u64,
        slots: usize,
        (place, speaks): (&Place, bool),
    ) -> Result<()> {
        let socket = StdUdpSocket::bind(SocketAddr::new(place.clients(), 0))?;
        let now = Instant::now();
        let mut client: Box<dyn Peer> = if self.choice.stack {
            Box::new(stack::Client::new(&identities.1, now, socket.local_addr()?, slots)?)
        } else {
            Box::new(Client::new(&identities.0, TransportId(id), slots))
        };
        let answer = self.server.join(room, id, &client.offer()?)?;
        let relay = client.answer(now, &answer)?;
        socket.connect(relay)?;
        let ufrag = answer.lines().find_map(|line| line.trim().strip_prefix("a=ice-ufrag:"));
        self.known = Some((relay, ufrag.ok_or("the answer has no ufrag")?.to_owned()));
        socket.set_nonblocking(true)?;
        setsockopt(&socket, ReceiveTimestampns, &true)?;
        let mut socket = UdpSocket::from_std(socket);
        self.poll.registry().register(&mut socket, Token(self.people.len()), Interest::READABLE)?;
        self.people.push(Person { client, socket, speaks, next_frame: now });
        Ok(())
    }

    /// Everybody who speaks does, for so long; what was in flight at the end is waited for.
    fn talk(&mut self, span: Duration) -> Result<Outcome> {
        let start = Instant::now();
        let speakers = self.people.iter().filter(|person| person.speaks).count().max(1) as u32;
        let spread = if self.choice.burst { Duration::ZERO } else { FRAME / speakers };
        for (index, person) in (0..).zip(self.people.iter_mut().filter(|person| person.speaks)) {
            person.next_frame = start + spread * index;
        }
        // A tenth to settle in.
        self.run_until(start + span / 10, true)?;
        let flood = self.flood(span)?;
        let (before, began) = (self.server.cpu()?, Instant::now());
        self.measured = Measured { since: unix_nanos(), ..Measured::default() };
        self.run_until(began + span, true)?;
        let ((cpu, in_kernel), took) = (self.server.cpu()?.since(before), began.elapsed());
        self.run_until(Instant::now() + Duration::from_millis(50), false)?;
        let memory_kb = self.server.memory_kb()?.saturating_sub(self.memory_before);
        if let Some((mut flood, _sink)) = flood {
            flood.wait()?;
        }
        let Measured { sent, heard, latencies, .. } = std::mem::take(&mut self.measured);
        Ok(Outcome {
            participants: self.people.len() as u64,
            expected: sent as f64 * self.heard_per_packet,
            heard,
            took,
            cpu,
            in_kernel,
            latencies,
            memory_kb,
        })
    }

    /// Starts the flood that was asked for; it says itself how much it sent. With it comes the socket that it fills.
    fn flood(&self, span: Duration) -> Result<Option<(Child, Option<StdUdpSocket>)>> {
        let (Some(flood), Some((relay, ufrag))) = (self.choice.flood, &self.known) else { return Ok(None) };
        let (target, rate, sink) = match flood {
            Flood::Relay(rate) => (*relay, rate, None),
            Flood::Sink(rate) => {
                let sink = StdUdpSocket::bind(SocketAddr::new(relay.ip(), 0))?;
                (sink.local_addr()?, rate, Some(sink))
            }
        };
        let program = std::env::current_exe()?;
        let mut command = Command::new("taskset");
        command.args(["-c", "1"]).arg(program).arg("--flood").arg(target.to_string()).arg(rate.to_string());
        let child = command.arg(span.as_secs().to_string()).arg(ufrag).stdin(Stdio::null()).spawn()?;
        Ok(Some((child, sink)))
    }

    fn run_until(&mut self, end: Instant, speaking: bool) -> Result<()> {
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            let next =
                self.people.iter().filter(|person| person.speaks).map(|person| person.next_frame).min();
            self.serve(next.filter(|_| speaking).unwrap_or(end).min(end))?;
            if speaking {
                self.speak(Instant::now())?;
            }
        }
    }

    fn speak(&mut self, now: Instant) -> Result<()> {
        let mut payload = [0x78; PAYLOAD];
        for person in self.people.iter_mut().filter(|person| person.speaks && person.next_frame <= now) {
            person.next_frame += FRAME;
            payload[..8].copy_from_slice(&unix_nanos().to_be_bytes());
            person.client.speak(now, &payload)?;
            self.measured.sent += 1;
            person.flush();
        }
        Ok(())
    }

    /// Waits for datagrams at most until then and serves all that came.
    fn serve(&mut self, until: Instant) -> Result<()> {
        let mut ready = Events::with_capacity(1024);
        let wait = until.saturating_duration_since(Instant::now());
        if self.choice.woken {
            self.poll.poll(&mut ready, Some(wait))?;
        } else {
            thread::sleep(wait.min(GLANCE));
            self.poll.poll(&mut ready, Some(Duration::ZERO))?;
        }
        let now = Instant::now();
        for event in &ready {
            let measured = &mut self.measured;
            self.people[event.token().0].receive(now, measured);
        }
        for person in &mut self.people {
            if person.client.poll_timeout().is_some_and(|due| due <= now) {
                person.client.handle_timeout(now);
            }
            person.flush();
        }
        Ok(())
    }
}

/// Where an answer says that the relay listens for UDP.
fn relay_address(sdp: &str) -> Result<SocketAddr> {
    let candidates = sdp.lines().filter_map(|line| line.trim().strip_prefix("a=candidate:"));
    let found = candidates
        .map(|candidate| candidate.split(' ').collect::<Vec<_>>())
        .find(|fields| fields.get(2).is_some_and(|protocol| protocol.eq_ignore_ascii_case("udp")))
        .and_then(|fields| Some(SocketAddr::new(fields.get(4)?.parse().ok()?, fields.get(5)?.parse().ok()?)));
    Ok(found.ok_or("the answer has no UDP candidate")?)
}

impl Peer for Client {
    fn offer(&mut self) -> Result<String> {
        Ok(Client::offer(self))
    }

    fn answer(&mut self, now: Instant, sdp: &str) -> Result<SocketAddr> {
        Client::answer(self, now, sdp)
    }

    fn connected(&self) -> bool {
        Client::connected(self)
    }

    fn handle(&mut self, now: Instant, datagram: &[u8], heard: &mut dyn FnMut(&[u8])) {
        if let Some(packet) = Client::handle(self, now, datagram) {
            heard(&packet[header_length(&packet).min(packet.len())..]);
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Client::poll_timeout(self)
    }

    fn handle_timeout(&mut self, now: Instant) {
        Client::handle_timeout(self, now);
    }

    fn speak(&mut self, _: Instant, payload: &[u8]) -> Result<()> {
        let packet = self.seal(payload).ok_or("not connected")?;
        self.outgoing.push_back(packet);
        Ok(())
    }

    fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        Client::poll_transmit(self).map(|datagram| datagram.to_vec())
    }
}

/// Of an opened RTP packet.
fn header_length(packet: &[u8]) -> usize {
    let Some(first) = packet.first() else { return 0 };
    let length = 12 + usize::from(first & 15) * 4;
    let words = packet.get(length + 2..length + 4).filter(|_| first & 0x10 != 0);
    length + words.map_or(0, |words| 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]])))
}
