//! `/api/v1/auth/…`: getting in, staying in, getting out. Turns accounts' answers into JSON and the cookie.

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Id, Json, Signed, Visitor, address, cookie};
use super::problem::{Refused, refuse};
use super::security::check_csrf;
use super::{App, Route};
use crate::accounts::{Credentials, Pass, Registration, SignedIn, network};
use crate::clock::Timestamp;
use crate::code::{Code, Refusal};
use crate::ids::SessionId;
use crate::model::OwnUser;
use crate::site::COOKIE;

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/api/v1/auth/register", post(register)),
        ("/api/v1/auth/login", post(login)),
        ("/api/v1/auth/refresh", post(refresh)),
        ("/api/v1/auth/logout", post(logout)),
        ("/api/v1/auth/password", post(password)),
        ("/api/v1/auth/sessions", get(sessions)),
        ("/api/v1/auth/sessions/{id}", delete(end_session)),
        ("/api/v1/auth/claim", post(claim)),
    ]
}

/// Bounds how often one address asks here, whatever it asks.
pub(super) async fn slow_down(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let now = app.clock.instant();
    let taken = app.auth_requests().take(&network(address(&parts)), now);
    if let Err(wait) = taken {
        let refusal = Refusal::new(Code::TooMany, "Wait a little, then try again.");
        return Err(Refused(Refusal { retry_after: Some(wait), ..refusal }));
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterBody {
    /// 3–32 letters, digits, `_ . -`; unique without regard to case.
    #[schema(min_length = 3, max_length = 32)]
    username: String,
    /// At most 254 characters; unique without regard to case.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// 8–128 characters, taken exactly as they are.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
    /// The part of an invitation's link after `#invite=`, where registration is by invitation.
    invite: Option<String>,
    /// The part of the owner link after `#claim=`: opens registration where it is not open, and is used up by `auth/claim` only.
    claim: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    /// Or the e-mail address.
    username: String,
    #[schema(format = Password)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"refreshToken": "Q2hhcmxhIGtlZXBzIHRoaXMgYXMgYSBoYXNoIG9ubHk"}))]
pub struct RefreshBody {
    /// Absent: the cookie's.
    refresh_token: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordBody {
    #[schema(format = Password)]
    old_password: String,
    #[schema(format = Password, min_length = 8, max_length = 128)]
    new_password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimBody {
    /// The part of the owner link after `#claim=`.
    claim: String,
}

/// A session that was opened or refreshed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedInView {
    user: OwnUser,
    /// For `Authorization: Bearer`.
    access_token: String,
    /// When the access token ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// For `auth/refresh`, once; also the cookie's value.
    refresh_token: String,
}

/// One of the asker's sessions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    #[schema(value_type = String)]
    id: SessionId,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    user_agent: String,
    /// Whether it is the one that asks.
    current: bool,
}

#[derive(Serialize, ToSchema)]
pub struct SessionsView {
    /// Newest first.
    sessions: Vec<SessionView>,
}

/// Makes an account and signs it in.
#[utoipa::path(post, path = "/api/v1/auth/register", operation_id = "register", tag = "auth", request_body = RegisterBody,
    responses((status = 201, body = SignedInView)))]
pub async fn register(
    State(app): State<App>,
    Visitor(client): Visitor,
    Json(body): Json<RegisterBody>,
) -> Result<Response, Refused> {
    let RegisterBody { username, email, password, invite, claim } = body;
    let wish = Registration { username, email, password };
    let signed_in = app.accounts.register_by(wish, Pass { invite, claim }, client).await?;
    Ok(answer(StatusCode::CREATED, signed_in, app.clock.now()))
}

/// Signs in. Unknown users and wrong passwords get one answer.
#[utoipa::path(post, path = "/api/v1/auth/login", operation_id = "login", tag = "auth", request_body = LoginBody,
    responses((status = 200, body = SignedInView)))]
pub async fn login(
    State(app): State<App>,
    Visitor(client): Visitor,
    Json(body): Json<LoginBody>,
) -> Result<Response, Refused> {
    let LoginBody { username, password } = body;
    let signed_in = app.accounts.login(Credentials { username, password }, client).await?;
    Ok(answer(StatusCode::OK, signed_in, app.clock.now()))
}

