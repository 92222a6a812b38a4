//! Engine.IO's polling transport, for tests: plain HTTP requests. Owns one session.
#![allow(dead_code)]

use std::collections::VecDeque;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Client;
use tokio_tungstenite::tungstenite::Message;

use super::socket::{DEADLINE, Plain, Socket};

/// One GET with `query` behind the transport's own: status and body.
pub async fn get(url: &str, query: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let client = Client::builder().timeout(DEADLINE).build().unwrap();
    let mut request = client.get(format!("{url}/socket.io/?EIO=4&transport=polling{query}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

pub struct Polling {
    url: String,
    pub sid: String,
    client: Client,
    packets: VecDeque<String>,
}

impl Polling {
    /// A session without CONNECT.
    pub async fn open(url: &str) -> Self {
        let (status, body) = get(url, "", &[]).await;
        assert_eq!(status, 200);
        let open: serde_json::Value = serde_json::from_str(body.strip_prefix('0').unwrap()).unwrap();
        let sid = open["sid"].as_str().unwrap().into();
        let client = Client::builder().timeout(DEADLINE).build().unwrap();
        Self { url: url.into(), sid, client, packets: VecDeque::new() }
    }

    /// CONNECT with a token; answers the first event.
    pub async fn join(&mut self, token: &str) -> String {
        self.post(&format!("40{{\"token\":\"{token}\"}}")).await;
        let connected = self.next().await;
        assert!(connected.starts_with("40{"), "{connected}");
        self.next().await
    }

    /// Sends packets; answers the status.
    pub async fn post(&self, packets: &str) -> u16 {
        let url = format!("{}/socket.io/?EIO=4&transport=polling&sid={}", self.url, self.sid);
        self.client.post(url).body(packets.to_owned()).send().await.unwrap().status().as_u16()
    }

    /// The next packet but pings, which are answered.
    pub async fn next(&mut self) -> String {
        loop {
            if let Some(packet) = self.packets.pop_front() {
                match packet.as_str() {
                    "2" => drop(self.post("3").await),
                    "6" => {}
                    _ => return packet,
                }
                continue;
            }
            let (status, body) = get(&self.url, &format!("&sid={}", self.sid), &[]).await;
            assert_eq!(status, 200, "{body}");
            self.packets.extend(body.split('\u{1e}').filter(|packet| !packet.is_empty()).map(str::to_owned));
        }
    }

    /// Waits until the server does not know the session any more.
    pub async fn gone(&mut self) {
        let poll = async {
            loop {
                let (status, body) = get(&self.url, &format!("&sid={}", self.sid), &[]).await;
                if status == 400 {
                    return assert!(body.contains("Session ID unknown"), "{body}");
                }
                if body.contains('2') {
                    self.post("3").await;
                }
            }
        };
        tokio::time::timeout(DEADLINE, poll).await.expect("the session stays");
    }

    /// A WebSocket of this session whose probe was answered.
    pub async fn probe(&self) -> Plain {
        let mut ws = Socket::open(&self.url, &format!("&sid={}", self.sid), &[], None).await.unwrap();
        ws.send(Message::text("2probe")).await.unwrap();
        let answer = tokio::time::timeout(DEADLINE, ws.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(answer, Message::text("3probe"));
        ws
    }

    /// Becomes a WebSocket.
    pub async fn upgrade(self) -> Socket {
        let mut ws = self.probe().await;
        ws.send(Message::text("5")).await.unwrap();
        Socket::upgraded(ws, self.sid)
    }
}
