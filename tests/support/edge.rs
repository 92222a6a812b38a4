//! A whole server in this process on ports of its own, and clients that know its certificate authority: well-behaved
//! ones and raw streams. Owns what is started; knows no event and no resource.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use charla::config::Config;
pub use charla::port::Deadlines;
use charla::{Options, Running, start};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Edge {
    pub running: Running,
    pub dir: TempDir,
}

/// Deadlines that a test can wait for.
pub fn impatient() -> Deadlines {
    Deadlines {
        first_bytes: Duration::from_millis(300),
        handshake: Duration::from_millis(300),
        headers: Duration::from_millis(300),
        body: Duration::from_millis(300),
        ping: Duration::from_secs(5),
        tunnel: Duration::from_millis(300),
    }
}

/// The defaults, but in `dir` and on a free port of this machine alone.
pub fn config(dir: &TempDir) -> Config {
    let mut config = Config::default();
    config.server.listen = vec!["127.0.0.1:0".parse().unwrap()];
    config.server.data_dir = dir.path().join("data");
    config.tls.dir = dir.path().join("certs");
    config
}

impl Edge {
    pub async fn new() -> Self {
        Self::with(Deadlines::default(), |_| {}).await
    }

    pub async fn with(deadlines: Deadlines, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config(&dir);
        change(&mut config);
        let running = start(config, Options { deadlines, to_terminal: true }).await.unwrap();
        Self { running, dir }
    }

    pub fn address(&self) -> SocketAddr {
        self.running.addresses[0]
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address().port())
    }

    /// A client that trusts this server's authority and no other.
    pub fn http(&self) -> reqwest::ClientBuilder {
        let pem = self.running.authority.as_deref().unwrap();
        let authority = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
        reqwest::Client::builder()
            .tls_certs_only([authority])
            .resolve("localhost", self.address())
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
    }

    /// What rustls needs to trust this server; `protocols` by ALPN.
    pub fn tls(&self, protocols: &[&str]) -> Arc<ClientConfig> {
        let pem = self.running.authority.as_deref().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.unwrap()
    }

    /// A TLS stream that speaks HTTP/1.1 by hand.
    pub async fn connect_tls(&self) -> TlsStream<TcpStream> {
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(self.tls(&["http/1.1"])).connect(name, self.connect().await).await.unwrap()
    }
}

/// Everything until the server closes, or a panic.
pub async fn until_closed(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut all = Vec::new();
    let reading = async {
        let mut buffer = [0; 4096];
        // A reset is a way to close, too.
        while let Ok(n @ 1..) = stream.read(&mut buffer).await {
            all.extend_from_slice(&buffer[..n]);
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("the server should have closed the connection");
    all
}

/// Reads until the server has said `words`.
pub async fn until_said(stream: &mut (impl AsyncRead + Unpin), words: &str) {
    let mut all = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&all).contains(words) {
            let mut buffer = [0; 4096];
            let n = stream.read(&mut buffer).await.unwrap();
            assert_ne!(n, 0, "closed after {}", String::from_utf8_lossy(&all));
            all.extend_from_slice(&buffer[..n]);
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("the server should have said more");
}

/// Waits until something holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "never happened: {what}");
}
