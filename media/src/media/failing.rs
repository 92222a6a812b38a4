//! What is left when serving a room fails: the real thread, real sockets, and a room that panics on its next datagram.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use super::tests::{config, decided};
use super::*;
use crate::api::Event;
use crate::path::Path;
use crate::testing::{Browser, CHROMIUM, Heard, Profile};

const PATIENCE: Duration = Duration::from_secs(40);

/// A browser with a socket of its own.
struct Phone {
    browser: Browser,
    socket: UdpSocket,
    relay: SocketAddr,
    heard: usize,
}

impl Phone {
    fn join(media: &Media, room: u64, id: u64) -> Phone {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let path = Path::Udp { socket: 0, remote: socket.local_addr().unwrap() };
        let mut browser = Browser::new(path, CHROMIUM, 5000 + id as u32, Profile::Srtp_Aead_Aes_128_Gcm);
        media.open_room(RoomId(room));
        let answer = wait(media.offer(offer(room, id, browser.offer()))).unwrap();
        browser.take_answer(&answer.sdp);
        media.gate(RoomId(room), ParticipantId(id), TransportId(id), true);
        let relay = media.udp_addrs()[0];
        let phone = Phone { browser, socket, relay, heard: 0 };
        phone.send(&phone.browser.check(true));
        phone
    }

    fn send(&self, datagram: &[u8]) {
        self.socket.send_to(datagram, self.relay).unwrap();
    }

    /// Says 20 ms of audio, if it can, and takes all that came.
    fn turn(&mut self) {
        let now = Instant::now();
        for flight in self.browser.handshake(now) {
            self.send(&flight);
        }
        if self.browser.keys.is_some() {
            let audio = self.browser.audio();
            self.send(&audio);
        }
        let mut buffer = [0; 2048];
        while let Ok(length) = self.socket.recv(&mut buffer) {
            self.heard += usize::from(matches!(self.browser.handle(now, &buffer[..length]), Heard::Audio(_)));
        }
    }
}

fn offer(room: u64, id: u64, sdp: String) -> Offer {
    Offer { room: RoomId(room), participant: ParticipantId(id), transport: TransportId(id), sdp }
}

/// The outcome of a future of the relay's, which another thread brings about.
fn wait<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        assert!(Instant::now() < deadline, "the relay does not answer");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// All phones talk until something holds.
fn until(what: &str, phones: &mut [Phone], mut holds: impl FnMut(&[Phone]) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds(phones) {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        phones.iter_mut().for_each(Phone::turn);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_panic_in_one_room_ends_that_room_alone() {
    let (media, mut events) = Media::start(config()).unwrap();
    let mut phones: Vec<Phone> = (1..=4).map(|id| Phone::join(&media, 1 + (id - 1) / 2, id)).collect();
    until("all hear", &mut phones, |phones| phones.iter().all(|phone| phone.heard > 10));
    while events.try_recv().is_some() {}

    media.command(Command::Poison(RoomId(1)));
    let mut told = Vec::new();
    until("the host is told", &mut phones, |_| {
        told.extend(std::iter::from_fn(|| events.try_recv()));
        told.iter().any(|event| matches!(event, Event::RoomFailed { room: RoomId(1), .. }))
    });
    let strange = |event: &&Event| {
        !matches!(
            event,
            Event::RoomFailed { room: RoomId(1), .. } | Event::Quality { .. } | Event::Slots { .. }
        )
    };
    assert_eq!(told.iter().find(strange), None, "nothing else happened to anybody");
    let stats = wait(media.stats()).unwrap();
    assert_eq!((stats.panics, stats.transports), (1, 2));

    // What the thread had in hand for the failed room was sent before it answered.
    phones.iter_mut().for_each(Phone::turn);
    let before: Vec<usize> = phones.iter().map(|phone| phone.heard).collect();
    until("the others go on", &mut phones, |phones| {
        phones[2..].iter().zip(&before[2..]).all(|(phone, before)| phone.heard > before + 50)
    });
    assert_eq!((phones[0].heard, phones[1].heard), (before[0], before[1]), "the failed room is silent");

    // The room is gone, and the relay as good as before.
    let again = offer(1, 1, phones[0].browser.offer());
    assert_eq!(wait(media.offer(again)), Err(OfferError::NoRoom));
    let mut fresh = vec![Phone::join(&media, 3, 5), Phone::join(&media, 3, 6)];
    until("a new room works", &mut fresh, |phones| phones.iter().all(|phone| phone.heard > 10));
    assert_eq!(wait(media.stats()).unwrap().panics, 1);
    media.stop();
    assert_eq!(decided(media.stats()), None);
}
