//! The words in which a host program and the relay talk: ids, what may be asked, what is reported.
//! Owns no state. Knows no user, no database, no socket and no clock.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use thiserror::Error;

/// A room: the participants in it hear each other. Minted by the caller, unique for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(pub u64);

/// One leg of a call in a room. He may hold several transports while his devices ring; one is chosen when its gate opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParticipantId(pub u64);

impl ParticipantId {
    /// The CSRC that names him in every packet that is forwarded from him: the low half of the id.
    pub fn csrc(self) -> u32 {
        self.0 as u32
    }
}

/// One peer connection of one browser. The same id offered again is an ICE restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransportId(pub u64);

/// One accepted byte stream that carries media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TunnelId(pub u64);

/// What a tunnel's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TunnelKind {
    /// RFC 4571 frames (ICE-TCP, RFC 6544).
    IceTcp,
    /// STUN messages and ChannelData (TURN, RFC 8656), in the clear or inside TLS.
    Turn { tls: bool },
}

/// The way a transport's packets take, as the record names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathKind {
    Udp,
    IceTcp,
    TurnTcp,
    TurnTls,
}

/// A browser's offer for one transport.
#[derive(Clone, Debug)]
pub struct Offer {
    pub room: RoomId,
    pub participant: ParticipantId,
    pub transport: TransportId,
    pub sdp: String,
}

/// The answer to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub sdp: String,
    /// The `mid` of each slot (a recvonly m-line of the browser), in order.
    pub slots: Vec<String>,
}

/// Quality of one direction over the interval since the last report.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Direction {
    /// Packets received (up) or sent (down) since the transport came up.
    pub packets: u64,
    /// Packets lost since the transport came up (RFC 3550 A.3).
    pub lost: u64,
    /// Share of packets lost in the last interval, 0–100.
    pub loss_pct: f32,
    /// Interarrival jitter (RFC 3550 A.8), milliseconds.
    pub jitter_ms: f32,
}

/// What RTCP tells about one transport.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// Round trip between browser and relay from SR/RR (RFC 3550 6.4.1), milliseconds; absent until measured.
    pub rtt_ms: Option<f32>,
    /// Browser to relay.
    pub up: Direction,
    /// Relay to browser: packets and losses of all slots together, loss share and jitter of the worst.
    pub down: Direction,
}

/// Why a transport went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DownReason {
    /// The browser closed its DTLS association.
    Closed,
    /// No authenticated check for 30 s (RFC 7675).
    ConsentExpired,
    /// DTLS failed (fingerprint, version, timeout).
    DtlsFailed,
    /// The offer came to nothing: no authenticated check within 15 s of it, or no keys within 45 s.
    Abandoned,
}

/// Facts, reported in the order in which they happened. The host decides what they mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// DTLS is done: keys exist, media can flow (the gate may still be shut).
    Up { room: RoomId, participant: ParticipantId, transport: TransportId, path: PathKind, at: Instant },
    /// Nothing authenticated came for 5 s; media may come back by itself or by an ICE restart.
    Silent { room: RoomId, participant: ParticipantId, transport: TransportId, at: Instant },
    /// A silent transport is heard again.
    Heard { room: RoomId, participant: ParticipantId, transport: TransportId, at: Instant },
    /// Packets take another way now.
    PathChanged {
        room: RoomId,
        participant: ParticipantId,
        transport: TransportId,
        path: PathKind,
        at: Instant,
    },
    /// The first audio packet after the gate opened was forwarded from this participant.
    FirstAudio { room: RoomId, participant: ParticipantId, transport: TransportId, at: Instant },
    /// About every 5 s, and once more just before `Down` or removal.
    Quality {
        room: RoomId,
        participant: ParticipantId,
        transport: TransportId,
        quality: Quality,
        at: Instant,
    },
    /// Gone for good; not reported for transports that the host dropped itself.
    Down { room: RoomId, participant: ParticipantId, transport: TransportId, reason: DownReason, at: Instant },
    /// Serving this room failed; it and its transports are gone, other rooms go on.
    RoomFailed { room: RoomId, at: Instant },
    /// Who is heard in which slot of this transport: `(slot index, participant)`.
    Slots {
        room: RoomId,
        participant: ParticipantId,
        transport: TransportId,
        slots: Vec<(usize, ParticipantId)>,
        at: Instant,
    },
    /// Who speaks in this room now: told when it changes, ten times a second at most, while there are three people or
    /// more in it.
    Speaking { room: RoomId, speaking: Vec<ParticipantId>, at: Instant },
}

/// Why an offer was refused. The sentence may be shown to a developer; it holds nothing of the SDP.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum OfferError {
    #[error("no such room")]
    NoRoom,
    #[error("the offer is not usable: {0}")]
    BadSdp(&'static str),
    #[error("too many transports")]
    Full,
    #[error("too many transports are connecting at this moment")]
    Crowded,
    #[error("the transport belongs to another participant")]
    NotYours,
    #[error("the relay has stopped")]
    Stopped,
}

/// Where the relay listens for UDP, and what answers announce.
#[derive(Clone, Debug)]
pub struct Config {
    /// UDP addresses to bind, one socket each; never a wildcard on a host with several addresses.
    pub udp: Vec<SocketAddr>,
    /// UDP host candidates to announce.
    pub announce_udp: Vec<SocketAddr>,
    /// ICE-TCP passive host candidates to announce (the HTTPS port).
    pub announce_tcp: Vec<SocketAddr>,
    /// Slots answered per offer at most (K).
    pub max_slots: usize,
    /// Transports at most in the whole relay.
    pub max_transports: usize,
    /// Of these, transports at most whose DTLS handshake is not done yet.
    pub max_handshakes: usize,
    /// Offer AEAD_AES_128_GCM alone, or AES128_CM_HMAC_SHA1_80 too.
    pub srtp_any: bool,
    /// Leave UDP candidates out of answers (a test's way to force ICE-TCP).
    pub tcp_only: bool,
    /// How long datagrams may gather before one wake serves them all, once they come faster than that; zero wakes
    /// for each. It is the whole of the latency that the relay adds on purpose.
    pub gather: Duration,
}

impl Config {
    /// What costs little latency and is worth a tenth to a fifth of the processor time (docs/performance.md).
    pub const GATHER: Duration = Duration::from_micros(200);

    /// Listens there, and announces the addresses as bound; the rest as fits a server of middling size.
    pub fn new(udp: Vec<SocketAddr>) -> Self {
        Self {
            udp,
            announce_udp: Vec::new(),
            announce_tcp: Vec::new(),
            max_slots: 8,
            max_transports: 2000,
            max_handshakes: 500,
            srtp_any: false,
            tcp_only: false,
            gather: Self::GATHER,
        }
    }
}
