//! `/api/v1/conversations…`: conversations, their messages, and how far one has read.

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, put};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Id, Json as Body, Params, Signed, invalid, limit};
use super::paging;
use super::problem::Refused;
use super::{App, Route};
use crate::chat::{ConversationView, Draft};
use crate::ids::{ConversationId, FileId, MessageId, UserId};
use crate::model::{Message, Page, Receipt, Target};

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/api/v1/conversations", get(list).post(open)),
        ("/api/v1/conversations/{id}", get(conversation)),
        ("/api/v1/conversations/{id}/messages", get(messages).post(send)),
        ("/api/v1/conversations/{id}/read", put(read)),
    ]
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// 1–100, default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{27}$")]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ConversationsView {
    /// By `updatedAt`, newest first.
    conversations: Vec<ConversationView>,
    /// `after` of the next page; null at the end.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBody {
    /// With whom.
    #[schema(value_type = String, pattern = "^[0-9a-fA-F]{24}$")]
    user: UserId,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessagesParams {
    /// The newest before this sequence number; without `before` and `after`, the newest of all.
    before: Option<u64>,
    /// The oldest after this sequence number.
    after: Option<u64>,
    /// 1–100, default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct MessagesView {
    /// By `seq`, rising.
    messages: Vec<Message>,
    /// `before` (or `after`) of the next page; null at the end.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"clientId": "c0ffee-1", "content": "Shall we call at five?"}))]
pub struct SendBody {
    /// 1–64 of `[A-Za-z0-9_-]`; a retry with the same one is the same message.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    client_id: String,
    /// 1–4096 bytes of UTF-8, not only white space.
    #[schema(max_length = 4096)]
    #[serde(default)]
    content: String,
    #[schema(value_type = Option<String>, pattern = "^[0-9a-fA-F]{24}$")]
    reply_to: Option<MessageId>,
    /// Files that the asker has uploaded and not sent yet. With one there need not be a text.
    #[schema(value_type = Vec<String>, max_items = 10)]
    #[serde(default)]
    attachments: Vec<FileId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBody {
    /// Everything up to here was read.
    seq: u64,
}

/// The asker's conversations.
#[utoipa::path(get, path = "/api/v1/conversations", operation_id = "listConversations", tag = "conversations", params(ListParams),
    responses((status = 200, body = ConversationsView, headers(("Link", description = "rel=\"next\"")))))]
pub async fn list(
    State(app): State<App>,
    Signed(actor): Signed,
    OriginalUri(uri): OriginalUri,
    Params(params): Params<ListParams>,
) -> Result<(HeaderMap, Json<ConversationsView>), Refused> {
    let limit = limit(params.limit)?;
    let after = paging::decode(params.after.as_deref(), ConversationId)?;
    let conversations = app.chat.conversations(actor.user, after, limit).await?;
    let last = conversations.last().filter(|_| conversations.len() == limit);
    let next = last.map(|c| paging::encode(c.updated_at, c.id.0));
    Ok((paging::link(&uri, "after", next.as_deref()), Json(ConversationsView { conversations, next })))
}

/// The conversation with somebody, opened if need be.
#[utoipa::path(post, path = "/api/v1/conversations", operation_id = "openConversation", tag = "conversations", request_body = OpenBody,
    responses((status = 200, body = ConversationView)))]
pub async fn open(
    State(app): State<App>,
    Signed(actor): Signed,
    Body(body): Body<OpenBody>,
) -> Result<Json<ConversationView>, Refused> {
    Ok(Json(app.chat.open(actor.user, body.user).await?))
}

/// One conversation.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", operation_id = "getConversation", tag = "conversations", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")),
    responses((status = 200, body = ConversationView)))]
pub async fn conversation(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
) -> Result<Json<ConversationView>, Refused> {
    Ok(Json(app.chat.conversation(actor.user, id).await?))
}

/// A page of messages.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", operation_id = "listMessages", tag = "conversations",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$"), MessagesParams),
    responses((status = 200, body = MessagesView, headers(("Link", description = "rel=\"next\"")))))]
pub async fn messages(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
    OriginalUri(uri): OriginalUri,
    Params(params): Params<MessagesParams>,
) -> Result<(HeaderMap, Json<MessagesView>), Refused> {
    let limit = limit(params.limit)?;
    let (name, page) = match (params.before, params.after) {
        (Some(_), Some(_)) => return Err(invalid("after", "Ask for `before` or for `after`, not for both.")),
        (seq, None) => ("before", Page::Before { seq, limit }),
        (None, Some(seq)) => ("after", Page::After { seq, limit }),
    };
    let messages = app.chat.history(actor.user, id, page).await?;
    let edge = match page {
        Page::Before { .. } => messages.first().filter(|m| m.seq > 1),
        Page::After { .. } => messages.last(),
    };
    let next = edge.filter(|_| messages.len() == limit).map(|m| m.seq.to_string());
    Ok((paging::link(&uri, name, next.as_deref()), Json(MessagesView { messages, next })))
}

/// Sends a message: stored when it is answered. 200 if this `clientId` was already stored.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages", operation_id = "sendMessage", tag = "conversations",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = SendBody,
    responses((status = 201, body = Message), (status = 200, body = Message)))]
pub async fn send(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
    Body(body): Body<SendBody>,
) -> Result<(StatusCode, Json<Message>), Refused> {
    let SendBody { client_id, content, reply_to, attachments } = body;
    let draft = Draft { client_id, to: Target::Conversation(id), content, reply_to, attachments };
    let sent = app.chat.send(actor.user, None, draft).await?;
    let status = if sent.fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(sent.message)))
}

/// Says how far the asker has read.
#[utoipa::path(put, path = "/api/v1/conversations/{id}/read", operation_id = "markRead", tag = "conversations", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")),
    request_body = ReadBody, responses((status = 200, body = Receipt)))]
pub async fn read(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
    Body(body): Body<ReadBody>,
) -> Result<Json<Receipt>, Refused> {
    Ok(Json(app.chat.mark(actor.user, id, body.seq, body.seq).await?))
}
