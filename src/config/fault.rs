//! What is wrong with a configuration, where it stands, and what to write instead.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Line and column count from 1; columns are characters.
    File { file: PathBuf, line: usize, column: usize },
    /// An environment variable.
    Env(String),
    /// Nobody set it.
    Default,
}

impl Place {
    /// The place of a byte in a text.
    pub fn in_text(file: &Path, text: &[u8], byte: usize) -> Self {
        let before = &text[..byte.min(text.len())];
        let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        Self::File {
            file: file.to_owned(),
            line: before.iter().filter(|&&b| b == b'\n').count() + 1,
            column: String::from_utf8_lossy(&before[start..]).chars().count() + 1,
        }
    }
    /// The place where a span of a text begins; the end of the text if there is no span.
    pub fn of_span(file: &Path, text: &str, span: Option<Range<usize>>) -> Self {
        Self::in_text(file, text.as_bytes(), span.map_or(text.len(), |s| s.start))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{}:{line}:{column}", file.display()),
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::Default => f.write_str("configuration"),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// What to write, or to do.
    pub write: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.place, self.what, self.write)
    }
}

/// Every fault that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

/// The one of `known` that `word` most likely was meant to be.
pub fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let place = |byte| match Place::in_text(Path::new("f"), "ab\nçd\n".as_bytes(), byte) {
            Place::File { line, column, .. } => (line, column),
            _ => unreachable!(),
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(3), (2, 1));
        assert_eq!(place(5), (2, 2));
        assert_eq!(place(7), (3, 1));
        assert_eq!(place(99), (3, 1));
    }

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let known = ["public_ip", "srtp", "max_transports", "max_handshakes"];
        assert_eq!(meant("publicip", known), Some("public_ip"));
        assert_eq!(meant("pubilc_ip", known), Some("public_ip"));
        assert_eq!(meant("strp", known), Some("srtp"));
        assert_eq!(meant("colour", known), None);
    }
}
