//! One moment, told by both clocks: stamps come from the wall, durations and deadlines from the monotonic clock.

use std::time::{Duration, Instant};

use crate::clock::{Clock, Timestamp};

/// One moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    pub wall: Timestamp,
    pub mono: Instant,
}

impl Now {
    /// The clock's present.
    pub fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), mono: clock.instant() }
    }
    /// The moment `mono`, which lies a little in the past of `self`.
    pub fn at(self, mono: Instant) -> Self {
        Self { wall: self.wall.minus(self.mono.saturating_duration_since(mono)), mono }
    }
    /// The moment at which the wall clock showed `wall`, seen from `self`.
    pub fn of_wall(self, wall: Timestamp) -> Self {
        Self { wall, mono: self.mono.checked_sub(self.wall.since(wall)).unwrap_or(self.mono) }
    }
    /// Marks of one call never run backwards, whatever the wall clock does.
    pub fn not_before(self, earlier: Now) -> Self {
        Self { wall: self.wall.max(earlier.wall), mono: self.mono.max(earlier.mono) }
    }
    /// Time from `earlier` to `self` by the monotonic clock; zero if it lies in the future.
    pub fn since(self, earlier: Now) -> Duration {
        self.mono.saturating_duration_since(earlier.mono)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn a_wall_clock_that_jumps_back_moves_no_mark_back() {
        let clock = ManualClock::new(Timestamp(1_000_000));
        let earlier = Now::of(&clock);
        clock.advance(Duration::from_secs(5));
        let jumped = Now { wall: Timestamp(7), ..Now::of(&clock) }.not_before(earlier);
        assert_eq!(jumped.wall, earlier.wall);
        assert_eq!(jumped.since(earlier), Duration::from_secs(5));
    }
    #[test]
    fn a_moment_of_the_past_has_its_stamp() {
        let clock = ManualClock::new(Timestamp(1_000_000));
        let earlier = Now::of(&clock);
        clock.advance(Duration::from_secs(5));
        assert_eq!(Now::of(&clock).at(earlier.mono), earlier);
    }
}
