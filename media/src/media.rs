//! The handle: what a host program holds of a running relay. Owns the thread's end; knows no packet, no socket,
//! no clock. Every method but [`Media::stop`] returns at once: the work is done on the shard's thread, in the
//! order of the calls.

#[cfg(test)]
mod failing;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use futures_channel::oneshot;

use crate::api::{
    Answer, Config, Offer, OfferError, ParticipantId, RoomId, TransportId, TunnelId, TunnelKind,
};
use crate::events::{self, EventReceiver};
use crate::shard::{self, Command, Commands, Stats};
use crate::tunnel::Tunnel;
use crate::turn::{Credential, Secret};

/// A running relay. Clones are handles to the same one; it stops with [`Media::stop`], or when the last
/// of them is dropped.
#[derive(Clone, Debug)]
pub struct Media {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    commands: Commands,
    addresses: Vec<SocketAddr>,
    secret: Arc<Secret>,
    next_tunnel: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Media {
    /// Binds [`Config::udp`] and starts the thread that serves it. An empty [`Config::announce_udp`] announces
    /// the addresses as bound, which is what a port 0 wants.
    ///
    /// # Errors
    /// An address cannot be bound, no certificate could be made, or the system has no thread for us.
    pub fn start(config: Config) -> io::Result<(Media, EventReceiver)> {
        let (sender, events) = events::queue();
        let running = shard::start(config, sender)?;
        let shared = Shared {
            commands: running.commands,
            addresses: running.addresses,
            secret: running.secret,
            next_tunnel: AtomicU64::new(1),
            thread: Mutex::new(Some(running.thread)),
        };
        Ok((Media { shared: Arc::new(shared) }, events))
    }

    /// The UDP addresses, as bound, in the order of [`Config::udp`].
    pub fn udp_addrs(&self) -> &[SocketAddr] {
        &self.shared.addresses
    }

    /// Opens a room; opening an open room changes nothing.
    pub fn open_room(&self, room: RoomId) {
        self.command(Command::OpenRoom(room));
    }

    /// Closes a room and drops every transport in it.
    pub fn close_room(&self, room: RoomId) {
        self.command(Command::CloseRoom(room));
    }

    /// Opens or shuts a participant's gate: with it open he is heard and hears, over `transport`.
    pub fn gate(&self, room: RoomId, participant: ParticipantId, transport: TransportId, open: bool) {
        self.command(Command::Gate { room, participant, transport, open });
    }

    /// Mutes a participant, or no more: with whatever transport, now or later, he hears and is not heard. It takes no part
    /// in whether his gate is open.
    pub fn mute(&self, room: RoomId, participant: ParticipantId, muted: bool) {
        self.command(Command::Mute { room, participant, muted });
    }

    /// Drops one transport: the device that did not get the call.
    pub fn drop_transport(&self, transport: TransportId) {
        self.command(Command::DropTransport(transport));
    }

    /// Drops a participant with all his transports.
    pub fn leave(&self, room: RoomId, participant: ParticipantId) {
        self.command(Command::Leave { room, participant });
    }

    /// Answers a browser's offer; the same transport offered again is an ICE restart. The offer counts from the
    /// call on, whether or not the future is awaited.
    ///
    /// # Errors
    /// See [`OfferError`]; `Stopped` also when serving this offer failed.
    pub fn offer(&self, offer: Offer) -> impl Future<Output = Result<Answer, OfferError>> + Send + use<> {
        let (reply, answer) = oneshot::channel();
        self.command(Command::Offer { offer, reply });
        async move { answer.await.unwrap_or(Err(OfferError::Stopped)) }
    }

    /// Takes an accepted byte stream that carries media; `remote` is its other end.
    pub fn tunnel(&self, remote: SocketAddr, kind: TunnelKind) -> Tunnel {
        let id = TunnelId(self.shared.next_tunnel.fetch_add(1, Ordering::Relaxed));
        let (tunnel, near) = Tunnel::new(id, self.shared.commands.clone());
        self.command(Command::TunnelOpened { id, kind, remote, near });
        tunnel
    }

    /// A TURN credential for one leg, good for an hour from `now`: with it a client gets through this relay's tunnels to
    /// this relay, and nowhere else. `None` when the cryptography library fails. `whose` shows in the user name.
    pub fn turn_credential(&self, now: Instant, whose: &str) -> Option<Credential> {
        self.shared.secret.mint(now, whose)
    }

    /// What the relay did and holds, after all earlier calls were served; `None` when it has stopped.
    pub fn stats(&self) -> impl Future<Output = Option<Stats>> + Send + use<> {
        let (reply, stats) = oneshot::channel();
        self.command(Command::Stats(reply));
        async move { stats.await.ok() }
    }

    /// Stops the relay and waits for its thread, a few milliseconds. Rooms still open fall silent at once.
    pub fn stop(&self) {
        self.command(Command::Stop);
        let thread = self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The thread catches its panics and logs them; there is nothing more to learn from its end.
            let _ = thread.join();
        }
    }

    /// A command to a relay that has stopped changes nothing, as the relay is gone with all it held.
    fn command(&self, command: Command) {
        let _ = self.shared.commands.send(command);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Gone already when it was stopped.
        let _ = self.commands.send(Command::Stop);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    pub(super) fn config() -> Config {
        Config::new(vec!["127.0.0.1:0".parse().unwrap(); 2])
    }

    /// The outcome of a future that a stopped relay has decided already.
    pub(super) fn decided<F: Future>(future: F) -> F::Output {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("still waiting for a relay that has stopped"),
        }
    }

    #[test]
    fn a_port_of_zero_is_bound_and_told() {
        let (media, _events) = Media::start(config()).unwrap();
        let [one, other] = media.udp_addrs() else { panic!("one address each: {:?}", media.udp_addrs()) };
        assert!(one.port() != 0 && other.port() != 0 && one != other);
        media.stop();
    }

    #[test]
    fn an_address_in_use_is_an_error() {
        let (first, _events) = Media::start(config()).unwrap();
        let taken = Config { udp: first.udp_addrs().to_vec(), ..config() };
        assert_eq!(Media::start(taken).err().map(|error| error.kind()), Some(io::ErrorKind::AddrInUse));
    }

    #[test]
    fn a_stopped_relay_answers_everybody() {
        let (media, mut events) = Media::start(config()).unwrap();
        let tunnel = media.tunnel("127.0.0.1:9".parse().unwrap(), TunnelKind::IceTcp);
        media.stop();
        media.stop();
        let offer = Offer {
            room: RoomId(1),
            participant: ParticipantId(1),
            transport: TransportId(1),
            sdp: String::new(),
        };
        assert_eq!(decided(media.offer(offer)), Err(OfferError::Stopped));
        assert_eq!(decided(media.stats()), None);
        assert_eq!(decided(tunnel.next()), None);
        assert!(tunnel.push(b"x").is_err());
        let late = media.tunnel("127.0.0.1:9".parse().unwrap(), TunnelKind::IceTcp);
        assert_eq!(decided(late.next()), None, "a tunnel opened too late is closed too");
        assert_eq!(decided(events.recv()), None, "the events end");
    }

    #[test]
    fn dropping_the_last_handle_ends_the_thread() {
        let (media, _events) = Media::start(config()).unwrap();
        let thread = media.shared.thread.lock().unwrap().take().unwrap();
        drop(media.clone());
        drop(media);
        thread.join().unwrap();
    }
}
