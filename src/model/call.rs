//! A call as it is stored, sent and listed. Knows the shape of the record, not how it comes about.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::quality::LegQuality;
use crate::clock::Timestamp;
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};

/// Where a call stands, or how it ended (the original's words where it had one).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallStatus {
    Ringing,
    Active,
    Completed,
    Missed,
    Rejected,
    Cancelled,
    Busy,
    Failed,
}

impl CallStatus {
    /// Neither ringing nor active.
    pub fn ended(self) -> bool {
        !matches!(self, Self::Ringing | Self::Active)
    }
}

/// Why a call, or one leg of it, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum EndReason {
    /// Somebody hung up.
    HungUp,
    /// The callee said no.
    Declined,
    /// The caller gave up before anyone answered.
    Cancelled,
    /// Nobody answered in time.
    NoAnswer,
    /// The callee was in another call.
    Busy,
    /// Media never came up after the answer.
    ConnectFailed,
    /// Media was lost and did not come back in time.
    MediaLost,
    /// The caller's or callee's last device went away while it rang or connected.
    Vanished,
    /// The server stopped or crashed.
    ServerRestart,
    /// The relay could not go on serving the room.
    RelayFailed,
}

/// The way a leg's packets took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PathName {
    Udp,
    IceTcp,
    TurnTcp,
    TurnTls,
}

/// One person's part in a call, with every mark that was reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegRecord {
    #[schema(value_type = String)]
    pub user: UserId,
    /// The device that called or answered.
    #[schema(value_type = Option<String>)]
    pub device: Option<DeviceId>,
    /// When it began to ring (a callee), or when the call was started (the caller).
    #[schema(value_type = String)]
    pub rang_at: Timestamp,
    #[schema(value_type = Option<String>)]
    pub answered_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    pub connected_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    pub left_at: Option<Timestamp>,
    pub reason: Option<EndReason>,
    /// From the answer (the caller: from the callee's answer) to connected media, milliseconds.
    pub setup_ms: Option<u64>,
    pub paths: Vec<PathName>,
    /// How often media was lost and came back.
    pub reconnects: u32,
    pub muted: bool,
    pub quality: LegQuality,
}

/// A call, live or ended: what is stored, sent and listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    #[schema(value_type = String)]
    pub id: CallId,
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    #[schema(value_type = String)]
    pub caller: UserId,
    #[schema(value_type = String)]
    pub receiver: UserId,
    #[schema(value_type = String)]
    pub start_time: Timestamp,
    #[schema(value_type = Option<String>)]
    pub answer_time: Option<Timestamp>,
    /// When media first flowed on both legs.
    #[schema(value_type = Option<String>)]
    pub connect_time: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    pub end_time: Option<Timestamp>,
    /// From the answer to the end (or the last heartbeat), whole seconds; 0 if never answered.
    pub duration_seconds: u64,
    pub status: CallStatus,
    pub reason: Option<EndReason>,
    pub legs: Vec<LegRecord>,
    /// The server that hosts the call, and the run of it. Not sent.
    #[serde(skip_serializing, default)]
    #[schema(ignore)]
    pub node: String,
    #[serde(skip_serializing, default)]
    #[schema(ignore)]
    pub epoch: Option<EpochId>,
}

/// Which calls to list; absent means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    pub with: Option<UserId>,
    pub status: Option<CallStatus>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}
