//! Charla behind nginx and HAProxy that pass TLS on as it is: the configurations of `deploy/`, Debian's programs, a real
//! server. What it must see is the client's own address, and what must work is every kind of traffic over TCP. Behind an
//! nginx that speaks HTTP calls lose their ways; `charla check` tells the one from the other.
#![allow(clippy::disallowed_methods)]

#[path = "support/bound.rs"]
mod bound;
#[path = "support/edge.rs"]
mod edge;
#[path = "support/ice.rs"]
mod ice;
#[path = "support/socket.rs"]
mod socket;

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use edge::{Edge, eventually, impatient, until_closed};
use rustls_pki_types::ServerName;
use serde_json::{Value, json};
use socket::Socket;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::Connector;

use charla::check;
use charla::config::{Config, Loaded};

const OFFER: &str = include_str!("../media/src/fixtures/chromium-offer.sdp");
const LIVE: &str = "/api/v1/health/live";
const ALLOCATE: [u8; 20] = [0, 3, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/// A server that believes this machine's loopback, and lets one account be made from an address.
async fn server() -> Edge {
    Edge::with(edge::Deadlines::default(), |config| {
        config.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.limits.registrations_per_address = 1;
    })
    .await
}

/// An address for a program that must be told one. Below the ports that the system gives out by itself: there somebody
/// else could get it before the program has it.
fn free() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + std::process::id() as u16 % 10_000;
    let candidates = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed));
    let mut free = candidates.take(1000).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    free.find(|address| TcpListener::bind(address).is_ok()).expect("a free port")
}

