//! The contract about people beside their accounts and sessions: standing, one-time links, invitations, settings, blocks,
//! mutes. In the words of the domain, like `Store`, of which it is a part.

use std::collections::HashMap;

use async_trait::async_trait;

use super::Result;
use crate::clock::Timestamp;
use crate::ids::{ConversationId, InvitationId, SessionId, UserId};
use crate::model::{
    Block, Cursor, Invitation, Mute, Regard, Revocation, Settings, SettingsPatch, Standing, StandingChange,
    TakenReset, TokenHash, User, UserQuery,
};

/// What the store keeps of people.
#[async_trait]
pub trait PeopleStore: Send + Sync + 'static {
    // standing
    /// By username (folded), at most `limit`.
    async fn list_users(&self, query: &UserQuery, limit: usize) -> Result<Vec<User>>;
    /// Role and whether the account is switched off. There always is an owner who can sign in, if there was one, however
    /// many change it at once. `Missing` if there is no such user.
    async fn change_standing(&self, id: UserId, change: StandingChange) -> Result<Standing>;
    /// Ends all sessions of a user and writes down that it did, for servers beside this process. Forgets what was
    /// written down an hour ago.
    async fn revoke_sessions(&self, user: UserId, now: Timestamp) -> Result<Vec<SessionId>>;
    /// What was written down at or after `since`, in no order.
    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Revocation>>;

    // one-time secrets
    /// Whether `take_claim` would succeed.
    async fn has_claim(&self, hash: &TokenHash, now: Timestamp) -> Result<bool>;
    /// A secret with which `user` may set a password, once; the one before it is void. `Missing` if there is no such user.
    async fn put_reset(&self, hash: TokenHash, user: UserId, expires_at: Timestamp) -> Result<()>;
    /// Whose secret it is, while it can be used.
    async fn reset_user(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<UserId>>;
    /// Uses it: sets the password's hash and ends all sessions, as `revoke_sessions` does; all of that or nothing. `None`
    /// if it cannot be used (any more); of many at once one is first.
    async fn take_reset(
        &self,
        hash: &TokenHash,
        now: Timestamp,
        password: &str,
    ) -> Result<Option<TakenReset>>;

    // invitations
    async fn create_invitation(&self, invitation: Invitation, hash: TokenHash) -> Result<()>;
    /// By the time they were made, newest first. Those that expired before `now` or are used up stay until revoked.
    async fn invitations(&self, after: Option<Cursor<InvitationId>>, limit: usize)
    -> Result<Vec<Invitation>>;
    /// True if it was there.
    async fn revoke_invitation(&self, id: InvitationId) -> Result<bool>;
    /// Whether somebody could be invited with it now.
    async fn has_invitation(&self, hash: &TokenHash, now: Timestamp) -> Result<bool>;
    /// `create_user`, and one more use of the invitation: both or neither. False if the invitation cannot be used (any
    /// more); it is used `max_uses` times at most, however many try at once.
    async fn create_invited_user(&self, user: User, hash: &TokenHash, now: Timestamp) -> Result<bool>;

    // what people say of themselves and of others
    /// Of those who changed any.
    async fn settings_of(&self, users: &[UserId]) -> Result<HashMap<UserId, Settings>>;
    /// Two changes of different fields at once both hold. `Missing` if there is no such user.
    async fn change_settings(&self, user: UserId, patch: SettingsPatch) -> Result<Settings>;
    /// True if it is new. `Missing` if one of them does not exist, or both are one.
    async fn block(&self, block: Block) -> Result<bool>;
    /// True if it was there.
    async fn unblock(&self, user: UserId, blocked: UserId) -> Result<bool>;
    /// Those by `user` and those against him.
    async fn blocks_around(&self, user: UserId) -> Result<Vec<Block>>;
    /// Whether `user` may reach `other`.
    async fn reach(&self, user: UserId, other: UserId) -> Result<Regard>;
    /// Mutes a conversation for one member, or changes until when. `Missing` if he is no member.
    async fn mute(&self, user: UserId, mute: Mute) -> Result<()>;
    async fn unmute(&self, user: UserId, conversation: ConversationId) -> Result<()>;
    /// By conversation.
    async fn mutes_of(&self, user: UserId) -> Result<Vec<Mute>>;
    /// "`user` was here at `at`": never goes back.
    async fn saw(&self, user: UserId, at: Timestamp) -> Result<()>;
    /// Of those who were here.
    async fn last_seen(&self, users: &[UserId]) -> Result<HashMap<UserId, Timestamp>>;
}
