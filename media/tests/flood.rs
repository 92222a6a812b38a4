//! A short flood of junk on a relay's real socket: calls go on, and nothing is kept of what came. How much is lost under
//! how much is a matter of the machine: `examples/load.rs --junk` measures that.
#![allow(clippy::disallowed_methods, reason = "a test's clock")]

#[path = "../examples/load/junk.rs"]
mod junk;
#[path = "support/line.rs"]
mod line;

use std::time::{Duration, Instant};

use line::{Host, Line, until};

const SPAN: Duration = Duration::from_secs(5);
/// Datagrams a second: what even a busy machine has time for beside the tests.
const RATE: u32 = 10_000;

/// Memory resident, kB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn calls_go_on_through_a_flood_of_junk() {
    let host = Host::start();
    let mut lines: Vec<Line> = (1..=4).flat_map(|room| host.call(room)).collect();
    let (relay, ufrag) = (host.address(), lines[0].value("a=ice-ufrag:"));
    // What is allocated once is, before memory is looked at.
    junk::flood(relay, &ufrag, RATE, Duration::from_millis(500)).unwrap();
    let before = (memory(), host.stats());
    let said: u64 = lines.iter().map(|line| line.said).sum();
    let heard: usize = lines.iter().map(|line| line.heard.len()).sum();

    let flood = std::thread::spawn(move || junk::flood(relay, &ufrag, RATE, SPAN).unwrap());
    let start = Instant::now();
    until("the flood is over", &mut lines, |_| flood.is_finished() && start.elapsed() >= SPAN);
    let sent = flood.join().unwrap();
    let (said, heard) = (
        lines.iter().map(|line| line.said).sum::<u64>() - said,
        lines.iter().map(|line| line.heard.len()).sum::<usize>() - heard,
    );
    let (memory, stats) = (memory(), host.stats());
    eprintln!("{sent} of junk in {SPAN:?}: {heard} heard of {said} said, memory {} to {memory} kB", before.0);
    assert!(sent > 1000 && stats.received > before.1.received, "there was a flood");
    // A socket overflows where the machine is busy with other things; that calls stand still is another matter.
    assert!(heard as u64 >= said / 2, "{heard} heard of {said} said");
    assert_eq!((stats.panics, stats.transports), (0, 8));
    // What the clients heard they keep, 100 bytes each at most.
    assert!(memory < before.0 + 4096 + heard as u64 / 5, "{} to {memory} kB", before.0);
    host.media.stop();
}
