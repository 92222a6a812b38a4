//! The desk's tunnels: byte streams that carry media, cut into the datagrams that the relay takes, and closed when nothing
//! keeps them. Owns the unfinished tail of each stream; knows no socket.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Desk;
use crate::api::{TunnelId, TunnelKind};
use crate::framing::{self, Decoder};
use crate::relay::Path;
use crate::tunnel::NearEnd;
use crate::turn::{self, Taken, Turn};
use crate::udp;

/// A tunnel that brought nothing for so long is dead or idle: a living ICE agent checks every few seconds.
const TUNNEL_IDLE: Duration = Duration::from_secs(60);

/// What framing adds to a datagram at most: a Data indication with an IPv6 address.
const FRAMING_MAX: usize = 56;

/// A datagram in a Send indication, with the attributes that a client may add.
const TURN_FRAME_MAX: usize = udp::DATAGRAM_MAX + 128;

/// How often tunnels are looked for that are idle, or on which nobody has authenticated.
pub(super) const SWEEP: Duration = Duration::from_secs(2);

/// One tunnel: the unfinished tail of its stream, and its pump's queue.
pub(super) struct Served {
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
    pub(super) fn write(&mut self, now: Instant, datagram: &[u8]) -> bool {
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
    pub(super) fn sweep_tunnels(&mut self, now: Instant) {
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

    pub(super) fn tunnel_opened(
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

    pub(super) fn tunnel_bytes(&mut self, now: Instant, id: TunnelId, bytes: &Bytes) {
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
}

/// RTP by RFC 7983 and RFC 5761: what may be dropped when it is late.
pub(super) fn is_rtp(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind))
}
