//! How people regard each other and what they let others see: settings, blocks, mutes, who has read what.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::MutexGuard;
use utoipa::ToSchema;

use super::presence::Roll;
use super::{Chat, ChatError, Result};
use crate::event::{Audience, Event};
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{
    Block, Conversation, ConversationKind, Mute, PublicUser, Receipt, Regard, Settings, SettingsPatch, User,
};
use crate::policy::{Action, may};

/// How far a message has come with one of those who may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptView {
    #[schema(value_type = String)]
    pub user: UserId,
    pub delivered: bool,
    /// False too if he, or the asker, hides it.
    pub read: bool,
}

impl Chat {
    pub async fn settings(&self, user: UserId) -> Result<Settings> {
        Ok(self.store.settings_of(&[user]).await?.remove(&user).unwrap_or_default())
    }

    /// Changes what is said and tells all of his devices.
    pub async fn change_settings(&self, user: UserId, patch: SettingsPatch) -> Result<Settings> {
        let settings = self.store.change_settings(user, patch).await?;
        self.outbox.publish(Audience::users([user]), Event::SettingsChanged(settings));
        let change = self.roll().undisturbed(user, settings.do_not_disturb);
        match patch.show_online.or(patch.show_last_seen) {
            Some(_) => self.tell_again(user).await,
            None => self.tell_presence(change).await,
        }
        Ok(settings)
    }

    /// From now on `other` reaches `user` no more, and learns nothing of that.
    pub async fn block(&self, user: UserId, other: UserId) -> Result<()> {
        let block = Block { user, blocked: other, at: self.clock.now() };
        if self.store.block(block).await? {
            self.outbox.publish(Audience::users([user]), Event::BlockChanged { user: other, blocked: true });
            self.part(user, other);
        }
        Ok(())
    }

    /// Neither sees the other any more; it looks like leaving.
    fn part(&self, user: UserId, other: UserId) {
        for (of, to) in [(user, other), (other, user)] {
            let view = crate::model::PresenceView {
                user: of,
                presence: crate::model::Presence::Offline,
                last_seen_at: None,
            };
            self.outbox.publish(Audience::users([to]), Event::Presence(view));
        }
    }

    pub async fn unblock(&self, user: UserId, other: UserId) -> Result<()> {
        if self.store.unblock(user, other).await? {
            let event = Event::BlockChanged { user: other, blocked: false };
            self.outbox.publish(Audience::users([user]), event);
            self.tell_again(user).await;
            self.tell_again(other).await;
        }
        Ok(())
    }

    /// Whom `user` blocks.
    pub async fn blocked(&self, user: UserId) -> Result<Vec<PublicUser>> {
        let blocks = self.store.blocks_around(user).await?;
        let ids: Vec<UserId> = blocks.iter().filter(|b| b.user == user).map(|b| b.blocked).collect();
        Ok(self.store.users(&ids).await?.iter().map(User::public).collect())
    }

    pub async fn mute(&self, user: UserId, mute: Mute) -> Result<Mute> {
        self.store.mute(user, mute).await?;
        let Mute { conversation, until } = mute;
        let event = Event::MuteChanged { conversation, muted: true, until };
        self.outbox.publish(Audience::users([user]), event);
        Ok(mute)
    }

    pub async fn unmute(&self, user: UserId, conversation: ConversationId) -> Result<()> {
        if !may(user, Action::ReadConversation(&self.known(conversation).await?)) {
            return Err(ChatError::NotFound);
        }
        self.store.unmute(user, conversation).await?;
        let event = Event::MuteChanged { conversation, muted: false, until: None };
        self.outbox.publish(Audience::users([user]), event);
        Ok(())
    }

    /// Those that have not run out.
    pub async fn mutes(&self, user: UserId) -> Result<Vec<Mute>> {
        let now = self.clock.now();
        let mut mutes = self.store.mutes_of(user).await?;
        mutes.retain(|mute| mute.until.is_none_or(|until| until > now));
        Ok(mutes)
    }

    /// How far a message has come with each of the others who may see it.
    pub async fn receipts(&self, user: UserId, id: MessageId) -> Result<Vec<ReceiptView>> {
        let message = self.store.message(id).await?.ok_or(ChatError::NotFound)?;
        let mut of = self.known(message.conversation).await?;
        if !may(user, Action::ReadMessage(&of, &message)) {
            return Err(ChatError::NotFound);
        }
        self.veil(user, [&mut of]).await?;
        let others = of.members.iter().filter(|m| m.user != message.from_user && m.from_seq <= message.seq);
        let view = |m: &crate::model::Member| ReceiptView {
            user: m.user,
            delivered: m.delivered_seq >= message.seq,
            read: m.read_seq >= message.seq,
        };
        Ok(others.map(view).collect())
    }

