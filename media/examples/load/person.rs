//! One person of the load: his client, his socket, and what of others is heard there.

use std::io::IoSliceMut;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::net::UdpSocket;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use nix::sys::time::TimeSpec;

use super::peer::Peer;

/// One person: a client, and the socket through which it reaches the relay.
pub struct Person {
    pub client: Box<dyn Peer>,
    pub socket: UdpSocket,
    pub speaks: bool,
    pub next_frame: Instant,
}

#[derive(Default)]
pub struct Measured {
    /// Packets sent earlier do not count, nanoseconds of Unix time.
    pub since: u64,
    pub sent: u64,
    pub heard: u64,
    /// Of every packet heard, microseconds.
    pub latencies: Vec<u32>,
}

impl Person {
    pub fn flush(&mut self) {
        while let Some(datagram) = self.client.poll_transmit() {
            // A full socket shows as a packet not delivered.
            let _ = self.socket.send(&datagram);
        }
    }

    /// Takes all datagrams that wait, each with the time at which the kernel took it.
    pub fn receive(&mut self, now: Instant, measured: &mut Measured) {
        let mut buffer = [0; 2048];
        let mut space = nix::cmsg_space!(TimeSpec);
        loop {
            let mut slices = [IoSliceMut::new(&mut buffer)];
            let fd = self.socket.as_raw_fd();
            let Ok(message) = recvmsg::<()>(fd, &mut slices, Some(&mut space), MsgFlags::MSG_DONTWAIT) else {
                return;
            };
            let length = message.bytes;
            let stamp = message.cmsgs().ok().and_then(|mut list| {
                list.find_map(|item| match item {
                    ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at).as_nanos() as u64),
                    _ => None,
                })
            });
            let taken = stamp.unwrap_or_else(unix_nanos);
            self.client.handle(now, &buffer[..length], &mut |payload| {
                let sent = payload.first_chunk().map(|stamp| u64::from_be_bytes(*stamp));
                if let Some(sent) = sent.filter(|sent| *sent >= measured.since) {
                    measured.heard += 1;
                    measured.latencies.push((taken.saturating_sub(sent) / 1000) as u32);
                }
            });
        }
    }
}

pub fn unix_nanos() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
