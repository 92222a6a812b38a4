//! Who people are: registration, sign-in, passwords, profiles. Owns users and (in `sessions`) their sessions; knows the
//! store and the outbox, and neither HTTP nor Socket.IO.

pub mod admin;
mod error;
mod invitations;
pub mod password;
pub mod rules;
mod sessions;
pub mod token;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use error::AccountError;
pub use invitations::{InvitationWish, Pass};

use crate::clock::{Clock, Timestamp};
use crate::code::FieldError;
use crate::config;
use crate::event::Outbox;
use crate::ids::{SessionId, UserId};
use crate::limit::{Limiter, Rate};
use crate::model::{Actor, OwnUser, PublicUser, Role, User, UserQuery};
use crate::random::Random;
use crate::store::Store;
use password::{Hasher, Verdict};
use token::Tokens;

pub type Result<T> = std::result::Result<T, AccountError>;

/// How long an owner link can be used.
pub const CLAIM_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How long a session token that was just replaced still works: two tabs may refresh at once.
pub const GRACE: Duration = Duration::from_secs(30);
/// Sessions of one user at most; the one that was seen longest ago makes room.
pub const MAX_SESSIONS: usize = 100;
/// Pages of the store that one page of people may take.
const FIND_PAGES: usize = 5;
/// Keys that each limiter remembers.
const LIMITER_KEYS: usize = 20_000;
/// A sign-in with more than this is refused unread: no name and no password is that long, not even the original's.
const MAX_LOGIN_BYTES: usize = 1024;
/// What a session remembers of its client's name for itself, in characters.
const USER_AGENT_CHARS: usize = 200;

/// What somebody wrote to get an account.
pub struct Registration {
    pub username: String,
    pub email: String,
    pub password: String,
}

/// What somebody wrote to sign in.
pub struct Credentials {
    /// Or the e-mail address.
    pub username: String,
    pub password: String,
}

/// Where a sign-in comes from.
#[derive(Clone, Debug)]
pub struct Client {
    pub user_agent: String,
    pub address: IpAddr,
}

/// A session that was opened or refreshed. The tokens are secrets.
#[derive(Clone)]
pub struct SignedIn {
    pub user: OwnUser,
    pub session: SessionId,
    /// A JWT for `Authorization: Bearer`.
    pub access_token: String,
    /// When the access token ends.
    pub expires_at: Timestamp,
    /// The session's token, which is the cookie's value too.
    pub refresh_token: String,
    /// When the session ends unless it is refreshed before.
    pub session_expires_at: Timestamp,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Attempts are counted by name as written, known or not, so that the counting betrays nobody.
type NameLimiter = Mutex<Limiter<String>>;
type AddressLimiter = Mutex<Limiter<IpAddr>>;

/// The accounts service.
pub struct Accounts {
    store: Arc<dyn Store>,
    outbox: Arc<dyn Outbox>,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    settings: config::Accounts,
    hasher: Hasher,
    tokens: Tokens,
    login_names: NameLimiter,
    login_addresses: AddressLimiter,
    registrations: AddressLimiter,
    /// Until when the owner link made by this process can be used, milliseconds since 1970; 0 if there is none.
    claimable_until: AtomicI64,
    /// Sessions whose end another process wrote down, told already; and when that was.
    noticed: Mutex<HashMap<SessionId, Timestamp>>,
}

impl Accounts {
    /// `key` signs access tokens: 32 random bytes that outlive restarts and never leave the machine.
    pub fn new(
        store: Arc<dyn Store>,
        outbox: Arc<dyn Outbox>,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
        settings: &config::Accounts,
        limits: &config::Limits,
        key: &[u8; 32],
    ) -> Self {
        let quarter = Duration::from_secs(15 * 60);
        let hour = Duration::from_secs(3600);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let limiter = |count, window| Limiter::new(Rate::per(count, window), LIMITER_KEYS);
        Self {
            store,
            outbox,
            clock,
            random,
            settings: settings.clone(),
            hasher: Hasher::new(cores),
            tokens: Tokens::new(key),
            login_names: Mutex::new(Limiter::new(
                Rate::per(limits.logins_per_account, quarter),
                LIMITER_KEYS,
            )),
            login_addresses: Mutex::new(limiter(limits.logins_per_address, quarter)),
            registrations: Mutex::new(limiter(limits.registrations_per_address, hour)),
            claimable_until: AtomicI64::new(0),
            noticed: Mutex::default(),
        }
    }

