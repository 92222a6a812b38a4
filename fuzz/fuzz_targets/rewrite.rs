//! What a participant sends, decrypted and written anew for a receiver: whatever he makes of his headers, and however
//! the sources of a slot change, the receiver gets well-formed packets with numbers of which none comes twice.
#![no_main]

use std::collections::HashSet;
use std::time::Duration;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use charla_fuzz::START;
use charla_media::parsers::{answer, downlink::Downlink, rtp, slots::{Slot, Source}};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// The first sequence number and timestamp of the slot.
    first: (u16, u32),
    /// The id of the audio level as the speaker and as the listener negotiated it.
    levels: (Option<u8>, Option<u8>),
    steps: Vec<Step<'a>>,
}

#[derive(Arbitrary, Debug)]
struct Step<'a> {
    /// Milliseconds since the step before.
    after: u16,
    epoch: u8,
    /// How far sequence number and timestamp go on from the packet before; `None` leaves them as the bytes say.
    ahead: Option<(i16, i32)>,
    packet: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let line = answer::Downlink {
        mid: "1".to_owned(),
        payload_type: 111,
        // What the parser of SDP lets through.
        level: input.levels.1.filter(|id| *id > 0),
        nack: true,
    };
    let mut now = START.0;
    let mut downlink = Downlink::new(Slot::new(now, 7, input.first.0, input.first.1), &line);
    let (mut seen, mut newest, mut before) = (HashSet::new(), None, (0u16, 0u32));
    for step in &input.steps {
        now += Duration::from_millis(step.after.into());
        let Some(mut packet) = rtp::Packet::parse(step.packet, input.levels.0) else { continue };
        assert_eq!(rtp::header_length(step.packet), Some(step.packet.len() - packet.payload.len()));
        assert_eq!(rtp::ssrc(step.packet), Some(packet.ssrc));
        if let Some((sequence, timestamp)) = step.ahead {
            packet.sequence = before.0.wrapping_add_signed(sequence);
            packet.timestamp = before.1.wrapping_add_signed(timestamp);
        }
        before = (packet.sequence, packet.timestamp);
        let source = Source { epoch: step.epoch.into(), ssrc: packet.ssrc };
        let Some((header, roc)) = downlink.header(now, source, 9, &packet) else { continue };
        assert!(seen.insert((roc, header.sequence)), "sealed twice under one number");
        let extended = i64::from(roc) << 16 | i64::from(header.sequence);
        assert!(newest.is_none_or(|newest| extended <= newest + 1000), "a jump that a receiver takes for a wrap");
        newest = newest.max(Some(extended));

        let mut written = Vec::new();
        header.append(packet.payload, &mut written);
        assert_eq!(written.len(), header.length() + packet.payload.len());
        let read = rtp::Packet::parse(&written, line.level).expect("what the relay writes is RTP");
        assert_eq!((read.sequence, read.timestamp, read.ssrc), (header.sequence, header.timestamp, 7));
        assert_eq!((read.payload_type, read.payload, read.padding), (111, packet.payload, packet.padding));
        assert_eq!(read.level, line.level.and(packet.level));
    }
});
