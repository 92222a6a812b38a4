//! PURE: who types where. It ends by itself, so that nobody types for ever whose network went; and however often a client
//! says it, the others are told now and then. Knows no clock: `now` is handed in.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::ids::{ConversationId, UserId};

/// How long somebody types who does not say so again.
pub const TTL: Duration = Duration::from_secs(6);
/// How often the others are told again.
const AGAIN: Duration = Duration::from_secs(3);
/// People typing at once; what is more is not told.
const MOST: usize = 20_000;

/// Who types, until when, and when that was told last.
#[derive(Debug, Default)]
pub(super) struct Typings(HashMap<(ConversationId, UserId), (Instant, Instant)>);

impl Typings {
    /// Whether the others are to be told.
    pub(super) fn typed(&mut self, at: (ConversationId, UserId), typing: bool, now: Instant) -> bool {
        if !typing {
            return self.0.remove(&at).is_some();
        }
        if self.0.len() >= MOST && !self.0.contains_key(&at) {
            return false;
        }
        let until = now + TTL;
        match self.0.get_mut(&at) {
            Some((end, told)) => {
                *end = until;
                let due = now.duration_since(*told) >= AGAIN;
                if due {
                    *told = now;
                }
                due
            }
            None => self.0.insert(at, (until, now)).is_none(),
        }
    }

    /// Those who have not said it again in time: they stopped.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<(ConversationId, UserId)> {
        let over: Vec<_> = self.0.iter().filter(|(_, (until, _))| *until <= now).map(|(at, _)| *at).collect();
        for at in &over {
            self.0.remove(at);
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;

    use super::*;
    use crate::clock::{Clock as _, SystemClock};

    #[test]
    fn it_is_told_now_and_then_and_ends_by_itself() {
        let (start, second) = (SystemClock.instant(), Duration::from_secs(1));
        let at = (ConversationId(ObjectId::from_bytes([1; 12])), UserId(ObjectId::from_bytes([2; 12])));
        let mut typings = Typings::default();
        assert!(typings.typed(at, true, start));
        assert!(!typings.typed(at, true, start + second));
        assert!(typings.typed(at, true, start + 3 * second));
        assert_eq!(typings.expired(start + 8 * second), []);
        assert_eq!(typings.expired(start + 9 * second), [at]);
        assert_eq!(typings.expired(start + 99 * second), []);
        assert!(!typings.typed(at, false, start), "it was told already");
        assert!(typings.typed(at, true, start) && typings.typed(at, false, start));
    }
}
