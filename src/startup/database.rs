//! The database that the configuration names, opened: waited for while it does not answer. Knows no table.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::store::{Store, StoreError, open};

/// Between tries while the database does not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// What the configuration calls its database, as `store::open` wants it.
///
/// # Errors
/// `Unusable` if it names none that Charla has.
pub fn url(config: &Config) -> Result<String, StoreError> {
    let none = || StoreError::Unusable("the configuration names no database that Charla has".into());
    config.store_url().ok_or_else(none)
}

/// Opens it and brings it up to date; while it does not answer, tries again and says so.
///
/// # Errors
/// What waiting does not help against.
pub async fn open(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    let url = url(config)?;
    let mut tries = 0_u32;
    loop {
        match open::open(&url).await {
            Err(StoreError::Unavailable(why)) => {
                tries += 1;
                if tries.is_power_of_two() {
                    let store = config.storage.url.redacted();
                    tracing::warn!(%store, %why, tries, "the database does not answer, trying again");
                }
                tokio::time::sleep(AGAIN).await;
            }
            opened => return opened,
        }
    }
}
