//! A phone: the lean client of the relay's load example behind each way that leads to the relay: UDP, ICE-TCP, TURN over
//! TCP and over TLS. Owns one way and one peer connection; knows nothing of calls and their events.
#![allow(dead_code)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use charla_media::framing::{self, Decoder};
use rtc::crypto::{HashAlgorithm, HmacAlgorithm};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;

#[path = "../../media/examples/load/client.rs"]
pub mod client;
pub use client::{Client, Identity};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);
const FRAME: Duration = Duration::from_millis(20);
const CHANNEL: u16 = 0x4001;
const LARGEST: usize = 4096;

/// How to get to the relay.
#[derive(Clone)]
pub enum Way {
    Udp,
    IceTcp,
    /// With the user name and the password that the server gave; over TLS where there is a configuration for it.
    Turn(String, String, Option<Arc<ClientConfig>>),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

enum Wire {
    Udp(UdpSocket),
    Stream { stream: Box<dyn Stream>, decoder: Decoder, turn: bool },
}

impl Wire {
    async fn open(way: &Way, relay: SocketAddr) -> Wire {
        if let Way::Udp = way {
            let own = if relay.ip().is_loopback() { "127.0.0.1:0" } else { "0.0.0.0:0" };
            let socket = UdpSocket::bind(own).await.unwrap();
            socket.connect(relay).await.unwrap();
            return Wire::Udp(socket);
        }
        let stream = TcpStream::connect(relay).await.unwrap();
        stream.set_nodelay(true).unwrap();
        match way {
            Way::Udp | Way::IceTcp => {
                Wire::Stream { stream: Box::new(stream), decoder: Decoder::new(LARGEST), turn: false }
            }
            Way::Turn(username, password, tls) => {
                let mut stream: Box<dyn Stream> = match tls {
                    None => Box::new(stream),
                    Some(config) => {
                        let name = ServerName::try_from("localhost").unwrap();
                        Box::new(TlsConnector::from(Arc::clone(config)).connect(name, stream).await.unwrap())
                    }
                };
                let mut decoder = Decoder::turn(LARGEST);
                allocate(&mut *stream, &mut decoder, (username, password), relay).await;
                Wire::Stream { stream, decoder, turn: true }
            }
        }
    }

