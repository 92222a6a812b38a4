//! TURN (RFC 8656) on one byte stream, as far as a relay needs that is its own and only peer: the relayed address is
//! virtual, no packet leaves the process through it. Owns the allocation of one tunnel; knows no socket, no clock, and
//! nothing of what the datagrams hold.
//!
//! Written here because it is so much less than a TURN server: the crate that was tried, turn-server-proto, grants a
//! permission for any peer and keeps each for ever, has TCP allocations, ports and reservations that we would have to
//! take out of its hands message by message, and draws its own randomness. With a single reachable peer per address
//! family an allocation has one permission and one channel, and every bound is by construction.

mod credential;
mod message;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::crypto::Mac;

use self::credential::REALM;
pub use self::credential::{Credential, Secret};
use self::message::Refusal;
use crate::framing;
use crate::stun::{self, Message};

/// A tunnel without an allocation is closed after this long.
pub const PATIENCE: Duration = Duration::from_secs(10);

const SHORTEST: Duration = Duration::from_secs(600);
const LONGEST: Duration = Duration::from_secs(3600);
const PERMISSION: Duration = Duration::from_secs(300);
const CHANNEL: Duration = Duration::from_secs(600);
/// RFC 8656 ends them at 0x4FFF; clients of its predecessor go on to here, and nothing else begins with such bytes.
const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x7FFF;
/// Requests that may fail to authenticate before the tunnel is closed: a client has one password.
const FAILURES: u8 = 8;
/// Relayed ports start here; they only have to differ between the allocations of one browser.
const FIRST_PORT: u16 = 49_152;
const PORTS: u64 = 8192;
const UDP: u8 = 17;

/// The relay's own addresses, the only ones that can be reached: one for each family is enough, as all end here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers {
    v4: Option<SocketAddr>,
    v6: Option<SocketAddr>,
}

impl Peers {
    /// The first of each family among the candidates that the relay announces.
    pub fn of(announced: &[SocketAddr]) -> Peers {
        let canonical =
            || announced.iter().map(|address| SocketAddr::new(address.ip().to_canonical(), address.port()));
        Peers { v4: canonical().find(SocketAddr::is_ipv4), v6: canonical().find(SocketAddr::is_ipv6) }
    }

    fn of_family(&self, family: Option<u8>) -> Option<SocketAddr> {
        match family {
            None => self.v4.or(self.v6),
            Some(1) => self.v4,
            Some(2) => self.v6,
            Some(_) => None,
        }
    }
}

/// What became of a frame. An answer, if there is one, stands in the buffer that was handed in.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<'a> {
    /// Answered or ignored.
    Done,
    /// For the relay.
    Datagram(&'a [u8]),
    /// Datagrams will come from this address.
    Allocated(SocketAddr),
    /// No more will.
    Released,
    /// The tunnel should be closed: whoever is there only tries passwords.
    Hostile,
}

/// The TURN server of one tunnel.
pub struct Turn {
    secret: Arc<Secret>,
    peers: Peers,
    tunnel: u64,
    nonce: String,
    /// The client's end of the stream.
    remote: SocketAddr,
    failures: u8,
    /// When this must come to an end unless something is done about it.
    ends_at: Instant,
    allocation: Option<Allocation>,
    indications: u64,
}

/// The user name and the MAC of one who has proven that he may allocate.
type Fresh = (String, Box<dyn Mac>);

struct Allocation {
    username: String,
    mac: Box<dyn Mac>,
    peer: SocketAddr,
    permitted_until: Option<Instant>,
    channel: Option<(u16, Instant)>,
}

impl Allocation {
    fn may_send(&self, now: Instant) -> bool {
        self.permitted_until.is_some_and(|until| now < until)
    }

    /// The channel bound to the peer, if one is.
    fn channel(&self, now: Instant) -> Option<u16> {
        self.channel.filter(|(_, until)| now < *until).map(|(channel, _)| channel)
    }
}

impl Turn {
    /// The server of a new tunnel; `tunnel` tells it from all others of this run.
    pub fn new(now: Instant, secret: Arc<Secret>, peers: Peers, tunnel: u64, remote: SocketAddr) -> Turn {
        let nonce = secret.nonce(tunnel);
        let ends_at = now + PATIENCE;
        Turn { secret, peers, tunnel, nonce, remote, failures: 0, ends_at, allocation: None, indications: 0 }
    }

    /// When the tunnel must be closed: nobody has authenticated in time, or the allocation was not refreshed.
    pub fn ends_at(&self) -> Instant {
        self.ends_at
    }

