//! A flood of junk for a relay's port: STUN for a ufrag that nobody has, STUN for one that somebody has with a wrong
//! integrity, what looks like DTLS, like RTP and like RTCP, each a fifth. It stops by itself.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};

/// It floods no longer than this, whatever is asked.
const LONGEST: Duration = Duration::from_secs(300);
/// Datagrams per system call.
const BATCH: usize = 64;
/// It comes from so many addresses.
const SOURCES: usize = 16;
/// Between two batches at least, so that the rate is even.
const TICK: Duration = Duration::from_millis(1);

/// Sends `rate` datagrams a second to `target` for so long; tells how many it sent.
///
/// # Errors
/// A socket cannot be had, or the system refuses to send.
pub fn flood(target: SocketAddr, known_ufrag: &str, rate: u32, span: Duration) -> io::Result<u64> {
    let span = span.min(LONGEST);
    let local = if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let sockets = (0..SOURCES).map(|_| UdpSocket::bind(local)).collect::<io::Result<Vec<_>>>()?;
    let kinds = kinds(known_ufrag);
    let slices: Vec<[IoSlice<'_>; 1]> =
        (0..BATCH).map(|index| [IoSlice::new(&kinds[index % kinds.len()])]).collect();
    let to: Vec<Option<SockaddrStorage>> = vec![Some(target.into()); BATCH];
    let mut headers = MultiHeaders::preallocate(BATCH, None);
    let (start, mut sent, mut turn) = (Instant::now(), 0, 0);
    while start.elapsed() < span {
        let due = (start.elapsed().as_secs_f64() * f64::from(rate)) as u64;
        if sent >= due {
            thread::sleep(TICK);
            continue;
        }
        let count = ((due - sent) as usize).min(BATCH);
        let none: [ControlMessage<'_>; 0] = [];
        turn += 1;
        let fd = sockets[turn % SOURCES].as_raw_fd();
        match sendmmsg(fd, &mut headers, &slices[..count], &to[..count], none, MsgFlags::empty()) {
            Ok(batch) => sent += batch.count() as u64,
            // Nobody listens there: the control's port may be closed.
            Err(Errno::ECONNREFUSED | Errno::EINTR | Errno::ENOBUFS) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sent)
}

fn kinds(known_ufrag: &str) -> [Vec<u8>; 5] {
    let mut hello = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 110, 1, 0, 0, 98];
    hello.resize(123, 0x33);
    let mut audio = vec![0x80, 111, 0, 1, 0, 0, 3, 192, 0x12, 0x34, 0x56, 0x78];
    audio.resize(120, 0x44);
    let mut report = vec![0x80, 200, 0, 6, 0x12, 0x34, 0x56, 0x78];
    report.resize(60, 0x55);
    [check("nobodyxx"), check(known_ufrag), hello, audio, report]
}

/// A binding request, whole in form, with an integrity made up.
fn check(ufrag: &str) -> Vec<u8> {
    let user = format!("{ufrag}:junk");
    let attributes: [(u16, &[u8]); 4] =
        [(0x0006, user.as_bytes()), (0x0024, &[0x6e, 0, 1, 0xff]), (0x0025, &[]), (0x0008, &[0x66; 20])];
    let mut body = Vec::new();
    for (kind, value) in attributes {
        body.extend_from_slice(&kind.to_be_bytes());
        body.extend_from_slice(&(value.len() as u16).to_be_bytes());
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut message = vec![0, 1, 0, body.len() as u8, 0x21, 0x12, 0xA4, 0x42];
    message.extend_from_slice(&[8; 12]);
    message.extend_from_slice(&body);
    message
}
