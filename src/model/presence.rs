//! Who is here, as others see it; and what a search asks. Plain records.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId, UserId};

/// Whether somebody is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    Online,
    /// On no device he has used for a while.
    Away,
    /// Here, and nothing is to ring.
    DoNotDisturb,
    /// Or he hides it.
    Offline,
}

/// Whether somebody is here, as one other person may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceView {
    #[schema(value_type = String)]
    pub user: UserId,
    pub presence: Presence,
    /// Of somebody who is offline, if it may be known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
}

/// Which messages to look for: those that `user` may see now, by his membership and by when he came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    pub user: UserId,
    /// Folded words of letters and digits, at least one. Every one must be there; the last one may be the beginning of
    /// a word.
    pub words: Vec<String>,
    pub from: Option<UserId>,
    pub conversation: Option<ConversationId>,
    /// Written before this, and at or after that.
    pub before: Option<Timestamp>,
    pub after: Option<Timestamp>,
    /// Not newer than this message; `false`: older than it.
    pub upto: Option<(MessageId, bool)>,
}

impl SearchQuery {
    /// These words, whoever wrote them, wherever and whenever.
    pub fn of(user: UserId, words: Vec<String>) -> Self {
        Self { user, words, from: None, conversation: None, before: None, after: None, upto: None }
    }
}
