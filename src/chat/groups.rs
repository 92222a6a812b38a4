//! Groups: decides on what is stored, stores the decision unless somebody was quicker, tells everyone concerned.

use super::group::{self, GroupChange, Outcome};
use super::{Chat, ChatError, ConversationView, Result};
use crate::event::{Audience, Event};
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{Conversation, Message};
use crate::store::{GroupPlan, NewMessage};

/// So often somebody else may be quicker.
const TRIES: usize = 20;

impl Chat {
    /// A new group of `user`, who owns it, and `others`.
    pub async fn create_group(
        &self,
        user: UserId,
        name: &str,
        others: &[UserId],
    ) -> Result<ConversationView> {
        self.count_send(user)?;
        self.may_add(user, others).await?;
        let id = ConversationId(self.random.object_id(self.clock.now()));
        let plan = self.plan(user, id, group::create(user, name, others)?);
        let (group, note) = self.store.create_group(plan).await?;
        self.tell_change(&group, note, None);
        self.conversation(user, id).await
    }

    /// Changes a group; it is well if it is like that already.
    pub async fn change_group(&self, user: UserId, id: ConversationId, change: &GroupChange) -> Result<()> {
        self.count_send(user)?;
        if let GroupChange::Add(others) = change {
            self.may_add(user, others).await?;
        }
        for _ in 0..TRIES {
            let before = self.known(id).await?;
            let Some(outcome) = group::change(user, &before, change)? else { return Ok(()) };
            let plan = self.plan(user, id, outcome);
            if let Some((group, note)) = self.store.change_group(plan, before.rev).await? {
                self.tell_change(&group, note, Some(&before));
                return Ok(());
            }
        }
        Err(ChatError::Store(crate::store::StoreError::Busy))
    }

    fn plan(&self, user: UserId, conversation: ConversationId, outcome: Outcome) -> GroupPlan {
        let now = self.clock.now();
        let id = MessageId(self.random.object_id(now));
        let Outcome { name, members, note } = outcome;
        let note = NewMessage {
            id,
            conversation,
            from_user: user,
            content: String::new(),
            // No client's: these have at most 64 characters, and none of them is a dot.
            client_id: format!("note.{id}"),
            reply_to: None,
            system: Some(note),
            attachments: Vec::new(),
            created_at: now,
        };
        GroupPlan { name, members, note }
    }

    /// Also tells who was in before: whoever went out must learn that.
    fn tell_change(&self, group: &Conversation, note: Message, before: Option<&Conversation>) {
        let may_see = group.members.iter().filter(|m| m.from_seq <= note.seq).map(|m| m.user);
        self.outbox.publish(Audience::users(may_see), Event::NewMessage(note));
        let mut concerned: Vec<UserId> =
            group.members.iter().chain(before.into_iter().flat_map(|c| &c.members)).map(|m| m.user).collect();
        concerned.sort_unstable();
        concerned.dedup();
        let event = Event::ConversationUpdated { conversation: group.id, rev: group.rev };
        self.outbox.publish(Audience::users(concerned), event);
    }
}
