//! Takes up the calls that an earlier run of this server left, closes what nobody goes on with, and beats the heart that bounds such an end.

use std::sync::Arc;
use std::time::Duration;

use crate::calls::book::restore::Stored;
use crate::calls::record;
use crate::clock::{Clock, Timestamp};
use crate::ids::EpochId;
use crate::model::{CallRecord, Timeline};
use crate::store::{Result, Store};

/// How often the heart beats: a crash's end time is off by this much at most.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Who has sat in silence for longer than this has hung up: a server that was away for so long takes no call up again.
const PATIENCE: Duration = Duration::from_secs(120);

/// What earlier runs of this node left open: answered calls whose run lived until a moment ago are handed back, to be
/// taken up again; the others ended at the last heartbeat of their run and are closed. Records of other nodes are not
/// touched.
pub(super) async fn left_open(
    store: &dyn Store,
    node: &str,
    epoch: EpochId,
    now: Timestamp,
) -> Result<Vec<Stored>> {
    let mut kept = Vec::new();
    for record in store.stale_calls(node, epoch).await? {
        let alive = match record.epoch {
            Some(run) => store.last_heartbeat(node, run).await?,
            None => None,
        };
        let timeline = store.call_timeline(record.id).await?;
        let recent = alive.filter(|at| record.answer_time.is_some() && now.since(*at) <= PATIENCE);
        let Some(alive) = recent else {
            close(store, record, timeline, alive).await?;
            continue;
        };
        let group = match record.receiver {
            Some(_) => None,
            None => store.conversation(record.conversation).await?,
        };
        let members = group.into_iter().flat_map(|c| c.members).map(|m| (m.user, m.role)).collect();
        kept.push(Stored { record, timeline, alive, members });
    }
    Ok(kept)
}

/// Closes a record that nobody goes on with.
pub(super) async fn close(
    store: &dyn Store,
    record: CallRecord,
    timeline: Timeline,
    alive: Option<Timestamp>,
) -> Result<()> {
    let id = record.id;
    let (record, timeline) = record::sweep(record, timeline, alive);
    if store.update_call(record, timeline).await? {
        tracing::info!(call = %id, "closed the record of a call that an earlier run left open");
    }
    Ok(())
}

/// Beats until it is dropped.
pub(super) async fn heartbeat(store: Arc<dyn Store>, clock: Arc<dyn Clock>, node: String, epoch: EpochId) {
    let mut failing = false;
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        match store.heartbeat(&node, epoch, clock.now()).await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(%error, "the heartbeat could not be stored");
            }
            Err(_) => {}
        }
    }
}
