//! CONNECT: who may have a socket, and what happens when one comes and goes. Owns the handshake's answer.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt as _;
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::SocketRef;
use socketioxide::handler::{ConnectHandler, ConnectMiddleware, Value};
use socketioxide::socket::{DisconnectReason, Socket};
use tracing::Instrument as _;

use super::SocketLimits;
use super::conn::{ClosePolling, Conn, Terms};
use super::dispatch::Dispatch;
use super::fanout::Fanout;
use super::handlers::Handlers;
use super::line::{Line, Lines};
use super::protocol::{Auth, ServerEvent, WireError};
use crate::clock::Clock;
use crate::code::{Code, Refusal};
use crate::ids::{DeviceId, EpochId};
use crate::model::Actor;
use crate::random::Random;
use crate::site::session_cookie;

/// Lets sockets in, and sees them off.
#[derive(Clone)]
pub struct Gate {
    pub handlers: Arc<Handlers>,
    pub dispatch: Dispatch,
    pub fanout: Fanout,
    pub lines: Arc<Lines>,
    pub close_polling: ClosePolling,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<Random>,
    pub epoch: EpochId,
    pub limits: SocketLimits,
}

/// The text of a `connect_error`: JSON, since socketioxide sends a text and nothing else.
struct ConnectRefused(WireError);

impl fmt::Display for ConnectRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

type Own = Arc<Socket<LocalAdapter>>;

/// Tells socketioxide's blanket implementations from ours.
pub enum OwnGate {}

impl ConnectMiddleware<LocalAdapter, OwnGate> for Gate {
    fn call<'a>(
        &'a self,
        socket: Own,
        auth: &'a Option<Value>,
    ) -> impl Future<Output = Result<(), Box<dyn fmt::Display + Send>>> + Send {
        self.admit(socket, auth).map(|admitted| {
            admitted.map_err(|refusal| {
                Box::new(ConnectRefused(WireError::from(refusal))) as Box<dyn fmt::Display + Send>
            })
        })
    }
}

impl ConnectHandler<LocalAdapter, OwnGate> for Gate {
    fn call(&self, socket: Own, _auth: Option<Value>) {
        // `admit` put it there.
        let Some(conn) = socket.extensions.get::<Arc<Conn>>() else { return };
        let older = self.fanout.enter(&conn);
        let span = conn.span.clone();
        tokio::spawn(self.clone().arrive(conn, older).instrument(span));
    }
}

impl Gate {
    /// Authenticates, and sets the socket's handlers before its client may send anything.
    async fn admit(&self, socket: Own, auth: &Option<Value>) -> Result<(), Refusal> {
        let auth = decode(auth)?;
        let actor = self.authenticate(&socket, auth.token.as_deref()).await?;
        if self.fanout.sockets_of(actor.user) >= self.limits.sockets_per_user {
            return Err(Refusal::new(Code::TooMany, "Too many windows are open. Close one and try again."));
        }
        let device = auth.device.unwrap_or_else(|| DeviceId(self.random.object_id(self.clock.now())));
        let line = match socket.req_parts().extensions.get::<Arc<Line>>() {
            Some(line) => line.clone(),
            None => self.lines.of(socket.id),
        };
        let terms = Terms {
            actor,
            device,
            line,
            close_polling: self.close_polling.clone(),
            waiting_max: self.limits.waiting_bytes,
            grace: self.limits.grace,
        };
        socket.extensions.insert(Arc::new(Conn::new(&socket, terms)));
        socket.on_fallback(self.dispatch.clone());
        let gate = self.clone();
        socket.on_disconnect(move |socket: SocketRef, reason: DisconnectReason| gate.depart(socket, reason));
        Ok(())
    }

    async fn authenticate(&self, socket: &Own, token: Option<&str>) -> Result<Actor, Refusal> {
        let accounts = &self.handlers.accounts;
        if let Some(token) = token {
            return Ok(accounts.bearer(token).await?);
        }
        let cookies = socket.req_parts().headers.get_all("cookie");
        let cookie = cookies.iter().find_map(|header| session_cookie(header.to_str().ok()?));
        match cookie {
            Some(cookie) => Ok(accounts.cookie(cookie).await?),
            None => Err(Refusal::new(Code::Unauthenticated, "Sign in and try again.")),
        }
    }

