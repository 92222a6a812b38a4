//! `/api/v1/admin/…`: accounts and invitations, for those who run the server; and the link by which somebody sets a new
//! password. Puts links together; who may what is asked elsewhere.

use std::time::Duration;

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Id, Json as Body, Params, Signed, limit};
use super::problem::Refused;
use super::{App, Route, paging, security};
use crate::accounts::InvitationWish;
use crate::accounts::admin::{By, NewAccount};
use crate::clock::Timestamp;
use crate::ids::{InvitationId, UserId};
use crate::model::{AdminUser, Invitation, Role, StandingChange, UserQuery};

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/api/v1/admin/users", get(users).post(create)),
        ("/api/v1/admin/users/{id}", get(user).patch(change)),
        ("/api/v1/admin/users/{id}/reset", post(reset)),
        ("/api/v1/admin/invitations", get(invitations).post(invite)),
        ("/api/v1/admin/invitations/{id}", delete(revoke)),
        ("/api/v1/auth/reset", post(set_password)),
    ]
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsersParams {
    /// How the username begins, without regard to case.
    #[serde(default)]
    query: String,
    /// Only those of this role.
    #[param(inline)]
    role: Option<Role>,
    /// Only those that are switched off, or on.
    disabled: Option<bool>,
    /// 1–100, default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{1,400}$")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct AdminUsersView {
    /// By username.
    users: Vec<AdminUser>,
    /// `after` of the next page; null at the end.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "bea", "email": "bea@example.org", "role": "member"}))]
pub struct CreateUserBody {
    /// 3–32 letters, digits, `_ . -`; unique without regard to case.
    #[schema(min_length = 3, max_length = 32)]
    username: String,
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// Absent: `member`.
    role: Option<Role>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"disabled": true}))]
pub struct ChangeUserBody {
    role: Option<Role>,
    /// True: signed out everywhere, at once, and kept out.
    disabled: Option<bool>,
}

/// A link that works once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"link": "https://chat.example.org/#reset=…", "expiresAt": "2026-11-29T12:00:00.000Z"}))]
pub struct LinkView {
    /// To be handed to its person. The secret is the fragment, which no server sees.
    link: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedUserView {
    user: AdminUser,
    /// By which he chooses his password.
    link: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InvitationsParams {
    /// 1–100, default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{27}$")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct InvitationsView {
    /// Newest first.
    invitations: Vec<Invitation>,
    /// `after` of the next page; null at the end.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"note": "the choir", "maxUses": 12, "expiresInHours": 168}))]
pub struct InviteBody {
    /// For whom it is; at most 200 characters.
    #[schema(max_length = 200)]
    note: Option<String>,
    /// Accounts that it may make: 1–1000, default 1.
    #[schema(minimum = 1, maximum = 1000)]
    max_uses: Option<u32>,
    /// 1–8760, default 168, which is a week.
    #[schema(minimum = 1, maximum = 8760)]
    expires_in_hours: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct InvitedView {
    invitation: Invitation,
    /// To be handed on. The secret is the fragment, which no server sees; it cannot be looked up later.
    link: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResetBody {
    /// The part of the link after `#reset=`.
    reset: String,
    #[schema(format = Password, min_length = 8, max_length = 128)]
    new_password: String,
}

/// The address the asker used, which is one of ours, with a secret as its fragment.
fn link(parts: &Parts, name: &str, secret: &str) -> String {
    format!("https://{}/#{name}={secret}", security::host(parts).unwrap_or("localhost"))
}

/// The accounts of this server.
#[utoipa::path(get, path = "/api/v1/admin/users", operation_id = "adminListUsers", tag = "admin", params(UsersParams),
    responses((status = 200, body = AdminUsersView, headers(("Link", description = "rel=\"next\"")))))]
pub async fn users(
    State(app): State<App>,
    Signed(actor): Signed,
    OriginalUri(uri): OriginalUri,
    Params(params): Params<UsersParams>,
) -> Result<(HeaderMap, Json<AdminUsersView>), Refused> {
    let limit = limit(params.limit)?;
    let after = paging::decode_text(params.after.as_deref())?;
    let query = UserQuery { prefix: params.query, after, role: params.role, disabled: params.disabled };
    let (users, next) = app.accounts.list_users(By::Person(actor), query, limit).await?;
    let next = next.map(|name| paging::encode_text(&name));
    Ok((paging::link(&uri, "after", next.as_deref()), Json(AdminUsersView { users, next })))
}

/// Makes an account; its person chooses the password by the link.
#[utoipa::path(post, path = "/api/v1/admin/users", operation_id = "adminCreateUser", tag = "admin", request_body = CreateUserBody,
    responses((status = 201, body = CreatedUserView)))]
pub async fn create(
    State(app): State<App>,
    Signed(actor): Signed,
    parts: Parts,
    Body(body): Body<CreateUserBody>,
) -> Result<(StatusCode, Json<CreatedUserView>), Refused> {
    let CreateUserBody { username, email, role } = body;
    let new = NewAccount { username, email, role: role.unwrap_or(Role::Member) };
    let (user, reset) = app.accounts.create_account(By::Person(actor), new).await?;
    let link = link(&parts, "reset", &reset.secret);
    Ok((StatusCode::CREATED, Json(CreatedUserView { user, link, expires_at: reset.expires_at })))
}

/// One account.
#[utoipa::path(get, path = "/api/v1/admin/users/{id}", operation_id = "adminGetUser", tag = "admin", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")),
    responses((status = 200, body = AdminUser)))]
