//! Closes the records that a crash of this server left open, and beats the heart that bounds such an end.

use std::sync::Arc;
use std::time::Duration;

use crate::calls::record;
use crate::clock::Clock;
use crate::ids::EpochId;
use crate::store::{Result, Store};

/// How often the heart beats: a crash's end time is off by this much at most.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Closes what earlier runs of this node left open: each call ended at the last heartbeat of its run. Records of other
/// nodes are not touched.
pub(super) async fn sweep(store: &dyn Store, node: &str, epoch: EpochId) -> Result<usize> {
    let mut swept = 0;
    for open in store.stale_calls(node, epoch).await? {
        let heartbeat = match open.epoch {
            Some(run) => store.last_heartbeat(node, run).await?,
            None => None,
        };
        let id = open.id;
        let timeline = store.call_timeline(id).await?;
        let (swept_record, timeline) = record::sweep(open, timeline, heartbeat);
        if store.update_call(swept_record, timeline).await? {
            tracing::info!(call = %id, "closed the record of a call that an earlier run left open");
            swept += 1;
        }
    }
    Ok(swept)
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
