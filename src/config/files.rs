//! `[files]`: what people may attach to messages.

use serde::{Deserialize, Serialize};

/// `[files]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// Of one file.
    pub max_bytes: u64,
    /// Of all files of one person.
    pub quota_bytes: u64,
    /// MIME types, `image/*` for all of a kind, `*` for all.
    pub types: Vec<String>,
}

impl Default for Files {
    fn default() -> Self {
        Self { max_bytes: 26_214_400, quota_bytes: 1_073_741_824, types: vec!["*".into()] }
    }
}

impl Files {
    /// Whether files of this type may be attached.
    pub fn takes(&self, mime: &str) -> bool {
        self.types.iter().any(|known| match known.strip_suffix('*') {
            Some(beginning) => mime.starts_with(beginning),
            None => known == mime,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_taken_by_name_by_kind_or_all() {
        let files =
            |types: &[&str]| Files { types: types.iter().map(|t| (*t).into()).collect(), ..Files::default() };
        assert!(Files::default().takes("application/x-anything"));
        let some = files(&["image/*", "application/pdf"]);
        assert!(some.takes("image/png") && some.takes("application/pdf"));
        assert!(!some.takes("audio/ogg") && !some.takes("application/pdfx") && !some.takes("text/plain"));
        assert!(!files(&[]).takes("image/png"), "none: attachments are switched off");
    }
}
