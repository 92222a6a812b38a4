//! What the journeys share: a host that runs a relay, peers that are real WebRTC clients, tones.

pub mod host;
pub mod peer;
pub mod tone;

use std::time::Duration;

/// Long enough for the slowest machine; a test that waits it out has failed.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// Looks again and again until `condition` holds.
///
/// # Panics
/// It does not within [`DEADLINE`]: says `what` was awaited.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let looked = tokio::time::timeout(DEADLINE, async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(looked.await.is_ok(), "waited {DEADLINE:?} in vain: {what}");
}
