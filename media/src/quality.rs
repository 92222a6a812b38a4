//! How well one transport's streams arrive, by the formulas of RFC 3550. Pure numbers; knows neither packets'
//! bytes nor who reads the result.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::api::{Direction, Quality};
use crate::rtcp::Block;

/// Seconds from 1900 (NTP) to 1970 (Unix).
const NTP_TO_UNIX: u64 = 2_208_988_800;
/// Opus always counts 48 kHz.
const UNITS_PER_MS: f32 = 48.0;
/// A longer jump of the sequence is a new start (RFC 3550 A.1).
const MAX_DROPOUT: u16 = 3000;

/// Turns instants into NTP time and into arrival times.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    origin_ntp: u64,
}

impl Clock {
    /// `origin` and `wall` are one moment.
    pub fn new(origin: Instant, wall: SystemTime) -> Clock {
        let unix = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
        Clock { origin, origin_ntp: (unix.as_secs().wrapping_add(NTP_TO_UNIX)) << 32 | fraction }
    }

    /// NTP time, 32.32 fixed point.
    pub fn ntp(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.origin);
        let fraction = (u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000;
        self.origin_ntp.wrapping_add(elapsed.as_secs() << 32 | fraction)
    }

    /// When a packet arrived, in timestamp units from an arbitrary origin.
    pub fn arrival(&self, now: Instant) -> u32 {
        let nanos = now.saturating_duration_since(self.origin).as_nanos();
        (nanos * 48 / 1_000_000) as u32
    }
}

/// The middle 32 bits of an NTP time, as reports carry it.
pub fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// The round trip of a report block that came at `now` (middle NTP bits), milliseconds (RFC 3550 6.4.1). `None`
/// for one that saw no sender report or makes no sense.
pub fn round_trip_ms(now: u32, block: &Block) -> Option<f32> {
    let round_trip = now.wrapping_sub(block.last_sr).wrapping_sub(block.delay);
    // A clock step or a lie shows as a huge unsigned number; a minute is beyond any call.
    (block.last_sr != 0 && round_trip < 60 << 16).then_some(round_trip as f32 / 65.536)
}

/// How the browser's stream is received (RFC 3550 A.1, A.3, A.8).
#[derive(Clone, Debug, Default)]
pub struct Reception {
    ssrc: Option<u32>,
    base: u32,
    /// Extended highest sequence number.
    highest: u32,
    received: u32,
    /// Counts of streams that this one replaced.
    before: (u64, u64),
    reported: (u32, u32),
    measured: (u64, u64),
    transit: u32,
    /// 16 times the jitter, as A.8 keeps it.
    jitter16: u32,
    /// Middle NTP bits and arrival of the last sender report.
    last_sr: Option<(u32, Instant)>,
}

impl Reception {
    /// A packet came at `arrival`, in timestamp units.
    pub fn packet(&mut self, ssrc: u32, sequence: u16, timestamp: u32, arrival: u32) {
        let transit = arrival.wrapping_sub(timestamp);
        let ahead = sequence.wrapping_sub(self.highest as u16);
        let jumps = (MAX_DROPOUT..=u16::MAX - MAX_DROPOUT).contains(&ahead);
        if self.ssrc != Some(ssrc) || jumps {
            self.restart(ssrc, sequence);
            self.transit = transit;
        } else if ahead < MAX_DROPOUT {
            self.highest = self.highest.wrapping_add(u32::from(ahead));
        }
        self.received = self.received.wrapping_add(1);
        if ahead >= MAX_DROPOUT && !jumps {
            // Late, or repeated because it was lost: its transit time is not the network's.
            return;
        }
        let difference = (transit.wrapping_sub(self.transit) as i32).unsigned_abs();
        self.transit = transit;
        self.jitter16 =
            self.jitter16.wrapping_add(difference).wrapping_sub(self.jitter16.saturating_add(8) >> 4);
    }

    /// A sender report came.
    pub fn sender_report(&mut self, now: Instant, ntp: u64) {
        self.last_sr = Some((middle(ntp), now));
    }

