//! The desk between the shard's loop and the relay: hands datagrams and commands in, carries datagrams and events
//! out, and keeps a panic within the room that caused it. Owns the relay and the tunnels' near ends; reads no
//! clock and makes no system call but the send.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::api::{Event, TunnelId, TunnelKind};
use crate::events::EventSender;
use crate::framing::{self, Decoder};
use crate::relay::{Path, Relay};
use crate::shard::{Command, Port, Stats};
use crate::tunnel::NearEnd;
use crate::turn::{self, Peers, Secret, Taken, Turn};
use crate::udp;

/// A timer that is due and does not move must not spin the loop.
const TIMER_FLOOR: Duration = Duration::from_millis(1);

/// A tunnel that brought nothing for so long is dead or idle: a living ICE agent checks every few seconds.
const TUNNEL_IDLE: Duration = Duration::from_secs(60);

/// What framing adds to a datagram at most: a Data indication with an IPv6 address.
const FRAMING_MAX: usize = 56;

/// A datagram in a Send indication, with the attributes that a client may add.
const TURN_FRAME_MAX: usize = udp::DATAGRAM_MAX + 128;

/// How often tunnels are looked for that are idle, or on which nobody has authenticated.
const SWEEP: Duration = Duration::from_secs(2);

pub(crate) struct Desk {
    relay: Relay,
    /// Whom TURN lets in, and where to.
    host: (Arc<Secret>, Peers),
    /// Memory for TURN's answers.
    reply: Vec<u8>,
    sender: udp::Sender,
    tunnels: HashMap<TunnelId, Served>,
    /// When to look for idle tunnels next, while there are tunnels.
    sweep_at: Option<Instant>,
    events: EventSender,
    stats: Stats,
}

/// One tunnel: the unfinished tail of its stream, and its pump's queue.
struct Served {
    kind: TunnelKind,
    decoder: Decoder,
    /// Where the stream is one of TURN.
    turn: Option<Turn>,
    near: NearEnd,
    opened_at: Instant,
    heard_at: Instant,
}

impl Served {
    /// Whether nothing keeps this tunnel: it says nothing, or nobody has authenticated on it. `bound` tells that its
    /// datagrams belong to a transport.
    fn is_over(&self, now: Instant, bound: bool) -> bool {
        let unproven = match &self.turn {
            Some(turn) => now >= turn.ends_at(),
            None => !bound && now.saturating_duration_since(self.opened_at) >= turn::PATIENCE,
        };
        unproven || now.saturating_duration_since(self.heard_at) >= TUNNEL_IDLE
    }

    /// Queues a datagram for the other end; false where it may not or cannot be sent.
    fn write(&mut self, now: Instant, datagram: &[u8]) -> bool {
        let mut framed = Vec::with_capacity(FRAMING_MAX + datagram.len());
        let fits = match &mut self.turn {
            Some(turn) => turn.wrap(now, datagram, &mut framed),
            None => framing::encode(datagram, &mut framed),
        };
        if fits {
            self.near.write(framed.into(), is_rtp(datagram));
        }
        fits
    }
}

impl Desk {
    pub(crate) fn new(relay: Relay, host: (Arc<Secret>, Peers), events: EventSender) -> Self {
        Self {
            relay,
            host,
            reply: Vec::new(),
            sender: udp::Sender::new(),
            tunnels: HashMap::new(),
            sweep_at: None,
            events,
            stats: Stats::default(),
        }
    }

    /// How long the loop may wait; `None` while nothing waits for time.
    pub(crate) fn patience(&self, now: Instant) -> Option<Duration> {
        let due = self.relay.poll_timeout().into_iter().chain(self.sweep_at).min()?;
        Some(due.saturating_duration_since(now).max(TIMER_FLOOR))
    }

    pub(crate) fn serve_timers(&mut self, now: Instant) {
        if self.relay.poll_timeout().is_some_and(|due| due <= now) {
            self.guarded(now, |relay| relay.handle_timeout(now));
        }
        if self.sweep_at.is_some_and(|due| due <= now) {
            self.sweep_tunnels(now);
        }
    }

