//! Writes the record of one call, in order, however long the store is away: a store that fails stalls neither the Book
//! nor another call. Knows no relay and no socket.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{sleep, timeout};

use super::missed::Counts;
use super::task::Done;
use crate::ids::CallId;
use crate::model::{CallRecord, Timeline};
use crate::store::{Store, StoreError};

/// How long a start waits for its record to be stored.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Pauses between tries, while the store is away.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// One write. A call has few: created, answered, connected, each half minute, closed. So the queue needs no bound.
#[derive(Debug)]
pub(super) enum Write {
    Update(CallRecord, Timeline),
    /// The last one of this run.
    Suspend(CallRecord, Timeline),
    /// The last one.
    Close(CallRecord, Timeline),
}

/// Writes one record.
pub(super) struct Writer {
    pub store: Arc<dyn Store>,
    pub done: UnboundedSender<Done>,
    pub counts: Counts,
}

impl Writer {
    /// Creates the record, then takes writes until the last.
    pub(super) async fn write(self, record: CallRecord, writes: UnboundedReceiver<Write>) {
        let id = record.id;
        self.create(record).await;
        self.go_on(id, writes).await;
    }

    /// Takes the writes of a record that is there, until the last.
    pub(super) async fn go_on(self, id: CallId, mut writes: UnboundedReceiver<Write>) {
        let mut missed = Vec::new();
        while let Some(mut write) = writes.recv().await {
            let mut pause = FIRST_PAUSE;
            loop {
                // A newer record says all that an older one says.
                while let Ok(newer) = writes.try_recv() {
                    write = newer;
                }
                let (record, timeline, last) = match &write {
                    Write::Update(record, timeline) => (record, timeline, false),
                    Write::Suspend(record, timeline) | Write::Close(record, timeline) => {
                        (record, timeline, true)
                    }
                };
                if stored(self.store.update_call(record.clone(), timeline.clone()).await, id) {
                    missed = self.counts.stored(&missed, record);
                    if last {
                        // The task is gone only when the server has stopped.
                        let _ = self.done.send(Done::Closed(id));
                        return;
                    }
                    break;
                }
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// A create that is late counts as failed, but is awaited: what follows must come after it.
    async fn create(&self, record: CallRecord) {
        let id = record.id;
        let mut create = self.store.create_call(record);
        let outcome = timeout(PATIENCE, &mut create).await;
        let stored = matches!(outcome, Ok(Ok(())));
        if let Ok(Err(error)) = &outcome {
            tracing::warn!(call = %id, %error, "the record of a new call could not be stored");
        }
        let _ = self.done.send(Done::Created { id, stored });
        if outcome.is_err() {
            tracing::warn!(call = %id, "the store is slow; the call was refused");
            let _ = create.await;
        }
    }
}

/// True if there is nothing left to do for this write.
fn stored(outcome: Result<bool, StoreError>, id: CallId) -> bool {
    match outcome {
        // `false`: the record has ended, or was never created: both are final.
        Ok(_) => true,
        Err(error @ (StoreError::Busy | StoreError::Unavailable(_) | StoreError::Unusable(_))) => {
            tracing::warn!(call = %id, %error, "the record of a call could not be stored; trying again");
            false
        }
        Err(error @ (StoreError::Missing | StoreError::Taken(_) | StoreError::BadToken)) => {
            tracing::error!(call = %id, %error, "the record of a call cannot be stored");
            true
        }
    }
}
