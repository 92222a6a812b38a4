//! What the driver's errors mean to the store. Knows no collection.

use mongodb::error::{Error, ErrorKind, WriteFailure};

use crate::store::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error.kind.as_ref() {
            ErrorKind::Authentication { .. } => {
                Self::Unusable(format!("MongoDB refuses the credentials: {}", error.kind))
            }
            _ => Self::Unavailable(error.kind.to_string()),
        }
    }
}

impl From<mongodb::bson::error::Error> for StoreError {
    fn from(error: mongodb::bson::error::Error) -> Self {
        Self::Unavailable(format!("a document that cannot be written or read: {error}"))
    }
}

/// The server's sentence if a unique value was taken; it names the index.
pub(super) fn duplicate(error: &Error) -> Option<&str> {
    let (code, message) = match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(e)) => (e.code, &e.message),
        ErrorKind::Command(e) => (e.code, &e.message),
        ErrorKind::InsertMany(e) => e.write_errors.as_ref()?.first().map(|e| (e.code, &e.message))?,
        _ => return None,
    };
    (code == 11000).then_some(message.as_str())
}
