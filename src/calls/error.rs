//! Why a command about a call was refused. Knows the codes of refusals, neither HTTP nor Socket.IO.

use std::time::Duration;

use thiserror::Error;

use crate::code::{Code, Refusal};

/// Why a command about a call was refused. The texts are for users.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CallError {
    /// No such call, conversation or user, or not the asker's: one answer for all.
    #[error("there is no such call or conversation")]
    NotFound,
    /// The call is not in a state for that; the sentence says why.
    #[error("{0}")]
    Conflict(&'static str),
    /// One of the call's people, but not one who may do that.
    #[error("only who leads the call may do that")]
    Forbidden,
    /// The asker is in another call already.
    #[error("you are already in a call; end it first")]
    Busy,
    /// The SDP is over its limit, bytes.
    #[error("the SDP is over {0} bytes")]
    TooLarge(usize),
    /// The asker, or the server, holds as many transports as it may.
    #[error("too many devices are in calls; try again soon")]
    TooMany,
    /// The relay has begun as many connections at once as it may.
    #[error("many devices are joining calls at this moment; try again in a few seconds")]
    Crowded,
    /// The relay cannot answer the offer; the sentence says why and holds nothing of the SDP.
    #[error("{0}")]
    UnusableOffer(String),
    /// The store or the relay does not answer, or the server is stopping.
    #[error("calls are not possible right now; try again")]
    Unavailable,
    /// Our fault; the log has the cause.
    #[error("something went wrong on the server")]
    Internal,
}

impl CallError {
    pub(super) const ENDED: Self = Self::Conflict("the call has ended");
    pub(super) const ELSEWHERE: Self = Self::Conflict("the call was answered on another device");
    pub(super) const REMOVED: Self =
        Self::Conflict("you were taken out of this call; somebody in it can invite you");
    pub(super) const OUTSIDE: Self = Self::Conflict("you are not in this call");
    pub(super) const FULL: Self = Self::Conflict("the call is full");
    /// The relay answered, but nobody waits for that transport any more.
    pub(super) const OVERTAKEN: Self =
        Self::Conflict("the call ended, was answered on another device, or a newer offer came");
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        let (code, retry_after) = match &error {
            CallError::NotFound => (Code::NotFound, None),
            CallError::Conflict(_) => (Code::Conflict, None),
            CallError::Forbidden => (Code::Forbidden, None),
            CallError::Busy => (Code::Busy, None),
            CallError::TooLarge(_) => (Code::TooLarge, None),
            CallError::TooMany => (Code::TooMany, Some(Duration::from_secs(5))),
            CallError::Crowded => (Code::TooMany, Some(Duration::from_secs(2))),
            CallError::UnusableOffer(_) => (Code::UnusableOffer, None),
            CallError::Unavailable => (Code::Unavailable, None),
            CallError::Internal => (Code::Internal, None),
        };
        Refusal { retry_after, ..Refusal::new(code, error.to_string()) }
    }
}
