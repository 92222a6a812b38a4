//! `/api/v1/users…`: who is here.

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Id, Params, Signed, limit};
use super::problem::Refused;
use super::{App, Route};
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
}

#[derive(Serialize, ToSchema)]
pub struct UsersView {
    /// By username, without the asker.
    users: Vec<PublicUser>,
    /// Always null: write more of the name to find further people.
    next: Option<String>,
}

/// The asker himself.
#[utoipa::path(get, path = "/api/v1/users/me", operation_id = "getOwnUser", tag = "users", responses((status = 200, body = OwnUser)))]
pub async fn me(State(app): State<App>, Signed(actor): Signed) -> Result<Json<OwnUser>, Refused> {
    Ok(Json(app.accounts.me(actor).await?))
}

/// People whose name begins so.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "findUsers", tag = "users", params(FindParams),
    responses((status = 200, body = UsersView)))]
pub async fn find(
    State(app): State<App>,
    Signed(actor): Signed,
    Params(params): Params<FindParams>,
) -> Result<Json<UsersView>, Refused> {
    let limit = limit(params.limit)?;
    let users = app.accounts.find_users(actor, &params.query, limit).await?;
    Ok(Json(UsersView { users, next: None }))
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
