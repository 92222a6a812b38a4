//! Whether the server can serve: it is ready while its store answers. Owns nothing; joins what REST asks to what the store
//! knows, since neither may name the other.

use std::sync::Arc;

use async_trait::async_trait;

use crate::http::Health;
use crate::store::Store;

/// Ready means that the store answers.
pub(crate) struct Ready(pub(crate) Arc<dyn Store>);

#[async_trait]
impl Health for Ready {
    async fn ready(&self) -> Result<(), String> {
        self.0.ping().await.map_err(|e| e.to_string())
    }
}
