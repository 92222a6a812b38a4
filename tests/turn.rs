//! TURN as another implementation's client meets it (coturn's `turnutils_uclient`): credentials come from a call over
//! Socket.IO, the relay is reached over TCP and TLS, and nobody else is.
#![allow(clippy::disallowed_methods)]

#[path = "support/edge.rs"]
mod edge;
#[path = "support/socket.rs"]
mod socket;

use std::net::{SocketAddr, UdpSocket};
use std::process::Output;

use edge::{Edge, PATIENCE};
use serde_json::{Value, json};
use socket::Socket;
use tokio::process::Command;
use tokio_tungstenite::Connector;

struct Credential {
    urls: Vec<String>,
    username: String,
    password: String,
}

async fn register(server: &Edge, name: &str) -> Value {
    let body = json!({"username": name, "email": format!("{name}@example.org"), "password": "a good long passphrase"});
    let asked = server.http().build().unwrap().post(server.url("/api/v1/auth/register")).json(&body);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

/// What a caller is given to reach the relay with.
async fn credential(server: &Edge) -> Credential {
    let (ann, bob) = (register(server, "ann").await, register(server, "bob").await);
    let tls = Connector::Rustls(server.tls(&["http/1.1"]));
    let mut caller = Socket::engine(&server.url(""), &[], Some(tls)).await.unwrap();
    caller.join(json!({ "token": ann["accessToken"] })).await.unwrap();
    let started = caller.ok("startCall", json!({ "toUser": bob["user"]["id"] })).await;
    let [ice] = &started["iceServers"].as_array().unwrap()[..] else { panic!("{started}") };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Credential {
        urls: ice["urls"].as_array().unwrap().iter().map(text).collect(),
        username: text(&ice["username"]),
        password: text(&ice["credential"]),
    }
}

/// Runs the client; the peer is where it sends five messages to through the relay. By indications: before it binds a
/// channel to the peer it binds one to the next port, and takes the refusal for the end.
async fn uclient(server: &Edge, tls: bool, with: &Credential, peer: SocketAddr) -> (Output, String) {
    let mut command = Command::new("turnutils_uclient");
    command.args(["-t", "-v", "-c", "-s", "-n", "5", "-u", &with.username, "-w", &with.password]);
    if tls {
        command.arg("-S");
    }
    if peer.is_ipv6() {
        command.arg("-x");
    }
    command.args(["-e", &peer.ip().to_string(), "-r", &peer.port().to_string()]);
    command.args(["-p", &server.address().port().to_string(), &server.address().ip().to_string()]);
    command.kill_on_drop(true);
    // It waits for answers that never come: then it is ended.
    let output = match tokio::time::timeout(PATIENCE, command.output()).await {
        Ok(output) => output.expect("turnutils_uclient is in Debian's package coturn"),
        Err(_) => panic!("turnutils_uclient did not end"),
    };
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allocation_is_made_over_tcp_and_over_tls() {
    let server = Edge::new().await;
    let with = credential(&server).await;
    let here = server.address();
    assert_eq!(with.urls, [format!("turn:{here}?transport=tcp"), format!("turns:{here}?transport=tcp")]);
    for tls in [false, true] {
        let (_, said) = uclient(&server, tls, &with, here).await;
        for step in ["Received relay addr", "create perm sent", "success", "tot_send_msgs=5"] {
            assert!(said.contains(step), "no {step} in {said}");
        }
        assert!(said.contains("tot_recv_msgs=0"), "the relay answers nobody who is in no call: {said}");
    }
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_peer_is_reached() {
    let server = Edge::new().await;
    let with = credential(&server).await;
    let ear = UdpSocket::bind("127.0.0.1:0").unwrap();
    ear.set_nonblocking(true).unwrap();
    let foreign = ["10.1.2.3:80", "192.0.2.55:3478", "8.8.8.8:53", "224.0.0.1:5353", "0.0.0.0:8443"];
    let foreign = foreign.iter().map(|text| text.parse().unwrap());
    for (peer, tls) in foreign.chain([ear.local_addr().unwrap()]).zip([false, true].into_iter().cycle()) {
        let (output, said) = uclient(&server, tls, &with, peer).await;
        assert!(said.contains("Received relay addr"), "{peer}: {said}");
        if peer.ip() == server.address().ip() {
            // Permissions are for addresses without a port: to another one everything is lost.
            assert!(said.contains("Total lost packets 5 (100"), "{peer}: {said}");
        } else {
            assert!(said.contains("error 403") && !output.status.success(), "{peer}: {said}");
        }
    }
    let mut buffer = [0; 100];
    assert_eq!(ear.recv(&mut buffer).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_and_expired_credentials_open_nothing() {
    let server = Edge::new().await;
    let with = credential(&server).await;
    let (expiry, whose) = with.username.split_once(':').unwrap();
    let expiry: u64 = expiry.parse().unwrap();
    let wrong = [
        (with.username.clone(), "guess".to_owned()),
        (format!("{}:{whose}", expiry - 7200), with.password.clone()),
        (format!("{}:{whose}", expiry + 7200), with.password.clone()),
        (format!("{expiry}:another"), with.password.clone()),
    ];
    for (username, password) in wrong {
        let with = Credential { urls: Vec::new(), username, password };
        let (output, said) = uclient(&server, false, &with, server.address()).await;
        assert!(!said.contains("Received relay addr") && !output.status.success(), "{said}");
        // It tries again as long as it is let.
        let tries = said.matches("allocate sent").count();
        assert!((2..12).contains(&tries), "{tries} tries: {said}");
    }
    server.running.stop().await;
}
