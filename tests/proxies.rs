//! Charla behind nginx and HAProxy that pass TLS on as it is: the configurations of `deploy/`, Debian's programs, a real
//! server. What it must see is the client's own address, and what must work is every kind of traffic over TCP.
#![allow(clippy::disallowed_methods)]

#[path = "support/edge.rs"]
mod edge;

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use edge::{Edge, eventually, impatient, until_closed};
use rustls_pki_types::ServerName;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

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
    /// Starts a proxy with a file of `deploy/`, in which the two ports are put right.
    async fn start(file: &str, listens: &str, server: &Edge, command: impl Fn(&str) -> Command) -> Proxy {
        let address = free();
        let text = fs::read_to_string(format!("{}/deploy/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(
            text.contains(&listens.replace("{}", ":443")) || text.contains(&listens.replace("{}", "443"))
        );
        let text = text
            .replace(&listens.replace("{}", ":443"), &listens.replace("{}", &address.to_string()))
            .replace(&listens.replace("{}", "443"), &listens.replace("{}", &address.to_string()))
            .replace("127.0.0.1:8443", &server.address().to_string());
        let path = server.dir.path().join(file);
        let own = if file.starts_with("nginx") {
            let dir = server.dir.path().display();
            format!(
                "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\ndaemon off;\npid {dir}/nginx.pid;\n\
                 error_log {dir}/nginx.log;\nevents {{}}\n"
            )
        } else {
            String::new()
        };
        fs::write(&path, own + &text).unwrap();
        let mut command = command(path.to_str().unwrap());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|e| panic!("{file} needs its proxy (tools/need.sh): {e}"));
        eventually("the proxy listens", async || TcpStream::connect(address).await.is_ok()).await;
        Proxy { child, address }
    }

    async fn nginx(server: &Edge) -> Proxy {
        Self::start("nginx-stream.conf", "listen {};", server, |path| {
            let mut command = Command::new("nginx");
            command.args(["-c", path]);
            command
        })
        .await
    }

    async fn haproxy(server: &Edge) -> Proxy {
        Self::start("haproxy.cfg", "bind {}", server, |path| {
            let mut command = Command::new("haproxy");
            command.args(["-db", "-f", path]);
            command
        })
        .await
    }
}

/// What a client behind the proxy gets: page and REST over TLS, one account per address, TURN plain and inside TLS.
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

    let register = async |ip: &str, name: &str| {
        let body = json!({"username": name, "email": format!("{name}@example.org"), "password": "a good long passphrase"});
        let answer = from(ip).post(url("/api/v1/auth/register")).json(&body).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(register("127.0.0.2", "ann").await, 201);
    assert_eq!(register("127.0.0.2", "eve").await, 429, "the limit is for his own address");
    assert_eq!(register("127.0.0.3", "bob").await, 201, "and not for the proxy's");

    challenged(TcpStream::connect(proxy.address).await.unwrap()).await;
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(proxy.address).await.unwrap();
    challenged(TlsConnector::from(server.tls(&[])).connect(name, stream).await.unwrap()).await;
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
