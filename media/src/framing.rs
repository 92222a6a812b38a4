//! Frames in a byte stream: RFC 4571, as ICE-TCP (RFC 6544) carries datagrams, with two length bytes before each; and
//! TURN's (RFC 8656 12.5), where each STUN message or ChannelData tells its own length. Owns the unfinished tail of
//! one stream; knows nothing of what the frames hold.

use thiserror::Error;

/// Bytes before each datagram of RFC 4571: its length, big endian.
pub const HEADER: usize = 2;
/// Bytes before the data of a ChannelData message: its channel and its length.
pub const CHANNEL_HEADER: usize = 4;
const STUN_HEADER: usize = 20;

/// The stream is not one that we serve.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    #[error("a frame is longer than {limit} bytes")]
    TooLong { limit: usize },
    #[error("neither a STUN message nor ChannelData")]
    Foreign,
}

/// How a stream is cut into frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Rfc4571,
    Turn,
}

/// One frame by its first bytes: what of it is yielded, and where the next one starts.
struct Measure {
    skip: usize,
    length: usize,
    next: usize,
}

impl Framing {
    /// `None` while too little has come to tell.
    fn measure(self, bytes: &[u8]) -> Result<Option<Measure>, FrameError> {
        match (self, bytes) {
            (Framing::Rfc4571, [high, low, ..]) => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                Ok(Some(Measure { skip: HEADER, length, next: HEADER + length }))
            }
            (Framing::Turn, [0..=0x3F, _, high, low, ..]) => {
                let length = STUN_HEADER + usize::from(u16::from_be_bytes([*high, *low]));
                Ok(Some(Measure { skip: 0, length, next: length }))
            }
            (Framing::Turn, [0x40..=0x7F, _, high, low, ..]) => {
                let length = CHANNEL_HEADER + usize::from(u16::from_be_bytes([*high, *low]));
                Ok(Some(Measure { skip: 0, length, next: length.next_multiple_of(4) }))
            }
            (Framing::Turn, [0x80..=0xFF, ..]) => Err(FrameError::Foreign),
            (Framing::Rfc4571 | Framing::Turn, _) => Ok(None),
        }
    }
}

/// Finds datagrams in a byte stream that comes in arbitrary pieces. Holds at most one frame and one piece.
#[derive(Debug)]
pub struct Decoder {
    framing: Framing,
    buffer: Vec<u8>,
    start: usize,
    limit: usize,
}

impl Decoder {
    /// A decoder of RFC 4571 that refuses frames longer than `limit` bytes.
    pub fn new(limit: usize) -> Decoder {
        Decoder { framing: Framing::Rfc4571, buffer: Vec::new(), start: 0, limit }
    }

    /// A decoder of TURN. Its frames keep their headers; the padding of ChannelData is taken off.
    pub fn turn(limit: usize) -> Decoder {
        Decoder { framing: Framing::Turn, ..Decoder::new(limit) }
    }

    /// Appends what was read from the stream. Call [`Decoder::next_frame`] until it gives `None` before pushing more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole datagram, if it has come. Empty frames are skipped (they are keepalives).
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, FrameError> {
        loop {
            let Some(frame) = self.framing.measure(&self.buffer[self.start..])? else { return Ok(None) };
            if frame.length > self.limit {
                return Err(FrameError::TooLong { limit: self.limit });
            }
            if self.buffer.len() < self.start + frame.next {
                return Ok(None);
            }
            let body = self.start + frame.skip;
            self.start += frame.next;
            if frame.length > 0 {
                return Ok(Some(&self.buffer[body..body + frame.length]));
            }
        }
    }
}

/// Appends `data` as one ChannelData message to `stream`, padded as TCP wants it. Returns false, and appends nothing,
/// when it is longer than one can be.
pub fn encode_channel(channel: u16, data: &[u8], stream: &mut Vec<u8>) -> bool {
    let Ok(length) = u16::try_from(data.len()) else { return false };
    let whole = stream.len() + CHANNEL_HEADER + data.len().next_multiple_of(4);
    stream.extend_from_slice(&channel.to_be_bytes());
    stream.extend_from_slice(&length.to_be_bytes());
    stream.extend_from_slice(data);
    stream.resize(whole, 0);
    true
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

    /// The frames of a stream that comes in pieces of these lengths.
    fn frames(mut decoder: Decoder, mut rest: &[u8], cuts: &[usize]) -> Result<Vec<Vec<u8>>, FrameError> {
        let mut found = Vec::new();
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() {
            let cut = (*cuts.next().unwrap()).min(rest.len());
            decoder.push(&rest[..cut]);
            rest = &rest[cut..];
            while let Some(frame) = decoder.next_frame()? {
                found.push(frame.to_vec());
            }
        }
        Ok(found)
    }

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
            prop_assert_eq!(frames(Decoder::new(1500), &stream, &cuts), Ok(datagrams));
        }

        #[test]
        fn channel_data_and_messages_survive_any_fragmentation(
            datagrams in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), any::<bool>()), 0..20),
            cuts in prop::collection::vec(1usize..30, 1..50),
        ) {
            let (mut stream, mut expected) = (Vec::new(), Vec::new());
            for (data, is_message) in &datagrams {
                let start = stream.len();
                if *is_message {
                    let mut message = Vec::new();
                    crate::stun::begin(0x0016, &[7; 12], &mut message);
                    crate::stun::put_attribute(0x0013, data, &mut message);
                    crate::stun::finish(&mut message);
                    stream.extend_from_slice(&message);
                } else {
                    prop_assert!(encode_channel(0x4001, data, &mut stream));
                }
                let padding = if *is_message { 0 } else { data.len().next_multiple_of(4) - data.len() };
                expected.push(stream[start..stream.len() - padding].to_vec());
            }
            prop_assert_eq!(frames(Decoder::turn(1500), &stream, &cuts), Ok(expected));
        }

        #[test]
        fn any_bytes_are_taken_as_turn(
            stream in prop::collection::vec(any::<u8>(), 0..200),
            cuts in prop::collection::vec(1usize..30, 1..50),
        ) {
            let _ = frames(Decoder::turn(100), &stream, &cuts);
        }
    }

    #[test]
    fn what_is_neither_stun_nor_channel_data_is_foreign() {
        let mut decoder = Decoder::turn(1500);
        decoder.push(&[0x80]);
        assert_eq!(decoder.next_frame(), Err(FrameError::Foreign));
    }

    #[test]
    fn a_long_frame_is_refused_before_its_body_comes() {
        let mut decoder = Decoder::new(1500);
        decoder.push(&[0xff, 0xff]);
        assert_eq!(decoder.next_frame(), Err(FrameError::TooLong { limit: 1500 }));
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
