//! What events are answered with, and how a refusal looks on the wire.

use serde::Serialize;

use super::Undecodable;
use crate::chat::SyncedConversation;
use crate::code::{Code, Refusal};
use crate::event::IceServer;
use crate::ids::{ConversationId, NetworkTestId};
use crate::model::{CallRecord, Message};

/// What an event is acked with.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Ack {
    Done {
        ok: bool,
    },
    Sent {
        ok: bool,
        message: Message,
    },
    Synced {
        ok: bool,
        since: String,
        more: bool,
        left: Vec<ConversationId>,
        conversations: Vec<SyncedConversation>,
        calls: Vec<CallRecord>,
    },
    Call {
        ok: bool,
        call: CallRecord,
        ice_servers: Vec<IceServer>,
    },
    Ice {
        ok: bool,
        ice_servers: Vec<IceServer>,
    },
    Answer {
        ok: bool,
        sdp: String,
        participant: String,
    },
    TestBegun {
        ok: bool,
        test: NetworkTestId,
        ice_servers: Vec<IceServer>,
    },
    TestAnswer {
        ok: bool,
        sdp: String,
    },
    Refused {
        ok: bool,
        error: WireError,
    },
}

impl Ack {
    pub const DONE: Self = Self::Done { ok: true };
}

impl<E: Into<Refusal>> From<E> for Ack {
    fn from(error: E) -> Self {
        Self::Refused { ok: false, error: WireError::from(error.into()) }
    }
}

/// A refusal on the wire: in acks, and as the text of a `connect_error`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireError {
    pub code: Code,
    pub title: &'static str,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl From<Refusal> for WireError {
    fn from(refusal: Refusal) -> Self {
        let ms = |wait: std::time::Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        Self {
            code: refusal.code,
            title: refusal.code.title(),
            detail: refusal.detail,
            retry_after_ms: refusal.retry_after.map(ms),
        }
    }
}

impl From<Undecodable> for Refusal {
    fn from(error: Undecodable) -> Self {
        Self::new(Code::BadRequest, error.to_string())
    }
}
