//! The pure root of the relay: rooms, routing by ufrag and by path, timers. No socket, no clock, no thread:
//! the caller hands in datagrams and instants and takes out datagrams and events.
//!
//! The loop around it, after each call or batch of calls: send everything in [`Relay::outgoing`], call
//! [`Relay::clear_outgoing`], take the events with [`Relay::poll_event`], sleep until [`Relay::poll_timeout`].

mod legs;
mod rooms;
mod routing;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use rand::RngExt;
use rand::rngs::StdRng;
use rtc::crypto::providers::RingProvider;
use slab::Slab;
use thiserror::Error;

use crate::api::{
    Answer, Config, Event, Offer, OfferError, ParticipantId, RoomId, TransportId, TunnelId, TunnelKind,
};
use crate::dtls::Identity;
pub use crate::outgoing::Outgoing;
use crate::participant::Gate;
pub use crate::path::Path;
use crate::quality::Clock;
use crate::room::Room;
use crate::sdp;
use crate::slots::Source;
use crate::stun::BindingRequest;
use crate::timers::Timers;
use crate::webrtc::{Context, Fact, Routing, Transport};

/// Why a relay could not be made.
#[derive(Debug, Error)]
pub enum RelayError {
    /// The process's DTLS certificate could not be made; the cryptography library says why.
    #[error("no DTLS certificate: {0}")]
    Certificate(String),
}

/// Datagrams that were dropped since the relay was made, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// Neither STUN nor DTLS, RTP or RTCP, or one of these and unreadable.
    pub malformed: u64,
    /// From a path or for a ufrag that no transport has.
    pub unknown: u64,
    /// Not authentic, or authentic and repeated.
    pub unauthentic: u64,
    /// Authentic media of a participant whose gate is shut, or not on his chosen transport.
    pub shut: u64,
    /// Authentic media of a participant who is muted.
    pub muted: u64,
}

/// A transport and whose it is.
struct Leg {
    id: TransportId,
    /// Index of the room, and of the participant in it.
    room: usize,
    participant: usize,
    transport: Transport,
    /// Counted among those whose handshake is not done.
    joining: bool,
}

/// All rooms of one shard.
pub struct Relay {
    config: Config,
    clock: Clock,
    rng: StdRng,
    identity: Identity,
    rooms: Slab<Room>,
    legs: Slab<Leg>,
    rooms_by_id: HashMap<RoomId, usize>,
    legs_by_id: HashMap<TransportId, usize>,
    legs_by_ufrag: HashMap<String, usize>,
    /// Asked for every packet, hence the quick hash; only paths proven by an authentic check are in it.
    legs_by_path: HashMap<Path, usize, SeedableRandomState>,
    tunnels: HashMap<TunnelId, (TunnelKind, SocketAddr)>,
    /// When which transport, and which room, must be woken.
    timers: Timers,
    room_timers: Timers,
    /// How many legs are joining.
    handshakes: usize,
    /// Counts the openings of gates.
    epoch: u64,
    serving: Option<RoomId>,
    /// Serving this room fails, as a bug would make it.
    #[cfg(test)]
    pub(crate) poisoned: Option<RoomId>,
    drops: Drops,
    events: VecDeque<Event>,
    outgoing: Outgoing,
    scratch: Vec<u8>,
    /// The packet that is being forwarded, opened.
    opened: Vec<u8>,
}

impl Relay {
    /// A relay without rooms. `clock` is one moment as told by both clocks: it turns instants into the NTP
    /// times of sender reports. `rng` must be seeded from the system's randomness (ICE passwords come from it).
    pub fn new(config: Config, clock: (Instant, SystemTime), mut rng: StdRng) -> Result<Relay, RelayError> {
        let quick_hash = SeedableRandomState::with_seed(rng.random(), SharedSeed::global_fixed());
        let identity = Identity::generate(Arc::new(RingProvider::default()), config.srtp_any)
            .map_err(|error| RelayError::Certificate(error.to_string()))?;
        Ok(Relay {
            config,
            clock: Clock::new(clock.0, clock.1),
            rng,
            identity,
            rooms: Slab::new(),
            legs: Slab::new(),
            rooms_by_id: HashMap::new(),
            legs_by_id: HashMap::new(),
            legs_by_ufrag: HashMap::new(),
            legs_by_path: HashMap::with_hasher(quick_hash),
            tunnels: HashMap::new(),
            timers: Timers::default(),
            room_timers: Timers::default(),
            handshakes: 0,
            epoch: 0,
            serving: None,
            #[cfg(test)]
            poisoned: None,
            drops: Drops::default(),
            events: VecDeque::new(),
            outgoing: Outgoing::default(),
            scratch: Vec::new(),
            opened: Vec::new(),
        })
    }

    /// Opens a room; opening an open room changes nothing.
    pub fn open_room(&mut self, room: RoomId) {
        let (rooms, slots) = (&mut self.rooms, self.config.max_slots);
        self.rooms_by_id.entry(room).or_insert_with(|| rooms.insert(Room::new(room, slots)));
    }