    /// Makes an account and signs it in, where everybody may.
    ///
    /// # Errors
    /// As `register_by`.
    pub async fn register(&self, wish: Registration, client: Client) -> Result<SignedIn> {
        self.register_by(wish, Pass::default(), client).await
    }

    /// A member with a hash for his password, not stored yet.
    async fn member(&self, (username, email): (String, String), password: &str) -> Result<User> {
        let hash = self.hasher.hash(password, self.random.bytes()).await?;
        let now = self.clock.now();
        Ok(User {
            id: UserId(self.random.object_id(now)),
            username,
            email,
            password: hash,
            role: Role::Member,
            disabled: false,
            created_at: now,
        })
    }

    /// Signs in by username or e-mail. Unknown users and wrong passwords cost the same and are told the same. (An
    /// account of the original costs what its bcrypt hash costs until its first sign-in here.)
    ///
    /// # Errors
    /// `WrongCredentials`, `Disabled`, `TooMany`, and what the pool or the store says.
    pub async fn login(&self, credentials: Credentials, client: Client) -> Result<SignedIn> {
        let Credentials { username, password } = credentials;
        if username.len() > MAX_LOGIN_BYTES || password.len() > MAX_LOGIN_BYTES {
            return Err(AccountError::WrongCredentials);
        }
        let name = rules::normal(&username).to_lowercase();
        self.take_login(&name, client.address)?;
        let checked = self.check(&name, &password).await;
        // What the server could not check was no attempt.
        let (user, verdict) = checked.inspect_err(|_| self.refund_login(&name, client.address))?;
        let (Some(user), Verdict::Right | Verdict::RightButOld) = (user, verdict) else {
            tracing::debug!(address = %client.address, "a sign-in was refused");
            return Err(AccountError::WrongCredentials);
        };
        self.refund_login(&name, client.address);
        if user.disabled {
            return Err(AccountError::Disabled);
        }
        if verdict == Verdict::RightButOld {
            self.upgrade(&user, &password).await?;
        }
        self.open_session(&user, &client).await
    }

    /// Changes the password and ends every other session.
    ///
    /// # Errors
    /// `WrongCredentials` if `old` is not the password; `Invalid`, `Changed`, `TooMany`.
    pub async fn change_password(&self, actor: Actor, old: &str, new: &str) -> Result<()> {
        rules::password("newPassword", new).map_err(|e| AccountError::Invalid(vec![e]))?;
        let user = self.store.user(actor.user).await?.ok_or(AccountError::Unauthenticated)?;
        let key = user_key(actor.user);
        let now = self.clock.instant();
        locked(&self.login_names).take(&key, now).map_err(AccountError::TooMany)?;
        if old.len() > MAX_LOGIN_BYTES || self.hasher.verify(old, &user.password).await? == Verdict::Wrong {
            return Err(AccountError::WrongCredentials);
        }
        locked(&self.login_names).refund(&key);
        let hash = self.hasher.hash(new, self.random.bytes()).await?;
        if !self.store.replace_password(user.id, &user.password, &hash).await? {
            return Err(AccountError::Changed);
        }
        tracing::info!(user = %user.id, "changed the password");
        for ended in self.store.end_sessions(user.id, Some(actor.session)).await? {
            self.tell_ended(ended);
        }
        Ok(())
    }

    /// A new secret for the owner link, valid for a day. Only its hash is stored.
    pub async fn make_claim(&self) -> Result<String> {
        let secret = self.random.token();
        let until = self.clock.now().plus(CLAIM_LIFETIME);
        self.store.put_claim(token::hash(&secret), until).await?;
        self.claimable_until.store(until.0, Ordering::Relaxed);
        Ok(secret)
    }

    /// Makes the actor an owner, if `secret` is the owner link's and was not used yet.
    ///
    /// # Errors
    /// `BadClaim`; `TooMany` after some tries.
    pub async fn claim(&self, actor: Actor, secret: &str) -> Result<OwnUser> {
        let key = user_key(actor.user);
        let now = self.clock.instant();
        locked(&self.login_names).take(&key, now).map_err(AccountError::TooMany)?;
        if !self.store.take_claim(&token::hash(secret), self.clock.now()).await? {
            return Err(AccountError::BadClaim);
        }
        locked(&self.login_names).refund(&key);
        self.claimable_until.store(0, Ordering::Relaxed);
        self.store.set_role(actor.user, Role::Owner).await?;
        tracing::info!(user = %actor.user, "became an owner");
        self.me(actor).await
    }

