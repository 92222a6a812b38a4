//! Plain records: what is stored and, where it derives `Serialize`, what is sent. No behaviour beyond derived facts.
//! JSON is camelCase with the original's field names. Secrets (password hashes, token hashes) never derive `Serialize`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, MessageId, SessionId, UserId};

/// What a person may do on this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Owner,
    Admin,
    Member,
}

/// A person with an account, as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// As the person wrote it; unique without regard to case.
    pub username: String,
    /// As the person wrote it; unique without regard to case.
    pub email: String,
    /// PHC string of argon2id, or a bcrypt hash of the original.
    pub password: String,
    pub role: Role,
    pub disabled: bool,
    pub created_at: Timestamp,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("username", &self.username).finish_non_exhaustive()
    }
}

/// A person as others see him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicUser {
    #[schema(value_type = String)]
    pub id: UserId,
    pub username: String,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

/// A person as he sees himself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnUser {
    #[serde(flatten)]
    pub public: PublicUser,
    pub email: String,
    pub role: Role,
}

impl User {
    pub fn public(&self) -> PublicUser {
        PublicUser { id: self.id, username: self.username.clone(), created_at: self.created_at }
    }
    pub fn own(&self) -> OwnUser {
        OwnUser { public: self.public(), email: self.email.clone(), role: self.role }
    }
}

/// SHA-256 of a random token: what is stored in its place.
pub type TokenHash = [u8; 32];

/// One sign-in, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    /// Hash of the refresh token, which is also the cookie's value. Never the token.
    pub token_hash: TokenHash,
    /// The hash before the last rotation; a use of it after the grace time means theft.
    pub previous_hash: Option<TokenHash>,
    pub rotated_at: Timestamp,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// What the client called itself, cut to 200 characters.
    pub user_agent: String,
}

/// Who asks: an authenticated person in one of his sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    pub session: SessionId,
    pub role: Role,
}

/// What a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConversationKind {
    /// Two people; at most one per pair.
    Direct,
}

/// One person's place in a conversation. Watermarks are inclusive sequence numbers; 0 is "nothing yet".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub user: UserId,
    pub delivered_seq: u64,
    pub read_seq: u64,
}

/// A conversation, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub members: Vec<Member>,
    /// Sequence number of the newest message; 0 while empty.
    pub last_seq: u64,
    pub created_at: Timestamp,
    /// When its last message came, or when it was opened.
    pub updated_at: Timestamp,
}

impl Conversation {
    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.members.iter().find(|m| m.user == user)
    }
    /// In a direct conversation: the other one.
    pub fn other(&self, user: UserId) -> Option<UserId> {
        self.members.iter().map(|m| m.user).find(|m| *m != user)
    }
}

/// How far a message has come, as its sender sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageStatus {
    Sent,
    Delivered,
    Read,
}

/// One message. `status` is not stored: it follows from the members' watermarks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    #[schema(value_type = String)]
    pub id: MessageId,
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// Place in the conversation: 1, 2, 3 … without gaps.
    pub seq: u64,
    #[schema(value_type = String)]
    pub from_user: UserId,
    #[schema(value_type = String)]
    pub to_user: UserId,
    pub content: String,
    pub status: MessageStatus,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// Minted by the sender's client; a retry with the same one is the same message.
    pub client_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>)]
    pub reply_to: Option<MessageId>,
}

/// A watermark that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    #[schema(value_type = String)]
    pub user: UserId,
    pub delivered_seq: u64,
    pub read_seq: u64,
}

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

/// Quality of one direction of a leg, over the whole leg so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectionQuality {
    pub packets: u64,
    pub lost: u64,
    /// Lost of all expected, 0–100.
    pub loss_pct: f32,
    /// Mean of the reports, milliseconds.
    pub jitter_ms: f32,
    pub worst_jitter_ms: f32,
}

/// Quality of one leg. `up` is browser to relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegQuality {
    /// Mean of the reports, milliseconds; absent until measured.
    pub rtt_ms: Option<f32>,
    pub worst_rtt_ms: Option<f32>,
    pub up: DirectionQuality,
    pub down: DirectionQuality,
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

/// A page of a conversation, told by sequence numbers (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The newest `limit` before `seq` (or of all), answered in rising order.
    Before { seq: Option<u64>, limit: usize },
    /// The oldest `limit` after `seq`, in rising order.
    After { seq: u64, limit: usize },
}

/// A place in a list that runs from new to old: items strictly older than (`at`, `id`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor<Id> {
    pub at: Timestamp,
    pub id: Id,
}

/// Which calls to list; absent means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    pub with: Option<UserId>,
    pub status: Option<CallStatus>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// Whom a message or a call is for: a person (the direct conversation is opened if need be) or a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    User(UserId),
    Conversation(ConversationId),
}
