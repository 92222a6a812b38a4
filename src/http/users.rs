//! `/api/v1/users…`: who is here.

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Id, Params, Signed, limit};
use super::problem::Refused;
use super::{App, Route, paging};
use crate::ids::UserId;
use crate::model::{OwnUser, PublicUser};

pub(super) fn routes() -> Vec<Route> {
    vec![("/api/v1/users/me", get(me)), ("/api/v1/users", get(find)), ("/api/v1/users/{id}", get(user))]
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindParams {
    /// How the username begins, without regard to case.
    #[serde(default)]
    query: String,
    /// 1–100, default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{1,400}$")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct UsersView {
    /// By username, without the asker.
    users: Vec<PublicUser>,
    /// `after` of the next page; null at the end.
    next: Option<String>,
}

/// The asker himself.
#[utoipa::path(get, path = "/api/v1/users/me", operation_id = "getOwnUser", tag = "users", responses((status = 200, body = OwnUser)))]
pub async fn me(State(app): State<App>, Signed(actor): Signed) -> Result<Json<OwnUser>, Refused> {
    Ok(Json(app.accounts.me(actor).await?))
}

/// People whose name begins so.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "findUsers", tag = "users", params(FindParams),
    responses((status = 200, body = UsersView, headers(("Link", description = "rel=\"next\"")))))]
pub async fn find(
    State(app): State<App>,
    Signed(actor): Signed,
    OriginalUri(uri): OriginalUri,
    Params(params): Params<FindParams>,
) -> Result<(HeaderMap, Json<UsersView>), Refused> {
    let limit = limit(params.limit)?;
    let after = paging::decode_text(params.after.as_deref())?;
    let (users, next) = app.accounts.find_users(actor, &params.query, after, limit).await?;
    let next = next.map(|name| paging::encode_text(&name));
    Ok((paging::link(&uri, "after", next.as_deref()), Json(UsersView { users, next })))
}

/// One person.
#[utoipa::path(get, path = "/api/v1/users/{id}", operation_id = "getUser", tag = "users", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")),
    responses((status = 200, body = PublicUser)))]
pub async fn user(
    State(app): State<App>,
    _signed: Signed,
    Id(id): Id<UserId>,
) -> Result<Json<PublicUser>, Refused> {
    Ok(Json(app.accounts.user(id).await?))
}
