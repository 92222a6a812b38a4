//! People join calls and leave them, hundreds of times over each way to the relay, at a real server: it holds as many
//! files afterwards as before, and no more memory than it had warmed up to.
//!
//! `CHARLA_CYCLES`: how many calls (200). The figures are printed.
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod phone;
    pub mod server;
    pub mod socket;
    pub mod stage;
}

use std::fs;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use support::phone::Phone;
use support::socket::DEADLINE;
use support::stage::{Guest, Stage, hear_each_other};

/// Calls before anything is compared: by then pools, caches and arenas have their size.
const WARM: usize = 40;
/// The sockets of both are connected anew after so many calls.
const RECONNECT: usize = 10;
/// What memory may grow by beyond a tenth, kB: allocators keep what they had at the worst moment.
const SLACK_KB: u64 = 6 * 1024;

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

/// Two people on a stage, who call each other again and again.
struct Pair {
    stage: Stage,
    guests: [Guest; 2],
}

impl Pair {
    async fn new() -> Self {
        let stage = Stage::new("").await;
        let guests = [stage.guest("ann").await, stage.guest("bob").await];
        Self { stage, guests }
    }

    async fn reconnect(&mut self) {
        for guest in &mut self.guests {
            let fresh = self.stage.connect(&guest.person, None).await;
            std::mem::replace(&mut guest.socket, fresh).drop_connection().await;
        }
    }

