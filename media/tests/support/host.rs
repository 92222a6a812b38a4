//! A host program in small: it runs a relay, carries offers and answers, accepts ICE-TCP, remembers what happened.

use std::sync::{Arc, Mutex};

use charla_media::api::{
    Answer, Config, Event, Offer, OfferError, ParticipantId, RoomId, TransportId, TunnelKind,
};
use charla_media::{Media, Stats, Tunnel};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::peer::{Network, Peer};
use super::until;

pub struct Host {
    pub media: Media,
    events: Arc<Mutex<Vec<Event>>>,
}

/// One leg, as the host names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    pub room: RoomId,
    pub participant: ParticipantId,
    pub transport: TransportId,
}

impl Leg {
    pub fn new(room: u64, id: u64) -> Leg {
        Leg { room: RoomId(room), participant: ParticipantId(id), transport: TransportId(id) }
    }
}

impl Host {
    /// A relay on loopback that announces one way only.
    pub async fn start(network: Network) -> Host {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = if network == Network::Udp6 { "[::1]:0" } else { "127.0.0.1:0" };
        let (media, mut receiver) = Media::start(Config {
            announce_tcp: if network == Network::Tcp { vec![tcp.local_addr().unwrap()] } else { Vec::new() },
            tcp_only: network == Network::Tcp,
            ..Config::new(vec![here.parse().unwrap()])
        })
        .unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&events);
        tokio::spawn(async move {
            while let Some(event) = receiver.recv().await {
                log.lock().unwrap().push(event);
            }
        });
        let door = media.clone();
        tokio::spawn(async move {
            while let Ok((stream, remote)) = tcp.accept().await {
                tokio::spawn(pump(stream, door.tunnel(remote, TunnelKind::IceTcp)));
            }
        });
        Host { media, events }
    }

    /// A peer that has joined, with its gate shut.
    pub async fn join(&self, leg: Leg, network: Network, hertz: f32, slots: usize) -> Peer {
        let peer = Peer::new(network, hertz, slots).await;
        self.negotiate(leg, &peer, false).await.unwrap();
        self.happens(
            "up",
            |event| matches!(event, Event::Up { transport, .. } if *transport == leg.transport),
        )
        .await;
        peer
    }

    /// Carries one offer to the relay and its answer back.
    pub async fn negotiate(&self, leg: Leg, peer: &Peer, restart: bool) -> Result<Answer, OfferError> {
        let Leg { room, participant, transport } = leg;
        self.media.open_room(room);
        let sdp = peer.offer(restart).await;
        let answer = self.media.offer(Offer { room, participant, transport, sdp }).await?;
        peer.answer(&answer.sdp).await;
        Ok(answer)
    }

    pub fn gate(&self, leg: Leg, open: bool) {
        self.media.gate(leg.room, leg.participant, leg.transport, open);
    }

    pub async fn stats(&self) -> Stats {
        self.media.stats().await.unwrap()
    }

    /// Waits until the relay has received so many more datagrams: the peers keep talking meanwhile.
    pub async fn receives(&self, more: u64) {
        let start = self.stats().await.received;
        until("datagrams at the relay", async || self.stats().await.received >= start + more).await;
    }

    /// How many events so far are such.
    pub fn count(&self, which: impl Fn(&Event) -> bool) -> usize {
        self.events.lock().unwrap().iter().filter(|event| which(event)).count()
    }

    pub async fn happens(&self, what: &str, which: impl Fn(&Event) -> bool) {
        until(what, async || self.count(&which) > 0).await;
    }
}

/// Carries one byte stream to the relay and back until either end closes.
async fn pump(stream: TcpStream, tunnel: Tunnel) {
    stream.set_nodelay(true).unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let up = async {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = reader.read(&mut buffer).await {
            if tunnel.push(&buffer[..read]).is_err() {
                break;
            }
        }
    };
    let down = async {
        while let Some(bytes) = tunnel.next().await {
            if writer.write_all(&bytes).await.is_err() {
                break;
            }
        }
    };
    tokio::select! { () = up => {}, () = down => {} }
}
