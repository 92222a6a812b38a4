//! What happens to a message after it was sent: edited, deleted for everybody, reacted to. Decides who may; the store
//! makes of it one step.
//!
//! There is no time limit: an edit says when it was made, a deletion leaves its mark, and whoever was without a network
//! for a day may still take back what he wrote.

use super::{Chat, ChatError, Result, draft, view};
use crate::event::{Audience, Event};
use crate::ids::{DeviceId, MessageId, UserId};
use crate::model::{Conversation, Message, MessageStatus};
use crate::policy::{Action, may, speaks};
use crate::store::{MessageChange, Revised, derive};

impl Chat {
    /// One message.
    pub async fn message(&self, user: UserId, id: MessageId) -> Result<Message> {
        let (message, of) = self.seen(user, id).await?;
        Ok(view::for_member(message, &of, user))
    }

    /// Replaces the text of one's own message.
    pub async fn edit(
        &self,
        user: UserId,
        device: Option<DeviceId>,
        id: MessageId,
        content: &str,
    ) -> Result<Message> {
        let text = draft::text(content, self.limits.message_bytes)?;
        self.change(user, device, id, |c, m| Action::EditMessage(c, m), MessageChange::Edit(text)).await
    }

    /// Deletes a message for everybody: what it said is gone from the store, too.
    pub async fn delete(&self, user: UserId, device: Option<DeviceId>, id: MessageId) -> Result<Message> {
        self.change(user, device, id, |c, m| Action::DeleteMessage(c, m), MessageChange::Delete).await
    }

    /// Puts an emoji on a message, or takes it back.
    pub async fn react(
        &self,
        user: UserId,
        device: Option<DeviceId>,
        id: MessageId,
        emoji: &str,
        reacted: bool,
    ) -> Result<Message> {
        let emoji = draft::emoji(emoji)?.to_owned();
        let change = if reacted { MessageChange::React(emoji) } else { MessageChange::Unreact(emoji) };
        self.change(user, device, id, |c, m| Action::ReactToMessage(c, m), change).await
    }

    async fn change(
        &self,
        user: UserId,
        device: Option<DeviceId>,
        id: MessageId,
        action: impl for<'a> Fn(&'a Conversation, &'a Message) -> Action<'a>,
        change: MessageChange,
    ) -> Result<Message> {
        self.count_send(user)?;
        let (message, of) = self.seen(user, id).await?;
        if !may(user, action(&of, &message)) {
            return Err(ChatError::NotYours);
        }
        if speaks(action(&of, &message)) {
            self.reach_in(user, &of).await?;
        }
        let message = match self.store.change_message(id, user, change, self.clock.now()).await? {
            // The first try may have been stored without anyone being told: a retry tells it again. Clients apply by
            // id and `rev`.
            Revised::Changed(message) | Revised::Same(message) => message,
            Revised::Deleted => return Err(ChatError::Deleted),
            Revised::Full => {
                let detail = "There are as many reactions as there may be. Take one back first.";
                return Err(ChatError::Invalid(vec![draft::field("emoji", detail)]));
            }
        };
        let except = device.map(|device| (user, device));
        self.tell(&of, &message, except, Event::MessageUpdated).await?;
        Ok(view::for_member(message, &of, user))
    }

    /// A message and its conversation, if `user` may see it.
    async fn seen(&self, user: UserId, id: MessageId) -> Result<(Message, Conversation)> {
        let message = self.store.message(id).await?.ok_or(ChatError::NotFound)?;
        let mut of = self.known(message.conversation).await?;
        match may(user, Action::ReadMessage(&of, &message)) {
            true => {
                self.veil(user, [&mut of]).await?;
                Ok((message, of))
            }
            false => Err(ChatError::NotFound),
        }
    }

    /// Tells those who may see the message of it; what it answers is quoted to those who may see that, too.
    pub(super) async fn tell(
        &self,
        before: &Conversation,
        message: &Message,
        except: Option<(UserId, DeviceId)>,
        event: fn(Message) -> Event,
    ) -> Result<()> {
        let mut of = self.as_it_is(before).await?;
        let mut message = message.clone();
        // Its author may not know of everybody how far he has read.
        if message.status == MessageStatus::Read {
            self.veil(message.from_user, [&mut of]).await?;
            message.status = derive::status(&of.members, message.from_user, message.seq);
        }
        let quoted = message.quote.as_ref().map_or(0, |quote| quote.seq);
        let all = of.members.iter().filter(|m| m.from_seq <= message.seq);
        let (whole, part): (Vec<_>, Vec<_>) =
            all.partition(|m| m.from_seq <= quoted || message.quote.is_none());
        for (members, quote) in [(whole, message.quote.clone()), (part, None)] {
            if !members.is_empty() {
                let users = members.iter().map(|m| m.user).collect();
                let message = Message { quote, ..message.clone() };
                self.outbox.publish(Audience::Users { users, except }, event(message));
            }
        }
        Ok(())
    }
}
