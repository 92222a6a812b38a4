//! The datagrams that wait to be sent: one arena, reused from batch to batch, so that a forwarded packet
//! costs no allocation. Owns bytes and the paths they take; knows neither sockets nor what the bytes mean.

use std::ops::Range;

use crate::path::Path;

/// A queue of datagrams in the order in which they must leave.
#[derive(Debug, Default)]
pub struct Outgoing {
    bytes: Vec<u8>,
    datagrams: Vec<(Path, Range<usize>)>,
}

impl Outgoing {
    /// How many datagrams wait.
    pub fn len(&self) -> usize {
        self.datagrams.len()
    }

    pub fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// All waiting datagrams, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (Path, &[u8])> {
        self.datagrams.iter().map(|(path, range)| (*path, &self.bytes[range.clone()]))
    }

    /// Forgets all datagrams and keeps their memory for the next ones.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
    }

    /// Queues what `write` appends to the arena as one datagram; nothing if it says false.
    pub fn write(&mut self, path: Path, write: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        let start = self.bytes.len();
        let whole = write(&mut self.bytes);
        if whole {
            self.datagrams.push((path, start..self.bytes.len()));
        } else {
            self.bytes.truncate(start);
        }
        whole
    }

    /// The datagram that was queued last.
    pub fn last(&self) -> Option<&[u8]> {
        self.datagrams.last().map(|(_, range)| &self.bytes[range.clone()])
    }

    /// Queues one datagram.
    pub fn push(&mut self, path: Path, bytes: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.datagrams.push((path, start..self.bytes.len()));
    }
}
