//! Calls at a real server, by real sockets and the lean client of the relay's load: how soon the other devices stop ringing
//! once one answers, and how soon each hears the other once it was answered, with media warmed while it rang. One plain
//! line per figure. `cargo bench --bench calls [-- --quick]`; `tools/bench-calls.sh` runs it again where the loopback takes
//! 50 ms each way, in a network namespace.
#![allow(clippy::disallowed_methods)]

#[path = "../tests/support"]
mod support {
    pub mod phone;
    pub mod server;
    pub mod socket;
    pub mod stage;
}

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::json;
use support::phone::Phone;
use support::stage::{Guest, Stage};

const DEVICES: usize = 3;

fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let (rings, calls) = if quick { (10, 5) } else { (200, 50) };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let stage = Stage::new("").await;
        let (mut ann, mut bob) = (stage.guest("ann").await, stage.guest("bob").await);
        others_stop_ringing(&stage, &mut ann, &mut bob, rings).await;
        for (name, way) in [("UDP", 0), ("TURN over TLS", 3)] {
            let mut first = [Vec::new(), Vec::new()];
            for _ in 0..calls {
                let [caller, callee] = first_audio(&stage, &mut ann, &mut bob, way).await;
                first[0].push(caller);
                first[1].push(callee);
            }
            let [caller, callee] = first;
            report(&format!("accept to first audio at the callee, {name}"), callee);
            report(&format!("accept to first audio at the caller, {name}"), caller);
        }
    });
}

fn report(what: &str, mut all: Vec<Duration>) {
    all.sort_unstable();
    let at = |share: usize| all[(all.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    let (p50, p95, max) = (at(50), at(95), at(100));
    println!("{what}, {} runs: p50 {p50:.1} ms, p95 {p95:.1} ms, max {max:.1} ms", all.len());
}

/// From the answer, sent by one device, until the last of the others has heard of it.
async fn others_stop_ringing(stage: &Stage, ann: &mut Guest, bob: &mut Guest, runs: usize) {
    let mut others = Vec::new();
    for _ in 1..DEVICES {
        others.push(stage.connect(&bob.person, None).await);
    }
    let mut all = Vec::new();
    for _ in 0..runs {
        let call = stage.ring(ann, bob).await;
        for other in &mut others {
            while other.event("incomingCall").await["call"]["id"] != call {}
        }
        let start = Instant::now();
        let accept = bob.socket.ok("acceptCall", json!({ "call": call }));
        let stop = futures_util::future::join_all(others.iter_mut().map(async |other| {
            while other.event("ringStopped").await["call"] != call {}
            start.elapsed()
        }));
        let (_, stopped) = tokio::join!(accept, stop);
        all.extend(stopped.into_iter().max());
        bob.socket.ok("leaveCall", json!({ "call": call })).await;
        for socket in others.iter_mut().chain([&mut ann.socket, &mut bob.socket]) {
            while socket.event("callEnded").await["call"]["id"] != call {}
        }
    }
    report(&format!("one of {DEVICES} devices answers, the others stop ringing"), all);
}

/// From the answer, sent by the callee, until the caller and the callee have heard the first packet.
async fn first_audio(stage: &Stage, ann: &mut Guest, bob: &mut Guest, way: usize) -> [Duration; 2] {
    let call = stage.ring(ann, bob).await;
    let mut phones = Vec::new();
    for guest in [&mut *ann, &mut *bob] {
        let ice = guest.socket.ok("iceServers", json!({ "call": call })).await["iceServers"].clone();
        phones.push(stage.phone(&mut guest.socket, &call, &stage.way(way, &ice)).await);
    }
    let [a, b] = &mut phones[..] else { unreachable!() };
    while !(a.connected() && b.connected()) {
        warm(a, b).await;
    }
    // As long as it rings, it is warm: a check and a report are behind it.
    warm(a, b).await;
    let (start, first) = (Instant::now(), [Cell::new(None), Cell::new(None)]);
    let heard = tokio::sync::Notify::new();
    let note = |side: usize| {
        first[side].set(first[side].get().or(Some(start.elapsed())));
        if first.iter().all(|first| first.get().is_some()) {
            heard.notify_one();
        }
    };
    tokio::select! {
        () = a.talk(|_| note(0)) => {}
        () = b.talk(|_| note(1)) => {}
        () = async { bob.socket.ok("acceptCall", json!({ "call": call })).await; std::future::pending().await } => {}
        () = heard.notified() => {}
    }
    bob.socket.ok("leaveCall", json!({ "call": call })).await;
    for socket in [&mut ann.socket, &mut bob.socket] {
        while socket.event("callEnded").await["call"]["id"] != call {}
    }
    first.map(|first| first.get().expect("both heard"))
}

async fn warm(a: &mut Phone, b: &mut Phone) {
    let both = async { tokio::join!(a.talk(|_| ()), b.talk(|_| ())) };
    let _ = tokio::time::timeout(Duration::from_millis(300), both).await;
}
