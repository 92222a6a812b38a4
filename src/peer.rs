//! Who is at the other end of a connection. The port puts it into every request; anyone may read it.

use std::net::SocketAddr;

/// The other end of the TCP connection that a request came over. In every request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    /// Never an IPv4 address mapped into IPv6.
    pub address: SocketAddr,
}
