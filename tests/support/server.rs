//! A real server process in a directory of its own: started, killed, started again on the same port and data.
//! Owns the process; knows nothing of what a test asks of it.

#[path = "bound.rs"]
mod bound;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use tempfile::TempDir;

/// A `charla serve` child; killed when dropped.
pub struct Server {
    child: Option<Child>,
    config: PathBuf,
    environment: Vec<(&'static str, String)>,
    pub dir: TempDir,
    pub url: String,
    pub http: Client,
}

const LOOPBACK: &str = "127.0.0.1";

/// Where servers run: on this machine's loopback, or where `CHARLA_TEST_PLACE` says, in the network namespace and on the
/// address of `NAMESPACE:ADDRESS`.
fn place() -> (Option<String>, String) {
    let said = std::env::var("CHARLA_TEST_PLACE").ok();
    let place = said.as_deref().and_then(|said| said.split_once(':'));
    place.map_or((None, LOOPBACK.to_owned()), |(namespace, host)| (Some(namespace.into()), host.into()))
}

impl Server {
    /// `config` is TOML appended to the test's own; its tables must be other ones than `server` and `tls`.
    pub async fn start(config: &str) -> Self {
        Self::start_with(config, Vec::new()).await
    }

    /// The same in an environment of its own.
    pub async fn start_with(config: &str, environment: Vec<(&'static str, String)>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = dir.path().display();
        let (_, host) = place();
        let own = format!(
            "[server]\nlisten = [\"{host}:{port}\"]\ndata_dir = \"{at}/data\"\n[tls]\ndir = \"{at}/certs\"\n"
        );
        let path = dir.path().join("config.toml");
        fs::write(&path, own + config).unwrap();
        let http = Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
        let name = if host == LOOPBACK { "localhost" } else { &host };
        let url = format!("https://{name}:{port}");
        let mut server = Self { child: None, config: path, environment, dir, url, http };
        server.up().await;
        server
    }

    /// Starts the process and waits until it is ready.
    pub async fn up(&mut self) {
        let log = fs::File::create(self.dir.path().join("log")).unwrap();
        let mut program = match place() {
            (None, _) => bound::bound(env!("CARGO_BIN_EXE_charla")),
            (Some(namespace), _) => {
                let mut program = bound::bound("ip");
                program.args(["netns", "exec", &namespace, env!("CARGO_BIN_EXE_charla")]);
                program
            }
        };
        let child = program
            .arg("--config")
            .arg(&self.config)
            .arg("serve")
            .envs(self.environment.iter().cloned())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let answer = self.http.get(format!("{}/api/v1/health/ready", self.url)).send().await;
            if answer.is_ok_and(|a| a.status() == 200) {
                return;
            }
            let gone = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(gone.is_none() && Instant::now() < end, "the server did not come up:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGKILL, as a crash or a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM, as a service manager or somebody who updates it would; waits until it has stopped.
    #[allow(dead_code)]
    pub async fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let told = std::process::Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
        assert!(told.unwrap().success());
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "{status}: {}", self.log());
                return;
            }
            assert!(Instant::now() < end, "the server did not stop:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The process's number.
    #[allow(dead_code)]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// What a client needs to trust this server and no other.
    #[allow(dead_code)]
    pub fn tls(&self) -> Arc<ClientConfig> {
        let authority = fs::read(self.dir.path().join("certs/ca.crt")).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&authority).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Arc::new(config.with_root_certificates(roots).with_no_client_auth())
    }

    /// What the process has written.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Makes an account and answers its access token and id.
    pub async fn register(&self, username: &str) -> Person {
        let body = serde_json::json!({
            "username": username, "email": format!("{username}@example.org"), "password": "a good long passphrase"
        });
        let answer =
            self.http.post(format!("{}/api/v1/auth/register", self.url)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", self.log());
        let body: Value = answer.json().await.unwrap();
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        Person {
            id: text(&body["user"]["id"]),
            token: text(&body["accessToken"]),
            refresh: text(&body["refreshToken"]),
            url: self.url.clone(),
            http: self.http.clone(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Somebody who has signed in over REST.
#[derive(Clone)]
#[allow(dead_code)]
pub struct Person {
    pub id: String,
    pub token: String,
    refresh: String,
    url: String,
    http: Client,
}

#[allow(dead_code)]
impl Person {
    /// The same person at another server, which knows his token.
    pub fn at(self, server: &Server) -> Self {
        Self { url: server.url.clone(), http: server.http.clone(), ..self }
    }

    /// One request below `/api/v1`.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Response> {
        let request =
            self.http.request(method, format!("{}/api/v1{path}", self.url)).bearer_auth(&self.token);
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    /// Renews the access token.
    pub async fn refresh(&mut self) {
        let body = serde_json::json!({ "refreshToken": self.refresh });
        let answer =
            self.http.post(format!("{}/api/v1/auth/refresh", self.url)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        let body: Value = answer.json().await.unwrap();
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        (self.token, self.refresh) = (text(&body["accessToken"]), text(&body["refreshToken"]));
    }

    /// A GET that must succeed.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, None).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }
}
