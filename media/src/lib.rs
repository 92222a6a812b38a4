//! charla-media: an audio SFU. What the finished crate is, and its example, stand here.
pub mod api;
pub mod framing;
mod outgoing;
mod path;
pub mod relay;
