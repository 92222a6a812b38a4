//! RTCP (RFC 3550 section 6): writes sender and receiver reports and negative acknowledgements (RFC 4585), reads them
//! out of compound packets. Owns no state; what the numbers mean stands in `quality`.

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
/// Transport layer feedback (RFC 4585 6.2); its format 1 is the generic NACK.
const FEEDBACK: u8 = 205;
const NACK: usize = 1;
const BLOCK: usize = 24;
/// Header, SSRC and sender information of a sender report.
const SENDER_INFO: usize = 28;

/// A report block: how one stream is received (RFC 3550 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The stream reported on.
    pub ssrc: u32,
    /// Share lost since the last report, in 256ths.
    pub fraction: u8,
    /// Packets lost since the beginning; 24 bits signed on the wire.
    pub lost: i32,
    /// Extended highest sequence number received.
    pub highest: u32,
    /// Interarrival jitter, timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report; 0 for none.
    pub last_sr: u32,
    /// Since that came, 1/65536 s.
    pub delay: u32,
}

/// What a sender says of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderInfo {
    pub ssrc: u32,
    /// NTP time, 32.32 fixed point.
    pub ntp: u64,
    /// The same moment on the stream's clock.
    pub timestamp: u32,
    pub packets: u32,
    pub octets: u32,
}

/// What the relay reads of a compound packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Who sent a report and when, by his own clock.
    Sender {
        ssrc: u32,
        ntp: u64,
    },
    Block(Block),
    /// Packets of `ssrc` are asked for again: `first`, and those behind it whose bits are set (see [`wanted`]).
    Nack {
        ssrc: u32,
        first: u16,
        following: u16,
    },
}

/// The sequence numbers of a NACK.
pub fn wanted(first: u16, following: u16) -> impl Iterator<Item = u16> {
    let bits = (0..16).filter(move |bit| following >> bit & 1 == 1);
    std::iter::once(first).chain(bits.map(move |bit| first.wrapping_add(bit + 1)))
}

