//! Byte streams that carry media, at a real server: an address gets only so many of them, and one that never reads
//! costs the server a bounded queue and nobody else his call.
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod phone;
    pub mod server;
    pub mod socket;
}

use std::sync::Arc;

use rustls::ClientConfig;
use serde_json::{Value, json};
use support::phone::{Client, Identity, Phone, Way};
use support::server::{Person, Server};
use support::socket::{DEADLINE, Socket};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_tungstenite::Connector;

/// An Allocate without credentials (RFC 8656 7.1): the first that a TURN client says.
const ALLOCATE: [u8; 28] =
    [0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0x19, 0, 4, 17, 0, 0, 0];
/// How many bytes are said to somebody who does not read, in packets of `LARGE`.
const FLOOD: usize = 12 * 1024 * 1024;
const LARGE: usize = 1000;
const LAST: &[u8] = b"the last word";

/// Says the first word of TURN; whether the server answers with its challenge.
async fn challenged(stream: &mut TcpStream) -> bool {
    let mut header = [0; 20];
    // A server that has closed refuses the one or the other.
    let answered = async {
        stream.write_all(&ALLOCATE).await?;
        stream.read_exact(&mut header).await?;
        let mut rest = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]]))];
        stream.read_exact(&mut rest).await
    };
    timeout(DEADLINE, answered).await.expect("an answer or an end").is_ok() && header[..2] == [0x01, 0x13]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_only_so_many_tunnels() {
    let server = Server::start("[limits]\nconnections = 20\nconnections_per_address = 4\n").await;
    let address = server.url.trim_start_matches("https://");
    // The client that looked whether the server is ready keeps its connection.
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert!(challenged(&mut stream).await, "within the bound a tunnel is served");
        held.push(stream);
    }
    let mut refused = TcpStream::connect(address).await.unwrap();
    assert!(!challenged(&mut refused).await, "one more is closed");
    for stream in &mut held {
        assert!(challenged(stream).await, "those that are there go on");
    }
    held.pop();
    let again = async { while !challenged(&mut TcpStream::connect(address).await.unwrap()).await {} };
    timeout(DEADLINE, again).await.expect("the place is free again");
}

/// What a call needs: who calls whom, by which ways, and the phones afterwards.
struct Call {
    id: Value,
    sockets: [Socket; 2],
    phones: [Phone; 2],
}

async fn connect(server: &Server, tls: &Arc<ClientConfig>, who: &Person) -> Socket {
    let mut socket =
        Socket::engine(&server.url, &[], Some(Connector::Rustls(Arc::clone(tls)))).await.unwrap();
    socket.join(json!({ "token": who.token })).await.unwrap();
    socket
}

/// Calls somebody; both are connected and hear each other. `number` tells the phones apart.
async fn call(server: &Server, people: [&Person; 2], ways: [Way; 2], number: u64) -> Call {
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

/// Both talk until each has heard one packet more.
async fn hear_each_other(a: &mut Phone, b: &mut Phone) {
    let (one, other) = (Notify::new(), Notify::new());
    let talking = async {
        tokio::select! {
            () = a.talk(|_| one.notify_one()) => {}
            () = b.talk(|_| other.notify_one()) => {}
            () = async { tokio::join!(one.notified(), other.notified()); } => {}
        }
    };
    timeout(DEADLINE, talking).await.expect("both hear each other");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_his_tunnel_costs_a_bounded_queue_and_nobody_his_call() {
    let server = Server::start("").await;
    let people = [
        server.register("ann").await,
        server.register("bob").await,
        server.register("cid").await,
        server.register("dan").await,
    ];
    let mut deaf = call(&server, [&people[0], &people[1]], [Way::Udp, Way::IceTcp], 1).await;
    let mut other = call(&server, [&people[2], &people[3]], [Way::Udp, Way::Udp], 11).await;
    let [ann, bob] = &mut deaf.phones;

    let payload = [0x78; LARGE];
    for said in 0..FLOOD / LARGE {
        ann.say(&payload).await;
        if said % 1000 == 999 {
            let [cid, dan] = &mut other.phones;
            hear_each_other(cid, dan).await;
        }
    }

    // He reads again: what waited for him is little, and then he hears the present.
    let mut waited = 0;
    let present = async {
        loop {
            tokio::select! {
                audio = bob.hear() => match audio.ends_with(LAST) {
                    true => return,
                    false => waited += audio.len(),
                },
                () = async { ann.say(LAST).await; tokio::time::sleep(DEADLINE / 1000).await } => {}
            }
        }
    };
    timeout(DEADLINE, present).await.expect("he hears what is said now");
    assert!(waited < FLOOD / 4, "{waited} of {FLOOD} bytes waited for somebody who did not read");

    deaf.sockets[0].ok("leaveCall", json!({ "call": deaf.id })).await;
    let record = people[0].get(&format!("/calls/{}", deaf.id.as_str().unwrap())).await;
    let packets = record["legs"][0]["quality"]["up"]["packets"].as_u64().unwrap();
    assert!(packets as usize > FLOOD / LARGE / 2, "the relay was told {packets} packets to pass on");
    assert!(!server.log().contains("panic"), "{}", server.log());
}
