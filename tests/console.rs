//! The command line beside a running server: what it switches off is out of the server, too.
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod server;
    pub mod socket;
}

use std::process::Command;

use serde_json::json;
use support::server::Server;
use support::socket::Socket;
use tokio_tungstenite::Connector;

#[tokio::test]
async fn who_is_switched_off_beside_a_running_server_is_out_of_it() {
    let server = Server::start("").await;
    let (ann, bob) = (server.register("ann").await, server.register("bob").await);
    let cat = server.register("cat").await;
    let sockets = async |token: &str| {
        let mut socket =
            Socket::engine(&server.url, &[], Some(Connector::Rustls(server.tls()))).await.unwrap();
        socket.raw(&format!("40{}", json!({ "token": token }))).await;
        socket.event("welcome").await;
        socket
    };
    let (mut of_ann, mut of_bob) = (sockets(&ann.token).await, sockets(&bob.token).await);
    // The server writes at the same time: neither is in the other's way.
    let writing = {
        let (ann, cat) = (ann.clone(), cat.clone());
        tokio::spawn(async move {
            let body = json!({ "user": cat.id });
            let opened = ann.send(reqwest::Method::POST, "/conversations", Some(body)).await.unwrap();
            let id = opened.json::<serde_json::Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
            for n in 0..100 {
                let body = json!({ "clientId": format!("c{n}"), "content": "x" });
                let path = format!("/conversations/{id}/messages");
                let sent = ann.send(reqwest::Method::POST, &path, Some(body)).await.unwrap();
                assert_eq!(sent.status(), 201);
            }
        })
    };
    let config = server.dir.path().join("config.toml");
    let output = tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_charla"))
            .args(["user", "disable", "bob", "--config"])
            .arg(config)
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    of_bob.event("sessionRevoked").await;
    of_bob.closed().await;
    let refused = bob.send(reqwest::Method::GET, "/users/me", None).await.unwrap();
    assert_eq!(refused.status(), 401);
    writing.await.unwrap();
    assert_eq!(ann.get("/users/me").await["username"], "ann");
    of_ann.ok("sync", json!({ "since": null })).await;
}
