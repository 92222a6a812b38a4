//! PURE: what a message must be before it may be sent. Knows no store and no transport.

use crate::code::FieldError;
use crate::ids::MessageId;
use crate::model::Target;

use super::ChatError;

/// A message as its author wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// Minted by the client: 1–64 of `[A-Za-z0-9_-]`. A retry with the same one is the same message.
    pub client_id: String,
    pub to: Target,
    pub content: String,
    /// A message of the same conversation.
    pub reply_to: Option<MessageId>,
}

impl std::fmt::Debug for Draft {
    /// Without the content: drafts may appear in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("client_id", &self.client_id)
            .field("to", &self.to)
            .field("bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

const CLIENT_ID_CHARS: usize = 64;

/// `max_bytes` bounds the content, in bytes of UTF-8.
pub(super) fn check(draft: &Draft, max_bytes: usize) -> Result<(), ChatError> {
    if draft.content.len() > max_bytes {
        return Err(ChatError::TooLarge { max: max_bytes });
    }
    let mut errors = Vec::new();
    if draft.content.trim().is_empty() {
        errors.push(field("content", "A message must not be empty."));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !(1..=CLIENT_ID_CHARS).contains(&draft.client_id.len()) || !draft.client_id.chars().all(plain) {
        errors.push(field("clientId", "Use 1 to 64 of the characters A-Z, a-z, 0-9, _ and -."));
    }
    if errors.is_empty() { Ok(()) } else { Err(ChatError::Invalid(errors)) }
}

pub(super) fn field(field: &'static str, detail: &str) -> FieldError {
    FieldError { field, detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use bson::oid::ObjectId;

    fn draft(client_id: &str, content: &str) -> Draft {
        let to = Target::User(UserId(ObjectId::from_bytes([1; 12])));
        Draft { client_id: client_id.into(), to, content: content.into(), reply_to: None }
    }

    #[test]
    fn content_is_1_to_4096_bytes_and_not_only_white_space() {
        for good in ["x", " x ", "\u{e9}", &"x".repeat(4096), &"\u{1F600}".repeat(1024)] {
            assert!(check(&draft("a", good), 4096).is_ok(), "{} bytes", good.len());
        }
        for bad in ["", " ", "\n\t\u{a0}\u{2003}"] {
            assert!(
                matches!(check(&draft("a", bad), 4096), Err(ChatError::Invalid(e)) if e[0].field == "content")
            );
        }
        for long in ["x".repeat(4097), "\u{1F600}".repeat(1025)] {
            assert!(matches!(check(&draft("a", &long), 4096), Err(ChatError::TooLarge { max: 4096 })));
        }
    }

    #[test]
    fn a_client_id_is_short_and_plain() {
        for good in ["a", "A-z_09", &"x".repeat(64)] {
            assert!(check(&draft(good, "hi"), 4096).is_ok());
        }
        for bad in ["", " ", "a b", "\u{e9}", "{\"$ne\":\"\"}", &"x".repeat(65)] {
            assert!(
                matches!(check(&draft(bad, "hi"), 4096), Err(ChatError::Invalid(e)) if e[0].field == "clientId")
            );
        }
    }

    #[test]
    fn a_draft_does_not_show_its_text() {
        assert!(!format!("{:?}", draft("a", "canary")).contains("canary"));
    }
}
