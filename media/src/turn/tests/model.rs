//! TURN against a small reference: datagrams come out exactly when that says so.

use std::net::SocketAddr;
use std::time::Instant;

use proptest::prelude::*;

use super::*;

/// What a client or an attacker may say next.
#[derive(Clone, Debug)]
enum Say {
    Allocate,
    Refresh(u32),
    Permit(SocketAddr),
    Bind(u16, SocketAddr),
    Send(SocketAddr),
    Channel(u16),
    Wait(u64),
    Garbage(Vec<u8>),
    Flip(usize, u8),
}

fn peer() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![
        Just(addr(RELAY)),
        Just(addr("192.0.2.1:22")),
        Just(addr("10.0.0.1:80")),
        Just(addr("[::1]:1"))
    ]
}

fn say() -> impl Strategy<Value = Say> {
    prop_oneof![
        Just(Say::Allocate),
        prop_oneof![Just(0), any::<u32>()].prop_map(Say::Refresh),
        peer().prop_map(Say::Permit),
        (0x3FFEu16..0x4003, peer()).prop_map(|(channel, peer)| Say::Bind(channel, peer)),
        peer().prop_map(Say::Send),
        (0x4000u16..0x4003).prop_map(Say::Channel),
        (1u64..400).prop_map(Say::Wait),
        prop::collection::vec(any::<u8>(), 0..80).prop_map(Say::Garbage),
        (0usize..120, 1u8..).prop_map(|(at, flip)| Say::Flip(at, flip)),
    ]
}

/// What a server must remember: the reference that the real one is held to.
#[derive(Default)]
struct Model {
    allocated: bool,
    permitted_until: Option<Instant>,
    channel: Option<(u16, Instant)>,
}

impl Model {
    fn open(&self, now: Instant) -> bool {
        self.allocated && self.permitted_until.is_some_and(|until| now < until)
    }
    fn bound(&self, now: Instant) -> Option<u16> {
        self.channel.filter(|(_, until)| now < *until).map(|(channel, _)| channel)
    }
}

proptest! {
    /// Datagrams come out exactly when the reference says so, whatever came before.
    #[test]
    fn only_what_was_permitted_gets_through(says in prop::collection::vec(say(), 0..60)) {
        let (mut world, mut model) = (World::allocated(), Model { allocated: true, ..Model::default() });
        let relay = addr(RELAY);
        for say in says {
            let now = world.now;
            match say {
                Say::Allocate => {
                    let taken = world.ask(Client::allocate);
                    let fresh = matches!(taken, Taken::Allocated(_));
                    prop_assert!(!(fresh && model.allocated));
                    if fresh {
                        model = Model { allocated: true, ..Model::default() };
                    }
                }
                Say::Refresh(lifetime) => {
                    let taken = world.ask(|client| client.refresh(lifetime));
                    prop_assert_eq!(taken == Taken::Released, model.allocated && lifetime == 0);
                    if model.allocated && lifetime == 0 {
                        model = Model::default();
                    }
                }
                Say::Permit(peer) => {
                    world.ask(|client| client.permit(&[peer]));
                    let granted = model.allocated && peer.ip() == relay.ip();
                    prop_assert_eq!(world.client.is_success(&world.reply), granted);
                    if granted {
                        model.permitted_until = Some(now + PERMISSION);
                    }
                }
                Say::Bind(channel, peer) => {
                    world.ask(|client| client.bind(channel, peer));
                    let free = model.bound(now).is_none_or(|bound| bound == channel);
                    let granted = model.allocated && peer == relay && channel >= 0x4000 && free;
                    prop_assert_eq!(world.client.is_success(&world.reply), granted);
                    if granted {
                        model.channel = Some((channel, now + CHANNEL));
                        model.permitted_until = Some(now + PERMISSION);
                    }
                }
                Say::Send(peer) => {
                    let sent = world.client.send(peer, b"data");
                    let through = world.take(&sent) == Taken::Datagram(b"data");
                    prop_assert_eq!(through, model.open(now) && peer == relay);
                }
                Say::Channel(channel) => {
                    let [high, low] = channel.to_be_bytes();
                    let frame = [high, low, 0, 1, 7];
                    let through = world.take(&frame) == Taken::Datagram(&[7]);
                    prop_assert_eq!(through, model.open(now) && model.bound(now) == Some(channel));
                }
                Say::Wait(seconds) => world.pass(seconds),
                Say::Garbage(bytes) => drop(world.take(&bytes)),
                Say::Flip(at, flip) => {
                    let mut request = world.client.permit(&[relay]);
                    let at = at % request.len();
                    request[at] ^= flip;
                    world.take(&request);
                    prop_assert!(world.reply.is_empty() || !world.client.is_success(&world.reply));
                    // So many failures would end a tunnel.
                    world.turn.failures = 0;
                }
            }
            prop_assert_eq!(world.down(b"d").is_some(), model.open(world.now));
            world.turn.failures = 0;
        }
    }
}
