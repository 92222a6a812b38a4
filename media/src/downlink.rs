//! One m-line on which the relay sends to a browser: what its packets look like there, how many went out, and how they
//! arrived by the browser's reports. Owns no key and no path; knows neither the room nor who speaks.

use std::time::{Duration, Instant};

use crate::answer;
use crate::quality::Sending;
use crate::rtcp::Block;
use crate::rtp;
use crate::slots::{Slot, Source};

/// A report older than this tells nothing of now. Chromium reports on audio every 2.5 to 7.5 s.
const CURRENT: Duration = Duration::from_secs(10);
/// Fewer packets make no share of losses that could be relied on: two tenths of a second.
const ENOUGH: u32 = 10;

/// What the browser last said of how a slot arrives.
#[derive(Clone, Copy, Debug)]
struct Reported {
    /// Share lost, in 256ths, and of how many packets.
    lost: u8,
    packets: u32,
    at: Instant,
    /// Not yet taken by [`Downlink::take_report`].
    fresh: bool,
}

/// A report for the policy that sheds slots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Share lost.
    pub lost: f32,
    pub fresh: bool,
}

/// A slot, as its browser wants it.
#[derive(Debug)]
pub struct Downlink {
    pub slot: Slot,
    pub sending: Sending,
    /// The browser may ask for packets again.
    pub repeats: bool,
    payload_type: u8,
    level: Option<u8>,
    reported: Option<Reported>,
}

impl Downlink {
    /// A slot on the m-line that was negotiated for it.
    pub fn new(slot: Slot, line: &answer::Downlink) -> Downlink {
        Downlink {
            slot,
            sending: Sending::default(),
            repeats: line.nack,
            payload_type: line.payload_type,
            level: line.level,
            reported: None,
        }
    }

    /// The header of a packet of `source` here, and its rollover counter; `None` for one that must not go out.
    pub fn header(
        &mut self,
        now: Instant,
        source: Source,
        csrc: u32,
        packet: &rtp::Packet<'_>,
    ) -> Option<(rtp::Header, u32)> {
        let numbers = self.slot.number(now, source, packet.sequence, packet.timestamp)?;
        if numbers.fresh {
            // What was reported is about another one's voice.
            self.reported = None;
        }
        let header = rtp::Header {
            marker: packet.marker || numbers.fresh,
            padding: packet.padding,
            payload_type: self.payload_type,
            sequence: numbers.sequence,
            timestamp: numbers.timestamp,
            ssrc: self.slot.ssrc,
            csrc,
            level: self.level.zip(packet.level),
        };
        Some((header, numbers.roc))
    }

    /// The browser reported on this slot.
    pub fn report(&mut self, now: Instant, block: &Block) {
        let packets = self.sending.report(block);
        if packets > 0 {
            self.reported = Some(Reported { lost: block.fraction, packets, at: now, fresh: true });
        }
    }

    /// The share lost, in 256ths, if the browser said so lately.
    pub fn loss(&self, now: Instant) -> Option<u8> {
        self.current(now).map(|reported| reported.lost)
    }

    /// How the slot arrives, if the browser said so lately and of enough packets; each report is fresh once.
    pub fn take_report(&mut self, now: Instant) -> Option<Arrival> {
        let reported = self.current(now).filter(|reported| reported.packets >= ENOUGH)?;
        self.reported = Some(Reported { fresh: false, ..reported });
        Some(Arrival { lost: f32::from(reported.lost) / 256.0, fresh: reported.fresh })
    }

    fn current(&self, now: Instant) -> Option<Reported> {
        self.reported.filter(|reported| now.saturating_duration_since(reported.at) < CURRENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_fresh_once_and_current_for_a_while() {
        let start = Instant::now();
        let line = answer::Downlink { mid: "1".to_owned(), payload_type: 111, level: Some(1), nack: true };
        let mut slot = Downlink::new(Slot::new(start, 7, 1, 1), &line);
        assert_eq!((slot.loss(start), slot.take_report(start)), (None, None));
        let source = Source { epoch: 1, ssrc: 9 };
        let packet = rtp::Packet {
            marker: false,
            payload_type: 96,
            sequence: 5,
            timestamp: 5,
            ssrc: 9,
            padding: false,
            level: Some(0x85),
            payload: &[],
        };
        let (header, _) = slot.header(start, source, 3, &packet).unwrap();
        assert_eq!((header.marker, header.payload_type, header.level), (true, 111, Some((1, 0x85))));
        slot.report(start, &Block { highest: 100, ..Block::default() });
        slot.report(start, &Block { highest: 200, fraction: 64, ..Block::default() });
        assert_eq!(slot.take_report(start), Some(Arrival { lost: 0.25, fresh: true }));
        assert_eq!(slot.take_report(start), Some(Arrival { lost: 0.25, fresh: false }));
        assert_eq!(slot.loss(start + CURRENT), None);
        slot.report(start, &Block { highest: 205, fraction: 64, ..Block::default() });
        assert_eq!((slot.loss(start), slot.take_report(start)), (Some(64), None), "too few packets");
        slot.header(start, Source { epoch: 2, ssrc: 9 }, 3, &packet).unwrap();
        assert_eq!(slot.loss(start), None, "another one speaks here now");
    }
}
