//! PURE: words in texts. What a question asks for, whether a message has it, how well, and where. Knows no store: every
//! engine's candidates are judged here alike.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use utoipa::ToSchema;

/// Words that a question may have, and the characters of one; what is more is left out.
const WORDS: usize = 16;
const WORD_CHARS: usize = 64;

/// Where something was found: in UTF-16 code units, as JavaScript counts, so that nobody has to be sent markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    pub start: usize,
    pub length: usize,
}

/// How well a text answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Higher is better.
    pub(super) score: u32,
    pub(super) marks: Vec<Mark>,
}

/// A word of a text, folded: lower case, without accents.
struct Word {
    folded: String,
    mark: Mark,
}

fn fold(word: &str) -> String {
    word.nfd()
        .filter(|c| c.is_alphanumeric() && !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

fn words(text: &str) -> Vec<Word> {
    let (mut found, mut word, mut start, mut at) = (Vec::new(), String::new(), 0, 0);
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() || is_combining_mark(c) {
            if word.is_empty() {
                start = at;
            }
            word.push(c);
        } else if !word.is_empty() {
            let folded = fold(&word);
            if !folded.is_empty() {
                found.push(Word { folded, mark: Mark { start, length: at - start } });
            }
            word.clear();
        }
        at += c.len_utf16();
    }
    found
}

/// The folded words of a question. Everything else in it has no meaning.
pub(super) fn question(text: &str) -> Vec<String> {
    let cut = |word: Word| word.folded.chars().take(WORD_CHARS).collect();
    words(text).into_iter().take(WORDS).map(cut).collect()
}

/// Whether every word is there, the last one maybe only begun. Whole words count more than begun ones, and words that
/// stand together as they were asked more than scattered ones.
pub(super) fn judge(text: &str, asked: &[String]) -> Option<Hit> {
    let words = words(text);
    let (last, others) = asked.split_last()?;
    let fits = |at: usize, word: &Word| match others.get(at) {
        Some(other) => word.folded == *other,
        None => word.folded.starts_with(last.as_str()),
    };
    if !(0..asked.len()).all(|at| words.iter().any(|word| fits(at, word))) {
        return None;
    }
    let whole = words.iter().any(|word| word.folded == *last);
    let together =
        words.windows(asked.len()).any(|run| run.iter().enumerate().all(|(at, word)| fits(at, word)));
    let hit = |word: &&Word| (0..asked.len()).any(|at| fits(at, word));
    let marks = words.iter().filter(hit).map(|word| word.mark).collect();
    Some(Hit { score: u32::from(together) * 2 + u32::from(whole), marks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(text: &str, asked: &str) -> Option<(u32, Vec<String>)> {
        let hit = judge(text, &question(asked))?;
        let units: Vec<u16> = text.encode_utf16().collect();
        let cut = |m: &Mark| String::from_utf16(&units[m.start..m.start + m.length]).unwrap();
        Some((hit.score, hit.marks.iter().map(cut).collect()))
    }

    #[test]
    fn every_word_must_be_there_and_the_last_may_be_begun() {
        let text = "The quick brown Fox, foxy & quick";
        let hit = |score, marks: &[&str]| Some((score, marks.iter().map(|m| (*m).to_owned()).collect()));
        assert_eq!(marked(text, "fox"), hit(3, &["Fox", "foxy"]));
        assert_eq!(marked(text, "fo"), hit(2, &["Fox", "foxy"]));
        assert_eq!(marked(text, "quick brown"), hit(3, &["quick", "brown", "quick"]));
        assert_eq!(marked(text, "brown quick"), hit(1, &["quick", "brown", "quick"]));
        assert_eq!(marked(text, "quick bro"), hit(2, &["quick", "brown", "quick"]));
        for asked in ["qui fox", "fox cat", "oxy", "", " !?", "\""] {
            assert_eq!(marked(text, asked), None, "{asked}");
        }
    }

    #[test]
    fn case_accents_and_scripts_do_not_matter() {
        for (text, asked, mark) in [
            ("Ein Ärger", "arger", "Ärger"),
            ("cafe\u{301} zu", "CAFÉ", "cafe\u{301}"),
            ("Жанна пишет", "ЖАННА", "Жанна"),
            ("😀 smile", "smile", "smile"),
            ("ｆｕｌｌ width", "ＦＵＬＬ", "ｆｕｌｌ"),
            ("版本 2 号", "版", "版本"),
        ] {
            assert_eq!(marked(text, asked).unwrap().1, [mark], "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_has_its_own_words_and_marks_lie_within_it(text in "\\PC{0,60}", asked in "\\PC{0,30}") {
            let own = question(&text);
            if !own.is_empty() && own.iter().all(|w| w.chars().count() < WORD_CHARS) {
                prop_assert!(judge(&text, &own).is_some());
            }
            let length = text.encode_utf16().count();
            for mark in judge(&text, &question(&asked)).into_iter().flat_map(|hit| hit.marks) {
                prop_assert!(mark.length > 0 && mark.start + mark.length <= length);
            }
            for word in question(&asked) {
                prop_assert!(word.chars().all(|c| c.is_alphanumeric() || !c.is_ascii()), "{word}");
            }
        }
    }
}
