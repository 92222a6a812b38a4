//! A TURN client, and what the server does with it, with strangers and with nonsense.

mod model;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rtc::crypto::providers::RingProvider;
use rtc::crypto::{HashAlgorithm, HmacAlgorithm, RTCCryptoProvider as _};

use super::*;
use crate::stun::{append_integrity, begin, finish, put_attribute, put_xor_address, xor_address};

/// Writes what a TURN client says, and reads what it is told.
pub(crate) struct Client {
    username: String,
    password: String,
    nonce: String,
    transactions: u8,
}

impl Client {
    pub(crate) fn new(username: &str, password: &str) -> Client {
        Client { username: username.into(), password: password.into(), nonce: String::new(), transactions: 0 }
    }

    pub(crate) fn allocate(&mut self) -> Vec<u8> {
        self.request(message::ALLOCATE, |out| {
            put_attribute(message::REQUESTED_TRANSPORT, &[17, 0, 0, 0], out)
        })
    }

    fn refresh(&mut self, lifetime: u32) -> Vec<u8> {
        let lifetime = lifetime.to_be_bytes();
        self.request(message::REFRESH, |out| put_attribute(message::LIFETIME, &lifetime, out))
    }

    pub(crate) fn permit(&mut self, peers: &[SocketAddr]) -> Vec<u8> {
        self.request(message::CREATE_PERMISSION, |out| {
            peers.iter().for_each(|peer| put_xor_address(message::XOR_PEER_ADDRESS, *peer, out));
        })
    }

    fn bind(&mut self, channel: u16, peer: SocketAddr) -> Vec<u8> {
        self.request(message::CHANNEL_BIND, |out| {
            put_attribute(message::CHANNEL_NUMBER, &[&channel.to_be_bytes()[..], &[0, 0]].concat(), out);
            put_xor_address(message::XOR_PEER_ADDRESS, peer, out);
        })
    }

    pub(crate) fn send(&mut self, peer: SocketAddr, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        begin(message::SEND_INDICATION, &[9; 12], &mut out);
        put_xor_address(message::XOR_PEER_ADDRESS, peer, &mut out);
        put_attribute(message::DATA, data, &mut out);
        finish(&mut out);
        out
    }

    /// A request; signed once the nonce is known.
    fn request(&mut self, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        self.transactions += 1;
        let mut out = Vec::new();
        begin(kind, &[self.transactions; 12], &mut out);
        fill(&mut out);
        if self.nonce.is_empty() {
            finish(&mut out);
            return out;
        }
        put_attribute(stun::USERNAME, self.username.as_bytes(), &mut out);
        put_attribute(message::REALM, REALM.as_bytes(), &mut out);
        put_attribute(message::NONCE, self.nonce.as_bytes(), &mut out);
        assert!(append_integrity(&mut out, &mut *self.mac()));
        out
    }

    fn mac(&self) -> Box<dyn Mac> {
        let (provider, text) =
            (RingProvider::default(), format!("{}:{REALM}:{}", self.username, self.password));
        let key = provider.crypto().hash(HashAlgorithm::Md5, text.as_bytes()).unwrap();
        provider.crypto().new_hmac(HmacAlgorithm::Sha1, &key).unwrap()
    }

    /// Takes the nonce of a challenge.
    pub(crate) fn learn(&mut self, answer: &[u8]) {
        let nonce = Message::parse(answer).unwrap().attribute(message::NONCE).unwrap();
        self.nonce = String::from_utf8(nonce.to_vec()).unwrap();
    }

    pub(crate) fn is_success(&self, answer: &[u8]) -> bool {
        let answer = Message::parse(answer).unwrap();
        let success = answer.kind() & 0x0110 == 0x0100;
        assert!(!success || answer.verify(&mut *self.mac()), "a success that is not signed");
        success
    }

    pub(crate) fn relayed(&self, answer: &[u8]) -> Option<SocketAddr> {
        assert!(self.is_success(answer));
        let answer = Message::parse(answer).unwrap();
        xor_address(answer.attribute(message::XOR_RELAYED_ADDRESS)?, answer.transaction())
    }

    /// What a Data indication holds, and from whom.
    pub(crate) fn data(&self, indication: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
        let message = Message::parse(indication).filter(|message| message.kind() == 0x0017)?;
        let peer = message::peers(&message).next()??;
        Some((peer, message.attribute(message::DATA)?.to_vec()))
    }
}

