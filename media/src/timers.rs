//! When which transport must be woken. Pure; a transport is an index.

use std::collections::BTreeSet;
use std::time::Instant;

/// One deadline per index.
#[derive(Debug, Default)]
pub struct Timers {
    queue: BTreeSet<(Instant, usize)>,
    armed: Vec<Option<Instant>>,
}

impl Timers {
    /// Sets the deadline of `index`, in place of the one it had; `None` takes it away.
    pub fn arm(&mut self, index: usize, deadline: Option<Instant>) {
        if index >= self.armed.len() {
            self.armed.resize(index + 1, None);
        }
        if self.armed[index] == deadline {
            return;
        }
        if let Some(old) = self.armed[index] {
            self.queue.remove(&(old, index));
        }
        self.armed[index] = deadline;
        self.queue.extend(deadline.map(|deadline| (deadline, index)));
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(deadline, _)| *deadline)
    }

    /// Takes an index whose deadline has come.
    pub fn pop_due(&mut self, now: Instant) -> Option<usize> {
        let (_, index) = *self.queue.first().filter(|(deadline, _)| *deadline <= now)?;
        self.arm(index, None);
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn deadlines_come_in_order_and_can_be_moved() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut timers = Timers::default();
        timers.arm(3, Some(at(3)));
        timers.arm(1, Some(at(1)));
        timers.arm(3, Some(at(2)));
        assert_eq!(timers.next(), Some(at(1)));
        assert_eq!(timers.pop_due(start), None);
        assert_eq!(
            (timers.pop_due(at(2)), timers.pop_due(at(2)), timers.pop_due(at(9))),
            (Some(1), Some(3), None)
        );
        timers.arm(5, Some(at(5)));
        timers.arm(5, None);
        assert_eq!(timers.next(), None);
    }
}
