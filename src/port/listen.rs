//! Binding the one port: sockets with the options that bound what a slow or dead peer can cost.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
use thiserror::Error;
use tokio::net::TcpListener;

/// A peer that takes nothing for this long is gone.
pub const USER_TIMEOUT: Duration = Duration::from_secs(15);
/// Asked of the kernel per connection; it doubles that. What a slow reader can make us hold.
const SEND_BUFFER: usize = 128 * 1024;
const BACKLOG: i32 = 1024;

/// Why an address cannot be listened on. The sentence says what to do.
#[derive(Debug, Error)]
pub enum BindError {
    #[error(
        "{0} is in use by another program (or another Charla). Stop it, or change the port in server.listen"
    )]
    InUse(SocketAddr),
    #[error(
        "ports below 1024 need permission, and {0} was refused. Choose a port from 1024 on in server.listen, or run: \
         sysctl net.ipv4.ip_unprivileged_port_start={port}", port = .0.port()
    )]
    Denied(SocketAddr),
    #[error(
        "{0} is not an address of this machine. Change server.listen; \"0.0.0.0\" and \"[::]\" stand for all"
    )]
    NotHere(SocketAddr),
    #[error("{address} cannot be listened on: {source}")]
    Other { address: SocketAddr, source: io::Error },
}

impl BindError {
    /// Says why `address` could not be bound.
    pub fn new(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            ErrorKind::AddrInUse => Self::InUse(address),
            ErrorKind::PermissionDenied => Self::Denied(address),
            ErrorKind::AddrNotAvailable => Self::NotHere(address),
            _ => Self::Other { address, source },
        }
    }
}

/// Listens on all addresses, which name one port. If that is 0, the system chooses one, the same for all.
pub fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, BindError> {
    let mut listeners = Vec::new();
    let mut port = None;
    for address in addresses {
        let mut wanted = *address;
        wanted.set_port(port.unwrap_or(address.port()));
        match listen(wanted) {
            Ok(listener) => {
                let bound = listener.local_addr().map_err(|e| BindError::new(wanted, e))?;
                port = port.or(Some(bound.port()));
                listeners.push(listener);
            }
            Err(e)
                if wanted.is_ipv6()
                    && wanted.ip().is_unspecified()
                    && has_no_ipv6(&e)
                    && addresses.len() > 1 =>
            {
                tracing::info!("this machine has no IPv6, so only IPv4 is served");
            }
            Err(e) => return Err(BindError::new(wanted, e)),
        }
    }
    Ok(listeners)
}

/// Those of `addresses` that this machine really has: one may be gone, or not ready yet (IPv6, a VPN).
pub fn usable_for_udp(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_here = |address: &&SocketAddr| match std::net::UdpSocket::bind(SocketAddr::new(address.ip(), 0)) {
        Ok(_) => true,
        Err(e) => {
            tracing::warn!(address = %address.ip(), error = %e, "no media over this address");
            false
        }
    };
    addresses.iter().filter(is_here).copied().collect()
}

fn has_no_ipv6(e: &io::Error) -> bool {
    [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL].iter().any(|no| e.raw_os_error() == Some(no.raw_os_error()))
}

/// Accepted connections inherit every option from the listener.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    let keepalive =
        TcpKeepalive::new().with_time(Duration::from_secs(30)).with_interval(Duration::from_secs(5));
    socket.set_tcp_keepalive(&keepalive)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_addresses_share_the_port_the_system_chose() {
        let listeners = bind(&["127.0.0.1:0".parse().unwrap(), "127.0.0.2:0".parse().unwrap()]).unwrap();
        let ports: Vec<_> = listeners.iter().map(|l| l.local_addr().unwrap().port()).collect();
        assert_eq!(ports.len(), 2);
        assert!(ports[0] != 0 && ports[0] == ports[1]);
    }

    #[tokio::test]
    async fn what_is_in_the_way_is_said() {
        let taken = bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let address = taken[0].local_addr().unwrap();
        let complaint = bind(&[address]).unwrap_err().to_string();
        assert!(complaint.contains("in use") && complaint.contains("server.listen"), "{complaint}");
        let complaint = bind(&["192.0.2.1:0".parse().unwrap()]).unwrap_err().to_string();
        assert!(complaint.contains("not an address of this machine"), "{complaint}");
    }

    #[tokio::test]
    async fn an_accepted_connection_inherits_the_options() {
        let listeners = bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let _client = tokio::net::TcpStream::connect(listeners[0].local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listeners[0].accept().await.unwrap();
        let socket = socket2::SockRef::from(&accepted);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(USER_TIMEOUT));
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.send_buffer_size().unwrap(), 2 * SEND_BUFFER);
    }
}
