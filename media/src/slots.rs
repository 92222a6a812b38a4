//! The numbering of a slot, which runs on while its sources come and go. Pure; knows neither packets' bytes nor keys,
//! nor who decides whose turn it is.

use std::time::Instant;

/// Opus always counts 48 kHz (RFC 7587 4.1).
const CLOCK_KHZ: f64 = 48.0;
/// One 20 ms packet, in timestamp units.
const PACKET: u32 = 960;
/// A longer jump, ahead or back, is a new start, not 20 s of loss or delay.
const MAX_JUMP: i32 = 1000;
/// How far behind the newest a packet may come, in sequence numbers.
const WINDOW: i64 = 64;

/// Who speaks in a slot: changes with the participant, his transport, its SSRC, and each opening of his gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Different for each opening of a gate in the relay.
    pub epoch: u64,
    pub ssrc: u32,
}

/// How one source's numbers map onto the slot's.
#[derive(Clone, Copy, Debug)]
struct Mapping {
    source: Source,
    /// Newest sequence number of the source.
    input: u16,
    /// What that became: the slot's extended sequence number.
    output: i64,
    /// The first extended number of this mapping; earlier ones belong to another source.
    floor: i64,
    /// Slot timestamp minus source timestamp.
    shift: u32,
}

/// What a packet is numbered in its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    pub sequence: u16,
    /// How often the sequence number wrapped before (the rollover counter of RFC 3711).
    pub roc: u32,
    pub timestamp: u32,
    /// The first packet of a source: a talk spurt begins.
    pub fresh: bool,
}

impl Numbers {
    /// An extended sequence number. It starts above 0 and 2^48 packets take longer than any call.
    fn of(extended: i64) -> Numbers {
        Numbers { sequence: extended as u16, roc: (extended >> 16) as u32, timestamp: 0, fresh: false }
    }
}

/// The numbering of one slot. It hands out every extended sequence number at most once, so no packet is ever
/// sealed twice under one nonce, whatever the sources repeat or reorder.
#[derive(Clone, Debug)]
pub struct Slot {
    pub ssrc: u32,
    /// Newest extended sequence number handed out; the next one is higher.
    newest: i64,
    /// Bit n: `newest - n` was handed out.
    used: u64,
    /// What the slot's clock showed when.
    anchor: (Instant, u32),
    mapping: Option<Mapping>,
}

impl Slot {
    /// `sequence` is the first number, below 2^15 so that a reordered start cannot confuse a receiver's rollover
    /// counter (RFC 3711 3.3.1); `timestamp` is what its clock shows at `now`.
    pub fn new(now: Instant, ssrc: u32, sequence: u16, timestamp: u32) -> Slot {
        let first = i64::from(sequence & 0x7fff).max(1);
        Slot { ssrc, newest: first - 1, used: 0, anchor: (now, timestamp), mapping: None }
    }

    /// Numbers a packet of `source`. `None` for one that comes again, too late, or from before its source took
    /// the slot.
    pub fn number(&mut self, now: Instant, source: Source, sequence: u16, timestamp: u32) -> Option<Numbers> {
        let running = self.mapping.filter(|mapping| mapping.source == source);
        let ahead = running.map(|mapping| i32::from(sequence.wrapping_sub(mapping.input) as i16));
        match (running, ahead) {
            (Some(mapping), Some(ahead)) if ahead.abs() <= MAX_JUMP => {
                let output = mapping.output + i64::from(ahead);
                if output < mapping.floor || !self.take(output) {
                    return None;
                }
                let slot_timestamp = timestamp.wrapping_add(mapping.shift);
                if ahead > 0 {
                    self.mapping = Some(Mapping { input: sequence, output, ..mapping });
                    self.anchor = (now, slot_timestamp);
                }
                Some(Numbers { timestamp: slot_timestamp, ..Numbers::of(output) })
            }
            _ => Some(self.start(now, source, sequence, timestamp)),
        }
    }

    /// What the slot's clock shows at `now` (for sender reports).
    pub fn clock(&self, now: Instant) -> u32 {
        let (at, timestamp) = self.anchor;
        let elapsed = now.saturating_duration_since(at).as_secs_f64() * 1000.0 * CLOCK_KHZ;
        timestamp.wrapping_add(elapsed as u64 as u32)
    }

    /// A source begins: numbers go on where the last one stopped, time goes on as it passed.
    fn start(&mut self, now: Instant, source: Source, sequence: u16, timestamp: u32) -> Numbers {
        let output = self.newest + 1;
        self.take(output);
        let earliest = self.anchor.1.wrapping_add(PACKET);
        let clock = self.clock(now);
        let slot_timestamp = if clock.wrapping_sub(earliest) as i32 >= 0 { clock } else { earliest };
        self.anchor = (now, slot_timestamp);
        let shift = slot_timestamp.wrapping_sub(timestamp);
        self.mapping = Some(Mapping { source, input: sequence, output, floor: output, shift });
        Numbers { timestamp: slot_timestamp, fresh: true, ..Numbers::of(output) }
    }

