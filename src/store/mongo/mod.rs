//! The store on MongoDB, which must be a replica set (of one, at least): appends are transactions. Owns the mapping of
//! the contract to collections; each file beside it owns those of one noun. Knows no service.

mod appender;
mod calls;
mod changes;
mod connect;
mod conversations;
mod departures;
mod error;
mod files;
mod groups;
mod invitations;
mod marks;
mod messages;
mod missed;
mod people;
mod regards;
mod search;
mod sessions;
mod standing;
mod steps;
mod sync;
mod token;
mod transaction;
mod users;
mod values;

use async_trait::async_trait;
use mongodb::bson::{Document, doc};
use mongodb::{Client, Collection, Database};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use self::appender::Appender;
use super::{
    Appended, CallFilter, ConversationSummary, Cursor, GroupPlan, MessageChange, NewMessage, Opening, Page,
    Result, Revised, Store, StoreError, SyncPage,
};
use crate::clock::Timestamp;
use crate::ids::{CallId, ConversationId, EpochId, FileId, MessageId, SessionId, UserId};
use crate::model::{
    CallRecord, Conversation, FileHash, Message, MissedCalls, Receipt, Role, Session, StoredFile, Timeline,
    TokenHash, User,
};

/// The database and its collections; a clone is the same.
#[derive(Clone)]
struct Base {
    client: Client,
    db: Database,
    /// Names the database in sync tokens.
    identity: i64,
    users: Collection<users::UserDoc>,
    sessions: Collection<sessions::SessionDoc>,
    claims: Collection<Document>,
    conversations: Collection<conversations::ConversationDoc>,
    receipts: Collection<marks::ReceiptDoc>,
    messages: Collection<messages::MessageDoc>,
    files: Collection<files::FileDoc>,
    calls: Collection<calls::CallDoc>,
    nodes: Collection<Document>,
}

/// A database on a MongoDB replica set. Several servers may share it.
pub struct Mongo {
    base: Base,
    appender: Appender,
    /// Writes under way; closed by `close`.
    writes: TaskTracker,
}

impl Mongo {
    /// Connects to `mongodb://…/DATABASE` (`charla` if the URL names none) and brings the database up to date.
    /// `Unavailable` if no primary is found within five seconds (the URL's `serverSelectionTimeoutMS` says otherwise), or
    /// another server is at the same; `Unusable` if the server is a standalone one, or the database another program's or a
    /// newer version's.
    pub async fn open(url: &str, opening: Opening) -> Result<Self> {
        let (client, db) = connect::connect(url).await?;
        let identity = steps::prepare(&db, opening).await?;
        let base = Base {
            identity,
            users: db.collection("users"),
            sessions: db.collection("sessions"),
            claims: db.collection("claims"),
            conversations: db.collection("conversations"),
            receipts: db.collection("receipts"),
            messages: db.collection("messages"),
            files: db.collection("files"),
            calls: db.collection("calls"),
            nodes: db.collection("nodes"),
            client,
            db,
        };
        Ok(Self { appender: Appender::start(&base), base, writes: TaskTracker::new() })
    }

    /// To be held while a write is under way.
    fn writing(&self) -> Result<TaskTrackerToken> {
        let token = self.writes.token();
        match self.writes.is_closed() {
            true => Err(StoreError::Unavailable("the store is closed".into())),
            false => Ok(token),
        }
    }
}

