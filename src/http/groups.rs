//! `/api/v1/groups` and the members of a group.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{post, put};
use serde::Deserialize;
use utoipa::ToSchema;

use super::extract::{Id, Ids, Json as Body, Signed};
use super::problem::Refused;
use super::{App, Route};
use crate::chat::{ConversationView, GroupChange};
use crate::ids::{ConversationId, FileId, UserId};
use crate::model::{GroupColor, GroupRole};

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/api/v1/groups", post(create)),
        ("/api/v1/groups/{id}", put(rename)),
        ("/api/v1/groups/{id}/color", put(recolor)),
        ("/api/v1/groups/{id}/picture", put(set_picture)),
        ("/api/v1/groups/{id}/members", post(add)),
        ("/api/v1/groups/{id}/members/{user}", put(set_role).delete(remove)),
    ]
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupBody {
    /// Minted by the client: a retry with the same one is the same group.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    client_id: Option<String>,
    /// 1–64 characters in one line.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// The others.
    #[schema(value_type = Vec<String>, max_items = 499)]
    members: Vec<UserId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameBody {
    /// 1–64 characters in one line.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColorBody {
    /// Null: none.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    color: Option<GroupColor>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PictureBody {
    /// A file of the asker's, an image of at most 1 MiB, not sent yet. Null: none.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, value_type = Option<String>, pattern = "^[0-9a-fA-F]{24}$")]
    picture: Option<FileId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBody {
    #[schema(value_type = Vec<String>, max_items = 499)]
    users: Vec<UserId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleBody {
    /// `owner` passes the ownership on.
    role: GroupRole,
}

/// A new group, owned by the asker; with a `clientId` that was there before, that group.
#[utoipa::path(post, path = "/api/v1/groups", operation_id = "createGroup", tag = "groups", request_body = GroupBody,
    responses((status = 201, body = ConversationView), (status = 200, body = ConversationView)))]
pub async fn create(
    State(app): State<App>,
    Signed(actor): Signed,
    Body(body): Body<GroupBody>,
) -> Result<(StatusCode, Json<ConversationView>), Refused> {
    let GroupBody { client_id, name, members } = body;
    let (group, fresh) = match client_id {
        Some(id) => app.chat.create_group_once(actor.user, &id, &name, &members).await?,
        None => (app.chat.create_group(actor.user, &name, &members).await?, true),
    };
    Ok((if fresh { StatusCode::CREATED } else { StatusCode::OK }, Json(group)))
}

/// Renames a group.
#[utoipa::path(put, path = "/api/v1/groups/{id}", operation_id = "renameGroup", tag = "groups",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = RenameBody, responses((status = 200, body = ConversationView)))]
pub async fn rename(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
    Body(body): Body<RenameBody>,
) -> Result<Json<ConversationView>, Refused> {
    app.chat.change_group(actor.user, id, &GroupChange::Rename(body.name)).await?;
    Ok(Json(app.chat.conversation(actor.user, id).await?))
}

/// Gives a group a colour, or takes it away.
#[utoipa::path(put, path = "/api/v1/groups/{id}/color", operation_id = "setGroupColor", tag = "groups",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = ColorBody, responses((status = 200, body = ConversationView)))]
pub async fn recolor(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
    Body(body): Body<ColorBody>,
) -> Result<Json<ConversationView>, Refused> {
    app.chat.change_group(actor.user, id, &GroupChange::Recolor(body.color)).await?;
    Ok(Json(app.chat.conversation(actor.user, id).await?))
}

/// Gives a group a picture, or takes it away; the one of before is gone.
#[utoipa::path(put, path = "/api/v1/groups/{id}/picture", operation_id = "setGroupPicture", tag = "groups",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = PictureBody, responses((status = 200, body = ConversationView)))]
pub async fn set_picture(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
    Body(body): Body<PictureBody>,
) -> Result<Json<ConversationView>, Refused> {
    app.chat.change_group(actor.user, id, &GroupChange::Picture(body.picture)).await?;
    Ok(Json(app.chat.conversation(actor.user, id).await?))
}

/// Adds people to a group.
#[utoipa::path(post, path = "/api/v1/groups/{id}/members", operation_id = "addMembers", tag = "groups",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = AddBody, responses((status = 200, body = ConversationView)))]
pub async fn add(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
    Body(body): Body<AddBody>,
) -> Result<Json<ConversationView>, Refused> {
    app.chat.change_group(actor.user, id, &GroupChange::Add(body.users)).await?;
    Ok(Json(app.chat.conversation(actor.user, id).await?))
}

/// Gives a member a role.
#[utoipa::path(put, path = "/api/v1/groups/{id}/members/{user}", operation_id = "setGroupRole", tag = "groups",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$"), ("user" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = RoleBody, responses((status = 200, body = ConversationView)))]
pub async fn set_role(
    State(app): State<App>,
    Signed(actor): Signed,
    Ids(id, user): Ids<ConversationId, UserId>,
    Body(body): Body<RoleBody>,
) -> Result<Json<ConversationView>, Refused> {
    app.chat.change_group(actor.user, id, &GroupChange::SetRole(user, body.role)).await?;
    Ok(Json(app.chat.conversation(actor.user, id).await?))
}

/// Takes a member out of a group; oneself: leaves it.
#[utoipa::path(delete, path = "/api/v1/groups/{id}/members/{user}", operation_id = "removeMember", tag = "groups",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$"), ("user" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), responses((status = 204)))]
pub async fn remove(
    State(app): State<App>,
    Signed(actor): Signed,
    Ids(id, user): Ids<ConversationId, UserId>,
) -> Result<StatusCode, Refused> {
    app.chat.change_group(actor.user, id, &GroupChange::Remove(user)).await?;
    Ok(StatusCode::NO_CONTENT)
}
