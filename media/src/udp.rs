//! UDP sockets: bound as asked, read and written in batches (`recvmmsg`, `sendmmsg`) through buffers allocated
//! once. Owns the system calls and nothing else; knows no packet's meaning, no room and no clock.

use std::array;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};
use socket2::{Domain, Protocol, Socket, Type};

/// Datagrams taken or sent per system call at most.
pub(crate) const BATCH: usize = 64;

/// Larger datagrams are cut by the kernel and dropped: a path MTU above this does not occur with WebRTC.
pub(crate) const DATAGRAM_MAX: usize = 2048;

/// Asked of the kernel in both directions, bytes; it grants at most `net.core.{r,w}mem_max`.
const SOCKET_BUFFER: usize = 4 << 20;

/// Binds a non-blocking socket with large buffers; an IPv6 socket takes IPv6 alone.
///
/// # Errors
/// Whatever the system says: the address in use, not ours, not permitted.
pub(crate) fn bind(address: SocketAddr) -> io::Result<mio::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(SOCKET_BUFFER)?;
    socket.set_send_buffer_size(SOCKET_BUFFER)?;
    socket.bind(&address.into())?;
    let (receive, send) = (socket.recv_buffer_size()?, socket.send_buffer_size()?);
    tracing::debug!(port = address.port(), receive, send, "UDP bound; buffers as granted, in bytes");
    Ok(mio::net::UdpSocket::from_std(socket.into()))
}

/// The buffers of one receive call, shared by all sockets of a thread.
pub(crate) struct Receiver {
    headers: MultiHeaders<SockaddrStorage>,
    buffers: Box<[u8]>,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        Self {
            headers: MultiHeaders::preallocate(BATCH, None),
            buffers: vec![0; BATCH * DATAGRAM_MAX].into_boxed_slice(),
        }
    }

    /// Takes what waits, up to [`BATCH`] datagrams, and hands each to `each` with its sender; tells how many
    /// were taken, 0 when none waits. Cut datagrams are taken and not handed on.
    ///
    /// # Errors
    /// Whatever the system says, except that nothing waits.
    pub(crate) fn receive(
        &mut self,
        socket: &mio::net::UdpSocket,
        mut each: impl FnMut(SocketAddr, &[u8]),
    ) -> io::Result<usize> {
        let mut chunks = self.buffers.chunks_exact_mut(DATAGRAM_MAX);
        let mut slices: [[IoSliceMut<'_>; 1]; BATCH] =
            array::from_fn(|_| [IoSliceMut::new(chunks.next().unwrap_or_default())]);
        let batch = match recvmmsg(
            socket.as_raw_fd(),
            &mut self.headers,
            &mut slices,
            MsgFlags::MSG_DONTWAIT,
            None,
        ) {
            Ok(batch) => batch,
            Err(Errno::EAGAIN) => return Ok(0),
            Err(other) => return Err(other.into()),
        };
        let mut taken = 0;
        for message in batch {
            taken += 1;
            if message.flags.contains(MsgFlags::MSG_TRUNC) {
                continue;
            }
            if let (Some(remote), Some(bytes)) =
                (message.address.as_ref().and_then(to_std), message.iovs().next())
            {
                each(remote, bytes);
            }
        }
        Ok(taken)
    }
}

/// What one [`Sender::send`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) sent: u64,
    /// Given up because the socket's buffer was full, or because the system refused this one.
    pub(crate) dropped: u64,
}

/// The buffers of one send call, shared by all sockets of a thread.
pub(crate) struct Sender {
    headers: MultiHeaders<SockaddrStorage>,
    remotes: Vec<Option<SockaddrStorage>>,
}

impl Sender {
    pub(crate) fn new() -> Self {
        Self { headers: MultiHeaders::preallocate(BATCH, None), remotes: Vec::with_capacity(BATCH) }
    }

    /// Sends all of `datagrams` in order. What would block is dropped, as a full router would: late audio is
    /// worth nothing.
    pub(crate) fn send<'d>(
        &mut self,
        socket: &mio::net::UdpSocket,
        mut datagrams: impl Iterator<Item = (SocketAddr, &'d [u8])>,
    ) -> Sent {
        let mut done = Sent::default();
        loop {
            let mut slices = [[IoSlice::new(&[])]; BATCH];
            self.remotes.clear();
            for (slice, (remote, bytes)) in slices.iter_mut().zip(datagrams.by_ref()) {
                *slice = [IoSlice::new(bytes)];
                self.remotes.push(Some(remote.into()));
            }
            if self.remotes.is_empty() {
                return done;
            }
            let batch = self.send_batch(socket, &slices);
            done.sent += batch.sent;
            done.dropped += batch.dropped;
        }
    }

