//! The contract about people on MongoDB: each operation held while it writes. Knows no query.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{Mongo, invitations, regards, standing};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, InvitationId, SessionId, UserId};
use crate::model::{
    Block, Cursor, Invitation, Mute, Regard, Revocation, Settings, SettingsPatch, Standing, StandingChange,
    TakenReset, TokenHash, User, UserQuery,
};
use crate::store::Result;
use crate::store::people::PeopleStore;

#[async_trait]
impl PeopleStore for Mongo {
    async fn list_users(&self, query: &UserQuery, limit: usize) -> Result<Vec<User>> {
        standing::list(&self.base, query, limit).await
    }
    async fn change_standing(&self, id: UserId, change: StandingChange) -> Result<Standing> {
        let _busy = self.writing()?;
        standing::change(&self.base, id, change).await
    }
    async fn revoke_sessions(&self, user: UserId, now: Timestamp) -> Result<Vec<SessionId>> {
        let _busy = self.writing()?;
        standing::revoke_sessions(&self.base, user, now).await
    }
    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Revocation>> {
        standing::revoked_since(&self.base, since).await
    }

    async fn has_claim(&self, hash: &TokenHash, now: Timestamp) -> Result<bool> {
        standing::has_claim(&self.base, hash, now).await
    }
    async fn put_reset(&self, hash: TokenHash, user: UserId, expires_at: Timestamp) -> Result<()> {
        let _busy = self.writing()?;
        standing::put_reset(&self.base, &hash, user, expires_at).await
    }
    async fn reset_user(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<UserId>> {
        standing::reset_user(&self.base, hash, now).await
    }
    async fn take_reset(
        &self,
        hash: &TokenHash,
        now: Timestamp,
        password: &str,
    ) -> Result<Option<TakenReset>> {
        let _busy = self.writing()?;
        standing::take_reset(&self.base, hash, now, password).await
    }

    async fn create_invitation(&self, invitation: Invitation, hash: TokenHash) -> Result<()> {
        let _busy = self.writing()?;
        invitations::create(&self.base, invitation, &hash).await
    }
    async fn invitations(
        &self,
        after: Option<Cursor<InvitationId>>,
        limit: usize,
    ) -> Result<Vec<Invitation>> {
        invitations::list(&self.base, after, limit).await
    }
    async fn revoke_invitation(&self, id: InvitationId) -> Result<bool> {
        let _busy = self.writing()?;
        invitations::revoke(&self.base, id).await
    }
    async fn has_invitation(&self, hash: &TokenHash, now: Timestamp) -> Result<bool> {
        invitations::usable(&self.base, hash, now).await
    }
    async fn create_invited_user(&self, user: User, hash: &TokenHash, now: Timestamp) -> Result<bool> {
        let _busy = self.writing()?;
        invitations::admit(&self.base, &user, hash, now).await
    }

    async fn settings_of(&self, users: &[UserId]) -> Result<HashMap<UserId, Settings>> {
        regards::settings_of(&self.base, users).await
    }
    async fn change_settings(&self, user: UserId, patch: SettingsPatch) -> Result<Settings> {
        let _busy = self.writing()?;
        regards::change_settings(&self.base, user, patch).await
    }
    async fn block(&self, block: Block) -> Result<bool> {
        let _busy = self.writing()?;
        regards::block(&self.base, &block).await
    }
    async fn unblock(&self, user: UserId, blocked: UserId) -> Result<bool> {
        let _busy = self.writing()?;
        regards::unblock(&self.base, user, blocked).await
    }
    async fn blocks_around(&self, user: UserId) -> Result<Vec<Block>> {
        regards::blocks_around(&self.base, user).await
    }
    async fn reach(&self, user: UserId, other: UserId) -> Result<Regard> {
        regards::reach(&self.base, user, other).await
    }
    async fn mute(&self, user: UserId, mute: Mute) -> Result<()> {
        let _busy = self.writing()?;
        regards::mute(&self.base, user, &mute).await
    }
    async fn unmute(&self, user: UserId, conversation: ConversationId) -> Result<()> {
        let _busy = self.writing()?;
        regards::unmute(&self.base, user, conversation).await
    }
    async fn mutes_of(&self, user: UserId) -> Result<Vec<Mute>> {
        regards::mutes_of(&self.base, user).await
    }
    async fn saw(&self, user: UserId, at: Timestamp) -> Result<()> {
        let _busy = self.writing()?;
        regards::saw(&self.base, user, at).await
    }
    async fn last_seen(&self, users: &[UserId]) -> Result<HashMap<UserId, Timestamp>> {
        regards::last_seen(&self.base, users).await
    }
}
