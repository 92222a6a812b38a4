//! Tests only: the whole relay in a simulated network and simulated time. A seed decides everything that happens:
//! who comes and goes, what the links lose, when a router gives a new address or lets no UDP through. While it
//! happens, and once it is calm, a small model says what must be so. Knows no socket and no clock.
//!
//! A seed that fails is printed: `CHARLA_SEED=17 cargo test -p charla-media sim::` plays it again.
//! `CHARLA_SEEDS=50` plays 50 times as many. Keys and certificates are fresh in every run; nothing that is decided
//! here depends on them.

mod calm;
mod link;
mod model;
mod phone;
mod storm;
mod world;

use world::World;

/// Seeds that every test run plays.
const SEEDS: u64 = 20;

/// Says which seed it was, when a test fails.
struct Playing(u64);

impl Drop for Playing {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to play it again: CHARLA_SEED={} cargo test -p charla-media sim::", self.0);
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn seeds() -> std::ops::Range<u64> {
    match number("CHARLA_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..SEEDS * number("CHARLA_SEEDS").unwrap_or(1),
    }
}

#[test]
fn whatever_the_network_does_the_right_people_hear_each_other() {
    for seed in seeds() {
        let _playing = Playing(seed);
        let mut world = World::new(seed);
        world.gather();
        world.storm(20);
        world.calm();
        world.storm(10);
        world.calm();
        world.empty();
    }
}
