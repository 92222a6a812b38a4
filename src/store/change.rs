//! PURE: what a change makes of a message, the same for every engine. Knows no rights.

use super::MessageChange;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::model::{Message, Reaction};

/// Reactions of one person to one message.
pub const REACTIONS_OF_ONE: usize = 6;
/// Different emoji on one message.
pub const EMOJI_MAX: usize = 24;
/// Reactions to one message in all: they travel with it.
pub const REACTIONS_MAX: usize = 600;

/// What there is to say of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Made, and `rev` has risen.
    Changed,
    /// It was like that already.
    Same,
    Deleted,
    Full,
}

/// Changes `message` as `by` wants it.
pub fn apply(message: &mut Message, by: UserId, change: &MessageChange, now: Timestamp) -> Verdict {
    let verdict = match change {
        MessageChange::Delete if message.deleted_at.is_some() => Verdict::Same,
        MessageChange::Delete => {
            message.deleted_at = Some(now);
            message.content.clear();
            message.reactions.clear();
            message.attachments.clear();
            (message.edited_at, message.reply_to, message.quote) = (None, None, None);
            Verdict::Changed
        }
        _ if message.deleted_at.is_some() => Verdict::Deleted,
        MessageChange::Edit(content) if *content == message.content => Verdict::Same,
        MessageChange::Edit(content) => {
            message.content.clone_from(content);
            message.edited_at = Some(now);
            Verdict::Changed
        }
        MessageChange::React(emoji) => react(&mut message.reactions, by, emoji),
        MessageChange::Unreact(emoji) => unreact(&mut message.reactions, by, emoji),
    };
    if verdict == Verdict::Changed {
        message.rev += 1;
    }
    verdict
}

fn react(reactions: &mut Vec<Reaction>, by: UserId, emoji: &str) -> Verdict {
    let own = reactions.iter().filter(|r| r.users.contains(&by)).count();
    let all: usize = reactions.iter().map(|r| r.users.len()).sum();
    let different = reactions.len();
    match reactions.iter_mut().find(|r| r.emoji == emoji) {
        Some(reaction) if reaction.users.contains(&by) => return Verdict::Same,
        _ if own >= REACTIONS_OF_ONE || all >= REACTIONS_MAX => return Verdict::Full,
        Some(reaction) => reaction.users.push(by),
        None if different >= EMOJI_MAX => return Verdict::Full,
        None => reactions.push(Reaction { emoji: emoji.to_owned(), users: vec![by] }),
    }
    Verdict::Changed
}

fn unreact(reactions: &mut Vec<Reaction>, by: UserId, emoji: &str) -> Verdict {
    let Some(reaction) = reactions.iter_mut().find(|r| r.emoji == emoji && r.users.contains(&by)) else {
        return Verdict::Same;
    };
    reaction.users.retain(|user| *user != by);
    reactions.retain(|r| !r.users.is_empty());
    Verdict::Changed
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
