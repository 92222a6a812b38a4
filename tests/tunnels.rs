//! Byte streams that carry media, at a real server: an address gets only so many of them, and one that never reads
//! costs the server a bounded queue and nobody else his call.
#![allow(clippy::disallowed_methods)]

mod support {
    pub mod pair;
    pub mod phone;
    pub mod server;
    pub mod socket;
}

use serde_json::json;
use support::pair::call;
use support::phone::{Way, hear_each_other};
use support::server::Server;
use support::socket::DEADLINE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

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
