//! What benches on messages share: made-up people, figures out of many times. Owns no measurement.
#![allow(dead_code, reason = "no bench uses all of it")]

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

/// User and system time of a process so far; of this one if `None`.
pub fn processor(pid: Option<u32>) -> Duration {
    let name = pid.map_or("self".into(), |pid| pid.to_string());
    let stat = std::fs::read_to_string(format!("/proc/{name}/stat")).expect("Linux's /proc");
    // Fields 14 and 15, counted after the name in parentheses, in hundredths of a second.
    let rest = stat.rsplit_once(')').expect("a name in parentheses").1;
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
