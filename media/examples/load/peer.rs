//! What the load asks of a client, whichever stack it is made of. No sockets here.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Instant;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One peer connection of one simulated browser.
pub trait Peer {
    /// The offer: one line on which it sends, and one per slot.
    fn offer(&mut self) -> Result<String>;
    /// Takes the relay's answer; says where the relay is.
    fn answer(&mut self, now: Instant, sdp: &str) -> Result<SocketAddr>;
    /// Whether audio can flow.
    fn connected(&self) -> bool;
    /// Takes a datagram from the relay; gives the payload of every audio packet in it to `heard`.
    fn handle(&mut self, now: Instant, datagram: &[u8], heard: &mut dyn FnMut(&[u8]));
    /// When [`Peer::handle_timeout`] should be called next.
    fn poll_timeout(&self) -> Option<Instant>;
    /// Does what is due.
    fn handle_timeout(&mut self, now: Instant);
    /// Says 20 ms of audio.
    fn speak(&mut self, now: Instant, payload: &[u8]) -> Result<()>;
    /// The next datagram to send to the relay.
    fn poll_transmit(&mut self) -> Option<Vec<u8>>;
}
