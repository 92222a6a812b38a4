//! Refusals as `application/problem+json` (RFC 9457). The only place that knows which status a code has.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::code::{Code, Refusal};

/// What a handler answers when it refuses. The frame around all routes turns it into a body, for only the frame knows
/// the request's id.
#[derive(Debug)]
pub struct Refused(pub Refusal);

/// Left in a response's extensions for `render`.
#[derive(Clone)]
struct Mark(Refusal);

impl<E: Into<Refusal>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status(self.0.code);
        response.extensions_mut().insert(Mark(self.0));
        response
    }
}

/// A refusal with a sentence.
pub fn refuse(code: Code, detail: impl Into<String>) -> Refused {
    Refused(Refusal::new(code, detail))
}

/// The body of every refusal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `https://charla.chat/problems/CODE`
    pub r#type: String,
    pub title: &'static str,
    pub status: u16,
    /// A sentence the user can act on.
    pub detail: String,
    pub code: &'static str,
    /// The log has more under this id.
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// A field that was refused.
#[derive(Serialize, ToSchema)]
pub struct FieldProblem {
    pub field: &'static str,
    pub detail: String,
}

/// The status of each code, as PROTOCOL.md has it.
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::BadRequest => StatusCode::BAD_REQUEST,
        Code::Unauthenticated | Code::WrongCredentials => StatusCode::UNAUTHORIZED,
        Code::Csrf | Code::ForeignOrigin | Code::Forbidden | Code::RegistrationClosed => {
            StatusCode::FORBIDDEN
        }
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::Taken | Code::Conflict | Code::Busy => StatusCode::CONFLICT,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
        Code::WrongHost => StatusCode::MISDIRECTED_REQUEST,
        Code::Invalid | Code::UnusableOffer => StatusCode::UNPROCESSABLE_ENTITY,
        Code::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Gives a refusal its body; so also a bare error status, which only the libraries below us make.
pub fn render(response: Response, request_id: &str) -> Response {
    let refusal = match response.extensions().get::<Mark>() {
        Some(Mark(refusal)) => refusal.clone(),
        None => match bare(response.status()) {
            Some(refusal) => refusal,
            None => return response,
        },
    };
    let (mut parts, _) = response.into_parts();
    let status = status(refusal.code);
    let body = Problem {
        r#type: format!("https://charla.chat/problems/{}", refusal.code.as_str()),
        title: refusal.code.title(),
        status: status.as_u16(),
        detail: refusal.detail,
        code: refusal.code.as_str(),
        request_id: request_id.to_owned(),
        errors: refusal
            .errors
            .into_iter()
            .map(|e| FieldProblem { field: e.field, detail: e.detail })
            .collect(),
    };
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    parts.status = status;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(wait) = refusal.retry_after {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    if status == StatusCode::UNAUTHORIZED {
        parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Rounded up, so that who waits that long is not refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn bare(status: StatusCode) -> Option<Refusal> {
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => Refusal::new(Code::NotFound, "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Refusal::new(Code::MethodNotAllowed, "The header Allow has the methods of this address.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(Code::TooLarge, "Send less at once."),
        StatusCode::RANGE_NOT_SATISFIABLE => {
            Refusal::new(Code::RangeNotSatisfiable, "The header Content-Range has the whole size.")
        }
        StatusCode::SERVICE_UNAVAILABLE => Refusal::new(Code::Unavailable, "Try again in a moment."),
        other if other.is_client_error() => {
            Refusal::new(Code::BadRequest, "This request makes no sense here.")
        }
        _ => Refusal::new(Code::Internal, "The server's log has the cause."),
    })
}
