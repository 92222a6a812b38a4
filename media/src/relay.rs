//! The pure root of the relay: rooms, routing by ufrag and by path, timers. No socket, no clock, no thread:
//! the caller hands in datagrams and instants and takes out datagrams and events.
//!
//! The loop around it, after each call or batch of calls: send everything in [`Relay::outgoing`], call
//! [`Relay::clear_outgoing`], take the events with [`Relay::poll_event`], sleep until [`Relay::poll_timeout`].

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Instant, SystemTime};

use rand::rngs::StdRng;
use thiserror::Error;

use crate::api::{Answer, Config, Event, Offer, OfferError, ParticipantId, RoomId, TransportId, TunnelId};
pub use crate::outgoing::Outgoing;
pub use crate::path::Path;

/// Why a relay could not be made.
#[derive(Debug, Error)]
pub enum RelayError {
    /// The process's DTLS certificate could not be made; the cryptography library says why.
    #[error("no DTLS certificate: {0}")]
    Certificate(String),
}

/// All rooms of one shard.
pub struct Relay {
    config: Config,
    outgoing: Outgoing,
    events: VecDeque<Event>,
}

impl Relay {
    /// A relay without rooms. `clock` is one moment as told by both clocks: it turns instants into the NTP
    /// times of sender reports. `rng` must be seeded from the system's randomness (ICE passwords come from it).
    pub fn new(config: Config, clock: (Instant, SystemTime), rng: StdRng) -> Result<Relay, RelayError> {
        let _ = (clock, rng);
        Ok(Relay { config, outgoing: Outgoing::default(), events: VecDeque::new() })
    }

    /// Opens a room; opening an open room changes nothing.
    pub fn open_room(&mut self, room: RoomId) {
        let _ = room;
    }

    /// Closes a room and drops every transport in it, after a last quality report of each.
    pub fn close_room(&mut self, now: Instant, room: RoomId) {
        let _ = (now, room);
    }

    /// Opens or shuts a participant's gate. Open chooses `transport` to carry his media; shut stops all media.
    /// A transport or participant that is not (or no longer) here changes nothing.
    pub fn gate(
        &mut self,
        now: Instant,
        room: RoomId,
        participant: ParticipantId,
        transport: TransportId,
        open: bool,
    ) {
        let _ = (now, room, participant, transport, open);
    }

    /// Drops one transport, after its last quality report. No `Down` is reported.
    pub fn drop_transport(&mut self, now: Instant, transport: TransportId) {
        let _ = (now, transport);
    }

    /// Drops a participant with all his transports.
    pub fn leave(&mut self, now: Instant, room: RoomId, participant: ParticipantId) {
        let _ = (now, room, participant);
    }

    /// Answers a browser's offer: a new transport, or an ICE restart of one that is here.
    pub fn offer(&mut self, now: Instant, offer: &Offer) -> Result<Answer, OfferError> {
        let _ = (now, offer, &self.config);
        Err(OfferError::NoRoom)
    }

    /// Says that a byte stream was accepted and from where; its frames come by [`Relay::handle_datagram`].
    pub fn tunnel_opened(&mut self, tunnel: TunnelId, remote: SocketAddr) {
        let _ = (tunnel, remote);
    }

    /// Says that a byte stream is gone.
    pub fn tunnel_closed(&mut self, now: Instant, tunnel: TunnelId) {
        let _ = (now, tunnel);
    }

    /// Takes one datagram (or one frame of a tunnel). Never fails: what is not understood is dropped and counted.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        let _ = (now, path, bytes);
    }

    /// The datagrams to send, in order. The caller sends them and then calls [`Relay::clear_outgoing`].
    pub fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// Forgets the datagrams that were sent.
    pub fn clear_outgoing(&mut self) {
        self.outgoing.clear();
    }

    /// The next event, if one waits.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Relay::handle_timeout`] must be called next; `None` while nothing waits for time.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Does what is due: reports, retransmissions, consent.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// The room that the last call worked for. After a panic caught around a call, the caller closes this room
    /// and goes on with the others.
    pub fn serving(&self) -> Option<RoomId> {
        None
    }

    /// How many transports are alive.
    pub fn transports(&self) -> usize {
        0
    }
}