#[async_trait]
impl Store for Mongo {
    async fn create_user(&self, user: User) -> Result<()> {
        let _busy = self.writing()?;
        users::create(&self.base, user).await
    }
    async fn user(&self, id: UserId) -> Result<Option<User>> {
        users::get(&self.base, id).await
    }
    async fn user_by_login(&self, login: &str) -> Result<Option<User>> {
        users::by_login(&self.base, login).await
    }
    async fn users(&self, ids: &[UserId]) -> Result<Vec<User>> {
        users::many(&self.base, ids).await
    }
    async fn find_users(&self, prefix: &str, limit: usize) -> Result<Vec<User>> {
        users::find(&self.base, prefix, limit).await
    }
    async fn count_users(&self) -> Result<u64> {
        users::count(&self.base).await
    }
    async fn has_owner(&self) -> Result<bool> {
        users::has_owner(&self.base).await
    }
    async fn replace_password(&self, id: UserId, old: &str, new: &str) -> Result<bool> {
        let _busy = self.writing()?;
        users::replace_password(&self.base, id, old, new).await
    }
    async fn set_role(&self, id: UserId, role: Role) -> Result<()> {
        let _busy = self.writing()?;
        users::set_role(&self.base, id, role).await
    }

    async fn create_session(&self, session: Session) -> Result<()> {
        let _busy = self.writing()?;
        sessions::create(&self.base, session).await
    }
    async fn session(&self, id: SessionId) -> Result<Option<Session>> {
        sessions::get(&self.base, id).await
    }
    async fn session_by_token(&self, hash: &TokenHash) -> Result<Option<Session>> {
        sessions::by_token(&self.base, hash).await
    }
    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>> {
        sessions::of_user(&self.base, user).await
    }
    async fn rotate_session(
        &self,
        id: SessionId,
        old: &TokenHash,
        new: &TokenHash,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool> {
        let _busy = self.writing()?;
        sessions::rotate(&self.base, id, (old, new), now, expires_at).await
    }
    async fn touch_session(&self, id: SessionId, now: Timestamp) -> Result<()> {
        let _busy = self.writing()?;
        sessions::touch(&self.base, id, now).await
    }
    async fn end_session(&self, id: SessionId) -> Result<bool> {
        let _busy = self.writing()?;
        sessions::end(&self.base, id).await
    }
    async fn end_sessions(&self, user: UserId, except: Option<SessionId>) -> Result<Vec<SessionId>> {
        let _busy = self.writing()?;
        sessions::end_all(&self.base, user, except).await
    }
    async fn expire_sessions(&self, now: Timestamp) -> Result<Vec<SessionId>> {
        let _busy = self.writing()?;
        sessions::expire(&self.base, now).await
    }

    async fn put_claim(&self, hash: TokenHash, expires_at: Timestamp) -> Result<()> {
        let _busy = self.writing()?;
        sessions::put_claim(&self.base, &hash, expires_at).await
    }
    async fn take_claim(&self, hash: &TokenHash, now: Timestamp) -> Result<bool> {
        let _busy = self.writing()?;
        sessions::take_claim(&self.base, hash, now).await
    }

    async fn open_direct(
        &self,
        id: ConversationId,
        a: UserId,
        b: UserId,
        now: Timestamp,
    ) -> Result<Conversation> {
        let _busy = self.writing()?;
        conversations::open_direct(&self.base, id, a, b, now).await
    }
    async fn create_group(&self, plan: GroupPlan) -> Result<(Conversation, Message)> {
        let _busy = self.writing()?;
        groups::create(&self.base, &plan).await
    }
    async fn change_group(&self, plan: GroupPlan, rev: u64) -> Result<Option<(Conversation, Message)>> {
        let _busy = self.writing()?;
        groups::change(&self.base, &plan, rev).await
    }
    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>> {
        conversations::get(&self.base, id).await
    }
    async fn conversations_of(
        &self,
        user: UserId,
        after: Option<Cursor<ConversationId>>,
        limit: usize,
    ) -> Result<Vec<ConversationSummary>> {
        conversations::of_user(&self.base, user, after, limit).await
    }
    async fn summary(&self, id: ConversationId, user: UserId) -> Result<Option<ConversationSummary>> {
        conversations::one(&self.base, id, user).await
    }
    async fn contacts_of(&self, user: UserId) -> Result<Vec<UserId>> {
        conversations::contacts(&self.base, user).await
    }

    async fn append_message(&self, message: NewMessage) -> Result<Appended> {
        let _busy = self.writing()?;
        self.appender.append(message).await
    }
    async fn change_message(
        &self,
        id: MessageId,
        by: UserId,
        change: MessageChange,
        now: Timestamp,
    ) -> Result<Revised> {
        let _busy = self.writing()?;
        changes::change(&self.base, &changes::Wish { id, by, change, now }).await
    }
    async fn message(&self, id: MessageId) -> Result<Option<Message>> {
        messages::get(&self.base, id).await
    }
    async fn messages(&self, conversation: ConversationId, page: Page) -> Result<Vec<Message>> {
        messages::page(&self.base, conversation, page).await
    }
    async fn mark(
        &self,
        conversation: ConversationId,
        user: UserId,
        delivered: u64,
        read: u64,
    ) -> Result<Option<Receipt>> {
        let _busy = self.writing()?;
        marks::mark(&self.base, conversation, user, delivered, read).await
    }
    async fn sync(&self, user: UserId, since: Option<&str>, limit: usize) -> Result<SyncPage> {
        sync::page(&self.base, user, since, limit).await
    }

    async fn create_file(&self, file: StoredFile, quota: u64) -> Result<bool> {
        let _busy = self.writing()?;
        files::create(&self.base, &file, quota).await
    }
    async fn file(&self, id: FileId) -> Result<Option<StoredFile>> {
        files::get(&self.base, id).await
    }
    async fn given_up_files(&self, before: Timestamp, limit: usize) -> Result<Vec<(FileId, FileHash)>> {
        let _busy = self.writing()?;
        files::given_up(&self.base, before, limit).await
    }
    async fn forget_file(&self, id: FileId) -> Result<()> {
        let _busy = self.writing()?;
        files::forget(&self.base, id).await
    }
    async fn hash_in_use(&self, hash: &FileHash) -> Result<bool> {
        files::in_use(&self.base, hash).await
    }

    async fn create_call(&self, call: CallRecord) -> Result<()> {
        let _busy = self.writing()?;
        calls::create(&self.base, &call).await
    }
    async fn update_call(&self, call: CallRecord, timeline: Timeline) -> Result<bool> {
        let _busy = self.writing()?;
        calls::update(&self.base, &call, &timeline).await
    }
    async fn call_timeline(&self, id: CallId) -> Result<Timeline> {
        calls::timeline(&self.base, id).await
    }
    async fn call(&self, id: CallId) -> Result<Option<CallRecord>> {
        calls::get(&self.base, id).await
    }
    async fn calls_of(
        &self,
        user: UserId,
        filter: &CallFilter,
        after: Option<Cursor<CallId>>,
        limit: usize,
    ) -> Result<Vec<CallRecord>> {
        calls::of_user(&self.base, user, filter, after, limit).await
    }
    async fn missed_calls(&self, user: UserId) -> Result<MissedCalls> {
        missed::of_user(&self.base, user).await
    }
    async fn see_missed_calls(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
        until: Option<Timestamp>,
    ) -> Result<bool> {
        let _busy = self.writing()?;
        missed::see(&self.base, user, conversation, until).await
    }
    async fn stale_calls(&self, node: &str, epoch: EpochId) -> Result<Vec<CallRecord>> {
        calls::stale(&self.base, node, epoch).await
    }

    async fn heartbeat(&self, node: &str, epoch: EpochId, now: Timestamp) -> Result<()> {
        let _busy = self.writing()?;
        calls::heartbeat(&self.base, node, epoch, now).await
    }
    async fn last_heartbeat(&self, node: &str, epoch: EpochId) -> Result<Option<Timestamp>> {
        calls::last_heartbeat(&self.base, node, epoch).await
    }

    async fn ping(&self) -> Result<()> {
        Ok(self.base.db.run_command(doc! { "ping": 1 }).await.map(drop)?)
    }
    async fn close(&self) {
        self.writes.close();
        self.writes.wait().await;
        self.base.client.clone().shutdown().await;
    }
}
