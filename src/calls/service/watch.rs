//! Hears what everybody hears of groups that change and of people who block each other, and tells calls. Knows no chat:
//! only the words in between.

use std::sync::Arc;

use super::Calls;
use crate::event::{Audience, Event, Outbox};

/// An outbox for those who change groups and blocks: who is put out of a group is out of its call, and who blocks
/// somebody is in no call with him.
pub struct Watch {
    pub outbox: Arc<dyn Outbox>,
    pub calls: Calls,
}

impl Outbox for Watch {
    fn publish(&self, to: Audience, event: Event) {
        let calls = self.calls.clone();
        match (&to, &event) {
            (_, Event::ConversationUpdated { conversation: group, .. }) => {
                let group = *group;
                tokio::spawn(async move { calls.group_changed(group).await });
            }
            (Audience::Users { users, .. }, Event::BlockChanged { user: other, blocked: true }) => {
                let (blockers, other) = (users.clone(), *other);
                tokio::spawn(async move {
                    for by in blockers {
                        calls.blocked(by, other).await;
                    }
                });
            }
            _ => {}
        }
        self.outbox.publish(to, event);
    }
}