    /// Welcomes a socket that has been entered.
    async fn arrive(self, conn: Arc<Conn>, older: Vec<Arc<Conn>>) {
        for old in older {
            old.tell(ServerEvent::Replaced {});
            old.close();
        }
        let accounts = &self.handlers.accounts;
        // The session may have ended between the check and the entry: then nobody told this socket.
        let live = accounts.is_live(conn.actor.session).await;
        if !matches!(live, Ok(true)) {
            conn.tell(ServerEvent::SessionRevoked {});
            return conn.close();
        }
        let user = match accounts.me(conn.actor).await {
            Ok(user) => Box::new(user),
            Err(error) => {
                tracing::debug!(%error, "no welcome");
                return conn.close();
            }
        };
        self.settle_device(&conn, false).await;
        let calls = self.handlers.live_calls(&conn).await;
        let chat = &self.handlers.chat;
        let own = conn.actor.user;
        let (Ok(settings), Ok(mutes)) = (chat.settings(own).await, chat.mutes(own).await) else {
            tracing::debug!("no welcome: the store does not answer");
            return conn.close();
        };
        let missed_calls = self.handlers.missed_calls(&conn).await;
        let (device, epoch) = (conn.device, self.epoch);
        conn.welcome(&ServerEvent::Welcome { user, device, epoch, calls, settings, mutes, missed_calls });
        tracing::debug!(device = %conn.device, "here");
    }

    async fn depart(self, socket: SocketRef, reason: DisconnectReason) {
        let Some(conn) = socket.extensions.get::<Arc<Conn>>() else { return };
        self.fanout.leave(&conn);
        self.lines.forget(conn.sid);
        // A client that left the namespace may sit on its connection for ever.
        conn.cut_soon();
        tracing::debug!(parent: &conn.span, device = %conn.device, ?reason, "gone");
        self.settle_device(&conn, is_closed(reason)).await;
        let (user, device) = (conn.actor.user, conn.device);
        if !self.fanout.has_device(user, device)
            && matches!(self.handlers.accounts.is_live(conn.actor.session).await, Ok(false))
        {
            self.handlers.calls.evict(user, device).await;
        }
    }

    /// Tells calls and network tests whether the device is here. Sockets of one device may come and go while we tell: then again.
    /// `closed`: the client said that it goes.
    async fn settle_device(&self, conn: &Conn, closed: bool) {
        let (user, device) = (conn.actor.user, conn.device);
        loop {
            let here = self.fanout.has_device(user, device);
            if here {
                self.handlers.calls.device_here(user, device).await;
                self.handlers.chat.device_here(user, device).await;
            } else {
                self.handlers.calls.device_gone(user, device, closed).await;
                self.handlers.chat.device_gone(user, device).await;
                self.handlers.network_tests.device_gone(user, device);
            }
            if self.fanout.has_device(user, device) == here {
                return;
            }
        }
    }
}

/// Whether the client closed the connection, as a page does that is closed or loaded again. A network that breaks is
/// only noticed by the silence, or by what cannot be sent.
fn is_closed(reason: DisconnectReason) -> bool {
    match reason {
        DisconnectReason::TransportClose | DisconnectReason::ClientNSDisconnect => true,
        DisconnectReason::MultipleHttpPollingError
        | DisconnectReason::PacketParsingError
        | DisconnectReason::TransportError
        | DisconnectReason::HeartbeatTimeout
        | DisconnectReason::ServerNSDisconnect
        | DisconnectReason::ClosingServer => false,
    }
}

fn decode(auth: &Option<Value>) -> Result<Auth, Refusal> {
    let text = match auth {
        None => return Ok(Auth::default()),
        Some(Value::Str(text, None)) => text.as_str(),
        Some(Value::Str(_, Some(_)) | Value::Bytes(_)) => "",
    };
    serde_json::from_str(text).map_err(|_| {
        Refusal::new(Code::BadRequest, "The handshake is {token?: text, device?: 24 hex digits}.")
    })
}
