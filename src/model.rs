//! Plain records: what is stored and, where it derives `Serialize`, what is sent. No behaviour beyond derived facts.
//! JSON is camelCase with the original's field names. Secrets (password hashes, token hashes) never derive `Serialize`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId, SessionId, UserId};

mod call;
mod content;
mod file;
mod group;
mod people;
mod presence;
mod quality;
mod timeline;

pub use call::{CallFilter, CallRecord, CallStatus, EndReason, LegRecord, MissedCalls, MissedIn, PathName};
pub use content::{Quote, Reaction};
pub use file::{Attachment, AttachmentKind, Carrier, FileHash, StoredFile};
pub use group::{GroupColor, GroupRole, Look, SystemNote};
pub use people::{
    AdminUser, Block, Invitation, Mute, Regard, Revocation, Settings, SettingsPatch, Standing,
    StandingChange, TakenReset, UserQuery,
};
pub use presence::{Presence, PresenceView, SearchQuery};
pub use quality::{Direction, DirectionQuality, HopQuality, LegQuality};
pub use timeline::{
    CallDetail, Candidate, DirectionFigures, FiguresEntry, Finding, Happening, Protocol, Timeline,
    TimelineEntry, Trouble,
};

/// Whether somebody can be rung now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// So many of his devices are here.
    Here(u32),
    /// None is; it rings when one comes in time.
    Away,
    /// He is in another call.
    Busy,
    /// He wants no calls now.
    Undisturbed,
}

impl Reach {
    /// Of somebody who may be rung, with so many devices here.
    pub fn on(devices: u32) -> Self {
        if devices == 0 { Self::Away } else { Self::Here(devices) }
    }
}

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
    /// Any number of people under a name; who they are changes.
    Group,
}

/// One person's place in a conversation. Watermarks are inclusive sequence numbers; 0 is "nothing yet".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub user: UserId,
    pub role: GroupRole,
    /// The first message that he may see; 0 is "all".
    pub from_seq: u64,
    pub delivered_seq: u64,
    pub read_seq: u64,
}

/// A conversation, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// Of a group.
    pub name: Option<String>,
    /// Of a group.
    pub look: Look,
    /// Rises with each change of the name, the look, the members or their roles.
    pub rev: u64,
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
    /// In a direct conversation: whom it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>)]
    pub to_user: Option<UserId>,
    /// In a group: its conversation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>)]
    pub to_group: Option<ConversationId>,
    /// Empty in a system message and in a deleted one.
    pub content: String,
    /// Says what `fromUser` did to the group. Only the server writes such a message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub system: Option<SystemNote>,
    pub status: MessageStatus,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// Minted by the sender's client; a retry with the same one is the same message.
    pub client_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>)]
    pub reply_to: Option<MessageId>,
    /// The message that `replyTo` names, as it is now; absent for whoever may not see it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quote: Option<Quote>,
    /// Rises with each change of this message: of two copies the one with the higher `rev` is the newer.
    pub rev: u64,
    /// When its author last changed the text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>)]
    pub edited_at: Option<Timestamp>,
    /// When it was deleted: what it said is gone, its place in the history stays.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>)]
    pub deleted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attachments: Vec<Attachment>,
    /// In the order in which the emoji came.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reactions: Vec<Reaction>,
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

/// Whom a message or a call is for: a person (the direct conversation is opened if need be) or a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    User(UserId),
    Conversation(ConversationId),
}
