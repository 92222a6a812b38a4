//! Tells people how many calls they have missed, whenever that changes. One task counts and tells, so that of two counts
//! the newer is told last. Knows the store and the outbox, no call.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Result, Seen, lookup};
use crate::event::{Audience, Event, Outbox};
use crate::ids::UserId;
use crate::model::{CallRecord, MissedCalls};
use crate::store::Store;

/// Between two tries while the store does not answer.
const AGAIN: Duration = Duration::from_millis(500);

/// Where to say that somebody's count may have changed, once that is stored.
#[derive(Clone)]
pub(super) struct Counts(UnboundedSender<UserId>);

impl Counts {
    /// Starts the task; it ends when nobody can say anything any more.
    pub(super) fn launch(store: Arc<dyn Store>, outbox: Arc<dyn Outbox>) -> Self {
        let (sender, changed) = unbounded_channel();
        tokio::spawn(tell(store, outbox, changed));
        Self(sender)
    }
    /// A record was stored whose predecessor these people had missed.
    pub(super) fn stored(&self, before: &[UserId], record: &CallRecord) -> Vec<UserId> {
        let now = record.missed_by();
        let gone = before.iter().filter(|user| !now.contains(user));
        let came = now.iter().filter(|user| !before.contains(user));
        gone.chain(came).for_each(|user| self.changed(*user));
        now
    }
    fn changed(&self, user: UserId) {
        // It is gone only when the server stops: who comes later is told by his `welcome`.
        let _ = self.0.send(user);
    }
}

/// Somebody has seen what he missed: what is left.
pub(super) async fn see(store: &dyn Store, counts: &Counts, user: UserId, seen: Seen) -> Result<MissedCalls> {
    if lookup::bounded(store.see_missed_calls(user, seen.conversation, seen.until)).await? {
        counts.changed(user);
    }
    lookup::bounded(store.missed_calls(user)).await
}

async fn tell(store: Arc<dyn Store>, outbox: Arc<dyn Outbox>, mut changed: UnboundedReceiver<UserId>) {
    while let Some(user) = changed.recv().await {
        let mut users = BTreeSet::from([user]);
        while let Ok(user) = changed.try_recv() {
            users.insert(user);
        }
        for user in users {
            loop {
                if let Ok(missed) = lookup::bounded(store.missed_calls(user)).await {
                    outbox.publish(Audience::users([user]), Event::MissedCalls(missed));
                    break;
                }
                if changed.is_closed() {
                    return;
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}
