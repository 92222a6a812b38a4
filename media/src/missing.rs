//! Which packets of an incoming stream are missing, and when to ask for them again (RFC 4585 generic NACK). Pure;
//! knows sequence numbers and time, neither the packets nor how they are asked for.

use std::time::{Duration, Instant};

/// Packets that may be missing at a time. A longer hole is an outage, which no repetition heals in time.
const MOST: usize = 32;
/// A packet that is only overtaken comes within this.
const OVERTAKEN: Duration = Duration::from_millis(10);
/// A repetition that comes later than this after the loss was noticed finds its listener's buffer empty: NetEq rarely
/// holds more.
const USEFUL: Duration = Duration::from_millis(300);
/// Asked so often at most.
const TRIES: u8 = 4;
/// Between two questions at least, and while the round trip is not known.
const SOONEST: Duration = Duration::from_millis(20);
const UNKNOWN_TRIP: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
struct Gap {
    sequence: u16,
    since: Instant,
    ask_at: Instant,
    asked: u8,
}

/// What is missing of one stream.
#[derive(Debug, Default)]
pub struct Missing {
    stream: Option<(u32, u16)>,
    gaps: Vec<Gap>,
}

impl Missing {
    /// A packet came.
    pub fn packet(&mut self, now: Instant, ssrc: u32, sequence: u16) {
        let ahead = match self.stream {
            Some((known, newest)) if known == ssrc => sequence.wrapping_sub(newest),
            _ => 0,
        };
        match ahead {
            0 if self.stream.is_none_or(|(known, _)| known != ssrc) => self.begin(ssrc, sequence),
            0 | 0x8000.. => self.gaps.retain(|gap| gap.sequence != sequence),
            _ if usize::from(ahead) > MOST + 1 => self.begin(ssrc, sequence),
            _ => {
                for back in (1..ahead).rev() {
                    let gap = Gap {
                        sequence: sequence.wrapping_sub(back),
                        since: now,
                        ask_at: now + OVERTAKEN,
                        asked: 0,
                    };
                    self.gaps.push(gap);
                }
                let surplus = self.gaps.len().saturating_sub(MOST);
                self.gaps.drain(..surplus);
                self.stream = Some((ssrc, sequence));
            }
        }
    }

    /// When [`Missing::ask`] has something to ask for.
    pub fn due(&self) -> Option<Instant> {
        self.gaps.iter().map(|gap| gap.ask_at).min()
    }

    /// Puts into `wanted` what must be asked for now, oldest first. `round_trip` is that to the sender and back.
    /// Gives the stream it is about.
    pub fn ask(&mut self, now: Instant, round_trip: Option<Duration>, wanted: &mut Vec<u16>) -> Option<u32> {
        wanted.clear();
        let trip = round_trip.unwrap_or(UNKNOWN_TRIP);
        // A repetition is on its way for a round trip, and a little more; earlier questions only repeat it again.
        let pause = (trip * 5 / 4).max(SOONEST);
        self.gaps.retain_mut(|gap| {
            let helps = now + trip <= gap.since + USEFUL && gap.asked < TRIES;
            if helps && gap.ask_at <= now {
                wanted.push(gap.sequence);
                gap.asked += 1;
                gap.ask_at = now + pause;
            }
            helps
        });
        self.stream.filter(|_| !wanted.is_empty()).map(|(ssrc, _)| ssrc)
    }

    /// Another stream, or an outage in this one: what was missing before is lost.
    fn begin(&mut self, ssrc: u32, sequence: u16) {
        self.stream = Some((ssrc, sequence));
        self.gaps.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn ask(missing: &mut Missing, now: Instant, trip: Option<Duration>) -> Vec<u16> {
        let mut wanted = Vec::new();
        missing.ask(now, trip, &mut wanted);
        wanted
    }

    #[test]
    fn what_is_missing_is_asked_for_until_it_comes() {
        let start = Instant::now();
        let mut missing = Missing::default();
        missing.packet(start, 7, 65_534);
        missing.packet(start, 7, 1);
        assert_eq!(missing.due(), Some(start + OVERTAKEN));
        assert!(ask(&mut missing, start, Some(ms(50))).is_empty(), "it may only be late");
        assert_eq!(ask(&mut missing, start + ms(10), Some(ms(50))), [65_535, 0]);
        missing.packet(start + ms(60), 7, 0);
        assert_eq!(missing.due(), Some(start + ms(10 + 62) + Duration::from_micros(500)));
        assert_eq!(ask(&mut missing, start + ms(73), Some(ms(50))), [65_535]);
        missing.packet(start + ms(100), 7, 65_535);
        assert_eq!(missing.due(), None);
    }

    #[test]
    fn nothing_is_asked_that_would_come_too_late() {
        let start = Instant::now();
        let mut missing = Missing::default();
        missing.packet(start, 7, 1);
        missing.packet(start, 7, 3);
        assert!(ask(&mut missing, start + ms(10), Some(ms(400))).is_empty());
        assert_eq!(missing.due(), None, "given up");
        missing.packet(start, 7, 5);
        let mut asked = 0;
        for step in 0..100 {
            asked += ask(&mut missing, start + ms(10 * step), None).len();
        }
        assert_eq!((asked, missing.due()), (2, None), "at 10 and 135 ms; at 260 it would help no more");
    }

    #[test]
    fn another_stream_and_an_outage_begin_anew() {
        let start = Instant::now();
        let mut missing = Missing::default();
        missing.packet(start, 7, 1);
        missing.packet(start, 7, 3);
        missing.packet(start, 8, 100);
        assert_eq!(missing.due(), None);
        missing.packet(start, 8, 2000);
        assert_eq!(missing.due(), None);
    }

    proptest! {
        /// Packets are lost and overtaken; what is asked for is checked against a plain record of what came.
        #[test]
        fn only_what_did_not_come_is_asked_for_and_in_bounds(
            first: u16, fates in prop::collection::vec((0u8..10, 0u64..60), 1..300), trip in prop::option::of(0u64..400),
        ) {
            let (mut now, mut missing) = (Instant::now(), Missing::default());
            let (mut came, mut asked) = (std::collections::HashSet::new(), HashMap::<u16, u8>::new());
            for (index, (fate, pause)) in fates.iter().enumerate() {
                now += ms(*pause);
                let sequence = first.wrapping_add(index as u16);
                let arrives = match fate {
                    0..=1 => None,
                    2 => Some(sequence.wrapping_sub(3)),
                    _ => Some(sequence),
                };
                if let Some(sequence) = arrives {
                    missing.packet(now, 7, sequence);
                    came.insert(sequence);
                }
                for wanted in ask(&mut missing, now, trip.map(ms)) {
                    prop_assert!(!came.contains(&wanted), "{wanted} was here");
                    let tries = asked.entry(wanted).or_default();
                    *tries += 1;
                    prop_assert!(*tries <= TRIES);
                }
                prop_assert!(missing.gaps.len() <= MOST);
                prop_assert!(missing.due().is_none_or(|due| due > now), "it would spin");
            }
        }
    }
}
