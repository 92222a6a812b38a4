//! Chat: conversations, messages, receipts, typing, sync. Owns the rules of sending; the store owns the data, the
//! outbox the devices. Knows no transport.

mod attendance;
mod draft;
mod edits;
mod find;
mod group;
mod groups;
mod presence;
mod regards;
mod search;
mod typing;
mod view;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;

use crate::clock::Clock;
use crate::code::{Code, FieldError, Refusal};
use crate::config;
use crate::event::{Event, Outbox};
use crate::ids::{ConversationId, DeviceId, MessageId, UserId};
use crate::limit::{Limiter, Rate};
use crate::model::{Conversation, ConversationKind, Cursor, Message, MessageStatus, Page, Receipt, Target};
use crate::policy::{Action, may};
use crate::random::Random;
use crate::store::{Appended, ConversationSummary, NewMessage, Store, StoreError, derive};

pub use draft::Draft;
pub use find::{FindCursor, Found, Question};
pub use group::{GroupChange, MEMBERS_MAX};
pub use presence::Here;
pub use regards::ReceiptView;
pub use search::Mark;
pub use view::{ConversationView, MemberView, SyncView, SyncedConversation};

/// Why chat refused.
#[derive(Debug, Error)]
pub enum ChatError {
    /// There is no such conversation or person, or it is not the asker's to see.
    #[error("not found")]
    NotFound,
    /// Somebody else's message, and not in the role for that.
    #[error("not one's own")]
    NotYours,
    #[error("the message was deleted")]
    Deleted,
    /// A member, but not in the role for that.
    #[error("not allowed")]
    Forbidden,
    /// The asker has blocked the other one.
    #[error("blocked by the asker")]
    Blocked,
    #[error("a value cannot be used: {0:?}")]
    Invalid(Vec<FieldError>),
    /// The content is over its limit, in bytes.
    #[error("the message is over {max} bytes")]
    TooLarge { max: usize },
    #[error("too many messages; wait {retry_after:?}")]
    TooMany { retry_after: Duration },
    /// The sync token is none of ours.
    #[error("the sync token is not valid")]
    BadToken,
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ChatError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing => Self::NotFound,
            StoreError::BadToken => Self::BadToken,
            StoreError::Taken(_)
            | StoreError::Busy
            | StoreError::Unavailable(_)
            | StoreError::Unusable(_) => Self::Store(error),
        }
    }
}

impl From<ChatError> for Refusal {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::NotFound => {
                Self::new(Code::NotFound, "There is no such conversation, message or person.")
            }
            ChatError::NotYours => {
                let detail = "Only who wrote it may do that; in a group, whoever is above him may delete it.";
                Self::new(Code::Forbidden, detail)
            }
            ChatError::Deleted => Self::new(Code::Conflict, "The message was deleted."),
            ChatError::Forbidden => Self::new(Code::Forbidden, "Your role in the group does not allow that."),
            ChatError::Blocked => {
                Self::new(Code::Conflict, "You have blocked this person. Unblock them first.")
            }
            ChatError::Invalid(errors) => {
                let detail = errors.first().map_or_else(String::new, |e| e.detail.clone());
                Self { errors, ..Self::new(Code::Invalid, detail) }
            }
            ChatError::TooLarge { max } => {
                Self::new(Code::TooLarge, format!("A message has at most {max} bytes. Send it in parts."))
            }
            ChatError::TooMany { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(Code::TooMany, "You are sending too fast. Wait a moment.")
            },
            ChatError::BadToken => {
                Self::new(Code::BadRequest, "The sync token is not valid. Sync again from the start.")
            }
            ChatError::Store(error) => store_refusal(&error),
        }
    }
}

fn store_refusal(error: &StoreError) -> Refusal {
    match error {
        StoreError::Busy | StoreError::Unavailable(_) => {
            tracing::warn!(%error, "the store did not answer chat");
            Refusal {
                retry_after: Some(Duration::from_secs(1)),
                ..Refusal::new(Code::Unavailable, "The server cannot store that right now. Try again.")
            }
        }
        StoreError::Taken(_) | StoreError::Missing | StoreError::Unusable(_) | StoreError::BadToken => {
            tracing::error!(%error, "the store failed chat");
            Refusal::new(Code::Internal, "Something went wrong on the server.")
        }
    }
}

/// What became of a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// As stored.
    pub message: Message,
    /// False if this `clientId` was already sent: `message` is then the stored one.
    pub fresh: bool,
}

/// How much one person may send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChatLimits {
    /// Content of a message, in bytes of UTF-8.
    pub message_bytes: usize,
    /// Messages of one person, over all of his devices.
    pub sends: Rate,
}

impl Default for ChatLimits {
    fn default() -> Self {
        Self::from(&config::Limits::default())
    }
}

