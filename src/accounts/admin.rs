//! Administration: accounts listed, made, switched off and on, given roles and new passwords. Owns who may by asking
//! `policy`; the links are put together by whoever knows the server's name.

use std::fmt;
use std::time::Duration;

use super::{AccountError, Accounts, Result, locked, password, rules, token};
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::model::{Actor, AdminUser, Role, Standing, StandingChange, TakenReset, User, UserQuery};
use crate::policy::Administration;

/// How long a link to set a password can be used.
pub const RESET_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// Ends that other processes wrote down are looked for this far back: clocks differ, and commits take time.
const OVERLAP: Duration = Duration::from_secs(60);

/// Who administers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Person(Actor),
    /// The command line: whoever can write the database owns the server.
    Console,
}

impl By {
    pub fn role(&self) -> Role {
        match self {
            Self::Person(actor) => actor.role,
            Self::Console => Role::Owner,
        }
    }
    pub(super) fn user(&self) -> Option<UserId> {
        match self {
            Self::Person(actor) => Some(actor.user),
            Self::Console => None,
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(actor) => actor.user.fmt(f),
            Self::Console => f.write_str("console"),
        }
    }
}

/// An account to be made; its person chooses the password by a link.
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub role: Role,
}

/// The secret of a link to set a password, once.
pub struct ResetSecret {
    pub secret: String,
    pub expires_at: Timestamp,
}

impl fmt::Debug for ResetSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResetSecret").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Accounts {
    /// By username. And what `query.after` is next, if there may be more.
    ///
    /// # Errors
    /// `NotAllowed`.
    pub async fn list_users(
        &self,
        by: By,
        query: UserQuery,
        limit: usize,
    ) -> Result<(Vec<AdminUser>, Option<String>)> {
        by.may(Administration::See)?;
        let query = UserQuery { prefix: rules::normal(&query.prefix), ..query };
        let found = self.store.list_users(&query, limit).await?;
        let next = found.last().filter(|_| found.len() == limit).map(|u| u.username.to_lowercase());
        Ok((found.iter().map(User::admin).collect(), next))
    }

    /// One account.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn account(&self, by: By, id: UserId) -> Result<AdminUser> {
        by.may(Administration::See)?;
        Ok(self.known(id).await?.admin())
    }

    /// The account of that username or e-mail address.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn account_named(&self, by: By, name: &str) -> Result<AdminUser> {
        by.may(Administration::See)?;
        let found = self.store.user_by_login(&rules::normal(name)).await?;
        Ok(found.ok_or(AccountError::NotFound)?.admin())
    }

    /// Makes an account that nobody can sign in to before its person has chosen a password.
    ///
    /// # Errors
    /// `NotAllowed`, `Invalid`, `Taken`.
    pub async fn create_account(&self, by: By, new: NewAccount) -> Result<(AdminUser, ResetSecret)> {
        by.may(Administration::Create(new.role))?;
        let (username, email) = match (rules::username(&new.username), rules::email(&new.email)) {
            (Ok(username), Ok(email)) => (username, email),
            (username, email) => {
                let errors = [username.err(), email.err()].into_iter().flatten().collect();
                return Err(AccountError::Invalid(errors));
            }
        };
        let now = self.clock.now();
        let user = User {
            id: UserId(self.random.object_id(now)),
            username,
            email,
            password: password::NOBODY.into(),
            role: new.role,
            disabled: false,
            created_at: now,
        };
        self.store.create_user(user.clone()).await?;
        tracing::info!(user = %user.id, by = %by, role = ?user.role, "made an account");
        Ok((user.admin(), self.make_reset(user.id).await?))
    }

    /// Gives a role, switches off or on. Who is switched off is out at once: sessions, sockets, calls.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`, `LastOwner`.
    pub async fn change_account(&self, by: By, id: UserId, change: StandingChange) -> Result<AdminUser> {
        by.may(Administration::See)?;
        let before = self.known(id).await?;
        if change.role.is_some_and(|role| role != before.role) {
            by.may(Administration::GiveRole)?;
        }
        if change.disabled.is_some_and(|disabled| disabled != before.disabled) {
            by.may(Administration::Control(before.role))?;
        }
        let after = match self.store.change_standing(id, change).await? {
            Standing::Changed(after) => after,
            Standing::LastOwner => return Err(AccountError::LastOwner),
        };
        tracing::info!(user = %id, by = %by, role = ?after.role, disabled = after.disabled, "changed an account");
        if after.disabled {
            self.revoke(id).await?;
        }
        Ok(after.admin())
    }

    /// A link's secret with which the account's person sets a new password, once, within a day. The old password works
    /// until then.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn reset_account(&self, by: By, id: UserId) -> Result<ResetSecret> {
        by.may(Administration::See)?;
        let user = self.known(id).await?;
        by.may(Administration::Control(user.role))?;
        tracing::info!(user = %id, by = %by, "made a link to set a password");
        self.make_reset(id).await
    }

    /// Sets the password by the secret of such a link and ends every session.
    ///
    /// # Errors
    /// `Invalid`, `BadReset`.
    pub async fn reset_password(&self, secret: &str, new: &str) -> Result<()> {
        rules::password("newPassword", new).map_err(|e| AccountError::Invalid(vec![e]))?;
        let hash = token::hash(secret);
        // Looked at before the password is hashed, which costs.
        if self.store.reset_user(&hash, self.clock.now()).await?.is_none() {
            return Err(AccountError::BadReset);
        }
        let password = self.hasher.hash(new, self.random.bytes()).await?;
        let taken = self.store.take_reset(&hash, self.clock.now(), &password).await?;
        let TakenReset { user, ended } = taken.ok_or(AccountError::BadReset)?;
        tracing::info!(%user, "set a new password by a link");
        for session in ended {
            self.tell_ended(session);
        }
        // One that was begun with the old password meanwhile.
        self.revoke(user).await
    }

    /// Tells the sockets of sessions that another process ended, the command line for one. To be called every second.
    pub async fn notice(&self) -> Result<()> {
        let now = self.clock.now();
        let found = self.store.revoked_since(now.minus(OVERLAP)).await?;
        let fresh: Vec<_> = {
            let mut noticed = locked(&self.noticed);
            noticed.retain(|_, at| now.since(*at) < OVERLAP * 2);
            found.into_iter().filter(|r| noticed.insert(r.session, now).is_none()).collect()
        };
        for revocation in fresh {
            self.tell_ended(revocation.session);
        }
        Ok(())
    }

    async fn known(&self, id: UserId) -> Result<User> {
        self.store.user(id).await?.ok_or(AccountError::NotFound)
    }

    async fn make_reset(&self, user: UserId) -> Result<ResetSecret> {
        let (secret, expires_at) = (self.random.token(), self.clock.now().plus(RESET_LIFETIME));
        self.store.put_reset(token::hash(&secret), user, expires_at).await?;
        Ok(ResetSecret { secret, expires_at })
    }

    /// Ends all sessions of a user.
    async fn revoke(&self, user: UserId) -> Result<()> {
        for session in self.store.revoke_sessions(user, self.clock.now()).await? {
            self.tell_ended(session);
        }
        Ok(())
    }
}
