//! PURE: a leg goes on after a restart of the server, from what was stored of it.

use super::Leg;
use super::phases::{Active, Called, Connecting, Left, Reconnecting};
use crate::calls::media::Media;
use crate::calls::now::Now;
use crate::model::{EndReason, LegRecord};

impl Leg {
    /// Who was in the call may come back until the reconnect deadline, counted from `now`; who only rang missed it when
    /// the server went.
    pub fn restore(record: &LegRecord, lapsed: Now, now: Now) -> Self {
        let called = Called { user: record.user, at: now.of_wall(record.rang_at) };
        let media = Media::resume(record);
        let left = |at: Now, reason| Left {
            called,
            device: record.device,
            answered: record.answered_at.map(|at| now.of_wall(at)),
            connected: record.connected_at.map(|at| now.of_wall(at)),
            at,
            reason,
            reconnects: record.reconnects,
            media: media.clone(),
        };
        if let Some(at) = record.left_at {
            return Self::Left(left(now.of_wall(at), record.reason.unwrap_or(EndReason::HungUp)));
        }
        let Some((device, answered)) = record.device.zip(record.answered_at) else {
            return Self::Left(left(lapsed, EndReason::ServerRestart));
        };
        let connected = record.connected_at.map(|at| now.of_wall(at));
        let (since, reconnects) = (now, record.reconnects);
        let answered = now.of_wall(answered);
        let connecting = Connecting { called, device, answered, since, connected, reconnects, media };
        match connected {
            None => Self::Connecting(connecting),
            Some(connected) => {
                let active = Active { connecting, connected, reconnects };
                Self::Reconnecting(Reconnecting { active, lost: now, restarted: true })
            }
        }
    }
}
