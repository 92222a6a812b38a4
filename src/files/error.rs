//! Why a file was refused.

use std::time::Duration;

use thiserror::Error;

use crate::code::{Code, FieldError, Refusal};
use crate::store::StoreError;

/// Why a file was not taken in or handed out.
#[derive(Debug, Error)]
pub enum FileError {
    #[error("not found")]
    NotFound,
    #[error("a value cannot be used: {0:?}")]
    Invalid(Vec<FieldError>),
    #[error("the file is over {max} bytes")]
    TooLarge { max: u64 },
    #[error("the files of this person would be over {max} bytes")]
    Quota { max: u64 },
    /// A type that this server does not take.
    #[error("files of type {mime} are not taken")]
    Type { mime: String },
    /// Empty, or not whole.
    #[error("the upload ended early")]
    Broken,
    #[error("too many uploads; wait {retry_after:?}")]
    TooMany { retry_after: Duration },
    #[error("too many uploads at once")]
    Busy,
    #[error("the disk: {0}")]
    Disk(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FileError> for Refusal {
    fn from(error: FileError) -> Self {
        let later = |refusal, wait| Self { retry_after: Some(wait), ..refusal };
        match error {
            FileError::NotFound => Self::new(Code::NotFound, "There is no such file."),
            FileError::Invalid(errors) => {
                let detail = errors.first().map_or_else(String::new, |e| e.detail.clone());
                Self { errors, ..Self::new(Code::Invalid, detail) }
            }
            FileError::TooLarge { max } => {
                Self::new(Code::TooLarge, format!("A file has at most {max} bytes on this server."))
            }
            FileError::Quota { max } => Self::new(
                Code::TooLarge,
                format!("Your files may have {max} bytes together. Delete messages with files first."),
            ),
            FileError::Type { mime } => {
                let detail = format!("This server does not take files of type {mime}.");
                let errors = vec![FieldError { field: "body", detail: detail.clone() }];
                Self { errors, ..Self::new(Code::Invalid, detail) }
            }
            FileError::Broken => Self::new(Code::BadRequest, "The file was empty or not whole."),
            FileError::TooMany { retry_after } => {
                later(Self::new(Code::TooMany, "You are uploading too fast. Wait a moment."), retry_after)
            }
            FileError::Busy => {
                let detail = "Too many files are being uploaded. Try again.";
                later(Self::new(Code::Unavailable, detail), Duration::from_secs(2))
            }
            FileError::Disk(error) => {
                tracing::error!(%error, "the disk failed files");
                later(
                    Self::new(Code::Unavailable, "The server cannot store that right now. Try again."),
                    Duration::from_secs(5),
                )
            }
            FileError::Store(error @ (StoreError::Busy | StoreError::Unavailable(_))) => {
                tracing::warn!(%error, "the store did not answer files");
                let detail = "The server cannot do that right now. Try again.";
                later(Self::new(Code::Unavailable, detail), Duration::from_secs(1))
            }
            FileError::Store(error) => {
                tracing::error!(%error, "the store failed files");
                Self::new(Code::Internal, "Something went wrong on the server.")
            }
        }
    }
}
