//! What the handle asks of the task that owns the Book. Every question carries the way back.

use tokio::sync::oneshot;

use super::{MediaAnswer, Result, Started};
use crate::calls::stats::Stats;
use crate::event::IceServer;
use crate::ids::{CallId, DeviceId, UserId};
use crate::model::{CallFilter, CallRecord, Cursor, Target, Timeline};

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
    Get {
        user: UserId,
        call: CallId,
        reply: Reply<(CallRecord, Timeline)>,
    },
    Shutdown {
        reply: Reply<()>,
    },
}
