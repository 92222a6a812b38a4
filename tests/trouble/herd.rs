//! The herd: whoever was connected comes back at once after a restart, and everybody gets in, without a password's cost.
//! `CHARLA_HERD`: how many sockets (200).

use std::time::Instant;

use serde_json::json;
use tokio::task::JoinSet;
use tokio_tungstenite::Connector;

use crate::support::server::Server;
use crate::support::socket::Socket;

const PEOPLE: usize = 20;
const LIMITS: &str = "[limits]\nconnections_per_address = 5000\n[log]\nlevel = \"warn\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_in_after_a_restart() {
    let many = std::env::var("CHARLA_HERD").map_or(200, |text| text.parse().expect("a number of sockets"));
    let mut server = Server::start(LIMITS).await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(server.register(&format!("person{number}")).await);
    }
    server.kill();
    server.up().await;
    let (tls, begun) = (server.tls(), Instant::now());
    let mut herd = JoinSet::new();
    for number in 0..many {
        let (url, tls, token) = (server.url.clone(), tls.clone(), people[number % PEOPLE].token.clone());
        herd.spawn(async move {
            let mut socket = Socket::engine(&url, &[], Some(Connector::Rustls(tls))).await?;
            socket.join(json!({ "token": token })).await?;
            socket.ok("sync", json!({ "since": null })).await;
            Ok::<_, crate::support::socket::Refused>(socket)
        });
    }
    let sockets: Vec<_> =
        herd.join_all().await.into_iter().collect::<Result<_, _>>().expect("all are let in");
    eprintln!("{many} sockets are in and have synced after {:?}", begun.elapsed());
    assert_eq!(sockets.len(), many);
    let answer = server.http.get(format!("{}/api/v1/health/ready", server.url)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", server.log());
}
