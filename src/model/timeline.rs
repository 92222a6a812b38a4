//! What happened in a call, and what that says about why it was bad. Knows the shapes, not how they come about.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{EndReason, PathName};
use crate::ids::UserId;

/// What kind of way the browser's chosen candidate is (RFC 8445, 5.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Candidate {
    Host,
    Srflx,
    Prflx,
    Relay,
}

/// What carries the browser's packets; of a relayed way, what carries them to the TURN server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Udp,
    Tcp,
    Tls,
}

/// Everything that happened in a call, in order. Bounded: see `calls/timeline.rs`.
pub type Timeline = Vec<TimelineEntry>;

/// One thing that happened in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// Milliseconds since `startTime`.
    pub at_ms: u64,
    /// Whom it happened to; absent if to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub user: Option<UserId>,
    #[serde(flatten)]
    pub what: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Happening {
    /// It began to ring.
    Ring,
    Answered,
    /// Media came up for the first time.
    Connected {
        path: Option<PathName>,
    },
    /// Packets take another way, or come from another address.
    Path {
        path: PathName,
    },
    /// The browser's chosen candidate pair, as it tells it, is of another kind.
    Route {
        candidate: Candidate,
        protocol: Protocol,
    },
    /// The browser looked for a new path.
    IceRestart,
    /// Media was lost: nothing was heard for five seconds (`silent`), or the transport went.
    Lost {
        silent: bool,
    },
    /// Media is there again.
    Back,
    /// A fresh peer connection took the place of the one before (a page that was loaded again).
    Rejoined {
        path: PathName,
    },
    Muted {
        muted: bool,
        /// Who did it, if not he himself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        by: Option<UserId>,
    },
    /// Came into a call that was going on, or came back into it.
    Joined,
    /// Went on with another of his devices.
    Moved,
    /// The server went down, and took the call up again when it was back.
    ServerRestart {
        down_ms: u64,
    },
    /// The microphone was on and gave no sound at all for fifteen seconds, or does again.
    Microphone {
        silent: bool,
    },
    Figures(FiguresEntry),
    Left {
        reason: EndReason,
    },
    Ended {
        reason: EndReason,
    },
}

/// How good it was until this moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FiguresEntry {
    /// How long; of more than five seconds, each figure is the worst.
    pub seconds: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concealed_pct: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_buffer_ms: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playout_gap_pct: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<DirectionFigures>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<DirectionFigures>,
}

/// One direction of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectionFigures {
    pub loss_pct: f32,
    pub jitter_ms: f32,
    /// Estimated, from mouth to ear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mos: Option<f32>,
}

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Trouble {
    /// Media never came up.
    NeverConnected,
    /// Media was lost for a while; `worst`: the longest, seconds.
    Silence,
    /// The page came back with a fresh connection; `worst`: how often.
    Rejoined,
    /// A new path was looked for; `worst`: how often.
    Reconnects,
    /// The microphone was on and gave no sound; `worst`: the longest, seconds.
    SilentMicrophone,
    /// `worst`: percent in five seconds.
    UplinkLoss,
    /// `worst`: percent in five seconds.
    DownlinkLoss,
    /// Much of what was heard was made up; `worst`: percent.
    Concealment,
    /// `worst`: milliseconds.
    HighRoundTrip,
    /// `worst`: milliseconds.
    Jitter,
    /// The loudspeaker had nothing to play, which a busy computer causes; `worst`: percent.
    PlayoutGaps,
    /// Packets did not go by UDP, so that one that is lost delays all after it.
    NotUdp,
}

/// One reason why a call was bad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Whose leg it is about.
    #[schema(value_type = String)]
    pub user: UserId,
    pub finding: Trouble,
    pub worst: Option<f32>,
    /// From the first to the last time, milliseconds since `startTime`.
    pub from_ms: u64,
    pub to_ms: u64,
    /// The same in plain English; "they" is the person.
    pub text: String,
}

/// A call with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallDetail {
    #[serde(flatten)]
    pub call: super::call::CallRecord,
    pub timeline: Timeline,
    /// Why it was bad, the gravest first; empty if nothing stands out.
    pub findings: Vec<Finding>,
}
