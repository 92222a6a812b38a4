//! The page: files built into the binary, and `index.html` for every address that the page routes itself.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::{Refused, refuse};
use crate::code::Code;

/// What the web client's build left. Empty when it was not built.
#[derive(RustEmbed)]
#[folder = "static/dist"]
#[allow_missing = true]
struct Files;

/// Shown where the page would be.
const NOT_BUILT: &str = include_str!("not_built.html");

/// Any address that no route has.
pub async fn serve(request: Request) -> Result<Response, Refused> {
    let path = request.uri().path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") || path.starts_with("socket.io") {
        return Err(refuse(Code::NotFound, "There is nothing at this address."));
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let refused = refuse(Code::MethodNotAllowed, "The header Allow has the methods of this address.");
        return Ok(([(header::ALLOW, "GET,HEAD")], refused).into_response());
    }
    if let Some(file) = Files::get(path).filter(|_| !path.is_empty()) {
        return Ok(answer(path, file, request.headers()));
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') || path.starts_with("assets/") {
        return Err(refuse(Code::NotFound, "There is nothing at this address."));
    }
    Ok(match Files::get("index.html") {
        Some(index) => answer("index.html", index, request.headers()),
        None => ([(header::CACHE_CONTROL, "no-store")], Html(NOT_BUILT)).into_response(),
    })
}

fn answer(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    respond(path, file.data.into_owned(), &file.metadata.sha256_hash(), headers)
}

fn respond(path: &str, data: Vec<u8>, sha256: &[u8; 32], headers: &HeaderMap) -> Response {
    let hash: String = sha256[..16].iter().map(|b| format!("{b:02x}")).collect();
    // Weak: compression on the way changes the bytes.
    let tag = format!("W/\"{hash}\"");
    // Vite puts a hash of the content into the names of what is under assets/.
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let about = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, keep.to_owned())];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|h| h.to_str().ok());
    if known.is_some_and(|known| known == "*" || known.split(',').any(|k| k.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    (about, [(header::CONTENT_TYPE, kind)], Body::from(data)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(path: &str, known: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(header::IF_NONE_MATCH, known.parse().unwrap());
        }
        respond(path, b"x".to_vec(), &[0xab; 32], &headers)
    }

    #[test]
    fn hashed_names_are_kept_for_ever_and_the_rest_is_asked_for_again() {
        let script = ask("assets/index-B1x.js", None);
        assert_eq!(script.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(script.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        let page = ask("index.html", None);
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(ask("rnnoise.wasm", None).headers()[header::CONTENT_TYPE], "application/wasm");
        assert_eq!(ask("what", None).headers()[header::CONTENT_TYPE], "application/octet-stream");
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        let tag = ask("index.html", None).headers()[header::ETAG].to_str().unwrap().to_owned();
        for known in [tag.clone(), "*".into(), format!("\"other\", {tag}")] {
            assert_eq!(ask("index.html", Some(&known)).status(), StatusCode::NOT_MODIFIED);
        }
        assert_eq!(ask("index.html", Some("W/\"other\"")).status(), StatusCode::OK);
    }
}
