//! HTTP over an accepted stream: hyper with limits and deadlines on everything a client can draw out. Knows no route.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::Deadlines;
use crate::peer::Peer;
use crate::site::Site;

/// Request line and headers, bytes: cookies and a token fit many times.
const HEADERS_MAX: usize = 16 * 1024;
/// Requests at once on one HTTP/2 connection; each can make us hold `H2_SEND_BUFFER`.
const H2_STREAMS: u32 = 64;
const H2_SEND_BUFFER: usize = 32 * 1024;

fn builder(deadlines: &Deadlines) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(deadlines.headers)
        .max_buf_size(HEADERS_MAX)
        .max_headers(64);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(deadlines.ping)
        .keep_alive_timeout(deadlines.headers)
        .max_concurrent_streams(H2_STREAMS)
        .max_send_buf_size(H2_SEND_BUFFER)
        .max_header_list_size(u32::try_from(HEADERS_MAX).unwrap_or(u32::MAX));
    builder
}

/// Serves the router over a stream until it closes, or until `stop` and the requests in hand are done.
pub async fn serve<S>(io: S, peer: Peer, router: Router, deadlines: &Deadlines, stop: &CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let patience = deadlines.body;
    let service = service_fn(move |request: Request<Incoming>| {
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(peer);
        let body = if body.is_end_stream() { Body::empty() } else { Body::new(InTime::new(body, patience)) };
        router.clone().oneshot(Request::from_parts(parts, body))
    });
    let builder = builder(deadlines);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(io), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(e) = ended {
        tracing::debug!(error = %e, "an HTTP connection broke off");
    }
}

/// Answers plain HTTP: a redirect to https if the request is for one of our names, else a sentence.
pub async fn redirect<S>(io: S, site: &Site, deadlines: &Deadlines)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(|request: Request<Incoming>| {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let answer =
            answer_plain(site, host, request.uri().path_and_query().map_or("/", |path| path.as_str()));
        async { Ok::<_, Infallible>(answer) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(deadlines.headers).max_buf_size(HEADERS_MAX);
    builder.keep_alive(false);
    // One request and one short answer: nothing is worth waiting for longer.
    let served = tokio::time::timeout(deadlines.body, builder.serve_connection(TokioIo::new(io), service));
    if let Ok(Err(e)) = served.await {
        tracing::debug!(error = %e, "a plain HTTP connection broke off");
    }
}

fn answer_plain(site: &Site, host: Option<&str>, path: &str) -> Response<String> {
    let target = host
        .filter(|host| site.is_ours(host) && path.starts_with('/'))
        .and_then(|host| HeaderValue::try_from(format!("https://{host}{path}")).ok());
    let mut answer = Response::new(String::new());
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    if let Some(target) = target {
        headers.insert(header::LOCATION, target);
        *answer.status_mut() = StatusCode::PERMANENT_REDIRECT;
        *answer.body_mut() = "Charla speaks https only.\n".into();
    } else {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        *answer.body_mut() = "Charla speaks https only. Write https:// and the name of this server.\n".into();
    }
    answer
}

/// A body that is on its way may take longer than its deadline, at this pace or faster: bytes per second.
const SLOWEST: u32 = 8192;

/// A request body that must be through within a time; a client may not hold a handler by its slowness.
struct InTime {
    body: Incoming,
    deadline: Pin<Box<Sleep>>,
}

/// The body took too long.
#[derive(Debug, thiserror::Error)]
#[error("the request body took too long")]
struct TooSlow;

impl InTime {
    fn new(body: Incoming, patience: Duration) -> Self {
        Self { body, deadline: Box::pin(tokio::time::sleep(patience)) }
    }
}

impl HttpBody for InTime {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(TooSlow.into())));
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx).map_err(Into::into);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            let earned = Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / SLOWEST;
            let later = self.deadline.deadline() + earned;
            self.deadline.as_mut().reset(later);
        }
        polled
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_requests_are_sent_to_https_of_our_names_alone() {
        let site = Site { hosts: vec!["chat.example".into()], ..Site::default() };
        let to = |host, path| {
            let answer = answer_plain(&site, host, path);
            answer.headers().get(header::LOCATION).map(|l| l.to_str().unwrap().to_owned())
        };
        let target = to(Some("chat.example:8443"), "/trust?x=1");
        assert_eq!(target.as_deref(), Some("https://chat.example:8443/trust?x=1"));
        assert_eq!(to(Some("localhost"), "/").as_deref(), Some("https://localhost/"));
        for (host, path) in [
            (None, "/"),
            (Some("evil.example"), "/"),
            (Some("chat.example@evil.example"), "/"),
            (Some("chat.example"), "evil.example:80"),
            (Some("chat.example"), "*"),
        ] {
            assert_eq!(to(host, path), None, "{host:?} {path}");
            assert_eq!(answer_plain(&site, host, path).status(), StatusCode::BAD_REQUEST);
        }
    }
}
