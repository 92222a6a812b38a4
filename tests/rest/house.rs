//! A server without a port: the real services on a real SQLite file, the real router, a clock that moves when told to.
#![allow(dead_code)]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use charla::accounts::{Accounts, Client, Registration, SignedIn};
use charla::calls::service::{Calls, Deps, MediaPlane};
use charla::chat::{Chat, ChatLimits};
use charla::clock::{Clock, ManualClock, Timestamp};
use charla::config;
use charla::event::{Audience, Event, Outbox};
use charla::files::Files;
use charla::http::{Health, HttpDeps, TrustPage, router};
use charla::ids::{CallId, ConversationId, EpochId, SessionId};
use charla::model::{CallRecord, CallStatus, EndReason};
use charla::peer::Peer;
use charla::random::Random;
use charla::site::{COOKIE, Site};
use charla::store::Store;
use charla_media::api::{Answer as MediaAnswer, Offer, OfferError, ParticipantId, RoomId, TransportId};
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

pub const KEY: [u8; 32] = [42; 32];
pub const HOST: &str = "chat.example:8443";
pub const ORIGIN: &str = "https://chat.example:8443";
pub const PASSWORD: &str = "correct horse battery";

/// What was published, in order.
#[derive(Default)]
pub struct Published(pub Mutex<Vec<(Audience, Event)>>);

impl Outbox for Published {
    fn publish(&self, to: Audience, event: Event) {
        self.0.lock().unwrap().push((to, event));
    }
}

impl Published {
    /// The sessions that were said to have ended since the last time.
    pub fn revoked(&self) -> Vec<SessionId> {
        let events = std::mem::take(&mut *self.0.lock().unwrap());
        events
            .into_iter()
            .filter_map(|(to, event)| match event {
                Event::SessionRevoked(id) => {
                    assert_eq!(to, Audience::Session(id));
                    Some(id)
                }
                _ => None,
            })
            .collect()
    }
}

struct NoMedia;

impl MediaPlane for NoMedia {
    fn open_room(&self, _: RoomId) {}
    fn close_room(&self, _: RoomId) {}
    fn open_gate(&self, _: RoomId, _: ParticipantId, _: TransportId) {}
    fn mute(&self, _: RoomId, _: ParticipantId, _: bool) {}
    fn drop_transport(&self, _: TransportId) {}
    fn offer(&self, _: Offer) -> BoxFuture<'static, Result<MediaAnswer, OfferError>> {
        unreachable!("REST takes no offers")
    }
    fn ice_servers(&self, _: std::time::Instant, _: &str) -> Vec<charla::event::IceServer> {
        unreachable!("REST starts no calls")
    }
}

/// Ready or not.
pub struct Readiness(pub Mutex<Result<(), String>>);

#[async_trait]
impl Health for Readiness {
    async fn ready(&self) -> Result<(), String> {
        self.0.lock().unwrap().clone()
    }
}

pub struct House {
    pub router: Router,
    pub clock: ManualClock,
    pub store: Arc<dyn Store>,
    pub published: Arc<Published>,
    pub accounts: Arc<Accounts>,
    pub chat: Arc<Chat>,
    pub files: Arc<Files>,
    pub readiness: Arc<Readiness>,
    pub random: Arc<Random>,
    pub dir: tempfile::TempDir,
}

/// What a test may set.
pub struct Settings {
    pub accounts: config::Accounts,
    pub limits: config::Limits,
    pub files: config::Files,
    pub hsts: bool,
    pub trust: Option<TrustPage>,
}

impl Default for Settings {
    fn default() -> Self {
        let trust = TrustPage {
            ca_pem: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".into(),
            fingerprint: "AB:CD".into(),
            names: vec!["chat.example".into(), "<script>".into()],
        };
        Self {
            accounts: config::Accounts::default(),
            limits: config::Limits::default(),
            files: config::Files::default(),
            hsts: false,
            trust: Some(trust),
        }
    }
}

impl House {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(set: impl FnOnce(&mut Settings)) -> Self {
        Self::build(set, None).await
    }

    pub async fn with_health(health: Arc<dyn Health>) -> Self {
        Self::build(|_| (), Some(health)).await
    }

