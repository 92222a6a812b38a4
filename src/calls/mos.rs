//! PURE: how good a call sounds from mouth to ear, estimated by the E-model of ITU-T G.107 with numbers for Opus as
//! browsers use it. Knows no call.
//!
//! `R = 93.2 − Idd − Ie,eff`, then G.107's Annex B turns R into a MOS. The echo terms of `Id` are left out: browsers
//! cancel echo. Where the numbers come from:
//!
//! - 93.2, `Idd` (equation 7-27), `Ie,eff = Ie + (95 − Ie) · Ppl / (Ppl + Bpl)` (7-29, BurstR 1) and Annex B: G.107.
//! - `Ie` and `Bpl` are **our estimates**. G.113 has none for Opus; published fits differ (Ie 0–10, Bpl 10 without and 20
//!   with FEC, from loss before repair). Ours reproduce PESQ as measured between two Chromium browsers through a relay:
//!   4.06 on a clean network, 2.7 at 10 % loss with FEC, 1.6 at 10 % without (each within 0.1; a test holds that).
//! - A frame that FEC repairs counts a quarter of one that is lost: **an estimate**, chosen so that one `Bpl` fits both
//!   10 % figures if losses are independent (one in ten of the lost has its successor lost, too, and cannot be repaired).
//! - The delay of devices and the buffer where the browser does not tell: **estimates**, together with Opus's 26.5 ms they
//!   make the 81 ms from mouth to ear that were measured on a clean network.
//!
//! Bursts: where the browser tells how much it concealed, they are in that number (FEC repairs no bursts); where it does
//! not, losses count as independent. Good for saying which call was worse, and when; no substitute for ears.

/// G.107: the best there is with default values.
const R_MAX: f32 = 93.2;
const IE: f32 = 12.2;
/// Percent of frames missing after repair that cost half of what there is to lose.
const BPL: f32 = 6.2;
/// What a repaired frame costs, of a lost one.
const REPAIRED: f32 = 0.25;
/// One frame of 20 ms and the encoder's look-ahead, milliseconds.
const CODEC_MS: f32 = 26.5;
/// Microphone to encoder, milliseconds.
const CAPTURE_MS: f32 = 5.0;
/// Decoder to loudspeaker, milliseconds, if the browser does not tell.
const PLAYOUT_MS: f32 = 10.0;
/// The jitter buffer on a calm network, milliseconds; it grows by twice the jitter.
const BUFFER_MS: f32 = 40.0;
/// The worst and the best that Annex B yields.
const WORST: f32 = 1.0;
const BEST: f32 = 4.5;

/// One hop: between a browser and the relay, in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hop {
    /// There and back, milliseconds; unknown counts as none.
    pub rtt_ms: Option<f32>,
    pub jitter_ms: f32,
    pub loss_pct: f32,
}

/// From a speaker's mouth to a listener's ear.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MouthToEar {
    /// Speaker to relay.
    pub up: Hop,
    /// Relay to listener.
    pub down: Hop,
    /// What the listener's browser tells, if it does.
    pub concealed_pct: Option<f32>,
    pub jitter_buffer_ms: Option<f32>,
    pub playout_delay_ms: Option<f32>,
}

impl MouthToEar {
    /// How long a word takes, milliseconds.
    pub fn delay_ms(&self) -> f32 {
        let network = (self.up.rtt_ms.unwrap_or(0.0) + self.down.rtt_ms.unwrap_or(0.0)) / 2.0;
        let jitter = self.up.jitter_ms + self.down.jitter_ms;
        let buffer = self.jitter_buffer_ms.unwrap_or(BUFFER_MS + 2.0 * jitter);
        network + CAPTURE_MS + CODEC_MS + buffer + self.playout_delay_ms.unwrap_or(PLAYOUT_MS)
    }

    /// Frames that count as lost, percent.
    fn loss_pct(&self) -> f32 {
        let arrives = |hop: &Hop| 1.0 - (hop.loss_pct / 100.0).clamp(0.0, 1.0);
        let network = 100.0 * (1.0 - arrives(&self.up) * arrives(&self.down));
        let missing = self.concealed_pct.unwrap_or(network * network / 100.0).clamp(0.0, 100.0);
        missing + REPAIRED * (network - missing).max(0.0)
    }

    /// The estimated MOS, 1–4.5, two decimals.
    pub fn mos(&self) -> f32 {
        let r = R_MAX - delay_impairment(self.delay_ms()) - equipment_impairment(self.loss_pct());
        (annex_b(r) * 100.0).round() / 100.0
    }
}

