//! The shard: one thread that serves a relay. Owns the loop, the sockets, the command queue and the clock: no
//! other file of this crate reads time. Knows nothing of what a packet means, nor what the relay says.

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_channel::oneshot;
use mio::{Events, Interest, Poll, Token, Waker};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::api::{
    Answer, Config, Offer, OfferError, ParticipantId, RoomId, TransportId, TunnelId, TunnelKind,
};
use crate::desk::Desk;
use crate::events::EventSender;
use crate::pace::Pace;
use crate::relay::{Path, Relay};
use crate::tunnel::NearEnd;
use crate::turn::{Peers, Secret};
use crate::udp;

/// The waker's token; the sockets have theirs from 0.
const WAKE: Token = Token(usize::MAX);

/// Receive calls per socket before the other sockets, the commands and the timers get their turn.
const BATCHES_PER_TURN: usize = 4;

/// Commands served before the sockets get their turn.
const COMMANDS_PER_TURN: usize = 256;

/// What the handle and the tunnels ask of the shard.
pub(crate) enum Command {
    OpenRoom(RoomId),
    CloseRoom(RoomId),
    Gate {
        room: RoomId,
        participant: ParticipantId,
        transport: TransportId,
        open: bool,
    },
    Mute {
        room: RoomId,
        participant: ParticipantId,
        muted: bool,
    },
    DropTransport(TransportId),
    Leave {
        room: RoomId,
        participant: ParticipantId,
    },
    Offer {
        offer: Offer,
        reply: oneshot::Sender<Result<Answer, OfferError>>,
    },
    TunnelOpened {
        id: TunnelId,
        kind: TunnelKind,
        remote: SocketAddr,
        near: NearEnd,
    },
    TunnelBytes {
        id: TunnelId,
        bytes: Bytes,
    },
    TunnelClosed(TunnelId),
    Stats(oneshot::Sender<Stats>),
    /// The next datagram for this room fails, as a bug would make it.
    #[cfg(test)]
    Poison(RoomId),
    Stop,
}

/// What the shard did since it started, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Datagrams received over UDP and over tunnels.
    pub received: u64,
    /// Datagrams handed to the kernel or to a tunnel.
    pub sent: u64,
    /// Datagrams dropped because a socket would have blocked or the system refused them.
    pub dropped: u64,
    /// Panics caught while serving.
    pub panics: u64,
    /// Transports alive.
    pub transports: usize,
    /// Rooms open.
    pub rooms: usize,
    /// Tunnels open.
    pub tunnels: usize,
}

/// The shard is gone.
#[derive(Debug)]
pub(crate) struct Gone;

/// The sending end of a shard's command queue.
#[derive(Clone, Debug)]
pub(crate) struct Commands {
    queue: mpsc::Sender<Command>,
    wake: Arc<Wake>,
}

#[derive(Debug)]
struct Wake {
    waker: Waker,
    /// The shard was woken and has not looked yet: one wake serves many commands.
    pending: AtomicBool,
}

impl Commands {
    pub(crate) fn send(&self, command: Command) -> Result<(), Gone> {
        self.queue.send(command).map_err(|_| Gone)?;
        if !self.wake.pending.swap(true, Ordering::AcqRel) {
            self.wake.waker.wake().map_err(|_| Gone)?;
        }
        Ok(())
    }
}

/// A running shard, as its owner holds it.
pub(crate) struct Running {
    pub(crate) commands: Commands,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) secret: Arc<Secret>,
    pub(crate) thread: JoinHandle<()>,
}

/// Binds the sockets and starts the thread.
///
/// # Errors
/// An address cannot be bound, or the system has no thread or poll for us.
pub(crate) fn start(mut config: Config, events: EventSender) -> io::Result<Running> {
    let mut sockets = config.udp.iter().map(|address| udp::bind(*address)).collect::<io::Result<Vec<_>>>()?;
    let addresses = sockets.iter().map(mio::net::UdpSocket::local_addr).collect::<io::Result<Vec<_>>>()?;
    if config.announce_udp.is_empty() {
        config.announce_udp.clone_from(&addresses);
    }
    let poll = Poll::new()?;
    for (index, socket) in sockets.iter_mut().enumerate() {
        poll.registry().register(socket, Token(index), Interest::READABLE)?;
    }
    let wake = Arc::new(Wake { waker: Waker::new(poll.registry(), WAKE)?, pending: AtomicBool::new(false) });
    let secret = Arc::new(Secret::generate(clocks(), &mut seeded()));
    let host = (Arc::clone(&secret), Peers::of(&config.announce_udp));
    let gather = config.gather;
    let relay = Relay::new(config, clocks(), seeded()).map_err(io::Error::other)?;
    let (queue, commands) = mpsc::channel();
    let inbox = Inbox { commands, wake: Arc::clone(&wake) };
    let thread = thread::Builder::new().name("media-shard".to_owned()).spawn(move || {
        // Else the kernel may add 50 us to each of the loop's short waits. Without it they are longer, nothing worse.
        let _ = nix::sys::prctl::set_timerslack(1);
        let shard = Shard::new(Desk::new(relay, host, events), poll, sockets, (inbox, gather));
        if catch_unwind(AssertUnwindSafe(move || shard.run())).is_err() {
            tracing::error!("the media shard failed: calls have no audio until the process starts again");
        }
    })?;
    Ok(Running { commands: Commands { queue, wake }, addresses, secret, thread })
}

