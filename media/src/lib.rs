//! charla-media: a small audio SFU (selective forwarding unit). Browsers send their audio to it by WebRTC, and it
//! forwards each participant's packets to the others in his room, without decoding them.
//!
//! It knows rooms, participants, transports and bytes: no user, no database, no signalling, no async runtime. The
//! host program carries SDP between browser and relay, decides who may be heard, and is told what happens. The
//! protocols (STUN, DTLS, SRTP, RTCP) are those of the [webrtc-rs](https://webrtc.rs) project, composed under a
//! transport of our own: ICE-lite, one UDP port for everybody, ICE-TCP over any byte stream that the host accepts.
//!
//! - [`Media`] is the handle: it may be cloned and used from any thread.
//! - [`Tunnel`] carries media over one accepted TCP stream (RFC 4571 frames, ICE-TCP).
//! - [`api`] holds the words in which host and relay talk.
//! - [`relay::Relay`] is the relay without sockets and clocks, for those who bring their own loop.
//!
//! ```no_run
//! use charla_media::api::{Config, Event, Offer, ParticipantId, RoomId, TransportId, TunnelKind};
//! use charla_media::{Media, Tunnel};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! # async fn next_offer() -> Option<(u64, String)> { None }
//! # async fn send_answer(_browser: u64, _sdp: String) {}
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let here = "192.0.2.7:8443".parse()?;
//!     let config =
//!         Config { announce_udp: vec![here], announce_tcp: vec![here], ..Config::new(vec![here]) };
//!     let (media, mut events) = Media::start(config)?;
//!     tokio::spawn(async move {
//!         while let Some(event) = events.recv().await {
//!             if let Event::FirstAudio { participant, .. } = event {
//!                 println!("{} is heard", participant.0);
//!             }
//!         }
//!     });
//!     let (tcp, listener) = (media.clone(), TcpListener::bind(here).await?);
//!     tokio::spawn(async move {
//!         while let Ok((stream, remote)) = listener.accept().await {
//!             tokio::spawn(pump(stream, tcp.tunnel(remote, TunnelKind::IceTcp)));
//!         }
//!     });
//!     let room = RoomId(1);
//!     media.open_room(room);
//!     // Offers and answers travel as the host likes: by WebSocket, by HTTP.
//!     while let Some((browser, sdp)) = next_offer().await {
//!         let (participant, transport) = (ParticipantId(browser), TransportId(browser));
//!         let answer = media.offer(Offer { room, participant, transport, sdp }).await?;
//!         send_answer(browser, answer.sdp).await;
//!         media.gate(room, participant, transport, true); // from now on he hears and is heard
//!     }
//!     media.stop();
//!     Ok(())
//! }
//!
//! async fn pump(stream: TcpStream, tunnel: Tunnel) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//!     let (mut reader, mut writer) = stream.into_split();
//!     let mut buffer = [0; 4096];
//!     let up = async { while let read @ 1.. = reader.read(&mut buffer).await? { tunnel.push(&buffer[..read])? } Ok(()) };
//!     let down = async { while let Some(bytes) = tunnel.next().await { writer.write_all(&bytes).await? } Ok(()) };
//!     tokio::select! { done = up => done, done = down => done }
//! }
//! ```

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "a test may start its time anywhere"))]

mod answer;
pub mod api;
mod desk;
mod downlink;
mod dtls;
mod events;
pub mod framing;
mod gcm;
mod history;
mod ice;
mod media;
mod missing;
mod outgoing;
mod pace;
mod participant;
mod path;
mod quality;
pub mod relay;
mod replay;
mod room;
mod rtcp;
mod rtp;
mod sdp;
mod seats;
mod shard;
mod shedding;
#[cfg(test)]
mod sim;
mod slots;
mod speakers;
mod srtp;
mod stun;
#[cfg(test)]
mod testing;
mod timers;
mod tunnel;
pub mod turn;
mod udp;
mod webrtc;

pub use events::EventReceiver;
pub use media::Media;
pub use shard::Stats;
pub use tunnel::{TUNNEL_BUFFER, Tunnel, TunnelClosed};

/// What reads and rewrites bytes from the network, open to the fuzzer alone.
#[cfg(fuzzing)]
pub mod parsers;