    fn sweep_tunnels(&mut self, now: Instant) {
        let relay = &self.relay;
        let over = |id: &TunnelId, tunnel: &mut Served| {
            tunnel.is_over(now, relay.is_bound(Path::Tunnel(*id, tunnel.kind)))
        };
        let gone: Vec<_> = self.tunnels.extract_if(over).collect();
        for (id, _) in &gone {
            tracing::debug!(tunnel = id.0, "a tunnel that is idle or unauthenticated is closed");
            self.guarded(now, |relay| relay.tunnel_closed(now, *id));
        }
        self.sweep_at = if self.tunnels.is_empty() { None } else { Some(now + SWEEP) };
    }

    pub(crate) fn datagram(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        self.stats.received += 1;
        self.guarded(now, |relay| relay.handle_datagram(now, path, bytes));
    }

    pub(crate) fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::OpenRoom(room) => drop(self.guarded(now, |relay| relay.open_room(room))),
            Command::CloseRoom(room) => drop(self.guarded(now, |relay| relay.close_room(now, room))),
            Command::Gate { room, participant, transport, open } => {
                self.guarded(now, |relay| relay.gate(now, room, participant, transport, open));
            }
            Command::DropTransport(transport) => {
                self.guarded(now, |relay| relay.drop_transport(now, transport));
            }
            Command::Leave { room, participant } => {
                self.guarded(now, |relay| relay.leave(now, room, participant));
            }
            Command::Offer { offer, reply } => {
                // A reply dropped by a panic reads as `Stopped` at the other end; so does one nobody awaits.
                if let Some(answer) = self.guarded(now, |relay| relay.offer(now, &offer)) {
                    let _ = reply.send(answer);
                }
            }
            Command::TunnelOpened { id, kind, remote, near } => {
                self.tunnel_opened(now, id, kind, remote, near)
            }
            Command::TunnelBytes { id, bytes } => self.tunnel_bytes(now, id, &bytes),
            Command::TunnelClosed(id) => {
                if self.tunnels.remove(&id).is_some() {
                    self.guarded(now, |relay| relay.tunnel_closed(now, id));
                }
            }
            Command::Stats(reply) => {
                let (transports, tunnels) = (self.relay.transports(), self.tunnels.len());
                let _ = reply.send(Stats { transports, tunnels, ..self.stats });
            }
            #[cfg(test)]
            Command::Poison(room) => self.relay.poisoned = Some(room),
            Command::Stop => {}
        }
    }

    fn tunnel_opened(
        &mut self,
        now: Instant,
        id: TunnelId,
        kind: TunnelKind,
        remote: SocketAddr,
        near: NearEnd,
    ) {
        let (decoder, turn) = match kind {
            TunnelKind::IceTcp => (Decoder::new(udp::DATAGRAM_MAX), None),
            TunnelKind::Turn { .. } => {
                let (secret, peers) = (Arc::clone(&self.host.0), self.host.1);
                (Decoder::turn(TURN_FRAME_MAX), Some(Turn::new(now, secret, peers, id.0, remote)))
            }
        };
        if turn.is_none() {
            self.guarded(now, |relay| relay.tunnel_opened(id, kind, remote));
        }
        self.tunnels.insert(id, Served { kind, decoder, turn, near, opened_at: now, heard_at: now });
        self.sweep_at.get_or_insert(now + SWEEP);
    }

    fn tunnel_bytes(&mut self, now: Instant, id: TunnelId, bytes: &Bytes) {
        // Out of the map while it is served: the relay is reached through `self`.
        let Some(mut tunnel) = self.tunnels.remove(&id) else { return };
        tunnel.heard_at = now;
        tunnel.decoder.push(bytes);
        tunnel.near.served(bytes.len());
        let goes_on = catch_unwind(AssertUnwindSafe(|| self.serve_frames(now, id, &mut tunnel)));
        let goes_on = goes_on.unwrap_or_else(|_| {
            self.stats.panics += 1;
            tracing::error!(tunnel = id.0, "serving a tunnel failed: it is closed");
            false
        });
        if goes_on {
            self.tunnels.insert(id, tunnel);
        } else {
            drop(tunnel);
            self.guarded(now, |relay| relay.tunnel_closed(now, id));
        }
    }

    /// Serves the whole frames of a tunnel; false when it should be closed.
    fn serve_frames(&mut self, now: Instant, id: TunnelId, tunnel: &mut Served) -> bool {
        let Served { kind, decoder, turn, near, .. } = tunnel;
        loop {
            let frame = match decoder.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return true,
                Err(error) => {
                    tracing::debug!(tunnel = id.0, %error, "tunnel closed");
                    return false;
                }
            };
            let Some(turn) = turn else {
                self.datagram(now, Path::Tunnel(id, *kind), frame);
                continue;
            };
            let taken = turn.take(now, frame, &mut self.reply);
            if !self.reply.is_empty() {
                near.write(Bytes::copy_from_slice(&self.reply), false);
            }
            match taken {
                Taken::Done => {}
                Taken::Datagram(datagram) => self.datagram(now, Path::Tunnel(id, *kind), datagram),
                Taken::Allocated(relayed) => {
                    self.guarded(now, |relay| relay.tunnel_opened(id, *kind, relayed));
                }
                Taken::Released => drop(self.guarded(now, |relay| relay.tunnel_closed(now, id))),
                Taken::Hostile => {
                    tracing::debug!(tunnel = id.0, "a tunnel on which nobody can authenticate is closed");
                    return false;
                }
            }
        }
    }

    /// Sends what waits if it fills a system call: the batch stays small enough for the processor's cache.
    pub(crate) fn flush_full(&mut self, now: Instant, ports: &[Port]) {
        if self.relay.outgoing().len() >= udp::BATCH {
            self.flush(now, ports);
        }
    }

    /// Sends what waits and reports what happened.
    pub(crate) fn settle(&mut self, now: Instant, ports: &[Port]) {
        self.flush(now, ports);
        self.report();
    }

    fn flush(&mut self, now: Instant, ports: &[Port]) {
        let outgoing = self.relay.outgoing();
        if outgoing.is_empty() {
            return;
        }
        if !self.tunnels.is_empty() {
            for (path, bytes) in outgoing.iter() {
                if let Path::Tunnel(id, _) = path
                    && let Some(tunnel) = self.tunnels.get_mut(&id)
                {
                    self.stats.sent += u64::from(tunnel.write(now, bytes));
                }
            }
        }
        // Ports are few: one look at every datagram for each is cheaper than a list per port.
        for (index, port) in ports.iter().enumerate() {
            let datagrams = outgoing.iter().filter_map(|(path, bytes)| match path {
                Path::Udp { socket, remote } if socket == index => Some((remote, bytes)),
                _ => None,
            });
            let done = self.sender.send(&port.socket, datagrams);
            self.stats.sent += done.sent;
            self.stats.dropped += done.dropped;
        }
        self.relay.clear_outgoing();
    }

    fn report(&mut self) {
        while let Some(event) = self.relay.poll_event() {
            self.events.send(event);
        }
    }

    /// Calls the relay. A panic in it ends the room that it was serving, and no other.
    fn guarded<T>(&mut self, now: Instant, call: impl FnOnce(&mut Relay) -> T) -> Option<T> {
        self.relay.serve_nobody();
        // Unwind safe as far as it goes: the one room that may be left half changed is closed.
        if let Ok(done) = catch_unwind(AssertUnwindSafe(|| call(&mut self.relay))) {
            return Some(done);
        }
        self.stats.panics += 1;
        self.report();
        let Some(room) = self.relay.serving() else {
            tracing::error!("the relay failed outside of any room");
            return None;
        };
        tracing::error!(room = room.0, "serving a room failed: the room is closed");
        if catch_unwind(AssertUnwindSafe(|| self.relay.close_room(now, room))).is_err() {
            tracing::error!(room = room.0, "closing the failed room failed too");
        }
        self.report();
        self.events.send(Event::RoomFailed { room, at: now });
        None
    }
}

