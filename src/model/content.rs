//! What a message may carry beside its text: who reacted to it, and a look at what it answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{MessageId, UserId};

/// One emoji on a message, and who put it there, the first one first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    pub emoji: String,
    #[schema(value_type = Vec<String>)]
    pub users: Vec<UserId>,
}

/// So many characters of the answered message are quoted.
const QUOTED_CHARS: usize = 160;

/// A short look at the message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    #[schema(value_type = String)]
    pub id: MessageId,
    pub seq: u64,
    #[schema(value_type = String)]
    pub from_user: UserId,
    /// The beginning of its text.
    pub content: String,
    /// When the answered message was deleted: then nothing of it is left.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>)]
    pub deleted_at: Option<Timestamp>,
}

impl Quote {
    /// Cuts `content` to what is quoted.
    pub fn of(
        id: MessageId,
        seq: u64,
        from_user: UserId,
        content: &str,
        deleted_at: Option<Timestamp>,
    ) -> Self {
        let content = content.chars().take(QUOTED_CHARS).collect();
        Self { id, seq, from_user, content, deleted_at }
    }
}
