//! What can go wrong with accounts, and what the user is told about it. Knows neither HTTP nor Socket.IO.

use std::time::Duration;

use thiserror::Error;

use super::password::HashError;
use crate::code::{Code, FieldError, Refusal};
use crate::store::{StoreError, Unique};

/// Why an account or a session could not be used or changed.
#[derive(Debug, Error)]
pub enum AccountError {
    #[error("some fields cannot be used")]
    Invalid(Vec<FieldError>),
    #[error("registration is closed")]
    RegistrationClosed,
    #[error("{0:?} is taken")]
    Taken(Unique),
    /// Unknown user or wrong password; nobody is told which.
    #[error("wrong credentials")]
    WrongCredentials,
    /// No token, or one that is not valid (any more).
    #[error("not authenticated")]
    Unauthenticated,
    /// The right password of an account that was switched off.
    #[error("the account is disabled")]
    Disabled,
    #[error("no such user or session")]
    NotFound,
    /// The owner link's secret is wrong, used or too old.
    #[error("the claim is not valid")]
    BadClaim,
    /// Registration is by invitation, and there was none.
    #[error("an invitation is needed")]
    InvitationNeeded,
    /// The invitation is wrong, used up or too old.
    #[error("the invitation is not valid")]
    BadInvitation,
    /// The link to set a password is wrong, used or too old.
    #[error("the reset is not valid")]
    BadReset,
    /// The asker's role does not suffice.
    #[error("not allowed")]
    NotAllowed,
    /// Nobody would own the server.
    #[error("the last owner")]
    LastOwner,
    /// The password was changed by somebody else at the same time.
    #[error("the password changed meanwhile")]
    Changed,
    #[error("too many attempts; again in {0:?}")]
    TooMany(Duration),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("a token could not be signed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(which @ (Unique::Username | Unique::Email)) => Self::Taken(which),
            StoreError::Missing => Self::NotFound,
            other => Self::Store(other),
        }
    }
}

/// What to try when the server is short of something, and when.
fn later(detail: &str) -> Refusal {
    Refusal { retry_after: Some(Duration::from_secs(2)), ..Refusal::new(Code::Unavailable, detail) }
}

impl From<AccountError> for Refusal {
    /// Logs the cause of what the user is not told.
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Invalid(errors) => {
                let detail = errors.iter().map(|e| e.detail.as_str()).collect::<Vec<_>>().join(" ");
                Self { errors, ..Self::new(Code::Invalid, detail) }
            }
            AccountError::RegistrationClosed => {
                Self::new(Code::RegistrationClosed, "Ask the owner of this server for an account.")
            }
            AccountError::Taken(which) => taken(which),
            AccountError::WrongCredentials => {
                Self::new(Code::WrongCredentials, "The name or the password is wrong. Check both.")
            }
            AccountError::Unauthenticated => Self::new(Code::Unauthenticated, "Sign in and try again."),
            AccountError::Disabled => {
                Self::new(Code::Forbidden, "This account was switched off. Ask the owner of this server.")
            }
            AccountError::NotFound => Self::new(Code::NotFound, "There is no such user or session."),
            AccountError::BadClaim => Self::new(
                Code::Forbidden,
                "This owner link was used, is older than a day, or is not complete. Open the newest one whole.",
            ),
            error @ (AccountError::InvitationNeeded
            | AccountError::BadInvitation
            | AccountError::BadReset
            | AccountError::NotAllowed
            | AccountError::LastOwner) => administered(&error),
            AccountError::Changed => {
                Self::new(Code::Conflict, "The password was changed elsewhere just now. Sign in again.")
            }
            AccountError::TooMany(wait) => {
                Self { retry_after: Some(wait), ..Self::new(Code::TooMany, "Wait a little, then try again.") }
            }
            AccountError::Hash(HashError::Busy) => {
                later("Many people are signing in. Try again in a moment.")
            }
            AccountError::Store(StoreError::Busy) => later("The server is busy. Try again in a moment."),
            AccountError::Store(StoreError::Unavailable(cause)) => {
                tracing::error!(%cause, "the store does not answer");
                later("The server cannot reach its database. Try again in a moment.")
            }
            error @ (AccountError::Hash(HashError::Failed(_))
            | AccountError::Sign(_)
            | AccountError::Store(_)) => {
                tracing::error!(%error, "an account operation failed");
                Self::new(Code::Internal, "The server's log has the cause.")
            }
        }
    }
}

fn administered(error: &AccountError) -> Refusal {
    let (code, detail) = match error {
        AccountError::InvitationNeeded => (
            Code::RegistrationClosed,
            "An account here needs an invitation. Ask for one, and open its link whole.",
        ),
        AccountError::BadInvitation => (
            Code::Forbidden,
            "This invitation is used up, too old or withdrawn, or its link is not complete. Ask for a new one.",
        ),
        AccountError::BadReset => (
            Code::Forbidden,
            "This link was used, is older than a day, or is not complete. Ask for a new one.",
        ),
        AccountError::LastOwner => {
            (Code::Conflict, "This is the server's last owner. Make somebody else an owner first.")
        }
        _ => (Code::Forbidden, "Your role on this server does not allow that."),
    };
    Refusal::new(code, detail)
}

fn taken(which: Unique) -> Refusal {
    let (field, detail) = match which {
        Unique::Username => ("username", "This username is taken. Choose another one."),
        Unique::Email => ("email", "There is an account with this e-mail address. Sign in instead."),
        Unique::Id => ("id", "Try again."),
    };
    let errors = vec![FieldError { field, detail: detail.into() }];
    Refusal { errors, ..Refusal::new(Code::Taken, detail) }
}
