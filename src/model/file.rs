//! An uploaded file: as it is stored beside its bytes, and as a message shows it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{ConversationId, FileId, MessageId, UserId};

/// SHA-256 of a file's bytes: where they lie.
pub type FileHash = [u8; 32];

/// What a file is to its readers, as its bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentKind {
    /// Of a format that browsers show without running anything.
    Image,
    Audio,
    Video,
    /// A recording made to be heard at once.
    Voice,
    /// Anything else: to be saved, not shown.
    File,
}

/// A file as a message carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    #[schema(value_type = String)]
    pub id: FileId,
    pub kind: AttachmentKind,
    /// As its owner called it, without a path.
    pub name: String,
    /// As the bytes say, not as anybody claimed.
    pub mime: String,
    /// In bytes.
    pub size: u64,
    /// Of a voice message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_ms: Option<u32>,
    /// Of a voice message: how loud it is along its length, 0–255 each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub waveform: Vec<u8>,
}

/// A file, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub shown: Attachment,
    pub owner: UserId,
    pub hash: FileHash,
    pub created_at: Timestamp,
    /// None before it was sent.
    pub carrier: Option<Carrier>,
}

/// What a file belongs to: whoever may see that may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Message(MessageId),
    /// The group whose picture it is.
    Group(ConversationId),
}
