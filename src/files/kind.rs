//! PURE: what a file is, from its bytes and never from what was claimed; what it may be called.

use super::{FileError, Voice};
use crate::code::FieldError;
use crate::model::AttachmentKind;

/// So many bytes of the beginning say what a file is.
pub(super) const BEGINNING: usize = 8192;
const NAME_BYTES: usize = 200;
/// An hour, and 64 bars.
const VOICE_MS: u32 = 3_600_000;
const BARS: usize = 64;

pub(super) fn refuse(field: &'static str, detail: &str) -> FileError {
    FileError::Invalid(vec![FieldError { field, detail: detail.into() }])
}

/// The last part of a path, without what no file should be called.
pub(super) fn name(given: &str) -> Result<String, FileError> {
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let plain = |c: char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if name.is_empty()
        || name.len() > NAME_BYTES
        || name.chars().all(|c| c == '.')
        || !name.chars().all(plain)
    {
        return Err(refuse("name", "Give the file a name of 1 to 200 bytes, in one line."));
    }
    Ok(name.to_owned())
}

pub(super) fn check_voice(voice: &Voice) -> Result<(), FileError> {
    if !(1..=VOICE_MS).contains(&voice.duration_ms) {
        return Err(refuse("durationMs", "A recording lasts 1 ms to an hour."));
    }
    if voice.waveform.len() > BARS {
        return Err(refuse("waveform", "A waveform has at most 64 numbers."));
    }
    Ok(())
}

/// Formats that a browser shows or plays without running anything in them.
const IMAGES: [&str; 5] = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"];
const VIDEOS: [&str; 3] = ["video/mp4", "video/webm", "video/quicktime"];

/// The kind and the type of what begins like this. `spoken`: it is meant as a recording; a browser's recordings come in
/// containers that hold films, too.
pub(super) fn of(beginning: &[u8], spoken: bool) -> (AttachmentKind, String) {
    let found = infer::get(beginning).map(|kind| kind.mime_type());
    let mime = match found {
        Some(mime) => mime,
        None if is_text(beginning) => "text/plain",
        None => "application/octet-stream",
    };
    if spoken && (mime.starts_with("audio/") || VIDEOS.contains(&mime)) {
        let sound = mime.replacen("video/", "audio/", 1);
        return (AttachmentKind::Voice, sound);
    }
    let kind = match mime {
        m if IMAGES.contains(&m) => AttachmentKind::Image,
        m if VIDEOS.contains(&m) => AttachmentKind::Video,
        m if m.starts_with("audio/") => AttachmentKind::Audio,
        _ => AttachmentKind::File,
    };
    (kind, mime.to_owned())
}

/// UTF-8 without control characters; the last character may be cut.
fn is_text(beginning: &[u8]) -> bool {
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() => {
            beginning.get(..e.valid_up_to()).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_a_file_is() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        let webm = b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm";
        let webm = &[webm.as_slice(), &[0; 300]].concat();
        let ogg = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0OpusHead";
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
        let of = |bytes: &[u8], spoken| {
            let (kind, mime) = of(bytes, spoken);
            (kind, mime)
        };
        assert_eq!(of(png, false), (AttachmentKind::Image, "image/png".into()));
        assert_eq!(of(webm, false), (AttachmentKind::Video, "video/webm".into()));
        assert_eq!(of(webm, true), (AttachmentKind::Voice, "audio/webm".into()));
        assert_eq!(of(ogg, true).0, AttachmentKind::Voice);
        assert_eq!(of(ogg, false).0, AttachmentKind::Audio);
        assert_eq!(of(png, true).0, AttachmentKind::Image, "no sound, whatever was claimed");
        for runs in [svg.as_slice(), b"<!DOCTYPE html><script>alert(1)</script>", b"<html><body>"] {
            assert_eq!(of(runs, false).0, AttachmentKind::File);
        }
        assert_eq!(of("Gr\u{fc}\u{df}e".as_bytes(), false), (AttachmentKind::File, "text/plain".into()));
        assert_eq!(of(b"\0\x01\x02\xff", false), (AttachmentKind::File, "application/octet-stream".into()));
        assert_eq!(of("\u{fc}".repeat(9).as_bytes().split_last().unwrap().1, false).1, "text/plain");
    }

    #[test]
    fn a_name_is_one_plain_line_without_a_path() {
        for (given, expected) in [
            ("a.png", "a.png"),
            ("/etc/passwd", "passwd"),
            ("C:\\tmp\\x y.txt", "x y.txt"),
            ("../../\u{fc}.md", "\u{fc}.md"),
        ] {
            assert_eq!(name(given).unwrap(), expected);
        }
        for bad in ["", " ", "..", ".", "a/", "a\nb", "exe\u{202e}gpj", &"x".repeat(201)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }
}
