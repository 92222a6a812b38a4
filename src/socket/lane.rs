//! Jobs of one socket that must keep their order: two messages sent in a row are stored in that order. Knows no socket.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use tracing::Instrument as _;

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Jobs that run one after the other. An idle lane costs no task.
#[derive(Clone, Default)]
pub struct Lane(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    running: bool,
}

impl Lane {
    /// Runs `job` after those before it.
    pub fn push(&self, job: impl Future<Output = ()> + Send + 'static, span: &tracing::Span) {
        let mut queue = self.lock();
        queue.jobs.push_back(Box::pin(job));
        if !queue.running {
            queue.running = true;
            tokio::spawn(self.clone().drain().instrument(span.clone()));
        }
    }

    /// How many jobs have not begun.
    pub fn waiting(&self) -> usize {
        self.lock().jobs.len()
    }

    async fn drain(self) {
        while let Some(job) = self.next() {
            // A panic must not stop the jobs behind it; the panic hook has logged it.
            let _ = AssertUnwindSafe(job).catch_unwind().await;
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        let job = queue.jobs.pop_front();
        queue.running = job.is_some();
        job
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn jobs_keep_their_order_and_survive_a_panic() {
        let (lane, span) = (Lane::default(), tracing::Span::none());
        let (done, mut results) = mpsc::unbounded_channel();
        for number in 0..20 {
            let done = done.clone();
            let job = async move {
                for _ in 0..(20 - number) {
                    tokio::task::yield_now().await;
                }
                assert!(number != 7, "a job that panics");
                done.send(number).unwrap();
            };
            lane.push(job, &span);
        }
        drop(done);
        assert_eq!(lane.waiting(), 20, "nothing runs before this test waits");
        let mut seen = Vec::new();
        while let Some(number) = results.recv().await {
            seen.push(number);
        }
        assert_eq!(seen, (0..20).filter(|n| *n != 7).collect::<Vec<_>>());
    }
}