    fn send_batch(&mut self, socket: &mio::net::UdpSocket, slices: &[[IoSlice<'_>; 1]]) -> Sent {
        let mut done = Sent::default();
        let mut from = 0;
        while from < self.remotes.len() {
            let none: [ControlMessage<'_>; 0] = [];
            let (remotes, slices) = (&self.remotes[from..], &slices[from..]);
            let fd = socket.as_raw_fd();
            match sendmmsg(fd, &mut self.headers, slices, remotes, none, MsgFlags::MSG_DONTWAIT) {
                Ok(batch) => {
                    let sent = batch.count();
                    done.sent += sent as u64;
                    from += sent;
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => {
                    done.dropped += remotes.len() as u64;
                    break;
                }
                // The call stops at the first datagram that fails, and fails itself when that is the first.
                Err(refused) => {
                    tracing::trace!(%refused, "datagram refused");
                    done.dropped += 1;
                    from += 1;
                }
            }
        }
        done
    }
}

fn to_std(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| SocketAddr::V4(SocketAddrV4::from(*v4)));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| SocketAddr::V6(SocketAddrV6::from(*v6))))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn receive_all(socket: &mio::net::UdpSocket, wanted: usize) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut receiver = Receiver::new();
        let mut got = Vec::new();
        let deadline = now() + Duration::from_secs(10);
        while got.len() < wanted && now() < deadline {
            let taken = receiver.receive(socket, |from, bytes| got.push((from, bytes.to_vec()))).unwrap();
            if taken == 0 {
                std::thread::yield_now();
            }
        }
        got
    }

    #[allow(clippy::disallowed_methods, reason = "a test's deadline")]
    fn now() -> Instant {
        Instant::now()
    }

    fn carries(address: &str) {
        let (a, b) = (bind(address.parse().unwrap()).unwrap(), bind(address.parse().unwrap()).unwrap());
        let (from, to) = (a.local_addr().unwrap(), b.local_addr().unwrap());
        // More than one batch, of different sizes, and an empty one in between.
        let sent: Vec<Vec<u8>> = (0..150_usize).map(|i| vec![i as u8; (i * 7) % 1200]).collect();
        let done = Sender::new().send(&a, sent.iter().map(|datagram| (to, &datagram[..])));
        assert_eq!(done, Sent { sent: 150, dropped: 0 });
        let got = receive_all(&b, sent.iter().filter(|datagram| !datagram.is_empty()).count());
        let wanted: Vec<_> = sent
            .into_iter()
            .filter(|datagram| !datagram.is_empty())
            .map(|datagram| (from, datagram))
            .collect();
        assert_eq!(got, wanted);
    }

    #[test]
    fn batches_arrive_whole_and_in_order_over_ipv4() {
        carries("127.0.0.1:0");
    }

    #[test]
    fn batches_arrive_whole_and_in_order_over_ipv6() {
        if has_ipv6() {
            carries("[::1]:0");
        }
    }

    /// Containers may have no IPv6, not even on loopback.
    fn has_ipv6() -> bool {
        let here = std::net::UdpSocket::bind("[::1]:0").is_ok();
        if !here {
            eprintln!("not shown: this machine has no IPv6");
        }
        here
    }

    #[test]
    fn one_refused_datagram_does_not_hold_up_the_rest() {
        let (a, b) =
            (bind("127.0.0.1:0".parse().unwrap()).unwrap(), bind("127.0.0.1:0".parse().unwrap()).unwrap());
        let to = b.local_addr().unwrap();
        // An IPv6 address on an IPv4 socket: the system refuses it.
        let wrong = "[::1]:9".parse().unwrap();
        let datagrams = [(to, &b"first"[..]), (wrong, b"refused"), (to, b"last")];
        assert_eq!(Sender::new().send(&a, datagrams.into_iter()), Sent { sent: 2, dropped: 1 });
        let got: Vec<_> = receive_all(&b, 2).into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(got, [b"first".to_vec(), b"last".to_vec()]);
    }

    #[test]
    fn a_cut_datagram_is_dropped() {
        let (a, b) =
            (bind("127.0.0.1:0".parse().unwrap()).unwrap(), bind("127.0.0.1:0".parse().unwrap()).unwrap());
        let to = b.local_addr().unwrap();
        let (long, right) = (vec![1; DATAGRAM_MAX + 1], vec![2; DATAGRAM_MAX]);
        Sender::new().send(&a, [(to, &long[..]), (to, &right[..])].into_iter());
        let got = receive_all(&b, 1);
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].1, vec![2; DATAGRAM_MAX]);
    }

    #[test]
    fn an_ipv6_socket_takes_ipv6_alone() {
        if !has_ipv6() {
            return;
        }
        let socket = bind("[::1]:0".parse().unwrap()).unwrap();
        assert!(socket2::SockRef::from(&socket).only_v6().unwrap());
    }
}
