//! The one port, bound: TCP for everything, and UDP of the same number for the relay. Knows addresses, and nothing of what
//! comes through.

use std::io;
use std::net::SocketAddr;

use charla_media::{EventReceiver, Media};
use thiserror::Error;
use tokio::net::TcpListener;

use super::addresses::{self, Machine, MediaAddresses};
use crate::config::{Config, Srtp};
use crate::port::listen::{self, BindError};

/// People heard at once in a call.
const SLOTS: usize = 8;
/// A port that the system chose for TCP may be taken for UDP.
const TRIES: u32 = 20;

/// Why the port cannot be had. The sentence says what to do.
#[derive(Debug, Error)]
pub enum BindingError {
    #[error(transparent)]
    Tcp(#[from] BindError),
    #[error("media needs UDP port {port}, which cannot be had: {source}")]
    Media { port: u16, source: io::Error },
}

/// The port, and the relay that has its UDP half.
pub struct Bound {
    pub listeners: Vec<TcpListener>,
    /// TCP, as bound.
    pub addresses: Vec<SocketAddr>,
    pub media: Media,
    pub media_events: EventReceiver,
}

/// Binds TCP and, on the same number, UDP. A port that the system chose may be taken on UDP: then another one.
///
/// # Errors
/// What kept a port that was asked for from being bound.
pub fn bind(config: &Config, machine: &Machine) -> Result<Bound, BindingError> {
    let mut tries = 0;
    loop {
        let listeners = listen::bind(&config.server.listen)?;
        let bound = listeners.iter().filter_map(|l| l.local_addr().ok()).collect::<Vec<_>>();
        match Media::start(relay(config, machine, &bound)) {
            Ok((media, media_events)) => {
                return Ok(Bound { listeners, addresses: bound, media, media_events });
            }
            Err(e) if e.kind() == io::ErrorKind::AddrInUse && config.port() == 0 && tries < TRIES => {
                tries += 1;
            }
            Err(source) => {
                let port = bound.first().map_or(0, SocketAddr::port);
                return Err(BindingError::Media { port, source });
            }
        }
    }
}

/// What the relay is told when TCP has these addresses.
fn relay(config: &Config, machine: &Machine, bound: &[SocketAddr]) -> charla_media::api::Config {
    let MediaAddresses { bind, announce } =
        addresses::media_addresses(bound, machine, &config.media.public_ip);
    let usable = listen::usable_for_udp(&bind);
    let announce =
        announce.into_iter().filter(|a| usable.contains(a) || !bind.contains(a)).collect::<Vec<_>>();
    let announce = addresses::with_port(announce, config.server.public_port);
    charla_media::api::Config {
        udp: usable,
        announce_udp: announce.clone(),
        announce_tcp: announce,
        max_slots: SLOTS,
        max_transports: config.media.max_transports,
        max_handshakes: config.media.max_handshakes,
        srtp_any: config.media.srtp == Srtp::Any,
        tcp_only: false,
        gather: charla_media::api::Config::GATHER,
    }
}
