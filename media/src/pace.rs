//! When the loop waits a moment longer than it must, so that one wake serves several datagrams: to fall asleep and
//! be woken costs a processor several times what a datagram costs. Pure; knows neither sockets nor packets.

use std::time::{Duration, Instant};

/// Datagrams expected in a window from which on waiting for it is cheaper than being woken by each.
const WORTHWHILE: f32 = 1.0;

/// The rate is that of about so long ago until now: one frame of everybody's audio.
const MEMORY: Duration = Duration::from_millis(20);

/// How fast datagrams come.
#[derive(Debug)]
pub(crate) struct Pace {
    /// How long datagrams may gather. It is all that this adds to a packet's way; half of it on average.
    window: Duration,
    /// Datagrams per window, smoothed.
    expected: f32,
    at: Instant,
}

impl Pace {
    pub(crate) fn new(window: Duration, now: Instant) -> Pace {
        Pace { window, expected: 0.0, at: now }
    }

    /// So many datagrams came since the last call.
    pub(crate) fn served(&mut self, now: Instant, datagrams: usize) {
        let span = now.saturating_duration_since(self.at).as_secs_f32();
        if span <= 0.0 {
            return;
        }
        self.at = now;
        let measured = datagrams as f32 * self.window.as_secs_f32() / span;
        self.expected += (measured - self.expected) * (span / (span + MEMORY.as_secs_f32()));
    }

    /// How long to let datagrams gather before the next look; `None` when the next one should wake the loop.
    pub(crate) fn pause(&self) -> Option<Duration> {
        (self.expected >= WORTHWHILE).then_some(self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_micros(200);

    /// The pause after `count` datagrams came one by one, `gap` apart.
    fn after(pace: &mut Pace, now: &mut Instant, gap: Duration, count: usize) -> Option<Duration> {
        for _ in 0..count {
            *now += gap;
            pace.served(*now, 1);
        }
        pace.pause()
    }

    #[test]
    fn it_pauses_while_datagrams_come_fast() {
        let mut now = Instant::now();
        let mut pace = Pace::new(WINDOW, now);
        assert_eq!(pace.pause(), None, "nothing came yet");
        assert_eq!(after(&mut pace, &mut now, WINDOW * 3, 500), None);
        assert_eq!(after(&mut pace, &mut now, WINDOW / 3, 500), Some(WINDOW));
        // Served in windows the rate stays the same.
        for _ in 0..500 {
            now += WINDOW;
            pace.served(now, 3);
        }
        assert_eq!(pace.pause(), Some(WINDOW));
        assert_eq!(after(&mut pace, &mut now, WINDOW * 3, 500), None, "and stops when they do not");
    }

    #[test]
    fn silence_and_one_burst_leave_no_pause() {
        let start = Instant::now();
        let mut pace = Pace::new(WINDOW, start);
        pace.served(start + Duration::from_secs(1), 1);
        assert_eq!(pace.pause(), None);
        pace.served(start + Duration::from_secs(1), 64);
        pace.served(start + Duration::from_secs(60), 64);
        assert_eq!(pace.pause(), None);
    }

    #[test]
    fn without_a_window_every_datagram_wakes() {
        let mut now = Instant::now();
        let mut pace = Pace::new(Duration::ZERO, now);
        assert_eq!(after(&mut pace, &mut now, Duration::from_micros(1), 5_000), None);
    }
}
