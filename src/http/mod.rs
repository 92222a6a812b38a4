//! The REST face, the documents beside it and the page: how the services look over HTTP. Knows services and no store.

mod admin;
mod assets;
mod auth;
mod calls;
mod complete;
mod conversations;
mod csv;
mod docs;
mod etag;
mod examples;
mod extract;
mod files;
mod groups;
mod health;
mod messages;
pub mod openapi;
mod paging;
mod people;
mod postman;
mod problem;
mod security;
mod trust;
mod users;

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tracing::Instrument as _;

pub use health::Health;
pub use problem::status;
pub use trust::TrustPage;

use crate::accounts::Accounts;
use crate::calls::service::Calls;
use crate::chat::Chat;
use crate::clock::Clock;
use crate::code::Code;
use crate::config;
use crate::files::Files;
use crate::limit::{Limiter, Rate};
use crate::random::Random;
use crate::site::Site;

/// What the router works with.
#[derive(Clone)]
pub struct HttpDeps {
    pub accounts: Arc<Accounts>,
    pub chat: Arc<Chat>,
    pub files: Arc<Files>,
    pub calls: Calls,
    pub health: Arc<dyn Health>,
    pub site: Arc<Site>,
    pub trust: Option<TrustPage>,
    pub limits: config::Limits,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<Random>,
}

/// An address and what it answers to.
type Route = (&'static str, MethodRouter<App>);

/// How often one address may ask under `auth/`: far more than people do, far less than a flood.
const AUTH_REQUESTS: Rate = Rate { burst: 300, refill: Duration::from_millis(200) };
const AUTH_ADDRESSES: usize = 20_000;

/// What handlers share.
#[derive(Clone)]
struct App(Arc<Shared>);

struct Shared {
    deps: HttpDeps,
    auth_requests: Mutex<Limiter<IpAddr>>,
}

impl Deref for App {
    type Target = HttpDeps;
    fn deref(&self) -> &HttpDeps {
        &self.0.deps
    }
}

impl App {
    fn auth_requests(&self) -> MutexGuard<'_, Limiter<IpAddr>> {
        self.0.auth_requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything this server answers over HTTP but `/socket.io/`.
pub fn router(deps: HttpDeps) -> Router {
    let auth_requests = Mutex::new(Limiter::new(AUTH_REQUESTS, AUTH_ADDRESSES));
    let app = App(Arc::new(Shared { deps, auth_requests }));
    let mut router = Router::new();
    let slow_down = from_fn_with_state(app.clone(), auth::slow_down);
    for (path, methods) in routes() {
        let guarded = path.starts_with("/api/v1/auth/");
        let methods = if guarded { methods.layer(slow_down.clone()) } else { methods };
        router = router.route(path, faces(path, methods, &app));
    }
    let page = any(assets::serve).layer(CompressionLayer::new());
    router
        .fallback_service(page.with_state(app.clone()))
        .layer(CatchPanicLayer::custom(|_| {
            problem::refuse(Code::Internal, "The server's log has the cause.").into_response()
        }))
        .layer(from_fn_with_state(app.clone(), frame))
        .with_state(app)
}

/// What else a read answers: a tag of what was read, and a list as CSV.
fn faces(path: &str, mut methods: MethodRouter<App>, app: &App) -> MethodRouter<App> {
    if etag::POLLED.contains(&path) {
        methods = methods.layer(from_fn(etag::tagged));
    }
    match csv::table(path) {
        Some(table) => methods.layer(from_fn_with_state((app.clone(), table), csv::reads)),
        None => methods,
    }
}

/// The address of every route, as the router has it.
pub fn paths() -> Vec<&'static str> {
    routes().into_iter().map(|(path, _)| path).collect()
}

fn routes() -> Vec<Route> {
    let mut routes = auth::routes();
    routes.extend(admin::routes());
    routes.extend(users::routes());
    routes.extend(people::routes());
    routes.extend(conversations::routes());
    routes.extend(groups::routes());
    routes.extend(messages::routes());
    routes.extend(files::routes());
    routes.extend(calls::routes());
    routes.extend(health::routes());
    routes.extend(openapi::routes());
    routes.extend(docs::routes());
    routes.extend(postman::routes());
    routes.extend(trust::routes());
    routes
}

/// Around every request: its id, the checks that come before anything else, refusals' bodies, the headers.
async fn frame(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let request_id = app.random.object_id(app.clock.now()).to_hex();
    let span = tracing::info_span!("http", %request_id);
    let host = security::host(&parts).filter(|host| app.site.is_ours(host)).map(str::to_owned);
    let is_api = parts.uri.path().starts_with("/api/");
    let answered = async {
        tracing::debug!(method = %parts.method, path = parts.uri.path(), "request");
        let response = match security::check(&app.site, &parts) {
            Ok(()) => next.run(Request::from_parts(parts, body)).await,
            Err(refused) => refused.into_response(),
        };
        let response = problem::render(response, &request_id);
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    };
    let mut response = answered.instrument(span).await;
    let headers = response.headers_mut();
    security::protect(headers, &app.site, host.as_deref());
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert("x-request-id", id);
    }
    response
}