/// One moment as told by both clocks.
#[allow(clippy::disallowed_methods, reason = "the shard is where this crate reads time")]
fn clocks() -> (Instant, SystemTime) {
    (Instant::now(), SystemTime::now())
}

#[allow(clippy::disallowed_methods, reason = "the shard is where this crate reads time")]
fn now() -> Instant {
    Instant::now()
}

#[allow(clippy::disallowed_methods, reason = "the seed of a relay that is itself given its randomness")]
fn seeded() -> StdRng {
    StdRng::from_rng(&mut rand::rng())
}

/// The receiving end of the command queue.
struct Inbox {
    commands: mpsc::Receiver<Command>,
    wake: Arc<Wake>,
}

/// The shard's thread from within: what it waits for, and whom it then serves.
struct Shard {
    poll: Poll,
    inbox: Inbox,
    sockets: Vec<Port>,
    receiver: udp::Receiver,
    /// Datagrams taken in this turn.
    taken: usize,
    pace: Pace,
    desk: Desk,
}

/// A socket, and whether it may hold datagrams: mio tells of new ones only.
pub(crate) struct Port {
    pub(crate) socket: mio::net::UdpSocket,
    readable: bool,
}

/// What is still to do without waiting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Done,
    More,
    Stop,
}

impl Shard {
    fn new(
        desk: Desk,
        poll: Poll,
        sockets: Vec<mio::net::UdpSocket>,
        (inbox, gather): (Inbox, Duration),
    ) -> Self {
        let sockets: Vec<_> = sockets.into_iter().map(|socket| Port { socket, readable: true }).collect();
        let (receiver, pace) = (udp::Receiver::new(), Pace::new(gather, now()));
        Self { poll, inbox, sockets, receiver, taken: 0, pace, desk }
    }

    fn run(mut self) {
        let mut ready = Events::with_capacity(64);
        let mut turn = Turn::More;
        while turn != Turn::Stop {
            let patience = self.patience(turn);
            match self.poll.poll(&mut ready, patience) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    tracing::error!(%error, "the media shard cannot wait for its sockets");
                    return;
                }
                Ok(()) => {}
            }
            for event in &ready {
                match self.sockets.get_mut(event.token().0) {
                    Some(port) => port.readable = true,
                    None => drop(self.inbox.wake.pending.swap(false, Ordering::AcqRel)),
                }
            }
            self.serve_sockets();
            turn = self.serve_commands();
            self.desk.serve_timers(now());
            self.desk.settle(now(), &self.sockets);
            if turn == Turn::Done && self.sockets.iter().any(|port| port.readable) {
                turn = Turn::More;
            }
        }
    }

    /// How long to wait for sockets and commands. While datagrams come fast the waiting is done here, for a moment
    /// of fixed length, and what gathered meanwhile is looked for after it.
    fn patience(&mut self, turn: Turn) -> Option<Duration> {
        self.pace.served(now(), std::mem::take(&mut self.taken));
        if turn == Turn::More {
            return Some(Duration::ZERO);
        }
        if let Some(pause) = self.pace.pause() {
            thread::sleep(pause);
            return Some(Duration::ZERO);
        }
        self.desk.patience(now())
    }

    fn serve_sockets(&mut self) {
        for socket in 0..self.sockets.len() {
            for _ in 0..BATCHES_PER_TURN {
                if !self.sockets[socket].readable {
                    break;
                }
                self.serve_socket(socket);
            }
        }
    }

    /// Takes one batch. One that is not full has met the end of the queue, and what comes later is told anew, so
    /// that it needs no second call to learn that nothing is left.
    fn serve_socket(&mut self, socket: usize) {
        let (now, ports, desk) = (now(), &self.sockets, &mut self.desk);
        let taken = self.receiver.receive(&ports[socket].socket, |remote, bytes| {
            desk.datagram(now, Path::Udp { socket, remote }, bytes);
            desk.flush_full(now, ports);
        });
        match taken {
            Ok(taken) => {
                self.taken += taken;
                self.sockets[socket].readable = taken == udp::BATCH;
                self.desk.settle(now, &self.sockets);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::warn!(%error, "a UDP socket cannot be read");
                self.sockets[socket].readable = false;
            }
        }
    }

    fn serve_commands(&mut self) -> Turn {
        for _ in 0..COMMANDS_PER_TURN {
            match self.inbox.commands.try_recv() {
                Ok(Command::Stop) | Err(mpsc::TryRecvError::Disconnected) => return Turn::Stop,
                Err(mpsc::TryRecvError::Empty) => return Turn::Done,
                Ok(command) => {
                    let now = now();
                    self.desk.command(now, command);
                    self.desk.flush_full(now, &self.sockets);
                }
            }
        }
        Turn::More
    }
}
