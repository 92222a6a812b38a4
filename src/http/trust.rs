//! `/trust`: how to make a device trust the server's own certificate authority. Without one there is nothing to trust.

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::problem::{Refused, refuse};
use super::{App, Route};
use crate::code::Code;

const PAGE: &str = include_str!("trust.html");
const STYLE: &str = include_str!("trust.css");

/// What `/trust` offers when this server's certificate comes from its own CA.
#[derive(Clone, Debug)]
pub struct TrustPage {
    /// The CA's certificate, PEM.
    pub ca_pem: String,
    /// Its SHA-256, as browsers and systems show it: `AB:CD:…`.
    pub fingerprint: String,
    /// The names and addresses the server's certificate is for.
    pub names: Vec<String>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![("/trust", get(page)), ("/trust/ca.crt", get(certificate)), ("/trust/style.css", get(style))]
}

async fn page(State(app): State<App>) -> Result<impl IntoResponse, Refused> {
    let trust = offered(&app)?;
    let html = PAGE
        .replace("{{fingerprint}}", &escape(&trust.fingerprint))
        .replace("{{names}}", &escape(&trust.names.join(", ")));
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)))
}

async fn certificate(State(app): State<App>) -> Result<impl IntoResponse, Refused> {
    let pem = offered(&app)?.ca_pem.clone();
    let about = [
        (header::CONTENT_TYPE, "application/x-x509-ca-cert"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"charla-ca.crt\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((about, pem))
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], STYLE)
}

fn offered(app: &App) -> Result<&TrustPage, Refused> {
    app.trust.as_ref().ok_or_else(|| {
        refuse(
            Code::NotFound,
            "This server has a certificate of its operator's: there is nothing to install.",
        )
    })
}

pub fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, c| {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_cannot_bring_markup() {
        assert_eq!(super::escape("<b a=\"'&\">"), "&lt;b a=&quot;&#39;&amp;&quot;&gt;");
    }
}