    /// Whether `user` may write to, call or open a conversation with `other`.
    pub(super) async fn reach(&self, user: UserId, other: UserId) -> Result<()> {
        match self.store.reach(user, other).await? {
            Regard::Open => Ok(()),
            Regard::Blocked => Err(ChatError::Blocked),
            Regard::Shut => Err(ChatError::NotFound),
        }
    }

    /// The same for a conversation: a group is open to its members whoever blocks whom.
    pub(super) async fn reach_in(&self, user: UserId, conversation: &Conversation) -> Result<()> {
        match conversation.other(user).filter(|_| conversation.kind == ConversationKind::Direct) {
            Some(other) => self.reach(user, other).await,
            None => Ok(()),
        }
    }

    /// Whoever has blocked `user` is not put into groups by him.
    pub(super) async fn may_add(&self, user: UserId, others: &[UserId]) -> Result<()> {
        let blocks = self.store.blocks_around(user).await?;
        match blocks.iter().any(|b| b.blocked == user && others.contains(&b.user)) {
            true => Err(ChatError::NotFound),
            false => Ok(()),
        }
    }

    /// Takes out of conversations how far those have read who hide it, and everybody if `viewer` does.
    pub(super) async fn veil<'a>(
        &self,
        viewer: UserId,
        conversations: impl IntoIterator<Item = &'a mut Conversation>,
    ) -> Result<()> {
        let mut conversations: Vec<&mut Conversation> = conversations.into_iter().collect();
        let mut people: Vec<UserId> =
            conversations.iter().flat_map(|c| c.members.iter().map(|m| m.user)).chain([viewer]).collect();
        people.sort_unstable();
        people.dedup();
        let settings = self.store.settings_of(&people).await?;
        let shows = |user: &UserId| settings.get(user).is_none_or(|s| s.show_read_receipts);
        let (all, hidden): (bool, HashSet<UserId>) =
            (!shows(&viewer), people.iter().copied().filter(|user| !shows(user)).collect());
        for member in conversations.iter_mut().flat_map(|c| c.members.iter_mut()) {
            if member.user != viewer && (all || hidden.contains(&member.user)) {
                member.read_seq = 0;
            }
        }
        Ok(())
    }

    /// Tells a watermark: how far he has read only to those who show theirs, if he does; in a direct conversation that is
    /// shut, nobody but himself.
    pub(super) async fn tell_receipt(&self, of: &Conversation, receipt: Receipt) -> Result<()> {
        let user = receipt.user;
        let people: Vec<UserId> = of.members.iter().map(|m| m.user).collect();
        let shut = matches!(self.reach_in(user, of).await, Err(ChatError::Blocked | ChatError::NotFound));
        let settings = self.store.settings_of(&people).await?;
        let shows = |user: &UserId| settings.get(user).is_none_or(|s| s.show_read_receipts);
        let sees = |other: &UserId| *other == user || !shut && shows(&user) && shows(other);
        let (see, not): (Vec<_>, Vec<_>) = people.iter().copied().partition(sees);
        self.outbox.publish(Audience::users(see), Event::Receipt(receipt));
        if !not.is_empty() && !shut {
            self.outbox.publish(Audience::users(not), Event::Receipt(Receipt { read_seq: 0, ..receipt }));
        }
        Ok(())
    }

    /// Tells those who may know it that `user` types, or has stopped.
    pub(super) async fn tell_typing(&self, user: UserId, id: ConversationId, typing: bool) -> Result<()> {
        let of = self.known(id).await?;
        let people: Vec<UserId> = of.members.iter().map(|m| m.user).collect();
        let settings = self.store.settings_of(&people).await?;
        let shows = |user: &UserId| settings.get(user).is_none_or(|s| s.show_typing);
        if !shows(&user) || self.reach_in(user, &of).await.is_err() {
            return Ok(());
        }
        let others = people.into_iter().filter(|other| *other != user && shows(other));
        self.outbox.publish(Audience::users(others), Event::Typing { conversation: id, user, typing });
        Ok(())
    }

    pub(super) fn roll(&self) -> MutexGuard<'_, Roll> {
        self.here.roll()
    }
}
