//! How many slots a receiver in trouble still gets: fewer quickly, more again slowly (as TCP's congestion avoidance
//! does: additive increase, multiplicative decrease). Pure policy; knows neither which slots those are nor who speaks.

use std::time::{Duration, Instant};

/// Losing this share and more is trouble: beyond it neither FEC nor repetitions keep speech whole.
const TROUBLE: f32 = 0.15;
/// Losing no more than this is well.
const WELL: f32 = 0.05;
/// Reports of trouble in a row before slots are taken away: one may be a burst that is over.
const REPORTS: u8 = 2;
/// A smaller load shows in the reports only after this.
const SETTLE: Duration = Duration::from_secs(5);
/// How long all must be well before one slot more is tried, and at most after trials that failed.
const FIRST_TRIAL: Duration = Duration::from_secs(10);
const LAST_TRIAL: Duration = Duration::from_secs(80);
/// A trial has failed when trouble comes back within this.
const PROBATION: Duration = Duration::from_secs(20);

/// One receiver's allowance.
#[derive(Clone, Copy, Debug)]
pub struct Shedding {
    /// `None` while he gets all.
    allowed: Option<usize>,
    bad: u8,
    well_since: Option<Instant>,
    cut_at: Option<Instant>,
    raised_at: Option<Instant>,
    trial: Duration,
}

impl Default for Shedding {
    fn default() -> Shedding {
        Shedding {
            allowed: None,
            bad: 0,
            well_since: None,
            cut_at: None,
            raised_at: None,
            trial: FIRST_TRIAL,
        }
    }
}

impl Shedding {
    /// How many of `slots` he gets.
    pub fn allowance(&self, slots: usize) -> usize {
        self.allowed.map_or(slots, |allowed| allowed.min(slots))
    }

    /// A report came: of what was sent on the `used` slots in use of `slots`, `loss` was lost on the way to him. That of
    /// the best slot is meant: a speaker's own losses show in his slot alone. True when the allowance changed.
    pub fn report(&mut self, now: Instant, slots: usize, used: usize, loss: f32) -> bool {
        let before = self.allowance(slots);
        if loss >= TROUBLE {
            self.well_since = None;
            self.bad = self.bad.saturating_add(1);
            let used = used.min(before);
            let settled = self.cut_at.is_none_or(|cut| now >= cut + SETTLE);
            if self.bad >= REPORTS && settled && used > 1 {
                self.cut(now, used);
            }
        } else {
            self.bad = 0;
            self.recover(now, slots, loss);
        }
        self.allowance(slots) != before
    }

    fn cut(&mut self, now: Instant, used: usize) {
        let failed = self.raised_at.is_some_and(|raised| now < raised + PROBATION);
        self.trial = if failed { (self.trial * 2).min(LAST_TRIAL) } else { FIRST_TRIAL };
        // Slots that were taken away are still reported on for a while.
        self.allowed = Some((used / 2).max(1));
        self.cut_at = Some(now);
        self.bad = 0;
    }

    fn recover(&mut self, now: Instant, slots: usize, loss: f32) {
        let Some(allowed) = self.allowed else { return };
        if loss > WELL {
            self.well_since = None;
            return;
        }
        let since = *self.well_since.get_or_insert(now);
        if now >= since + self.trial {
            self.allowed = (allowed + 1 < slots).then_some(allowed + 1);
            self.well_since = Some(now);
            self.raised_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn trouble_halves_and_health_adds_one_by_one() {
        let mut now = Instant::now();
        let mut shedding = Shedding::default();
        assert!(!shedding.report(now, 8, 8, 0.3), "one report is no trouble yet");
        assert!(shedding.report(now, 8, 8, 0.3));
        assert_eq!(shedding.allowance(8), 4);
        assert!(!shedding.report(now, 8, 4, 0.3) && !shedding.report(now, 8, 4, 0.3), "not settled");
        now += SETTLE;
        assert!(shedding.report(now, 8, 4, 0.3));
        assert_eq!(shedding.allowance(8), 2);
        for well in 0..=60 {
            shedding.report(now + SECOND * well, 8, 2, 0.0);
        }
        assert_eq!(shedding.allowance(8), 8);
    }

    #[test]
    fn a_trial_that_fails_is_not_tried_again_so_soon() {
        let mut now = Instant::now();
        let mut shedding = Shedding::default();
        let mut raised = Vec::new();
        // Three slots fit on this line and four do not.
        let mut used = 8;
        for second in 0..300 {
            let loss = if used > 3 { 0.3 } else { 0.0 };
            shedding.report(now, 8, used, loss);
            if shedding.allowance(8) > used {
                raised.push(second);
            }
            used = shedding.allowance(8);
            now += SECOND;
        }
        let pauses: Vec<i32> = raised.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(pauses.iter().any(|pause| *pause >= 40), "{raised:?}");
        assert!(raised.len() < 14, "{raised:?}");
    }

    #[test]
    fn the_last_slot_is_never_taken() {
        let mut now = Instant::now();
        let mut shedding = Shedding::default();
        for _ in 0..100 {
            now += SECOND;
            shedding.report(now, 8, shedding.allowance(8), 0.9);
        }
        assert_eq!(shedding.allowance(8), 1);
    }

    proptest! {
        #[test]
        fn the_allowance_is_bounded(reports in prop::collection::vec((0u64..10, 0.0f32..1.0), 0..200), slots in 1usize..=8) {
            let mut now = Instant::now();
            let mut shedding = Shedding::default();
            for (seconds, loss) in reports {
                now += SECOND * seconds as u32;
                let before = shedding.allowance(slots);
                let changed = shedding.report(now, slots, before, loss);
                let after = shedding.allowance(slots);
                prop_assert!((1..=slots).contains(&after));
                prop_assert_eq!(changed, before != after);
                prop_assert!(after <= before + 1, "more comes one by one");
                prop_assert!(after >= before || loss >= TROUBLE, "nothing is taken from one who is well");
            }
        }
    }
}
