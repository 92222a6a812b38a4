//! `charla check`: what stands before the server where people reach it. Asks there for TURN, plain and inside TLS, and
//! over HTTP: what gets no answer is what calls will not get through either. Knows no configuration.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client;

/// For each question.
const PATIENCE: Duration = Duration::from_secs(3);
/// An Allocate without credentials (RFC 8656 7.1), which every TURN server answers with a challenge.
const ALLOCATE: [u8; 20] = *b"\x00\x03\x00\x00\x21\x12\xa4\x42charla-check";
const CHALLENGE: [u8; 2] = [0x01, 0x13];
const PATH: &str = "/api/v1/health/live";
const GUIDE: &str = "docs/reverse-proxy.md";

/// What answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Front {
    /// TURN as it is. ICE-TCP goes the same way: both are told by the first bytes of a connection.
    pub plain: bool,
    /// TURN inside TLS.
    pub tls: bool,
    /// The status line of an HTTP answer inside TLS, and who says that he had a hand in it.
    pub http: Option<(String, Vec<String>)>,
    /// Whose certificate was shown.
    pub certificate: Option<CertificateDer<'static>>,
}

/// What is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    Fact(String),
    Doubt(String),
}

/// Asks at a name and port; `None` where nobody takes a connection.
pub async fn look(host: &str, port: u16) -> Option<Front> {
    let stream = patiently(TcpStream::connect((host, port))).await?;
    let mut front = Front { plain: is_turn(stream).await, ..Front::default() };
    let Ok(name) = ServerName::try_from(host.to_owned()) else { return Some(front) };
    if let Some(stream) = patiently(client::tls(host, port, name.clone())).await {
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        front.certificate = chain.first().map(|leaf| leaf.clone().into_owned());
        front.tls = is_turn(stream).await;
    }
    if let Some(stream) = patiently(client::tls(host, port, name)).await {
        let authority = if port == 443 { host.to_owned() } else { format!("{host}:{port}") };
        let head = patiently(client::get(stream, PATH, &authority)).await;
        front.http = head.as_deref().and_then(http);
    }
    Some(front)
}

async fn patiently<T>(asked: impl Future<Output = std::io::Result<T>>) -> Option<T> {
    tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()
}

async fn is_turn(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> bool {
    let mut answer = [0; ALLOCATE.len()];
    let asked = async {
        stream.write_all(&ALLOCATE).await?;
        stream.read_exact(&mut answer).await
    };
    patiently(asked).await.is_some() && answer[..2] == CHALLENGE && answer[4..] == ALLOCATE[4..]
}

/// The status line, and the values of the headers in which programs name themselves. Charla sends none of them.
fn http(head: &str) -> Option<(String, Vec<String>)> {
    let mut lines = head.lines();
    let status = lines.next().filter(|line| line.starts_with("HTTP/"))?;
    let named = lines.filter_map(|line| line.split_once(':')).filter_map(|(key, value)| {
        let who = ["server", "via"].iter().any(|name| key.eq_ignore_ascii_case(name));
        who.then(|| value.trim().chars().filter(|c| !c.is_control()).take(60).collect())
    });
    Some((status.to_owned(), named.collect()))
}

/// PURE: what it means for calls. `ours` says whether the certificate was this server's own, if that is known; `runs`
/// whether this server seems to run.
pub fn finding(front: Option<&Front>, place: &str, ours: Option<bool>, runs: bool) -> Finding {
    let Some(front) = front else {
        return if runs {
            Finding::Doubt(format!(
                "{place} takes no connection from here: if people elsewhere cannot reach it either, the port is not \
                 forwarded to this machine"
            ))
        } else {
            Finding::Fact(format!("{place} takes no connection now; ask again when the server runs"))
        };
    };
    let other = if ours == Some(false) { ", with another certificate than this server's" } else { "" };
    match (front.plain, front.tls, &front.http) {
        (true, true, _) => {
            Finding::Fact(format!("{place} leads here: ICE-TCP, TURN and TURN inside TLS pass{other}"))
        }
        (false, true, _) => Finding::Doubt(format!(
            "{place} lets TLS alone through{other}: calls without UDP go by TURN inside TLS, but not by ICE-TCP, which \
             is quicker; let it pass every TCP connection on as it is ({GUIDE})"
        )),
        (true, false, _) => Finding::Doubt(format!(
            "{place} passes plain TURN, but not TURN inside TLS{other}: networks that let nothing but TLS through have \
             no audio; let it pass TLS on as it is ({GUIDE})"
        )),
        (false, false, Some((status, named))) => {
            let who = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
            Finding::Doubt(format!(
                "an HTTP proxy{who} answers at {place}{other}: \"{status}\". It may serve the page, but ICE-TCP and TURN \
                 do not pass, so whoever cannot use UDP has no audio; let it pass TLS on as it is, as a TCP or \
                 \"stream\" proxy ({GUIDE})"
            ))
        }
        (false, false, None) => Finding::Doubt(format!(
            "{place} takes connections, but this server does not answer there{}",
            if runs { "" } else { "; ask again when it runs" }
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_himself_in_an_answer_is_told() {
        let head = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nvia: 1.1 cache\r\nContent-Type: a/b\r\nServerless: no";
        let (status, named) = http(head).unwrap();
        assert_eq!(
            (status.as_str(), named),
            ("HTTP/1.1 200 OK", vec!["nginx/1.22.1".into(), "1.1 cache".into()])
        );
        assert_eq!(http("SSH-2.0-OpenSSH"), None);
        assert_eq!(http(""), None);
    }

    #[test]
    fn every_front_has_its_finding() {
        let http = |status: &str| Some((status.to_owned(), vec!["nginx".to_owned()]));
        type Case = (Option<Front>, Option<bool>, bool, bool, &'static str);
        let cases: [Case; 8] = [
            (None, None, false, false, "ask again when the server runs"),
            (None, None, true, true, "not forwarded"),
            (Some(Front { plain: true, tls: true, ..Front::default() }), Some(true), true, false, "TLS pass"),
            (
                Some(Front { plain: true, tls: true, ..Front::default() }),
                Some(false),
                true,
                false,
                "another certificate",
            ),
            (
                Some(Front { tls: true, http: http("HTTP/1.1 200 OK"), ..Front::default() }),
                None,
                true,
                true,
                "TLS alone",
            ),
            (Some(Front { plain: true, ..Front::default() }), None, true, true, "not TURN inside TLS"),
            (
                Some(Front { http: http("HTTP/1.1 502 Bad Gateway"), ..Front::default() }),
                Some(false),
                true,
                true,
                "HTTP proxy (nginx)",
            ),
            (Some(Front::default()), None, true, true, "does not answer there"),
        ];
        for (front, ours, runs, doubtful, words) in cases {
            let (is_doubt, text) = match finding(front.as_ref(), "chat.example.org:443", ours, runs) {
                Finding::Fact(text) => (false, text),
                Finding::Doubt(text) => (true, text),
            };
            assert_eq!(is_doubt, doubtful, "{text}");
            assert!(text.contains("chat.example.org:443") && text.contains(words), "{text}");
        }
    }
}
