//! What the handle asks of the task that owns the Book. Every question carries the way back.

use tokio::sync::oneshot;

use super::{MediaAnswer, Result, Started};
use crate::calls::stats::Stats;
use crate::clock::Timestamp;
use crate::event::IceServer;
use crate::ids::{CallId, ConversationId, DeviceId, UserId};
use crate::model::{CallFilter, CallRecord, Cursor, MissedCalls, Target, Timeline};

/// Why somebody leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaving {
    #[default]
    HangUp,
    /// His browser gave no microphone.
    NoMicrophone,
}

/// Which missed calls somebody has seen: all but for what is said here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub conversation: Option<ConversationId>,
    /// Those that started then or before.
    pub until: Option<Timestamp>,
}

/// What somebody does to another one's part in a call, or to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    Invite(UserId),
    Mute(UserId),
    Remove(UserId),
    EndForAll,
}

pub(super) type Reply<T> = oneshot::Sender<Result<T>>;

/// One question or fact.
pub(super) enum Command {
    Start {
        user: UserId,
        device: DeviceId,
        to: Target,
        reply: Reply<Started>,
    },
    Accept {
        user: UserId,
        device: DeviceId,
        call: CallId,
        reply: Reply<Started>,
    },
    Join {
        user: UserId,
        device: DeviceId,
        call: CallId,
        reply: Reply<Started>,
    },
    Reject {
        user: UserId,
        device: DeviceId,
        call: CallId,
        reply: Reply<()>,
    },
    Leave {
        user: UserId,
        device: DeviceId,
        call: CallId,
        why: Leaving,
        reply: Reply<()>,
    },
    /// One leads the call, or calls somebody into it.
    Lead {
        user: UserId,
        call: CallId,
        what: Lead,
        reply: Reply<()>,
    },
    MediaOffer {
        user: UserId,
        device: DeviceId,
        call: CallId,
        sdp: String,
        reply: Reply<MediaAnswer>,
    },
    IceServers {
        user: UserId,
        device: DeviceId,
        call: CallId,
        reply: Reply<Vec<IceServer>>,
    },
    SetMuted {
        user: UserId,
        device: DeviceId,
        call: CallId,
        muted: bool,
        reply: Reply<()>,
    },
    CallStats {
        user: UserId,
        device: DeviceId,
        call: CallId,
        stats: Stats,
        reply: Reply<()>,
    },
    DeviceHere {
        user: UserId,
        device: DeviceId,
    },
    DeviceGone {
        user: UserId,
        device: DeviceId,
        /// It said so, as a page does that is closed or loaded again.
        closed: bool,
    },
    /// A group's members or their roles may have changed.
    GroupChanged {
        group: ConversationId,
    },
    /// One blocks the other.
    Blocked {
        by: UserId,
        other: UserId,
    },
    Evict {
        user: UserId,
        device: DeviceId,
    },
    Live {
        user: UserId,
        reply: Reply<Vec<CallRecord>>,
    },
    List {
        user: UserId,
        filter: CallFilter,
        after: Option<Cursor<CallId>>,
        limit: usize,
        reply: Reply<Vec<CallRecord>>,
    },
    Missed {
        user: UserId,
        reply: Reply<MissedCalls>,
    },
    SeeMissed {
        user: UserId,
        seen: Seen,
        reply: Reply<MissedCalls>,
    },
    Get {
        user: UserId,
        call: CallId,
        reply: Reply<(CallRecord, Timeline)>,
    },
    Shutdown {
        reply: Reply<()>,
    },
}
