//! `/api/v1/health…` and `/api/v1/info`: whether the server lives and can do its work, and what it is.

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Refused, refuse};
use super::{App, Route};
use crate::code::Code;
use crate::config::Registration;

/// What readiness depends on, so that this room need not know it.
#[async_trait::async_trait]
pub trait Health: Send + Sync + 'static {
    /// `Err` says, for the log, what is missing.
    async fn ready(&self) -> Result<(), String>;
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/api/v1/health/live", get(live)),
        ("/api/v1/health/ready", get(ready)),
        ("/api/v1/info", get(info)),
    ]
}

#[derive(Serialize, ToSchema)]
pub struct HealthView {
    /// `ok`
    status: &'static str,
}

/// What a page wants to know before anybody signs in.
#[derive(Serialize, ToSchema)]
pub struct InfoView {
    name: String,
    version: String,
    /// `open`, `invite` or `closed`.
    registration: &'static str,
    /// Whether an owner link waits to be used.
    claimable: bool,
    files: FileLimitsView,
}

/// What may be attached to a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileLimitsView {
    /// Bytes of one file.
    max_bytes: u64,
    /// MIME types, `image/*` for all of a kind, `*` for all.
    types: Vec<String>,
}

/// The process answers.
#[utoipa::path(get, path = "/api/v1/health/live", operation_id = "isLive", tag = "server", responses((status = 200, body = HealthView)))]
pub async fn live() -> Json<HealthView> {
    Json(HealthView { status: "ok" })
}

/// The server can do its work; else 503.
#[utoipa::path(get, path = "/api/v1/health/ready", operation_id = "isReady", tag = "server", responses((status = 200, body = HealthView)))]
pub async fn ready(State(app): State<App>) -> Result<Json<HealthView>, Refused> {
    match app.health.ready().await {
        Ok(()) => Ok(Json(HealthView { status: "ok" })),
        Err(cause) => {
            tracing::warn!(%cause, "not ready");
            Err(refuse(Code::Unavailable, "The server is not ready. Try again in a moment."))
        }
    }
}

/// What this server is.
#[utoipa::path(get, path = "/api/v1/info", operation_id = "getInfo", tag = "server", responses((status = 200, body = InfoView)))]
pub async fn info(State(app): State<App>) -> Json<InfoView> {
    let registration = match app.accounts.registration() {
        Registration::Open => "open",
        Registration::Invite => "invite",
        Registration::Closed => "closed",
    };
    let limits = app.files.limits();
    Json(InfoView {
        name: app.site.name.clone(),
        version: app.site.version.clone(),
        registration,
        claimable: app.accounts.claimable(),
        files: FileLimitsView { max_bytes: limits.max_bytes, types: limits.types.clone() },
    })
}
