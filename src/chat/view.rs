//! What chat shows: conversations with the names of their members. Shapes of PROTOCOL.md; knows no transport.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{ConversationId, FileId, UserId};
use crate::model::{Conversation, ConversationKind, GroupColor, GroupRole, Member, Message, PublicUser};
use crate::store::{ConversationSummary, SyncPage, Synced, derive};

/// One person's place in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    pub user: PublicUser,
    pub role: GroupRole,
    /// The first message that he may see; 0 is "all".
    pub from_seq: u64,
    /// Everything up to this sequence number has reached a device of his.
    pub delivered_seq: u64,
    /// Everything up to this sequence number was read.
    pub read_seq: u64,
}

/// A conversation as one member lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationView {
    #[schema(value_type = String)]
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// Of a group.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Of a group that has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub color: Option<GroupColor>,
    /// Of a group that has one: the file whose bytes `files/{id}` hands out to its members.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>)]
    pub picture: Option<FileId>,
    /// Rises with each change of the name, the colour, the picture, the members or their roles.
    pub rev: u64,
    pub members: Vec<MemberView>,
    /// Sequence number of the newest message; 0 while empty.
    pub last_seq: u64,
    /// Messages of others that this member has not read; of the newest 1,000.
    pub unread: u64,
    pub last_message: Option<Message>,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
}

/// A conversation that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncedConversation {
    pub conversation: ConversationView,
    /// The new ones, by `seq`, rising.
    pub messages: Vec<Message>,
    /// Older ones that were changed, in the order of their last changes.
    pub changed: Vec<Message>,
}

/// What changed since a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncView {
    /// What to say next time.
    pub since: String,
    /// There is more: ask again at once with `since`.
    pub more: bool,
    /// Conversations that one is out of, in the order in which that happened: to be forgotten before what follows, for one
    /// may have come back.
    #[schema(value_type = Vec<String>)]
    pub left: Vec<ConversationId>,
    pub conversations: Vec<SyncedConversation>,
}

/// The people that views name, by id.
pub(super) struct Names(HashMap<UserId, PublicUser>);

impl Names {
    pub(super) fn new(users: impl IntoIterator<Item = PublicUser>) -> Self {
        Self(users.into_iter().map(|user| (user.id, user)).collect())
    }

    pub(super) fn conversation(&self, user: UserId, summary: ConversationSummary) -> ConversationView {
        let ConversationSummary { conversation, last_message, unread } = summary;
        let last_message = last_message.map(|message| for_member(message, &conversation, user));
        let members = conversation.members.iter().filter_map(|member| {
            let user = self.0.get(&member.user)?.clone();
            let Member { role, from_seq, delivered_seq, read_seq, .. } = *member;
            Some(MemberView { user, role, from_seq, delivered_seq, read_seq })
        });
        ConversationView {
            id: conversation.id,
            kind: conversation.kind,
            name: conversation.name,
            color: conversation.look.color,
            picture: conversation.look.picture,
            rev: conversation.rev,
            members: members.collect(),
            last_seq: conversation.last_seq,
            unread,
            last_message,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
        }
    }

    pub(super) fn sync(&self, user: UserId, page: SyncPage) -> SyncView {
        let conversations = page.conversations.into_iter().map(|Synced { summary, messages, changed }| {
            let his = |message| for_member(message, &summary.conversation, user);
            let (messages, changed) =
                (messages.into_iter().map(his).collect(), changed.into_iter().map(his).collect());
            SyncedConversation { conversation: self.conversation(user, summary), messages, changed }
        });
        SyncView {
            left: page.left,
            conversations: conversations.collect(),
            since: page.next,
            more: page.more,
        }
    }
}

/// A message as a member may see it: not what it answers, if that was said before he came.
pub(super) fn for_member(message: Message, of: &Conversation, user: UserId) -> Message {
    let from = of.member(user).map_or(u64::MAX, |member| member.from_seq);
    let quote = message.quote.filter(|quote| quote.seq >= from);
    // By the watermarks in `of`, out of which is taken what he may not know.
    let status = derive::status(&of.members, message.from_user, message.seq);
    Message { quote, status, ..message }
}

/// Everyone whom these conversations name, once each.
pub(super) fn people<'a>(summaries: impl IntoIterator<Item = &'a ConversationSummary>) -> Vec<UserId> {
    let mut ids: Vec<UserId> = summaries
        .into_iter()
        .flat_map(|summary| summary.conversation.members.iter().map(|member| member.user))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
