//! The one port as clients meet it: good ones, plain ones, slow ones, silent ones, too many of them.
#![allow(clippy::disallowed_methods)]

#[path = "support/edge.rs"]
mod edge;

use std::fs;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use charla::startup::owner::OwnerLink;
use edge::{Edge, eventually, impatient, until_closed, until_said};
use rustls_pki_types::ServerName;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsConnector;

const LIVE: &str = "/api/v1/health/live";

#[tokio::test(flavor = "multi_thread")]
async fn https_is_served_over_both_versions_to_those_who_trust_the_authority() {
    let server = Edge::new().await;
    for (client, version) in [
        (server.http().http1_only().build().unwrap(), reqwest::Version::HTTP_11),
        (server.http().build().unwrap(), reqwest::Version::HTTP_2),
    ] {
        let answer = client.get(server.url(LIVE)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, version));
        assert_eq!(answer.json::<Value>().await.unwrap()["status"], "ok");
    }
    let by_address = format!("https://{}{LIVE}", server.address());
    let answer = server.http().build().unwrap().get(by_address).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the certificate is for addresses too");
    let stranger = reqwest::Client::builder().resolve("localhost", server.address()).build().unwrap();
    assert!(stranger.get(server.url(LIVE)).send().await.is_err());
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_listens_on_the_same_port_number() {
    let server = Edge::new().await;
    assert_eq!(server.running.media_addresses, [server.address()]);
    let taken = UdpSocket::bind(server.address()).unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_sent_to_https() {
    let server = Edge::new().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let port = server.address().port();
    let answer = client.get(format!("http://127.0.0.1:{port}/trust?a=b")).send().await.unwrap();
    assert_eq!(answer.status(), 308);
    assert_eq!(answer.headers()["location"], format!("https://127.0.0.1:{port}/trust?a=b"));
    let forged = client.get(format!("http://127.0.0.1:{port}/")).header("host", "evil.example");
    let answer = forged.send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("https"));
    server.running.stop().await;
}

