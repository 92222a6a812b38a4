//! One direction of one phone's access: what it loses, delays, doubles. Knows no datagram's meaning.

use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::StdRng;

/// The weather on a link. A link begins clear.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Share of datagrams lost.
    pub loss: f64,
    /// Mean length of a burst of losses, in datagrams; below 1 counts as 1 (independent losses).
    pub burst: f64,
    /// Share of datagrams that arrive twice.
    pub twice: f64,
    /// One way, milliseconds: uniform between the two. Datagrams may overtake each other.
    pub delay: (u64, u64),
}

/// A link: its weather, and whether it lets UDP through at all.
#[derive(Debug, Default)]
pub struct Link {
    pub weather: Weather,
    /// Nothing passes, not even a byte stream: the phone is gone.
    pub dead: bool,
    pub udp_blocked: bool,
    /// In a burst of losses (Gilbert's model).
    bad: bool,
    /// A byte stream delivers in order.
    stream_free_at: Option<Instant>,
}

impl Link {
    /// When a datagram that leaves at `now` arrives: never, once or twice.
    pub fn datagram(&mut self, rng: &mut StdRng, now: Instant) -> Vec<Instant> {
        if self.dead || self.udp_blocked || self.loses(rng) {
            return Vec::new();
        }
        let copies = if rng.random_bool(self.weather.twice) { 2 } else { 1 };
        (0..copies).map(|_| now + self.delay(rng)).collect()
    }

    /// When a frame that is written at `now` arrives.
    pub fn frame(&mut self, rng: &mut StdRng, now: Instant) -> Vec<Instant> {
        if self.dead {
            return Vec::new();
        }
        let at = (now + self.delay(rng)).max(self.stream_free_at.unwrap_or(now));
        self.stream_free_at = Some(at);
        vec![at]
    }

    fn loses(&mut self, rng: &mut StdRng) -> bool {
        let Weather { loss, burst, .. } = self.weather;
        if loss <= 0.0 {
            self.bad = false;
        } else if burst <= 1.0 {
            self.bad = rng.random_bool(loss);
        } else if self.bad {
            self.bad = !rng.random_bool(1.0 / burst);
        } else {
            self.bad = rng.random_bool((loss / (burst * (1.0 - loss))).min(1.0));
        }
        self.bad
    }

    fn delay(&self, rng: &mut StdRng) -> Duration {
        let (least, most) = self.weather.delay;
        Duration::from_millis(rng.random_range(least..=most.max(least)))
    }
}