    /// The block for the next receiver report; `None` while nothing came.
    pub fn block(&mut self, now: Instant) -> Option<Block> {
        let ssrc = self.ssrc?;
        let expected = self.expected();
        let interval_expected = expected.wrapping_sub(self.reported.0);
        let interval_received = self.received.wrapping_sub(self.reported.1);
        self.reported = (expected, self.received);
        let lost = interval_expected.saturating_sub(interval_received);
        let fraction =
            if interval_expected == 0 { 0 } else { (u64::from(lost) << 8) / u64::from(interval_expected) };
        let (last_sr, delay) = match self.last_sr {
            Some((ntp, at)) => (ntp, (now.saturating_duration_since(at).as_secs_f64() * 65_536.0) as u32),
            None => (0, 0),
        };
        Some(Block {
            ssrc,
            fraction: fraction.min(255) as u8,
            lost: expected.wrapping_sub(self.received) as i32,
            highest: self.highest,
            jitter: self.jitter16 >> 4,
            last_sr,
            delay,
        })
    }

    /// The numbers since the last call of this.
    pub fn direction(&mut self) -> Direction {
        let expected = self.before.0 + u64::from(self.expected());
        let received = self.before.1 + u64::from(self.received);
        let interval_expected = expected.saturating_sub(self.measured.0);
        let interval_received = received.saturating_sub(self.measured.1);
        self.measured = (expected, received);
        Direction {
            packets: received,
            lost: expected.saturating_sub(received),
            loss_pct: percent(interval_expected.saturating_sub(interval_received), interval_expected),
            jitter_ms: (self.jitter16 >> 4) as f32 / UNITS_PER_MS,
        }
    }

    fn expected(&self) -> u32 {
        if self.ssrc.is_some() { self.highest.wrapping_sub(self.base).wrapping_add(1) } else { 0 }
    }

    /// Another stream, or a jump in it: what was counted stays counted.
    fn restart(&mut self, ssrc: u32, sequence: u16) {
        self.before = (self.before.0 + u64::from(self.expected()), self.before.1 + u64::from(self.received));
        self.ssrc = Some(ssrc);
        self.base = u32::from(sequence);
        self.highest = self.base;
        self.received = 0;
        self.reported = (0, 0);
        self.jitter16 = 0;
    }
}

/// What was sent on one slot and how the browser says it arrived.
#[derive(Clone, Debug, Default)]
pub struct Sending {
    pub packets: u64,
    /// Payload bytes, as sender reports count them.
    pub octets: u64,
    last: Option<Block>,
    /// Highest sequence number and losses when last measured.
    measured: (u32, i32),
}

impl Sending {
    /// A packet was sent.
    pub fn packet(&mut self, payload: usize) {
        self.packets += 1;
        self.octets += payload as u64;
    }

    /// The browser reported on this slot. Gives how many packets the report is about.
    pub fn report(&mut self, block: &Block) -> u32 {
        if self.last.is_none() {
            self.measured = (block.highest, 0);
        }
        let before = self.last.replace(*block).map(|last| last.highest);
        before.map_or(0, |before| block.highest.wrapping_sub(before))
    }

    /// The numbers since the last call of this.
    pub fn direction(&mut self) -> Direction {
        let Some(block) = self.last else {
            return Direction { packets: self.packets, ..Direction::default() };
        };
        let expected = block.highest.wrapping_sub(self.measured.0);
        let lost = block.lost.saturating_sub(self.measured.1).max(0) as u64;
        self.measured = (block.highest, block.lost);
        Direction {
            packets: self.packets,
            lost: block.lost.max(0) as u64,
            loss_pct: percent(lost, u64::from(expected)),
            jitter_ms: block.jitter as f32 / UNITS_PER_MS,
        }
    }
}

/// Both directions in one report: of the slots the sums of packets and losses, and the worst of the rest.
pub fn quality(rtt_ms: Option<f32>, up: &mut Reception, slots: impl Iterator<Item = Direction>) -> Quality {
    let down = slots.fold(Direction::default(), |sum, slot| Direction {
        packets: sum.packets + slot.packets,
        lost: sum.lost + slot.lost,
        loss_pct: sum.loss_pct.max(slot.loss_pct),
        jitter_ms: sum.jitter_ms.max(slot.jitter_ms),
    });
    Quality { rtt_ms, up: up.direction(), down }
}

