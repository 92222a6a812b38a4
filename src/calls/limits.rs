//! How long things may take and how many there may be.

use std::time::Duration;

use crate::config;

/// The bounds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a call rings before it is missed.
    pub ring: Duration,
    /// How long media may take to come up after the answer.
    pub connect: Duration,
    /// How long media may be lost before the leg is.
    pub reconnect: Duration,
    /// How long somebody whose page was closed may take to be back (a page reloads in that time).
    pub grace: Duration,
    /// Members of a group whose calls ring; larger ones only announce them.
    pub ring_members: usize,
    /// People in one call at once.
    pub participants: usize,
    /// Devices of one user that may have a transport at once.
    pub devices: usize,
    /// Transports in all.
    pub transports: usize,
}

impl Limits {
    pub fn new(calls: &config::Calls, media: &config::Media) -> Self {
        Self {
            ring: calls.ring(),
            connect: calls.connect(),
            reconnect: calls.reconnect(),
            grace: Duration::from_secs(10),
            ring_members: calls.ring_members,
            participants: calls.max_participants,
            devices: 5,
            transports: media.max_transports,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(&config::Calls::default(), &config::Media::default())
    }
}
