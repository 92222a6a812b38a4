//! `/api/v1/files`: what is attached to messages, in and out.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;
use utoipa::IntoParams;

use super::extract::{Id, Params, Signed, invalid};
use super::problem::{Refused, refuse};
use super::{App, Route};
use crate::code::Code;
use crate::files::{Upload, Voice};
use crate::ids::FileId;
use crate::model::{Attachment, AttachmentKind};

pub(super) fn routes() -> Vec<Route> {
    vec![("/api/v1/files", post(upload)), ("/api/v1/files/{id}", get(download))]
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadParams {
    /// 1–200 bytes in one line; a path before it is left out.
    #[param(min_length = 1, max_length = 200, example = "photo.jpg")]
    name: String,
    /// Makes it a voice message: how long the recording is.
    #[param(minimum = 1, maximum = 3_600_000)]
    duration_ms: Option<u32>,
    /// Of a voice message: how loud it is along its length, up to 64 numbers from 0 to 255 with commas between.
    #[param(pattern = "^([0-9]{1,3}(,[0-9]{1,3}){0,63})?$", example = "0,17,80,33")]
    waveform: Option<String>,
}

/// Takes in a file, to be attached to a message; its bytes are the body.
#[utoipa::path(post, path = "/api/v1/files", operation_id = "uploadFile", tag = "files", params(UploadParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 201, body = Attachment)))]
pub async fn upload(
    State(app): State<App>,
    Signed(actor): Signed,
    Params(params): Params<UploadParams>,
    request: Request,
) -> Result<(StatusCode, Json<Attachment>), Refused> {
    let voice = voice(&params)?;
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|h| h.to_str().ok());
    let size = length.and_then(|length| length.parse().ok());
    let upload = Upload { name: params.name, size, voice };
    let body = request.into_body().into_data_stream();
    Ok((StatusCode::CREATED, Json(app.files.upload(actor.user, upload, body).await?)))
}

fn voice(params: &UploadParams) -> Result<Option<Voice>, Refused> {
    let waveform = params.waveform.as_deref().unwrap_or_default();
    let numbers: Result<Vec<u8>, _> = waveform.split(',').filter(|n| !n.is_empty()).map(str::parse).collect();
    let waveform =
        numbers.map_err(|_| invalid("waveform", "Write numbers from 0 to 255 with commas between."))?;
    match params.duration_ms {
        Some(duration_ms) => Ok(Some(Voice { duration_ms, waveform })),
        None if waveform.is_empty() => Ok(None),
        None => Err(invalid("durationMs", "Say how long the recording is.")),
    }
}

/// The bytes of a file, whole or in part (`Range`), for whoever may see the message that carries it.
#[utoipa::path(get, path = "/api/v1/files/{id}", operation_id = "downloadFile", tag = "files",
    params(("id" = String, Path, pattern = "^[0-9a-fA-F]{24}$")),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>), (status = 304)))]
pub async fn download(
    State(app): State<App>,
    Signed(actor): Signed,
    Id(id): Id<FileId>,
    request: Request,
) -> Result<Response, Refused> {
    let found = app.files.open_for(actor.user, id).await?;
    // The bytes of an id never change.
    let tag = format!("\"{id}\"");
    let known =
        request.headers().get(header::IF_NONE_MATCH).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let mut response =
        match known.split(',').any(|k| k.trim().trim_start_matches("W/") == tag || k.trim() == "*") {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => {
                let served = ServeFile::new(&found.path).oneshot(request).await;
                served.unwrap_or_else(|never| match never {}).map(Body::new)
            }
        };
    if response.status() == StatusCode::NOT_FOUND {
        tracing::error!(file = %id, "the bytes of a file are not there");
        return Err(refuse(Code::Unavailable, "The file cannot be read right now. Try again."));
    }
    // With a `Content-Range` that says how much there is; nothing of the file.
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(response);
    }
    let headers = response.headers_mut();
    for name in [header::LAST_MODIFIED, header::CONTENT_TYPE] {
        headers.remove(name);
    }
    let shown = &found.file.shown;
    let plain = shown.kind == AttachmentKind::File;
    let mime = if plain { "application/octet-stream" } else { &shown.mime };
    for (name, value) in [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_DISPOSITION, disposition(&shown.name, plain)),
        (header::ETAG, tag),
        // Whoever was put out of a group is not to be served from a cache: it asks each time.
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// RFC 6266, with the name in RFC 8187's encoding.
fn disposition(name: &str, save: bool) -> String {
    let way = if save { "attachment" } else { "inline" };
    let mut encoded = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    format!("{way}; filename*=UTF-8''{encoded}")
}
