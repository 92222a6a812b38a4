//! Sessions: opening, recognising, refreshing, ending. A session is a random token whose hash is stored; access tokens
//! only stand in for it and are refused once it has ended.

use super::{AccountError, Accounts, Client, GRACE, MAX_SESSIONS, Result, SignedIn, USER_AGENT_CHARS, token};
use crate::clock::Timestamp;
use crate::event::{Audience, Event};
use crate::ids::SessionId;
use crate::model::{Actor, Session, TokenHash, User};
use std::time::Duration;

/// How old `last_seen_at` may get before it is written again: a read must not cost a write each time.
const SEEN: Duration = Duration::from_secs(60);
/// How often a refresh is tried against other refreshes of the same session at the same time.
const ROTATIONS: usize = 4;

impl Accounts {
    /// Who the access token is for: it is ours, it is valid now, and its session lives.
    ///
    /// # Errors
    /// `Unauthenticated`, whatever is wrong with it.
    pub async fn bearer(&self, access_token: &str) -> Result<Actor> {
        let now = self.clock.now();
        let bearer = self.tokens.read(access_token, now).ok_or(AccountError::Unauthenticated)?;
        let session = self.store.session(bearer.session).await?.ok_or(AccountError::Unauthenticated)?;
        if session.user != bearer.user {
            return Err(AccountError::Unauthenticated);
        }
        let user = self.user_of(&session, now).await?;
        // A token from before the last rotation says nothing about whether the rotation's answer arrived.
        if bearer.issued_at.seconds() >= session.rotated_at.seconds() {
            self.seen(&session, now).await?;
        }
        Ok(Actor { user: user.id, session: session.id, role: user.role })
    }

    /// Who the cookie's session is of.
    ///
    /// # Errors
    /// `Unauthenticated`, whatever is wrong with it.
    pub async fn cookie(&self, session_token: &str) -> Result<Actor> {
        let now = self.clock.now();
        let (session, user) = self.recognise(session_token, now).await?;
        Ok(Actor { user: user.id, session: session.id, role: user.role })
    }

    /// Replaces the session's token and makes a new access token; the session's end moves on.
    ///
    /// # Errors
    /// `Unauthenticated` if the token is not, or no longer, a session's.
    pub async fn refresh(&self, session_token: &str, _client: Client) -> Result<SignedIn> {
        for _ in 0..ROTATIONS {
            let now = self.clock.now();
            let (session, user) = self.recognise(session_token, now).await?;
            let fresh = self.random.token();
            let expires_at = now.plus(self.settings.session_lifetime());
            let new = token::hash(&fresh);
            if self.store.rotate_session(session.id, &session.token_hash, &new, now, expires_at).await? {
                return self.signed_in(&user, session.id, fresh, now, expires_at);
            }
        }
        // Every try lost against another refresh of this session: the caller's page has those answers.
        Err(AccountError::Unauthenticated)
    }

    /// Ends the actor's own session.
    pub async fn logout(&self, actor: Actor) -> Result<()> {
        self.store.end_session(actor.session).await?;
        self.tell_ended(actor.session);
        tracing::info!(user = %actor.user, session = %actor.session, "signed out");
        Ok(())
    }

