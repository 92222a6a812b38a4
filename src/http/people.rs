//! What people let others see, whom they block, what they mute, who is here, who has read what, and search.

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, put};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bson::oid::ObjectId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Id, Json as Body, Params, Signed, invalid, limit};
use super::problem::Refused;
use super::{App, Route, paging};
use crate::chat::{FindCursor, Found, Question, ReceiptView};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{Mute, PresenceView, PublicUser, Settings, SettingsPatch};

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/api/v1/users/me/settings", get(settings).patch(change_settings)),
        ("/api/v1/users/me/blocks", get(blocks)),
        ("/api/v1/users/me/blocks/{id}", put(block).delete(unblock)),
        ("/api/v1/users/me/mutes", get(mutes)),
        ("/api/v1/users/presence", get(presence)),
        ("/api/v1/conversations/{id}/mute", put(mute).delete(unmute)),
        ("/api/v1/messages/search", get(search)),
        ("/api/v1/messages/{id}/receipts", get(receipts)),
    ]
}

#[derive(Serialize, ToSchema)]
pub struct BlocksView {
    users: Vec<PublicUser>,
}

#[derive(Serialize, ToSchema)]
pub struct MutesView {
    mutes: Vec<Mute>,
}

#[derive(Serialize, ToSchema)]
pub struct PresencesView {
    presences: Vec<PresenceView>,
}

#[derive(Serialize, ToSchema)]
pub struct ReceiptsView {
    receipts: Vec<ReceiptView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"until": "2026-12-24T08:00:00.000Z"}))]
pub struct MuteBody {
    /// Null or absent: until further notice.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words that must all be there, without regard to case and accents; the last one may be the beginning of a word.
    #[param(min_length = 1, max_length = 256)]
    q: String,
    /// Who wrote it.
    #[param(value_type = Option<String>, pattern = "^[0-9a-fA-F]{24}$")]
    from: Option<UserId>,
    /// In which conversation.
    #[param(value_type = Option<String>, pattern = "^[0-9a-fA-F]{24}$")]
    r#in: Option<ConversationId>,
    /// Written before.
    #[param(value_type = Option<String>, format = DateTime)]
    before: Option<Timestamp>,
    /// Written then or later.
    #[param(value_type = Option<String>, format = DateTime)]
    after: Option<Timestamp>,
    /// 1–100, default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{20}$")]
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct FoundView {
    /// The best of the newest first, then those of the older.
    messages: Vec<Found>,
    /// `cursor` of the next page; null at the end.
    next: Option<String>,
}

/// What the asker lets others see.
#[utoipa::path(get, path = "/api/v1/users/me/settings", operation_id = "getSettings", tag = "users", responses((status = 200, body = Settings)))]
pub async fn settings(State(app): State<App>, Signed(actor): Signed) -> Result<Json<Settings>, Refused> {
    Ok(Json(app.chat.settings(actor.user).await?))
}

/// Changes that; what is left out stays.
#[utoipa::path(patch, path = "/api/v1/users/me/settings", operation_id = "changeSettings", tag = "users", request_body = SettingsPatch,
    responses((status = 200, body = Settings)))]
pub async fn change_settings(
    State(app): State<App>,
    Signed(actor): Signed,
    Body(body): Body<SettingsPatch>,
) -> Result<Json<Settings>, Refused> {
    Ok(Json(app.chat.change_settings(actor.user, body).await?))
}

/// Whom the asker blocks.
#[utoipa::path(get, path = "/api/v1/users/me/blocks", operation_id = "listBlocks", tag = "users", responses((status = 200, body = BlocksView)))]
pub async fn blocks(State(app): State<App>, Signed(actor): Signed) -> Result<Json<BlocksView>, Refused> {
    Ok(Json(BlocksView { users: app.chat.blocked(actor.user).await? }))
}

