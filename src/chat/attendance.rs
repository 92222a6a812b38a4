//! Who is here and who types, told to those who may know: the people one shares a conversation with, unless one of the two
//! hides it (of what somebody hides he sees nothing of others either) or has blocked the other.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use super::presence::Change;
use super::{Chat, Result};
use crate::event::{Audience, Event};
use crate::ids::{DeviceId, UserId};
use crate::model::{Presence, PresenceView, Settings};

/// What somebody's contacts may know of him, and he of them.
struct Circle {
    contacts: Vec<UserId>,
    settings: HashMap<UserId, Settings>,
    own: Settings,
}

impl Circle {
    fn of(&self, user: UserId) -> Settings {
        self.settings.get(&user).copied().unwrap_or_default()
    }
    fn sees_presence(&self, user: UserId) -> bool {
        self.own.show_online && self.of(user).show_online
    }
    fn sees_last(&self, user: UserId) -> bool {
        self.own.show_last_seen && self.of(user).show_last_seen
    }
}

impl Chat {
    /// A device's first socket is here.
    pub async fn device_here(&self, user: UserId, device: DeviceId) {
        let known = self.roll().is_known(user);
        let undisturbed = match known {
            true => false,
            // Without an answer he may be disturbed: a call that is not heard is worse than one that is.
            false => self.settings(user).await.is_ok_and(|settings| settings.do_not_disturb),
        };
        let change = self.roll().here(user, device, undisturbed);
        self.tell_presence(change).await;
    }

    /// A device's last socket is gone.
    pub async fn device_gone(&self, user: UserId, device: DeviceId) {
        let at = (self.clock.instant(), self.clock.now());
        let change = self.roll().gone(user, device, at);
        self.tell_presence(change).await;
    }

    /// Whether a device has been used lately.
    pub async fn set_away(&self, user: UserId, device: DeviceId, away: bool) {
        let change = self.roll().away(user, device, away);
        self.tell_presence(change).await;
    }

    /// Ends what ends by itself. To be called every second.
    pub async fn tick(&self) {
        let now = self.clock.instant();
        let over = self.typings.lock().unwrap_or_else(PoisonError::into_inner).expired(now);
        for (conversation, user) in over {
            if let Err(error) = self.tell_typing(user, conversation, false).await {
                tracing::debug!(%error, "nobody was told that somebody stopped typing");
            }
        }
        let gone = self.roll().tick(now);
        for change in gone {
            if let Some(at) = change.last_seen
                && let Err(error) = self.store.saw(change.user, at).await
            {
                tracing::warn!(%error, "it was not kept when somebody left");
            }
            self.tell_presence(Some(change)).await;
        }
    }

    /// Everybody `user` shares a conversation with, as he may know it.
    pub async fn presences(&self, user: UserId) -> Result<Vec<PresenceView>> {
        let circle = self.circle(user).await?;
        let seen = self.store.last_seen(&circle.contacts).await?;
        let roll = self.roll();
        let view = |other: &UserId| {
            let presence = match circle.sees_presence(*other) {
                true => roll.presence(*other),
                false => Presence::Offline,
            };
            let away = roll.presence(*other) == Presence::Offline && circle.sees_last(*other);
            PresenceView { user: *other, presence, last_seen_at: seen.get(other).copied().filter(|_| away) }
        };
        Ok(circle.contacts.iter().map(view).collect())
    }

    /// How it is now, to everybody who may know it: something was hidden or shown.
    pub(super) async fn tell_again(&self, user: UserId) {
        let presence = self.roll().presence(user);
        let last_seen = self.store.last_seen(&[user]).await.ok().and_then(|seen| seen.get(&user).copied());
        self.tell_presence(Some(Change { user, presence, last_seen })).await;
    }

    /// Whoever may not know it hears that he is offline, which he is told of everybody who goes: that he may not, he is
    /// not told.
    pub(super) async fn tell_presence(&self, change: Option<Change>) {
        let Some(Change { user, presence, last_seen }) = change else { return };
        let circle = match self.circle(user).await {
            Ok(circle) => circle,
            Err(error) => return tracing::warn!(%error, "nobody was told who is here"),
        };
        let offline = presence == Presence::Offline;
        let (see, hidden): (Vec<_>, Vec<_>) =
            circle.contacts.iter().copied().partition(|other| circle.sees_presence(*other));
        let (dated, plain): (Vec<_>, Vec<_>) =
            see.into_iter().partition(|other| offline && circle.sees_last(*other));
        for (users, presence, last_seen_at) in
            [(dated, presence, last_seen), (plain, presence, None), (hidden, Presence::Offline, None)]
        {
            if !users.is_empty() {
                let view = PresenceView { user, presence, last_seen_at };
                self.outbox.publish(Audience::users(users), Event::Presence(view));
            }
        }
    }

    async fn circle(&self, user: UserId) -> Result<Circle> {
        let blocks = self.store.blocks_around(user).await?;
        let apart: HashSet<UserId> = blocks.iter().flat_map(|b| [b.user, b.blocked]).collect();
        let mut contacts = self.store.contacts_of(user).await?;
        contacts.retain(|other| !apart.contains(other));
        let everyone: Vec<UserId> = contacts.iter().copied().chain([user]).collect();
        let settings = self.store.settings_of(&everyone).await?;
        let own = settings.get(&user).copied().unwrap_or_default();
        Ok(Circle { contacts, settings, own })
    }
}
