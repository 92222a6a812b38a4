//! In the steady state a forwarded packet costs no allocation: opened, looked up, numbered, sealed and queued in
//! memory that is there already.

#![allow(clippy::disallowed_methods, reason = "a test's clock")]

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use charla_media::api::{Config, Offer, ParticipantId, RoomId, TransportId};
use charla_media::relay::{Path, Relay};
use rand::SeedableRng;
use rand::rngs::StdRng;

#[path = "../examples/load/client.rs"]
mod client;
use client::{Client, Identity};

const PEOPLE: u16 = 5;
const TICK: Duration = Duration::from_millis(20);

fn path(person: u16) -> Path {
    Path::Udp { socket: 0, remote: SocketAddr::from(([198, 18, 0, 1], 5000 + person)) }
}

fn config() -> Config {
    let here: SocketAddr = "192.0.2.1:8443".parse().unwrap();
    Config { announce_udp: vec![here], ..Config::new(vec![here]) }
}

#[test]
fn a_forwarded_packet_costs_no_allocation() {
    let mut now = Instant::now();
    let mut relay = Relay::new(config(), (now, SystemTime::now()), StdRng::seed_from_u64(1)).unwrap();
    let identity = Identity::new().unwrap();
    relay.open_room(RoomId(1));
    let mut clients = Vec::new();
    for person in 0..PEOPLE {
        let (participant, transport) = (ParticipantId(person.into()), TransportId(person.into()));
        let mut client = Client::new(&identity, transport, usize::from(PEOPLE) - 1);
        let answer = relay
            .offer(now, &Offer { room: RoomId(1), participant, transport, sdp: client.offer() })
            .unwrap();
        client.answer(now, &answer.sdp).unwrap();
        relay.gate(now, RoomId(1), participant, transport, true);
        clients.push(client);
    }
    let (mut forwarded, mut allocations, mut rounds) = (0, 0, 0);
    // A second connected to let every buffer grow to its size, then a second that counts.
    while rounds < 100 {
        now += TICK;
        if relay.poll_timeout().is_some_and(|due| due <= now) {
            relay.handle_timeout(now);
        }
        for (person, client) in (0..).zip(&mut clients) {
            client.handle_timeout(now);
            while let Some(datagram) = client.poll_transmit() {
                relay.handle_datagram(now, path(person), &datagram);
            }
        }
        for person in 0..PEOPLE {
            for (to, bytes) in relay.outgoing().iter() {
                if to == path(person) {
                    clients[usize::from(person)].handle(now, bytes);
                }
            }
        }
        relay.clear_outgoing();
        while relay.poll_event().is_some() {}
        if !clients.iter().all(Client::connected) {
            continue;
        }
        rounds += 1;
        for person in 0..PEOPLE {
            let sealed = clients[usize::from(person)].seal(&[0x78; 80]).unwrap();
            let counted = allocation_counter::measure(|| relay.handle_datagram(now, path(person), &sealed));
            if rounds > 50 {
                forwarded += relay.outgoing().len();
                allocations += counted.count_total;
            }
            relay.clear_outgoing();
        }
    }
    assert_eq!(forwarded, 50 * usize::from(PEOPLE) * usize::from(PEOPLE - 1));
    assert_eq!(allocations, 0);
}
