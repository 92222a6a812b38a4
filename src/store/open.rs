//! Opens a store by its URL. Owns what URLs look like; knows no table.

use std::sync::Arc;

use super::mongo::Mongo;
use super::sqlite::Sqlite;
use super::{Result, Store, StoreError};

/// `sqlite:PATH`, or `mongodb://…` (also `mongodb+srv://…`) with the name of the database as its path.
/// `Unusable` names what is wrong with the URL or the database; `Unavailable` may pass.
pub async fn open(url: &str) -> Result<Arc<dyn Store>> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        if path.is_empty() {
            return Err(StoreError::Unusable("a store's URL is sqlite:PATH, and the path is missing".into()));
        }
        return Ok(Arc::new(Sqlite::open(path).await?));
    }
    if url.starts_with("mongodb://") || url.starts_with("mongodb+srv://") {
        return Ok(Arc::new(Mongo::open(url).await?));
    }
    Err(StoreError::Unusable("a store's URL begins with sqlite: or mongodb://".into()))
}
