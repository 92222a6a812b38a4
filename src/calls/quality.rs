//! PURE: folds the relay's reports about one leg into the quality that its record keeps. Knows no call and no relay.

use crate::model::{DirectionQuality, LegQuality};

/// One direction, as one report tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Direction {
    /// Packets since the transport came up: received (up) or sent (down).
    pub packets: u64,
    /// Packets lost since the transport came up.
    pub lost: u64,
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

/// Mean and maximum of a measure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Measure {
    sum: f64,
    count: u32,
    worst: f32,
}

impl Measure {
    fn add(&mut self, value: f32) {
        if value.is_finite() && value >= 0.0 {
            self.sum += f64::from(value);
            self.count += 1;
            self.worst = self.worst.max(value);
        }
    }
    /// Mean and worst, once there is a value.
    #[allow(clippy::cast_possible_truncation)] // a mean of f32 values is in their range
    fn get(&self) -> Option<(f32, f32)> {
        (self.count > 0).then(|| ((self.sum / f64::from(self.count)) as f32, self.worst))
    }
}

/// Packets of transports that are gone, and of the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Side {
    before: (u64, u64),
    present: (u64, u64),
    jitter: Measure,
}

impl Side {
    fn add(&mut self, report: &Direction) {
        self.present = (report.packets, report.lost);
        if report.packets > 0 {
            self.jitter.add(report.jitter_ms);
        }
    }
    fn renew(&mut self) {
        self.before.0 = self.before.0.saturating_add(self.present.0);
        self.before.1 = self.before.1.saturating_add(self.present.1);
        self.present = (0, 0);
    }
    /// `expected` of (packets, lost) is what 100 % would be.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // a percentage
    fn quality(&self, expected: fn(u64, u64) -> u64) -> DirectionQuality {
        let packets = self.before.0.saturating_add(self.present.0);
        let lost = self.before.1.saturating_add(self.present.1);
        let all = expected(packets, lost);
        let loss_pct = if all == 0 { 0.0 } else { (lost as f64 * 100.0 / all as f64).min(100.0) as f32 };
        let (jitter_ms, worst_jitter_ms) = self.jitter.get().unwrap_or_default();
        DirectionQuality { packets, lost, loss_pct, jitter_ms, worst_jitter_ms }
    }
}

/// The quality of one leg so far, over all its transports.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fold {
    rtt: Measure,
    up: Side,
    down: Side,
}

impl Fold {
    /// Takes one report about the present transport.
    pub fn add(&mut self, report: &Report) {
        if let Some(rtt) = report.rtt_ms {
            self.rtt.add(rtt);
        }
        self.up.add(&report.up);
        self.down.add(&report.down);
    }
    /// The transport is gone: the counters of the next one begin at zero.
    pub fn renew(&mut self) {
        self.up.renew();
        self.down.renew();
    }
    /// What the record keeps.
    pub fn quality(&self) -> LegQuality {
        let rtt = self.rtt.get();
        LegQuality {
            rtt_ms: rtt.map(|(mean, _)| mean),
            worst_rtt_ms: rtt.map(|(_, worst)| worst),
            // Received and lost make what was sent up; down, what was sent is counted itself.
            up: self.up.quality(u64::saturating_add),
            down: self.down.quality(|packets, _| packets),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rtt: Option<f32>, packets: u64, lost: u64, jitter_ms: f32) -> Report {
        let side = Direction { packets, lost, jitter_ms };
        Report { rtt_ms: rtt, up: side, down: side }
    }

    #[test]
    fn means_and_worst_come_from_the_reports_and_packets_from_the_counters() {
        let mut fold = Fold::default();
        assert_eq!(fold.quality(), LegQuality::default());
        fold.add(&report(None, 0, 0, 0.0));
        fold.add(&report(Some(10.0), 180, 20, 2.0));
        fold.add(&report(Some(30.0), 300, 100, 6.0));
        let q = fold.quality();
        assert_eq!((q.rtt_ms, q.worst_rtt_ms), (Some(20.0), Some(30.0)));
        assert_eq!((q.up.packets, q.up.lost, q.up.loss_pct), (300, 100, 25.0));
        assert_eq!((q.up.jitter_ms, q.up.worst_jitter_ms), (4.0, 6.0));
        assert!((q.down.loss_pct - 100.0 / 3.0).abs() < 0.01);
    }
    #[test]
    fn a_new_transport_adds_to_the_old_one() {
        let mut fold = Fold::default();
        fold.add(&report(None, 100, 10, 1.0));
        fold.renew();
        fold.renew();
        fold.add(&report(None, 50, 0, 1.0));
        let q = fold.quality();
        assert_eq!((q.up.packets, q.up.lost, q.down.packets), (150, 10, 150));
    }
    #[test]
    fn what_is_no_number_is_left_out() {
        let mut fold = Fold::default();
        fold.add(&report(Some(f32::NAN), 1, 5, f32::INFINITY));
        let q = fold.quality();
        assert_eq!((q.rtt_ms, q.up.jitter_ms, q.down.loss_pct), (None, 0.0, 100.0));
    }
}
