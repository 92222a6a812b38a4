//! PURE: what a message must be before it may be sent. Knows no store and no transport.

use crate::code::FieldError;
use crate::ids::{FileId, MessageId};
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
    /// Uploaded by the author, not sent yet. With one there need not be a text.
    pub attachments: Vec<FileId>,
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

/// Files of one message.
pub const ATTACHMENTS_MAX: usize = 10;
const CLIENT_ID_CHARS: usize = 64;

/// Checks the draft; answers its text as it is to be stored.
pub(super) fn check(draft: &Draft, max_bytes: usize) -> Result<String, ChatError> {
    let (text, mut errors) = match text(&draft.content, max_bytes) {
        Err(_) if draft.content.is_empty() && !draft.attachments.is_empty() => (String::new(), Vec::new()),
        Err(ChatError::Invalid(errors)) => (String::new(), errors),
        other => (other?, Vec::new()),
    };
    if !plain(&draft.client_id) {
        errors.push(client_id_error());
    }
    let twice = |(at, id): (usize, &FileId)| draft.attachments.iter().take(at).any(|other| other == id);
    if draft.attachments.len() > ATTACHMENTS_MAX || draft.attachments.iter().enumerate().any(twice) {
        errors.push(field("attachments", "Attach at most 10 files, each once."));
    }
    if errors.is_empty() { Ok(text) } else { Err(ChatError::Invalid(errors)) }
}

/// Whether it is a client id.
pub(super) fn plain(client_id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=CLIENT_ID_CHARS).contains(&client_id.len()) && client_id.chars().all(plain)
}

pub(super) fn client_id_error() -> FieldError {
    field("clientId", "Use 1 to 64 of the characters A-Z, a-z, 0-9, _ and -.")
}

/// The text of a message: something to see, `max_bytes` of UTF-8 at most, and no control characters but the end of a
/// line and the tabulator. Lines may come ended as they are on Windows; they are stored as they are elsewhere.
pub(super) fn text(content: &str, max_bytes: usize) -> Result<String, ChatError> {
    if content.len() > max_bytes {
        return Err(ChatError::TooLarge { max: max_bytes });
    }
    let text = content.replace("\r\n", "\n");
    let refused = match () {
        () if text.trim().is_empty() => "A message must not be empty.",
        () if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') => {
            "A message has no control characters but line ends and tabulators."
        }
        () => return Ok(text),
    };
    Err(ChatError::Invalid(vec![field("content", refused)]))
}

/// One emoji, in the one spelling that the Unicode standard recommends: with or without a selector it is the same.
pub(super) fn emoji(text: &str) -> Result<&'static str, ChatError> {
    let known = emojis::get(text).map(emojis::Emoji::as_str);
    known.ok_or_else(|| ChatError::Invalid(vec![field("emoji", "React with one emoji.")]))
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
        Draft {
            client_id: client_id.into(),
            to,
            content: content.into(),
            reply_to: None,
            attachments: Vec::new(),
        }
    }

    #[test]
    fn content_is_1_to_4096_bytes_and_not_only_white_space() {
        for good in ["x", " x ", "\u{e9}", &"x".repeat(4096), &"\u{1F600}".repeat(1024)] {
            assert_eq!(check(&draft("a", good), 4096).unwrap(), good, "{} bytes", good.len());
        }
        assert_eq!(check(&draft("a", "one\r\n\ttwo\n"), 4096).unwrap(), "one\n\ttwo\n");
        for bad in ["", " ", "\n\t\u{a0}\u{2003}", "a\0", "\u{1b}[2J", "\u{7f}a", "a\u{85}", "a\rb"] {
            assert!(
                matches!(check(&draft("a", bad), 4096), Err(ChatError::Invalid(e)) if e[0].field == "content")
            );
        }
        for long in ["x".repeat(4097), "\u{1F600}".repeat(1025)] {
            assert!(matches!(check(&draft("a", &long), 4096), Err(ChatError::TooLarge { max: 4096 })));
        }
    }

    #[test]
    fn a_reaction_is_one_emoji_in_one_spelling() {
        let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}";
        for good in ["\u{1F44D}", "\u{1F44D}\u{1F3FD}", family, "\u{1F1E9}\u{1F1EA}", "1\u{FE0F}\u{20E3}"] {
            assert_eq!(emoji(good).unwrap(), good);
        }
        assert_eq!(emoji("\u{2764}").unwrap(), "\u{2764}\u{FE0F}");
        for bad in ["", " ", "a", "1", ":+1:", "\u{1F44D}\u{1F44D}", "\u{1F44D} ", "\u{FE0F}", "\u{1F1E9}"] {
            assert!(matches!(emoji(bad), Err(ChatError::Invalid(e)) if e[0].field == "emoji"), "{bad:?}");
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
