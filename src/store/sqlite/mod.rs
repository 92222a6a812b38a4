//! The embedded store: one SQLite file. Owns the mapping of the contract to operations; each file beside it owns the
//! statements of one noun. Knows no service.

mod calls;
mod changes;
mod conversations;
mod error;
mod files;
mod groups;
mod invitations;
mod lanes;
mod messages;
mod missed;
mod people;
mod regards;
mod rows;
mod schema;
mod search;
mod sessions;
pub mod snapshot;
mod standing;
mod sync;
mod threads;
mod users;

use std::path::PathBuf;

use async_trait::async_trait;

use self::lanes::Lane::{Low, Normal};
use self::threads::Threads;
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

/// A database in a file. Several of these, also in several processes, may share one file.
pub struct Sqlite {
    threads: Threads,
}

impl Sqlite {
    /// Opens `path`, making it if there is none. `Unusable` if what is there is damaged, newer, foreign or open to
    /// others; nothing is ever reset. `Unavailable` if the file cannot be reached.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        Self::open_for(path, Opening::Migrate).await
    }

    /// The same, with a say in what happens to a database of an older format.
    pub(super) async fn open_for(path: impl Into<PathBuf>, opening: Opening) -> Result<Self> {
        let path = path.into();
        let open = move || {
            schema::prepare(&path, opening)?;
            Threads::start(&path)
        };
        let threads = tokio::task::spawn_blocking(open)
            .await
            .map_err(|e| StoreError::Unavailable(format!("opening the database: {e}")))??;
        Ok(Self { threads })
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn create_user(&self, user: User) -> Result<()> {
        self.threads.write(Normal, move |tx| users::create(tx, &user)).await
    }
    async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.threads.read(move |conn| users::get(conn, id)).await
    }
    async fn user_by_login(&self, login: &str) -> Result<Option<User>> {
        let login = login.to_owned();
        self.threads.read(move |conn| users::by_login(conn, &login)).await
    }
    async fn users(&self, ids: &[UserId]) -> Result<Vec<User>> {
        let ids = ids.to_vec();
        self.threads
            .read(move |conn| ids.iter().filter_map(|id| users::get(conn, *id).transpose()).collect())
            .await
    }
    async fn find_users(&self, prefix: &str, limit: usize) -> Result<Vec<User>> {
        let prefix = prefix.to_owned();
        self.threads.read(move |conn| users::find(conn, &prefix, limit)).await
    }
    async fn count_users(&self) -> Result<u64> {
        self.threads.read(users::count).await
    }
    async fn has_owner(&self) -> Result<bool> {
        self.threads.read(users::has_owner).await
    }
    async fn replace_password(&self, id: UserId, old: &str, new: &str) -> Result<bool> {
        let (old, new) = (old.to_owned(), new.to_owned());
        self.threads.write(Normal, move |tx| users::replace_password(tx, id, &old, &new)).await
    }
    async fn set_role(&self, id: UserId, role: Role) -> Result<()> {
        self.threads.write(Normal, move |tx| users::set_role(tx, id, role)).await
    }

    async fn create_session(&self, session: Session) -> Result<()> {
        self.threads.write(Normal, move |tx| sessions::create(tx, &session)).await
    }
    async fn session(&self, id: SessionId) -> Result<Option<Session>> {
        self.threads.read(move |conn| sessions::get(conn, id)).await
    }
    async fn session_by_token(&self, hash: &TokenHash) -> Result<Option<Session>> {
        let hash = *hash;
        self.threads.read(move |conn| sessions::by_token(conn, &hash)).await
    }
    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>> {
        self.threads.read(move |conn| sessions::of_user(conn, user)).await
    }
    async fn rotate_session(
        &self,
        id: SessionId,
        old: &TokenHash,
        new: &TokenHash,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool> {
        let (old, new) = (*old, *new);
        self.threads.write(Normal, move |tx| sessions::rotate(tx, id, (&old, &new), now, expires_at)).await
    }
    async fn touch_session(&self, id: SessionId, now: Timestamp) -> Result<()> {
        self.threads.write(Low, move |tx| sessions::touch(tx, id, now)).await
    }
    async fn end_session(&self, id: SessionId) -> Result<bool> {
        self.threads.write(Normal, move |tx| sessions::end(tx, id)).await
    }
    async fn end_sessions(&self, user: UserId, except: Option<SessionId>) -> Result<Vec<SessionId>> {
        self.threads.write(Normal, move |tx| sessions::end_all(tx, user, except)).await
    }
    async fn expire_sessions(&self, now: Timestamp) -> Result<Vec<SessionId>> {
        self.threads.write(Normal, move |tx| sessions::expire(tx, now)).await
    }

    async fn put_claim(&self, hash: TokenHash, expires_at: Timestamp) -> Result<()> {
        self.threads.write(Normal, move |tx| sessions::put_claim(tx, &hash, expires_at)).await
    }
    async fn take_claim(&self, hash: &TokenHash, now: Timestamp) -> Result<bool> {
        let hash = *hash;
        self.threads.write(Normal, move |tx| sessions::take_claim(tx, &hash, now)).await
    }

    async fn open_direct(
        &self,
        id: ConversationId,
        a: UserId,
        b: UserId,
        now: Timestamp,
    ) -> Result<Conversation> {
        self.threads.write(Normal, move |tx| conversations::open_direct(tx, id, a, b, now)).await
    }
    async fn create_group(&self, plan: GroupPlan) -> Result<(Conversation, Message)> {
        self.threads.write(Normal, move |tx| groups::create(tx, &plan)).await
    }
    async fn change_group(&self, plan: GroupPlan, rev: u64) -> Result<Option<(Conversation, Message)>> {
        self.threads.write(Normal, move |tx| groups::change(tx, &plan, rev)).await
    }
    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>> {
        self.threads.read(move |conn| conversations::get(conn, id)).await
    }
    async fn conversations_of(
        &self,
        user: UserId,
        after: Option<Cursor<ConversationId>>,
        limit: usize,
    ) -> Result<Vec<ConversationSummary>> {
        self.threads.read(move |conn| conversations::of_user(conn, user, after, limit)).await
    }
    async fn summary(&self, id: ConversationId, user: UserId) -> Result<Option<ConversationSummary>> {
        self.threads.read(move |conn| conversations::one(conn, id, user)).await
    }
    async fn contacts_of(&self, user: UserId) -> Result<Vec<UserId>> {
        self.threads.read(move |conn| conversations::contacts(conn, user)).await
    }

    async fn append_message(&self, message: NewMessage) -> Result<Appended> {
        self.threads.write(Normal, move |tx| messages::append(tx, &message)).await
    }
    async fn change_message(
        &self,
        id: MessageId,
        by: UserId,
        change: MessageChange,
        now: Timestamp,
    ) -> Result<Revised> {
        self.threads.write(Normal, move |tx| changes::change(tx, id, by, &change, now)).await
    }
    async fn message(&self, id: MessageId) -> Result<Option<Message>> {
        self.threads.read(move |conn| messages::get(conn, id)).await
    }
    async fn messages(&self, conversation: ConversationId, page: Page) -> Result<Vec<Message>> {
        self.threads.read(move |conn| messages::page(conn, conversation, page)).await
    }
    async fn mark(
        &self,
        conversation: ConversationId,
        user: UserId,
        delivered: u64,
        read: u64,
    ) -> Result<Option<Receipt>> {
        self.threads.write(Low, move |tx| conversations::mark(tx, conversation, user, delivered, read)).await
    }
    async fn sync(&self, user: UserId, since: Option<&str>, limit: usize) -> Result<SyncPage> {
        let since = since.map(str::to_owned);
        self.threads.read(move |conn| sync::page(conn, user, since.as_deref(), limit)).await
    }

    async fn create_file(&self, file: StoredFile, quota: u64) -> Result<bool> {
        self.threads.write(Normal, move |tx| files::create(tx, &file, quota)).await
    }
    async fn file(&self, id: FileId) -> Result<Option<StoredFile>> {
        self.threads.read(move |conn| files::get(conn, id)).await
    }
    async fn given_up_files(&self, before: Timestamp, limit: usize) -> Result<Vec<(FileId, FileHash)>> {
        self.threads.write(Low, move |tx| files::given_up(tx, before, limit)).await
    }
    async fn forget_file(&self, id: FileId) -> Result<()> {
        self.threads.write(Low, move |tx| files::forget(tx, id)).await
    }
    async fn hash_in_use(&self, hash: &FileHash) -> Result<bool> {
        let hash = *hash;
        self.threads.read(move |conn| files::in_use(conn, &hash)).await
    }

    async fn create_call(&self, call: CallRecord) -> Result<()> {
        self.threads.write(Normal, move |tx| calls::create(tx, &call)).await
    }
    async fn update_call(&self, call: CallRecord, timeline: Timeline) -> Result<bool> {
        self.threads.write(Normal, move |tx| calls::update(tx, &call, &timeline)).await
    }
    async fn call_timeline(&self, id: CallId) -> Result<Timeline> {
        self.threads.read(move |conn| calls::timeline(conn, id)).await
    }
    async fn call(&self, id: CallId) -> Result<Option<CallRecord>> {
        self.threads.read(move |conn| calls::get(conn, id)).await
    }
    async fn calls_of(
        &self,
        user: UserId,
        filter: &CallFilter,
        after: Option<Cursor<CallId>>,
        limit: usize,
    ) -> Result<Vec<CallRecord>> {
        let filter = filter.clone();
        self.threads.read(move |conn| calls::of_user(conn, user, &filter, after, limit)).await
    }
    async fn missed_calls(&self, user: UserId) -> Result<MissedCalls> {
        self.threads.read(move |conn| missed::of_user(conn, user)).await
    }
    async fn see_missed_calls(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
        until: Option<Timestamp>,
    ) -> Result<bool> {
        self.threads.write(Normal, move |tx| missed::see(tx, user, conversation, until)).await
    }
    async fn stale_calls(&self, node: &str, epoch: EpochId) -> Result<Vec<CallRecord>> {
        let node = node.to_owned();
        self.threads.read(move |conn| calls::stale(conn, &node, epoch)).await
    }

    async fn heartbeat(&self, node: &str, epoch: EpochId, now: Timestamp) -> Result<()> {
        let node = node.to_owned();
        self.threads.write(Normal, move |tx| calls::heartbeat(tx, &node, epoch, now)).await
    }
    async fn last_heartbeat(&self, node: &str, epoch: EpochId) -> Result<Option<Timestamp>> {
        let node = node.to_owned();
        self.threads.read(move |conn| calls::last_heartbeat(conn, &node, epoch)).await
    }

    async fn ping(&self) -> Result<()> {
        self.threads.read(|conn| Ok(conn.query_row("SELECT 1 FROM store", [], |_| Ok(()))?)).await
    }
    async fn close(&self) {
        self.threads.close().await;
    }
}
