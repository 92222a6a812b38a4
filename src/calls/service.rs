//! The calls service: what sockets and REST ask of calls. [`Calls`] is a handle; one task behind it owns the Book.
//! Knows the relay (through [`MediaPlane`]), the store's contract and the outbox; no socket and no HTTP.

mod command;
mod dispatch;
mod lookup;
mod missed;
mod plane;
mod recover;
mod task;
mod watch;
mod writer;

use std::sync::Arc;

use futures_util::stream::BoxStream;
use tokio::sync::{mpsc, oneshot};

use self::command::{Command, Lead};
pub use self::command::{Leaving, Seen};
pub use self::plane::{MediaPlane, Plane};
use self::task::Task;
pub use self::watch::Watch;
use super::stats::Stats;
use super::{CallError, Limits, verdict};
use crate::clock::Clock;
use crate::event::{Attendance, IceServer, Outbox, Whereabouts};
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{CallDetail, CallFilter, CallRecord, Cursor, MissedCalls, Target};
use crate::random::Random;
use crate::store::{Store, StoreError};

/// SDP over this is refused, bytes.
pub const MAX_SDP: usize = 64 * 1024;

type Result<T> = std::result::Result<T, CallError>;

/// A call that was started or accepted, and how to reach the relay.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// As it stands now. A start that found the other one busy answers with an ended record of status `busy`; a start
    /// that met the other one's call to us answers with that call, accepted.
    pub call: CallRecord,
    pub ice_servers: Vec<IceServer>,
}

/// The relay's answer to a `mediaOffer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaAnswer {
    pub sdp: String,
    /// The asker's participant in the room: the CSRC under which others hear him, as decimal text.
    pub participant: String,
}

/// What the service works with.
pub struct Deps {
    pub store: Arc<dyn Store>,
    pub outbox: Arc<dyn Outbox>,
    /// Who wants not to be disturbed.
    pub attendance: Arc<dyn Attendance>,
    /// Who is here.
    pub whereabouts: Arc<dyn Whereabouts>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<Random>,
    pub media: Arc<dyn MediaPlane>,
    /// What the relay reports, in order.
    pub media_events: BoxStream<'static, charla_media::api::Event>,
    pub limits: Limits,
    /// The name of this server in records and heartbeats; stays the same over restarts.
    pub node: String,
    /// This run of it.
    pub epoch: EpochId,
}

/// How many commands may wait for the task before their askers do.
const COMMANDS: usize = 256;

/// A handle to the calls of this server. Cheap to clone; every method is cancel-safe: what was asked is done even if
/// the asker does not wait for the answer.
#[derive(Clone)]
pub struct Calls {
    commands: mpsc::Sender<Command>,
}

