//! The ways a datagram can take into and out of the relay. Owns no socket; knows no transport.

use std::net::SocketAddr;

use crate::api::{PathKind, TunnelId, TunnelKind};

/// Where a datagram came from, and where its answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// A remote UDP address, seen on the socket with this index in [`crate::api::Config::udp`].
    Udp { socket: usize, remote: SocketAddr },
    /// An accepted byte stream that carries datagrams.
    Tunnel(TunnelId, TunnelKind),
}

impl Path {
    /// How the record names this way.
    pub fn kind(self) -> PathKind {
        match self {
            Path::Udp { .. } => PathKind::Udp,
            Path::Tunnel(_, TunnelKind::IceTcp) => PathKind::IceTcp,
            Path::Tunnel(_, TunnelKind::Turn { tls: false }) => PathKind::TurnTcp,
            Path::Tunnel(_, TunnelKind::Turn { tls: true }) => PathKind::TurnTls,
        }
    }
}
