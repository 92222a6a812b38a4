//! What benches on a store share: made-up people, and figures out of many times. Owns no measurement.

use std::time::{Duration, Instant};

use bson::oid::ObjectId;
use charla::clock::{Clock as _, SystemClock, Timestamp};
use charla::ids::{ConversationId, MessageId, UserId};
use charla::model::{Role, User};
use charla::random::Random;
use charla::store::{NewMessage, Store};

/// In the order of time, as real ones are: that decides which pages of an index are written.
pub fn oid(random: &Random) -> ObjectId {
    random.object_id(SystemClock.now())
}

pub fn message(
    random: &Random,
    conversation: ConversationId,
    from_user: UserId,
    content: String,
) -> NewMessage {
    let id = oid(random);
    NewMessage {
        id: MessageId(id),
        conversation,
        from_user,
        content,
        client_id: id.to_hex(),
        reply_to: None,
        system: None,
        attachments: Vec::new(),
        created_at: SystemClock.now(),
    }
}

pub async fn join(store: &dyn Store, random: &Random) -> UserId {
    let id = UserId(oid(random));
    let name = id.to_string();
    let email = format!("{name}@example.org");
    let (role, created_at) = (Role::Member, Timestamp(0));
    let user = User { id, username: name, email, password: String::new(), role, disabled: false, created_at };
    store.create_user(user).await.expect("a new user");
    id
}

pub async fn open(store: &dyn Store, random: &Random, users: [UserId; 2]) -> ConversationId {
    let id = ConversationId(oid(random));
    store.open_direct(id, users[0], users[1], Timestamp(0)).await.expect("a new conversation");
    id
}

/// In milliseconds, of times in rising order.
pub fn ms(sorted: &[Duration], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)].as_secs_f64() * 1e3
}

/// How long each of `n` runs took, in rising order.
#[allow(dead_code, reason = "not every bench repeats one thing")]
pub async fn times<T>(n: usize, mut run: impl AsyncFnMut() -> T) -> Vec<Duration> {
    let mut took = Vec::with_capacity(n);
    for _ in 0..n {
        let begun = Instant::now();
        std::hint::black_box(run().await);
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    took
}
