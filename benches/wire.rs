//! Messages over TLS and Socket.IO at a real server in a process of its own: acknowledged and delivered per second on both
//! stores, and what an idle socket costs. The server has the first processor, this process the second; mongod may use
//! both. One plain line per figure. `cargo bench --bench wire [-- [--quick] [--sqlite]]`
#![allow(clippy::disallowed_methods)]

#[path = "../tests/support/mongod.rs"]
mod mongod;
#[path = "../tests/support/socket.rs"]
mod socket;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use socket::{Plain, Socket};
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite::Message;

use support::{ms, processor};

const USERS: usize = 100;
const CONTENT: &str = "See you at eight, then. I bring the bread, you bring the cheese?";
const PASSWORD: &str = "a good long passphrase";

struct Server {
    child: Child,
    url: String,
    http: reqwest::Client,
    tls: Arc<ClientConfig>,
    _dir: tempfile::TempDir,
}

fn main() {
    let has = |flag: &str| std::env::args().any(|arg| arg == flag);
    let (warm, load, idle) = if has("--quick") { (1, 2, 500) } else { (3, 12, 4_000) };
    let (warm, load) = (Duration::from_secs(warm), Duration::from_secs(load));
    // Before this process is pinned, for its children are where it is.
    let mongo = (!has("--sqlite")).then(|| (mongod::fresh_url(), mongod::shared().pid));
    let own = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-acp", "1", &own]).stdout(Stdio::null()).status();
    assert!(pinned.expect("taskset, of util-linux").success());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = Server::start("").await;
        let people = server.people().await;
        messages("sqlite", &server, None, &people, warm, load).await;
        sockets(&server, &people, idle).await;
        drop(server);
        if let Some((url, pid)) = mongo {
            let server = Server::start(&format!("[storage]\nurl = \"{url}\"\n")).await;
            let people = server.people().await;
            messages("mongodb", &server, Some(pid), &people, warm, load).await;
        }
    });
}

/// A token and an id.
type Person = (String, String);

impl Server {
    async fn start(config: &str) -> Self {
        // Not in /tmp, which may be memory, where syncing costs nothing.
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        let dir = tempfile::tempdir_in(target).expect("a directory under target");
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let at = dir.path().display();
        let own = format!(
            "[server]\nlisten = [\"127.0.0.1:{port}\"]\ndata_dir = \"{at}/data\"\n[tls]\ndir = \"{at}/certs\"\n\
             [log]\nlevel = \"warn\"\n[limits]\nevents_per_second = 100000\nevents_burst = 1000000\n\
             connections_per_address = 10000\nregistrations_per_address = 1000\n"
        );
        let path: PathBuf = dir.path().join("config.toml");
        std::fs::write(&path, own + config).expect("a file");
        let log = std::fs::File::create(dir.path().join("log")).expect("a file");
        let child = Command::new("taskset")
            .args(["-c", "0", env!("CARGO_BIN_EXE_charla"), "--config"])
            .arg(&path)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("the server");
        let http =
            reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().expect("a client");
        let url = format!("https://localhost:{port}");
        while !http.get(format!("{url}/api/v1/health/ready")).send().await.is_ok_and(|a| a.status() == 200) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let authority = std::fs::read(dir.path().join("certs/ca.crt")).expect("the authority's certificate");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&authority).expect("a certificate")).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { child, url, http, tls: Arc::new(tls), _dir: dir }
    }

    async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Value {
        let ask = self.http.post(format!("{}/api/v1/{path}", self.url)).json(&body);
        let ask = if let Some(token) = token { ask.bearer_auth(token) } else { ask };
        let answer = ask.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }

    async fn people(&self) -> Vec<Person> {
        let mut people = Vec::new();
        for n in 0..USERS {
            let wish = json!({"username": format!("user{n}"), "email": format!("u{n}@example.org"), "password": PASSWORD});
            let made = self.post("auth/register", None, wish).await;
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            people.push((text(&made["accessToken"]), text(&made["user"]["id"])));
        }
        people
    }

    /// Connected and welcomed.
    async fn socket(&self, token: &str) -> Plain {
        let tls = Some(Connector::Rustls(self.tls.clone()));
        let mut ws = Socket::open(&self.url, "", &[], tls).await.expect("a socket");
        read(&mut ws).await;
        send(&mut ws, format!("40{}", json!({ "token": token }))).await;
        while !read(&mut ws).await.starts_with("42[\"welcome\"") {}
        ws
    }

    fn memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux's /proc");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.split_whitespace().next().and_then(|kb| kb.parse().ok()).expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn send(ws: &mut Plain, text: String) {
    ws.send(Message::Text(text.into())).await.expect("a frame goes out");
}

/// The next packet, pings answered on the way.
async fn read(ws: &mut Plain) -> String {
    loop {
        match ws.next().await {
            Some(Ok(Message::Text(text))) if text.as_str() == "2" => send(ws, "3".into()).await,
            Some(Ok(Message::Text(text))) => return text.to_string(),
            Some(Ok(_)) => {}
            other => panic!("the socket ended: {other:?}"),
        }
    }
}

