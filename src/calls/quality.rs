//! PURE: folds what the relay and the browser tell about one leg into the quality that its record keeps, and holds the
//! newest of it for as long as it is fresh. Knows no call and no relay.

use std::time::{Duration, Instant};

use super::stats::Stats;
use crate::model::{DirectionQuality, LegQuality};

/// A report older than this says nothing about now (they come every five seconds).
const FRESH: Duration = Duration::from_secs(12);
/// Fewer packets than a second's are too few for a share of them to count as the worst.
const ENOUGH: u64 = 50;
/// Packets between two reports: fifty a second, for five seconds.
const PER_REPORT: u64 = 250;

/// One direction, as one report tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Direction {
    /// Packets since the transport came up: received (up) or sent (down).
    pub packets: u64,
    /// Packets lost since the transport came up.
    pub lost: u64,
    /// Share lost since the report before, 0–100.
    pub loss_pct: f32,
    /// Interarrival jitter, milliseconds.
    pub jitter_ms: f32,
}

/// What the relay tells about one transport, about every five seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// Between browser and relay, milliseconds; absent until measured.
    pub rtt_ms: Option<f32>,
    /// Browser to relay.
    pub up: Direction,
    /// Relay to browser.
    pub down: Direction,
}

/// What is known of the last five seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    pub rtt_ms: Option<f32>,
    /// Absent where no packet was to come.
    pub up: Option<Passage>,
    pub down: Option<Passage>,
    pub stats: Option<Stats>,
}

/// How one direction got through.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Passage {
    pub loss_pct: f32,
    pub jitter_ms: f32,
}

/// Mean and extremes of a measure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Measure {
    sum: f64,
    count: u32,
    highest: f32,
    lowest: f32,
}

impl Measure {
    /// Goes on with a mean that was stored, as if it had been measured `count` times.
    fn resume(mean: Option<f32>, worst: Option<f32>, count: u32) -> Self {
        let Some(mean) = mean.filter(|m| m.is_finite()) else { return Self::default() };
        let worst = worst.filter(|w| w.is_finite()).unwrap_or(mean);
        let (lowest, highest) = (mean.min(worst), mean.max(worst));
        Self { sum: f64::from(mean) * f64::from(count), count, highest, lowest }
    }
    fn add(&mut self, value: f32) {
        if value.is_finite() && value >= 0.0 {
            self.sum += f64::from(value);
            self.lowest = if self.count == 0 { value } else { self.lowest.min(value) };
            self.highest = self.highest.max(value);
            self.count = self.count.saturating_add(1);
        }
    }
    #[allow(clippy::cast_possible_truncation)] // a mean of f32 values is in their range
    fn mean(&self) -> Option<f32> {
        (self.count > 0).then(|| (self.sum / f64::from(self.count)) as f32)
    }
    fn highest(&self) -> Option<f32> {
        (self.count > 0).then_some(self.highest)
    }
    fn lowest(&self) -> Option<f32> {
        (self.count > 0).then_some(self.lowest)
    }
}

/// Packets of transports that are gone, and of the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Side {
    before: (u64, u64),
    present: (u64, u64),
    jitter: Measure,
    loss: Measure,
    mos: Measure,
    passage: Option<Passage>,
}

impl Side {
    fn resume(stored: &DirectionQuality, count: u32) -> Self {
        let there = stored.packets > 0;
        Self {
            before: (stored.packets, stored.lost),
            jitter: Measure::resume(there.then_some(stored.jitter_ms), Some(stored.worst_jitter_ms), count),
            loss: Measure::resume(there.then_some(stored.loss_pct), Some(stored.worst_loss_pct), count),
            mos: Measure::resume(stored.mos, stored.worst_mos, count),
            ..Self::default()
        }
    }
    fn add(&mut self, report: &Direction, expected: fn(u64, u64) -> u64) {
        let before = expected(self.present.0, self.present.1);
        let fresh = expected(report.packets, report.lost).saturating_sub(before);
        self.present = (report.packets, report.lost);
        if report.packets > 0 {
            self.jitter.add(report.jitter_ms);
        }
        if fresh >= ENOUGH {
            self.loss.add(report.loss_pct.min(100.0));
        }
        let passage = Passage { loss_pct: report.loss_pct.min(100.0), jitter_ms: report.jitter_ms };
        let usable = [passage.loss_pct, passage.jitter_ms].iter().all(|v| v.is_finite() && *v >= 0.0);
        self.passage = Some(passage).filter(|_| fresh > 0 && usable);
    }
    fn renew(&mut self) {
        self.before.0 = self.before.0.saturating_add(self.present.0);
        self.before.1 = self.before.1.saturating_add(self.present.1);
        self.present = (0, 0);
        self.passage = None;
    }
    /// `expected` of (packets, lost) is what 100 % would be.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // a percentage
    fn quality(&self, expected: fn(u64, u64) -> u64) -> DirectionQuality {
        let packets = self.before.0.saturating_add(self.present.0);
        let lost = self.before.1.saturating_add(self.present.1);
        let all = expected(packets, lost);
        DirectionQuality {
            packets,
            lost,
            loss_pct: if all == 0 { 0.0 } else { (lost as f64 * 100.0 / all as f64).min(100.0) as f32 },
            worst_loss_pct: self.loss.highest().unwrap_or_default(),
            jitter_ms: self.jitter.mean().unwrap_or_default(),
            worst_jitter_ms: self.jitter.highest().unwrap_or_default(),
            mos: self.mos.mean(),
            worst_mos: self.mos.lowest(),
        }
    }
}