impl Calls {
    /// Takes up the answered calls that an earlier run of this node left, closes its other records, beats the heart, and starts the task that owns the
    /// Book. Needs a tokio runtime; fails if the store does.
    pub async fn launch(deps: Deps) -> std::result::Result<Self, StoreError> {
        let (store, now) = (Arc::clone(&deps.store), deps.clock.now());
        let open = recover::left_open(&*store, &deps.node, deps.epoch, now).await?;
        deps.store.heartbeat(&deps.node, deps.epoch, deps.clock.now()).await?;
        let beat = recover::heartbeat(
            Arc::clone(&deps.store),
            Arc::clone(&deps.clock),
            deps.node.clone(),
            deps.epoch,
        );
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (mut task, outcomes) = Task::new(deps);
        for left in task.take_up(open) {
            recover::close(&*store, left.record, left.timeline, Some(left.alive)).await?;
        }
        tokio::spawn(async move {
            tokio::select! {
                () = task.run(inbox, outcomes) => {}
                // It never ends: it stops with the task.
                () = beat => {}
            }
        });
        Ok(Self { commands })
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T>>) -> Command) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| CallError::Unavailable)?;
        answer.await.map_err(|_| CallError::Unavailable)?
    }

    /// Calls the other member of a conversation, a user (the conversation is opened if need be), or a group. A group
    /// that has a call is joined. `NotFound` for strangers, `Busy` while in another call.
    pub async fn start(&self, user: UserId, device: DeviceId, to: Target) -> Result<Started> {
        self.ask(|reply| Command::Start { user, device, to, reply }).await
    }

    /// Answers a ringing call on this device. Again on the same device: the same answer; `Conflict` when it was
    /// answered elsewhere or has ended.
    pub async fn accept(&self, user: UserId, device: DeviceId, call: CallId) -> Result<Started> {
        self.ask(|reply| Command::Accept { user, device, call, reply }).await
    }

    /// Comes into a call with this device: a running one of his group, one that he left, or his own one that another of
    /// his devices is in, which then has no part in it any more.
    pub async fn join(&self, user: UserId, device: DeviceId, call: CallId) -> Result<Started> {
        self.ask(|reply| Command::Join { user, device, call, reply }).await
    }

    /// Calls somebody else into a call. Into a call in a group: another member; else anybody.
    pub async fn invite(&self, user: UserId, call: CallId, other: UserId) -> Result<()> {
        self.lead(user, call, Lead::Invite(other)).await
    }

    /// Asks for somebody else's microphone to be off. He may put it on again.
    pub async fn mute_other(&self, user: UserId, call: CallId, other: UserId) -> Result<()> {
        self.lead(user, call, Lead::Mute(other)).await
    }

    /// Takes somebody else out of a call.
    pub async fn remove(&self, user: UserId, call: CallId, other: UserId) -> Result<()> {
        self.lead(user, call, Lead::Remove(other)).await
    }

    /// Ends a call for all: by role in a group, by the two whose it is else. Nobody else's part ends by it than his own
    /// where only two are in it.
    pub async fn end(&self, user: UserId, call: CallId) -> Result<()> {
        self.lead(user, call, Lead::EndForAll).await
    }

    async fn lead(&self, user: UserId, call: CallId, what: Lead) -> Result<()> {
        self.ask(|reply| Command::Lead { user, call, what, reply }).await
    }

    /// A group's members or their roles may have changed: who is out of it is out of its call, media and all.
    pub async fn group_changed(&self, group: ConversationId) {
        let _ = self.commands.send(Command::GroupChanged { group }).await;
    }

    /// Somebody blocks somebody: a call between the two is over.
    pub async fn blocked(&self, by: UserId, other: UserId) {
        let _ = self.commands.send(Command::Blocked { by, other }).await;
    }

    /// Declines a ringing call for the user, on all his devices. A call that has ended: nothing to do.
    pub async fn reject(&self, user: UserId, device: DeviceId, call: CallId) -> Result<()> {
        self.ask(|reply| Command::Reject { user, device, call, reply }).await
    }

    /// Leaves a call (of two: ends it); before the answer: the caller cancels, the callee declines. From any device of
    /// the user. A call that has ended: nothing to do.
    pub async fn leave(&self, user: UserId, device: DeviceId, call: CallId, why: Leaving) -> Result<()> {
        self.ask(|reply| Command::Leave { user, device, call, why, reply }).await
    }

    /// Answers a browser's offer. The first of a device warms it up while the call rings; one with the DTLS fingerprint
    /// of before is an ICE restart; one with another fingerprint (a reloaded page) replaces the transport.
    pub async fn media_offer(
        &self,
        user: UserId,
        device: DeviceId,
        call: CallId,
        sdp: String,
    ) -> Result<MediaAnswer> {
        if sdp.len() > MAX_SDP {
            return Err(CallError::TooLarge(MAX_SDP));
        }
        self.ask(|reply| Command::MediaOffer { user, device, call, sdp, reply }).await
    }

    /// How this device reaches the relay, with fresh credentials: for a new peer connection in a call that has lasted
    /// longer than the ones it was given.
    pub async fn ice_servers(&self, user: UserId, device: DeviceId, call: CallId) -> Result<Vec<IceServer>> {
        self.ask(|reply| Command::IceServers { user, device, call, reply }).await
    }

    /// Tells the others whether this device's microphone is off. Only the device that is in the call may.
    pub async fn set_muted(&self, user: UserId, device: DeviceId, call: CallId, muted: bool) -> Result<()> {
        self.ask(|reply| Command::SetMuted { user, device, call, muted, reply }).await
    }

    /// Takes what only the browser knows about its leg.
    pub async fn call_stats(&self, user: UserId, device: DeviceId, call: CallId, stats: Stats) -> Result<()> {
        self.ask(|reply| Command::CallStats { user, device, call, stats, reply }).await
    }

    /// A device's first socket is here (again).
    pub async fn device_here(&self, user: UserId, device: DeviceId) {
        // The task is gone only when the server stops: then nobody needs to know.
        let _ = self.commands.send(Command::DeviceHere { user, device }).await;
    }

    /// A device's last socket is gone. `closed`: it said so, as a page does that is closed or loaded again.
    pub async fn device_gone(&self, user: UserId, device: DeviceId, closed: bool) {
        let _ = self.commands.send(Command::DeviceGone { user, device, closed }).await;
    }

    /// A device's session has ended: it is put out of its call at once, media and all.
    pub async fn evict(&self, user: UserId, device: DeviceId) {
        let _ = self.commands.send(Command::Evict { user, device }).await;
    }

    /// The user's live calls.
    pub async fn live(&self, user: UserId) -> Result<Vec<CallRecord>> {
        self.ask(|reply| Command::Live { user, reply }).await
    }

    /// The user's calls by start time, newest first; live ones as they stand now.
    pub async fn list(
        &self,
        user: UserId,
        filter: CallFilter,
        after: Option<Cursor<CallId>>,
        limit: usize,
    ) -> Result<Vec<CallRecord>> {
        self.ask(|reply| Command::List { user, filter, after, limit, reply }).await
    }

    /// The calls that the user missed and has not seen.
    pub async fn missed(&self, user: UserId) -> Result<MissedCalls> {
        self.ask(|reply| Command::Missed { user, reply }).await
    }

    /// The user has seen those he missed: of one conversation or of all, started at `until` or before. What is left; his
    /// devices are told.
    pub async fn see_missed(&self, user: UserId, seen: Seen) -> Result<MissedCalls> {
        self.ask(|reply| Command::SeeMissed { user, seen, reply }).await
    }

    /// One call of the user's, live or ended.
    pub async fn get(&self, user: UserId, call: CallId) -> Result<CallRecord> {
        Ok(self.detail(user, call).await?.call)
    }

    /// One call of the user's, with what happened in it and why it was bad.
    pub async fn detail(&self, user: UserId, call: CallId) -> Result<CallDetail> {
        let (call, timeline) = self.ask(|reply| Command::Get { user, call, reply }).await?;
        let findings = verdict::findings(&call, &timeline);
        Ok(CallDetail { call, timeline, findings })
    }

    /// Ends every call that only rings as `failed`/`serverRestart` and tells its people, leaves the answered ones to the
    /// next run, and waits at most two seconds for the records to be written. Every later command is refused.
    pub async fn shutdown(&self) {
        let _ = self.ask(|reply| Command::Shutdown { reply }).await;
    }
}