/// As the first request of a connection, too: clients that try new methods want to hear that there is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_nobody_has_is_answered_and_not_cut_off() {
    let server = Edge::new().await;
    for method in ["QUERY", "PROPFIND", "VERSION-CONTROL", "X"] {
        let request = format!("{method} {LIVE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let mut stream = server.connect_tls().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let said = String::from_utf8(until_closed(stream).await).unwrap();
        assert!(
            said.starts_with("HTTP/1.1 405 ") && said.contains("\"methodNotAllowed\""),
            "{method}: {said}"
        );
        let mut plain = server.connect().await;
        plain.write_all(request.as_bytes()).await.unwrap();
        let said = String::from_utf8(until_closed(plain).await).unwrap();
        assert!(said.starts_with("HTTP/1.1 308 "), "{method}: {said}");
    }
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_show_what_he_speaks_is_closed() {
    let server = Edge::with(impatient(), |_| {}).await;
    assert!(until_closed(server.connect().await).await.is_empty(), "silence");
    for first in [&b"SSH-2.0-x\r\n"[..], b"\x05\x02\x02\x00", b"GE", b"\x16", b"\x00", b"PRI * HT"] {
        let mut stream = server.connect().await;
        stream.write_all(first).await.unwrap();
        assert!(until_closed(stream).await.is_empty(), "{first:?}");
    }
    // A handshake that does not go on; and one after which nothing comes.
    let mut stream = server.connect().await;
    stream.write_all(&[0x16, 3, 1, 0, 200, 1, 0, 0]).await.unwrap();
    assert!(until_closed(stream).await.is_empty());
    assert!(until_closed(server.connect_tls().await).await.is_empty());
    // TLS in TLS is not spoken.
    let mut stream = server.connect_tls().await;
    stream.write_all(&[0x16, 3, 1, 0, 200, 1, 0, 0]).await.unwrap();
    assert!(until_closed(stream).await.is_empty());
    let mut stream = server.connect().await;
    stream
        .write_all(&[0, 3, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
        .await
        .unwrap();
    let challenged = until_closed(stream).await;
    assert_eq!(challenged[..2], [0x01, 0x13], "TURN is told to authenticate, and is closed when it does not");
    let page = server.http().build().unwrap().get(server.url(LIVE)).send().await.unwrap();
    assert_eq!(page.status(), 200, "and the others are served");
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_headers_and_slow_bodies_are_cut_off() {
    let server = Edge::with(impatient(), |_| {}).await;
    let mut headers = server.connect_tls().await;
    headers.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
    let said = until_closed(headers).await;
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&said));

    let mut plain = server.connect().await;
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
    until_closed(plain).await;

    let mut body = server.connect_tls().await;
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: 5000\r\n\r\n{";
    body.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(body);
    // Something comes again and again: it is the whole that takes too long.
    let drip = tokio::spawn(async move {
        while writer.write_all(b" ").await.is_ok() && writer.flush().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let said = String::from_utf8(until_closed(&mut reader).await).unwrap();
    assert!(said.starts_with("HTTP/1.1 4") && said.contains("application/problem+json"), "{said}");
    drip.abort();
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oversize_headers_are_refused() {
    let server = Edge::new().await;
    for (line, status) in
        [("X-Long: ".to_owned() + &"x".repeat(40_000), "431"), ("X: 1\r\n".repeat(200), "431")]
    {
        let mut stream = server.connect_tls().await;
        let request = format!("GET {LIVE} HTTP/1.1\r\nHost: localhost\r\n{}\r\n\r\n", line.trim_end());
        // It may be refused before all of it was sent.
        let _ = stream.write_all(request.as_bytes()).await;
        let said = String::from_utf8(until_closed(stream).await).unwrap();
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{said}");
    }
    let h2 = server.http().build().unwrap();
    let answer = h2.get(server.url(LIVE)).header("x-long", "x".repeat(40_000)).send().await;
    assert!(answer.is_err() || answer.unwrap().status() == 431);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_no_more_than_its_connections() {
    let server = Edge::with(edge::Deadlines::default(), |config| {
        config.limits.connections = 10;
        config.limits.connections_per_address = 3;
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(server.connect_tls().await);
    }
    assert!(until_closed(server.connect().await).await.is_empty(), "the fourth is refused at once");
    held.pop();
    let again = server.http().build().unwrap();
    eventually("the place is free again", async || again.get(server.url(LIVE)).send().await.is_ok()).await;
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_keeps_its_place_and_is_closed_at_the_end() {
    let server = Edge::with(impatient(), |config| config.limits.connections_per_address = 1).await;
    let url = format!("wss://localhost:{}/socket.io/?EIO=4&transport=websocket", server.address().port());
    let stream = server.connect().await;
    let connector = tokio_tungstenite::Connector::Rustls(server.tls(&["http/1.1"]));
    let (mut socket, answer) =
        tokio_tungstenite::client_async_tls_with_config(url, stream, None, Some(connector)).await.unwrap();
    assert_eq!(answer.status(), 101);
    let open = futures_util::StreamExt::next(&mut socket).await.unwrap().unwrap();
    assert!(open.to_text().unwrap().starts_with("0{"), "{open}");
    // Longer than any deadline of HTTP: none of them is for a WebSocket.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(until_closed(server.connect().await).await.is_empty(), "the place is taken");
    drop(socket);
    let again = server.http().build().unwrap();
    eventually("the place is free again", async || again.get(server.url(LIVE)).send().await.is_ok()).await;
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ice_over_tcp_reaches_the_relay_and_falls_silent() {
    let server = Edge::with(impatient(), |_| {}).await;
    let mut stream = server.connect().await;
    let unknown = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    let before = Instant::now();
    stream.write_all(&[&[0, 20], &unknown[..]].concat()).await.unwrap();
    assert!(until_closed(stream).await.is_empty(), "STUN without credentials gets no answer");
    assert!(before.elapsed() >= Duration::from_millis(300), "but the stream was taken");
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_hand_is_answered_when_the_server_stops() {
    let server = Edge::new().await;
    let mut idle = server.connect_tls().await;
    idle.write_all(format!("GET {LIVE} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    until_said(&mut idle, "}").await;
    let mut busy = server.connect_tls().await;
    let body = r#"{"username":"nobody","password":"no password of his"}"#;
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    until_said(&mut busy, "100 Continue\r\n\r\n").await;
    let silent = server.connect().await;
    let address = server.address();
    let before = Instant::now();
    let stopping = tokio::spawn(server.running.stop());
    assert!(until_closed(idle).await.is_empty());
    assert!(until_closed(silent).await.is_empty());
    busy.write_all(body.as_bytes()).await.unwrap();
    let said = String::from_utf8(until_closed(busy).await).unwrap();
    assert!(said.starts_with("HTTP/1.1 401"), "{said}");
    stopping.await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(10));
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_is_cut_off() {
    let server = Edge::new().await;
    let mut stream = server.connect_tls().await;
    let request = "GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let asking = async { while stream.write_all(request.as_bytes()).await.is_ok() {} };
    // The kernel gives up on a window that stays shut (TCP_USER_TIMEOUT, 15 s) and resets the connection.
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("never cut off");
    let page = server.http().build().unwrap().get(server.url(LIVE)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_gets_a_new_certificate_from_the_same_authority() {
    let dir = tempfile::tempdir().unwrap();
    let options = || charla::Options { to_terminal: true, ..charla::Options::default() };
    let first = charla::start(edge::config(&dir), options()).await.unwrap();
    let busy = charla::start(edge::config(&dir), options()).await.unwrap_err().to_string();
    assert!(busy.contains("another Charla uses"), "{busy}");
    let authority = first.authority.clone();
    first.stop().await;
    let mut config = edge::config(&dir);
    config.server.public_name = "chat.example.org".into();
    let running = charla::start(config, options()).await.unwrap();
    assert_eq!(running.authority, authority);
    assert!(running.urls[0].starts_with("https://chat.example.org:"));
    let server = Edge { running, dir };
    let name = ServerName::try_from("chat.example.org").unwrap();
    let tls = TlsConnector::from(server.tls(&["http/1.1"])).connect(name, server.connect().await).await;
    assert!(tls.is_ok(), "{tls:?}");
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_link_makes_an_owner_once_and_is_not_offered_again() {
    let server = Edge::new().await;
    let Some(OwnerLink::Terminal(link)) = server.running.owner_link.clone() else { panic!("no link") };
    let secret = link.split_once("#claim=").unwrap().1.to_owned();
    let http = server.http().build().unwrap();
    let person = serde_json::json!({"username": "ada", "email": "ada@example.org", "password": "a good long passphrase"});
    let answer = http.post(server.url("/api/v1/auth/register")).json(&person).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let token = answer.json::<Value>().await.unwrap()["accessToken"].as_str().unwrap().to_owned();
    let claim = async || {
        let claim = http.post(server.url("/api/v1/auth/claim")).bearer_auth(&token);
        claim.json(&serde_json::json!({"claim": secret})).send().await.unwrap()
    };
    let owner = claim().await;
    assert_eq!(owner.status(), 200);
    assert_eq!(owner.json::<Value>().await.unwrap()["role"], "owner");
    assert!(claim().await.status().is_client_error(), "once");

    let dir = server.dir;
    server.running.stop().await;
    fs::write(dir.path().join("data/owner-link.txt"), "an old one").unwrap();
    let again = charla::start(edge::config(&dir), charla::Options::default()).await.unwrap();
    assert_eq!(again.owner_link, None);
    assert!(!dir.path().join("data/owner-link.txt").exists(), "an old link does not lie about");
    again.stop().await;
}
