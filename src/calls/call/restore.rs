//! PURE: an answered call goes on after a restart of the server, from what was stored of it.

use super::{Active, Call, Head, Kind, Leg, Now, Ringing, Story};
use crate::clock::Timestamp;
use crate::ids::EpochId;
use crate::model::{CallRecord, Happening, Timeline};

impl Call {
    /// `alive` is when the run that hosted it last said so. Who was in it has the reconnect time to be back.
    pub fn restore(
        record: &CallRecord,
        timeline: Timeline,
        alive: Timestamp,
        epoch: EpochId,
        now: Now,
    ) -> Option<Self> {
        let answered = record.answer_time.filter(|_| !record.status.ended())?;
        let marks =
            record.legs.iter().flat_map(|l| [Some(l.rang_at), l.answered_at, l.connected_at, l.left_at]);
        let latest = marks.flatten().chain([answered]).chain(record.connect_time).max().unwrap_or(answered);
        let lapsed = now.of_wall(alive.max(latest).min(now.wall));
        let legs: Vec<_> = record.legs.iter().map(|leg| Leg::restore(leg, lapsed, now)).collect();
        let kind = match record.receiver {
            Some(receiver) => Kind::Pair { receiver },
            None => Kind::Group { announced: true },
        };
        let head = Head {
            id: record.id,
            conversation: record.conversation,
            caller: record.caller,
            kind,
            started: now.of_wall(record.start_time),
            node: record.node.clone(),
            epoch,
        };
        let down_ms = u64::try_from(now.wall.since(lapsed.wall).as_millis()).unwrap_or(u64::MAX);
        let at_ms = u64::try_from(lapsed.wall.since(record.start_time).as_millis()).unwrap_or(u64::MAX);
        let mut story = Story::resume(timeline);
        story.event(at_ms, None, Happening::ServerRestart { down_ms });
        let (answered, connected) = (now.of_wall(answered), record.connect_time.map(|at| now.of_wall(at)));
        let ringing = Ringing { head, legs, story };
        let lapsed = Some(lapsed);
        let call = Active { ringing, answered, connected, measured: None, figures: Vec::new(), lapsed };
        // Nobody was in it any more whom it could be for.
        if call.ringing.over(true) {
            return None;
        }
        Some(Self::Active(call))
    }
}
