//! `charla health URL`: asks a running server whether it is ready. Sends nothing secret and believes any certificate.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

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
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    let stream = TcpStream::connect((host, port)).await?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let question = format!("GET {PATH} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await?;
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    while !answer.contains(&b'\n') && answer.len() < 4096 {
        match stream.read(&mut part).await? {
            0 => break,
            n => answer.extend_from_slice(&part[..n]),
        }
    }
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// The question is whether it answers, not who it is.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
