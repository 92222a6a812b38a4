//! What a store must do, in the words of the domain. Owns the trait, its shapes and its errors; knows no engine.
//!
//! CRUD order; `Option` for not found; every write is durable when its future resolves. Both engines pass
//! `tests/store_contract.rs`, with several `Store` instances on one database.

pub mod change;
pub mod derive;
pub mod mongo;
pub mod open;
pub mod people;
pub mod search;
pub mod sqlite;

use async_trait::async_trait;
use thiserror::Error;

use crate::clock::Timestamp;
use crate::ids::{CallId, ConversationId, EpochId, FileId, MessageId, SessionId, UserId};
pub use crate::model::{CallFilter, Cursor, Page, Timeline};
use crate::model::{
    CallRecord, Conversation, FileHash, GroupRole, Look, Message, MissedCalls, Receipt, Role, Session,
    StoredFile, SystemNote, TokenHash, User,
};

/// What went wrong in a store. The text is for the log, never for a user.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A unique value is taken.
    #[error("{0:?} is taken")]
    Taken(Unique),
    /// The subject that a write needs does not exist (any more).
    #[error("the subject of the write does not exist")]
    Missing,
    /// The write queue is full; try again soon.
    #[error("the store is busy")]
    Busy,
    /// The engine cannot be reached or has no room; may pass.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The database is damaged, of a newer version, or not ours.
    #[error("the database cannot be used: {0}")]
    Unusable(String),
    /// The sync token was not made by this store.
    #[error("the sync token is not valid")]
    BadToken,
}

/// What may happen to a database of an older format when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It is brought up to date: by who alone has the data directory.
    Migrate,
    /// It is refused: a server may be at work on it, one that would not know the new format.
    Beside,
}

/// Which unique value was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    Username,
    Email,
    Id,
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// A message on its way in. `seq` and `status` are the store's.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub from_user: UserId,
    pub content: String,
    pub client_id: String,
    pub reply_to: Option<MessageId>,
    pub system: Option<SystemNote>,
    /// Its author's, and not sent yet.
    pub attachments: Vec<FileId>,
    pub created_at: Timestamp,
}

/// What a group is to be: its name, its look, its members and their roles.
#[derive(Clone, Debug)]
pub struct GroupPlan {
    pub name: String,
    /// A picture that it did not have before is a file of the note's author, and not sent yet; the one that it had is
    /// given up.
    pub look: Look,
    pub members: Vec<(UserId, GroupRole)>,
    /// The system message that tells of it, and whose conversation is the group.
    pub note: NewMessage,
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    pub message: Message,
    /// False if this sender's `client_id` was already there: `message` is then the stored one.
    pub fresh: bool,
}

/// What somebody does to a message that is there. Who may is not the store's to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageChange {
    Edit(String),
    /// Leaves a tombstone: its place, its author, its times.
    Delete,
    React(String),
    Unreact(String),
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revised {
    /// As it is now.
    Changed(Message),
    /// It was like that already: a retry, as a rule.
    Same(Message),
    /// It was deleted, so there is nothing to change any more.
    Deleted,
    /// There are as many reactions as there may be, of this person or of all.
    Full,
}

/// A conversation as one member lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationSummary {
    pub conversation: Conversation,
    pub last_message: Option<Message>,
    /// Messages of others above the member's `read_seq`, among the newest `derive::UNREAD_MAX` of the conversation.
    pub unread: u64,
}

/// A conversation that changed, and what is new in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    pub summary: ConversationSummary,
    /// Those that came, in rising order (the first sync: the newest 30).
    pub messages: Vec<Message>,
    /// Those that were there before and were changed, in the order of their last changes.
    pub changed: Vec<Message>,
}

/// What changed for a user since a token. Overlap is allowed: the client applies by id and `rev`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncPage {
    /// Those that one was taken out of, or left, in that order; before `conversations`, for one may have come back.
    pub left: Vec<ConversationId>,
    pub conversations: Vec<Synced>,
    /// Opaque; what to say next time.
    pub next: String,
    /// There is more: ask again at once with `next`.
    pub more: bool,
}