    #[allow(clippy::too_many_lines, reason = "the wiring of a server, in order")]
    async fn build(set: impl FnOnce(&mut Settings), health: Option<Arc<dyn Health>>) -> Self {
        let mut settings = Settings::default();
        set(&mut settings);
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("charla.db").display());
        let store = charla::store::open::open(&url).await.unwrap();
        let clock = ManualClock::new(Timestamp(1_700_000_000_000));
        let shared_clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let random = Arc::new(Random::seeded(7));
        let published = Arc::new(Published::default());
        let outbox: Arc<dyn Outbox> = published.clone();
        let Settings { accounts: table, limits, files: file_limits, hsts, trust } = settings;
        let accounts = Arc::new(Accounts::new(
            store.clone(),
            outbox.clone(),
            shared_clock.clone(),
            random.clone(),
            &table,
            &limits,
            &KEY,
        ));
        let chat = Arc::new(Chat::new(
            store.clone(),
            outbox.clone(),
            shared_clock.clone(),
            random.clone(),
            ChatLimits::default(),
        ));
        let calls = Calls::launch(Deps {
            store: store.clone(),
            outbox,
            attendance: Arc::new(()),
            whereabouts: Arc::new(charla::socket::Fanout::new()),
            clock: shared_clock.clone(),
            random: random.clone(),
            media: Arc::new(NoMedia),
            media_events: Box::pin(futures_util::stream::pending()),
            limits: charla::calls::Limits::default(),
            node: "test".into(),
            epoch: EpochId(random.object_id(clock.now())),
        })
        .await
        .unwrap();
        let readiness = Arc::new(Readiness(Mutex::new(Ok(()))));
        let site =
            Site { name: "Test".into(), version: "1.2.3".into(), hosts: vec!["chat.example".into()], hsts };
        let files = Files::open(
            store.clone(),
            shared_clock.clone(),
            random.clone(),
            &file_limits,
            &dir.path().join("files"),
        );
        let files = Arc::new(files.unwrap());
        let router = router(HttpDeps {
            accounts: accounts.clone(),
            chat: chat.clone(),
            files: files.clone(),
            calls,
            health: health.unwrap_or_else(|| readiness.clone()),
            site: Arc::new(site),
            trust,
            limits,
            clock: shared_clock,
            random: random.clone(),
        });
        Self { router, clock, store, published, accounts, chat, files, readiness, random, dir }
    }

    /// A registered and signed-in user.
    pub async fn user(&self, name: &str) -> SignedIn {
        let wish = Registration {
            username: name.into(),
            email: format!("{name}@example.org"),
            password: PASSWORD.into(),
        };
        self.accounts.register(wish, client()).await.unwrap()
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub fn get(&self, path: &str) -> Ask<'_> {
        self.ask("GET", path)
    }
    pub fn post(&self, path: &str) -> Ask<'_> {
        self.ask("POST", path)
    }
    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        Ask {
            house: self,
            method: method.into(),
            path: path.into(),
            headers: vec![("host".into(), HOST.into())],
            body: Vec::new(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }
}

/// A call that is over, as the record has it.
pub async fn ended_call(
    house: &House,
    caller: &SignedIn,
    receiver: &SignedIn,
    conversation: ConversationId,
) -> CallId {
    let now = house.clock.now();
    let id = CallId(house.random.object_id(now));
    let call = CallRecord {
        id,
        conversation,
        caller: caller.user.public.id,
        receiver: Some(receiver.user.public.id),
        start_time: now,
        answer_time: None,
        connect_time: None,
        end_time: Some(now),
        duration_seconds: 0,
        status: CallStatus::Missed,
        reason: Some(EndReason::NoAnswer),
        legs: Vec::new(),
        node: "test".into(),
        epoch: None,
    };
    house.store.create_call(call).await.unwrap();
    id
}

pub fn client() -> Client {
    Client { user_agent: "test".into(), address: IpAddr::V4(Ipv4Addr::LOCALHOST) }
}

/// A request in the making.
#[must_use]
#[derive(Clone)]
pub struct Ask<'a> {
    house: &'a House,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    address: IpAddr,
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self
    }
    pub fn host(self, host: &str) -> Self {
        self.without("host").header("host", host)
    }
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }
    /// As our page asks: cookie, Origin and the header.
    pub fn page(self, token: &str) -> Self {
        self.cookie(token).header("origin", ORIGIN).header("x-charla-csrf", "1")
    }
    pub fn cookie(self, token: &str) -> Self {
        self.header("cookie", &format!("other=1; {COOKIE}={token}"))
    }
    pub fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string().as_bytes())
    }
    pub fn raw(mut self, kind: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("content-type", kind)
    }
    pub fn from(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    pub async fn send(self) -> Answer {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(self.body)).unwrap();
        request.extensions_mut().insert(Peer { address: SocketAddr::new(self.address, 4711) });
        let response = self.house.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, text, json }
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    /// Asserts a success of this status and gives its JSON.
    #[track_caller]
    pub fn ok(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }

    /// Asserts a problem of this code, whole and well-formed, and gives its JSON.
    #[track_caller]
    pub fn problem(self, code: &str) -> Value {
        assert_eq!(self.json["code"], code, "{} {}", self.status, self.text);
        let known = charla::code::Code::ALL.into_iter().find(|c| c.as_str() == code).unwrap();
        assert_eq!(self.status, charla::http::status(known));
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.json["status"], self.status.as_u16());
        assert_eq!(self.json["type"], format!("https://charla.chat/problems/{code}"));
        assert_eq!(self.json["title"], known.title());
        assert_eq!(self.json["requestId"], self.headers["x-request-id"].to_str().unwrap());
        assert!(self.json["detail"].as_str().unwrap().len() > 5);
        let fields: Vec<&String> = self.json.as_object().unwrap().keys().collect();
        let allowed = ["type", "title", "status", "detail", "code", "requestId", "errors"];
        assert!(fields.iter().all(|f| allowed.contains(&f.as_str())), "{fields:?}");
        self.json
    }

    pub fn set_cookie(&self) -> Option<HashMap<String, String>> {
        let text = self.headers.get(header::SET_COOKIE)?.to_str().unwrap();
        Some(
            text.split("; ")
                .map(|part| part.split_once('=').unwrap_or((part, "")))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}
