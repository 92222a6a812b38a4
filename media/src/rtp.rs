//! RTP headers (RFC 3550 5.1) and one- and two-byte header extensions (RFC 8285): reads them, and writes the
//! one shape of header that the relay sends. Owns no state; never looks into a payload.

/// A header without CSRCs and extensions.
pub const FIXED: usize = 12;
/// Header with one CSRC: what the relay sends without extensions.
const WITH_CSRC: usize = FIXED + 4;
/// The audio level as the one extension.
const EXTENSION: usize = 8;
const ONE_BYTE: u16 = 0xBEDE;
const TWO_BYTE: u16 = 0x1000;

/// What the relay reads of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// The payload is followed by padding, which stays part of `payload` here.
    pub padding: bool,
    /// The audio level byte (RFC 6464): voice activity and −dBov.
    pub level: Option<u8>,
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a decrypted packet. `level_id` is the id negotiated for the audio level.
    pub fn parse(bytes: &'a [u8], level_id: Option<u8>) -> Option<Packet<'a>> {
        let fixed: &[u8; FIXED] = bytes.get(..FIXED)?.try_into().ok()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut payload_at = FIXED + 4 * usize::from(fixed[0] & 0x0f);
        let mut level = None;
        if fixed[0] & 0x10 != 0 {
            let header = bytes.get(payload_at..payload_at + 4)?;
            let profile = u16::from_be_bytes([header[0], header[1]]);
            let length = 4 * usize::from(u16::from_be_bytes([header[2], header[3]]));
            let extensions = bytes.get(payload_at + 4..payload_at + 4 + length)?;
            level = level_id
                .and_then(|id| find_extension(profile, extensions, id))
                .and_then(|value| value.first())
                .copied();
            payload_at += 4 + length;
        }
        Some(Packet {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            padding: fixed[0] & 0x20 != 0,
            level,
            payload: bytes.get(payload_at..)?,
        })
    }
}

/// The SSRC of a packet whose header is not encrypted but not yet authenticated either.
pub fn ssrc(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(8..FIXED)?.try_into().ok()?))
}

/// The sequence number of such a packet.
pub fn sequence(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))
}

/// How long the header of such a packet is, CSRCs and extensions included; `None` for what is no RTP or is cut.
pub fn header_length(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    let mut length = FIXED + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let words: [u8; 2] = bytes.get(length + 2..length + 4)?.try_into().ok()?;
        length += 4 + 4 * usize::from(u16::from_be_bytes(words));
    }
    (first >> 6 == 2 && length <= bytes.len()).then_some(length)
}

fn find_extension(profile: u16, mut rest: &[u8], wanted: u8) -> Option<&[u8]> {
    let two_byte = profile & 0xfff0 == TWO_BYTE;
    if profile != ONE_BYTE && !two_byte {
        return None;
    }
    loop {
        let (&first, tail) = rest.split_first()?;
        if first == 0 {
            rest = tail;
            continue;
        }
        let (id, length, tail) = if two_byte {
            let (&length, tail) = tail.split_first()?;
            (first, usize::from(length), tail)
        } else if first >> 4 == 15 {
            return None;
        } else {
            (first >> 4, usize::from(first & 0x0f) + 1, tail)
        };
        let value = tail.get(..length)?;
        if id == wanted {
            return Some(value);
        }
        rest = &tail[length..];
    }
}

/// The header of a packet that the relay sends: one CSRC, which names the participant, and at most the audio
/// level as extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub marker: bool,
    pub padding: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub csrc: u32,
    /// Extension id (1–14 one byte, up to 255 two bytes) and value of the audio level.
    pub level: Option<(u8, u8)>,
}

impl Header {
    /// Appends header and payload to `out`.
    pub fn append(&self, payload: &[u8], out: &mut Vec<u8>) {
        let extension = if self.level.is_some() { 0x10 } else { 0 };
        let padding = if self.padding { 0x20 } else { 0 };
        let mut bytes = [0; WITH_CSRC + EXTENSION];
        bytes[0] = 0x80 | padding | extension | 1;
        bytes[1] = if self.marker { 0x80 } else { 0 } | (self.payload_type & 0x7f);
        bytes[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.csrc.to_be_bytes());
        bytes[WITH_CSRC..].copy_from_slice(&match self.level {
            Some((id @ 1..=14, value)) => [0xBE, 0xDE, 0, 1, id << 4, value, 0, 0],
            Some((id, value)) => [0x10, 0, 0, 1, id, 1, value, 0],
            None => [0; EXTENSION],
        });
        out.extend_from_slice(&bytes[..self.length()]);
        out.extend_from_slice(payload);
    }

    /// Bytes that [`Header::append`] puts before the payload.
    pub fn length(&self) -> usize {
        WITH_CSRC + if self.level.is_some() { EXTENSION } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            marker: bool, payload_type in 0u8..128, sequence: u16, timestamp: u32, ssrc: u32, csrc: u32,
            level in prop::option::of((1u8..=255, any::<u8>())), payload in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let header = Header { marker, padding: false, payload_type, sequence, timestamp, ssrc, csrc, level };
            let mut out = Vec::new();
            header.append(&payload, &mut out);
            prop_assert_eq!(out.len(), header.length() + payload.len());
            prop_assert_eq!(header_length(&out), Some(header.length()));
            prop_assert_eq!((super::ssrc(&out), super::sequence(&out)), (Some(ssrc), Some(sequence)));
            let packet = Packet::parse(&out, level.map(|(id, _)| id)).unwrap();
            prop_assert_eq!(packet, Packet {
                marker, payload_type, sequence, timestamp, ssrc, padding: false,
                level: level.map(|(_, value)| value), payload: &payload,
            });
            let mut buffer = &out[..];
            let other = <rtc::rtp::Header as rtc::shared::marshal::Unmarshal>::unmarshal(&mut buffer).unwrap();
            prop_assert_eq!(&other.csrc, &vec![csrc]);
            prop_assert_eq!(rtc::shared::marshal::MarshalSize::marshal_size(&other), header.length());
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200), id in prop::option::of(any::<u8>())) {
            let packet = Packet::parse(&bytes, id);
            prop_assert_eq!(packet.map(|packet| bytes.len() - packet.payload.len()), header_length(&bytes).filter(|_| bytes.len() >= FIXED));
        }
    }

    #[test]
    fn the_level_is_found_among_others() {
        let one_byte =
            [0x90, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 2, 0x22, 9, 9, 9, 0, 0x10, 0x85, 0, 42];
        let packet = Packet::parse(&one_byte, Some(1)).unwrap();
        assert_eq!((packet.level, packet.payload), (Some(0x85), &[42][..]));
        assert_eq!(Packet::parse(&one_byte, Some(3)).unwrap().level, None);
        let two_byte =
            [0x90, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0, 0, 2, 20, 1, 9, 0, 16, 1, 0x85, 0, 42];
        assert_eq!(Packet::parse(&two_byte, Some(16)).unwrap().level, Some(0x85));
    }
}
