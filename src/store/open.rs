//! Opens a store by its URL. Owns what URLs look like; knows no table.

use std::sync::Arc;

use super::mongo::Mongo;
use super::sqlite::Sqlite;
use super::{Opening, Result, Store, StoreError};

/// Opens a store for somebody who alone has the data directory; what is of an older format is brought up to date.
/// `sqlite:PATH`, or `mongodb://…` (also `mongodb+srv://…`) with the name of the database as its path.
/// `Unusable` names what is wrong with the URL or the database; `Unavailable` may pass.
pub async fn open(url: &str) -> Result<Arc<dyn Store>> {
    open_for(url, Opening::Migrate).await
}

/// The same beside a server that may be at work on it.
pub async fn beside(url: &str) -> Result<Arc<dyn Store>> {
    open_for(url, Opening::Beside).await
}

async fn open_for(url: &str, opening: Opening) -> Result<Arc<dyn Store>> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        if path.is_empty() {
            return Err(StoreError::Unusable("a store's URL is sqlite:PATH, and the path is missing".into()));
        }
        return Ok(Arc::new(Sqlite::open_for(path, opening).await?));
    }
    if url.starts_with("mongodb://") || url.starts_with("mongodb+srv://") {
        return Ok(Arc::new(Mongo::open(url, opening).await?));
    }
    Err(StoreError::Unusable("a store's URL begins with sqlite: or mongodb://".into()))
}
