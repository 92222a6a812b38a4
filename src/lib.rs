//! Charla: a self-hosted chat and voice-call server. This file wires the rooms together and owns nothing else.
pub mod accounts;
pub mod backup;
pub mod calls;
pub mod chat;
pub mod check;
mod chores;
pub mod clock;
pub mod code;
pub mod config;
pub mod console;
pub mod event;
pub mod files;
pub mod http;
pub mod ids;
pub mod import;
pub mod limit;
pub mod model;
pub mod network_test;
pub mod peer;
pub mod policy;
pub mod port;
pub mod private;
pub mod random;
mod ready;
pub mod site;
pub mod socket;
pub mod startup;
pub mod store;

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use charla_media::{EventReceiver, Media};
use futures_util::StreamExt as _;
use thiserror::Error;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::calls::service::{Calls, MediaPlane as _, Plane};
use crate::chat::{Chat, ChatLimits, Here};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, TlsMode};
use crate::event::{IceServer, Outbox};
use crate::files::Files;
use crate::http::{HttpDeps, TrustPage};
use crate::ids::{EpochId, UserId};
use crate::network_test::NetworkTests;
use crate::port::caps::Caps;
use crate::port::tls::{Certificates, TlsError};
use crate::port::{Deadlines, Port};
use crate::random::Random;
use crate::ready::Ready;
use crate::site::Site;
use crate::socket::{Fanout, SocketDeps, SocketLimits};
use crate::startup::addresses::{self, Machine};
use crate::startup::bind::{self, Bound};
use crate::startup::home::{Home, HomeError};
use crate::startup::owner::{self, OwnerError, OwnerLink};
use crate::startup::{database, descriptors};
use crate::store::{Store, StoreError};

/// Why the server did not start. The sentence says what to do.
#[derive(Debug, Error)]
pub enum RunError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Bind(#[from] bind::BindingError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Owner(#[from] OwnerError),
    #[error("files cannot be kept in {}: {source}", path.display())]
    Files { path: std::path::PathBuf, source: io::Error },
}

/// What differs from a server in earnest: tests are impatient, and their output is no terminal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub deadlines: Deadlines,
    /// The owner link is handed back to be shown, not put into a file.
    pub to_terminal: bool,
}

/// A running server. It runs on until [`Running::stop`].
pub struct Running {
    /// TCP, as bound.
    pub addresses: Vec<SocketAddr>,
    /// UDP, as bound.
    pub media_addresses: Vec<SocketAddr>,
    /// How the page is reached, the best one first.
    pub urls: Vec<String>,
    /// While there is no owner.
    pub owner_link: Option<OwnerLink>,
    /// The local authority's certificate, PEM, if there is one.
    pub authority: Option<String>,
    store: Arc<dyn Store>,
    services: Services,
    media: Media,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    jobs: TaskTracker,
    /// Keeps other servers out of the data directory.
    _home: Home,
}

