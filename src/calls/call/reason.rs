//! PURE: why a call ended, which follows from why its people did.

use super::{Kind, Leg, Now, Ringing};
use crate::model::EndReason;

/// Of callees who did not come for several reasons, the first of these is the call's.
const UNANSWERED: [EndReason; 6] = [
    EndReason::MicrophoneRefused,
    EndReason::NoAnswer,
    EndReason::Declined,
    EndReason::Unreachable,
    EndReason::Busy,
    EndReason::DoNotDisturb,
];

impl Ringing {
    /// Why it is over now. `answered` when somebody has.
    pub(super) fn why(&self, answered: Option<Now>) -> EndReason {
        if answered.is_none() { self.unanswered() } else { self.finished() }
    }

    fn unanswered(&self) -> EndReason {
        let of = |leg: &Leg| if let Leg::Left(left) = leg { Some(left.reason) } else { None };
        let mut callees = Vec::new();
        for leg in &self.legs {
            match of(leg) {
                Some(reason) if leg.user() == self.head.caller => return reason,
                Some(reason) => callees.push(reason),
                None => {}
            }
        }
        let known = UNANSWERED.into_iter().find(|reason| callees.contains(reason));
        known.or(callees.last().copied()).unwrap_or(EndReason::Cancelled)
    }

    /// Of two, the one who left says why. Of more, it is a call like any other if one of them hung up; else the last of
    /// those who talked says it. Whom it rang for in vain has no say in it.
    fn finished(&self) -> EndReason {
        let talked = self.legs.iter().filter_map(|leg| match leg {
            Leg::Left(left) if left.answered.is_some() => Some((left.at.mono, left.reason)),
            _ => None,
        });
        let talked: Vec<_> = talked.collect();
        let pair = matches!(self.head.kind, Kind::Pair { .. }) && self.legs.len() == 2;
        let hung_up = talked.iter().any(|(_, reason)| *reason == EndReason::HungUp);
        let last = talked.iter().max_by_key(|(at, _)| *at).map(|(_, reason)| *reason);
        match last {
            Some(reason) if pair || !hung_up => match reason {
                EndReason::Removed => EndReason::HungUp,
                reason => reason,
            },
            Some(_) | None => EndReason::HungUp,
        }
    }
}