    /// The actor's sessions, newest first.
    pub async fn sessions(&self, actor: Actor) -> Result<Vec<Session>> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions_of(actor.user).await?;
        sessions.retain(|s| s.expires_at > now);
        Ok(sessions)
    }

    /// Ends one of the actor's sessions.
    ///
    /// # Errors
    /// `NotFound` if there is none of that id, or it is somebody else's.
    pub async fn end_session(&self, actor: Actor, id: SessionId) -> Result<()> {
        let session = self.store.session(id).await?.filter(|s| s.user == actor.user);
        if session.is_none() || !self.store.end_session(id).await? {
            return Err(AccountError::NotFound);
        }
        self.tell_ended(id);
        tracing::info!(user = %actor.user, session = %id, "ended a session");
        Ok(())
    }

    /// Whether the session has neither ended nor expired, and its user may still sign in.
    pub async fn is_live(&self, id: SessionId) -> Result<bool> {
        let now = self.clock.now();
        let Some(session) = self.store.session(id).await? else { return Ok(false) };
        match self.user_of(&session, now).await {
            Ok(_) => Ok(true),
            Err(AccountError::Unauthenticated) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Ends the sessions that have expired and tells their sockets. To be called every few seconds.
    pub async fn expire(&self) -> Result<()> {
        for id in self.store.expire_sessions(self.clock.now()).await? {
            self.tell_ended(id);
        }
        Ok(())
    }

    /// A new session of `user`.
    pub(super) async fn open_session(&self, user: &User, client: &Client) -> Result<SignedIn> {
        let now = self.clock.now();
        let fresh = self.random.token();
        let expires_at = now.plus(self.settings.session_lifetime());
        let session = Session {
            id: SessionId(self.random.object_id(now)),
            user: user.id,
            token_hash: token::hash(&fresh),
            previous_hash: None,
            rotated_at: now,
            created_at: now,
            last_seen_at: now,
            expires_at,
            user_agent: client
                .user_agent
                .chars()
                .filter(|c| !c.is_control())
                .take(USER_AGENT_CHARS)
                .collect(),
        };
        let id = session.id;
        self.store.create_session(session).await?;
        self.make_room(user, id).await?;
        tracing::info!(user = %user.id, session = %id, "signed in");
        self.signed_in(user, id, fresh, now, expires_at)
    }

    /// Tells the sockets of a session that it has ended.
    pub(super) fn tell_ended(&self, id: SessionId) {
        self.outbox.publish(Audience::Session(id), Event::SessionRevoked(id));
    }

    /// Ends the session that was seen longest ago while there are too many.
    async fn make_room(&self, user: &User, newest: SessionId) -> Result<()> {
        let mut sessions = self.store.sessions_of(user.id).await?;
        sessions.sort_by_key(|s| std::cmp::Reverse((s.id == newest, s.last_seen_at)));
        for surplus in sessions.drain(MAX_SESSIONS.min(sessions.len())..) {
            if self.store.end_session(surplus.id).await? {
                self.tell_ended(surplus.id);
            }
        }
        Ok(())
    }

    fn signed_in(
        &self,
        user: &User,
        session: SessionId,
        refresh_token: String,
        now: Timestamp,
        session_expires_at: Timestamp,
    ) -> Result<SignedIn> {
        let expires_at = now.plus(self.settings.access_lifetime()).min(session_expires_at);
        let expires_at = Timestamp(expires_at.seconds().saturating_mul(1000));
        let access_token = self.tokens.make(user.id, session, now, expires_at)?;
        Ok(SignedIn {
            user: user.own(),
            session,
            access_token,
            expires_at,
            refresh_token,
            session_expires_at,
        })
    }

    /// The live session whose token this is, or was until a moment ago.
    ///
    /// An older token is a stolen one (or the thief has the newer): the session ends for both. It is not when the newer
    /// one was never used: then the answer that brought it was lost, and its client may go on with what it has.
    async fn recognise(&self, session_token: &str, now: Timestamp) -> Result<(Session, User)> {
        let hash = token::hash(session_token);
        let session = self.store.session_by_token(&hash).await?.ok_or(AccountError::Unauthenticated)?;
        let user = self.user_of(&session, now).await?;
        if is_current(&session, &hash) {
            self.seen(&session, now).await?;
            return Ok((session, user));
        }
        let in_time = now.since(session.rotated_at) <= GRACE;
        let answer_lost = session.last_seen_at <= session.rotated_at;
        if in_time || answer_lost {
            return Ok((session, user));
        }
        tracing::warn!(user = %user.id, session = %session.id, "a replaced session token was used: the session ends");
        if self.store.end_session(session.id).await? {
            self.tell_ended(session.id);
        }
        Err(AccountError::Unauthenticated)
    }

    /// The session's user, if the session has not expired and the user may sign in.
    async fn user_of(&self, session: &Session, now: Timestamp) -> Result<User> {
        if session.expires_at <= now {
            return Err(AccountError::Unauthenticated);
        }
        let user = self.store.user(session.user).await?;
        user.filter(|u| !u.disabled).ok_or(AccountError::Unauthenticated)
    }

    async fn seen(&self, session: &Session, now: Timestamp) -> Result<()> {
        let first_use = session.last_seen_at <= session.rotated_at && now > session.rotated_at;
        if first_use || now.since(session.last_seen_at) >= SEEN {
            self.store.touch_session(session.id, now).await?;
        }
        Ok(())
    }
}

fn is_current(session: &Session, hash: &TokenHash) -> bool {
    // Both are hashes of random tokens: how long the comparison takes says nothing about a token.
    session.token_hash == *hash
}
