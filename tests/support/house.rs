//! The services of a server in this process, over SQLite in a directory of their own, and `/socket.io/` on a TCP port.
//! Owns what is started; knows nothing of what a test asks of it.
#![allow(dead_code)]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use charla::accounts::{Accounts, Client, Credentials, Registration, SignedIn};
use charla::calls::Limits as CallLimits;
use charla::calls::service::{Calls, Deps, MediaPlane, Watch};
use charla::chat::{Chat, ChatLimits};
use charla::clock::{Clock as _, SystemClock};
use charla::config;
use charla::event::Outbox;
use charla::ids::{EpochId, SessionId, UserId};
use charla::limit::Rate;
use charla::network_test::{self, NetworkTests, TestPlane};
use charla::random::Random;
use charla::site::Site;
use charla::socket::{Fanout, SocketDeps, SocketLimits, router};
use charla::store::{Store, sqlite::Sqlite};
use charla_media::api::{Answer, Offer, OfferError, ParticipantId, RoomId, TransportId};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::socket::{Refused, Socket};

/// A relay that answers no offer.
struct NoMedia;

impl MediaPlane for NoMedia {
    fn open_room(&self, _: RoomId) {}
    fn close_room(&self, _: RoomId) {}
    fn open_gate(&self, _: RoomId, _: ParticipantId, _: TransportId) {}
    fn mute(&self, _: RoomId, _: ParticipantId, _: bool) {}
    fn drop_transport(&self, _: TransportId) {}
    fn offer(&self, _: Offer) -> BoxFuture<'static, Result<Answer, OfferError>> {
        Box::pin(async { Err(OfferError::BadSdp("this relay answers nothing")) })
    }
    fn ice_servers(&self, _: std::time::Instant, whose: &str) -> Vec<charla::event::IceServer> {
        let (urls, credential) = (vec!["turn:relay".into()], Some("secret".into()));
        vec![charla::event::IceServer { urls, username: Some(whose.into()), credential }]
    }
}

impl TestPlane for NoMedia {
    fn open_room(&self, _: RoomId) {}
    fn close_room(&self, _: RoomId) {}
    fn open_gate(&self, _: RoomId, _: ParticipantId, _: TransportId) {}
    fn offer(&self, offer: Offer) -> BoxFuture<'static, Result<Answer, OfferError>> {
        MediaPlane::offer(self, offer)
    }
}

fn network_tests(random: &Arc<Random>) -> NetworkTests {
    NetworkTests::new(network_test::Deps {
        clock: Arc::new(SystemClock),
        random: random.clone(),
        media: Arc::new(NoMedia),
        ice_servers: Arc::new(|_| Vec::new()),
        limits: network_test::Limits::default(),
    })
}

pub struct House {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// The Origin of its own page.
    pub origin: String,
    pub store: Arc<dyn Store>,
    pub accounts: Arc<Accounts>,
    pub chat: Arc<Chat>,
    pub fanout: Fanout,
    serving: tokio::task::JoinHandle<()>,
    _dir: tempfile::TempDir,
}

/// So many that no test meets it by chance.
pub const PLENTY: Rate = Rate { burst: 100_000, refill: Duration::from_micros(10) };

/// Limits that no test meets by chance.
pub fn wide() -> SocketLimits {
    SocketLimits { events: PLENTY, user_events: PLENTY, ..SocketLimits::default() }
}

impl House {
    pub async fn new() -> Self {
        Self::with(wide()).await
    }

    #[allow(clippy::too_many_lines, reason = "the wiring of a server, in order")]
    pub async fn with(limits: SocketLimits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(dir.path().join("charla.db")).await.unwrap());
        let fanout = Fanout::new();
        let outbox: Arc<dyn Outbox> = Arc::new(fanout.clone());
        let clock = Arc::new(SystemClock);
        let random = Arc::new(Random::system());
        let accounts = Arc::new(Accounts::new(
            store.clone(),
            outbox.clone(),
            clock.clone(),
            random.clone(),
            &config::Accounts::default(),
            &config::Limits::default(),
            &random.bytes(),
        ));
        let epoch = EpochId(random.object_id(clock.now()));
        let calls = Calls::launch(Deps {
            store: store.clone(),
            outbox: outbox.clone(),
            attendance: Arc::new(()),
            whereabouts: Arc::new(fanout.clone()),
            clock: clock.clone(),
            random: random.clone(),
            media: Arc::new(NoMedia),
            media_events: Box::pin(futures_util::stream::pending()),
            limits: CallLimits::default(),
            node: "test".into(),
            epoch,
        })
        .await
        .unwrap();
        let outbox = Arc::new(Watch { outbox, calls: calls.clone() });
        let chat_limits = ChatLimits { sends: PLENTY, ..ChatLimits::default() };
        let chat = Arc::new(Chat::new(store.clone(), outbox, clock.clone(), random.clone(), chat_limits));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let deps = SocketDeps {
            accounts: accounts.clone(),
            chat: chat.clone(),
            calls,
            network_tests: network_tests(&random),
            site: Arc::new(Site::default()),
            clock,
            random,
            epoch,
            limits,
        };
        let app = router(deps, fanout.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url: format!("http://{address}"),
            origin: format!("https://{address}"),
            store,
            accounts,
            chat,
            fanout,
            serving,
            _dir: dir,
        }
    }

    /// Registers somebody.
    pub async fn person(&self, name: &str) -> Person {
        let wish = Registration {
            username: name.into(),
            email: format!("{name}@example.org"),
            password: PASSWORD.into(),
        };
        Person::new(name, &self.url, self.accounts.register(wish, client()).await.unwrap())
    }

    /// Another session of somebody who is registered.
    pub async fn sign_in(&self, person: &Person) -> Person {
        let credentials = Credentials { username: person.name.clone(), password: PASSWORD.into() };
        Person::new(&person.name, &self.url, self.accounts.login(credentials, client()).await.unwrap())
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

const PASSWORD: &str = "a good long passphrase";

fn client() -> Client {
    Client { user_agent: "test".into(), address: IpAddr::V4(Ipv4Addr::LOCALHOST) }
}

/// Somebody in one session.
#[derive(Clone)]
pub struct Person {
    pub name: String,
    pub id: UserId,
    pub session: SessionId,
    pub token: String,
    pub cookie: String,
    url: String,
}

impl Person {
    fn new(name: &str, url: &str, signed_in: SignedIn) -> Self {
        Self {
            name: name.into(),
            id: signed_in.user.public.id,
            session: signed_in.session,
            token: signed_in.access_token,
            cookie: format!("__Host-charla={}", signed_in.refresh_token),
            url: url.into(),
        }
    }

    /// A socket on a new device.
    pub async fn socket(&self) -> Socket {
        self.try_socket(json!({ "token": self.token })).await.unwrap()
    }

    /// A socket on this device: 24 hex digits.
    pub async fn on(&self, device: &str) -> Socket {
        self.try_socket(json!({ "token": self.token, "device": device })).await.unwrap()
    }

    pub async fn try_socket(&self, auth: Value) -> Result<Socket, Refused> {
        Socket::connect(&self.url, auth).await
    }
}
