//! ETags of reads that clients poll: whoever says which answer he has is told 304 while it is still right. Spares what is
//! sent, not the looking up. Knows bytes.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::problem::{Refused, refuse};
use crate::code::Code;

/// The addresses, as the router has them.
pub const POLLED: [&str; 6] = [
    "/api/v1/users/me",
    "/api/v1/conversations",
    "/api/v1/conversations/{id}",
    "/api/v1/conversations/{id}/messages",
    "/api/v1/calls",
    "/api/v1/calls/{id}",
];

/// No answer of these is longer.
const MOST: usize = 16 << 20;
const TAG_BYTES: usize = 16;

/// Around the handler of such a read.
pub async fn tagged(request: Request, next: Next) -> Result<Response, Refused> {
    if request.method() != Method::GET {
        return Ok(next.run(request).await);
    }
    let known = request.headers().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let bytes =
        to_bytes(body, MOST).await.map_err(|_| refuse(Code::Internal, "The server's log has the cause."))?;
    let digest = Sha256::digest(&bytes);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..TAG_BYTES]));
    let Ok(value) = HeaderValue::from_str(&tag) else {
        return Ok(Response::from_parts(parts, Body::from(bytes)));
    };
    parts.headers.insert(header::ETAG, value);
    if names(&known, &tag) {
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Ok((StatusCode::NOT_MODIFIED, parts.headers).into_response());
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// Whether `If-None-Match` names the tag (compared weakly, as RFC 9110 wants) or any.
fn names(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_named_alone_in_a_list_weakly_or_by_a_star() {
        let names = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, value.parse().unwrap());
            names(&headers, "\"a\"")
        };
        assert!(names("\"a\"") && names("\"b\", \"a\"") && names("W/\"a\"") && names("*"));
        assert!(!names("\"b\"") && !names("a") && !names(""));
    }
}