/// The store.
#[async_trait]
pub trait Store: people::PeopleStore + search::SearchStore {
    // users
    /// `Taken(Username | Email)` without regard to case (Unicode lower case of the trimmed text).
    async fn create_user(&self, user: User) -> Result<()>;
    async fn user(&self, id: UserId) -> Result<Option<User>>;
    /// By username or e-mail, without regard to case.
    async fn user_by_login(&self, login: &str) -> Result<Option<User>>;
    /// In the order of `ids`; unknown ones are left out.
    async fn users(&self, ids: &[UserId]) -> Result<Vec<User>>;
    /// Enabled users whose username begins with `prefix` (case-folded), by username, at most `limit`.
    async fn find_users(&self, prefix: &str, limit: usize) -> Result<Vec<User>>;
    async fn count_users(&self) -> Result<u64>;
    /// Whether somebody's role is `Owner`.
    async fn has_owner(&self) -> Result<bool>;
    /// Replaces the hash if it still is `old` (an upgrade must not undo a change made meanwhile). True if it did.
    async fn replace_password(&self, id: UserId, old: &str, new: &str) -> Result<bool>;
    /// `Missing` if there is no such user.
    async fn set_role(&self, id: UserId, role: Role) -> Result<()>;

    // sessions
    async fn create_session(&self, session: Session) -> Result<()>;
    async fn session(&self, id: SessionId) -> Result<Option<Session>>;
    /// By the current or the previous token hash.
    async fn session_by_token(&self, hash: &TokenHash) -> Result<Option<Session>>;
    /// Of one user, newest first.
    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>>;
    /// Sets the new hash if the current one still is `old`; the old one becomes `previous_hash`. True if it did.
    async fn rotate_session(
        &self,
        id: SessionId,
        old: &TokenHash,
        new: &TokenHash,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool>;
    async fn touch_session(&self, id: SessionId, now: Timestamp) -> Result<()>;
    /// True if it was there.
    async fn end_session(&self, id: SessionId) -> Result<bool>;
    /// All of a user but one; the ids of those that ended.
    async fn end_sessions(&self, user: UserId, except: Option<SessionId>) -> Result<Vec<SessionId>>;
    /// Those that expired; their ids.
    async fn expire_sessions(&self, now: Timestamp) -> Result<Vec<SessionId>>;

    // one-time secrets (the owner link)
    async fn put_claim(&self, hash: TokenHash, expires_at: Timestamp) -> Result<()>;
    /// True exactly once for a claim that has not expired.
    async fn take_claim(&self, hash: &TokenHash, now: Timestamp) -> Result<bool>;

    // conversations
    /// The direct conversation of two people, made with `id` if there is none. Both must exist and differ (`Missing`).
    async fn open_direct(
        &self,
        id: ConversationId,
        a: UserId,
        b: UserId,
        now: Timestamp,
    ) -> Result<Conversation>;
    /// A new group, with the note as its first message. `Missing` if a member does not exist, `Taken(Id)` if there is such
    /// a conversation already.
    async fn create_group(&self, plan: GroupPlan) -> Result<(Conversation, Message)>;
    /// Makes a group what the plan says and appends the note, if its `rev` still is `rev`; `None` if not (look and
    /// decide again). Who comes in sees the note and what follows; who goes out sees nothing any more. `Missing` also if
    /// the picture cannot be had.
    async fn change_group(&self, plan: GroupPlan, rev: u64) -> Result<Option<(Conversation, Message)>>;
    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>>;
    /// One conversation as `user` lists it; `None` if there is none or he is no member.
    async fn summary(&self, id: ConversationId, user: UserId) -> Result<Option<ConversationSummary>>;
    /// A user's conversations by `updated_at`, newest first.
    async fn conversations_of(
        &self,
        user: UserId,
        after: Option<Cursor<ConversationId>>,
        limit: usize,
    ) -> Result<Vec<ConversationSummary>>;
    /// The people who share a conversation with `user`.
    async fn contacts_of(&self, user: UserId) -> Result<Vec<UserId>>;

    // messages
    /// Gives the next `seq`; what is visible is always a prefix. `Missing` if the sender is no member, if
    /// `reply_to` is no message of the conversation, or if an attachment is not his or was sent already.
    async fn append_message(&self, message: NewMessage) -> Result<Appended>;
    /// Changes a message as one step: of changes at once each rests on what the others left. `Missing` if there is no
    /// such message, or if `by` may not see it (any more).
    async fn change_message(
        &self,
        id: MessageId,
        by: UserId,
        change: MessageChange,
        now: Timestamp,
    ) -> Result<Revised>;
    async fn message(&self, id: MessageId) -> Result<Option<Message>>;
    async fn messages(&self, conversation: ConversationId, page: Page) -> Result<Vec<Message>>;
    /// Raises watermarks (never lowers them, never above `last_seq`; reading also delivers).
    /// `None` if nothing moved; `Missing` if the user is no member.
    async fn mark(
        &self,
        conversation: ConversationId,
        user: UserId,
        delivered: u64,
        read: u64,
    ) -> Result<Option<Receipt>>;
    /// `since` from an earlier page; `limit` bounds the messages of a page, new and changed ones and what was left
    /// together. The first sync tells of nothing that was left: there is nothing to forget.
    async fn sync(&self, user: UserId, since: Option<&str>, limit: usize) -> Result<SyncPage>;

    // files: what is known of them; the bytes are not the store's
    /// Unless all files of its owner would then have more than `quota` bytes. True if it did.
    async fn create_file(&self, file: StoredFile, quota: u64) -> Result<bool>;
    /// `None` also once it was given up: its message was deleted, or it was never sent.
    async fn file(&self, id: FileId) -> Result<Option<StoredFile>>;
    /// Gives up files that were made before `before` and never sent; answers those that are given up, at most `limit`.
    async fn given_up_files(&self, before: Timestamp, limit: usize) -> Result<Vec<(FileId, FileHash)>>;
    /// Forgets a file that was given up.
    async fn forget_file(&self, id: FileId) -> Result<()>;
    /// Whether a file that was not given up has these bytes.
    async fn hash_in_use(&self, hash: &FileHash) -> Result<bool>;

    // calls
    async fn create_call(&self, call: CallRecord) -> Result<()>;
    /// Replaces the record unless it has ended. True if it did; ending a record is such a replacement, so it happens once.
    async fn update_call(&self, call: CallRecord, timeline: Timeline) -> Result<bool>;
    async fn call(&self, id: CallId) -> Result<Option<CallRecord>>;
    /// What happened in a call; empty if nothing was stored of it.
    async fn call_timeline(&self, id: CallId) -> Result<Timeline>;
    /// Calls that `user` was in, by `start_time`, newest first; `filter.from` is inclusive, `filter.to` exclusive.
    async fn calls_of(
        &self,
        user: UserId,
        filter: &CallFilter,
        after: Option<Cursor<CallId>>,
        limit: usize,
    ) -> Result<Vec<CallRecord>>;
    /// Calls that `user` missed ([`CallRecord::missed_by`], also of one that goes on) and has not seen.
    async fn missed_calls(&self, user: UserId) -> Result<MissedCalls>;
    /// `user` has seen those he missed: of one conversation or of all, started at `until` or before. True if there were any.
    async fn see_missed_calls(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
        until: Option<Timestamp>,
    ) -> Result<bool>;
    /// Records of `node` that are still open and not of `epoch`: a crash left them.
    async fn stale_calls(&self, node: &str, epoch: EpochId) -> Result<Vec<CallRecord>>;

    // nodes
    /// "`node` lived in `epoch` at `now`."
    async fn heartbeat(&self, node: &str, epoch: EpochId, now: Timestamp) -> Result<()>;
    async fn last_heartbeat(&self, node: &str, epoch: EpochId) -> Result<Option<Timestamp>>;

    // health
    /// Cheap; `Unavailable` while the engine does not answer.
    async fn ping(&self) -> Result<()>;
    /// Stops taking writes, finishes those taken, closes.
    async fn close(&self);
}
