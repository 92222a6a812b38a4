//! The deadlines of one transport: when it must be looked at, what is due then, and its end.

use std::time::Instant;

use super::{Context, Fact, QUALITY, REPORT, Transport};
use crate::api::{DownReason, Quality};
use crate::ice::SILENT;
use crate::quality;

impl Transport {
    /// When [`Transport::timeout`] must be called next.
    pub fn poll_timeout(&self) -> Instant {
        let consent = self.gone_at();
        let handshake = self.dtls.poll_timeout();
        let reports = self.media.as_ref().map(|media| media.report_at.min(media.quality_at));
        let silence = (self.is_up() && !self.silent).then(|| self.paths.heard_at() + SILENT);
        [handshake, reports, silence, self.missing.due()].into_iter().flatten().fold(consent, Instant::min)
    }

    /// When it is given up if nothing changes.
    fn gone_at(&self) -> Instant {
        let consent = self.paths.consent_ends();
        if self.is_up() { consent } else { consent.min(self.paths.join_ends()) }
    }

    /// Does what is due. `beyond` is the share of what it sends that listeners lose, in 256ths.
    pub fn timeout(&mut self, cx: &mut Context<'_>, beyond: u8) {
        if cx.now >= self.gone_at() {
            let abandoned = !self.is_up() && (!self.paths.is_checked() || cx.now < self.paths.consent_ends());
            let reason = if abandoned { DownReason::Abandoned } else { DownReason::ConsentExpired };
            self.facts.push(Fact::Down(reason));
            return;
        }
        if self.dtls.poll_timeout().is_some_and(|due| cx.now >= due) {
            let (chosen, outgoing) = (self.paths.chosen(), &mut *cx.outgoing);
            let send = |bytes: &[u8]| chosen.into_iter().for_each(|path| outgoing.push(path, bytes));
            let outcome = self.dtls.timeout(cx.now, send);
            self.settle(cx.now, outcome);
        }
        if self.is_up() && !self.silent && cx.now >= self.paths.heard_at() + SILENT {
            self.silent = true;
            self.facts.push(Fact::Silent);
        }
        if self.missing.due().is_some_and(|due| cx.now >= due) {
            self.ask(cx);
        }
        let Some(media) = &mut self.media else { return };
        let quality_due = cx.now >= media.quality_at;
        if quality_due {
            media.quality_at = cx.now + QUALITY;
        }
        if cx.now >= media.report_at {
            media.report_at = cx.now + REPORT;
            self.report(cx, beyond);
        }
        if quality_due {
            self.shed(cx.now);
            let quality = self.quality();
            self.facts.push(Fact::Quality(quality));
        }
    }

    /// The numbers since the last quality report.
    pub fn quality(&mut self) -> Quality {
        let slots = self.slots.iter_mut().map(|line| line.sending.direction());
        quality::quality(self.rtt_ms, &mut self.reception, slots)
    }

    /// Says goodbye to the browser.
    pub fn close(&mut self, cx: &mut Context<'_>) {
        // Without consent not even a goodbye is sent (RFC 7675 5.1).
        let consented = cx.now < self.paths.consent_ends();
        let (chosen, outgoing) = (self.paths.chosen().filter(|_| consented), &mut *cx.outgoing);
        self.dtls.close(cx.now, |bytes| chosen.into_iter().for_each(|path| outgoing.push(path, bytes)));
    }
}
