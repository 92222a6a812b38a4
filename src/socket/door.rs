//! The HTTP side of `/socket.io/`: who may come in at all (Host, Origin), and the WebSocket upgrade, done here so that
//! the byte stream hangs on a line of ours. Knows headers, no events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use socketioxide::socket::Sid;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

use super::line::{Leash, Line, Lines};
use crate::code::{Code, Refusal};
use crate::site::{Site, session_cookie};

/// Where the engine listens.
pub const PATH: &str = "/socket.io/";

/// The byte stream of a WebSocket.
pub type Stream = Leash<TokioIo<Upgraded>>;

/// The engine behind the door: requests of the polling transport, and WebSockets that were upgraded here.
#[derive(Clone)]
pub struct Engine {
    pub polling: BoxCloneSyncService<Request, Response, Infallible>,
    pub websocket: Arc<dyn Fn(Stream, axum::http::Request<()>) + Send + Sync>,
}

impl Engine {
    /// Closes a session of the polling transport, in the client's name: the engine has no other handle for that.
    /// Nothing happens to a session that is a WebSocket, or gone.
    pub fn close_polling(&self, sid: Sid) {
        let polling = self.polling.clone();
        let uri = format!("{PATH}?EIO=4&transport=polling&sid={sid}");
        let Ok(request) = Request::post(uri).body(Body::from("1")) else { return };
        tokio::spawn(polling.oneshot(request));
    }
}

/// The door.
#[derive(Clone)]
pub struct Door {
    pub engine: Engine,
    pub lines: Arc<Lines>,
    pub site: Arc<Site>,
    /// How long a write may wait for the reader.
    pub patience: Duration,
}

impl Door {
    pub async fn enter(self, request: Request) -> Response {
        if let Err(refusal) = check(&self.site, &request) {
            return problem(refusal);
        }
        if is_websocket(&request) {
            return self.upgrade(request);
        }
        let mut response = match self.engine.polling.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// Answers 101 and hands the stream to the engine once it is free.
    fn upgrade(self, mut request: Request) -> Response {
        let Some((accept, sid)) = handshake(&request) else {
            return problem(Refusal::new(Code::BadRequest, "This is no WebSocket handshake of Engine.IO 4."));
        };
        let upgraded = hyper::upgrade::on(&mut request);
        // A session that began by polling has its line already, or will look for it under its id.
        let line = sid.map_or_else(|| Arc::new(Line::default()), |sid| self.lines.of(sid));
        let (mut parts, _) = request.into_parts();
        if sid.is_none() {
            parts.extensions.insert(line.clone());
        }
        tokio::spawn(async move {
            let Ok(stream) = upgraded.await else { return };
            let (engine, lines) = (self.engine.clone(), self.lines);
            let on_end = Box::new(move || {
                if let Some(sid) = sid {
                    lines.forget(sid);
                    // An upgrade that failed half-way leaves a polling session that never times out.
                    engine.close_polling(sid);
                }
            });
            let stream = Leash::new(TokioIo::new(stream), line, self.patience, on_end);
            (self.engine.websocket)(stream, axum::http::Request::from_parts(parts, ()));
        });
        let headers = [
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::CONNECTION, HeaderValue::from_static("Upgrade")),
            (header::SEC_WEBSOCKET_ACCEPT, accept),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}

/// The value of a query parameter, found the way the engine finds it.
fn query<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let pairs = request.uri().query()?.split('&');
    pairs.into_iter().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn is_websocket(request: &Request) -> bool {
    // The engine takes `transport=websocket=…` for one too: such a request must not reach its own upgrade.
    query(request, "transport").is_some_and(|value| value.starts_with("websocket"))
}

/// The answer's key, and the session to upgrade if there is one.
fn handshake(request: &Request) -> Option<(HeaderValue, Option<Sid>)> {
    let headers = request.headers();
    let says = |name: HeaderName, word: &str| {
        let lists = headers.get_all(name);
        let mut words = lists.iter().filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
        words.any(|said| said.trim().eq_ignore_ascii_case(word))
    };
    let fits = request.method() == Method::GET
        && says(header::UPGRADE, "websocket")
        && says(header::CONNECTION, "upgrade")
        && says(header::SEC_WEBSOCKET_VERSION, "13")
        && query(request, "EIO") == Some("4");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let sid = match query(request, "sid") {
        Some(sid) => Some(sid.parse().ok()?),
        None => None,
    };
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let accept = HeaderValue::from_str(&accept).ok()?;
    fits.then_some((accept, sid))
}

/// Host and Origin. A page of ours says its Origin; where browsers leave it out (a GET to the own server) they say
/// `Sec-Fetch-Site`, which no page can forge. A program with a token says neither; the cookie is for pages alone.
fn check(site: &Site, request: &Request) -> Result<(), Refusal> {
    let headers = request.headers();
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => text(headers, header::HOST),
    };
    let host = host.filter(|host| site.is_ours(host)).ok_or_else(|| {
        Refusal::new(Code::WrongHost, "This server does not go by that name. See `server.hosts`.")
    })?;
    let own = match headers.get(header::ORIGIN) {
        Some(origin) => origin.to_str().is_ok_and(|origin| site.is_own_origin(origin, host)),
        None => {
            let same = text(headers, HeaderName::from_static("sec-fetch-site")) == Some("same-origin");
            let cookies = headers.get_all(header::COOKIE);
            let mut cookies = cookies.iter().filter_map(|header| header.to_str().ok());
            same || !cookies.any(|cookie| session_cookie(cookie).is_some())
        }
    };
    if own { Ok(()) } else { Err(Refusal::new(Code::ForeignOrigin, "Open Charla's own page.")) }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// RFC 9457, for the few refusals of this door.
fn problem(refusal: Refusal) -> Response {
    let status = match refusal.code {
        Code::WrongHost => StatusCode::MISDIRECTED_REQUEST,
        Code::ForeignOrigin => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = serde_json::json!({
        "type": format!("https://charla.chat/problems/{}", refusal.code.as_str()),
        "title": refusal.code.title(),
        "status": status.as_u16(),
        "detail": refusal.detail,
        "code": refusal.code,
    });
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}