/// Blocks somebody.
#[utoipa::path(put, path = "/api/v1/users/me/blocks/{id}", operation_id = "block", tag = "users",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), responses((status = 204)))]
pub async fn block(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<UserId>,
) -> Result<StatusCode, Refused> {
    app.chat.block(actor.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Blocks somebody no more.
#[utoipa::path(delete, path = "/api/v1/users/me/blocks/{id}", operation_id = "unblock", tag = "users",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), responses((status = 204)))]
pub async fn unblock(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<UserId>,
) -> Result<StatusCode, Refused> {
    app.chat.unblock(actor.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The conversations that are to make no sound.
#[utoipa::path(get, path = "/api/v1/users/me/mutes", operation_id = "listMutes", tag = "users", responses((status = 200, body = MutesView)))]
pub async fn mutes(State(app): State<App>, Signed(actor): Signed) -> Result<Json<MutesView>, Refused> {
    Ok(Json(MutesView { mutes: app.chat.mutes(actor.user).await? }))
}

/// Whether the people are here with whom the asker shares a conversation.
#[utoipa::path(get, path = "/api/v1/users/presence", operation_id = "listPresence", tag = "users", responses((status = 200, body = PresencesView)))]
pub async fn presence(State(app): State<App>, Signed(actor): Signed) -> Result<Json<PresencesView>, Refused> {
    Ok(Json(PresencesView { presences: app.chat.presences(actor.user).await? }))
}

/// Mutes a conversation, for the asker alone.
#[utoipa::path(put, path = "/api/v1/conversations/{id}/mute", operation_id = "mute", tag = "conversations",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), request_body = MuteBody, responses((status = 200, body = Mute)))]
pub async fn mute(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
    Body(body): Body<MuteBody>,
) -> Result<Json<Mute>, Refused> {
    Ok(Json(app.chat.mute(actor.user, Mute { conversation: id, until: body.until }).await?))
}

/// Mutes it no more.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}/mute", operation_id = "unmute", tag = "conversations",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), responses((status = 204)))]
pub async fn unmute(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<ConversationId>,
) -> Result<StatusCode, Refused> {
    app.chat.unmute(actor.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How far a message has come with each of the others.
#[utoipa::path(get, path = "/api/v1/messages/{id}/receipts", operation_id = "listReceipts", tag = "messages",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")), responses((status = 200, body = ReceiptsView)))]
pub async fn receipts(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<MessageId>,
) -> Result<Json<ReceiptsView>, Refused> {
    Ok(Json(ReceiptsView { receipts: app.chat.receipts(actor.user, id).await? }))
}

/// Finds messages in the asker's conversations.
#[utoipa::path(get, path = "/api/v1/messages/search", operation_id = "searchMessages", tag = "messages", params(SearchParams),
    responses((status = 200, body = FoundView, headers(("Link", description = "rel=\"next\"")))))]
pub async fn search(
    State(app): State<App>,
    Signed(actor): Signed,
    OriginalUri(uri): OriginalUri,
    Params(params): Params<SearchParams>,
) -> Result<(HeaderMap, Json<FoundView>), Refused> {
    let limit = limit(params.limit)?;
    let cursor = decode(params.cursor.as_deref())?;
    let question = Question {
        text: params.q,
        from: params.from,
        conversation: params.r#in,
        before: params.before,
        after: params.after,
    };
    let (messages, next) = app.chat.find(actor.user, &question, cursor, limit).await?;
    let next = next.map(encode);
    Ok((paging::link(&uri, "cursor", next.as_deref()), Json(FoundView { messages, next })))
}

/// 15 bytes: which kind, how many hits on, and the message.
fn encode(cursor: FindCursor) -> String {
    let (kind, skip, id) = match cursor {
        FindCursor::Within(id, skip) => (0, skip, id),
        FindCursor::Below(id) => (1, 0, id),
    };
    let mut raw = vec![kind];
    raw.extend(skip.to_be_bytes());
    raw.extend(id.0.bytes());
    URL_SAFE_NO_PAD.encode(raw)
}

fn decode(text: Option<&str>) -> Result<Option<FindCursor>, Refused> {
    let Some(text) = text else { return Ok(None) };
    let raw: Option<[u8; 15]> = URL_SAFE_NO_PAD.decode(text).ok().and_then(|raw| raw.try_into().ok());
    match raw {
        Some([kind @ 0..=1, high, low, id @ ..]) => {
            let id = MessageId(ObjectId::from_bytes(id));
            let skip = u16::from_be_bytes([high, low]);
            Ok(Some(if kind == 0 { FindCursor::Within(id, skip) } else { FindCursor::Below(id) }))
        }
        _ => Err(invalid("cursor", "Use what `next` of the page before said, as it is.")),
    }
}