/// What was received and what was lost make what was sent.
const UP: fn(u64, u64) -> u64 = u64::saturating_add;
/// What was sent is counted itself.
const DOWN: fn(u64, u64) -> u64 = |packets, _| packets;

/// The quality of one leg so far, over all its transports.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fold {
    rtt: Measure,
    up: Side,
    down: Side,
    concealed: Measure,
    buffer: Measure,
    newest: Option<(Instant, Option<f32>)>,
    told: Option<(Instant, Stats)>,
}

impl Fold {
    /// Goes on with what was stored: the means weigh as many reports as the packets say.
    pub fn resume(stored: &LegQuality) -> Self {
        let count =
            u32::try_from(stored.up.packets.max(stored.down.packets) / PER_REPORT).unwrap_or(u32::MAX).max(1);
        Self {
            rtt: Measure::resume(stored.rtt_ms, stored.worst_rtt_ms, count),
            up: Side::resume(&stored.up, count),
            down: Side::resume(&stored.down, count),
            concealed: Measure::resume(stored.concealed_pct, stored.worst_concealed_pct, count),
            buffer: Measure::resume(stored.jitter_buffer_ms, stored.worst_jitter_buffer_ms, count),
            ..Self::default()
        }
    }
    /// Takes one report about the present transport.
    pub fn add(&mut self, report: &Report, now: Instant) {
        let rtt = report.rtt_ms.filter(|v| v.is_finite() && *v >= 0.0);
        if let Some(rtt) = rtt {
            self.rtt.add(rtt);
        }
        self.up.add(&report.up, UP);
        self.down.add(&report.down, DOWN);
        self.newest = Some((now, rtt));
    }
    /// Takes what the browser tells.
    pub fn tell(&mut self, stats: &Stats, now: Instant) {
        for (measure, value) in
            [(&mut self.concealed, stats.concealed_pct), (&mut self.buffer, stats.jitter_buffer_ms)]
        {
            if let Some(value) = value {
                measure.add(value);
            }
        }
        self.told = Some((now, *stats));
    }
    /// The transport is gone: the counters of the next one begin at zero.
    pub fn renew(&mut self) {
        self.up.renew();
        self.down.renew();
        (self.newest, self.told) = (None, None);
    }
    /// How the last five seconds were; `None` if nothing fresh is known.
    pub fn figures(&self, now: Instant) -> Option<Figures> {
        let fresh = |at: Instant| now.saturating_duration_since(at) <= FRESH;
        let (_, rtt_ms) = self.newest.filter(|(at, _)| fresh(*at))?;
        let stats = self.told.filter(|(at, _)| fresh(*at)).map(|(_, stats)| stats);
        Some(Figures { rtt_ms, up: self.up.passage, down: self.down.passage, stats })
    }
    /// Takes the estimates of the last five seconds.
    pub fn rate(&mut self, up: Option<f32>, down: Option<f32>) {
        for (side, mos) in [(&mut self.up, up), (&mut self.down, down)] {
            if let Some(mos) = mos {
                side.mos.add(mos);
            }
        }
    }
    /// What the record keeps.
    pub fn quality(&self) -> LegQuality {
        LegQuality {
            rtt_ms: self.rtt.mean(),
            worst_rtt_ms: self.rtt.highest(),
            concealed_pct: self.concealed.mean(),
            worst_concealed_pct: self.concealed.highest(),
            jitter_buffer_ms: self.buffer.mean(),
            worst_jitter_buffer_ms: self.buffer.highest(),
            up: self.up.quality(UP),
            down: self.down.quality(DOWN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock as _, SystemClock};

    fn report(rtt: Option<f32>, packets: u64, lost: u64, loss_pct: f32, jitter_ms: f32) -> Report {
        let side = Direction { packets, lost, loss_pct, jitter_ms };
        Report { rtt_ms: rtt, up: side, down: side }
    }

    #[test]
    fn means_and_worst_come_from_the_reports_and_packets_from_the_counters() {
        let (mut fold, now) = (Fold::default(), SystemClock.instant());
        assert_eq!(fold.quality(), LegQuality::default());
        fold.add(&report(None, 0, 0, 0.0, 0.0), now);
        fold.add(&report(Some(10.0), 180, 20, 10.0, 2.0), now);
        fold.add(&report(Some(30.0), 300, 100, 40.0, 6.0), now);
        let q = fold.quality();
        assert_eq!((q.rtt_ms, q.worst_rtt_ms), (Some(20.0), Some(30.0)));
        assert_eq!((q.up.packets, q.up.lost, q.up.loss_pct, q.up.worst_loss_pct), (300, 100, 25.0, 40.0));
        assert_eq!((q.up.jitter_ms, q.up.worst_jitter_ms), (4.0, 6.0));
        assert!((q.down.loss_pct - 100.0 / 3.0).abs() < 0.01);
        fold.rate(Some(4.0), None);
        fold.rate(Some(3.0), Some(2.0));
        let q = fold.quality();
        assert_eq!((q.up.mos, q.up.worst_mos, q.down.mos), (Some(3.5), Some(3.0), Some(2.0)));
    }
    #[test]
    fn a_new_transport_adds_to_the_old_one() {
        let (mut fold, now) = (Fold::default(), SystemClock.instant());
        fold.add(&report(None, 100, 10, 9.0, 1.0), now);
        assert!(fold.figures(now).is_some());
        fold.renew();
        assert_eq!(fold.figures(now), None, "what is known was about the transport that is gone");
        fold.renew();
        fold.add(&report(None, 50, 0, 0.0, 1.0), now);
        let q = fold.quality();
        assert_eq!((q.up.packets, q.up.lost, q.down.packets), (150, 10, 150));
    }
    #[test]
    fn what_is_no_number_is_left_out() {
        let (mut fold, now) = (Fold::default(), SystemClock.instant());
        fold.add(&report(Some(f32::NAN), 1, 5, f32::NAN, f32::INFINITY), now);
        let q = fold.quality();
        assert_eq!((q.rtt_ms, q.up.jitter_ms, q.down.loss_pct), (None, 0.0, 100.0));
        assert_eq!(fold.figures(now), Some(Figures::default()));
    }
    #[test]
    fn a_handful_of_packets_is_nobodys_worst() {
        let (mut fold, now) = (Fold::default(), SystemClock.instant());
        fold.add(&report(None, 200, 0, 0.0, 1.0), now);
        fold.add(&report(None, 202, 2, 50.0, 1.0), now);
        assert_eq!(fold.quality().up.worst_loss_pct, 0.0);
        assert_eq!(fold.figures(now).and_then(|f| f.up).map(|p| p.loss_pct), Some(50.0));
        fold.add(&report(None, 202, 2, 0.0, 1.0), now);
        assert_eq!(fold.figures(now).and_then(|f| f.up), None, "nothing came, nothing was lost");
    }
    #[test]
    fn old_news_is_no_news() {
        let (mut fold, now) = (Fold::default(), SystemClock.instant());
        let stats = Stats { concealed_pct: Some(3.0), ..Stats::default() };
        fold.tell(&stats, now);
        assert_eq!(fold.figures(now), None);
        let later = now + Duration::from_secs(10);
        fold.add(&report(Some(5.0), 100, 0, 0.0, 1.0), later);
        assert_eq!(fold.figures(later).map(|f| f.stats), Some(Some(stats)));
        let later = now + Duration::from_secs(20);
        assert_eq!(fold.figures(later).map(|f| (f.rtt_ms, f.stats)), Some((Some(5.0), None)));
        assert_eq!(fold.figures(later + FRESH), None);
        assert_eq!(fold.quality().worst_concealed_pct, Some(3.0));
    }
}
