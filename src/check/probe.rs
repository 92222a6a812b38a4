//! `charla health URL`: asks a running server whether it is ready. Sends nothing secret and believes any certificate.

use std::time::Duration;

use axum::http::Uri;
use rustls_pki_types::ServerName;
use thiserror::Error;

use super::client;

/// For the whole question.
const PATIENCE: Duration = Duration::from_secs(5);
const PATH: &str = "/api/v1/health/ready";

/// Why the server is not ready.
#[derive(Debug, Error)]
pub enum ProbeError {
    #[error("{0} is no address of a server. Write for example: charla health https://localhost:8443")]
    BadUrl(String),
    #[error("{host} does not answer: {source}")]
    Unreachable { host: String, source: std::io::Error },
    #[error("{0} did not answer within 5 seconds")]
    TooSlow(String),
    #[error("{host} is not ready: it answered {status:?}")]
    NotReady { host: String, status: String },
}

/// Asks `url` (its path is not used) for its health.
///
/// # Errors
/// Anything but a 200 within five seconds.
pub async fn ready(url: &str) -> Result<(), ProbeError> {
    let bad = || ProbeError::BadUrl(url.into());
    let uri: Uri = url.parse().map_err(|_| bad())?;
    let host = uri.host().filter(|_| uri.scheme_str() == Some("https")).ok_or_else(bad)?.to_owned();
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(bare.clone()).map_err(|_| bad())?;
    let port = uri.port_u16().unwrap_or(443);
    let authority = format!("{host}:{port}");
    let asked = tokio::time::timeout(PATIENCE, ask(&bare, port, name, &authority));
    match asked.await {
        Err(_) => Err(ProbeError::TooSlow(host)),
        Ok(Err(source)) => Err(ProbeError::Unreachable { host, source }),
        Ok(Ok(status)) if status.contains(" 200") => Ok(()),
        Ok(Ok(status)) => Err(ProbeError::NotReady { host, status }),
    }
}

/// The status line of the answer.
async fn ask(host: &str, port: u16, name: ServerName<'static>, authority: &str) -> std::io::Result<String> {
    let stream = client::tls(host, port, name).await?;
    let answer = client::get(stream, PATH, authority).await?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
