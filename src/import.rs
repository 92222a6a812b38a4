//! `charla import-original`: takes over the database of the original (Node, MongoDB): its users with their bcrypt hashes,
//! its messages, its calls. Once more is no harm. Knows the original's collections and the store.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};
use mongodb::{Client, Database};
use thiserror::Error;

use crate::clock::Timestamp;
use crate::ids::{CallId, ConversationId, MessageId, UserId};
use crate::model::{CallRecord, CallStatus, EndReason, Role, User};
use crate::store::{NewMessage, Store, StoreError, Unique};

/// Why the original could not be taken over.
#[derive(Debug, Error)]
pub enum ImportError {
    #[error("the original's database does not answer: {0}")]
    Original(#[from] mongodb::error::Error),
    #[error("the URL names no database. Write it as its path: mongodb://localhost:27017/NAME")]
    NoDatabase,
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, ImportError>;

/// What came over, what had come before, and what could not come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub users: u64,
    pub messages: u64,
    pub calls: u64,
    /// Was there from an earlier import.
    pub known: u64,
    /// A sentence for each thing that could not come as it was.
    pub remarks: Vec<String>,
}

/// Takes over the database that `from` names.
///
/// # Errors
/// What kept it from being whole; what came over until then stays, and the next import goes on from there.
pub async fn import(from: &str, store: &dyn Store) -> Result<Report> {
    let client = Client::with_uri_str(from).await?;
    let original = client.default_database().ok_or(ImportError::NoDatabase)?;
    let mut import =
        Import { store, report: Report::default(), people: HashSet::new(), pairs: HashMap::new() };
    import.users(&original).await?;
    import.messages(&original).await?;
    import.calls(&original).await?;
    Ok(import.report)
}

/// What the original kept of how far a message came; its `sent` says nothing.
#[derive(Clone, Copy, Default)]
struct Marks {
    delivered: u64,
    read: u64,
}

struct Import<'a> {
    store: &'a dyn Store,
    report: Report,
    people: HashSet<UserId>,
    /// The conversation of two people, the smaller id first.
    pairs: HashMap<(UserId, UserId), ConversationId>,
}

impl Import<'_> {
    fn remark(&mut self, words: String) {
        self.report.remarks.push(words);
    }

    /// The older account keeps a name that two have without regard to case.
    async fn users(&mut self, original: &Database) -> Result<()> {
        let mut all = rows(original, "users", doc! {"createdAt": 1, "_id": 1}).await?;
        while let Some(row) = all.try_next().await? {
            let Some(user) = user(&row) else {
                self.remark(format!(
                    "a user without an id or a bcrypt hash was left out: {:?}",
                    row.get("_id")
                ));
                continue;
            };
            self.people.insert(user.id);
            if self.store.user(user.id).await?.is_some() {
                self.report.known += 1;
                continue;
            }
            self.create(user).await?;
        }
        Ok(())
    }

    async fn create(&mut self, mut user: User) -> Result<()> {
        let id = user.id.to_string();
        loop {
            match self.store.create_user(user.clone()).await {
                Ok(()) => break,
                Err(StoreError::Taken(Unique::Username)) if !user.username.ends_with(&id) => {
                    self.remark(format!(
                        "the name {:?} is taken, so user {id} is called by his id",
                        user.username
                    ));
                    user.username = format!("user-{id}");
                }
                Err(StoreError::Taken(Unique::Email)) if !user.email.starts_with(&id) => {
                    self.remark(format!("the e-mail address of user {id} is taken, so he has none"));
                    user.email = nowhere(&id);
                }
                Err(other) => return Err(other.into()),
            }
        }
        self.report.users += 1;
        Ok(())
    }

    async fn conversation(
        &mut self,
        a: UserId,
        b: UserId,
        id: ObjectId,
        now: Timestamp,
    ) -> Result<ConversationId> {
        let pair = (a.min(b), a.max(b));
        if let Some(known) = self.pairs.get(&pair) {
            return Ok(*known);
        }
        // Whatever opens it first lends it its id.
        let opened = self.store.open_direct(ConversationId(id), pair.0, pair.1, now).await?;
        self.pairs.insert(pair, opened.id);
        Ok(opened.id)
    }

    /// Two of the people that came over, not one with himself.
    fn both(&self, row: &Document, one: &str, other: &str) -> Option<(UserId, UserId)> {
        let (a, b) = (UserId(id_of(row.get(one)?)?), UserId(id_of(row.get(other)?)?));
        (a != b && self.people.contains(&a) && self.people.contains(&b)).then_some((a, b))
    }

    async fn messages(&mut self, original: &Database) -> Result<()> {
        let mut marks: HashMap<(ConversationId, UserId), Marks> = HashMap::new();
        let mut left_out = 0_u64;
        let mut all = rows(original, "messages", doc! {"createdAt": 1, "_id": 1}).await?;
        while let Some(row) = all.try_next().await? {
            let both = self.both(&row, "fromUser", "toUser");
            let text = row.get_str("content").map(plain).unwrap_or_default();
            let (Some((from, to)), Ok(id), false) = (both, row.get_object_id("_id"), text.trim().is_empty())
            else {
                left_out += 1;
                continue;
            };
            let at = time(&row, "createdAt").unwrap_or_else(|| made(id));
            let conversation = self.conversation(from, to, id, at).await?;
            let message = NewMessage {
                id: MessageId(id),
                conversation,
                from_user: from,
                content: text,
                client_id: format!("original-{}", id.to_hex()),
                reply_to: None,
                system: None,
                attachments: Vec::new(),
                created_at: at,
            };
            // Asked first: to a store, the same id is a write of its own that it was not sure of.
            let seq = match self.store.message(message.id).await? {
                Some(known) => {
                    self.report.known += 1;
                    known.seq
                }
                None => {
                    self.report.messages += 1;
                    self.store.append_message(message).await?.message.seq
                }
            };
            let mark = marks.entry((conversation, to)).or_default();
            match row.get_str("status") {
                Ok("read" | "seen") => mark.read = seq,
                Ok("delivered") => mark.delivered = seq,
                _ => {}
            }
        }
        for ((conversation, user), Marks { delivered, read }) in marks {
            self.store.mark(conversation, user, delivered.max(read), read).await?;
        }
        if left_out > 0 {
            self.remark(format!("{left_out} messages without text, or of nobody who is here, were left out"));
        }
        Ok(())
    }

    async fn calls(&mut self, original: &Database) -> Result<()> {
        let mut left_out = 0_u64;
        let mut all = rows(original, "calls", doc! {"startTime": 1, "_id": 1}).await?;
        while let Some(row) = all.try_next().await? {
            let both = self.both(&row, "caller", "receiver");
            let (Some((caller, receiver)), Ok(id)) = (both, row.get_object_id("_id")) else {
                left_out += 1;
                continue;
            };
            if self.store.call(CallId(id)).await?.is_some() {
                self.report.known += 1;
                continue;
            }
            let start = time(&row, "startTime").unwrap_or_else(|| made(id));
            let conversation = self.conversation(caller, receiver, id, start).await?;
            let end = time(&row, "endTime").unwrap_or(start).max(start);
            let (status, reason) = outcome(row.get_str("status").unwrap_or_default());
            let answered = status == CallStatus::Completed;
            let call = CallRecord {
                id: CallId(id),
                conversation,
                caller,
                receiver: Some(receiver),
                start_time: start,
                // The original did not keep it; its calls began when they were answered.
                answer_time: answered.then_some(start),
                connect_time: None,
                end_time: Some(end),
                duration_seconds: if answered { end.since(start).as_secs() } else { 0 },
                status,
                reason: Some(reason),
                legs: Vec::new(),
                node: "original".into(),
                epoch: None,
            };
            self.store.create_call(call).await?;
            self.report.calls += 1;
        }
        if left_out > 0 {
            self.remark(format!("{left_out} calls of nobody who is here were left out"));
        }
        Ok(())
    }
}

