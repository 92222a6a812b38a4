//! Groups: decides on what is stored, stores the decision unless somebody was quicker, tells everyone concerned.

use super::group::{self, GroupChange, Outcome};
use super::{Chat, ChatError, ConversationView, Result, draft};
use crate::event::{Audience, Event};
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{Conversation, Message};
use crate::store::{GroupPlan, NewMessage, StoreError};

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
        self.found(user, id, group::create(user, name, others)?).await
    }

    /// The same, once for a client id, however often it is asked for; whether this made it.
    pub async fn create_group_once(
        &self,
        user: UserId,
        client_id: &str,
        name: &str,
        others: &[UserId],
    ) -> Result<(ConversationView, bool)> {
        if !draft::plain(client_id) {
            return Err(ChatError::Invalid(vec![draft::client_id_error()]));
        }
        self.count_send(user)?;
        let id = group::id_of(user, client_id);
        if let Some(known) = self.store.conversation(id).await? {
            return Ok((self.again(user, &known).await?, false));
        }
        self.may_add(user, others).await?;
        match self.found(user, id, group::create(user, name, others)?).await {
            // Another try of the same was quicker.
            Err(ChatError::Store(StoreError::Taken(_))) => {
                Ok((self.again(user, &self.known(id).await?).await?, false))
            }
            made => Ok((made?, true)),
        }
    }

    async fn found(&self, user: UserId, id: ConversationId, outcome: Outcome) -> Result<ConversationView> {
        let (group, note) = self.store.create_group(self.plan(user, id, outcome)).await?;
        self.tell_change(&group, note, None);
        self.conversation(user, id).await
    }

    /// The first try may have been stored without anyone being told. Not found if he is out of it since.
    async fn again(&self, user: UserId, group: &Conversation) -> Result<ConversationView> {
        let view = self.conversation(user, group.id).await?;
        let event = Event::ConversationUpdated { conversation: group.id, rev: group.rev };
        self.outbox.publish(Audience::users(group.members.iter().map(|m| m.user)), event);
        Ok(view)
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
            if let GroupChange::Picture(Some(picture)) = change {
                let file = self.store.file(*picture).await?;
                file.filter(|file| group::fits(user, file)).ok_or_else(no_picture)?;
            }
            let plan = self.plan(user, id, outcome);
            let changed = match self.store.change_group(plan, before.rev).await {
                // Sent meanwhile.
                Err(StoreError::Missing) if matches!(change, GroupChange::Picture(_)) => {
                    return Err(no_picture());
                }
                other => other?,
            };
            if let Some((group, note)) = changed {
                self.tell_change(&group, note, Some(&before));
                return Ok(());
            }
        }
        Err(ChatError::Store(StoreError::Busy))
    }

    fn plan(&self, user: UserId, conversation: ConversationId, outcome: Outcome) -> GroupPlan {
        let now = self.clock.now();
        let id = MessageId(self.random.object_id(now));
        let Outcome { name, look, members, note } = outcome;
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
        GroupPlan { name, look, members, note }
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

fn no_picture() -> ChatError {
    let detail = "Use an image that you have uploaded and not sent yet, of at most 1 MiB.";
    ChatError::Invalid(vec![draft::field("picture", detail)])
}
