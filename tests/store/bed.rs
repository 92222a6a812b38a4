//! What the contract's tests stand on: a fresh database that can be opened several times, and made-up people.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use bson::oid::ObjectId;
use charla::clock::Timestamp;
use charla::ids::{ConversationId, MessageId, SessionId, UserId};
use charla::model::{Conversation, Role, Session, TokenHash, User};
use charla::random::Random;
use charla::store::{NewMessage, Store, open::open};

use super::mongod;

/// A fresh database.
pub struct Bed {
    pub url: String,
    /// How many of something an engine can be asked to do in a test.
    pub many: usize,
    _dir: Option<tempfile::TempDir>,
}

impl Bed {
    pub fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { url: format!("sqlite:{}", dir.path().join("charla.db").display()), many: 100, _dir: Some(dir) }
    }
    pub fn mongodb() -> Self {
        Self { url: mongod::fresh_url(), many: 20, _dir: None }
    }
    pub async fn open(&self) -> Arc<dyn Store> {
        open(&self.url).await.unwrap()
    }
}

fn random() -> &'static Random {
    static RANDOM: OnceLock<Random> = OnceLock::new();
    RANDOM.get_or_init(Random::system)
}

pub fn oid() -> ObjectId {
    random().object_id(Timestamp(1_800_000_000_000))
}

/// Rises with every call, by a millisecond.
pub fn now() -> Timestamp {
    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000_000);
    Timestamp(NOW.fetch_add(1, Ordering::Relaxed))
}

pub fn below(n: usize) -> usize {
    usize::from(u16::from_be_bytes(random().bytes())) % n
}

pub fn user(name: &str) -> User {
    User {
        id: UserId(oid()),
        username: name.into(),
        email: format!("{name}@example.org"),
        password: "$argon2id$…".into(),
        role: Role::Member,
        disabled: false,
        created_at: now(),
    }
}

pub async fn join(store: &dyn Store, name: &str) -> UserId {
    let user = user(name);
    let id = user.id;
    store.create_user(user).await.unwrap();
    id
}

pub async fn pair(store: &dyn Store, a: UserId, b: UserId) -> Conversation {
    store.open_direct(ConversationId(oid()), a, b, now()).await.unwrap()
}

pub fn message(conversation: ConversationId, from_user: UserId, client_id: &str) -> NewMessage {
    NewMessage {
        id: MessageId(oid()),
        conversation,
        from_user,
        content: format!("this is {client_id}"),
        client_id: client_id.into(),
        reply_to: None,
        system: None,
        attachments: Vec::new(),
        created_at: now(),
    }
}

pub async fn write(store: &dyn Store, conversation: ConversationId, from: UserId, n: usize) {
    for _ in 0..n {
        store.append_message(message(conversation, from, &oid().to_hex())).await.unwrap();
    }
}

pub fn hash() -> TokenHash {
    random().bytes()
}

pub fn session(user: UserId) -> Session {
    let at = now();
    Session {
        id: SessionId(oid()),
        user,
        token_hash: hash(),
        previous_hash: None,
        rotated_at: at,
        created_at: at,
        last_seen_at: at,
        expires_at: Timestamp(at.0 + 1_000_000),
        user_agent: "Netscape".into(),
    }
}
