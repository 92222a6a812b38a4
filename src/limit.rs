//! PURE: how often somebody may do something. Knows no clock: `now` is handed in; and no meaning: the caller names the keys.
//!
//! The generic cell rate algorithm: one `Instant` per key, so a key costs a few dozen bytes, and the number of keys is
//! bounded.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// `burst` at once, then one more every `refill`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub refill: Duration,
}

impl Rate {
    /// `count` within `window`, after a pause all at once. A `count` of 0 counts as 1.
    pub fn per(count: u32, window: Duration) -> Self {
        let burst = count.max(1);
        Self { burst, refill: window / burst }
    }
}

/// Counts what each key does against one rate.
#[derive(Debug)]
pub struct Limiter<K> {
    rate: Rate,
    capacity: usize,
    /// When the key's allowance is whole again. A key that is whole needs no entry.
    whole_at: HashMap<K, Instant>,
}

impl<K: Eq + Hash + Clone> Limiter<K> {
    /// Remembers at most `capacity` keys. When that is not enough, those that did least are forgotten, so that a flood
    /// of new keys cannot wash out the ones that are refused.
    pub fn new(rate: Rate, capacity: usize) -> Self {
        Self { rate, capacity: capacity.max(2), whole_at: HashMap::new() }
    }

    /// Counts one use of `key`.
    ///
    /// # Errors
    /// The time until it would be allowed; a refused use is not counted.
    pub fn take(&mut self, key: &K, now: Instant) -> Result<(), Duration> {
        let whole_at = self.whole_at.get(key).copied().unwrap_or(now).max(now);
        let slack = self.rate.refill * (self.rate.burst - 1);
        if let Some(wait) = whole_at.checked_duration_since(now + slack).filter(|w| !w.is_zero()) {
            return Err(wait);
        }
        if self.whole_at.len() >= self.capacity && !self.whole_at.contains_key(key) {
            self.forget(now);
        }
        self.whole_at.insert(key.clone(), whole_at + self.rate.refill);
        Ok(())
    }

    /// Takes back one use of `key`: it turned out not to count.
    pub fn refund(&mut self, key: &K) {
        if let Some(at) = self.whole_at.get_mut(key)
            && let Some(earlier) = at.checked_sub(self.rate.refill)
        {
            *at = earlier;
        }
    }

    /// How many keys are remembered.
    pub fn len(&self) -> usize {
        self.whole_at.len()
    }
    pub fn is_empty(&self) -> bool {
        self.whole_at.is_empty()
    }

    /// Drops the keys that are whole; if that frees less than half, the half that did least.
    fn forget(&mut self, now: Instant) {
        self.whole_at.retain(|_, at| *at > now);
        let keep = self.capacity / 2;
        if self.whole_at.len() <= keep {
            return;
        }
        let mut times: Vec<Instant> = self.whole_at.values().copied().collect();
        let middle = times.len() - keep;
        let (_, cut, _) = times.select_nth_unstable(middle);
        let cut = *cut;
        self.whole_at.retain(|_, at| *at > cut);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn start() -> Instant {
        crate::clock::Clock::instant(&crate::clock::SystemClock)
    }

    #[test]
    fn a_burst_then_one_per_refill() {
        let now = start();
        let mut limiter = Limiter::new(Rate { burst: 3, refill: SECOND }, 10);
        for _ in 0..3 {
            assert_eq!(limiter.take(&"a", now), Ok(()));
        }
        assert_eq!(limiter.take(&"a", now), Err(SECOND));
        assert_eq!(limiter.take(&"b", now), Ok(()), "keys are apart");
        assert_eq!(limiter.take(&"a", now + SECOND / 2), Err(SECOND / 2), "a refusal costs nothing");
        assert_eq!(limiter.take(&"a", now + SECOND), Ok(()));
        assert_eq!(limiter.take(&"a", now + SECOND), Err(SECOND));
        let later = now + 60 * SECOND;
        for _ in 0..3 {
            assert_eq!(limiter.take(&"a", later), Ok(()));
        }
        assert!(limiter.take(&"a", later).is_err(), "a pause saves up no more than the burst");
    }

    #[test]
    fn a_refund_takes_one_back() {
        let now = start();
        let mut limiter = Limiter::new(Rate { burst: 1, refill: SECOND }, 10);
        for _ in 0..5 {
            assert_eq!(limiter.take(&1, now), Ok(()));
            limiter.refund(&1);
        }
        limiter.refund(&2);
        assert_eq!(limiter.take(&1, now), Ok(()));
        assert!(limiter.take(&1, now).is_err());
    }

    #[test]
    fn a_refused_key_outlives_a_flood_of_others() {
        let now = start();
        let mut limiter = Limiter::new(Rate::per(10, 10 * SECOND), 1000);
        while limiter.take(&0, now).is_ok() {}
        for other in 1..100_000_u32 {
            assert_eq!(limiter.take(&other, now), Ok(()));
            assert!(limiter.len() <= 1000);
        }
        assert!(limiter.take(&0, now).is_err());
    }

    #[test]
    fn whole_keys_are_forgotten_first() {
        let now = start();
        let mut limiter = Limiter::new(Rate::per(1, SECOND), 4);
        for key in 0..4 {
            assert_eq!(limiter.take(&key, now), Ok(()));
        }
        assert_eq!(limiter.take(&9, now + 2 * SECOND), Ok(()));
        assert_eq!(limiter.len(), 1);
    }

    #[test]
    fn a_count_of_zero_is_one() {
        assert_eq!(Rate::per(0, SECOND), Rate { burst: 1, refill: SECOND });
    }
}