impl From<&config::Limits> for ChatLimits {
    /// What two sockets may send counts as what one person may.
    fn from(limits: &config::Limits) -> Self {
        let sends = Rate {
            burst: limits.events_burst.max(1).saturating_mul(2),
            refill: Duration::from_secs(1) / limits.events_per_second.max(1) / 2,
        };
        Self { message_bytes: limits.message_bytes, sends }
    }
}

/// The most messages in one page of history or sync.
const PAGE_MAX: usize = 100;

/// How many busy senders are remembered.
const SENDERS_MAX: usize = 10_000;

type Result<T> = std::result::Result<T, ChatError>;

/// The service. Cheap to share in an `Arc`.
pub struct Chat {
    store: Arc<dyn Store>,
    outbox: Arc<dyn Outbox>,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    limits: ChatLimits,
    senders: Mutex<Limiter<UserId>>,
    here: Here,
    typings: Mutex<typing::Typings>,
}

impl Chat {
    pub fn new(
        store: Arc<dyn Store>,
        outbox: Arc<dyn Outbox>,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
        limits: ChatLimits,
    ) -> Self {
        Self {
            store,
            outbox,
            clock,
            random,
            limits,
            senders: Mutex::new(Limiter::new(limits.sends, SENDERS_MAX)),
            here: Here::default(),
            typings: Mutex::default(),
        }
    }

    /// Keeps who is here where others may ask, too.
    #[must_use]
    pub fn with(self, here: Here) -> Self {
        Self { here, ..self }
    }

    /// Who is here, as calls ask for it.
    pub fn attendance(&self) -> Here {
        self.here.clone()
    }

    /// The direct conversation with `other`, opened if need be.
    pub async fn open(&self, user: UserId, other: UserId) -> Result<ConversationView> {
        let conversation = self.direct(user, other).await?;
        self.conversation(user, conversation.id).await
    }

    /// One conversation as `user` lists it.
    pub async fn conversation(&self, user: UserId, id: ConversationId) -> Result<ConversationView> {
        let mut summary = self.store.summary(id, user).await?.ok_or(ChatError::NotFound)?;
        if !may(user, Action::ReadConversation(&summary.conversation)) {
            return Err(ChatError::NotFound);
        }
        self.veil(user, [&mut summary.conversation]).await?;
        let names = self.names([&summary]).await?;
        Ok(names.conversation(user, summary))
    }

    /// By `updated_at`, newest first; `limit` is cut to 1–100.
    pub async fn conversations(
        &self,
        user: UserId,
        after: Option<Cursor<ConversationId>>,
        limit: usize,
    ) -> Result<Vec<ConversationView>> {
        let mut summaries = self.store.conversations_of(user, after, limit.clamp(1, PAGE_MAX)).await?;
        self.veil(user, summaries.iter_mut().map(|s| &mut s.conversation)).await?;
        let names = self.names(&summaries).await?;
        Ok(summaries.into_iter().map(|summary| names.conversation(user, summary)).collect())
    }

    /// Stores a message, then tells every device of both but the sending one. Durable when it resolves.
    pub async fn send(&self, user: UserId, device: Option<DeviceId>, draft: Draft) -> Result<Sent> {
        let content = draft::check(&draft, self.limits.message_bytes)?;
        self.count_send(user)?;
        let conversation = match draft.to {
            Target::User(other) => self.direct(user, other).await?,
            Target::Conversation(id) => self.known(id).await?,
        };
        if !may(user, Action::SendMessage(&conversation)) {
            return Err(ChatError::NotFound);
        }
        self.reach_in(user, &conversation).await?;
        if let Some(reply_to) = draft.reply_to {
            self.check_reply(user, &conversation, reply_to).await?;
        }
        let now = self.clock.now();
        let message = NewMessage {
            id: MessageId(self.random.object_id(now)),
            conversation: conversation.id,
            from_user: user,
            content,
            client_id: draft.client_id,
            reply_to: draft.reply_to,
            attachments: draft.attachments,
            system: None,
            created_at: now,
        };
        let attached = !message.attachments.is_empty();
        let Appended { message, fresh } = match self.store.append_message(message).await {
            Err(StoreError::Missing) if attached => {
                let detail = "Attach files that you have uploaded and not sent yet.";
                return Err(ChatError::Invalid(vec![draft::field("attachments", detail)]));
            }
            appended => appended?,
        };
        // The first try may have been stored without anyone being told (a commit whose answer was lost): until the
        // message has arrived it is told again. Clients apply by id.
        if fresh || message.status == MessageStatus::Sent {
            let except = device.map(|device| (user, device));
            self.tell(&conversation, &message, except, Event::NewMessage).await?;
        }
        Ok(Sent { message: view::for_member(message, &conversation, user), fresh })
    }

