//! One authenticated socket: who it is, and how it is told something or closed. Knows no other socket and no service.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde::Serialize;
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::{AckSender, SocketRef};
use socketioxide::socket::{Sid, Socket};

use super::lane::Lane;
use super::line::Line;
use super::protocol::{Ack, ServerEvent};
use crate::ids::DeviceId;
use crate::model::Actor;

/// Events kept for a socket whose `welcome` is still being prepared. What is more, it gets by its first sync.
const EARLY_EVENTS: usize = 64;

/// Closes a session of the polling transport.
pub type ClosePolling = Arc<dyn Fn(Sid) + Send + Sync>;

/// One authenticated socket.
pub struct Conn {
    pub sid: Sid,
    pub actor: Actor,
    pub device: DeviceId,
    pub span: tracing::Span,
    pub chat: Lane,
    pub calls: Lane,
    /// The socket owns its handlers and they own this: so this must not own the socket.
    socket: Weak<Socket<LocalAdapter>>,
    line: Arc<Line>,
    close_polling: ClosePolling,
    /// Most bytes that may wait to be read.
    waiting_max: u64,
    grace: Duration,
    /// Events that came before `welcome`; `None` once it was sent.
    early: Mutex<Option<Vec<ServerEvent>>>,
    gone: AtomicBool,
}

/// What a `Conn` is made of besides its socket.
pub struct Terms {
    pub actor: Actor,
    pub device: DeviceId,
    pub line: Arc<Line>,
    pub close_polling: ClosePolling,
    pub waiting_max: u64,
    /// How long a client may take to leave after it was told to.
    pub grace: Duration,
}

impl Conn {
    pub fn new(socket: &Arc<Socket<LocalAdapter>>, terms: Terms) -> Self {
        let Terms { actor, device, line, close_polling, waiting_max, grace } = terms;
        Self {
            sid: socket.id,
            actor,
            device,
            span: tracing::info_span!("socket", user = %actor.user, session = %actor.session),
            chat: Lane::default(),
            calls: Lane::default(),
            socket: Arc::downgrade(socket),
            line,
            close_polling,
            waiting_max,
            grace,
            early: Mutex::new(Some(Vec::new())),
            gone: AtomicBool::new(false),
        }
    }

    /// Sends an event, after `welcome`. What cannot be sent now is lost to this socket, which is then closed: its
    /// client comes back and syncs.
    pub fn tell(&self, event: ServerEvent) {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        match early.as_mut() {
            Some(waiting) if waiting.len() < EARLY_EVENTS => waiting.push(event),
            Some(_) => tracing::debug!(parent: &self.span, event = event.name(), "too early, left to sync"),
            None => self.emit(&event),
        }
    }

    /// Sends `welcome`, then what came before it.
    pub fn welcome(&self, welcome: &ServerEvent) {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        self.emit(welcome);
        for event in early.take().unwrap_or_default() {
            self.emit(&event);
        }
    }

    fn emit(&self, event: &ServerEvent) {
        let Some(socket) = self.socket.upgrade() else { return };
        if self.is_overfull(event) {
            return self.give_up("too many bytes wait for it");
        }
        if let Err(error) = socket.emit(event.name(), event) {
            self.not_sent(event.name(), &error);
        }
    }

    /// Answers an event, if the client asked for an answer.
    pub fn ack(&self, sender: AckSender, ack: &Ack) {
        if self.is_overfull(ack) {
            return self.give_up("too many bytes wait for it");
        }
        if let Err(error) = sender.send(ack) {
            self.not_sent("ack", &error);
        }
    }

    fn not_sent(&self, what: &str, error: &socketioxide::SendError) {
        tracing::debug!(parent: &self.span, what, %error, "not sent");
        if matches!(error, socketioxide::SendError::Socket(socketioxide::SocketError::InternalChannelFull)) {
            self.give_up("its buffer is full");
        }
    }

    fn is_overfull(&self, payload: &impl Serialize) -> bool {
        let mut size = Counter(0);
        // A counter takes everything; what cannot be serialized fails again, and visibly, when it is sent.
        let _ = serde_json::to_writer(&mut size, payload);
        self.line.queue(size.0) > self.waiting_max
    }

    /// Cuts off a client that does not read.
    fn give_up(&self, why: &str) {
        if !self.line.is_cut() {
            tracing::debug!(parent: &self.span, why, "cut off; it heals by sync");
        }
        self.cut();
    }

    /// Ends the connection at once; what was not yet sent is lost.
    pub fn cut(&self) {
        cut(&self.line, &self.close_polling, self.sid);
    }

    /// Asks the client to leave, and makes it if it has not soon.
    pub fn close(&self) {
        let told = match self.socket.upgrade() {
            Some(socket) => SocketRef::from(socket).disconnect().is_ok(),
            None => false,
        };
        if told { self.cut_soon() } else { self.cut() }
    }

    /// Ends the connection after the grace time: the client has left, or was told to.
    pub fn cut_soon(&self) {
        let (line, close_polling) = (self.line.clone(), self.close_polling.clone());
        let (sid, grace) = (self.sid, self.grace);
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            cut(&line, &close_polling, sid);
        });
    }

    /// Notes that the socket has disconnected.
    pub fn mark_gone(&self) {
        self.gone.store(true, Ordering::SeqCst);
    }
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }
}

fn cut(line: &Line, close_polling: &ClosePolling, sid: Sid) {
    line.cut();
    if !line.is_attached() {
        close_polling(sid);
    }
}

/// Counts what is written to it.
struct Counter(u64);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
