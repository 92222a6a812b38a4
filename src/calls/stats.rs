//! PURE: what only the browser knows of its leg, as `callStats` tells it every five seconds, and the bounds in which it
//! is believed. Knows no event and no call.

use crate::model::{Candidate, Protocol};

/// Five seconds of one leg as its browser saw them; absent is what it cannot tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Of the candidate pair, milliseconds.
    pub rtt_ms: Option<f32>,
    /// How long sound was held back to even out its arrival, milliseconds.
    pub jitter_buffer_ms: Option<f32>,
    /// From the decoder to the loudspeaker, milliseconds.
    pub playout_delay_ms: Option<f32>,
    /// Share of the sound that was made up for what was missing.
    pub concealed_pct: Option<f32>,
    /// Share of the time in which the loudspeaker had nothing to play.
    pub playout_gap_pct: Option<f32>,
    /// Loudness of what was heard, 0–1.
    pub audio_level: Option<f32>,
    /// Loudness of the microphone, 0–1.
    pub microphone_level: Option<f32>,
    /// What the browser believes it could send, kbit/s.
    pub available_kbps: Option<f32>,
    pub candidate: Option<Candidate>,
    pub protocol: Option<Protocol>,
}

/// Longest time that is believed, milliseconds.
const MOST_MS: f32 = 60_000.0;
const MOST_KBPS: f32 = 10_000_000.0;

impl Stats {
    /// Refuses what no browser can have measured, with the field's name.
    pub fn checked(self) -> Result<Self, &'static str> {
        let bounds = [
            (self.rtt_ms, MOST_MS, "rttMs must be 0–60000"),
            (self.jitter_buffer_ms, MOST_MS, "jitterBufferMs must be 0–60000"),
            (self.playout_delay_ms, MOST_MS, "playoutDelayMs must be 0–60000"),
            (self.concealed_pct, 100.0, "concealedPct must be 0–100"),
            (self.playout_gap_pct, 100.0, "playoutGapPct must be 0–100"),
            (self.audio_level, 1.0, "audioLevel must be 0–1"),
            (self.microphone_level, 1.0, "microphoneLevel must be 0–1"),
            (self.available_kbps, MOST_KBPS, "availableKbps must be 0–10000000"),
        ];
        let fits = |value: Option<f32>, most: f32| value.is_none_or(|v| (0.0..=most).contains(&v));
        bounds.iter().find(|(value, most, _)| !fits(*value, *most)).map_or(Ok(self), |(_, _, why)| Err(*why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let fine = Stats { rtt_ms: Some(12.0), concealed_pct: Some(100.0), ..Stats::default() };
        assert_eq!(fine.checked(), Ok(fine));
        for (stats, field) in [
            (Stats { rtt_ms: Some(-1.0), ..fine }, "rttMs"),
            (Stats { jitter_buffer_ms: Some(f32::INFINITY), ..fine }, "jitterBufferMs"),
            (Stats { playout_delay_ms: Some(60_001.0), ..fine }, "playoutDelayMs"),
            (Stats { concealed_pct: Some(100.5), ..fine }, "concealedPct"),
            (Stats { playout_gap_pct: Some(f32::NAN), ..fine }, "playoutGapPct"),
            (Stats { audio_level: Some(2.0), ..fine }, "audioLevel"),
            (Stats { microphone_level: Some(-0.1), ..fine }, "microphoneLevel"),
            (Stats { available_kbps: Some(1e9), ..fine }, "availableKbps"),
        ] {
            assert!(stats.checked().unwrap_err().starts_with(field), "{stats:?}");
        }
    }
}