    /// A page of messages in rising order; its limit is cut to 1–100.
    pub async fn history(&self, user: UserId, id: ConversationId, page: Page) -> Result<Vec<Message>> {
        let mut conversation = self.known(id).await?;
        if !may(user, Action::ReadConversation(&conversation)) {
            return Err(ChatError::NotFound);
        }
        let page = match page {
            Page::Before { seq, limit } => Page::Before { seq, limit: limit.clamp(1, PAGE_MAX) },
            Page::After { seq, limit } => Page::After {
                seq: seq.max(derive::unseen(&conversation, user)),
                limit: limit.clamp(1, PAGE_MAX),
            },
        };
        let mut messages = self.store.messages(id, page).await?;
        self.veil(user, [&mut conversation]).await?;
        let from = conversation.member(user).map_or(u64::MAX, |member| member.from_seq);
        messages.retain(|message| message.seq >= from);
        Ok(messages.into_iter().map(|message| view::for_member(message, &conversation, user)).collect())
    }

    /// Raises `user`'s watermarks (never lowers them; 0 leaves one as it is) and tells both if one moved.
    pub async fn mark(&self, user: UserId, id: ConversationId, delivered: u64, read: u64) -> Result<Receipt> {
        let conversation = self.known(id).await?;
        if !may(user, Action::MarkConversation(&conversation)) {
            return Err(ChatError::NotFound);
        }
        if let Some(receipt) = self.store.mark(id, user, delivered, read).await? {
            self.tell_receipt(&conversation, receipt).await?;
            return Ok(receipt);
        }
        let member = conversation.member(user).ok_or(ChatError::NotFound)?;
        Ok(Receipt { conversation: id, user, delivered_seq: member.delivered_seq, read_seq: member.read_seq })
    }

    /// Tells the others that `user` types, or has stopped; it ends by itself a few seconds after it was said last.
    pub async fn typing(&self, user: UserId, id: ConversationId, typing: bool) -> Result<()> {
        let conversation = self.known(id).await?;
        if !may(user, Action::MarkConversation(&conversation)) {
            return Err(ChatError::NotFound);
        }
        let now = self.clock.instant();
        let due = self.typings.lock().unwrap_or_else(PoisonError::into_inner).typed((id, user), typing, now);
        if due { self.tell_typing(user, id, typing).await } else { Ok(()) }
    }

    /// What changed for `user` since a token that an earlier sync gave; everything, if `None`.
    pub async fn sync(&self, user: UserId, since: Option<&str>) -> Result<SyncView> {
        let mut page = self.store.sync(user, since, PAGE_MAX).await?;
        self.veil(user, page.conversations.iter_mut().map(|s| &mut s.summary.conversation)).await?;
        let names = self.names(page.conversations.iter().map(|synced| &synced.summary)).await?;
        Ok(names.sync(user, page))
    }

    fn count_send(&self, user: UserId) -> Result<()> {
        let now = self.clock.instant();
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.take(&user, now).map_err(|retry_after| ChatError::TooMany { retry_after })
    }

    async fn known(&self, id: ConversationId) -> Result<Conversation> {
        self.store.conversation(id).await?.ok_or(ChatError::NotFound)
    }

    async fn direct(&self, user: UserId, other: UserId) -> Result<Conversation> {
        if user == other {
            return Err(ChatError::Invalid(vec![draft::field("toUser", "Write to somebody else.")]));
        }
        self.reach(user, other).await?;
        let now = self.clock.now();
        let id = ConversationId(self.random.object_id(now));
        Ok(self.store.open_direct(id, user, other, now).await?)
    }

    /// Once something was stored: in a group somebody may have come or gone meanwhile.
    async fn as_it_is(&self, before: &Conversation) -> Result<Conversation> {
        match before.kind {
            ConversationKind::Direct => Ok(before.clone()),
            ConversationKind::Group => self.known(before.id).await,
        }
    }

    /// Of the same conversation, and the author may see it.
    async fn check_reply(&self, user: UserId, of: &Conversation, reply_to: MessageId) -> Result<()> {
        let answered = self.store.message(reply_to).await?;
        let unseen = derive::unseen(of, user);
        if answered.is_some_and(|message| message.conversation == of.id && message.seq > unseen) {
            return Ok(());
        }
        Err(ChatError::Invalid(vec![draft::field("replyTo", "Reply to a message of the same conversation.")]))
    }

    async fn names(&self, of: impl IntoIterator<Item = &ConversationSummary>) -> Result<view::Names> {
        let ids = view::people(of);
        if ids.is_empty() {
            return Ok(view::Names::new([]));
        }
        let users = self.store.users(&ids).await?;
        Ok(view::Names::new(users.iter().map(crate::model::User::public)))
    }
}
