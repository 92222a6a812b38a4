//! From a raw packet to an answered event: counts it, decodes it, queues it in its lane. No packet can make it panic.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::{AckSender, Event as EventName};
use socketioxide::handler::{FromMessageParts as _, MessageHandler, Value};
use socketioxide::socket::{Sid, Socket};

use super::conn::Conn;
use super::handlers::Handlers;
use super::protocol::{Ack, ClientEvent, Undecodable};
use crate::clock::Clock;
use crate::code::{Code, Refusal};
use crate::ids::UserId;
use crate::limit::{Limiter, Rate};

/// How many events of one socket may wait in one lane.
const LANE_MAX: usize = 64;

/// How many busy sockets and users are remembered.
const COUNTED_MAX: usize = 20_000;

/// Refused events of one socket before it is cut off: this many times what it may send.
const FLOOD: u32 = 20;

/// Counts events of all sockets.
pub struct Counts {
    sockets: Mutex<Limiter<Sid>>,
    users: Mutex<Limiter<UserId>>,
    refused: Mutex<Limiter<Sid>>,
}

/// What counting an event came to.
#[derive(Debug, PartialEq, Eq)]
enum Count {
    Passed,
    Refused(Duration),
    Flood,
}

impl Counts {
    pub fn new(per_socket: Rate, per_user: Rate) -> Self {
        let flood = Rate { burst: per_socket.burst.saturating_mul(FLOOD), refill: per_socket.refill / FLOOD };
        Self {
            sockets: Mutex::new(Limiter::new(per_socket, COUNTED_MAX)),
            users: Mutex::new(Limiter::new(per_user, COUNTED_MAX)),
            refused: Mutex::new(Limiter::new(flood, COUNTED_MAX)),
        }
    }

    fn count(&self, conn: &Conn, now: std::time::Instant) -> Count {
        fn take<K: Eq + std::hash::Hash + Clone>(
            limiter: &Mutex<Limiter<K>>,
            key: K,
            now: std::time::Instant,
        ) -> Result<(), Duration> {
            limiter.lock().unwrap_or_else(PoisonError::into_inner).take(&key, now)
        }
        let passed =
            take(&self.sockets, conn.sid, now).and_then(|()| take(&self.users, conn.actor.user, now));
        match passed {
            Ok(()) => Count::Passed,
            Err(wait) if take(&self.refused, conn.sid, now).is_ok() => Count::Refused(wait),
            Err(_) => Count::Flood,
        }
    }
}

/// Handles every event of every socket.
#[derive(Clone)]
pub struct Dispatch {
    pub handlers: Arc<Handlers>,
    pub counts: Arc<Counts>,
    pub clock: Arc<dyn Clock>,
}

/// Tells socketioxide's blanket implementations from ours.
pub enum OwnHandler {}

impl MessageHandler<LocalAdapter, OwnHandler> for Dispatch {
    fn call(&self, socket: Arc<Socket<LocalAdapter>>, mut value: Value, ack_id: Option<i64>) {
        let Ok(ack) = AckSender::from_message_parts(&socket, &mut value, &ack_id);
        // The gate put it there before the client could send anything.
        let Some(conn) = socket.extensions.get::<Arc<Conn>>() else { return };
        if let Some((ack, refused)) = self.take(&conn, &socket, value, ack) {
            conn.ack(ack, &refused);
        }
    }
}

impl Dispatch {
    /// Queues an event, or hands back how it is refused.
    fn take(
        &self,
        conn: &Arc<Conn>,
        socket: &Arc<Socket<LocalAdapter>>,
        mut value: Value,
        ack: AckSender,
    ) -> Option<(AckSender, Ack)> {
        match self.counts.count(conn, self.clock.instant()) {
            Count::Passed => {}
            Count::Refused(wait) => return Some((ack, too_many(wait).into())),
            Count::Flood => {
                tracing::debug!(parent: &conn.span, "a flood of events; cut off");
                conn.cut();
                return None;
            }
        }
        let event = match decode(socket, &mut value) {
            Ok(event) => event,
            Err(error) => return Some((ack, Refusal::from(error).into())),
        };
        let lane = if event.is_about_calls() { &conn.calls } else { &conn.chat };
        if lane.waiting() >= LANE_MAX {
            return Some((ack, behind().into()));
        }
        let (handlers, of) = (self.handlers.clone(), conn.clone());
        let job = async move {
            let answer = handlers.handle(&of, event).await;
            of.ack(ack, &answer);
        };
        lane.push(job, &conn.span);
        None
    }
}

fn decode(socket: &Arc<Socket<LocalAdapter>>, value: &mut Value) -> Result<ClientEvent, Undecodable> {
    let bad = |text: &str| Undecodable::BadPayload(text.into());
    let Ok(EventName(name)) = EventName::from_message_parts(socket, value, &None) else {
        return Err(bad("an event begins with its name"));
    };
    match value {
        Value::Str(packet, None) => ClientEvent::decode(&name, packet.as_str()),
        Value::Str(_, Some(_)) | Value::Bytes(_) => Err(bad("events carry no binary data")),
    }
}

fn too_many(wait: Duration) -> Refusal {
    Refusal {
        retry_after: Some(wait),
        ..Refusal::new(Code::TooMany, "You are sending too fast. Wait a moment.")
    }
}

fn behind() -> Refusal {
    Refusal {
        retry_after: Some(Duration::from_secs(1)),
        ..Refusal::new(Code::Unavailable, "The server is behind with what you sent. Try again.")
    }
}