    /// Closes a room and drops every transport in it, after a last quality report of each.
    pub fn close_room(&mut self, now: Instant, room: RoomId) {
        let Some(index) = self.rooms_by_id.remove(&room) else { return };
        let legs: Vec<usize> =
            self.legs.iter().filter(|(_, leg)| leg.room == index).map(|(leg, _)| leg).collect();
        for leg in legs {
            self.remove(now, leg);
        }
        self.room_timers.arm(index, None);
        self.rooms.try_remove(index);
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
        let Some(&room_index) = self.rooms_by_id.get(&room) else { return };
        self.serving = Some(room);
        let Some(participant) = self.rooms.get(room_index).and_then(|room| room.find(participant)) else {
            return;
        };
        let mut chosen = None;
        if open {
            let Some(&index) = self.legs_by_id.get(&transport) else { return };
            let theirs = |leg: &&Leg| leg.room == room_index && leg.participant == participant;
            let Some(leg) = self.legs.get(index).filter(theirs) else { return };
            chosen = Some((index, leg.transport.slot_count()));
            self.epoch += 1;
        }
        let home = &mut self.rooms[room_index];
        if home.set_gate(participant, chosen, self.epoch) {
            if let Some((index, _)) = chosen {
                home.participants[participant].allowance = self.legs[index].transport.allowance();
            }
            self.reassign(now, room_index);
        }
    }

    /// Mutes a participant, or no more. Holds whether or not he is here, until the room closes.
    pub fn mute(&mut self, room: RoomId, participant: ParticipantId, muted: bool) {
        let Some(home) = self.rooms_by_id.get(&room).and_then(|index| self.rooms.get_mut(*index)) else {
            return;
        };
        self.serving = Some(room);
        self.epoch += 1;
        home.set_muted(participant, muted, self.epoch);
    }

    /// Drops one transport, after its last quality report. No `Down` is reported.
    pub fn drop_transport(&mut self, now: Instant, transport: TransportId) {
        if let Some(&index) = self.legs_by_id.get(&transport) {
            self.remove(now, index);
        }
    }

    /// Drops a participant with all his transports.
    pub fn leave(&mut self, now: Instant, room: RoomId, participant: ParticipantId) {
        let Some(room) = self.rooms_by_id.get(&room).and_then(|index| self.rooms.get(*index)) else { return };
        let Some(participant) = room.find(participant) else { return };
        for leg in room.participants[participant].transports.clone() {
            self.remove(now, leg);
        }
    }

    /// Answers a browser's offer: a new transport, or an ICE restart of one that is here.
    pub fn offer(&mut self, now: Instant, offer: &Offer) -> Result<Answer, OfferError> {
        let &room = self.rooms_by_id.get(&offer.room).ok_or(OfferError::NoRoom)?;
        self.serving = Some(offer.room);
        let parsed = sdp::Offer::parse(&offer.sdp).map_err(OfferError::BadSdp)?;
        let index = match self.legs_by_id.get(&offer.transport) {
            Some(&index) => self.reoffer(now, index, (room, offer, &parsed))?,
            None => self.enter(now, room, offer, &parsed)?,
        };
        self.timers.arm(index, Some(self.legs[index].transport.poll_timeout()));
        Ok(self.legs[index].transport.answer(&parsed, &self.identity, &self.config))
    }

    /// Says that datagrams of a byte stream come by [`Relay::handle_datagram`] from now on. `remote` is where they
    /// come from as the browser sees it: its end of the stream, or the address that TURN relays for it.
    pub fn tunnel_opened(&mut self, tunnel: TunnelId, kind: TunnelKind, remote: SocketAddr) {
        self.tunnels.insert(tunnel, (kind, remote));
    }

    /// Says that a byte stream is gone.
    pub fn tunnel_closed(&mut self, now: Instant, tunnel: TunnelId) {
        let Some((kind, _)) = self.tunnels.remove(&tunnel) else { return };
        let path = Path::Tunnel(tunnel, kind);
        if let Some(index) = self.legs_by_path.remove(&path) {
            self.with(now, index, |leg, _| leg.transport.forget(path));
        }
    }

    /// Whether a check proved that datagrams on this path belong to one of the transports.
    pub fn is_bound(&self, path: Path) -> bool {
        self.legs_by_path.contains_key(&path)
    }

    /// Takes one datagram (or one frame of a tunnel). Never fails: what is not understood is dropped and counted.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &[u8]) {
        // RFC 7983: the first byte tells the protocol, the second RTCP from RTP (RFC 5761).
        match bytes {
            [0..=3, ..] => self.handle_stun(now, path, bytes),
            [20..=63, ..] => self.handle_dtls(now, path, bytes),
            [128..=191, 192..=223, ..] => self.handle_rtcp(now, path, bytes),
            [128..=191, ..] => self.handle_rtp(now, path, bytes),
            _ => self.drops.malformed += 1,
        }
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
        self.timers.next().into_iter().chain(self.room_timers.next()).min()
    }

    /// Does what is due: reports, retransmissions, consent, and looks at who is loudest.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(index) = self.timers.pop_due(now) {
            let beyond = self.loss_beyond(now, index);
            self.with(now, index, |leg, cx| leg.transport.timeout(cx, beyond));
            self.settle(now, index);
        }
        while let Some(room) = self.room_timers.pop_due(now) {
            self.look(now, room);
        }
    }

    /// The next call has worked for no room yet.
    pub(crate) fn serve_nobody(&mut self) {
        self.serving = None;
    }

    /// The room that the last call worked for. After a panic caught around a call, the caller closes this room
    /// and goes on with the others.
    pub fn serving(&self) -> Option<RoomId> {
        self.serving
    }

    /// What was dropped.
    pub fn drops(&self) -> Drops {
        self.drops
    }

    /// How many transports there are whose handshake is not done.
    pub fn handshakes(&self) -> usize {
        self.handshakes
    }

    /// How many rooms are open.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// How many transports there are.
    pub fn transports(&self) -> usize {
        self.legs.len()
    }
}