/// What one user has seen, since `from`.
#[derive(Default)]
struct Seen {
    acked: Vec<Duration>,
    delivered: Vec<Duration>,
}

/// Writes the next message when the one before is acknowledged, and hears what the other one writes.
async fn talk(mut ws: Plain, conversation: String, zero: Instant, from: Duration, until: Duration) -> Seen {
    let (mut seen, mut n, mut begun) = (Seen::default(), 0_u64, Duration::ZERO);
    let mut next = true;
    let mut closing = until + Duration::from_secs(2);
    loop {
        let now = zero.elapsed();
        if next && now < until {
            (n, next, begun) = (n + 1, false, now);
            let body = json!({"clientId": format!("{}-{n}", now.as_nanos()), "conversation": conversation,
                "content": format!("{}|{CONTENT}", now.as_nanos())});
            send(&mut ws, format!("42{n}[\"sendMessage\",{body}]")).await;
        }
        let Ok(packet) = tokio::time::timeout(closing.saturating_sub(now), read(&mut ws)).await else {
            return seen;
        };
        let now = zero.elapsed();
        if packet.starts_with("43") {
            assert!(packet.contains("\"ok\":true"), "{packet}");
            next = true;
            if begun >= from && now < until {
                seen.acked.push(now - begun);
            }
        } else if packet.starts_with("42[\"newMessage\"") {
            let sent = packet.split_once("\"content\":\"").and_then(|(_, rest)| rest.split_once('|'));
            let sent = sent.and_then(|(nanos, _)| nanos.parse().ok()).map(Duration::from_nanos);
            let sent = sent.expect("the time at which it was sent");
            if sent >= from && now < until {
                seen.delivered.push(now - sent);
            }
        }
        if now >= until {
            closing = closing.min(until + Duration::from_secs(2));
        }
    }
}

async fn messages(
    name: &str,
    server: &Server,
    engine: Option<u32>,
    people: &[Person],
    warm: Duration,
    load: Duration,
) {
    let mut talkers = Vec::new();
    let mut sockets = Vec::new();
    for pair in people.chunks(2) {
        let opened = server.post("conversations", Some(&pair[0].0), json!({"user": pair[1].1})).await;
        let conversation = opened["id"].as_str().expect("an id").to_owned();
        for (token, _) in pair {
            sockets.push((server.socket(token).await, conversation.clone()));
        }
    }
    let zero = Instant::now();
    for (ws, conversation) in sockets {
        talkers.push(tokio::spawn(talk(ws, conversation, zero, warm, warm + load)));
    }
    tokio::time::sleep(warm).await;
    let pids = [Some(server.child.id()), engine, None];
    let before = pids.map(processor);
    tokio::time::sleep(load).await;
    let after = pids.map(processor);
    let mut all = Seen::default();
    for talker in talkers {
        let seen = talker.await.expect("a talker");
        all.acked.extend(seen.acked);
        all.delivered.extend(seen.delivered);
    }
    all.acked.sort_unstable();
    all.delivered.sort_unstable();
    let (count, seconds) = (all.acked.len() as f64, load.as_secs_f64());
    let each = |n: usize| (after[n].saturating_sub(before[n])).as_secs_f64() * 1e6 / count;
    let busy = |n: usize| (after[n].saturating_sub(before[n])).as_secs_f64() * 100.0 / seconds;
    println!(
        "{name}: {:.0} messages/s acknowledged, {:.0} delivered, {USERS} users in pairs over TLS",
        count / seconds,
        all.delivered.len() as f64 / seconds
    );
    println!("{name}: acknowledged p50 {:.1} ms, p99 {:.1} ms", ms(&all.acked, 50), ms(&all.acked, 99));
    println!("{name}: delivered p50 {:.1} ms, p99 {:.1} ms", ms(&all.delivered, 50), ms(&all.delivered, 99));
    println!("{name}: server {:.0} µs of processor per message, {:.0} % of one processor", each(0), busy(0));
    if engine.is_some() {
        println!("{name}: mongod {:.0} µs per message, {:.0} % of one processor", each(1), busy(1));
    }
    println!("{name}: this generator {:.0} % of one processor", busy(2));
}

/// Sockets that nobody uses: what each adds to the server's resident memory.
async fn sockets(server: &Server, people: &[Person], count: usize) {
    let mut open: Vec<Plain> = Vec::new();
    let mut at = Vec::new();
    for n in 0..count {
        open.push(server.socket(&people[n % people.len()].0).await);
        if n + 1 == count / 4 || n + 1 == count {
            at.push(server.memory());
        }
    }
    // From the first quarter on: what is made once for all is not counted.
    let each = (at[1].saturating_sub(at[0])) as f64 / (count - count / 4) as f64;
    println!("sockets: {each:.1} kB of the server's memory for each of {count} idle ones over TLS");
}
