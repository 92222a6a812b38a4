//! What handlers ask of a request: who sends it, its id, its query, its JSON. Everything here refuses with a problem that
//! says what is wrong and where.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::App;
use super::problem::{Refused, refuse};
use super::security::check_csrf;
use crate::accounts::Client;
use crate::code::{Code, FieldError, Refusal};
use crate::model::Actor;
use crate::peer::Peer;
use crate::site::session_cookie;

/// A body has to be here after this time, however slowly it drips.
const BODY_TIME: Duration = Duration::from_secs(10);
const USER_AGENT_BYTES: usize = 1024;

/// An authenticated request: by bearer token, or by the page's cookie with its checks. A bearer that is not valid is
/// refused even when there is a cookie.
pub struct Signed(pub Actor);

impl FromRequestParts<App> for Signed {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        if let Some(authorization) = parts.headers.get(header::AUTHORIZATION) {
            let token = authorization.to_str().ok().and_then(bearer).unwrap_or_default();
            return Ok(Self(app.accounts.bearer(token).await?));
        }
        let Some(token) = cookie(&parts.headers) else {
            return Err(refuse(Code::Unauthenticated, "Sign in and try again."));
        };
        let token = token.to_owned();
        check_csrf(&app.site, parts)?;
        Ok(Self(app.accounts.cookie(&token).await?))
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The session token of a request's cookie.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers.get_all(header::COOKIE).iter().filter_map(|h| h.to_str().ok()).find_map(session_cookie)
}

/// Where a request comes from, as a session remembers it.
pub struct Visitor(pub Client);

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let agent =
            parts.headers.get(header::USER_AGENT).map(|h| String::from_utf8_lossy(h.as_bytes()).into_owned());
        let mut user_agent = agent.unwrap_or_default();
        let cut = user_agent.floor_char_boundary(USER_AGENT_BYTES);
        user_agent.truncate(cut);
        Ok(Self(Client { user_agent, address: address(parts) }))
    }
}

/// The other end's address. Without one all are counted as one, which is the safe side.
pub fn address(parts: &Parts) -> IpAddr {
    parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.address.ip())
}

/// The `{id}` of the path.
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err: std::fmt::Display>> FromRequestParts<S> for Id<T> {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|e| refuse(Code::BadRequest, e.body_text()))?;
        let id = text.parse().map_err(|e| refuse(Code::BadRequest, format!("In the address: {e}.")))?;
        Ok(Self(id))
    }
}

/// The two ids in a path.
pub struct Ids<A, B>(pub A, pub B);

impl<S: Send + Sync, A, B> FromRequestParts<S> for Ids<A, B>
where
    A: FromStr<Err: std::fmt::Display>,
    B: FromStr<Err: std::fmt::Display>,
{
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((one, two)) = path.map_err(|e| refuse(Code::BadRequest, e.body_text()))?;
        let one = one.parse().map_err(|e| refuse(Code::BadRequest, format!("In the address: {e}.")))?;
        let two = two.parse().map_err(|e| refuse(Code::BadRequest, format!("In the address: {e}.")))?;
        Ok(Self(one, two))
    }
}

/// The query string, field by field; an unknown field is refused.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let Query(params) = query.map_err(|e| refuse(Code::BadRequest, e.body_text()))?;
        Ok(Self(params))
    }
}

/// A JSON body. The type must refuse unknown fields.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Refused;
    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|h| h.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(refuse(
                Code::BadRequest,
                "Send JSON, with the header Content-Type: application/json.",
            ));
        }
        let bytes = read(request.into_body(), app.limits.body_bytes).await?;
        // A derived Deserialize would take an array of the fields in their order, too.
        if bytes.trim_ascii_start().first().is_some_and(|b| *b != b'{') {
            return Err(refuse(Code::BadRequest, "Send a JSON object: {\"field\": …}."));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
            let path = e.path().to_string();
            let place = if path == "." { String::new() } else { format!("{path}: ") };
            refuse(Code::BadRequest, format!("{place}{}", e.inner()))
        })?;
        json.end().map_err(|e| refuse(Code::BadRequest, e.to_string()))?;
        Ok(Self(value))
    }
}

async fn read(body: Body, limit: usize) -> Result<axum::body::Bytes, Refused> {
    let collected = tokio::time::timeout(BODY_TIME, Limited::new(body, limit).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(e)) if e.is::<LengthLimitError>() => {
            Err(refuse(Code::TooLarge, format!("A request has at most {limit} bytes.")))
        }
        Ok(Err(_)) => Err(refuse(Code::BadRequest, "The body ended before it was whole.")),
        Err(_) => Err(refuse(Code::BadRequest, "The body did not arrive in time.")),
    }
}

/// How many items a list answers: 1–100, else 50.
///
/// # Errors
/// `Invalid`, naming the field.
pub fn limit(wish: Option<u32>) -> Result<usize, Refused> {
    match wish {
        None => Ok(50),
        Some(limit @ 1..=100) => Ok(limit as usize),
        Some(_) => Err(invalid("limit", "Ask for 1 to 100 at once.")),
    }
}

/// One field that cannot be used.
pub fn invalid(field: &'static str, detail: &str) -> Refused {
    let errors = vec![FieldError { field, detail: detail.into() }];
    Refused(Refusal { errors, ..Refusal::new(Code::Invalid, detail) })
}
