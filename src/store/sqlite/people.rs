//! The contract about people on SQLite: each operation on its thread. Knows no statement.

use std::collections::HashMap;

use async_trait::async_trait;

use super::lanes::Lane::{Low, Normal};
use super::{Sqlite, invitations, regards, standing};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, InvitationId, SessionId, UserId};
use crate::model::{
    Block, Cursor, Invitation, Mute, Regard, Revocation, Settings, SettingsPatch, Standing, StandingChange,
    TakenReset, TokenHash, User, UserQuery,
};
use crate::store::Result;
use crate::store::people::PeopleStore;

#[async_trait]
impl PeopleStore for Sqlite {
    async fn list_users(&self, query: &UserQuery, limit: usize) -> Result<Vec<User>> {
        let query = query.clone();
        self.threads.read(move |conn| standing::list(conn, &query, limit)).await
    }
    async fn change_standing(&self, id: UserId, change: StandingChange) -> Result<Standing> {
        self.threads.write(Normal, move |tx| standing::change(tx, id, change)).await
    }
    async fn revoke_sessions(&self, user: UserId, now: Timestamp) -> Result<Vec<SessionId>> {
        self.threads.write(Normal, move |tx| standing::revoke_sessions(tx, user, now)).await
    }
    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Revocation>> {
        self.threads.read(move |conn| standing::revoked_since(conn, since)).await
    }

    async fn has_claim(&self, hash: &TokenHash, now: Timestamp) -> Result<bool> {
        let hash = *hash;
        self.threads.read(move |conn| standing::has_claim(conn, &hash, now)).await
    }
    async fn put_reset(&self, hash: TokenHash, user: UserId, expires_at: Timestamp) -> Result<()> {
        self.threads.write(Normal, move |tx| standing::put_reset(tx, &hash, user, expires_at)).await
    }
    async fn reset_user(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<UserId>> {
        let hash = *hash;
        self.threads.read(move |conn| standing::reset_user(conn, &hash, now)).await
    }
    async fn take_reset(
        &self,
        hash: &TokenHash,
        now: Timestamp,
        password: &str,
    ) -> Result<Option<TakenReset>> {
        let (hash, password) = (*hash, password.to_owned());
        self.threads.write(Normal, move |tx| standing::take_reset(tx, &hash, now, &password)).await
    }

    async fn create_invitation(&self, invitation: Invitation, hash: TokenHash) -> Result<()> {
        self.threads.write(Normal, move |tx| invitations::create(tx, &invitation, &hash)).await
    }
    async fn invitations(
        &self,
        after: Option<Cursor<InvitationId>>,
        limit: usize,
    ) -> Result<Vec<Invitation>> {
        self.threads.read(move |conn| invitations::list(conn, after, limit)).await
    }
    async fn revoke_invitation(&self, id: InvitationId) -> Result<bool> {
        self.threads.write(Normal, move |tx| invitations::revoke(tx, id)).await
    }
    async fn has_invitation(&self, hash: &TokenHash, now: Timestamp) -> Result<bool> {
        let hash = *hash;
        self.threads.read(move |conn| invitations::usable(conn, &hash, now)).await
    }
    async fn create_invited_user(&self, user: User, hash: &TokenHash, now: Timestamp) -> Result<bool> {
        let hash = *hash;
        self.threads.write(Normal, move |tx| invitations::admit(tx, &user, &hash, now)).await
    }

    async fn settings_of(&self, users: &[UserId]) -> Result<HashMap<UserId, Settings>> {
        let users = users.to_vec();
        self.threads.read(move |conn| regards::settings_of(conn, &users)).await
    }
    async fn change_settings(&self, user: UserId, patch: SettingsPatch) -> Result<Settings> {
        self.threads.write(Normal, move |tx| regards::change_settings(tx, user, patch)).await
    }
    async fn block(&self, block: Block) -> Result<bool> {
        self.threads.write(Normal, move |tx| regards::block(tx, &block)).await
    }
    async fn unblock(&self, user: UserId, blocked: UserId) -> Result<bool> {
        self.threads.write(Normal, move |tx| regards::unblock(tx, user, blocked)).await
    }
    async fn blocks_around(&self, user: UserId) -> Result<Vec<Block>> {
        self.threads.read(move |conn| regards::blocks_around(conn, user)).await
    }
    async fn reach(&self, user: UserId, other: UserId) -> Result<Regard> {
        self.threads.read(move |conn| regards::reach(conn, user, other)).await
    }
    async fn mute(&self, user: UserId, mute: Mute) -> Result<()> {
        self.threads.write(Normal, move |tx| regards::mute(tx, user, &mute)).await
    }
    async fn unmute(&self, user: UserId, conversation: ConversationId) -> Result<()> {
        self.threads.write(Normal, move |tx| regards::unmute(tx, user, conversation)).await
    }
    async fn mutes_of(&self, user: UserId) -> Result<Vec<Mute>> {
        self.threads.read(move |conn| regards::mutes_of(conn, user)).await
    }
    async fn saw(&self, user: UserId, at: Timestamp) -> Result<()> {
        self.threads.write(Low, move |tx| regards::saw(tx, user, at)).await
    }
    async fn last_seen(&self, users: &[UserId]) -> Result<HashMap<UserId, Timestamp>> {
        let users = users.to_vec();
        self.threads.read(move |conn| regards::last_seen(conn, &users)).await
    }
}