    /// A call over the `n`-th way, from the start to its end, in which both hear each other.
    async fn call(&mut self, n: usize) {
        let [caller, callee] = &mut self.guests;
        let started = caller.socket.ok("startCall", json!({ "toUser": callee.person.id })).await;
        let call = started["call"]["id"].clone();
        let incoming = loop {
            let incoming = callee.socket.event("incomingCall").await;
            if incoming["call"]["id"] == call {
                break incoming;
            }
        };
        let ways = [&started, &incoming].map(|said| self.stage.way(n, &said["iceServers"]));
        let mut a = self.stage.cheap_phone(&mut caller.socket, &call, &ways[0]).await;
        let mut b = self.stage.cheap_phone(&mut callee.socket, &call, &ways[1]).await;
        callee.socket.ok("acceptCall", json!({ "call": call })).await;
        hear_each_other(&mut a, &mut b).await;
        self.guests[n % 2].socket.ok("leaveCall", json!({ "call": call })).await;
        for guest in &mut self.guests {
            while guest.socket.event("callEnded").await["call"]["id"] != call {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_and_go_leave_nothing_behind() {
    let cycles = std::env::var("CHARLA_CYCLES").map_or(200, |text| text.parse().expect("a number of calls"));
    let mut pair = Pair::new().await;
    let process = Process(pair.stage.server.pid());
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
    assert!(!pair.stage.server.log().contains("panic"), "{}", pair.stage.server.log());
}

/// Two people who live through one call after the other.
struct Couple {
    guests: [Guest; 2],
    devices: [String; 2],
    rng: StdRng,
    calls: usize,
    disturbed: usize,
}

impl Couple {
    async fn new(stage: &Stage, n: usize) -> Self {
        let devices = [0, 1].map(|side| format!("{:024x}", 0xc0_0000 + 2 * n + side));
        let mut guests = Vec::new();
        for (side, device) in devices.iter().enumerate() {
            let person = stage.server.register(&format!("p{n}-{side}")).await;
            let socket = stage.connect(&person, Some(device)).await;
            guests.push(Guest { person, socket });
        }
        let guests = guests.try_into().unwrap_or_else(|_| unreachable!());
        Self { guests, devices, rng: StdRng::seed_from_u64(n as u64), calls: 0, disturbed: 0 }
    }

    fn below(&mut self, n: u64) -> usize {
        usize::try_from(self.rng.next_u64() % n).unwrap()
    }

    async fn ring(&mut self, stage: &Stage) -> Value {
        self.calls += 1;
        let [caller, callee] = &mut self.guests;
        stage.ring(caller, callee).await
    }

    async fn talk(&mut self, stage: &Stage) -> (Value, [Phone; 2]) {
        let call = self.ring(stage).await;
        self.guests[1].socket.ok("acceptCall", json!({ "call": call })).await;
        let mut phones = [self.phone(stage, 0, &call).await, self.phone(stage, 1, &call).await];
        hear(&mut phones).await;
        (call, phones)
    }

    async fn phone(&mut self, stage: &Stage, side: usize, call: &Value) -> Phone {
        let socket = &mut self.guests[side].socket;
        let ice = socket.ok("iceServers", json!({ "call": call })).await["iceServers"].clone();
        let way = stage.way(self.below(4), &ice);
        stage.phone(&mut self.guests[side].socket, call, &way).await
    }

    async fn reconnect(&mut self, stage: &Stage, side: usize) {
        let fresh = stage.connect(&self.guests[side].person, Some(&self.devices[side])).await;
        std::mem::replace(&mut self.guests[side].socket, fresh).drop_connection().await;
    }

    /// One call, from the ring to the end.
    async fn live(&mut self, stage: &Stage) {
        let fate = self.below(8);
        if fate < 2 {
            let call = self.ring(stage).await;
            let (side, what) = [(0, "leaveCall"), (1, "rejectCall")][fate];
            self.guests[side].socket.ok(what, json!({ "call": call })).await;
            return self.over(&call).await;
        }
        let (call, mut phones) = self.talk(stage).await;
        for _ in 0..self.below(3) {
            let side = self.below(2);
            self.disturbed += 1;
            match self.below(3) {
                // The page is loaded again.
                0 => self.reconnect(stage, side).await,
                // Nothing comes any more, though the socket lives.
                1 => tokio::time::sleep(Duration::from_millis(300)).await,
                // Another device takes over.
                _ => {
                    self.devices[side] = format!("{:024x}", self.rng.next_u64());
                    self.reconnect(stage, side).await;
                    self.guests[side].socket.ok("joinCall", json!({ "call": call })).await;
                }
            }
            phones[side] = self.phone(stage, side, &call).await;
            hear(&mut phones).await;
        }
        let side = self.below(2);
        self.guests[side].socket.ok("leaveCall", json!({ "call": call })).await;
        self.over(&call).await;
    }

    async fn over(&mut self, call: &Value) {
        for guest in &mut self.guests {
            while guest.socket.event("callEnded").await["call"]["id"] != *call {}
        }
    }

    /// The server was away in the midst of this call.
    async fn come_back(&mut self, stage: &Stage, call: &Value) {
        for side in [0, 1] {
            let fresh = stage.connect(&self.guests[side].person, Some(&self.devices[side])).await;
            assert_eq!(fresh.welcome["calls"][0]["id"], *call, "the call goes on");
            self.guests[side].socket = fresh;
        }
        let mut phones = [self.phone(stage, 0, call).await, self.phone(stage, 1, call).await];
        hear(&mut phones).await;
        self.guests[0].socket.ok("leaveCall", json!({ "call": call })).await;
        self.over(call).await;
    }
}

async fn hear([a, b]: &mut [Phone; 2]) {
    hear_each_other(a, b).await;
}

async fn churn(stage: &Stage, couples: &mut [Couple], until: Instant) {
    let lives = couples.iter_mut().map(async |couple| {
        while Instant::now() < until {
            couple.live(stage).await;
        }
    });
    join_all(lives).await;
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// `CHARLA_CHURN_SECONDS`: for how long (20); `CHARLA_CHURN_CALLS`: how many calls at once (6).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_once_outlive_churn_and_a_restart() {
    let half = Duration::from_secs(number("CHARLA_CHURN_SECONDS", 20)) / 2;
    let mut stage = Stage::new("[calls]\nreconnect_seconds = 60\n").await;
    let mut couples = Vec::new();
    for n in 0..number("CHARLA_CHURN_CALLS", 6) {
        couples.push(Couple::new(&stage, n as usize).await);
    }
    churn(&stage, &mut couples, Instant::now() + half).await;
    let talking = join_all(couples.iter_mut().map(|couple| couple.talk(&stage))).await;
    stage.server.kill();
    // A connection kept for the next request counts as an open file until it has been idle for long enough: in ten minutes
    // it has, and the count never came back to what it was.
    let once = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).pool_max_idle_per_host(0);
    stage.server.http = once.build().unwrap();
    let calls: Vec<Value> = talking.into_iter().map(|(call, _phones)| call).collect();
    stage.server.up().await;
    let back = couples.iter_mut().zip(&calls).map(|(couple, call)| couple.come_back(&stage, call));
    join_all(back).await;
    // Warm: every way was taken, pools and arenas have their size.
    churn(&stage, &mut couples, Instant::now() + half / 4).await;
    let process = Process(stage.server.pid());
    let before = (settled(&process).await, process.memory_kb());
    churn(&stage, &mut couples, Instant::now() + half * 3 / 4).await;
    process.settles(before.0).await;
    let after = process.memory_kb();
    let (made, disturbed) =
        couples.iter().fold((0, 0), |sum, couple| (sum.0 + couple.calls, sum.1 + couple.disturbed));
    eprintln!(
        "{made} calls, {} at once, {disturbed} times disturbed, one restart: memory {} kB to {after} kB, files {}",
        couples.len(),
        before.1,
        before.0
    );
    assert!(after <= before.1 + before.1 / 10 + SLACK_KB, "{} kB to {after} kB", before.1);
    for guest in couples.iter().flat_map(|couple| &couple.guests) {
        for status in ["ringing", "active"] {
            let open = guest.person.get(&format!("/calls?status={status}")).await;
            assert_eq!(open["calls"], json!([]), "a record is open");
        }
    }
    drop(couples);
    stage.server.stop().await;
    let log = stage.server.log();
    let stops = log.lines().find(|line| line.contains("the relay stops")).expect("it says so");
    assert!(stops.contains("rooms=0") && stops.contains("transports=0"), "{stops}");
    assert!(!log.contains("panic"), "{log}");
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
