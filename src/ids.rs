//! The names of things: newtypes over ObjectId, 24 hex digits in JSON. Knows nothing else.

use std::fmt;
use std::str::FromStr;

use bson::oid::ObjectId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// The text is not 24 hex digits.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("an id is 24 hex digits")]
pub struct BadId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub ObjectId);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0.to_hex())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.to_hex())
            }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                ObjectId::parse_str(text).map(Self).map_err(|_| BadId)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0.to_hex())
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A person with an account.
    UserId,
    /// One sign-in: a revocable session.
    SessionId,
    /// One open page or client of a session; survives a reload, not a new tab.
    DeviceId,
    /// A conversation between two or more people.
    ConversationId,
    /// One message.
    MessageId,
    /// One uploaded file.
    FileId,
    /// One call.
    CallId,
    /// One test of a device's ways to the relay.
    NetworkTestId,
    /// One running server process; a new one at each start.
    EpochId,
    /// One invitation to make an account.
    InvitationId,
}