/// Appends a NACK of `ssrc` for packets of `media`, whose numbers rise.
pub fn write_nack(ssrc: u32, media: u32, sequences: &[u16], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0x80 | NACK as u8, FEEDBACK, 0, 0]);
    out.extend_from_slice(&ssrc.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
    let mut rest = sequences.iter().copied().peekable();
    while let Some(first) = rest.next() {
        let mut following = 0u16;
        while let Some(behind) = rest
            .next_if(|next| (1..=16).contains(&next.wrapping_sub(first)))
            .map(|next| next.wrapping_sub(first))
        {
            following |= 1 << (behind - 1);
        }
        out.extend_from_slice(&first.to_be_bytes());
        out.extend_from_slice(&following.to_be_bytes());
    }
    let words = ((out.len() - start) / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

/// Appends a receiver report of `ssrc` with at most one block.
pub fn write_receiver_report(ssrc: u32, block: Option<&Block>, out: &mut Vec<u8>) {
    let words = 1 + if block.is_some() { (BLOCK / 4) as u16 } else { 0 };
    out.extend_from_slice(&[0x80 | u8::from(block.is_some()), RECEIVER_REPORT]);
    out.extend_from_slice(&words.to_be_bytes());
    out.extend_from_slice(&ssrc.to_be_bytes());
    if let Some(block) = block {
        write_block(block, out);
    }
}

/// Appends a sender report without blocks.
pub fn write_sender_report(info: &SenderInfo, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0x80, SENDER_REPORT, 0, (SENDER_INFO / 4 - 1) as u8]);
    out.extend_from_slice(&info.ssrc.to_be_bytes());
    out.extend_from_slice(&info.ntp.to_be_bytes());
    for word in [info.timestamp, info.packets, info.octets] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

fn write_block(block: &Block, out: &mut Vec<u8>) {
    let lost = block.lost.clamp(-0x80_0000, 0x7f_ffff).to_be_bytes();
    out.extend_from_slice(&block.ssrc.to_be_bytes());
    out.extend_from_slice(&[block.fraction, lost[1], lost[2], lost[3]]);
    for word in [block.highest, block.jitter, block.last_sr, block.delay] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// Gives `take` every report in a compound packet; other packet types are skipped. False when it is malformed;
/// what stood before the fault has been given.
pub fn read(mut compound: &[u8], mut take: impl FnMut(Item)) -> bool {
    while !compound.is_empty() {
        let Some((kind, count, body, rest)) = split_packet(compound) else { return false };
        let blocks = match kind {
            SENDER_REPORT => {
                let (Some(ssrc), Some(ntp)) = (word(body, 0), body.get(4..12)) else { return false };
                let ntp = ntp.iter().fold(0, |ntp, byte| ntp << 8 | u64::from(*byte));
                take(Item::Sender { ssrc, ntp });
                body.get(SENDER_INFO - 4..)
            }
            RECEIVER_REPORT => body.get(4..),
            FEEDBACK if count == NACK => {
                let Some(ssrc) = word(body, 4) else { return false };
                for pair in body[8..].chunks_exact(4) {
                    let [first, following] = [[pair[0], pair[1]], [pair[2], pair[3]]].map(u16::from_be_bytes);
                    take(Item::Nack { ssrc, first, following });
                }
                compound = rest;
                continue;
            }
            _ => {
                compound = rest;
                continue;
            }
        };
        let Some(blocks) = blocks.filter(|blocks| blocks.len() >= count * BLOCK) else { return false };
        for block in blocks.chunks_exact(BLOCK).take(count).filter_map(read_block) {
            take(Item::Block(block));
        }
        compound = rest;
    }
    true
}

/// Type, count, body behind the common header, and what follows the packet.
fn split_packet(bytes: &[u8]) -> Option<(u8, usize, &[u8], &[u8])> {
    let header = bytes.get(..4)?;
    if header[0] >> 6 != 2 {
        return None;
    }
    let length = 4 * usize::from(u16::from_be_bytes([header[2], header[3]]));
    let body = bytes.get(4..4 + length)?;
    Some((header[1], usize::from(header[0] & 0x1f), body, &bytes[4 + length..]))
}

fn read_block(bytes: &[u8]) -> Option<Block> {
    let loss = word(bytes, 4)?;
    Some(Block {
        ssrc: word(bytes, 0)?,
        fraction: (loss >> 24) as u8,
        // The shifts extend the sign of the lower 24 bits.
        lost: (loss << 8) as i32 >> 8,
        highest: word(bytes, 8)?,
        jitter: word(bytes, 12)?,
        last_sr: word(bytes, 16)?,
        delay: word(bytes, 20)?,
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc::rtcp::receiver_report::ReceiverReport;
    use rtc::rtcp::sender_report::SenderReport;
    use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;

    use super::*;

    const BLOCK_OF_TEST: Block = Block {
        ssrc: 1,
        fraction: 25,
        lost: -3,
        highest: 70_000,
        jitter: 48,
        last_sr: 0xabcd_0123,
        delay: 65_536,
    };
    const INFO: SenderInfo =
        SenderInfo { ssrc: 9, ntp: 0x1122_3344_5566_7788, timestamp: 77, packets: 5, octets: 500 };

    #[test]
    fn what_is_written_is_read() {
        let mut out = Vec::new();
        write_receiver_report(8, Some(&BLOCK_OF_TEST), &mut out);
        write_sender_report(&INFO, &mut out);
        let mut items = Vec::new();
        assert!(read(&out, |item| items.push(item)));
        assert_eq!(items, [Item::Block(BLOCK_OF_TEST), Item::Sender { ssrc: 9, ntp: INFO.ntp }]);
    }

    #[test]
    fn another_library_reads_the_same() {
        let mut out = Vec::new();
        write_receiver_report(8, Some(&Block { lost: 3, ..BLOCK_OF_TEST }), &mut out);
        write_sender_report(&INFO, &mut out);
        let packets = rtc::rtcp::packet::unmarshal(&mut &out[..]).unwrap();
        let receiver = packets[0].as_any().downcast_ref::<ReceiverReport>().unwrap();
        assert_eq!((receiver.ssrc, receiver.reports[0].total_lost, receiver.reports[0].jitter), (8, 3, 48));
        let sender = packets[1].as_any().downcast_ref::<SenderReport>().unwrap();
        assert_eq!(
            (sender.ssrc, sender.ntp_time, sender.packet_count, sender.octet_count),
            (9, INFO.ntp, 5, 500)
        );
    }

    #[test]
    fn other_types_are_skipped() {
        let mut out = vec![0x81, 203, 0, 1, 0, 0, 0, 1];
        write_receiver_report(8, Some(&BLOCK_OF_TEST), &mut out);
        let mut items = Vec::new();
        assert!(read(&out, |item| items.push(item)));
        assert_eq!(items.len(), 1);
    }

    #[test]
    fn a_count_beyond_the_packet_is_malformed() {
        let mut out = Vec::new();
        write_receiver_report(8, Some(&BLOCK_OF_TEST), &mut out);
        out[0] = 0x82;
        assert!(!read(&out, |_| {}));
    }

    proptest! {
        #[test]
        fn what_is_asked_for_is_read(first: u16, gaps in prop::collection::vec(1u16..40, 0..40)) {
            let sequences: Vec<u16> = std::iter::once(first)
                .chain(gaps.iter().scan(first, |at, gap| { *at = at.wrapping_add(*gap); Some(*at) }))
                .collect();
            let mut out = vec![7; 4];
            write_nack(8, 9, &sequences, &mut out);
            let mut found = Vec::new();
            let complete = read(&out[4..], |item| match item {
                Item::Nack { ssrc: 9, first, following } => found.extend(wanted(first, following)),
                other => panic!("{other:?}"),
            });
            prop_assert!(complete);
            prop_assert_eq!(&found, &sequences);
            let packets = rtc::rtcp::packet::unmarshal(&mut &out[4..]).unwrap();
            let nack = packets[0].as_any().downcast_ref::<TransportLayerNack>().unwrap();
            prop_assert_eq!((nack.sender_ssrc, nack.media_ssrc), (8, 9));
            let other: Vec<u16> = nack.nacks.iter().flat_map(|pair| pair.packet_list()).collect();
            prop_assert_eq!(other, sequences);
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes, |_| {});
        }
    }
}
