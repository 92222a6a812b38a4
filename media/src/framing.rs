//! RFC 4571 framing, as ICE-TCP (RFC 6544) carries datagrams over a byte stream: two length bytes, then the
//! datagram. Owns the unfinished tail of one stream; knows nothing of what the frames hold.

use thiserror::Error;

/// Bytes before each datagram: its length, big endian.
pub const HEADER: usize = 2;

/// The stream is not one that we serve.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a frame is longer than {limit} bytes")]
pub struct FrameTooLong {
    pub limit: usize,
}

/// Finds datagrams in a byte stream that comes in arbitrary pieces. Holds at most one frame and one piece.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
    limit: usize,
}

impl Decoder {
    /// A decoder that refuses frames longer than `limit` bytes.
    pub fn new(limit: usize) -> Decoder {
        Decoder { buffer: Vec::new(), start: 0, limit }
    }

    /// Appends what was read from the stream. Call [`Decoder::next_frame`] until it gives `None` before pushing more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole datagram, if it has come. Empty frames are skipped (they are keepalives).
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, FrameTooLong> {
        loop {
            let Some(&[high, low]) = self.buffer.get(self.start..self.start + HEADER) else {
                return Ok(None);
            };
            let length = usize::from(u16::from_be_bytes([high, low]));
            if length > self.limit {
                return Err(FrameTooLong { limit: self.limit });
            }
            let body = self.start + HEADER;
            if self.buffer.len() < body + length {
                return Ok(None);
            }
            self.start = body + length;
            if length > 0 {
                return Ok(Some(&self.buffer[body..body + length]));
            }
        }
    }
}

/// Appends `datagram` as one frame to `stream`. Returns false, and appends nothing, when it is longer than a frame can be.
pub fn encode(datagram: &[u8], stream: &mut Vec<u8>) -> bool {
    let Ok(length) = u16::try_from(datagram.len()) else { return false };
    stream.extend_from_slice(&length.to_be_bytes());
    stream.extend_from_slice(datagram);
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn frames_survive_any_fragmentation(
            datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..20),
            cuts in prop::collection::vec(1usize..30, 1..50),
        ) {
            let mut stream = Vec::new();
            for datagram in &datagrams {
                prop_assert!(encode(datagram, &mut stream));
            }
            let mut decoder = Decoder::new(1500);
            let mut found = Vec::new();
            let mut rest = &stream[..];
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let cut = (*cuts.next().unwrap()).min(rest.len());
                decoder.push(&rest[..cut]);
                rest = &rest[cut..];
                while let Some(frame) = decoder.next_frame().unwrap() {
                    found.push(frame.to_vec());
                }
            }
            prop_assert_eq!(found, datagrams);
        }
    }

    #[test]
    fn a_long_frame_is_refused_before_its_body_comes() {
        let mut decoder = Decoder::new(1500);
        decoder.push(&[0xff, 0xff]);
        assert_eq!(decoder.next_frame(), Err(FrameTooLong { limit: 1500 }));
    }

    #[test]
    fn an_empty_frame_is_skipped() {
        let mut decoder = Decoder::new(1500);
        decoder.push(&[0, 0, 0, 1, 7, 0]);
        assert_eq!(decoder.next_frame(), Ok(Some(&[7][..])));
        assert_eq!(decoder.next_frame(), Ok(None));
    }

    #[test]
    fn what_cannot_be_framed_is_refused() {
        let mut stream = Vec::new();
        assert!(!encode(&vec![0; 65_536], &mut stream));
        assert!(stream.is_empty());
    }
}
