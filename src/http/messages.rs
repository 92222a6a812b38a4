//! `/api/v1/messages/{id}`: what happens to a message after it was sent.

use axum::Json;
use axum::extract::State;
use axum::routing::{get, put};
use serde::Deserialize;
use utoipa::ToSchema;

use super::extract::{Id, Json as Body, Signed};
use super::problem::Refused;
use super::{App, Route};
use crate::ids::MessageId;
use crate::model::Message;

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/api/v1/messages/{id}", get(message).put(edit).delete(delete)),
        ("/api/v1/messages/{id}/reactions", put(react)),
    ]
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"content": "What I meant to say"}))]
pub struct EditBody {
    /// 1–4096 bytes of UTF-8, not only white space; no control characters but line ends and tabulators.
    #[schema(min_length = 1, max_length = 4096, pattern = "\\S")]
    content: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"emoji": "\u{1F44D}", "reacted": true}))]
pub struct ReactBody {
    /// One emoji.
    #[schema(min_length = 1, max_length = 64)]
    emoji: String,
    /// False takes it back.
    reacted: bool,
}

/// One message.
#[utoipa::path(get, path = "/api/v1/messages/{id}", operation_id = "getMessage", tag = "messages",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), responses((status = 200, body = Message)))]
pub async fn message(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<MessageId>,
) -> Result<Json<Message>, Refused> {
    Ok(Json(app.chat.message(actor.user, id).await?))
}

/// Changes the text of one's own message.
#[utoipa::path(put, path = "/api/v1/messages/{id}", operation_id = "editMessage", tag = "messages",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = EditBody, responses((status = 200, body = Message)))]
pub async fn edit(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<MessageId>,
    Body(body): Body<EditBody>,
) -> Result<Json<Message>, Refused> {
    Ok(Json(app.chat.edit(actor.user, None, id, &body.content).await?))
}

/// Deletes a message for everybody; answers what is left of it.
#[utoipa::path(delete, path = "/api/v1/messages/{id}", operation_id = "deleteMessage", tag = "messages",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), responses((status = 200, body = Message)))]
pub async fn delete(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<MessageId>,
) -> Result<Json<Message>, Refused> {
    Ok(Json(app.chat.delete(actor.user, None, id).await?))
}

/// Puts an emoji on a message, or takes it back.
#[utoipa::path(put, path = "/api/v1/messages/{id}/reactions", operation_id = "reactMessage", tag = "messages",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = ReactBody, responses((status = 200, body = Message)))]
pub async fn react(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<MessageId>,
    Body(body): Body<ReactBody>,
) -> Result<Json<Message>, Refused> {
    Ok(Json(app.chat.react(actor.user, None, id, &body.emoji, body.reacted).await?))
}