    /// Takes one frame of the stream. `reply` is cleared, and holds the answer then if there is one.
    pub fn take<'a>(&mut self, now: Instant, frame: &'a [u8], reply: &mut Vec<u8>) -> Taken<'a> {
        reply.clear();
        if frame.first().is_some_and(|first| *first >= 0x40) {
            return self.channel_data(now, frame);
        }
        let Some(message) = Message::parse(frame) else { return Taken::Done };
        match message.kind() {
            message::SEND_INDICATION => self.send(now, &message),
            message::ALLOCATE | message::REFRESH | message::CREATE_PERMISSION | message::CHANNEL_BIND => {
                self.request(now, &message, reply)
            }
            // A binding request among them: whoever wants to know his address allocates.
            _ => Taken::Done,
        }
    }

    /// Writes a datagram of the relay for the client into `out`; false where it may not be sent.
    pub fn wrap(&mut self, now: Instant, datagram: &[u8], out: &mut Vec<u8>) -> bool {
        let Some(allocation) = self.allocation.as_ref().filter(|allocation| allocation.may_send(now)) else {
            return false;
        };
        if let Some(channel) = allocation.channel(now) {
            return framing::encode_channel(channel, datagram, out);
        }
        if datagram.len() > usize::from(u16::MAX) - 64 {
            return false;
        }
        self.indications += 1;
        message::data_indication(self.indications, allocation.peer, datagram, out);
        true
    }

    fn channel_data<'a>(&self, now: Instant, frame: &'a [u8]) -> Taken<'a> {
        let (Some(channel), Some(allocation)) = (stun::u16_at(frame, 0), &self.allocation) else {
            return Taken::Done;
        };
        if !allocation.may_send(now) || allocation.channel(now) != Some(channel) {
            return Taken::Done;
        }
        frame.get(framing::CHANNEL_HEADER..).map_or(Taken::Done, Taken::Datagram)
    }

    fn send<'a>(&self, now: Instant, message: &Message<'a>) -> Taken<'a> {
        let allowed = self.allocation.as_ref().filter(|allocation| allocation.may_send(now));
        let to = message::peers(message).next().flatten();
        match (allowed, message.attribute(message::DATA)) {
            (Some(allocation), Some(data)) if to == Some(allocation.peer) => Taken::Datagram(data),
            _ => Taken::Done,
        }
    }

    fn request(&mut self, now: Instant, request: &Message<'_>, reply: &mut Vec<u8>) -> Taken<'static> {
        let outcome = self.authenticate(now, request).and_then(|fresh| {
            if message::unknown(request).next().is_some() {
                return Err(Refusal::UnknownAttribute);
            }
            match (request.kind(), fresh) {
                (message::ALLOCATE, Some(fresh)) => self.allocate(now, request, fresh, reply),
                // Only an Allocate brings credentials that are not those of the allocation.
                (_, Some(_)) | (message::ALLOCATE, None) => Err(Refusal::AllocationMismatch),
                (message::REFRESH, None) => self.refresh(now, request, reply),
                (message::CREATE_PERMISSION, None) => self.permit(now, request, reply),
                (_, None) => self.bind(now, request, reply),
            }
        });
        match outcome {
            Ok(taken) => taken,
            Err(why) => self.refuse(request, why, reply),
        }
    }

    fn refuse(&mut self, request: &Message<'_>, why: Refusal, reply: &mut Vec<u8>) -> Taken<'static> {
        let known = !matches!(why, Refusal::Unauthorized | Refusal::StaleNonce | Refusal::WrongCredentials);
        let mac = self.allocation.as_mut().filter(|_| known).map(|allocation| &mut *allocation.mac);
        message::refuse(request, why, (REALM, &self.nonce), mac, reply);
        // The first request comes without credentials, to learn realm and nonce.
        if !known && request.has_integrity() {
            self.failures += 1;
        }
        if self.failures >= FAILURES { Taken::Hostile } else { Taken::Done }
    }

    /// Checks who asks (RFC 8489 9.2.4). `Some` brings the credentials of one who has no allocation yet.
    fn authenticate(&mut self, now: Instant, request: &Message<'_>) -> Result<Option<Fresh>, Refusal> {
        if !request.has_integrity() {
            return Err(Refusal::Unauthorized);
        }
        let text = |kind| request.attribute(kind).and_then(|value| std::str::from_utf8(value).ok());
        let (Some(username), Some(_), Some(nonce)) =
            (text(stun::USERNAME), text(message::REALM), text(message::NONCE))
        else {
            return Err(Refusal::BadRequest);
        };
        if nonce != self.nonce {
            return Err(Refusal::StaleNonce);
        }
        match &mut self.allocation {
            Some(allocation) if allocation.username != username => Err(Refusal::WrongCredentials),
            Some(allocation) => {
                request.verify(&mut *allocation.mac).then_some(None).ok_or(Refusal::Unauthorized)
            }
            None => {
                let mut mac = self.secret.mac(now, username).ok_or(Refusal::Unauthorized)?;
                if !request.verify(&mut *mac) {
                    return Err(Refusal::Unauthorized);
                }
                Ok(Some((username.to_owned(), mac)))
            }
        }
    }

    fn allocate(
        &mut self,
        now: Instant,
        request: &Message<'_>,
        (username, mut mac): Fresh,
        reply: &mut Vec<u8>,
    ) -> Result<Taken<'static>, Refusal> {
        match request.attribute(message::REQUESTED_TRANSPORT) {
            Some([UDP, ..]) => {}
            Some(_) => return Err(Refusal::UnsupportedTransport),
            None => return Err(Refusal::BadRequest),
        }
        let family = match request.attribute(message::REQUESTED_ADDRESS_FAMILY) {
            Some([family, ..]) => Some(*family),
            Some([]) => return Err(Refusal::BadRequest),
            None => None,
        };
        // Every relayed port is even; the next one cannot be kept for somebody.
        if request.attribute(message::EVEN_PORT).is_some_and(|value| value.first() != Some(&0)) {
            return Err(Refusal::InsufficientCapacity);
        }
        let peer = self.peers.of_family(family).ok_or(Refusal::AddressFamilyNotSupported)?;
        let relayed = SocketAddr::new(peer.ip(), FIRST_PORT + 2 * (self.tunnel % PORTS) as u16);
        let lifetime = lifetime(request);
        let lifetime = if lifetime.is_zero() { SHORTEST } else { lifetime };
        self.ends_at = now + lifetime;
        let remote = self.remote;
        message::accept(request, &mut *mac, reply, |out| {
            stun::put_xor_address(message::XOR_RELAYED_ADDRESS, relayed, out);
            stun::put_attribute(message::LIFETIME, &seconds(lifetime), out);
            stun::put_xor_address(stun::XOR_MAPPED_ADDRESS, remote, out);
        });
        let allocation = Allocation { username, mac, peer, permitted_until: None, channel: None };
        self.allocation = Some(allocation);
        Ok(Taken::Allocated(relayed))
    }

    fn refresh(
        &mut self,
        now: Instant,
        request: &Message<'_>,
        reply: &mut Vec<u8>,
    ) -> Result<Taken<'static>, Refusal> {
        let allocation = self.allocation.as_mut().ok_or(Refusal::AllocationMismatch)?;
        let lifetime = lifetime(request);
        message::accept(request, &mut *allocation.mac, reply, |out| {
            stun::put_attribute(message::LIFETIME, &seconds(lifetime), out);
        });
        if lifetime.is_zero() {
            self.allocation = None;
            self.ends_at = now + PATIENCE;
            return Ok(Taken::Released);
        }
        self.ends_at = now + lifetime;
        Ok(Taken::Done)
    }

    /// Any other peer is forbidden, of the other family too: a client takes 403 for what it is, one peer it cannot
    /// reach, while it may give up the allocation over anything else.
    fn permit(
        &mut self,
        now: Instant,
        request: &Message<'_>,
        reply: &mut Vec<u8>,
    ) -> Result<Taken<'static>, Refusal> {
        let allocation = self.allocation.as_mut().ok_or(Refusal::AllocationMismatch)?;
        let mut peers = message::peers(request).peekable();
        if peers.peek().is_none() {
            return Err(Refusal::BadRequest);
        }
        for peer in peers {
            if peer.ok_or(Refusal::BadRequest)?.ip() != allocation.peer.ip() {
                return Err(Refusal::Forbidden);
            }
        }
        allocation.permitted_until = Some(now + PERMISSION);
        message::accept(request, &mut *allocation.mac, reply, |_| {});
        Ok(Taken::Done)
    }

    fn bind(
        &mut self,
        now: Instant,
        request: &Message<'_>,
        reply: &mut Vec<u8>,
    ) -> Result<Taken<'static>, Refusal> {
        let allocation = self.allocation.as_mut().ok_or(Refusal::AllocationMismatch)?;
        let peer = message::peers(request).next().flatten().ok_or(Refusal::BadRequest)?;
        let number = request.attribute(message::CHANNEL_NUMBER).and_then(|value| stun::u16_at(value, 0));
        let number = number.filter(|number| CHANNELS.contains(number)).ok_or(Refusal::BadRequest)?;
        if peer != allocation.peer {
            return Err(Refusal::Forbidden);
        }
        if allocation.channel(now).is_some_and(|bound| bound != number) {
            return Err(Refusal::BadRequest);
        }
        allocation.channel = Some((number, now + CHANNEL));
        allocation.permitted_until = Some(now + PERMISSION);
        message::accept(request, &mut *allocation.mac, reply, |_| {});
        Ok(Taken::Done)
    }
}

/// What is granted of a wish; zero is a farewell.
fn lifetime(request: &Message<'_>) -> Duration {
    match message::lifetime(request) {
        Some(0) => Duration::ZERO,
        wish => Duration::from_secs(wish.unwrap_or(0).into()).clamp(SHORTEST, LONGEST),
    }
}

fn seconds(lifetime: Duration) -> [u8; 4] {
    u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
pub(crate) mod tests;
