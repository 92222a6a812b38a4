//! Two people in a call at a real server: their sockets, and their phones, which hear each other. Needs `phone`, `server`
//! and `socket` beside it; knows nothing of what a test does to them.

use std::sync::Arc;

use rustls::ClientConfig;
use serde_json::{Value, json};
use tokio_tungstenite::Connector;

use super::phone::{Client, Identity, Phone, Way, hear_each_other};
use super::server::{Person, Server};
use super::socket::Socket;

/// A call of two, the caller first.
pub struct Call {
    pub id: Value,
    pub sockets: [Socket; 2],
    pub phones: [Phone; 2],
}

/// A socket of somebody, over TLS.
pub async fn connect(server: &Server, tls: &Arc<ClientConfig>, who: &Person) -> Socket {
    let mut socket =
        Socket::engine(&server.url, &[], Some(Connector::Rustls(Arc::clone(tls)))).await.unwrap();
    socket.join(json!({ "token": who.token })).await.unwrap();
    socket
}

/// Calls somebody by these ways to the relay, until both hear each other. `number` tells phones apart.
pub async fn call(server: &Server, people: [&Person; 2], ways: [Way; 2], number: u64) -> Call {
    let tls = server.tls();
    let identity = Identity::new().unwrap();
    let mut sockets = [connect(server, &tls, people[0]).await, connect(server, &tls, people[1]).await];
    let started = sockets[0].ok("startCall", json!({ "toUser": people[1].id })).await;
    let id = started["call"]["id"].clone();
    sockets[1].event("incomingCall").await;
    let mut phones = Vec::new();
    for (index, (socket, way)) in sockets.iter_mut().zip(&ways).enumerate() {
        let client = Client::new(&identity, charla_media::api::TransportId(number + index as u64), 1);
        let answer = socket.ok("mediaOffer", json!({ "call": id, "sdp": client.offer() })).await;
        phones.push(Phone::answered(client, answer["sdp"].as_str().unwrap(), way).await);
    }
    sockets[1].ok("acceptCall", json!({ "call": id })).await;
    let [mut a, mut b] = <[Phone; 2]>::try_from(phones).unwrap_or_else(|_| unreachable!());
    hear_each_other(&mut a, &mut b).await;
    Call { id, sockets, phones: [a, b] }
}