fn code(answer: &[u8]) -> u16 {
    let answer = Message::parse(answer).unwrap();
    let value = answer.attribute(0x0009).unwrap();
    u16::from(value[2]) * 100 + u16::from(value[3])
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

const RELAY: &str = "192.0.2.1:8443";

struct World {
    now: Instant,
    turn: Turn,
    client: Client,
    reply: Vec<u8>,
}

impl World {
    fn new() -> World {
        let now = Instant::now();
        let unix = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let secret = Arc::new(Secret::generate((now, unix), &mut StdRng::seed_from_u64(1)));
        let peers = Peers::of(&[addr("[2001:db8::1]:8443"), addr(RELAY), addr("127.0.0.1:8443")]);
        let credential = secret.mint(now, "call.user").unwrap();
        let turn = Turn::new(now, secret, peers, 3, addr("198.51.100.7:999"));
        World {
            now,
            turn,
            client: Client::new(&credential.username, &credential.password),
            reply: Vec::new(),
        }
    }

    fn allocated() -> World {
        let mut world = World::new();
        let request = world.client.allocate();
        assert_eq!(world.take(&request), Taken::Done);
        assert_eq!(code(&world.reply), 401);
        world.client.learn(&world.reply);
        let request = world.client.allocate();
        let relayed = addr("192.0.2.1:49158");
        assert_eq!(world.take(&request), Taken::Allocated(relayed));
        assert_eq!(world.client.relayed(&world.reply), Some(relayed));
        world
    }

    fn take<'a>(&mut self, frame: &'a [u8]) -> Taken<'a> {
        self.turn.take(self.now, frame, &mut self.reply)
    }

    fn ask(&mut self, make: impl FnOnce(&mut Client) -> Vec<u8>) -> Taken<'static> {
        let request = make(&mut self.client);
        match self.take(&request) {
            Taken::Datagram(_) => panic!("a request is no datagram"),
            Taken::Done => Taken::Done,
            Taken::Allocated(relayed) => Taken::Allocated(relayed),
            Taken::Released => Taken::Released,
            Taken::Hostile => Taken::Hostile,
        }
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// What the client is sent for a datagram of the relay.
    fn down(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.turn.wrap(self.now, datagram, &mut out).then_some(out)
    }
}

#[test]
fn the_relay_is_reached_by_indications_and_by_a_channel() {
    let mut world = World::allocated();
    let peer = addr(RELAY);
    let sent = world.client.send(peer, b"early");
    assert_eq!(world.take(&sent), Taken::Done, "no permission yet");
    assert_eq!(world.down(b"early"), None);
    assert_eq!(world.ask(|client| client.permit(&[peer])), Taken::Done);
    assert!(world.client.is_success(&world.reply));
    let sent = world.client.send(peer, b"hello");
    assert_eq!(world.take(&sent), Taken::Datagram(b"hello"));
    assert!(world.reply.is_empty());
    let indication = world.down(b"answer").unwrap();
    assert_eq!(world.client.data(&indication), Some((peer, b"answer".to_vec())));

    world.ask(|client| client.bind(0x4001, peer));
    assert!(world.client.is_success(&world.reply));
    assert_eq!(world.take(&[0x40, 1, 0, 3, b'a', b'b', b'c']), Taken::Datagram(b"abc"));
    assert_eq!(world.take(&[0x40, 2, 0, 3, b'a', b'b', b'c']), Taken::Done, "another channel");
    assert_eq!(world.down(b"abc"), Some(vec![0x40, 1, 0, 3, b'a', b'b', b'c', 0]));
}

#[test]
fn no_other_peer_is_reached_and_none_costs_the_allocation() {
    let mut world = World::allocated();
    let relay = addr(RELAY);
    for peer in
        ["127.0.0.1:8443", "10.0.0.1:80", "8.8.8.8:53", "[::1]:8443", "[2001:db8::1]:8443", "0.0.0.0:0"]
    {
        let peer = addr(peer);
        world.ask(|client| client.permit(&[peer]));
        assert_eq!(code(&world.reply), 403, "{peer}");
        world.ask(|client| client.permit(&[relay, peer]));
        assert_eq!(code(&world.reply), 403, "{peer}");
        world.ask(|client| client.bind(0x4001, peer));
        assert_eq!(code(&world.reply), 403, "{peer}");
        assert!(Message::parse(&world.reply).unwrap().verify(&mut *world.client.mac()), "a signed refusal");
    }
    world.ask(|client| client.permit(&[relay]));
    assert!(world.client.is_success(&world.reply));
    for peer in ["192.0.2.1:22", "10.0.0.1:80"] {
        let sent = world.client.send(addr(peer), b"x");
        assert_eq!(world.take(&sent), Taken::Done, "{peer}");
    }
    world.ask(|client| client.bind(0x4001, addr("192.0.2.1:22")));
    assert_eq!(code(&world.reply), 403, "another port of the same address");
    let sent = world.client.send(relay, b"x");
    assert_eq!(world.take(&sent), Taken::Datagram(b"x"));
}

#[test]
fn wrong_and_expired_credentials_are_refused_and_guessing_ends_the_tunnel() {
    let mut world = World::new();
    world.ask(Client::allocate);
    world.client.learn(&world.reply);
    let right = std::mem::replace(&mut world.client.password, "guess".into());
    assert_eq!(world.ask(Client::allocate), Taken::Done);
    assert_eq!(code(&world.reply), 401);
    world.client.password = right;
    world.pass(3600);
    for _ in 2..FAILURES {
        assert_eq!(world.ask(Client::allocate), Taken::Done);
        assert_eq!(code(&world.reply), 401, "expired");
    }
    assert_eq!(world.ask(Client::allocate), Taken::Hostile);
}

