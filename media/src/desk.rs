//! The desk between the shard's loop and the relay: hands datagrams and commands in, carries datagrams and events
//! out, and keeps a panic within the room that caused it. Owns the relay and, in `tunnels`, what lies between it and byte
//! streams; reads no clock and makes no system call but the send.

#[cfg(test)]
mod tests;
mod tunnels;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::tunnels::Served;
use crate::api::{Event, TunnelId};
use crate::events::EventSender;
use crate::relay::{Path, Relay};
use crate::shard::{Command, Port, Stats};
use crate::turn::{Peers, Secret};
use crate::udp;

/// A timer that is due and does not move must not spin the loop.
const TIMER_FLOOR: Duration = Duration::from_millis(1);

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
            Command::Mute { room, participant, muted } => {
                self.guarded(now, |relay| relay.mute(room, participant, muted));
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
                let (rooms, transports) = (self.relay.rooms(), self.relay.transports());
                let _ = reply.send(Stats { rooms, transports, tunnels: self.tunnels.len(), ..self.stats });
            }
            #[cfg(test)]
            Command::Poison(room) => self.relay.poisoned = Some(room),
            Command::Stop => {}
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
