//! `charla user …` and `charla invite …`: administration at the command line, on the store itself. Works beside a running
//! server: both engines take several writers (SQLite one after the other, each waits up to ten seconds for the other), and
//! what ends here is written down there, where the server looks every second.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use thiserror::Error;

use crate::accounts::admin::{By, NewAccount};
use crate::accounts::{AccountError, Accounts, InvitationWish};
use crate::clock::{Clock, SystemClock};
use crate::code::Refusal;
use crate::config::Config;
use crate::event::{Audience, Event, Outbox};
use crate::ids::InvitationId;
use crate::model::{AdminUser, Cursor, Role, StandingChange, UserQuery};
use crate::private::{self, PrivateError};
use crate::random::Random;
use crate::startup::addresses::{self, Machine};
use crate::store::{StoreError, open};
use crate::{RunError, store_url};

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

/// Why it was not done.
#[derive(Debug, Error)]
pub enum ConsoleError {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Private(#[from] PrivateError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// In the words that a user is told.
    #[error("{0}")]
    Refused(String),
}

impl From<AccountError> for ConsoleError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => Self::Store(error),
            error => Self::Refused(Refusal::from(error).detail),
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

/// Does it and says what to print.
///
/// # Errors
/// Why it was not done.
pub async fn run(config: &Config, command: Command) -> Result<String, ConsoleError> {
    private::directory(&config.server.data_dir)?;
    let store = open::open(&store_url(config)?).await?;
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

async fn user(accounts: &Accounts, config: &Config, command: User) -> Result<String, ConsoleError> {
    let by = By::Console;
    let named = async |name: &str| match accounts.account_named(by, name).await {
        Err(AccountError::NotFound) => Err(ConsoleError::Refused(format!("there is no account {name}"))),
        other => Ok(other?.public.id),
    };
    let change = async |name: &str, change: StandingChange| {
        let account = accounts.change_account(by, named(name).await?, change).await?;
        Ok::<_, ConsoleError>(line(&account))
    };
    match command {
        User::List { prefix } => list(accounts, prefix).await,
        User::Create { name, email, role } => {
            let new = NewAccount { username: name, email, role };
            let (account, reset) = accounts.create_account(by, new).await?;
            Ok(format!("{}{}", line(&account), link(config, "reset", &reset.secret, "a day")))
        }
        User::Disable { name } => change(&name, StandingChange { disabled: Some(true), role: None }).await,
        User::Enable { name } => change(&name, StandingChange { disabled: Some(false), role: None }).await,
        User::Role { name, role } => change(&name, StandingChange { role: Some(role), disabled: None }).await,
        User::Reset { name } => {
            let reset = accounts.reset_account(by, named(&name).await?).await?;
            Ok(link(config, "reset", &reset.secret, "a day"))
        }
    }
}

async fn list(accounts: &Accounts, prefix: String) -> Result<String, ConsoleError> {
    let mut query = UserQuery { prefix, ..UserQuery::default() };
    let mut text = String::new();
    loop {
        let (page, next) = accounts.list_users(By::Console, query.clone(), PAGE).await?;
        page.iter().for_each(|account| text += &line(account));
        match next {
            Some(_) => query.after = next,
            None => return Ok(text),
        }
    }
}

async fn invite(accounts: &Accounts, config: &Config, command: Invite) -> Result<String, ConsoleError> {
    match command {
        Invite::Create { uses, hours, note } => {
            let lifetime = Duration::from_secs(u64::from(hours) * 3600);
            let wish = InvitationWish { note, max_uses: uses, lifetime };
            let (_, secret) = accounts.invite(By::Console, wish).await?;
            Ok(link(config, "invite", &secret, &format!("{hours} hours")))
        }
        Invite::List => {
            let (mut text, mut after) = (String::new(), None);
            loop {
                let page = accounts.invitations(By::Console, after, PAGE).await?;
                for i in &page {
                    let (uses, max) = (i.uses, i.max_uses);
                    let _ =
                        writeln!(text, "{}  {uses} of {max} used, until {}  {}", i.id, i.expires_at, i.note);
                }
                match page.last().filter(|_| page.len() == PAGE) {
                    Some(last) => after = Some(Cursor { at: last.created_at, id: last.id }),
                    None => return Ok(text),
                }
            }
        }
        Invite::Revoke { id } => {
            accounts.revoke_invitation(By::Console, id).await?;
            Ok(format!("{id} is revoked\n"))
        }
    }
}

fn line(account: &AdminUser) -> String {
    let off = if account.disabled { "  switched off" } else { "" };
    let role = crate::store::derive::word(&account.role);
    format!("{}  {}  {}  {role}{off}\n", account.public.id, account.public.username, account.email)
}

/// The secret stands in the fragment, so that no server log ever sees it.
fn link(config: &Config, name: &str, secret: &str, lifetime: &str) -> String {
    let urls = addresses::urls(config, &Machine::here(), &config.server.listen);
    let url = urls.first().map_or("https://localhost/", String::as_str);
    format!("To be handed on, good for {lifetime}: {url}#{name}={secret}\n")
}