/// RTP by RFC 7983 and RFC 5761: what may be dropped when it is late.
fn is_rtp(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::api::{Config, Offer, OfferError, ParticipantId, RoomId, TransportId};
    use crate::events::{self, EventReceiver};
    use crate::testing::binding_request;
    use crate::turn::tests::Client;

    #[allow(clippy::disallowed_methods, reason = "a test's clock")]
    fn desk() -> (Desk, Instant, EventReceiver) {
        let config = Config {
            udp: Vec::new(),
            announce_udp: Vec::new(),
            announce_tcp: Vec::new(),
            max_slots: 8,
            max_transports: 10,
            max_handshakes: 10,
            srtp_any: false,
            tcp_only: false,
            gather: Config::GATHER,
        };
        let now = Instant::now();
        let relay = Relay::new(config, (now, SystemTime::now()), StdRng::seed_from_u64(1)).unwrap();
        let (sender, events) = events::queue();
        let secret = Secret::generate((now, SystemTime::now()), &mut StdRng::seed_from_u64(2));
        let peers = Peers::of(&["192.0.2.1:8443".parse().unwrap()]);
        (Desk::new(relay, (Arc::new(secret), peers), sender), now, events)
    }

    #[test]
    fn a_panic_is_counted_and_the_desk_serves_on() {
        let (mut desk, now, _events) = desk();
        assert_eq!(desk.guarded(now, |_| -> u8 { panic!("as a bug would") }), None);
        assert_eq!(desk.stats.panics, 1);
        desk.command(now, Command::OpenRoom(RoomId(2)));
        assert_eq!(desk.guarded(now, |_| 7), Some(7));
        let (room, participant, transport) = (RoomId(2), ParticipantId(2), TransportId(2));
        let sdp = include_str!("fixtures/chromium-offer.sdp").to_owned();
        let offer = Offer { room, participant, transport, sdp };
        desk.guarded(now, |relay| relay.offer(now, &offer)).unwrap().unwrap();
        // As the reading of a stranger's datagram might fail: that is no fault of the room served before.
        assert_eq!(desk.guarded(now, |_| -> u8 { panic!("as a bug would outside of any room") }), None);
        assert_eq!(desk.relay.transports(), 1);
    }

    #[test]
    fn a_panic_in_one_room_ends_that_room_alone() {
        let (mut desk, now, mut events) = desk();
        let offer = |id: u64| Offer {
            room: RoomId(id),
            participant: ParticipantId(id),
            transport: TransportId(id),
            sdp: include_str!("fixtures/chromium-offer.sdp").to_owned(),
        };
        for id in [1, 2] {
            desk.command(now, Command::OpenRoom(RoomId(id)));
            desk.guarded(now, |relay| relay.offer(now, &offer(id))).unwrap().unwrap();
        }
        let failed: Option<()> = desk.guarded(now, |relay| {
            relay.offer(now, &offer(2)).unwrap();
            panic!("as a bug would in the midst of serving room 2");
        });
        assert_eq!(failed, None);
        assert_eq!(desk.relay.transports(), 1, "room 1 goes on");
        desk.guarded(now, |relay| relay.offer(now, &offer(1))).unwrap().unwrap();
        assert_eq!(desk.guarded(now, |relay| relay.offer(now, &offer(2))), Some(Err(OfferError::NoRoom)));
        assert_eq!(events.try_recv(), Some(Event::RoomFailed { room: RoomId(2), at: now }));
    }

    #[test]
    fn a_stream_of_garbage_closes_its_tunnel() {
        let (mut desk, now, _events) = desk();
        let id = TunnelId(1);
        let (kind, remote) = (TunnelKind::IceTcp, "192.0.2.1:5000".parse().unwrap());
        desk.command(now, Command::TunnelOpened { id, kind, remote, near: NearEnd::unheard() });
        desk.tunnel_bytes(now, id, &Bytes::from_static(&[0, 1, 9, 255]));
        assert_eq!(desk.stats.received, 1);
        assert!(desk.tunnels.contains_key(&id));
        desk.tunnel_bytes(now, id, &Bytes::from_static(&[255]));
        assert!(!desk.tunnels.contains_key(&id));
        desk.tunnel_bytes(now, id, &Bytes::from_static(&[0, 1, 9]));
        assert_eq!(desk.stats.received, 1, "what comes after is not read");
    }

    /// Turns the desk's clock until nothing waits for time, and calls `each` before each turn.
    fn turn_clock(desk: &mut Desk, start: Instant, mut each: impl FnMut(&mut Desk, Instant)) {
        let mut now = start;
        while let Some(wait) = desk.patience(now) {
            now += wait;
            each(desk, now);
            desk.serve_timers(now);
        }
    }

    #[test]
    fn a_tunnel_on_which_nobody_authenticates_is_closed_however_much_it_says() {
        let (mut desk, start, _events) = desk();
        let remote = "192.0.2.1:5000".parse().unwrap();
        let kinds = [TunnelKind::IceTcp, TunnelKind::Turn { tls: false }];
        for (id, kind) in kinds.into_iter().enumerate() {
            let (id, near) = (TunnelId(id as u64), NearEnd::unheard());
            desk.command(start, Command::TunnelOpened { id, kind, remote, near });
        }
        let mut last = start;
        turn_clock(&mut desk, start, |desk, now| {
            desk.tunnel_bytes(now, TunnelId(0), &Bytes::from_static(&[0, 0]));
            desk.tunnel_bytes(now, TunnelId(1), &Bytes::from_static(&[0x40, 0, 0, 0]));
            last = now;
        });
        assert!(desk.tunnels.is_empty());
        assert!(last <= start + turn::PATIENCE + SWEEP * 2, "{:?}", last - start);
    }

    #[test]
    fn a_call_through_turn_is_answered_and_its_tunnel_lives_until_it_falls_silent() {
        let (mut desk, start, _events) = desk();
        let (id, kind) = (TunnelId(1), TunnelKind::Turn { tls: true });
        let (room, participant, transport) = (RoomId(1), ParticipantId(1), TransportId(1));
        desk.command(start, Command::OpenRoom(room));
        let sdp = include_str!("fixtures/chromium-offer.sdp").to_owned();
        let offer = Offer { room, participant, transport, sdp };
        let answer = desk.guarded(start, |relay| relay.offer(start, &offer)).unwrap().unwrap();
        let line = |name: &str| {
            answer.sdp.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
        };
        let (ufrag, pwd) = (line("a=ice-ufrag:"), line("a=ice-pwd:"));
        let (near, written) = NearEnd::heard();
        let remote = "198.51.100.7:5000".parse().unwrap();
        desk.command(start, Command::TunnelOpened { id, kind, remote, near });

        let credential = desk.host.0.mint(start, "x").unwrap();
        let mut client = Client::new(&credential.username, &credential.password);
        let peer = "192.0.2.1:8443".parse().unwrap();
        desk.tunnel_bytes(start, id, &client.allocate().into());
        client.learn(&written());
        desk.tunnel_bytes(start, id, &client.allocate().into());
        let relayed = client.relayed(&written()).unwrap();
        desk.tunnel_bytes(start, id, &client.permit(&[peer]).into());
        assert!(client.is_success(&written()));
        let check = binding_request(&format!("{ufrag}:them"), &pwd, true, [5; 12]);
        desk.tunnel_bytes(start, id, &client.send(peer, &check).into());
        desk.settle(start, &[]);
        let stream = written();
        let mut decoder = Decoder::turn(4096);
        decoder.push(&stream);
        let (from, answer) = client.data(decoder.next_frame().unwrap().unwrap()).unwrap();
        assert_eq!(from, peer, "from where the browser sent to");
        let seen = crate::stun::Message::parse(&answer).unwrap();
        let mapped = seen.attribute(crate::stun::XOR_MAPPED_ADDRESS).unwrap();
        assert_eq!(crate::stun::xor_address(mapped, seen.transaction()), Some(relayed));
        assert!(desk.relay.is_bound(Path::Tunnel(id, kind)));

        let until = start + Duration::from_secs(400);
        turn_clock(&mut desk, start, |desk, now| {
            if now < until {
                assert!(desk.tunnels.contains_key(&id));
                desk.tunnel_bytes(now, id, &client.send(peer, &check).into());
            }
        });
        assert!(desk.tunnels.is_empty() && !desk.relay.is_bound(Path::Tunnel(id, kind)));
    }

    #[test]
    fn audio_is_told_from_what_must_arrive() {
        assert!(is_rtp(&[0x80, 111, 0, 0]));
        assert!(is_rtp(&[0x90, 0xef, 0, 0]), "the marker bit is not a packet type");
        assert!(!is_rtp(&[0x80, 200, 0, 0]), "a sender report");
        assert!(!is_rtp(&[22, 254, 253, 0]), "DTLS");
        assert!(!is_rtp(&[0, 1, 0, 0]), "STUN");
        assert!(!is_rtp(&[]));
    }
}
