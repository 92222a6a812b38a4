//! Why a network test was refused. Knows the codes of refusals, neither HTTP nor Socket.IO.

use std::time::Duration;

use charla_media::api::OfferError;
use thiserror::Error;

use crate::code::{Code, Refusal};

/// Why a step of a network test was refused. The texts are for users.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TestError {
    /// No such test, or not of this device: one answer for both.
    #[error("there is no such network test; it may be over")]
    NotFound,
    /// Begun too often, or too many offers in one test.
    #[error("the network was tested often just now; wait a moment")]
    TooMany(Duration),
    /// The server holds as many tests as it may.
    #[error("many people are testing their network; try again soon")]
    Full,
    /// The SDP is over its limit, bytes.
    #[error("the SDP is over {0} bytes")]
    TooLarge(usize),
    /// The relay cannot answer the offer; the sentence says why and holds nothing of the SDP.
    #[error("{0}")]
    UnusableOffer(String),
    /// The relay does not answer.
    #[error("the network cannot be tested right now; try again")]
    Unavailable,
}

impl From<OfferError> for TestError {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::NoRoom => Self::NotFound,
            OfferError::BadSdp(_) => Self::UnusableOffer(error.to_string()),
            OfferError::Full | OfferError::Crowded => Self::Full,
            OfferError::NotYours | OfferError::Stopped => Self::Unavailable,
        }
    }
}

impl From<TestError> for Refusal {
    fn from(error: TestError) -> Self {
        let (code, retry_after) = match &error {
            TestError::NotFound => (Code::NotFound, None),
            TestError::TooMany(wait) => (Code::TooMany, Some(*wait)),
            TestError::Full => (Code::TooMany, Some(Duration::from_secs(30))),
            TestError::TooLarge(_) => (Code::TooLarge, None),
            TestError::UnusableOffer(_) => (Code::UnusableOffer, None),
            TestError::Unavailable => (Code::Unavailable, None),
        };
        Refusal { retry_after, ..Refusal::new(code, error.to_string()) }
    }
}
