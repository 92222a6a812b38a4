//! `charla user …` and `charla invite …`: administration at the command line, on the store itself. Works beside a running
//! server: both engines take several writers (SQLite one after the other, each waits up to ten seconds for the other), and
//! what ends here is written down there, where the server looks every second. A database of an older format is refused: the
//! server may be of that version. Knows no table.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::accounts::admin::{By, NewAccount, ResetSecret};
use crate::accounts::{AccountError, Accounts, InvitationWish};
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::code::{Code, Refusal};
use crate::config::Config;
use crate::event::{Audience, Event, Outbox};
use crate::ids::InvitationId;
use crate::model::{AdminUser, Cursor, Invitation, Role, StandingChange, UserQuery};
use crate::private::{self, PrivateError};
use crate::random::Random;
use crate::startup::addresses::{self, Machine};
use crate::startup::database;
use crate::store::{StoreError, open};

/// `charla user …`
#[derive(Debug, Subcommand)]
pub enum User {
    /// List accounts by name.
    List {
        /// How the names begin.
        #[arg(default_value = "")]
        prefix: String,
    },
    /// Make an account, and print the link by which its person chooses the password.
    Create {
        name: String,
        email: String,
        /// owner, admin or member
        #[arg(long, default_value = "member", value_parser = role)]
        role: Role,
    },
    /// Switch an account off: signed out everywhere within two seconds, and kept out.
    Disable { name: String },
    /// Switch an account on again.
    Enable { name: String },
    /// Print a link by which somebody sets a new password, once, within a day.
    Reset { name: String },
    /// Give a role: owner, admin or member.
    Role {
        name: String,
        #[arg(value_parser = role)]
        role: Role,
    },
}

/// `charla invite …`
#[derive(Debug, Subcommand)]
pub enum Invite {
    /// Make an invitation and print its link.
    Create {
        /// Accounts that it may make.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// Hours that it is good for.
        #[arg(long, default_value_t = 168)]
        hours: u32,
        /// For whom it is.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// List invitations, newest first.
    List,
    /// Take one back; the accounts it made stay.
    Revoke {
        /// As `list` shows it.
        id: InvitationId,
    },
}

/// What was typed.
#[derive(Debug)]
pub enum Command {
    User(User),
    Invite(Invite),
}

impl From<User> for Command {
    fn from(command: User) -> Self {
        Self::User(command)
    }
}

impl From<Invite> for Command {
    fn from(command: Invite) -> Self {
        Self::Invite(command)
    }
}

/// What was done or found. Its JSON has the shapes and names of the REST routes; its text is for people.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Users {
        users: Vec<AdminUser>,
    },
    User(AdminUser),
    Made {
        user: AdminUser,
        #[serde(flatten)]
        link: Link,
    },
    Link(Link),
    Invitations {
        invitations: Vec<Invitation>,
    },
    Invited {
        invitation: Invitation,
        link: String,
    },
    Revoked {
        id: InvitationId,
    },
}

/// A link that works once. Its secret stands in the fragment, so that no server log ever sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    link: String,
    expires_at: Timestamp,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Users { users } => users.iter().try_for_each(|user| write_user(f, user)),
            Self::User(user) => write_user(f, user),
            Self::Made { user, link } => {
                write_user(f, user).and_then(|()| write_link(f, &link.link, link.expires_at))
            }
            Self::Link(link) => write_link(f, &link.link, link.expires_at),
            Self::Invitations { invitations } => invitations.iter().try_for_each(|one| {
                let Invitation { id, uses, max_uses, expires_at, note, .. } = one;
                writeln!(f, "{id}  {uses} of {max_uses} used, until {expires_at}  {note}")
            }),
            Self::Invited { invitation, link } => write_link(f, link, invitation.expires_at),
            Self::Revoked { id } => writeln!(f, "{id} is revoked"),
        }
    }
}

fn write_user(f: &mut fmt::Formatter<'_>, account: &AdminUser) -> fmt::Result {
    let off = if account.disabled { "  switched off" } else { "" };
    let role = crate::store::derive::word(&account.role);
    writeln!(f, "{}  {}  {}  {role}{off}", account.public.id, account.public.username, account.email)
}

fn write_link(f: &mut fmt::Formatter<'_>, link: &str, until: Timestamp) -> fmt::Result {
    writeln!(f, "To be handed on, good until {until}: {link}")
}

/// Why it was not done.
#[derive(Debug, Error)]
pub enum ConsoleError {
    #[error(transparent)]
    Private(#[from] PrivateError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// In the words that a user is told.
    #[error("{}", .0.detail)]
    Refused(Refusal),
}

impl ConsoleError {
    /// For programs: as acks have it.
    pub fn json(&self) -> Value {
        let (code, errors) = match self {
            Self::Private(_) | Self::Store(_) => (Code::Unavailable, &[][..]),
            Self::Refused(refusal) => (refusal.code, &refusal.errors[..]),
        };
        let detail = self.to_string();
        json!({"error": {"code": code.as_str(), "title": code.title(), "detail": detail, "errors": errors}})
    }
}

impl From<AccountError> for ConsoleError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => Self::Store(error),
            error => Self::Refused(Refusal::from(error)),
        }
    }
}

