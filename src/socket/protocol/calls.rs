//! What a client sends about a call, beyond which call it is. Knows the shapes, not what they do.

use serde::Deserialize;

use crate::calls::stats::Stats;
use crate::ids::{CallId, UserId};
use crate::model::{Candidate, Protocol};

/// Declines, perhaps with a word to the caller, which is a message like any other.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectCall {
    pub call: CallId,
    pub message: Option<Excuse>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Excuse {
    pub client_id: String,
    pub content: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveCall {
    pub call: CallId,
    pub reason: Option<LeaveReason>,
}

/// Why somebody leaves, if not because he hangs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LeaveReason {
    MicrophoneRefused,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallUser {
    pub call: CallId,
    pub user: UserId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaOffer {
    pub call: CallId,
    pub sdp: String,
}

impl std::fmt::Debug for MediaOffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaOffer").field("call", &self.call).finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetMuted {
    pub call: CallId,
    pub muted: bool,
    /// Somebody else, to mute him by role.
    pub user: Option<UserId>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "CallStatsWire")]
pub struct CallStats {
    pub call: CallId,
    pub stats: Stats,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CallStatsWire {
    call: CallId,
    rtt_ms: Option<f32>,
    jitter_buffer_ms: Option<f32>,
    playout_delay_ms: Option<f32>,
    concealed_pct: Option<f32>,
    playout_gap_pct: Option<f32>,
    audio_level: Option<f32>,
    microphone_level: Option<f32>,
    available_kbps: Option<f32>,
    candidate: Option<Candidate>,
    protocol: Option<Protocol>,
}

impl TryFrom<CallStatsWire> for CallStats {
    type Error = &'static str;
    fn try_from(wire: CallStatsWire) -> Result<Self, Self::Error> {
        let stats = Stats {
            rtt_ms: wire.rtt_ms,
            jitter_buffer_ms: wire.jitter_buffer_ms,
            playout_delay_ms: wire.playout_delay_ms,
            concealed_pct: wire.concealed_pct,
            playout_gap_pct: wire.playout_gap_pct,
            audio_level: wire.audio_level,
            microphone_level: wire.microphone_level,
            available_kbps: wire.available_kbps,
            candidate: wire.candidate,
            protocol: wire.protocol,
        };
        Ok(Self { call: wire.call, stats: stats.checked()? })
    }
}
