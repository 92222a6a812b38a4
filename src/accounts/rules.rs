//! PURE: which usernames, e-mail addresses and passwords can be used, and what to say about those that cannot. Knows no
//! store: whether a name is taken is not its business.

use unicode_normalization::UnicodeNormalization as _;

use crate::code::FieldError;

/// Longest e-mail address (RFC 5321 4.5.3.1.3, less its brackets).
const EMAIL_MAX: usize = 254;
const USERNAME: std::ops::RangeInclusive<usize> = 3..=32;
const PASSWORD: std::ops::RangeInclusive<usize> = 8..=128;
/// Letters by Unicode's tables that show as nothing.
const INVISIBLE_LETTERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];

/// The one form in which a name is stored and looked up: trimmed, and NFKC, so that what looks alike because of its
/// encoding is alike. Case is kept; the store compares without it.
pub fn normal(text: &str) -> String {
    text.trim().nfkc().collect()
}

/// The username to store.
///
/// # Errors
/// A sentence that says what to write.
pub fn username(text: &str) -> Result<String, FieldError> {
    let refused = |detail: &str| Err(FieldError { field: "username", detail: detail.into() });
    let name = normal(text);
    let usable =
        |c: char| matches!(c, '_' | '.' | '-') || (c.is_alphanumeric() && !INVISIBLE_LETTERS.contains(&c));
    if let Some(bad) = name.chars().find(|c| !usable(*c)) {
        return refused(&match bad {
            '@' => {
                "A username has no @; that belongs into the e-mail address. Use letters, digits, _ . and -."
                    .into()
            }
            c if c.is_whitespace() => "A username has no spaces. Use letters, digits, _ . and -.".into(),
            c if c.is_control() || !c.is_ascii() => {
                format!(
                    "U+{:04X} cannot be used in a username. Use letters, digits, _ . and -.",
                    u32::from(c)
                )
            }
            c => format!("{c} cannot be used in a username. Use letters, digits, _ . and -."),
        });
    }
    if !USERNAME.contains(&name.chars().count()) {
        return refused("Write a username of 3 to 32 characters.");
    }
    if !name.chars().any(char::is_alphanumeric) {
        return refused("Write at least one letter or digit.");
    }
    Ok(name)
}

/// The e-mail address to store. Whether it works only a letter could tell: this refuses what cannot be one.
///
/// # Errors
/// A sentence that says what to write.
pub fn email(text: &str) -> Result<String, FieldError> {
    let refused = |detail: &str| Err(FieldError { field: "email", detail: detail.into() });
    let address = normal(text);
    if address.is_empty() {
        return refused("Write an e-mail address, like name@example.org.");
    }
    if address.len() > EMAIL_MAX {
        return refused("An e-mail address has at most 254 characters.");
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return refused("An e-mail address has an @, like name@example.org.");
    };
    let local_fits = (1..=64).contains(&local.len())
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
        && local.split('.').all(|part| !part.is_empty());
    let domain_fits = domain.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c == '-' || c.is_alphanumeric())
    });
    if !local_fits || !domain_fits || address.chars().any(|c| INVISIBLE_LETTERS.contains(&c)) {
        return refused("This is not an e-mail address. Write one like name@example.org.");
    }
    Ok(address)
}

/// Checks a new password. It is used exactly as typed: nothing is trimmed, cut or normalised.
///
/// # Errors
/// A sentence that says what to write.
pub fn password(field: &'static str, text: &str) -> Result<(), FieldError> {
    let refused = |detail: &str| Err(FieldError { field, detail: detail.into() });
    let count = text.chars().count();
    if count < *PASSWORD.start() {
        return refused("Write a password of at least 8 characters.");
    }
    if count > *PASSWORD.end() {
        return refused("A password has at most 128 characters.");
    }
    if text.chars().all(char::is_whitespace) {
        return refused("A password is not only spaces.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames() {
        for (text, stored) in [
            ("alice", "alice"),
            ("  Alice ", "Alice"),
            ("a.b_c-9", "a.b_c-9"),
            ("Жанна", "Жанна"),
            ("Ｆｕｌｌ", "Full"),
            ("cafe\u{301}", "café"),
            ("\u{212a}elvin", "Kelvin"),
        ] {
            assert_eq!(username(text).as_deref(), Ok(stored));
        }
        for bad in [
            "",
            "ab",
            "   ",
            "a b c",
            "a@b.c",
            "al\u{0}ice",
            "al\u{200b}ice",
            "al\u{202e}ice",
            "al\u{ad}ice",
            "\u{feff}alice",
            "al\u{3164}ice",
            "\u{3164}\u{3164}\u{3164}",
            "---",
            "...",
            "a/b",
            "<b>x</b>",
            "$ne$ne",
            "😀😀😀",
            "abc\n",
            "ab\u{1160}",
        ] {
            // A line end is white space and trimmed, like every blank around a name.
            assert_eq!(username(bad).is_ok(), bad == "abc\n", "{bad:?}");
        }
        assert!(username(&"x".repeat(32)).is_ok());
        assert!(username(&"x".repeat(33)).is_err());
        assert!(username(&"é".repeat(32)).is_ok());
        assert!(username("a@b").unwrap_err().detail.contains('@'));
        assert!(username("al\u{200b}ice").unwrap_err().detail.contains("U+200B"));
    }

    #[test]
    fn emails() {
        for good in ["a@b", "a.b+c@example.org", " A@Example.Org ", "ü@exämple.org", "o'hara@x-y.org"] {
            assert!(email(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a@@b",
            "a@b..c",
            ".a@b",
            "a.@b",
            "a@-b",
            "a@b-",
            "a\u{200b}@b",
            "a@b\u{0}",
            "<a@b>",
            "a@b,c@d",
            "alice",
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
        assert!(email(&format!("a@{}", "b".repeat(252))).is_ok());
        assert!(email(&format!("a@{}", "b".repeat(253))).is_err());
    }

    #[test]
    fn passwords() {
        assert!(password("password", "1234567").is_err());
        assert!(password("password", "12345678").is_ok());
        assert!(password("password", &"é".repeat(128)).is_ok());
        assert!(password("password", &"x".repeat(129)).is_err());
        assert!(password("password", "         ").is_err());
        assert_eq!(password("newPassword", "").unwrap_err().field, "newPassword");
    }
}