pub async fn user(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<UserId>,
) -> Result<Json<AdminUser>, Refused> {
    Ok(Json(app.accounts.account(By::Person(actor), id).await?))
}

/// Gives a role, switches an account off or on.
#[utoipa::path(patch, path = "/api/v1/admin/users/{id}", operation_id = "adminChangeUser", tag = "admin",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = ChangeUserBody, responses((status = 200, body = AdminUser)))]
pub async fn change(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<UserId>,
    Body(body): Body<ChangeUserBody>,
) -> Result<Json<AdminUser>, Refused> {
    let change = StandingChange { role: body.role, disabled: body.disabled };
    Ok(Json(app.accounts.change_account(By::Person(actor), id, change).await?))
}

/// A link by which the account's person sets a new password, once, within a day.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/reset", operation_id = "adminResetUser", tag = "admin",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), responses((status = 201, body = LinkView)))]
pub async fn reset(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<UserId>,
    parts: Parts,
) -> Result<(StatusCode, Json<LinkView>), Refused> {
    let reset = app.accounts.reset_account(By::Person(actor), id).await?;
    let link = link(&parts, "reset", &reset.secret);
    Ok((StatusCode::CREATED, Json(LinkView { link, expires_at: reset.expires_at })))
}

/// Sets a new password by such a link's secret; every session ends.
#[utoipa::path(post, path = "/api/v1/auth/reset", operation_id = "resetPassword", tag = "auth", request_body = ResetBody,
    responses((status = 204)))]
pub async fn set_password(
    State(app): State<App>,
    Body(body): Body<ResetBody>,
) -> Result<StatusCode, Refused> {
    app.accounts.reset_password(&body.reset, &body.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The invitations of this server.
#[utoipa::path(get, path = "/api/v1/admin/invitations", operation_id = "listInvitations", tag = "admin", params(InvitationsParams),
    responses((status = 200, body = InvitationsView, headers(("Link", description = "rel=\"next\"")))))]
pub async fn invitations(
    State(app): State<App>,
    Signed(actor): Signed,
    OriginalUri(uri): OriginalUri,
    Params(params): Params<InvitationsParams>,
) -> Result<(HeaderMap, Json<InvitationsView>), Refused> {
    let limit = limit(params.limit)?;
    let after = paging::decode(params.after.as_deref(), InvitationId)?;
    let invitations = app.accounts.invitations(By::Person(actor), after, limit).await?;
    let last = invitations.last().filter(|_| invitations.len() == limit);
    let next = last.map(|i| paging::encode(i.created_at, i.id.0));
    Ok((paging::link(&uri, "after", next.as_deref()), Json(InvitationsView { invitations, next })))
}

/// Makes an invitation.
#[utoipa::path(post, path = "/api/v1/admin/invitations", operation_id = "createInvitation", tag = "admin", request_body = InviteBody,
    responses((status = 201, body = InvitedView)))]
pub async fn invite(
    State(app): State<App>,
    Signed(actor): Signed,
    parts: Parts,
    Body(body): Body<InviteBody>,
) -> Result<(StatusCode, Json<InvitedView>), Refused> {
    let hours = body.expires_in_hours.unwrap_or(168);
    let wish = InvitationWish {
        note: body.note.unwrap_or_default(),
        max_uses: body.max_uses.unwrap_or(1),
        lifetime: Duration::from_secs(u64::from(hours) * 3600),
    };
    let (invitation, secret) = app.accounts.invite(By::Person(actor), wish).await?;
    let link = link(&parts, "invite", &secret);
    Ok((StatusCode::CREATED, Json(InvitedView { invitation, link })))
}

/// Takes an invitation back; the accounts it made stay.
#[utoipa::path(delete, path = "/api/v1/admin/invitations/{id}", operation_id = "revokeInvitation", tag = "admin",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), responses((status = 204)))]
pub async fn revoke(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<InvitationId>,
) -> Result<StatusCode, Refused> {
    app.accounts.revoke_invitation(By::Person(actor), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
