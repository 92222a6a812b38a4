//! The Socket.IO face: who may connect, what each event does, how events reach devices. Knows services and no store.

mod conn;
mod dispatch;
mod door;
mod fanout;
mod gate;
mod handlers;
mod lane;
mod line;
pub mod protocol;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::any;
use futures_util::FutureExt as _;
use socketioxide::handler::ConnectHandler as _;
use socketioxide::{ParserConfig, SocketIo};
use tower::util::BoxCloneSyncService;
use tower::{Service as _, ServiceExt};

use self::dispatch::{Counts, Dispatch};
use self::door::{Door, Engine, Stream};
pub use self::fanout::Fanout;
use self::gate::Gate;
use self::handlers::Handlers;
use self::line::Lines;
use crate::accounts::Accounts;
use crate::calls::service::Calls;
use crate::chat::Chat;
use crate::clock::Clock;
use crate::config;
use crate::ids::EpochId;
use crate::limit::Rate;
use crate::network_test::NetworkTests;
use crate::random::Random;
use crate::site::Site;

/// What one client may take, and how soon a dead one is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketLimits {
    /// An engine connection that does not CONNECT is closed after this.
    pub connect_timeout: Duration,
    /// A client that hears nothing for `ping_interval + ping_timeout` knows that the server is gone.
    pub ping_interval: Duration,
    /// A client that does not answer a ping for this long is gone.
    pub ping_timeout: Duration,
    pub upgrade_timeout: Duration,
    /// One frame, one message, one polling body.
    pub frame_bytes: usize,
    /// Packets that may wait for one socket. One that overflows is cut off; its client comes back and syncs.
    pub waiting_packets: usize,
    /// Bytes that may wait for one socket.
    pub waiting_bytes: u64,
    /// How long a write may wait for a client that does not read.
    pub patience: Duration,
    /// How long a client may take to leave after it was told to.
    pub grace: Duration,
    /// Events of one socket.
    pub events: Rate,
    /// Events of one user, over all of his sockets.
    pub user_events: Rate,
    pub sockets_per_user: usize,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self::from(&config::Limits::default())
    }
}

impl From<&config::Limits> for SocketLimits {
    fn from(limits: &config::Limits) -> Self {
        let events = Rate {
            burst: limits.events_burst.max(1),
            refill: Duration::from_secs(1) / limits.events_per_second.max(1),
        };
        Self {
            connect_timeout: Duration::from_secs(8),
            ping_interval: Duration::from_secs(8),
            ping_timeout: Duration::from_secs(6),
            upgrade_timeout: Duration::from_secs(5),
            frame_bytes: limits.frame_bytes,
            waiting_packets: 128,
            waiting_bytes: 1 << 20,
            patience: Duration::from_secs(10),
            grace: Duration::from_secs(1),
            events,
            user_events: Rate { burst: events.burst.saturating_mul(4), refill: events.refill / 4 },
            sockets_per_user: 50,
        }
    }
}

/// What the socket face works with.
pub struct SocketDeps {
    pub accounts: Arc<Accounts>,
    pub chat: Arc<Chat>,
    pub calls: Calls,
    pub network_tests: NetworkTests,
    pub site: Arc<Site>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<Random>,
    /// This run of the server: clients see by it that it restarted.
    pub epoch: EpochId,
    pub limits: SocketLimits,
}

/// The routes of `/socket.io/`. `fanout` is the one that the services publish into.
///
/// Polls last up to a ping interval: no timeout under half a minute may be laid around these routes.
pub fn router(deps: SocketDeps, fanout: Fanout) -> Router {
    let limits = deps.limits;
    let (service, io) = SocketIo::builder()
        .connect_timeout(limits.connect_timeout)
        .ping_interval(limits.ping_interval)
        .ping_timeout(limits.ping_timeout)
        .upgrade_timeout(limits.upgrade_timeout)
        .max_payload(limits.frame_bytes as u64)
        .ws_max_message_size(limits.frame_bytes)
        .ws_max_frame_size(limits.frame_bytes)
        .max_buffer_size(limits.waiting_packets)
        .with_parser(ParserConfig::common().max_incoming_binaries(0).max_incoming_binary_buf_size(0))
        .build_svc();

    let polling = ServiceExt::<Request>::map_response(service.clone(), |response| response.map(Body::new));
    let websocket = move |stream: Stream, request: axum::http::Request<()>| {
        let served = service.clone().call((stream, request)).now_or_never();
        if let Some(Err(error)) = served {
            tracing::debug!(%error, "a WebSocket that is none of Engine.IO");
        }
    };
    let engine = Engine { polling: BoxCloneSyncService::new(polling), websocket: Arc::new(websocket) };
    let lines = Arc::new(Lines::default());
    let door = Door { engine, lines, site: deps.site.clone(), patience: limits.patience };

    let gate = gate(deps, fanout, &door);
    // A local adapter is ready at once and has nothing to fail at.
    let () = io.ns("/", gate.clone().with(gate));
    Router::new().route(door::PATH, any(move |request| ready(door.clone()).then(|door| door.enter(request))))
}

fn gate(deps: SocketDeps, fanout: Fanout, door: &Door) -> Gate {
    let SocketDeps { accounts, chat, calls, network_tests, clock, random, epoch, limits, site: _ } = deps;
    let (engine, lines) = (door.engine.clone(), door.lines.clone());
    let handlers = Arc::new(Handlers { accounts, chat, calls, network_tests });
    let counts = Arc::new(Counts::new(limits.events, limits.user_events));
    let (mut orphans, calls) = (fanout.orphans(), handlers.calls.clone());
    tokio::spawn(async move {
        while let Some((user, device)) = orphans.recv().await {
            calls.evict(user, device).await;
        }
    });
    Gate {
        dispatch: Dispatch { handlers: handlers.clone(), counts, clock: clock.clone() },
        handlers,
        fanout,
        lines,
        close_polling: Arc::new(move |sid| engine.close_polling(sid)),
        clock,
        random,
        epoch,
        limits,
    }
}
