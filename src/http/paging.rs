//! PURE: cursors of lists, and the header that leads to the next page. A cursor is opaque: clients hand it back as it is.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bson::oid::ObjectId;

use super::extract::invalid;
use super::problem::Refused;
use crate::clock::Timestamp;
use crate::model::Cursor;

/// `at` and `id` as 27 URL-safe characters.
pub fn encode(at: Timestamp, id: ObjectId) -> String {
    let mut raw = [0; 20];
    raw[..8].copy_from_slice(&at.0.to_be_bytes());
    raw[8..].copy_from_slice(&id.bytes());
    URL_SAFE_NO_PAD.encode(raw)
}

/// What `encode` made.
///
/// # Errors
/// `Invalid` for anything else.
pub fn decode<Id>(
    text: Option<&str>,
    id: impl FnOnce(ObjectId) -> Id,
) -> Result<Option<Cursor<Id>>, Refused> {
    let Some(text) = text else { return Ok(None) };
    let raw: Option<[u8; 20]> = URL_SAFE_NO_PAD.decode(text).ok().and_then(|raw| raw.try_into().ok());
    let Some(raw) = raw else {
        return Err(invalid("after", "Use what `next` of the page before said, as it is."));
    };
    let (at, rest) = raw.split_at(8);
    let at = Timestamp(i64::from_be_bytes(at.try_into().expect("split at 8")));
    Ok(Some(Cursor { at, id: id(ObjectId::from_bytes(rest.try_into().expect("20 less 8 is 12"))) }))
}

/// A text as URL-safe characters: a cursor of lists that are in the order of a text.
pub fn encode_text(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// What `encode_text` made.
///
/// # Errors
/// `Invalid` for anything else.
pub fn decode_text(text: Option<&str>) -> Result<Option<String>, Refused> {
    let Some(text) = text else { return Ok(None) };
    let raw = URL_SAFE_NO_PAD.decode(text).ok().and_then(|raw| String::from_utf8(raw).ok());
    match raw.filter(|raw| !raw.is_empty()) {
        Some(text) => Ok(Some(text)),
        None => Err(invalid("after", "Use what `next` of the page before said, as it is.")),
    }
}

/// `Link: <…>; rel="next"`: the same address with `name=next`, or nothing.
pub fn link(uri: &Uri, name: &str, next: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(next) = next else { return headers };
    let same = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(name);
    let kept = uri.query().unwrap_or_default().split('&').filter(same);
    let mut query: Vec<String> = kept.map(str::to_owned).collect();
    query.push(format!("{name}={next}"));
    if let Ok(value) = HeaderValue::from_str(&format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"))) {
        headers.insert(header::LINK, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let id = ObjectId::from_bytes([7; 12]);
        for at in [0, -1, 1_700_000_000_123, i64::MAX, i64::MIN] {
            let text = encode(Timestamp(at), id);
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            assert_eq!(decode(Some(&text), |id| id).unwrap(), Some(Cursor { at: Timestamp(at), id }));
        }
        for junk in ["", "x", "AAAA", &"A".repeat(28), &"=".repeat(27)] {
            assert!(decode(Some(junk), |id| id).is_err(), "{junk}");
        }
        assert_eq!(decode(None, |id| id).unwrap(), None);
    }

    #[test]
    fn a_text_comes_back_as_it_was() {
        for text in ["anna", "Жанна", "a.b_c-9"] {
            assert_eq!(decode_text(Some(&encode_text(text))).unwrap().as_deref(), Some(text));
        }
        for junk in ["", "=", "a b", "_w"] {
            assert!(decode_text(Some(junk)).is_err(), "{junk}");
        }
    }

    #[test]
    fn the_link_keeps_the_rest_of_the_query() {
        let uri: Uri = "/api/v1/calls?with=1&after=old&limit=2".parse().unwrap();
        let headers = link(&uri, "after", Some("new"));
        assert_eq!(headers[header::LINK], "</api/v1/calls?with=1&limit=2&after=new>; rel=\"next\"");
        assert!(link(&uri, "after", None).is_empty());
        let bare: Uri = "/api/v1/calls".parse().unwrap();
        assert_eq!(
            link(&bare, "after", Some("new"))[header::LINK],
            "</api/v1/calls?after=new>; rel=\"next\""
        );
    }
}
