//! People join calls and leave them, hundreds of times over each way to the relay, at a real server: it holds as many
//! files afterwards as before, and no more memory than it had warmed up to.
//!
//! `CHARLA_CYCLES`: how many calls (200). The figures are printed.
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod phone;
    pub mod server;
    pub mod socket;
}

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use serde_json::{Value, json};
use support::phone::{Client, Identity, Phone, Way};
use support::server::{Person, Server};
use support::socket::{DEADLINE, Socket};
use tokio_tungstenite::Connector;

/// Calls before anything is compared: by then pools, caches and arenas have their size.
const WARM: usize = 40;
/// The sockets of both are connected anew after so many calls.
const RECONNECT: usize = 10;
/// What memory may grow by beyond a tenth, kB: allocators keep what they had at the worst moment.
const SLACK_KB: u64 = 6 * 1024;

const CONFIG: &str = "[limits]\nevents_per_second = 10000\nevents_burst = 100000\n[log]\nlevel = \"warn\"\n";

/// What the system says of the server's process.
struct Process(u32);

impl Process {
    fn files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap().count()
    }

    fn memory_kb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    fn threads(&self) -> usize {
        fs::read_dir(format!("/proc/{}/task", self.0)).unwrap().count()
    }

    /// Waits until so many files are open.
    async fn settles(&self, files: usize) {
        let end = Instant::now() + DEADLINE;
        while self.files() != files {
            assert!(Instant::now() < end, "{} files are open, not {files}", self.files());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

struct Pair {
    server: Server,
    tls: Arc<ClientConfig>,
    identity: Identity,
    people: [Person; 2],
    sockets: [Socket; 2],
    calls: u64,
}

impl Pair {
    async fn new() -> Self {
        let server = Server::start(CONFIG).await;
        let tls = server.tls();
        let people = [server.register("ann").await, server.register("bob").await];
        let sockets = [connect(&server, &tls, &people[0]).await, connect(&server, &tls, &people[1]).await];
        Self { server, tls, identity: Identity::new().unwrap(), people, sockets, calls: 0 }
    }

    async fn reconnect(&mut self) {
        for (socket, person) in self.sockets.iter_mut().zip(&self.people) {
            let fresh = connect(&self.server, &self.tls, person).await;
            std::mem::replace(socket, fresh).drop_connection().await;
        }
    }

    /// A call over the `n`-th way, from the start to its end, in which both hear each other.
    async fn call(&mut self, n: usize) {
        let [caller, callee] = &mut self.sockets;
        let started = caller.ok("startCall", json!({ "toUser": self.people[1].id })).await;
        let call = started["call"]["id"].clone();
        let incoming = loop {
            let incoming = callee.event("incomingCall").await;
            if incoming["call"]["id"] == call {
                break incoming;
            }
        };
        let ice = [started["iceServers"].clone(), incoming["iceServers"].clone()];
        let mut clients = Vec::new();
        for (socket, ice) in self.sockets.iter_mut().zip(ice) {
            self.calls += 1;
            let client = Client::new(&self.identity, charla_media::api::TransportId(self.calls), 1);
            let answer = socket.ok("mediaOffer", json!({ "call": call, "sdp": client.offer() })).await;
            clients.push((client, answer["sdp"].as_str().unwrap().to_owned(), ice));
        }
        let mut phones = Vec::new();
        for (client, sdp, ice) in clients {
            phones.push(Phone::answered(client, &sdp, &way(n, &ice, &self.tls)).await);
        }
        self.sockets[1].ok("acceptCall", json!({ "call": call })).await;
        let [a, b] = &mut phones[..] else { unreachable!() };
        hear_each_other(a, b).await;
        let leaver = n % 2;
        self.sockets[leaver].ok("leaveCall", json!({ "call": call })).await;
        for socket in &mut self.sockets {
            while socket.event("callEnded").await["call"]["id"] != call {}
        }
    }
}

async fn connect(server: &Server, tls: &Arc<ClientConfig>, who: &Person) -> Socket {
    let mut socket =
        Socket::engine(&server.url, &[], Some(Connector::Rustls(Arc::clone(tls)))).await.unwrap();
    socket.join(json!({ "token": who.token })).await.unwrap();
    socket
}

fn way(n: usize, ice: &Value, tls: &Arc<ClientConfig>) -> Way {
    let text = |key: &str| ice[0][key].as_str().unwrap().to_owned();
    match n % 4 {
        0 => Way::Udp,
        1 => Way::IceTcp,
        2 => Way::Turn(text("username"), text("credential"), None),
        _ => Way::Turn(text("username"), text("credential"), Some(Arc::clone(tls))),
    }
}

async fn hear_each_other(a: &mut Phone, b: &mut Phone) {
    let (both, enough) = (std::cell::Cell::new((0, 0)), tokio::sync::Notify::new());
    let note = |(a, b): (usize, usize)| {
        both.set((a.max(both.get().0), b.max(both.get().1)));
        if both.get().0 >= 3 && both.get().1 >= 3 {
            enough.notify_one();
        }
    };
    let talking = async {
        tokio::select! {
            () = a.talk(|heard| note((heard, 0))) => {}
            () = b.talk(|heard| note((0, heard))) => {}
            () = enough.notified() => {}
        }
    };
    tokio::time::timeout(DEADLINE, talking).await.expect("both hear each other");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_and_go_leave_nothing_behind() {
    let cycles = std::env::var("CHARLA_CYCLES").map_or(200, |text| text.parse().expect("a number of calls"));
    let mut pair = Pair::new().await;
    let process = Process(pair.server.pid());
    let mut before = None;
    for n in 0..WARM + cycles {
        if n == WARM {
            before = Some((settled(&process).await, process.memory_kb(), process.threads()));
        }
        if n % RECONNECT == RECONNECT - 1 {
            pair.reconnect().await;
        }
        pair.call(n).await;
        if n >= WARM && (n - WARM).is_multiple_of((cycles / 4).max(1)) {
            eprintln!("{} calls: {} kB, {} files", n - WARM, process.memory_kb(), process.files());
        }
    }
    let (files, memory_kb, threads) = before.unwrap();
    process.settles(files).await;
    let after = process.memory_kb();
    eprintln!(
        "after {cycles} calls of two: memory {memory_kb} kB to {after} kB, files {files}, threads {threads}"
    );
    assert!(after <= memory_kb + memory_kb / 10 + SLACK_KB, "{memory_kb} kB to {after} kB");
    assert!(!pair.server.log().contains("panic"), "{}", pair.server.log());
}

/// How many files are open once the last call's streams are closed: the same for half a second.
async fn settled(process: &Process) -> usize {
    let (mut files, mut since) = (process.files(), Instant::now());
    while since.elapsed() < Duration::from_millis(500) {
        if process.files() != files {
            (files, since) = (process.files(), Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    files
}
