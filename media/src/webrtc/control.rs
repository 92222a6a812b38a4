//! RTCP of one transport: what its browser reports and asks for again, and what it is told and asked.

use std::time::{Duration, Instant};

use super::{Context, Fact, Transport};
use crate::history::History;
use crate::path::Path;
use crate::quality;
use crate::rtcp;

/// What listeners lose counts up to this share, in 256ths: beyond it more FEC spoils the sound for those who lose
/// nothing, and does not save it for those who do.
const BEYOND_MOST: u8 = 64;

impl Transport {
    /// Takes a sealed RTCP packet; false when it is not authentic or malformed.
    pub fn control(&mut self, cx: &mut Context<'_>, path: Path, sealed: &[u8]) -> bool {
        let Context { now, clock, outgoing, scratch } = cx;
        let now = *now;
        if !self.media.as_mut().is_some_and(|media| media.opener.rtcp(sealed, scratch)) {
            return false;
        }
        self.paths.heard(now, path);
        self.heard();
        let middle = quality::middle(clock.ntp(now));
        // What is lost on a byte stream was dropped here because the stream is full: more would fill it more.
        let repeats_to = self.paths.chosen().filter(|path| matches!(path, Path::Udp { .. }));
        rtcp::read(scratch, |item| match item {
            rtcp::Item::Sender { ntp, .. } => self.reception.sender_report(now, ntp),
            rtcp::Item::Block(block) => {
                let Some(line) = self.slots.iter_mut().find(|line| line.slot.ssrc == block.ssrc) else {
                    return;
                };
                line.report(now, &block);
                self.rtt_ms = quality::round_trip_ms(middle, &block).or(self.rtt_ms);
                if line.repeats && block.fraction > 0 {
                    self.history.get_or_insert_with(History::new);
                }
            }
            rtcp::Item::Nack { ssrc, first, following } => {
                let known = |line: &super::Downlink| line.repeats && line.slot.ssrc == ssrc;
                if !self.slots.iter().any(known) {
                    return;
                }
                let history = self.history.get_or_insert_with(History::new);
                for sequence in rtcp::wanted(first, following) {
                    if let (Some(path), Some(sealed)) = (repeats_to, history.again(now, ssrc, sequence)) {
                        outgoing.push(path, sealed);
                    }
                }
            }
        })
    }

    /// One compound packet: how the uplink arrives, and the clock of every slot, used or not. `beyond` is what the
    /// listeners of the browser's participant lose, in 256ths; their reports tell of all losses on the way, the uplink's
    /// too, as a slot's numbers show a gap where the uplink had one. It is folded into the share that the uplink lost:
    /// by that Chromium decides how much FEC it sends. The count of lost packets stays that of the uplink.
    pub(super) fn report(&mut self, cx: &mut Context<'_>, beyond: u8) {
        let (Some(path), Some(media)) = (self.paths.chosen(), &mut self.media) else { return };
        let ntp = cx.clock.ntp(cx.now);
        let mut block = self.reception.block(cx.now);
        if let Some(block) = &mut block {
            block.fraction = block.fraction.max(beyond.min(BEYOND_MOST));
        }
        cx.outgoing.write(path, |out| {
            let start = out.len();
            rtcp::write_receiver_report(self.report_ssrc, block.as_ref(), out);
            for line in &self.slots {
                let info = rtcp::SenderInfo {
                    ssrc: line.slot.ssrc,
                    ntp,
                    timestamp: line.slot.clock(cx.now),
                    packets: line.sending.packets as u32,
                    octets: line.sending.octets as u32,
                };
                rtcp::write_sender_report(&info, out);
            }
            media.sealer.rtcp(out, start)
        });
    }

    /// Asks the browser for packets that did not come.
    pub(super) fn ask(&mut self, cx: &mut Context<'_>) {
        let (Some(path), Some(media)) = (self.paths.chosen(), &mut self.media) else { return };
        let round_trip = self.rtt_ms.map(|ms| Duration::from_secs_f32(ms.max(0.0) / 1000.0));
        let Some(ssrc) = self.missing.ask(cx.now, round_trip, &mut self.wanted) else { return };
        cx.outgoing.write(path, |out| {
            let start = out.len();
            rtcp::write_nack(self.report_ssrc, ssrc, &self.wanted, out);
            media.sealer.rtcp(out, start)
        });
    }

    /// Sheds slots, or takes them back, by what the browser reported since the last time.
    pub(super) fn shed(&mut self, now: Instant) {
        let arrivals = self.slots.iter_mut().filter_map(|line| line.take_report(now));
        let (used, best) = arrivals.fold((0, None::<f32>), |(used, best), arrival| {
            let best =
                if arrival.fresh { Some(best.map_or(arrival.lost, |b| b.min(arrival.lost))) } else { best };
            (used + 1, best)
        });
        let slots = self.slots.len();
        if best.is_some_and(|best| self.shedding.report(now, slots, used, best)) {
            self.facts.push(Fact::Allowance(self.shedding.allowance(slots)));
        }
    }
}
