//! What every request must pass and every response carries: our Host, no foreign Origin, headers that bind the browser.
//! Knows headers only; who asks is `extract`'s business.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::problem::{Refused, refuse};
use crate::code::Code;
use crate::site::Site;

/// Sent by our page with every change; a foreign page cannot add it without a preflight that nobody answers.
pub const CSRF_HEADER: &str = "x-charla-csrf";

/// The host that a request is for: `:authority` in HTTP/2, else the Host header.
pub fn host(parts: &Parts) -> Option<&str> {
    match parts.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => parts.headers.get(header::HOST).and_then(|h| h.to_str().ok()),
    }
}

/// Refuses hosts that are not ours (DNS rebinding), and foreign pages wherever they ask for more than a document.
pub fn check(site: &Site, parts: &Parts) -> Result<(), Refused> {
    let host = host(parts).filter(|h| site.is_ours(h)).ok_or_else(|| {
        refuse(
            Code::WrongHost,
            "Use one of the server's own names; `server.hosts` in its config.toml adds more.",
        )
    })?;
    if parts.uri.path().starts_with("/api/")
        && parts.headers.contains_key(header::ORIGIN)
        && !own_origin(site, parts, host)
    {
        return Err(refuse(Code::ForeignOrigin, "Only this server's own page may ask from a browser."));
    }
    Ok(())
}

/// What a request that a cookie signs must bring when it changes something.
pub fn check_csrf(site: &Site, parts: &Parts) -> Result<(), Refused> {
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return Ok(());
    }
    let ours = host(parts).is_some_and(|host| own_origin(site, parts, host));
    if ours && parts.headers.get(CSRF_HEADER).is_some_and(|v| v == "1") {
        return Ok(());
    }
    Err(refuse(
        Code::Csrf,
        "With the cookie, send our Origin and the header X-Charla-Csrf: 1; or use a bearer token.",
    ))
}

/// Exactly one Origin, and it is ours.
fn own_origin(site: &Site, parts: &Parts, host: &str) -> bool {
    let mut origins = parts.headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| site.is_own_origin(origin, host)),
        _ => false,
    }
}

/// Puts the headers on a response. `host` is ours, or absent if it was not.
pub fn protect(headers: &mut HeaderMap, site: &Site, host: Option<&str>) {
    const FIXED: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("permissions-policy"),
            "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
        ),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Not every browser takes 'self' in connect-src for the same host's WebSocket.
    let sockets = host.map(|host| format!(" wss://{host}")).unwrap_or_default();
    // Noise is taken out of the microphone's sound by WebAssembly that we serve (RNNoise); `wasm-unsafe-eval` lets it be
    // compiled, and no text be run as JavaScript.
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'{sockets}; img-src 'self' data: blob:; media-src 'self' blob:; \
         worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    // A file brings a stricter one.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::from_str(&policy)
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if site.hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}