#[test]
fn an_allocation_outlives_its_credential() {
    let mut world = World::allocated();
    for _ in 0..20 {
        world.pass(500);
        world.ask(|client| client.refresh(600));
        assert!(world.client.is_success(&world.reply));
        world.ask(|client| client.permit(&[addr(RELAY)]));
        assert!(world.client.is_success(&world.reply));
        let sent = world.client.send(addr(RELAY), b"x");
        assert_eq!(world.take(&sent), Taken::Datagram(b"x"));
        assert!(world.turn.ends_at() == world.now + Duration::from_secs(600));
    }
}

#[test]
fn permissions_and_channels_end_and_a_farewell_is_heard() {
    let mut world = World::allocated();
    let peer = addr(RELAY);
    world.ask(|client| client.bind(0x4001, peer));
    world.ask(|client| client.bind(0x4002, peer));
    assert_eq!(code(&world.reply), 400, "one channel for a peer");
    world.pass(301);
    assert_eq!(world.take(&[0x40, 1, 0, 1, b'a']), Taken::Done, "the permission has ended");
    world.ask(|client| client.permit(&[peer]));
    assert_eq!(world.take(&[0x40, 1, 0, 1, b'a']), Taken::Datagram(b"a"));
    world.pass(299);
    world.ask(|client| client.permit(&[peer]));
    assert_eq!(world.take(&[0x40, 1, 0, 1, b'a']), Taken::Done, "the channel has ended");
    let indication = world.down(b"b").unwrap();
    assert!(world.client.data(&indication).is_some(), "an indication in its place");
    world.ask(|client| client.bind(0x4002, peer));
    assert!(world.client.is_success(&world.reply), "its number is free for another");
    assert_eq!(world.ask(|client| client.refresh(0)), Taken::Released);
    assert_eq!(world.turn.ends_at(), world.now + PATIENCE);
    assert_eq!(world.down(b"b"), None);
}

#[test]
fn what_a_client_may_not_ask_is_refused_with_the_reason() {
    let mut world = World::new();
    world.ask(Client::allocate);
    world.client.learn(&world.reply);
    world.ask(|client| client.refresh(600));
    assert_eq!(code(&world.reply), 437, "nothing is allocated");
    let allocate = |kind: u16, value: &'static [u8]| {
        move |client: &mut Client| {
            client.request(message::ALLOCATE, |out| {
                put_attribute(message::REQUESTED_TRANSPORT, &[17, 0, 0, 0], out);
                put_attribute(kind, value, out);
            })
        }
    };
    world.ask(allocate(message::REQUESTED_ADDRESS_FAMILY, &[3, 0, 0, 0]));
    assert_eq!(code(&world.reply), 440);
    world.ask(allocate(0x001A, &[]));
    assert_eq!(code(&world.reply), 420, "DONT-FRAGMENT");
    world.ask(allocate(message::EVEN_PORT, &[0x80, 0, 0, 0]));
    assert_eq!(code(&world.reply), 508, "a port kept for later");
    world.ask(|client| {
        client.request(message::ALLOCATE, |out| {
            put_attribute(message::REQUESTED_TRANSPORT, &[6, 0, 0, 0], out);
        })
    });
    assert_eq!(code(&world.reply), 442, "a TCP allocation");
    world.ask(|client| client.request(message::ALLOCATE, |_| {}));
    assert_eq!(code(&world.reply), 400);
    let v6 = addr("[2001:db8::1]:49158");
    assert_eq!(world.ask(allocate(message::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0])), Taken::Allocated(v6));
    world.ask(Client::allocate);
    assert_eq!(code(&world.reply), 437, "one is enough");
    world.client.username = "1800003600:another".into();
    world.ask(|client| client.permit(&[v6]));
    assert_eq!(code(&world.reply), 441);
    world.client.nonce = "0123456789abcdef".into();
    world.ask(|client| client.permit(&[v6]));
    assert_eq!(code(&world.reply), 438);
    assert!(Message::parse(&world.reply).unwrap().attribute(message::NONCE).is_some());
}

#[test]
fn without_credentials_there_is_one_answer_and_it_is_no_larger_than_it_must_be() {
    let mut world = World::new();
    for kind in [message::ALLOCATE, message::REFRESH, message::CREATE_PERMISSION, message::CHANNEL_BIND] {
        world.ask(|client| client.request(kind, |_| {}));
        assert_eq!(code(&world.reply), 401);
        assert!(world.reply.len() < 100, "{}", world.reply.len());
    }
    let binding = world.client.request(0x0001, |_| {});
    assert_eq!(world.take(&binding), Taken::Done);
    assert!(world.reply.is_empty(), "a binding request has no answer");
    assert_eq!(world.turn.ends_at(), world.now + PATIENCE);
}
