//! The ways a datagram can take into and out of the relay. Owns no socket; knows no transport.

use std::net::SocketAddr;

use crate::api::{PathKind, TunnelId};

/// Where a datagram came from, and where its answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// A remote UDP address, seen on the socket with this index in [`crate::api::Config::udp`].
    Udp { socket: usize, remote: SocketAddr },
    /// An accepted byte stream whose frames are datagrams.
    Tunnel(TunnelId),
}

impl Path {
    /// How the record names this way.
    pub fn kind(self) -> PathKind {
        match self {
            Path::Udp { .. } => PathKind::Udp,
            Path::Tunnel(_) => PathKind::IceTcp,
        }
    }
}