/// Replaces the session's token, by the one in the body or the cookie's. A replaced token that is used again after half
/// a minute ends the session.
#[utoipa::path(post, path = "/api/v1/auth/refresh", operation_id = "refresh", tag = "auth", request_body = RefreshBody,
    responses((status = 200, body = SignedInView)))]
pub async fn refresh(State(app): State<App>, request: Request) -> Result<Response, Refused> {
    use axum::extract::FromRequest as _;
    let (mut parts, body) = request.into_parts();
    let Ok(Visitor(client)) = Visitor::from_request_parts(&mut parts, &app).await;
    let Json(body) =
        Json::<RefreshBody>::from_request(Request::from_parts(parts.clone(), body), &app).await?;
    let token = match (&body.refresh_token, cookie(&parts.headers)) {
        (Some(token), _) => token,
        (None, Some(token)) => {
            check_csrf(&app.site, &parts)?;
            token
        }
        (None, None) => return Err(refuse(Code::Unauthenticated, "Sign in and try again.")),
    };
    let signed_in = app.accounts.refresh(token, client).await?;
    Ok(answer(StatusCode::OK, signed_in, app.clock.now()))
}

/// Ends the session that asks; its sockets are closed.
#[utoipa::path(post, path = "/api/v1/auth/logout", operation_id = "logout", tag = "auth", responses((status = 204)))]
pub async fn logout(State(app): State<App>, Signed(actor): Signed) -> Result<Response, Refused> {
    app.accounts.logout(actor).await?;
    let gone = format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

/// Changes the password; every other session ends.
#[utoipa::path(post, path = "/api/v1/auth/password", operation_id = "changePassword", tag = "auth", request_body = PasswordBody,
    responses((status = 204)))]
pub async fn password(
    State(app): State<App>,
    Signed(actor): Signed,
    Json(body): Json<PasswordBody>,
) -> Result<StatusCode, Refused> {
    app.accounts.change_password(actor, &body.old_password, &body.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The asker's sessions.
#[utoipa::path(get, path = "/api/v1/auth/sessions", operation_id = "listSessions", tag = "auth", responses((status = 200, body = SessionsView)))]
pub async fn sessions(
    State(app): State<App>,
    Signed(actor): Signed,
) -> Result<axum::Json<SessionsView>, Refused> {
    let sessions = app.accounts.sessions(actor).await?;
    let view = sessions.into_iter().map(|s| SessionView {
        id: s.id,
        created_at: s.created_at,
        last_seen_at: s.last_seen_at,
        expires_at: s.expires_at,
        user_agent: s.user_agent,
        current: s.id == actor.session,
    });
    Ok(axum::Json(SessionsView { sessions: view.collect() }))
}

/// Ends one of the asker's sessions; its sockets are closed.
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{id}", operation_id = "endSession", tag = "auth", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")),
    responses((status = 204)))]
pub async fn end_session(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, Refused> {
    app.accounts.end_session(actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes the asker an owner, with the owner link's secret; once.
#[utoipa::path(post, path = "/api/v1/auth/claim", operation_id = "claimOwnership", tag = "auth", request_body = ClaimBody,
    responses((status = 200, body = OwnUser)))]
pub async fn claim(
    State(app): State<App>,
    Signed(actor): Signed,
    Json(body): Json<ClaimBody>,
) -> Result<axum::Json<OwnUser>, Refused> {
    Ok(axum::Json(app.accounts.claim(actor, &body.claim).await?))
}

fn answer(status: StatusCode, signed_in: SignedIn, now: Timestamp) -> Response {
    let SignedIn { user, access_token, expires_at, refresh_token, session_expires_at, .. } = signed_in;
    let age = session_expires_at.since(now).as_secs();
    let cookie = format!("{COOKIE}={refresh_token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}");
    let view = SignedInView { user, access_token, expires_at, refresh_token };
    let mut response = (status, axum::Json(view)).into_response();
    // A token is base64url: always a valid header value.
    if let Ok(mut value) = HeaderValue::from_str(&cookie) {
        value.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
