//! How well a call's packets came through, as it is stored and sent. A MOS is always an estimate (`docs/quality.md`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::UserId;

/// Which way a leg's packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Browser to relay.
    Up,
    /// Relay to browser.
    Down,
}

/// Quality of one direction of a leg, over the whole leg so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectionQuality {
    pub packets: u64,
    pub lost: u64,
    /// Lost of all expected, 0–100.
    pub loss_pct: f32,
    /// The same over the worst five seconds.
    #[serde(default)]
    pub worst_loss_pct: f32,
    /// Mean of the reports, milliseconds.
    pub jitter_ms: f32,
    pub worst_jitter_ms: f32,
    /// Estimated MOS from mouth to ear, 1–4.5, mean over time; `up`: how the others hear this person, `down`: how this
    /// person hears the others. Absent until measured.
    #[serde(default)]
    pub mos: Option<f32>,
    #[serde(default)]
    pub worst_mos: Option<f32>,
}

/// Quality of one leg. `up` is browser to relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegQuality {
    /// Mean of the reports, milliseconds; absent until measured.
    pub rtt_ms: Option<f32>,
    pub worst_rtt_ms: Option<f32>,
    /// Share of what was heard that the browser made up for what was missing, 0–100; told by the browser.
    #[serde(default)]
    pub concealed_pct: Option<f32>,
    #[serde(default)]
    pub worst_concealed_pct: Option<f32>,
    /// How long the browser holds sound back to even out its arrival, milliseconds; told by the browser.
    #[serde(default)]
    pub jitter_buffer_ms: Option<f32>,
    #[serde(default)]
    pub worst_jitter_buffer_ms: Option<f32>,
    pub up: DirectionQuality,
    pub down: DirectionQuality,
}

/// One direction of one leg over the last five seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HopQuality {
    pub user: UserId,
    pub direction: Direction,
    /// Between browser and relay, milliseconds; absent until measured.
    pub rtt_ms: Option<f32>,
    pub jitter_ms: f32,
    pub loss_pct: f32,
    /// Estimated from mouth to ear, as in [`DirectionQuality::mos`].
    pub mos: Option<f32>,
}
