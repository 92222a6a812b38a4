//! `/api/v1/calls…`: the record of calls. Calls themselves are made over sockets.

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Id, Json as Body, Params, Signed, limit};
use super::paging;
use super::problem::Refused;
use super::{App, Route};
use crate::calls::service::Seen;
use crate::clock::Timestamp;
use crate::ids::{CallId, ConversationId, UserId};
use crate::model::{CallDetail, CallFilter, CallRecord, CallStatus, MissedCalls};

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/api/v1/calls", get(list)),
        ("/api/v1/calls/missed", get(missed)),
        ("/api/v1/calls/missed/seen", post(see_missed)),
        ("/api/v1/calls/{id}", get(call)),
    ]
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Only calls with this user.
    #[param(value_type = Option<String>, pattern = "^[0-9a-fA-F]{24}$")]
    with: Option<UserId>,
    /// Only calls in this conversation.
    #[param(value_type = Option<String>, pattern = "^[0-9a-fA-F]{24}$")]
    conversation: Option<ConversationId>,
    status: Option<CallStatus>,
    /// Talked for so many seconds at least.
    min_duration: Option<u32>,
    /// Started at or after.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Started before.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{27}$")]
    after: Option<String>,
    /// 1–100, default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct CallsView {
    /// By `startTime`, newest first.
    calls: Vec<CallRecord>,
    /// `after` of the next page; null at the end.
    next: Option<String>,
}

/// The asker's calls, live ones as they stand.
#[utoipa::path(get, path = "/api/v1/calls", operation_id = "listCalls", tag = "calls", params(ListParams),
    responses((status = 200, body = CallsView, headers(("Link", description = "rel=\"next\"")))))]
pub async fn list(
    State(app): State<App>,
    Signed(actor): Signed,
    OriginalUri(uri): OriginalUri,
    Params(params): Params<ListParams>,
) -> Result<(HeaderMap, Json<CallsView>), Refused> {
    let limit = limit(params.limit)?;
    let after = paging::decode(params.after.as_deref(), CallId)?;
    let filter = CallFilter {
        with: params.with,
        conversation: params.conversation,
        status: params.status,
        from: params.from,
        to: params.to,
        min_seconds: params.min_duration.map(u64::from),
    };
    let calls = app.calls.list(actor.user, filter, after, limit).await?;
    let last = calls.last().filter(|_| calls.len() == limit);
    let next = last.map(|c| paging::encode(c.start_time, c.id.0));
    Ok((paging::link(&uri, "after", next.as_deref()), Json(CallsView { calls, next })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"until": "2026-03-01T09:30:00.000Z"}))]
pub struct SeenBody {
    /// Only those in this conversation.
    #[schema(value_type = Option<String>, pattern = "^[0-9a-fA-F]{24}$")]
    conversation: Option<ConversationId>,
    /// Only those that started then or before: what came after what the asker looked at stays.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// How many calls the asker missed and has not seen, and where.
#[utoipa::path(get, path = "/api/v1/calls/missed", operation_id = "getMissedCalls", tag = "calls", responses((status = 200, body = MissedCalls)))]
pub async fn missed(State(app): State<App>, Signed(actor): Signed) -> Result<Json<MissedCalls>, Refused> {
    Ok(Json(app.calls.missed(actor.user).await?))
}

/// The asker has seen them: what is left.
#[utoipa::path(post, path = "/api/v1/calls/missed/seen", operation_id = "seeMissedCalls", tag = "calls", request_body = SeenBody,
    responses((status = 200, body = MissedCalls)))]
pub async fn see_missed(
    State(app): State<App>,
    Signed(actor): Signed,
    Body(body): Body<SeenBody>,
) -> Result<Json<MissedCalls>, Refused> {
    let seen = Seen { conversation: body.conversation, until: body.until };
    Ok(Json(app.calls.see_missed(actor.user, seen).await?))
}

/// One call, with what happened in it and why it was bad.
#[utoipa::path(get, path = "/api/v1/calls/{id}", operation_id = "getCall", tag = "calls", params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")),
    responses((status = 200, body = CallDetail)))]
pub async fn call(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<CallId>,
) -> Result<Json<CallDetail>, Refused> {
    Ok(Json(app.calls.detail(actor.user, id).await?))
}