    /// Whether an owner link made by this process is waiting to be used.
    pub fn claimable(&self) -> bool {
        self.claimable_until.load(Ordering::Relaxed) > self.clock.now().0
    }

    /// Who may make an account.
    pub fn registration(&self) -> config::Registration {
        self.settings.registration
    }

    /// The actor as he sees himself.
    pub async fn me(&self, actor: Actor) -> Result<OwnUser> {
        Ok(self.store.user(actor.user).await?.ok_or(AccountError::Unauthenticated)?.own())
    }

    /// A person as others see him.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn user(&self, id: UserId) -> Result<PublicUser> {
        Ok(self.store.user(id).await?.ok_or(AccountError::NotFound)?.public())
    }

    /// People whose name begins with `prefix`, by name, beyond `after`, without the actor and without those who blocked
    /// him; and what `after` is next, if there may be more.
    pub async fn find_users(
        &self,
        actor: Actor,
        prefix: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<PublicUser>, Option<String>)> {
        if prefix.len() > MAX_LOGIN_BYTES {
            return Ok((Vec::new(), None));
        }
        let blocks = self.store.blocks_around(actor.user).await?;
        let shown = |u: &User| u.id != actor.user && !blocks.iter().any(|b| b.user == u.id);
        let mut query = UserQuery { prefix: rules::normal(prefix), after, role: None, disabled: Some(false) };
        let mut people = Vec::new();
        // Whoever is not shown takes no place; a few pages of them end the search early, and it can be gone on with.
        for _ in 0..FIND_PAGES {
            let found = self.store.list_users(&query, limit).await?;
            for user in &found {
                query.after = Some(user.username.to_lowercase());
                if shown(user) {
                    people.push(user.public());
                }
                if people.len() == limit {
                    return Ok((people, query.after));
                }
            }
            if found.len() < limit {
                return Ok((people, None));
            }
        }
        Ok((people, query.after))
    }

    /// The user of that name, if any, and whether it is his password. Costs the same without a user.
    async fn check(&self, name: &str, password: &str) -> Result<(Option<User>, Verdict)> {
        let user = self.store.user_by_login(name).await?;
        let stored = user.as_ref().map_or(password::NOBODY, |u| u.password.as_str());
        let verdict = self.hasher.verify(password, stored).await?;
        Ok((user, verdict))
    }

    /// Puts the password under today's hash. Losing a race against a change of password is fine: that one counts.
    async fn upgrade(&self, user: &User, password: &str) -> Result<()> {
        let hash = self.hasher.hash(password, self.random.bytes()).await?;
        if self.store.replace_password(user.id, &user.password, &hash).await? {
            tracing::info!(user = %user.id, "upgraded the password's hash");
        }
        Ok(())
    }

    fn take_login(&self, name: &str, address: IpAddr) -> Result<()> {
        let now = self.clock.instant();
        let address = network(address);
        locked(&self.login_addresses).take(&address, now).map_err(AccountError::TooMany)?;
        let taken = locked(&self.login_names).take(&name_key(name), now);
        taken.map_err(|wait| {
            locked(&self.login_addresses).refund(&address);
            AccountError::TooMany(wait)
        })
    }

    /// A right password is no attempt: many people may share an address.
    fn refund_login(&self, name: &str, address: IpAddr) {
        locked(&self.login_names).refund(&name_key(name));
        locked(&self.login_addresses).refund(&network(address));
    }

    fn take_registration(&self, address: IpAddr) -> Result<()> {
        let now = self.clock.instant();
        locked(&self.registrations).take(&network(address), now).map_err(AccountError::TooMany)
    }
}

/// Every field's trouble at once.
fn checked(wish: &Registration) -> Result<(String, String)> {
    let username = rules::username(&wish.username);
    let email = rules::email(&wish.email);
    let password = rules::password("password", &wish.password);
    match (username, email, password) {
        (Ok(username), Ok(email), Ok(())) => Ok((username, email)),
        (username, email, password) => {
            let errors: Vec<FieldError> =
                [username.err(), email.err(), password.err()].into_iter().flatten().collect();
            Err(AccountError::Invalid(errors))
        }
    }
}

/// What is counted as one address: an IPv4 address, or an IPv6 network of 64 bits, which one person may have whole.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What attempts at a name are counted under; never the same as a `user_key`.
fn name_key(name: &str) -> String {
    format!("name:{name}")
}

/// What a signed-in user's attempts are counted under.
fn user_key(user: UserId) -> String {
    format!("user:{user}")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