    async fn send(&mut self, datagram: &[u8]) {
        match self {
            // Lost, as any network may lose it.
            Wire::Udp(socket) => drop(socket.send(datagram).await),
            Wire::Stream { stream, turn, .. } => {
                let mut framed = Vec::new();
                assert!(match turn {
                    true => framing::encode_channel(CHANNEL, datagram, &mut framed),
                    false => framing::encode(datagram, &mut framed),
                });
                stream.write_all(&framed).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    }

    /// The next datagram. Cancel safe.
    async fn receive(&mut self) -> Vec<u8> {
        let mut buffer = [0; LARGEST];
        match self {
            Wire::Udp(socket) => {
                let length = socket.recv(&mut buffer).await.unwrap();
                buffer[..length].to_vec()
            }
            Wire::Stream { stream, decoder, turn } => {
                let header = if *turn { 4 } else { 0 };
                loop {
                    if let Some(frame) = decoder.next_frame().unwrap() {
                        return frame[header..].to_vec();
                    }
                    let length = stream.read(&mut buffer).await.unwrap();
                    assert_ne!(length, 0, "the server closed the stream");
                    decoder.push(&buffer[..length]);
                }
            }
        }
    }
}

/// Of what TURN is made (RFC 8656), as far as a phone needs it.
mod turn {
    pub const ALLOCATE: u16 = 0x0003;
    pub const CREATE_PERMISSION: u16 = 0x0008;
    pub const CHANNEL_BIND: u16 = 0x0009;
    pub const USERNAME: u16 = 0x0006;
    pub const INTEGRITY: u16 = 0x0008;
    pub const CHANNEL_NUMBER: u16 = 0x000C;
    pub const XOR_PEER_ADDRESS: u16 = 0x0012;
    pub const REALM: u16 = 0x0014;
    pub const NONCE: u16 = 0x0015;
    pub const REQUESTED_TRANSPORT: u16 = 0x0019;
    pub const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
}

/// Allocates, and binds a channel to the relay.
async fn allocate(
    stream: &mut dyn Stream,
    decoder: &mut Decoder,
    (username, password): (&str, &str),
    relay: SocketAddr,
) {
    let transport = attribute(turn::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    let challenge = exchange(stream, decoder, turn::ALLOCATE, transport.clone(), None).await;
    let [realm, nonce] = [turn::REALM, turn::NONCE].map(|kind| find(&challenge, kind).unwrap());
    let SocketAddr::V4(v4) = relay else { panic!("phones here know IPv4") };
    let mut peer = vec![0, 1];
    peer.extend_from_slice(&(v4.port() ^ 0x2112).to_be_bytes());
    peer.extend(v4.ip().octets().iter().zip(turn::COOKIE).map(|(octet, mask)| octet ^ mask));
    let peer = attribute(turn::XOR_PEER_ADDRESS, &peer);
    let channel = attribute(turn::CHANNEL_NUMBER, &[&CHANNEL.to_be_bytes()[..], &[0, 0]].concat());
    let whose = format!("{username}:{}:{password}", String::from_utf8_lossy(&realm));
    for (method, what) in [
        (turn::ALLOCATE, transport),
        (turn::CREATE_PERMISSION, peer.clone()),
        (turn::CHANNEL_BIND, [channel, peer].concat()),
    ] {
        let signed = [
            what,
            attribute(turn::USERNAME, username.as_bytes()),
            attribute(turn::REALM, &realm),
            attribute(turn::NONCE, &nonce),
        ];
        let answer = exchange(stream, decoder, method, signed.concat(), Some(&whose)).await;
        assert_eq!(answer[..2], (method | 0x0100).to_be_bytes(), "TURN answers with success");
    }
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = [kind.to_be_bytes(), (value.len() as u16).to_be_bytes()].concat();
    bytes.extend_from_slice(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn find(message: &[u8], kind: u16) -> Option<Vec<u8>> {
    let mut rest = message.get(20..)?;
    while let [k0, k1, l0, l1, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if u16::from_be_bytes([k0, k1]) == kind {
            return Some(rest.get(4..4 + length)?.to_vec());
        }
        rest = rest.get(4 + length.next_multiple_of(4)..)?;
    }
    None
}

/// Asks and waits for the answer; signed with the key of `whose` where there is one.
async fn exchange(
    stream: &mut dyn Stream,
    decoder: &mut Decoder,
    method: u16,
    attributes: Vec<u8>,
    whose: Option<&str>,
) -> Vec<u8> {
    let length = attributes.len() + if whose.is_some() { 24 } else { 0 };
    let mut message = [method.to_be_bytes(), (length as u16).to_be_bytes()].concat();
    message.extend_from_slice(&turn::COOKIE);
    message.extend_from_slice(&[method as u8; 12]);
    message.extend_from_slice(&attributes);
    if let Some(whose) = whose {
        let provider = rtc::crypto::default_provider().unwrap();
        let key = provider.crypto().hash(HashAlgorithm::Md5, whose.as_bytes()).unwrap();
        let mut mac = provider.crypto().new_hmac(HmacAlgorithm::Sha1, &key).unwrap();
        let mut tag = [0; 20];
        mac.sign(&[&message], &mut tag).unwrap();
        message.extend(attribute(turn::INTEGRITY, &tag));
    }
    stream.write_all(&message).await.unwrap();
    stream.flush().await.unwrap();
    let mut buffer = [0; LARGEST];
    loop {
        if let Some(frame) = decoder.next_frame().unwrap() {
            return frame.to_vec();
        }
        let length = stream.read(&mut buffer).await.unwrap();
        assert_ne!(length, 0, "the server closed the stream");
        decoder.push(&buffer[..length]);
    }
}

/// A phone in a call.
pub struct Phone {
    client: Client,
    wire: Wire,
    next: Instant,
    /// Audio packets that came, and how many of whom: by the CSRC of each.
    pub heard: usize,
    pub heard_of: HashMap<u32, usize>,
    /// The CSRC under which others hear it, if that was said.
    pub csrc: u32,
}

impl Phone {
    /// Takes the relay's answer to the client's offer and opens the way.
    pub async fn answered(mut client: Client, sdp: &str, way: &Way) -> Phone {
        let relay = client.answer(Instant::now(), sdp).unwrap();
        let wire = Wire::open(way, relay).await;
        Phone { client, wire, next: Instant::now(), heard: 0, heard_of: HashMap::new(), csrc: 0 }
    }

    /// Whether audio could flow.
    pub fn connected(&self) -> bool {
        self.client.connected()
    }

    /// Says one packet at once, whatever the time.
    pub async fn say(&mut self, payload: &[u8]) {
        let sealed = self.client.seal(payload).unwrap();
        self.wire.send(&sealed).await;
    }

    /// Waits for the next packet of audio, header and payload, and sends nothing meanwhile. Cancel safe.
    pub async fn hear(&mut self) -> Vec<u8> {
        loop {
            let datagram = self.wire.receive().await;
            if let Some(audio) = self.client.handle(Instant::now(), &datagram) {
                return audio.to_vec();
            }
        }
    }

    /// Talks and listens, for ever. Cancel it when that is enough: what is lost then is as if lost on the way.
    pub async fn talk(&mut self, mut each: impl FnMut(usize)) {
        loop {
            let now = Instant::now();
            self.client.handle_timeout(now);
            if self.client.connected() && now >= self.next {
                self.next = now + FRAME;
                let sealed = self.client.seal(&[0x78; 80]).unwrap();
                self.wire.send(&sealed).await;
            }
            while let Some(datagram) = self.client.poll_transmit() {
                self.wire.send(&datagram).await;
            }
            if let Ok(datagram) = tokio::time::timeout(FRAME / 4, self.wire.receive()).await
                && let Some(packet) = self.client.handle(Instant::now(), &datagram)
            {
                self.heard += 1;
                if let [first, _, _, _, _, _, _, _, _, _, _, _, a, b, c, d, ..] = packet[..]
                    && first & 0x0f == 1
                {
                    *self.heard_of.entry(u32::from_be_bytes([a, b, c, d])).or_default() += 1;
                }
                each(self.heard);
            }
        }
    }
}

/// Both talk until each has heard one packet more.
pub async fn hear_each_other(a: &mut Phone, b: &mut Phone) {
    let (one, other) = (Notify::new(), Notify::new());
    let talking = async {
        tokio::select! {
            () = a.talk(|_| one.notify_one()) => {}
            () = b.talk(|_| other.notify_one()) => {}
            () = async { tokio::join!(one.notified(), other.notified()); } => {}
        }
    };
    tokio::time::timeout(PATIENCE, talking).await.expect("both hear each other");
}
