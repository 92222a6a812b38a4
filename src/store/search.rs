//! The contract about finding messages by their words. An engine finds candidates, newest first; what is a hit and which
//! is the best is decided above, alike for all engines.

use async_trait::async_trait;

use super::Result;
use crate::model::{Message, SearchQuery};

/// What the store finds.
#[async_trait]
pub trait SearchStore: Send + Sync + 'static {
    /// At most `limit` messages with these words that the asker may see, newest first. Never too few; some may lack a
    /// word. MongoDB finds a last word that is only begun if there is a whole one beside it.
    async fn search_messages(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Message>>;
}
