//! A small Socket.IO client for tests: text frames over a WebSocket, malformed ones too. Owns one connection; knows no
//! event of ours. It reads only while a test waits for something, so it is a slow reader whenever that is wanted.
#![allow(dead_code)]

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

/// How long anything may take before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A WebSocket.
pub type Plain = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A Socket.IO connection.
pub struct Socket {
    ws: Plain,
    /// The engine's session id.
    pub sid: String,
    /// The engine's `open` packet.
    pub open: Value,
    /// The payload of `welcome`; null before CONNECT.
    pub welcome: Value,
    next_ack: u64,
    packets: VecDeque<String>,
}

/// Why there is no connection.
#[derive(Debug, PartialEq)]
pub enum Refused {
    /// The HTTP status of the WebSocket handshake.
    Http(u16),
    /// What `connect_error` says.
    Connect(Value),
    Closed,
}

impl Socket {
    /// A WebSocket with `query` behind the engine's own. `url` begins with http:// or https://.
    pub async fn open(
        url: &str,
        query: &str,
        headers: &[(&str, &str)],
        tls: Option<Connector>,
    ) -> Result<Plain, Refused> {
        let url = format!("{}/socket.io/?EIO=4&transport=websocket{query}", url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        let connecting = tokio_tungstenite::connect_async_tls_with_config(request, None, true, tls);
        match within(connecting).await {
            Ok((ws, _)) => Ok(ws),
            Err(tungstenite::Error::Http(answer)) => Err(Refused::Http(answer.status().as_u16())),
            Err(error) => panic!("no connection: {error}"),
        }
    }

    /// A connection that began by polling and is through with CONNECT.
    pub fn upgraded(ws: Plain, sid: String) -> Self {
        let packets = VecDeque::new();
        Self { ws, sid, open: Value::Null, welcome: Value::Null, next_ack: 0, packets }
    }

    /// An engine connection without CONNECT.
    pub async fn engine(
        url: &str,
        headers: &[(&str, &str)],
        tls: Option<Connector>,
    ) -> Result<Self, Refused> {
        let ws = Self::open(url, "", headers, tls).await?;
        let mut socket = Self::upgraded(ws, String::new());
        let open = socket.frame().await.ok_or(Refused::Closed)?;
        socket.open = serde_json::from_str(open.strip_prefix('0').expect("an open packet")).unwrap();
        socket.sid = socket.open["sid"].as_str().unwrap().into();
        Ok(socket)
    }

    /// Connects with an access token and waits for `welcome`.
    pub async fn with_token(url: &str, token: &str) -> Result<Self, Refused> {
        Self::connect(url, json!({ "token": token })).await
    }

    /// Connects with `auth` and waits for `welcome`, which must be the first event.
    pub async fn connect(url: &str, auth: Value) -> Result<Self, Refused> {
        let mut socket = Self::engine(url, &[], None).await?;
        socket.join(auth).await?;
        Ok(socket)
    }

    /// CONNECT on an engine connection.
    pub async fn join(&mut self, auth: Value) -> Result<(), Refused> {
        self.raw(&format!("40{auth}")).await;
        let answer = self.packet().await.ok_or(Refused::Closed)?;
        if let Some(error) = answer.strip_prefix("44") {
            return Err(Refused::Connect(serde_json::from_str(error).unwrap()));
        }
        assert!(answer.starts_with("40"), "CONNECT was answered with {answer}");
        let first = self.packet().await.ok_or(Refused::Closed)?;
        let (name, payload) = event_of(&first).expect("the first packet is an event");
        if name != "welcome" {
            assert_eq!(name, "sessionRevoked");
            return Err(Refused::Closed);
        }
        self.welcome = payload;
        Ok(())
    }

    /// Sends a text frame as it is.
    pub async fn raw(&mut self, text: &str) {
        // A connection that is closed meanwhile shows when it is read.
        let _ = within(self.ws.send(Message::text(text))).await;
    }

    pub async fn binary(&mut self, bytes: &[u8]) {
        let _ = within(self.ws.send(Message::binary(bytes.to_vec()))).await;
    }

    /// Sends one message in many frames.
    pub async fn fragments(&mut self, part: &str, count: usize) {
        for number in 0..count {
            let code = if number == 0 { OpCode::Data(Data::Text) } else { OpCode::Data(Data::Continue) };
            let frame = Frame::message(part.to_owned(), code, number + 1 == count);
            let _ = within(self.ws.send(Message::Frame(frame))).await;
        }
    }

    /// Sends an event without waiting for its ack; answers the ack's id.
    pub async fn post(&mut self, name: &str, payload: Value) -> u64 {
        self.next_ack += 1;
        self.raw(&format!("42{}{}", self.next_ack, json!([name, payload]))).await;
        self.next_ack
    }

    /// Sends an event and waits for its ack.
    pub async fn ask(&mut self, name: &str, payload: Value) -> Value {
        let id = self.post(name, payload).await;
        self.ack(id).await
    }

    /// Sends an event whose ack must be `ok`.
    pub async fn ok(&mut self, name: &str, payload: Value) -> Value {
        let ack = self.ask(name, payload).await;
        assert_eq!(ack["ok"], true, "{name}: {ack}");
        ack
    }

    /// Sends an event that must be refused; answers the code.
    pub async fn refused(&mut self, name: &str, payload: Value) -> String {
        code(&self.ask(name, payload).await)
    }

    /// Waits for the ack of an event; other packets are kept.
    pub async fn ack(&mut self, id: u64) -> Value {
        self.try_ack(id).await.unwrap_or_else(|| panic!("closed before ack {id}"))
    }

    /// The same; `None` if the connection was closed instead.
    pub async fn try_ack(&mut self, id: u64) -> Option<Value> {
        let head = format!("43{id}[");
        let packet = within(self.find(|packet| packet.starts_with(&head))).await?;
        let [value]: [Value; 1] = serde_json::from_str(&packet[head.len() - 1..]).unwrap();
        Some(value)
    }

    /// Waits for an event of that name; other packets are kept.
    pub async fn event(&mut self, name: &str) -> Value {
        let finding = self.find(|packet| event_of(packet).is_some_and(|(found, _)| found == name));
        let packet = match tokio::time::timeout(DEADLINE, finding).await {
            Ok(packet) => packet.unwrap_or_else(|| panic!("closed before {name}")),
            Err(_) => panic!("no {name}; there came {:?}", self.packets),
        };
        event_of(&packet).unwrap().1
    }

    /// The events that have come, asking the server for an answer first so that none is still on its way.
    pub async fn events(&mut self) -> Vec<(String, Value)> {
        self.ask("typing", Value::Null).await;
        let packets = std::mem::take(&mut self.packets);
        packets.iter().filter_map(|packet| event_of(packet)).collect()
    }

    /// The events that came until the server closed the connection.
    pub async fn last_events(&mut self) -> Vec<(String, Value)> {
        self.closed().await;
        let packets = std::mem::take(&mut self.packets);
        packets.iter().filter_map(|packet| event_of(packet)).collect()
    }

    /// Waits until the server has closed the connection.
    pub async fn closed(&mut self) {
        let reading = async {
            while let Some(packet) = self.read().await {
                self.packets.push_back(packet);
            }
        };
        within(reading).await;
    }

    /// Leaves without a word, as a lost network does not, but a killed browser does.
    pub async fn drop_connection(mut self) {
        let _ = within(self.ws.close(None)).await;
    }

    async fn packet(&mut self) -> Option<String> {
        match self.packets.pop_front() {
            Some(packet) => Some(packet),
            None => self.read().await,
        }
    }

    async fn find(&mut self, mut fits: impl FnMut(&str) -> bool) -> Option<String> {
        if let Some(at) = self.packets.iter().position(|packet| fits(packet)) {
            return self.packets.remove(at);
        }
        loop {
            let packet = self.read().await?;
            if fits(&packet) {
                return Some(packet);
            }
            self.packets.push_back(packet);
        }
    }

    /// The next Socket.IO packet, pings answered on the way. `None` when closed.
    async fn read(&mut self) -> Option<String> {
        loop {
            let frame = self.frame().await?;
            match frame.as_str() {
                "2" => self.raw("3").await,
                "1" => return None,
                text if text.starts_with('4') => return Some(frame),
                other => panic!("an engine packet that is not expected: {other}"),
            }
        }
    }

    async fn frame(&mut self) -> Option<String> {
        loop {
            match within(self.ws.next()).await? {
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}

/// The code of a refused ack.
pub fn code(ack: &Value) -> String {
    assert_eq!(ack["ok"], false, "{ack}");
    assert!(ack["error"]["title"].is_string() && ack["error"]["detail"].is_string(), "{ack}");
    ack["error"]["code"].as_str().unwrap().into()
}

fn event_of(packet: &str) -> Option<(String, Value)> {
    let (name, payload): (String, Value) = serde_json::from_str(packet.strip_prefix("42")?).ok()?;
    Some((name, payload))
}

/// Waits until something holds.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.expect(what);
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("it took too long")
}
