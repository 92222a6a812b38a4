//! Whether the server lives and can do its work.

/// What readiness depends on, so that this room need not know it.
#[async_trait::async_trait]
pub trait Health: Send + Sync + 'static {
    /// `Err` says, for the log, what is missing.
    async fn ready(&self) -> Result<(), String>;
}