    /// Marks an extended number as handed out; false when it was, or may have been.
    fn take(&mut self, number: i64) -> bool {
        let ahead = number - self.newest;
        if ahead > 0 {
            self.used = if ahead < WINDOW { self.used << ahead } else { 0 } | 1;
            self.newest = number;
            return true;
        }
        let bit = 1u64.checked_shl((-ahead).min(WINDOW) as u32).unwrap_or(0);
        let free = bit != 0 && self.used & bit == 0;
        self.used |= bit;
        free
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        /// The source sends its next packets, `lost` of them never arriving first.
        Send { lost: u16 },
        /// An earlier packet of the source comes, `back` behind: late or again.
        Late { back: u16 },
        /// Another source takes the slot; its numbers start anywhere.
        Switch { epoch: u64, sequence: u16, timestamp: u32 },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => prop_oneof![4 => Just(0u16), 1 => 1u16..200, 1 => 900u16..1200, 1 => 0u16..60_000].prop_map(|lost| Step::Send { lost }),
            3 => prop_oneof![3 => 0u16..70, 1 => 0u16..=1000].prop_map(|back| Step::Late { back }),
            1 => (0u64..3, any::<u16>(), any::<u32>()).prop_map(|(epoch, sequence, timestamp)| Step::Switch { epoch, sequence, timestamp }),
        ];
        prop::collection::vec(step, 1..400)
    }

    /// The rollover counter as a receiver guesses it (RFC 3711 appendix A), from what it saw before.
    struct Guess {
        roc: i64,
        highest: Option<u16>,
    }

    impl Guess {
        fn index(&mut self, sequence: u16) -> i64 {
            let Some(highest) = self.highest else {
                self.highest = Some(sequence);
                return i64::from(sequence);
            };
            let (sequence, highest) = (i64::from(sequence), i64::from(highest));
            let guess = if highest < 0x8000 && sequence - highest > 0x8000 {
                self.roc - 1
            } else if highest >= 0x8000 && highest - 0x8000 > sequence {
                self.roc + 1
            } else {
                self.roc
            };
            if guess > self.roc || (guess == self.roc && sequence > highest) {
                (self.roc, self.highest) = (guess, Some(sequence as u16));
            }
            guess << 16 | sequence
        }
    }

    proptest! {
        #[test]
        fn numbers_run_on_and_none_comes_twice(first: u16, steps in steps()) {
            let start = Instant::now();
            let mut slot = Slot::new(start, 1, first, 0);
            let (mut seen, mut guess) = (HashSet::new(), Guess { roc: 0, highest: None });
            let mut source = Source { epoch: 0, ssrc: 5 };
            let (mut sequence, mut timestamp) = (first.wrapping_mul(31), 0u32);
            let mut newest: Option<(i64, u32)> = None;
            for (index, step) in steps.iter().enumerate() {
                let now = start + Duration::from_millis(20 * index as u64);
                let (sent, late) = match step {
                    Step::Send { lost } => {
                        sequence = sequence.wrapping_add(1 + lost);
                        timestamp = timestamp.wrapping_add(960);
                        ((sequence, timestamp), false)
                    }
                    Step::Late { back } => ((sequence.wrapping_sub(*back), timestamp.wrapping_sub(960 * u32::from(*back))), true),
                    Step::Switch { epoch, sequence: other, timestamp: clock } => {
                        source = Source { epoch: *epoch + 10 * index as u64, ssrc: 5 };
                        (sequence, timestamp) = (*other, *clock);
                        ((sequence, timestamp), false)
                    }
                };
                let Some(numbers) = slot.number(now, source, sent.0, sent.1) else {
                    prop_assert!(late, "only late packets are dropped");
                    continue;
                };
                let extended = guess.index(numbers.sequence);
                prop_assert!(seen.insert((numbers.roc, numbers.sequence)), "a number came twice");
                prop_assert_eq!(i64::from(numbers.roc) << 16 | i64::from(numbers.sequence), extended);
                if let Some((before, clock)) = newest {
                    if numbers.fresh {
                        prop_assert_eq!(extended, before + 1, "a switch shows as loss");
                        prop_assert!((numbers.timestamp.wrapping_sub(clock) as i32) >= 960);
                    }
                    prop_assert!(extended - before <= i64::from(MAX_JUMP));
                }
                if newest.is_none_or(|(before, _)| extended > before) {
                    newest = Some((extended, numbers.timestamp));
                }
            }
        }
    }

    #[test]
    fn a_source_keeps_its_own_spacing() {
        let start = Instant::now();
        let mut slot = Slot::new(start, 1, 100, 5000);
        let source = Source { epoch: 1, ssrc: 9 };
        let one = slot.number(start, source, 7, 70_000).unwrap();
        assert_eq!((one.sequence, one.fresh), (100, true));
        let three = slot.number(start, source, 9, 71_920).unwrap();
        assert_eq!((three.sequence, three.timestamp.wrapping_sub(one.timestamp)), (102, 1920));
        let two = slot.number(start, source, 8, 70_960).unwrap();
        assert_eq!((two.sequence, two.timestamp.wrapping_sub(one.timestamp)), (101, 960));
        assert_eq!(slot.number(start, source, 8, 70_960), None, "again");
        assert_eq!(slot.number(start, source, 6, 69_040), None, "from before it took the slot");
    }

    #[test]
    fn the_clock_runs_on_between_sources() {
        let start = Instant::now();
        let mut slot = Slot::new(start, 1, 100, 5000);
        let first = slot.number(start, Source { epoch: 1, ssrc: 9 }, 7, 0).unwrap();
        let later = start + Duration::from_secs(2);
        let second = slot.number(later, Source { epoch: 2, ssrc: 9 }, 60_000, 1).unwrap();
        assert_eq!(second.timestamp.wrapping_sub(first.timestamp), 96_000);
        assert_eq!(slot.clock(later + Duration::from_millis(10)), second.timestamp.wrapping_add(480));
    }
}