/// `Idd`, G.107 equation 7-27.
fn delay_impairment(ms: f32) -> f32 {
    if ms <= 100.0 {
        return 0.0;
    }
    let x = (ms / 100.0).log2();
    25.0 * ((1.0 + x.powi(6)).powf(1.0 / 6.0) - 3.0 * (1.0 + (x / 3.0).powi(6)).powf(1.0 / 6.0) + 2.0)
}

/// `Ie,eff`, G.107 equation 7-29.
fn equipment_impairment(loss_pct: f32) -> f32 {
    IE + (95.0 - IE) * loss_pct / (loss_pct + BPL)
}

/// G.107 Annex B. Below R = 6.5 its cubic dips under 1, which is the worst there is.
fn annex_b(r: f32) -> f32 {
    let r = r.clamp(0.0, 100.0);
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7.0e-6).clamp(WORST, BEST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lossy(up: f32, down: f32) -> MouthToEar {
        let hop = |loss_pct| Hop { loss_pct, ..Hop::default() };
        MouthToEar { up: hop(up), down: hop(down), ..MouthToEar::default() }
    }
    #[track_caller]
    fn near(found: f32, expected: f32, by: f32) {
        assert!((found - expected).abs() <= by, "{found}, not {expected}");
    }

    #[test]
    fn what_was_measured_by_pesq_comes_out() {
        near(lossy(0.0, 0.0).mos(), 4.06, 0.05);
        near(lossy(10.0, 0.0).mos(), 2.7, 0.1);
        near(lossy(0.0, 10.0).mos(), 2.7, 0.1);
        // Without FEC every lost frame is concealed.
        let bare = MouthToEar { concealed_pct: Some(10.0), ..lossy(10.0, 0.0) };
        near(bare.mos(), 1.6, 0.1);
        near(lossy(0.0, 0.0).delay_ms(), 81.0, 1.0);
    }
    #[test]
    fn the_points_of_g_107() {
        // Annex B: R 60 is a MOS of 3.1, 80 one of 4.0, 100 and more 4.5.
        near(annex_b(60.0), 3.1, 0.01);
        near(annex_b(80.0), 4.02, 0.01);
        near(annex_b(120.0), 4.5, 0.0);
        near(annex_b(-5.0), 1.0, 0.0);
        // G.107's own curve: little at 150 ms, a lot at 400.
        near(delay_impairment(100.0), 0.0, 0.0);
        near(delay_impairment(400.0), 24.2, 1.0);
        assert!(delay_impairment(150.0) < 1.0);
    }
    #[test]
    fn both_hops_add_up() {
        near(lossy(5.0, 5.0).mos(), lossy(9.75, 0.0).mos(), 0.01);
        assert!(lossy(20.0, 20.0).mos() < 1.6);
    }

    fn hop() -> impl Strategy<Value = Hop> {
        (proptest::option::of(0f32..5000.0), 0f32..1000.0, 0f32..=100.0)
            .prop_map(|(rtt_ms, jitter_ms, loss_pct)| Hop { rtt_ms, jitter_ms, loss_pct })
    }
    fn way() -> impl Strategy<Value = MouthToEar> {
        let told = || proptest::option::of(0f32..=100.0);
        (hop(), hop(), told(), told(), told()).prop_map(
            |(up, down, concealed_pct, jitter_buffer_ms, playout_delay_ms)| MouthToEar {
                up,
                down,
                concealed_pct,
                jitter_buffer_ms,
                playout_delay_ms,
            },
        )
    }

    proptest! {
        #[test]
        fn it_stays_within_the_scale(way in way()) {
            prop_assert!((1.0..=4.5).contains(&way.mos()));
        }

        /// Whatever gets worse, the estimate never gets better.
        #[test]
        fn it_falls_with_every_impairment(way in way(), more in 0f32..200.0, which in 0..7) {
            let mut worse = way;
            match which {
                0 => worse.up.loss_pct = (way.up.loss_pct + more).min(100.0),
                1 => worse.down.loss_pct = (way.down.loss_pct + more).min(100.0),
                2 => worse.up.rtt_ms = Some(way.up.rtt_ms.unwrap_or(0.0) + more),
                3 => worse.down.rtt_ms = Some(way.down.rtt_ms.unwrap_or(0.0) + more),
                4 => worse.down.jitter_ms += more,
                5 => worse.concealed_pct = way.concealed_pct.map(|c| (c + more).min(100.0)),
                _ => worse.jitter_buffer_ms = way.jitter_buffer_ms.map(|b| b + more),
            }
            prop_assert!(worse.mos() <= way.mos(), "{} > {}", worse.mos(), way.mos());
        }
    }
}
