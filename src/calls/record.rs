//! PURE: what stays of a call. Turns the machines' marks into the record, and closes records that a crash left open.

use super::call::{Call, Head};
use super::leg::{Left, Leg};
use super::now::Now;
use crate::clock::Timestamp;
use crate::model::{CallRecord, CallStatus, EndReason, Happening, LegRecord, Timeline, TimelineEntry};

/// The status of a call that ended for this reason. `talked`: media had flowed.
pub fn status(reason: EndReason, talked: bool) -> CallStatus {
    match reason {
        EndReason::HungUp => CallStatus::Completed,
        EndReason::Declined => CallStatus::Rejected,
        EndReason::Cancelled | EndReason::Removed => CallStatus::Cancelled,
        EndReason::NoAnswer | EndReason::Unreachable | EndReason::DoNotDisturb => CallStatus::Missed,
        EndReason::Busy => CallStatus::Busy,
        // Who closes the page in the middle of a talk has ended it, if not politely.
        EndReason::Vanished if talked => CallStatus::Completed,
        EndReason::ConnectFailed
        | EndReason::MediaLost
        | EndReason::MicrophoneRefused
        | EndReason::Vanished
        | EndReason::ServerRestart
        | EndReason::RelayFailed => CallStatus::Failed,
    }
}

/// How far a call has come.
struct Marks {
    answered: Option<Now>,
    connected: Option<Now>,
    ended: Option<(Now, EndReason)>,
}

/// The record of a call as it stands.
pub fn of(call: &Call) -> CallRecord {
    match call {
        Call::Ringing(c) => {
            let marks = Marks { answered: None, connected: None, ended: None };
            assemble(&c.head, marks, c.legs.iter().map(live_leg).collect())
        }
        Call::Active(c) => {
            let marks = Marks { answered: Some(c.answered), connected: c.connected, ended: None };
            assemble(&c.ringing.head, marks, c.ringing.legs.iter().map(live_leg).collect())
        }
        Call::Ended(c) => {
            let marks =
                Marks { answered: c.answered, connected: c.connected, ended: Some((c.ended, c.reason)) };
            assemble(&c.head, marks, c.legs.iter().map(leg).collect())
        }
    }
}

fn assemble(head: &Head, marks: Marks, legs: Vec<LegRecord>) -> CallRecord {
    let duration = match (marks.answered, marks.ended) {
        (Some(answered), Some((ended, _))) => ended.since(answered).as_secs(),
        (None, _) | (_, None) => 0,
    };
    let live = if marks.answered.is_some() { CallStatus::Active } else { CallStatus::Ringing };
    CallRecord {
        id: head.id,
        conversation: head.conversation,
        caller: head.caller,
        receiver: head.receiver(),
        start_time: head.started.wall,
        answer_time: marks.answered.map(|m| m.wall),
        connect_time: marks.connected.map(|m| m.wall),
        end_time: marks.ended.map(|(at, _)| at.wall),
        duration_seconds: duration,
        status: marks.ended.map_or(live, |(_, reason)| status(reason, marks.connected.is_some())),
        reason: marks.ended.map(|(_, reason)| reason),
        legs,
        node: head.node.clone(),
        epoch: Some(head.epoch),
    }
}

fn leg(left: &Left) -> LegRecord {
    let setup = left.connected.zip(left.answered).map(|(connected, answered)| connected.since(answered));
    LegRecord {
        user: left.called.user,
        device: left.device,
        rang_at: left.called.at.wall,
        answered_at: left.answered.map(|m| m.wall),
        connected_at: left.connected.map(|m| m.wall),
        left_at: Some(left.at.wall),
        reason: Some(left.reason),
        setup_ms: setup.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
        paths: left.media.paths.clone(),
        reconnects: left.reconnects,
        muted: left.media.muted,
        muted_by: left.media.muted_by,
        rings_on: 0,
        quality: left.media.quality.quality(),
    }
}

/// A leg that is in the call: its marks, without an end.
fn live_leg(live: &Leg) -> LegRecord {
    match live {
        Leg::Left(left) => leg(left),
        Leg::Waiting(_) | Leg::Ringing(_) | Leg::Connecting(_) | Leg::Active(_) | Leg::Reconnecting(_) => {
            LegRecord { left_at: None, reason: None, rings_on: live.rings_on(), ..leg(&live.marks()) }
        }
    }
}

/// Closes a record that a crash left open: it ended at the last heartbeat of its run, but not before its last mark.
pub fn sweep(
    mut record: CallRecord,
    mut timeline: Timeline,
    heartbeat: Option<Timestamp>,
) -> (CallRecord, Timeline) {
    let legs = record.legs.iter();
    let marks = legs.flat_map(|l| [Some(l.rang_at), l.answered_at, l.connected_at, l.left_at]);
    let call = [Some(record.start_time), record.answer_time, record.connect_time, heartbeat];
    let end = marks.chain(call).flatten().max().unwrap_or(record.start_time);
    for leg in &mut record.legs {
        leg.left_at.get_or_insert(end);
        leg.reason.get_or_insert(EndReason::ServerRestart);
    }
    record.end_time = Some(end);
    record.duration_seconds = record.answer_time.map_or(0, |answered| end.since(answered).as_secs());
    record.status = CallStatus::Failed;
    record.reason = Some(EndReason::ServerRestart);
    let at_ms = u64::try_from(end.since(record.start_time).as_millis()).unwrap_or(u64::MAX);
    let at_ms = at_ms.max(timeline.last().map_or(0, |e| e.at_ms));
    let what = Happening::Ended { reason: EndReason::ServerRestart };
    timeline.push(TimelineEntry { at_ms, user: None, what });
    (record, timeline)
}
