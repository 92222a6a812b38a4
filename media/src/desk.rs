//! The desk between the shard's loop and the relay: hands datagrams and commands in, carries datagrams and events
//! out, and keeps a panic within the room that caused it. Owns the relay and the tunnels' near ends; reads no
//! clock and makes no system call but the send.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_channel::mpsc::UnboundedSender;

use crate::api::{Event, TunnelId, TunnelKind};
use crate::framing::{self, Decoder};
use crate::relay::{Path, Relay};
use crate::shard::{Command, Port, Stats};
use crate::tunnel::NearEnd;
use crate::udp;

/// A timer that is due and does not move must not spin the loop.
const TIMER_FLOOR: Duration = Duration::from_millis(1);

/// A tunnel that brought nothing for so long is dead or idle: a living ICE agent checks every few seconds.
const TUNNEL_IDLE: Duration = Duration::from_secs(60);

/// How often idle tunnels are looked for.
const SWEEP: Duration = Duration::from_secs(10);

pub(crate) struct Desk {
    relay: Relay,
    sender: udp::Sender,
    /// Indices into the relay's outgoing datagrams, per socket; kept for their memory.
    by_socket: Vec<Vec<usize>>,
    tunnels: HashMap<TunnelId, Served>,
    /// When to look for idle tunnels next, while there are tunnels.
    sweep_at: Option<Instant>,
    events: UnboundedSender<Event>,
    stats: Stats,
}

/// One tunnel: the unfinished tail of its stream, and its pump's queue.
struct Served {
    decoder: Decoder,
    near: NearEnd,
    heard_at: Instant,
}

