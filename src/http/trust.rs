//! `/trust`: how to make a device trust the server's own certificate authority. Without one there is nothing to trust.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::problem::{Refused, refuse};
use super::{App, Route};
use crate::code::Code;

/// The page in each language that the web client speaks; English serves who reads none of them.
const PAGES: [(&str, &str); 3] = [
    ("en", include_str!("trust/en.html")),
    ("es", include_str!("trust/es.html")),
    ("de", include_str!("trust/de.html")),
];
const STYLE: &str = include_str!("trust/style.css");

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

async fn page(State(app): State<App>, headers: HeaderMap) -> Result<impl IntoResponse, Refused> {
    let trust = offered(&app)?;
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let here = system_of(said(header::USER_AGENT));
    let mut html = page_for(said(header::ACCEPT_LANGUAGE))
        .replace("{{fingerprint}}", &escape(&trust.fingerprint))
        .replace("{{names}}", &escape(&trust.names.join(", ")));
    for system in SYSTEMS {
        html = html.replace(&format!("{{{{{system}}}}}"), if system == here { " open" } else { "" });
    }
    Ok(([(header::CACHE_CONTROL, "no-store"), (header::VARY, "Accept-Language")], Html(html)))
}

/// The page in the language that is wished most (RFC 9110 12.5.4); of languages wished alike, the first.
fn page_for(accept_language: &str) -> &'static str {
    let mut best = (0.0, PAGES[0].1);
    for wish in accept_language.split(',') {
        let mut parts = wish.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        let language = tag.split('-').next().unwrap_or_default();
        let known = PAGES.iter().find(|(name, _)| name.eq_ignore_ascii_case(language));
        if let Some((_, page)) = known
            && weight > best.0
        {
            best = (weight, page);
        }
    }
    best.1
}

/// What the page has steps for.
const SYSTEMS: [&str; 6] = ["windows", "mac", "ios", "android", "linux", "firefox"];

/// Whose steps a browser's user sees first. A guess: the others are a click away.
fn system_of(agent: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| agent.contains(word));
    match () {
        () if has(&["iPhone", "iPad", "iPod"]) => "ios",
        () if has(&["Android"]) => "android",
        // It has a store of its own on every computer.
        () if has(&["Firefox/"]) => "firefox",
        () if has(&["Windows"]) => "windows",
        () if has(&["Mac OS X", "Macintosh"]) => "mac",
        () => "linux",
    }
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
    use super::{PAGES, SYSTEMS, page_for, system_of};

    #[test]
    fn the_page_speaks_the_language_that_is_wished_most() {
        for (wished, language) in [
            ("", "en"),
            ("es", "es"),
            ("es-MX,es;q=0.9,en;q=0.8", "es"),
            ("fr-FR, fr;q=0.9, de;q=0.5, en;q=0.3", "de"),
            ("en;q=0.5, DE-at;q=0.8", "de"),
            ("fr", "en"),
            ("es;q=0, *", "en"),
            ("es;q=much, de;q=0.1", "de"),
        ] {
            let page = page_for(wished);
            assert!(page.contains(&format!("<html lang=\"{language}\">")), "{wished}");
        }
    }

    #[test]
    fn the_steps_for_this_system_come_first() {
        for (agent, system) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
                "windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/26 Safari/605.1",
                "mac",
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1", "ios"),
            ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile", "android"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "firefox"),
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0", "linux"),
            ("", "linux"),
        ] {
            assert_eq!(system_of(agent), system, "{agent}");
        }
        for (language, page) in PAGES {
            for part in ["{{fingerprint}}", "{{names}}", "href=\"/trust/ca.crt\""] {
                assert_eq!(page.matches(part).count(), 1, "{language} {part}");
            }
            for system in SYSTEMS {
                let place = format!("name=\"system\"{{{{{system}}}}}>");
                assert_eq!(page.matches(&place).count(), 1, "{language} {system}");
            }
        }
    }

    #[test]
    fn names_cannot_bring_markup() {
        assert_eq!(super::escape("<b a=\"'&\">"), "&lt;b a=&quot;&#39;&amp;&quot;&gt;");
    }
}