/// Accounts per page of the store.
const PAGE: usize = 500;

/// Nobody is connected to this process.
struct Nobody;

impl Outbox for Nobody {
    fn publish(&self, _: Audience, _: Event) {}
}

fn role(text: &str) -> Result<Role, String> {
    match text {
        "owner" => Ok(Role::Owner),
        "admin" => Ok(Role::Admin),
        "member" | "user" => Ok(Role::Member),
        _ => Err("a role is owner, admin or member".into()),
    }
}

/// Does it.
///
/// # Errors
/// Why it was not done.
pub async fn run(config: &Config, command: Command) -> Result<Answer, ConsoleError> {
    private::directory(&config.server.data_dir)?;
    let store = open::beside(&database::url(config)?).await?;
    let random = Arc::new(Random::system());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // It signs nobody in, so its key is never used.
    let key = random.bytes();
    let (accounts, limits) = (&config.accounts, &config.limits);
    let accounts = Accounts::new(store.clone(), Arc::new(Nobody), clock, random, accounts, limits, &key);
    let done = match command {
        Command::User(command) => user(&accounts, config, command).await,
        Command::Invite(command) => invite(&accounts, config, command).await,
    };
    store.close().await;
    done
}

async fn user(accounts: &Accounts, config: &Config, command: User) -> Result<Answer, ConsoleError> {
    let by = By::Console;
    let named = async |name: &str| match accounts.account_named(by, name).await {
        Err(AccountError::NotFound) => {
            let detail = format!("There is no account {name}.");
            Err(ConsoleError::Refused(Refusal::new(Code::NotFound, detail)))
        }
        other => Ok(other?.public.id),
    };
    let change = async |name: &str, change: StandingChange| {
        let account = accounts.change_account(by, named(name).await?, change).await?;
        Ok::<_, ConsoleError>(Answer::User(account))
    };
    match command {
        User::List { prefix } => list(accounts, prefix).await,
        User::Create { name, email, role } => {
            let new = NewAccount { username: name, email, role };
            let (user, reset) = accounts.create_account(by, new).await?;
            Ok(Answer::Made { user, link: password_link(config, &reset) })
        }
        User::Disable { name } => change(&name, StandingChange { disabled: Some(true), role: None }).await,
        User::Enable { name } => change(&name, StandingChange { disabled: Some(false), role: None }).await,
        User::Role { name, role } => change(&name, StandingChange { role: Some(role), disabled: None }).await,
        User::Reset { name } => {
            let reset = accounts.reset_account(by, named(&name).await?).await?;
            Ok(Answer::Link(password_link(config, &reset)))
        }
    }
}

async fn list(accounts: &Accounts, prefix: String) -> Result<Answer, ConsoleError> {
    let mut query = UserQuery { prefix, ..UserQuery::default() };
    let mut users = Vec::new();
    loop {
        let (page, next) = accounts.list_users(By::Console, query.clone(), PAGE).await?;
        users.extend(page);
        match next {
            Some(_) => query.after = next,
            None => return Ok(Answer::Users { users }),
        }
    }
}

async fn invite(accounts: &Accounts, config: &Config, command: Invite) -> Result<Answer, ConsoleError> {
    match command {
        Invite::Create { uses, hours, note } => {
            let lifetime = Duration::from_secs(u64::from(hours) * 3600);
            let wish = InvitationWish { note, max_uses: uses, lifetime };
            let (invitation, secret) = accounts.invite(By::Console, wish).await?;
            Ok(Answer::Invited { invitation, link: link(config, "invite", &secret) })
        }
        Invite::List => {
            let (mut invitations, mut after) = (Vec::new(), None);
            loop {
                let page = accounts.invitations(By::Console, after, PAGE).await?;
                let full = page.len() == PAGE;
                invitations.extend(page);
                match invitations.last().filter(|_| full) {
                    Some(last) => after = Some(Cursor { at: last.created_at, id: last.id }),
                    None => return Ok(Answer::Invitations { invitations }),
                }
            }
        }
        Invite::Revoke { id } => match accounts.revoke_invitation(By::Console, id).await {
            Err(AccountError::NotFound) => {
                let detail = format!("There is no invitation {id}.");
                Err(ConsoleError::Refused(Refusal::new(Code::NotFound, detail)))
            }
            done => Ok(done.map(|()| Answer::Revoked { id })?),
        },
    }
}

fn password_link(config: &Config, reset: &ResetSecret) -> Link {
    Link { link: link(config, "reset", &reset.secret), expires_at: reset.expires_at }
}

fn link(config: &Config, name: &str, secret: &str) -> String {
    let urls = addresses::urls(config, &Machine::here(), &config.server.listen);
    let url = urls.first().map_or("https://localhost/", String::as_str);
    format!("{url}#{name}={secret}")
}