impl Desk {
    pub(crate) fn new(relay: Relay, sockets: usize, events: UnboundedSender<Event>) -> Self {
        Self {
            relay,
            sender: udp::Sender::new(),
            by_socket: vec![Vec::new(); sockets],
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
        let idle = |tunnel: &Served| now.saturating_duration_since(tunnel.heard_at) >= TUNNEL_IDLE;
        let gone: Vec<_> = self.tunnels.extract_if(|_, tunnel| idle(tunnel)).collect();
        for (id, _) in &gone {
            tracing::debug!(tunnel = id.0, "an idle tunnel is closed");
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
            // Not served yet: dropping its near end closes it.
            Command::TunnelOpened { kind: TunnelKind::Turn { .. }, .. } => {}
            Command::TunnelOpened { id, kind: TunnelKind::IceTcp, remote, near } => {
                let decoder = Decoder::new(udp::DATAGRAM_MAX);
                self.tunnels.insert(id, Served { decoder, near, heard_at: now });
                self.sweep_at.get_or_insert(now + SWEEP);
                self.guarded(now, |relay| relay.tunnel_opened(id, TunnelKind::IceTcp, remote));
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
            Command::Stop => {}
        }
    }

    fn tunnel_bytes(&mut self, now: Instant, id: TunnelId, bytes: &Bytes) {
        // Out of the map while it is served: the relay is reached through `self`.
        let Some(mut tunnel) = self.tunnels.remove(&id) else { return };
        tunnel.heard_at = now;
        tunnel.decoder.push(bytes);
        tunnel.near.served(bytes.len());
        loop {
            match tunnel.decoder.next_frame() {
                Ok(Some(frame)) => self.datagram(now, Path::Tunnel(id, TunnelKind::IceTcp), frame),
                Ok(None) => {
                    self.tunnels.insert(id, tunnel);
                    return;
                }
                Err(error) => {
                    tracing::debug!(tunnel = id.0, %error, "tunnel closed");
                    drop(tunnel);
                    self.guarded(now, |relay| relay.tunnel_closed(now, id));
                    return;
                }
            }
        }
    }

    /// Sends what waits if it fills a system call: the batch stays small enough for the processor's cache.
    pub(crate) fn flush_full(&mut self, ports: &[Port]) {
        if self.relay.outgoing().len() >= udp::BATCH {
            self.flush(ports);
        }
    }

    /// Sends what waits and reports what happened.
    pub(crate) fn settle(&mut self, ports: &[Port]) {
        self.flush(ports);
        self.report();
    }

    fn flush(&mut self, ports: &[Port]) {
        let outgoing = self.relay.outgoing();
        if outgoing.is_empty() {
            return;
        }
        for (index, (path, bytes)) in outgoing.iter().enumerate() {
            match path {
                Path::Udp { socket, .. } => {
                    if let Some(indices) = self.by_socket.get_mut(socket) {
                        indices.push(index);
                    }
                }
                Path::Tunnel(id, _) => {
                    if let Some(tunnel) = self.tunnels.get(&id) {
                        let mut framed = Vec::with_capacity(framing::HEADER + bytes.len());
                        if framing::encode(bytes, &mut framed) {
                            tunnel.near.write(framed.into(), is_rtp(bytes));
                            self.stats.sent += 1;
                        }
                    }
                }
            }
        }
        for (port, indices) in ports.iter().zip(&mut self.by_socket) {
            let datagrams = indices.drain(..).filter_map(|index| match outgoing.get(index) {
                Some((Path::Udp { remote, .. }, bytes)) => Some((remote, bytes)),
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
            self.emit(event);
        }
    }

    fn emit(&self, event: Event) {
        // A host that dropped its receiver wants no events.
        let _ = self.events.unbounded_send(event);
    }

    /// Calls the relay. A panic in it ends the room that it was serving, and no other.
    fn guarded<T>(&mut self, now: Instant, call: impl FnOnce(&mut Relay) -> T) -> Option<T> {
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
        self.emit(Event::RoomFailed { room, at: now });
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

    use futures_channel::mpsc;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::api::{Config, Offer, OfferError, ParticipantId, RoomId, TransportId};

    #[allow(clippy::disallowed_methods, reason = "a test's clock")]
    fn desk() -> (Desk, Instant, mpsc::UnboundedReceiver<Event>) {
        let config = Config {
            udp: Vec::new(),
            announce_udp: Vec::new(),
            announce_tcp: Vec::new(),
            max_slots: 8,
            max_transports: 10,
            srtp_any: false,
            tcp_only: false,
        };
        let now = Instant::now();
        let relay = Relay::new(config, (now, SystemTime::now()), StdRng::seed_from_u64(1)).unwrap();
        let (sender, events) = mpsc::unbounded();
        (Desk::new(relay, 0, sender), now, events)
    }

    #[test]
    fn a_panic_is_counted_and_the_desk_serves_on() {
        let (mut desk, now, _events) = desk();
        assert_eq!(desk.guarded(now, |_| -> u8 { panic!("as a bug would") }), None);
        assert_eq!(desk.stats.panics, 1);
        desk.command(now, Command::OpenRoom(RoomId(2)));
        assert_eq!(desk.guarded(now, |_| 7), Some(7));
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
        assert_eq!(events.try_recv(), Ok(Event::RoomFailed { room: RoomId(2), at: now }));
    }

    #[test]
    fn a_stream_of_garbage_closes_its_tunnel() {
        let (mut desk, now, _events) = desk();
        let id = TunnelId(1);
        let (decoder, near) = (Decoder::new(10), NearEnd::unheard());
        desk.tunnels.insert(id, Served { decoder, near, heard_at: now });
        desk.tunnel_bytes(now, id, &Bytes::from_static(&[0, 1, 9, 0]));
        assert_eq!(desk.stats.received, 1);
        assert!(desk.tunnels.contains_key(&id));
        desk.tunnel_bytes(now, id, &Bytes::from_static(&[200]));
        assert!(!desk.tunnels.contains_key(&id));
        desk.tunnel_bytes(now, id, &Bytes::from_static(&[0, 1, 9]));
        assert_eq!(desk.stats.received, 1, "what comes after is not read");
    }

    #[test]
    fn an_idle_tunnel_is_closed_and_a_living_one_is_not() {
        let (mut desk, start, _events) = desk();
        let remote = "192.0.2.1:5000".parse().unwrap();
        for id in [TunnelId(1), TunnelId(2)] {
            desk.command(
                start,
                Command::TunnelOpened { id, kind: TunnelKind::IceTcp, remote, near: NearEnd::unheard() },
            );
        }
        let mut now = start;
        while let Some(wait) = desk.patience(now) {
            now += wait;
            if now < start + TUNNEL_IDLE * 2 {
                desk.tunnel_bytes(now, TunnelId(2), &Bytes::from_static(&[0, 0]));
            }
            desk.serve_timers(now);
            assert_eq!(desk.tunnels.contains_key(&TunnelId(1)), now < start + TUNNEL_IDLE);
        }
        assert!(desk.tunnels.is_empty());
        assert!(now > start + TUNNEL_IDLE * 2, "the living one lived on");
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