fn percent(part: u64, whole: u64) -> f32 {
    if whole == 0 { 0.0 } else { (part as f32 * 100.0 / whole as f32).min(100.0) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ntp_counts_from_1900() {
        let origin = Instant::now();
        let clock = Clock::new(origin, UNIX_EPOCH + Duration::from_millis(1500));
        assert_eq!(clock.ntp(origin), (NTP_TO_UNIX + 1) << 32 | 1 << 31);
        assert_eq!(clock.ntp(origin + Duration::from_millis(500)), (NTP_TO_UNIX + 2) << 32);
        assert_eq!(clock.arrival(origin + Duration::from_millis(20)), 960);
    }

    #[test]
    fn the_example_of_rfc_3550_6_4_1() {
        let block = Block { last_sr: 0xb705_2000, delay: 0x0005_4000, ..Block::default() };
        let rtt = round_trip_ms(0xb710_8000, &block).unwrap();
        assert!((rtt - 6125.0).abs() < 0.01, "{rtt}");
        assert_eq!(round_trip_ms(1, &Block::default()), None, "no sender report seen");
        assert_eq!(round_trip_ms(0xb705_1fff, &block), None, "before it was sent");
    }

    #[test]
    fn loss_is_counted_by_a_3() {
        let now = Instant::now();
        let mut up = Reception::default();
        for sequence in
            (65_530u16..=65_535).chain(0..4).filter(|sequence| *sequence != 65_533 && *sequence != 1)
        {
            up.packet(7, sequence, 0, 0);
        }
        let block = up.block(now).unwrap();
        assert_eq!((block.lost, block.highest, block.fraction), (2, 65_536 + 3, (2 * 256 / 10) as u8));
        for sequence in 4..14 {
            up.packet(7, sequence, 0, 0);
        }
        let block = up.block(now).unwrap();
        assert_eq!((block.lost, block.fraction), (2, 0));
        let up = up.direction();
        assert_eq!((up.packets, up.lost, up.loss_pct), (18, 2, 10.0));
    }

    #[test]
    fn a_new_stream_keeps_what_was_counted() {
        let mut up = Reception::default();
        for sequence in [1, 2, 4] {
            up.packet(7, sequence, 0, 0);
        }
        for sequence in [900, 901, 903] {
            up.packet(8, sequence, 0, 0);
        }
        let up = up.direction();
        assert_eq!((up.packets, up.lost), (6, 2));
    }

    #[test]
    fn the_delay_since_the_sender_report_is_told() {
        let now = Instant::now();
        let mut up = Reception::default();
        up.packet(7, 1, 0, 0);
        up.sender_report(now, 0x1111_2222_3333_4444);
        let block = up.block(now + Duration::from_millis(500)).unwrap();
        assert_eq!((block.last_sr, block.delay), (0x2222_3333, 32_768));
    }

    #[test]
    fn a_slot_is_measured_between_reports() {
        let mut slot = Sending::default();
        slot.packet(80);
        slot.report(&Block { highest: 100, lost: 0, ..Block::default() });
        slot.direction();
        slot.report(&Block { highest: 150, lost: 5, jitter: 480, ..Block::default() });
        let down = slot.direction();
        assert_eq!((down.packets, down.lost, down.loss_pct, down.jitter_ms), (1, 5, 10.0, 10.0));
    }

    proptest! {
        /// A.8 says J += (|D| − J) / 16; the integers may differ from the reals by rounding only.
        #[test]
        fn jitter_follows_the_formula(delays in prop::collection::vec(0u32..5000, 2..300)) {
            let mut up = Reception::default();
            let (mut real, mut before) = (0f64, None::<f64>);
            for (index, delay) in delays.iter().enumerate() {
                let timestamp = 960 * index as u32;
                up.packet(7, index as u16, timestamp, timestamp + delay);
                if let Some(before) = before {
                    real += ((f64::from(*delay) - before).abs() - real) / 16.0;
                }
                before = Some(f64::from(*delay));
            }
            let found = f64::from(up.block(Instant::now()).unwrap().jitter);
            prop_assert!((found - real).abs() <= 1.5, "{found} {real}");
        }

        #[test]
        fn any_numbers_are_taken(packets in prop::collection::vec(any::<(u32, u16, u32, u32)>(), 0..50)) {
            let mut up = Reception::default();
            for (ssrc, sequence, timestamp, arrival) in packets {
                up.packet(ssrc % 2, sequence, timestamp, arrival);
                up.block(Instant::now());
                up.direction();
            }
        }
    }

    #[test]
    fn no_timestamps_are_too_wild_for_the_jitter() {
        let mut reception = Reception::default();
        let mut transit = 0u32;
        // By these three differences the jitter comes within eight of all that fits.
        for (sequence, difference) in [0, 1 << 31, 1 << 31, 394_264_572, 0].into_iter().enumerate() {
            transit = transit.wrapping_add(difference);
            reception.packet(1, sequence as u16, 0, transit);
        }
        assert!(reception.jitter16 > 1 << 31);
    }
}
