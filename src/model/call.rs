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
    /// It rang, and nobody answered in time.
    NoAnswer,
    /// None of the callee's devices was there while it rang.
    Unreachable,
    /// The callee was in another call.
    Busy,
    /// The callee wants not to be disturbed: it did not ring.
    DoNotDisturb,
    /// The browser got no microphone.
    MicrophoneRefused,
    /// Media never came up after the answer.
    ConnectFailed,
    /// Media was lost and did not come back in time.
    MediaLost,
    /// The device went away for good: the page was closed, or the caller was gone while it rang.
    Vanished,
    /// Somebody who may put him out of the call, or out of its group.
    Removed,
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
    /// Who muted him, while he has not unmuted himself since; null: he himself.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub muted_by: Option<UserId>,
    /// On how many of his devices it rings now: of those that are here. Not kept: of a call that is not live, on none.
    #[serde(skip_deserializing, default)]
    pub rings_on: u32,
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
    /// Whom it was for; null: for a group.
    #[schema(value_type = Option<String>)]
    pub receiver: Option<UserId>,
    #[schema(value_type = String)]
    pub start_time: Timestamp,
    #[schema(value_type = Option<String>)]
    pub answer_time: Option<Timestamp>,
    /// When media first flowed on two legs.
    #[schema(value_type = Option<String>)]
    pub connect_time: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    pub end_time: Option<Timestamp>,
    /// From the answer to the end (or the last heartbeat), whole seconds; 0 if never answered.
    pub duration_seconds: u64,
    pub status: CallStatus,
    pub reason: Option<EndReason>,
    /// The caller first, then in the order of their coming. Nobody has two.
    pub legs: Vec<LegRecord>,
    /// The server that hosts the call, and the run of it. Not sent.
    #[serde(skip_serializing, default)]
    #[schema(ignore)]
    pub node: String,
    #[serde(skip_serializing, default)]
    #[schema(ignore)]
    pub epoch: Option<EpochId>,
}

impl LegRecord {
    /// He was called, and did not get to it: not one who said no, nor one who was taken out.
    pub fn is_missed(&self) -> bool {
        let unwanted = matches!(self.reason, None | Some(EndReason::Declined | EndReason::Removed));
        self.answered_at.is_none() && !unwanted
    }
}

impl CallRecord {
    pub fn leg(&self, user: UserId) -> Option<&LegRecord> {
        self.legs.iter().find(|leg| leg.user == user)
    }
    /// Everybody it was for.
    pub fn users(&self) -> Vec<UserId> {
        let mut all = vec![self.caller];
        all.extend(self.receiver.into_iter().chain(self.legs.iter().map(|leg| leg.user)));
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|user| seen.insert(*user));
        all
    }
    /// Who missed it so far. The caller does not miss his own.
    pub fn missed_by(&self) -> Vec<UserId> {
        let missed = self.legs.iter().filter(|leg| leg.user != self.caller && leg.is_missed());
        missed.map(|leg| leg.user).collect()
    }
}

/// Calls that somebody missed and has not looked at yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissedCalls {
    pub count: u64,
    /// Where, the last one missed first; at most [`MissedCalls::CONVERSATIONS`].
    pub conversations: Vec<MissedIn>,
}

impl MissedCalls {
    /// So many conversations are told of at most; `count` counts all.
    pub const CONVERSATIONS: usize = 100;

    /// Of all conversations, the last one missed first.
    pub fn of(mut conversations: Vec<MissedIn>) -> Self {
        let count = conversations.iter().map(|of| of.count).sum();
        conversations.truncate(Self::CONVERSATIONS);
        Self { count, conversations }
    }
}

/// How many calls somebody missed in one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissedIn {
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    pub count: u64,
}

/// Which calls to list; absent means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    pub with: Option<UserId>,
    pub conversation: Option<ConversationId>,
    pub status: Option<CallStatus>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Talked for so long at least.
    pub min_seconds: Option<u64>,
}