async fn rows(db: &Database, name: &str, order: Document) -> Result<mongodb::Cursor<Document>> {
    Ok(db.collection::<Document>(name).find(doc! {}).sort(order).allow_disk_use(true).await?)
}

/// A reference, as the original's drivers wrote it.
fn id_of(value: &Bson) -> Option<ObjectId> {
    match value {
        Bson::ObjectId(id) => Some(*id),
        Bson::String(text) => ObjectId::parse_str(text).ok(),
        _ => None,
    }
}

fn time(row: &Document, field: &str) -> Option<Timestamp> {
    match row.get(field)? {
        Bson::DateTime(time) => Some(Timestamp(time.timestamp_millis())),
        Bson::String(text) => Timestamp::parse(text),
        _ => None,
    }
}

/// When an ObjectId was made.
fn made(id: ObjectId) -> Timestamp {
    Timestamp(id.timestamp().timestamp_millis())
}

fn nowhere(id: &str) -> String {
    format!("{id}@original.invalid")
}

/// `None` without an id, or without a hash that somebody could sign in by.
fn user(row: &Document) -> Option<User> {
    let id = row.get_object_id("_id").ok()?;
    let password = row.get_str("password").ok().filter(|hash| hash.starts_with("$2"))?.to_owned();
    // The original took names of white space alone.
    let word = |field: &str| {
        row.get_str(field).ok().map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned)
    };
    Some(User {
        id: UserId(id),
        username: word("username").unwrap_or_else(|| format!("user-{id}")),
        email: word("email").unwrap_or_else(|| nowhere(&id.to_hex())),
        password,
        role: Role::Member,
        disabled: false,
        created_at: time(row, "createdAt").unwrap_or_else(|| made(id)),
    })
}

/// The original took any character; ours are those that can be shown.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// What the original called it, and what we call it.
fn outcome(status: &str) -> (CallStatus, EndReason) {
    match status {
        "completed" | "answered" | "finished" => (CallStatus::Completed, EndReason::HungUp),
        "rejected" => (CallStatus::Rejected, EndReason::Declined),
        // `missed`, and `initiated`, of which nothing more was heard.
        _ => (CallStatus::Missed, EndReason::NoAnswer),
    }
}
