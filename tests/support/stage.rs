//! A real server with people at their sockets and phones in between: what tests of whole calls stand on. Knows how a call
//! is made and heard, not what a test wants of it.
#![allow(dead_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use charla_media::api::TransportId;
use rustls::ClientConfig;
use serde_json::{Value, json};
use tokio_tungstenite::Connector;

pub use super::phone::hear_each_other;
use super::phone::{Client, Identity, Phone, Way};
use super::server::{Person, Server};
use super::socket::Socket;

/// Limits that no test meets by chance.
const PLENTY: &str = "[limits]\nevents_per_second = 10000\nevents_burst = 100000\n[log]\nlevel = \"info\"\n";

pub struct Stage {
    pub server: Server,
    pub tls: Arc<ClientConfig>,
    identity: Identity,
    clients: AtomicU64,
}

/// Somebody on one device.
pub struct Guest {
    pub person: Person,
    pub socket: Socket,
}

impl Stage {
    /// `config` is TOML; its tables must be other ones than `server`, `tls`, `limits` and `log`.
    pub async fn new(config: &str) -> Self {
        let server = Server::start(&format!("{config}\n{PLENTY}")).await;
        let tls = server.tls();
        Self { server, tls, identity: Identity::new().unwrap(), clients: AtomicU64::new(1) }
    }

    pub async fn guest(&self, name: &str) -> Guest {
        let person = self.server.register(name).await;
        let socket = self.connect(&person, None).await;
        Guest { person, socket }
    }

    /// A socket of somebody, on that device (24 hex digits) or on a new one.
    pub async fn connect(&self, who: &Person, device: Option<&str>) -> Socket {
        let connector = Connector::Rustls(Arc::clone(&self.tls));
        let mut socket = Socket::engine(&self.server.url, &[], Some(connector)).await.unwrap();
        let mut auth = json!({ "token": who.token });
        if let Some(device) = device {
            auth["device"] = json!(device);
        }
        socket.join(auth).await.unwrap();
        socket
    }

    /// Offers media for a call from this socket, and opens the way.
    pub async fn phone(&self, socket: &mut Socket, call: &Value, way: &Way) -> Phone {
        self.phone_of(&Identity::new().unwrap(), socket, call, way).await
    }

    /// The same with one certificate for all, which is cheaper: for phones of which a device has one in each call.
    pub async fn cheap_phone(&self, socket: &mut Socket, call: &Value, way: &Way) -> Phone {
        self.phone_of(&self.identity, socket, call, way).await
    }

    async fn phone_of(&self, identity: &Identity, socket: &mut Socket, call: &Value, way: &Way) -> Phone {
        let number = self.clients.fetch_add(1, Ordering::Relaxed);
        let client = Client::new(identity, TransportId(number), 8);
        let answer = socket.ok("mediaOffer", json!({ "call": call, "sdp": client.offer() })).await;
        let mut phone = Phone::answered(client, answer["sdp"].as_str().unwrap(), way).await;
        phone.csrc = answer["participant"].as_str().unwrap().parse().unwrap();
        phone
    }

    /// The `n`-th way to the relay.
    pub fn way(&self, n: usize, ice: &Value) -> Way {
        let text = |key: &str| ice[0][key].as_str().unwrap().to_owned();
        match n % 4 {
            0 => Way::Udp,
            1 => Way::IceTcp,
            2 => Way::Turn(text("username"), text("credential"), None),
            _ => Way::Turn(text("username"), text("credential"), Some(Arc::clone(&self.tls))),
        }
    }

    /// One calls the other, who has a socket; the call's id.
    pub async fn ring(&self, caller: &mut Guest, callee: &mut Guest) -> Value {
        let started = caller.socket.ok("startCall", json!({ "toUser": callee.person.id })).await;
        let call = started["call"]["id"].clone();
        while callee.socket.event("incomingCall").await["call"]["id"] != call {}
        call
    }

    /// The two talk over UDP and have heard each other.
    pub async fn talk(&self, caller: &mut Guest, callee: &mut Guest) -> (Value, [Phone; 2]) {
        let call = self.ring(caller, callee).await;
        let mut a = self.phone(&mut caller.socket, &call, &Way::Udp).await;
        let mut b = self.phone(&mut callee.socket, &call, &Way::Udp).await;
        callee.socket.ok("acceptCall", json!({ "call": call })).await;
        hear_each_other(&mut a, &mut b).await;
        (call, [a, b])
    }
}

/// The record as REST tells it to one of its people, once it has ended.
pub async fn ended(person: &Person, call: &Value) -> Value {
    for _ in 0..3000 {
        let record = person.get(&format!("/calls/{}", call.as_str().unwrap())).await;
        if record["status"] != "ringing" && record["status"] != "active" {
            return record;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the call never ended");
}