/// A proxy, ended when dropped.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Proxy {
    /// Starts a program with a configuration, and waits until it listens.
    async fn run(server: &Edge, address: SocketAddr, program: &str, before: &[&str], text: &str) -> Proxy {
        let path = server.dir.path().join(format!("{program}.conf"));
        fs::write(&path, text).unwrap();
        let mut command = bound::bound(program);
        command.args(before).arg(&path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|e| panic!("{program} is missing (tools/need.sh): {e}"));
        eventually("the proxy listens", async || TcpStream::connect(address).await.is_ok()).await;
        Proxy { child, address }
    }

    /// A file of `deploy/`, in which the two ports are put right.
    fn deployed(file: &str, listens: &str, address: SocketAddr, server: &Edge) -> String {
        let text = fs::read_to_string(format!("{}/deploy/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(text.contains(listens), "{file} does not listen as expected");
        let ours = listens.split(' ').next().unwrap();
        let end = if listens.ends_with(';') { ";" } else { "" };
        text.replace(listens, &format!("{ours} {address}{end}"))
            .replace("127.0.0.1:8443", &server.address().to_string())
    }

    /// What stands in front of nginx's own part of a configuration. One process, which is the child: a master that is
    /// killed leaves its workers behind.
    fn nginx_begins(server: &Edge) -> String {
        let dir = server.dir.path().display();
        format!(
            "daemon off;\nmaster_process off;\npid {dir}/nginx.pid;\nerror_log {dir}/nginx.log;\nevents {{}}\n"
        )
    }

    async fn nginx(server: &Edge) -> Proxy {
        let address = free();
        let module = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n";
        let stream = Self::deployed("nginx-stream.conf", "listen 443;", address, server);
        let text = [module, &Self::nginx_begins(server), &stream].concat();
        Self::run(server, address, "nginx", &["-c"], &text).await
    }

    async fn haproxy(server: &Edge) -> Proxy {
        let address = free();
        let text = Self::deployed("haproxy.cfg", "bind :443", address, server);
        Self::run(server, address, "haproxy", &["-db", "-f"], &text).await
    }

    /// An nginx that ends TLS, with another server's certificate, and speaks HTTP to ours.
    async fn http(server: &Edge, certificate_of: &Edge) -> Proxy {
        let (address, dir) = (free(), server.dir.path().display());
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {dir}/{name};\n"))
            .concat();
        let (certs, behind) = (certificate_of.dir.path().join("certs"), server.address());
        let certs = certs.display();
        let http = format!(
            "http {{\naccess_log off;\n{temporary}server {{\nlisten {address} ssl;\n\
             ssl_certificate {certs}/server.crt;\nssl_certificate_key {certs}/server.key;\n\
             location / {{\nproxy_pass https://{behind};\nproxy_set_header Host $http_host;\n}}\n}}\n}}\n"
        );
        Self::run(server, address, "nginx", &["-c"], &(Self::nginx_begins(server) + &http)).await
    }
}

/// What `charla check` says of a server that people reach by a proxy.
async fn checked(server: &Edge, proxy: &Proxy) -> check::Report {
    let mut config: Config = edge::config(&server.dir);
    config.server.listen = vec![server.address()];
    config.server.public_name = "localhost".into();
    config.server.public_port = proxy.address.port();
    check::report(&Loaded { config, file: None, doubts: Vec::new() }).await
}

/// What a client behind the proxy gets: page and REST over TLS, one account per address, Socket.IO, TURN plain and
/// inside TLS, ICE-TCP; and his own address is what the relay sees.
async fn serves_everything(server: &Edge, proxy: &Proxy) {
    let port = proxy.address.port();
    let from = |ip: &str| {
        let client =
            server.http().resolve("localhost", proxy.address).local_address(ip.parse::<IpAddr>().unwrap());
        client.build().unwrap()
    };
    let url = |path: &str| format!("https://localhost:{port}{path}");
    let answer = from("127.0.0.2").get(url(LIVE)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let page = from("127.0.0.2").get(url("/")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().to_ascii_lowercase().contains("<!doctype html>"));

    let register = async |ip: &str, name: &str| {
        let body = json!({"username": name, "email": format!("{name}@example.org"), "password": "a good long passphrase"});
        let answer = from(ip).post(url("/api/v1/auth/register")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, ann) = register("127.0.0.2", "ann").await;
    assert_eq!(status, 201);
    assert_eq!(register("127.0.0.2", "eve").await.0, 429, "the limit is for his own address");
    let (status, bob) = register("127.0.0.3", "bob").await;
    assert_eq!(status, 201, "and not for the proxy's");

    challenged(TcpStream::connect(proxy.address).await.unwrap()).await;
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(proxy.address).await.unwrap();
    challenged(TlsConnector::from(server.tls(&[])).connect(name, stream).await.unwrap()).await;

    let tls = Connector::Rustls(server.tls(&["http/1.1"]));
    let mut caller = Socket::engine(&url(""), &[], Some(tls)).await.unwrap();
    caller.join(json!({ "token": ann["accessToken"] })).await.unwrap();
    let started = caller.ok("startCall", json!({ "toUser": bob["user"]["id"] })).await;
    let offer = json!({ "call": started["call"]["id"], "sdp": OFFER });
    let answer = caller.ok("mediaOffer", offer).await;
    let local = TcpSocket::new_v4().unwrap();
    local.bind("127.0.0.4:0".parse().unwrap()).unwrap();
    let stream = local.connect(proxy.address).await.unwrap();
    let here = stream.local_addr().unwrap();
    assert_eq!(ice::seen_as(stream, answer["sdp"].as_str().unwrap()).await, here);

    let report = checked(server, proxy).await;
    let said = report.to_string();
    let fact = |what: &str| report.facts.iter().find(|(name, _)| *name == what).expect(what).1.clone();
    assert!(fact("in front").contains("ICE-TCP, TURN and TURN inside TLS pass"), "{said}");
    assert!(!fact("in front").contains("another certificate"), "{said}");
    assert!(
        fact("media").ends_with(&format!("127.0.0.1:{port}")),
        "callers are told the proxy's port: {said}"
    );
    assert!(report.errors.is_empty(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_warns_of_an_http_proxy_in_front() {
    let (server, other) = (Edge::new().await, Edge::new().await);
    let proxy = Proxy::http(&server, &other).await;
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
    let answer =
        client.get(format!("https://localhost:{}{LIVE}", proxy.address.port())).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the page would work");
    let report = checked(&server, &proxy).await;
    let told =
        |report: &check::Report| report.doubts.iter().find(|doubt| doubt.contains("HTTP proxy")).cloned();
    let doubt = told(&report).unwrap_or_else(|| panic!("{report}"));
    for words in
        ["nginx/", "another certificate", "200 OK", "whoever cannot use UDP", "docs/reverse-proxy.md"]
    {
        assert!(doubt.contains(words), "{words}: {doubt}");
    }
    server.running.stop().await;
    let (port, address) = (proxy.address.port(), proxy.address);
    let mut config = edge::config(&other.dir);
    (config.server.public_name, config.server.public_port) = ("localhost".into(), port);
    let report = check::report(&Loaded { config, file: None, doubts: Vec::new() }).await;
    assert!(told(&report).unwrap().contains("502"), "the server need not run for that: {report}");
    drop(proxy);
    eventually("the proxy is gone", async || TcpStream::connect(address).await.is_err()).await;
    let mut config = edge::config(&other.dir);
    (config.server.public_name, config.server.public_port) = ("localhost".into(), port);
    let report = check::report(&Loaded { config, file: None, doubts: Vec::new() }).await;
    assert!(report.to_string().contains("ask again when the server runs"), "{report}");
    other.running.stop().await;
}

/// TURN answers an Allocate without credentials with a challenge.
async fn challenged(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    stream.write_all(&ALLOCATE).await.unwrap();
    let mut answer = [0; 20];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!((answer[..2].to_vec(), answer[8..].to_vec()), (vec![0x01, 0x13], ALLOCATE[8..].to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_passes_everything_on_and_the_client_s_address() {
    let server = server().await;
    let proxy = Proxy::nginx(&server).await;
    serves_everything(&server, &proxy).await;
    drop(proxy);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_passes_everything_on_and_the_client_s_address() {
    let server = server().await;
    let proxy = Proxy::haproxy(&server).await;
    serves_everything(&server, &proxy).await;
    drop(proxy);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_from_a_stranger_is_refused_and_a_proxy_must_send_one() {
    let header = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n";
    let strange = Edge::with(impatient(), |_| {}).await;
    let mut stream = strange.connect().await;
    stream.write_all(&[&header[..], &ALLOCATE].concat()).await.unwrap();
    assert!(until_closed(stream).await.is_empty());
    strange.running.stop().await;

    let trusting = Edge::with(impatient(), |config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut stream = trusting.connect().await;
    stream.write_all(header).await.unwrap();
    challenged(stream).await;
    for first in [&ALLOCATE[..], b"PROXY TCP4 nonsense\r\n", b"PROXY TCP4 192.0.2.7", b""] {
        let mut stream = trusting.connect().await;
        stream.write_all(first).await.unwrap();
        assert!(until_closed(stream).await.is_empty(), "{first:?}");
    }
    trusting.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cap_is_that_of_the_client_a_header_names() {
    let server = Edge::with(edge::Deadlines::default(), |config| {
        config.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.limits.connections_per_address = 1;
    })
    .await;
    let open = async |ip: &str| {
        let mut stream = server.connect().await;
        stream.write_all(format!("PROXY TCP4 {ip} 198.51.100.1 4711 443\r\n").as_bytes()).await.unwrap();
        stream
    };
    let mut first = open("192.0.2.7").await;
    first.write_all(&ALLOCATE).await.unwrap();
    first.read_exact(&mut [0; 20]).await.unwrap();
    let over = open("192.0.2.7").await;
    assert!(until_closed(over).await.is_empty());
    challenged(open("192.0.2.8").await).await;
    drop(first);
    server.running.stop().await;
}