/// How long requests in hand may take once the server stops; calls and the store have their own few seconds.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// Starts a server, serves until `shutdown`, stops it. `started` is told once everything answers.
///
/// # Errors
/// What kept it from starting.
pub async fn run(
    config: Config,
    options: Options,
    shutdown: impl Future<Output = ()>,
    started: impl FnOnce(&Running),
) -> Result<(), RunError> {
    tokio::pin!(shutdown);
    let running = tokio::select! {
        running = start(config, options) => running?,
        // The database may not be there for long, and somebody gave up waiting.
        () = &mut shutdown => return Ok(()),
    };
    started(&running);
    shutdown.await;
    tracing::info!("stopping");
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Starts a server. Waits for the database as long as it takes.
///
/// # Errors
/// What kept it from starting; nothing is left running then.
pub async fn start(config: Config, options: Options) -> Result<Running, RunError> {
    // Libraries that would ask for a process-wide choice of cryptography find it made.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random = Arc::new(Random::system());
    let home = Home::open(&config.server.data_dir, &random)?;
    let machine = Machine::here();
    let names = addresses::names(&config, &machine);
    let certificates = Arc::new(Certificates::open(&config.tls, &names, clock.now())?);
    let tls = port::tls::server_config(certificates.clone())?;
    descriptors::make_room_or_warn(config.limits.connections);
    let store = database::open(&config).await?;
    let Bound { listeners, addresses, media, media_events } = bind::bind(&config, &machine)?;
    let hosts = [names.list(), certificates.facts().names.list()].concat();
    let site = Arc::new(Site::new(hosts, config.tls.mode == TlsMode::Files));
    let trust = trust_page(&certificates);
    let base = Base { store: store.clone(), clock: clock.clone(), random, site: site.clone() };
    let turn_urls = addresses::turn_urls(&config, &machine, &addresses);
    let plane = Arc::new(Plane { media: media.clone(), turn_urls });
    let services = services(&config, &base, &home, plane, media_events).await?;
    let router = router(&config, &base, &services, trust);

    let urls = addresses::urls(&config, &machine, &addresses);
    let url = urls.first().map_or("https://localhost/", String::as_str);
    let data_dir = &config.server.data_dir;
    let owner_link = owner::offer(&services.accounts, &*store, url, data_dir, options.to_terminal).await?;

    let stop = CancellationToken::new();
    let caps = Caps::new(config.limits.connections, config.limits.connections_per_address);
    let deadlines = options.deadlines;
    let trusted_proxies = config.server.trusted_proxies.clone();
    let port = Port { tls, router, media: media.clone(), site, caps, trusted_proxies, deadlines };
    let serving = tokio::spawn(port.serve(listeners, stop.clone()));
    let jobs = TaskTracker::new();
    jobs.spawn(chores::expire(services.accounts.clone(), stop.clone()));
    jobs.spawn(chores::tick(services.chat.clone(), stop.clone()));
    jobs.spawn(chores::notice(services.accounts.clone(), stop.clone()));
    jobs.spawn(chores::collect(services.files.clone(), stop.clone()));
    let authority = certificates.authority().map(|authority| authority.pem.clone());
    jobs.spawn(chores::renew(certificates, config, clock, stop.clone()));
    jobs.close();
    Ok(Running {
        addresses,
        media_addresses: media.udp_addrs().to_vec(),
        urls,
        owner_link,
        authority,
        store,
        services,
        media,
        stop,
        serving,
        jobs,
        _home: home,
    })
}

/// What every room works with.
struct Base {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    site: Arc<Site>,
}

struct Services {
    accounts: Arc<Accounts>,
    chat: Arc<Chat>,
    files: Arc<Files>,
    calls: Calls,
    network_tests: NetworkTests,
    fanout: Fanout,
    epoch: EpochId,
}

async fn services(
    config: &Config,
    base: &Base,
    home: &Home,
    plane: Arc<Plane>,
    media_events: EventReceiver,
) -> Result<Services, RunError> {
    let Base { store, clock, random, .. } = base;
    let epoch = EpochId(random.object_id(clock.now()));
    let fanout = Fanout::new();
    let outbox: Arc<dyn Outbox> = Arc::new(fanout.clone());
    let accounts = Arc::new(Accounts::new(
        store.clone(),
        outbox.clone(),
        clock.clone(),
        random.clone(),
        &config.accounts,
        &config.limits,
        &home.token_key,
    ));
    let kept = config.data("files");
    let files = Files::open(store.clone(), clock.clone(), random.clone(), &config.files, &kept)
        .map_err(|source| RunError::Files { path: kept, source })?;
    let here = Here::default();
    let calls = Calls::launch(calls::service::Deps {
        store: store.clone(),
        outbox: outbox.clone(),
        attendance: Arc::new(here.clone()),
        whereabouts: Arc::new(fanout.clone()),
        clock: clock.clone(),
        random: random.clone(),
        media: plane.clone(),
        media_events: media_events.boxed(),
        limits: calls::Limits::new(&config.calls, &config.media),
        node: home.node.clone(),
        epoch,
    })
    .await?;
    let outbox = Arc::new(calls::service::Watch { outbox, calls: calls.clone() });
    let limits = ChatLimits::from(&config.limits);
    let chat = Chat::new(store.clone(), outbox, clock.clone(), random.clone(), limits).with(here);
    let network_tests = NetworkTests::new(network_test::Deps {
        clock: clock.clone(),
        random: random.clone(),
        media: Arc::new(plane.media.clone()),
        ice_servers: Arc::new(ways_of_tests(plane, clock.clone())),
        limits: network_test::Limits::new(&config.media),
    });
    Ok(Services {
        accounts,
        chat: Arc::new(chat),
        files: Arc::new(files),
        calls,
        network_tests,
        fanout,
        epoch,
    })
}

/// How network tests reach the relay: as calls do.
fn ways_of_tests(plane: Arc<Plane>, clock: Arc<dyn Clock>) -> impl Fn(UserId) -> Vec<IceServer> {
    move |user| plane.ice_servers(clock.instant(), &format!("test.{user}"))
}

fn router(config: &Config, base: &Base, services: &Services, trust: Option<TrustPage>) -> axum::Router {
    let http = http::router(HttpDeps {
        accounts: services.accounts.clone(),
        chat: services.chat.clone(),
        files: services.files.clone(),
        calls: services.calls.clone(),
        health: Arc::new(Ready(base.store.clone())),
        site: base.site.clone(),
        trust,
        limits: config.limits.clone(),
        clock: base.clock.clone(),
        random: base.random.clone(),
    });
    let socket = SocketDeps {
        accounts: services.accounts.clone(),
        chat: services.chat.clone(),
        calls: services.calls.clone(),
        network_tests: services.network_tests.clone(),
        site: base.site.clone(),
        clock: base.clock.clone(),
        random: base.random.clone(),
        epoch: services.epoch,
        limits: SocketLimits::from(&config.limits),
    };
    http.merge(socket::router(socket, services.fanout.clone()))
}

impl Running {
    /// Stops within ten seconds: answered calls are left to the next run, others end, requests in hand finish.
    pub async fn stop(self) {
        self.services.calls.shutdown().await;
        self.stop.cancel();
        self.services.fanout.close_all();
        if tokio::time::timeout(LAST_REQUESTS, self.serving).await.is_err() {
            tracing::info!("some connections did not close in time");
        }
        self.jobs.wait().await;
        if let Some(charla_media::Stats { rooms, transports, tunnels, .. }) = self.media.stats().await {
            tracing::info!(rooms, transports, tunnels, "the relay stops");
        }
        self.media.stop();
        self.store.close().await;
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

fn trust_page(certificates: &Certificates) -> Option<TrustPage> {
    certificates.authority().map(|authority| TrustPage {
        ca_pem: authority.pem.clone(),
        fingerprint: authority.facts.fingerprint.clone(),
        names: certificates.facts().names.list(),
    })
}
