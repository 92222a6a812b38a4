//! A bounded queue with two lanes between the runtime and the engine's threads. Knows nothing of what it carries.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::store::{Result, StoreError};

/// Which lane a job takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Somebody waits for it.
    Normal,
    /// Receipts: worth a place only beside the others.
    Low,
}

struct State<J> {
    normal: VecDeque<J>,
    low: VecDeque<J>,
    closed: bool,
}

/// Jobs that wait for a thread.
pub(super) struct Lanes<J> {
    state: Mutex<State<J>>,
    ready: Condvar,
    /// Jobs a lane holds at most.
    capacity: usize,
}

impl<J> Lanes<J> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { normal: VecDeque::new(), low: VecDeque::new(), closed: false };
        Self { state: Mutex::new(state), ready: Condvar::new(), capacity }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `Busy` if the lane is full, `Unavailable` after `close`.
    pub(super) fn push(&self, lane: Lane, job: J) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(StoreError::Unavailable("the store is closed".into()));
        }
        let queue = match lane {
            Lane::Normal => &mut state.normal,
            Lane::Low => &mut state.low,
        };
        if queue.len() >= self.capacity {
            return Err(StoreError::Busy);
        }
        queue.push_back(job);
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for jobs and takes up to `most`: a quarter of the places is for the low lane, and those that the
    /// normal lane leaves empty. `None` once closed and empty.
    pub(super) fn take(&self, most: usize) -> Option<Vec<J>> {
        let mut state = self.lock();
        while state.normal.is_empty() && state.low.is_empty() {
            if state.closed {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let reserved = state.low.len().min(most / 4);
        let normal = state.normal.len().min(most - reserved);
        let low = state.low.len().min(most - normal);
        let mut jobs = Vec::with_capacity(normal + low);
        jobs.extend(state.normal.drain(..normal));
        jobs.extend(state.low.drain(..low));
        Some(jobs)
    }

    /// Takes nothing more; what is there is still worked off.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_lane_is_busy_and_a_closed_one_is_drained() {
        let lanes = Lanes::new(2);
        lanes.push(Lane::Normal, 1).unwrap();
        lanes.push(Lane::Normal, 2).unwrap();
        assert!(matches!(lanes.push(Lane::Normal, 3), Err(StoreError::Busy)));
        lanes.push(Lane::Low, 9).unwrap();
        lanes.close();
        assert!(matches!(lanes.push(Lane::Low, 4), Err(StoreError::Unavailable(_))));
        assert_eq!(lanes.take(10), Some(vec![1, 2, 9]));
        assert_eq!(lanes.take(10), None);
    }

    #[test]
    fn receipts_wait_behind_messages_but_do_not_starve() {
        let lanes = Lanes::new(100);
        for n in 0..8 {
            lanes.push(Lane::Low, 100 + n).unwrap();
            lanes.push(Lane::Normal, n).unwrap();
        }
        assert_eq!(lanes.take(4), Some(vec![0, 1, 2, 100]));
        assert_eq!(lanes.take(12), Some(vec![3, 4, 5, 6, 7, 101, 102, 103, 104, 105, 106, 107]));
    }
}
