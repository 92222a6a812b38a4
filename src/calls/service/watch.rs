//! Hears that a group has changed as everybody hears it, and tells calls. Knows no chat: only the words in between.

use std::sync::Arc;

use super::Calls;
use crate::event::{Audience, Event, Outbox};

/// An outbox for those who change groups: who is put out of a group is out of its call.
pub struct GroupWatch {
    pub outbox: Arc<dyn Outbox>,
    pub calls: Calls,
}

impl Outbox for GroupWatch {
    fn publish(&self, to: Audience, event: Event) {
        if let Event::ConversationUpdated { conversation: group, .. } = event {
            let calls = self.calls.clone();
            tokio::spawn(async move { calls.group_changed(group).await });
        }
        self.outbox.publish(to, event);
    }
}
