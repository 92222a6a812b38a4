//! PURE: what follows from stored facts, the same for every engine: folded names, the words of enums, message status.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ids::{ConversationId, UserId};
use crate::model::{Conversation, ConversationKind, Member, MessageStatus};

/// How many messages of each conversation the first sync carries.
pub const FIRST_SYNC: u64 = 30;

/// Of so many messages, the newest, is counted which are unread: nobody reads a larger number, and counting all that
/// somebody never read would take the longer the more there is.
pub const UNREAD_MAX: u64 = 1_000;

/// What names and e-mail addresses are compared by: trimmed, Unicode lower case.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Folded usernames that begin with `prefix` and lie beyond `after`: at or above the first, below the second.
pub fn names(prefix: &str, after: Option<&str>) -> (String, String) {
    // Not fold(): a space at the end of a prefix may be the middle of a name.
    let prefix = prefix.trim_start().to_lowercase();
    // No character sorts above U+10FFFF, so this ends the range of the prefix.
    let end = format!("{prefix}\u{10FFFF}");
    // Nor any below U+0000: the first text beyond another one is that with a NUL behind it.
    let beyond = after.map(|after| format!("{after}\u{0}"));
    (beyond.filter(|beyond| *beyond > prefix).unwrap_or(prefix), end)
}

/// The stored word of an enum without fields: the same as on the wire.
pub fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The enum of a stored word; `None` if a newer version wrote it.
pub fn from_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

/// How far a message of `from` has come: as far as the slowest of the others who may see it.
pub fn status(members: &[Member], from: UserId, seq: u64) -> MessageStatus {
    members
        .iter()
        .filter(|m| m.user != from && m.from_seq <= seq)
        .map(|m| match () {
            () if m.read_seq >= seq => MessageStatus::Read,
            () if m.delivered_seq >= seq => MessageStatus::Delivered,
            () => MessageStatus::Sent,
        })
        .min()
        .unwrap_or(MessageStatus::Sent)
}

/// Whom a message of `from` is for: the other one, or the group.
pub fn addressee(
    (id, kind): (ConversationId, ConversationKind),
    members: &[Member],
    from: UserId,
) -> (Option<UserId>, Option<ConversationId>) {
    match kind {
        // `from` itself if nobody else is left.
        ConversationKind::Direct => {
            (Some(members.iter().map(|m| m.user).find(|m| *m != from).unwrap_or(from)), None)
        }
        ConversationKind::Group => (None, Some(id)),
    }
}

/// The last message before those that `user` may see.
pub fn unseen(conversation: &Conversation, user: UserId) -> u64 {
    conversation.member(user).map_or(conversation.last_seq, |m| m.from_seq.saturating_sub(1))
}

/// Whether `user` is a member and may see the message at `seq`.
pub fn sees(conversation: &Conversation, user: UserId, seq: u64) -> bool {
    conversation.member(user).is_some_and(|member| member.from_seq <= seq)
}

/// The watermarks after a mark: never lower, never above `last_seq`; reading also delivers. `None` if nothing moves.
pub fn raised(now: (u64, u64), delivered: u64, read: u64, last_seq: u64) -> Option<(u64, u64)> {
    let raised = (now.0.max(delivered.max(read).min(last_seq)), now.1.max(read.min(last_seq)));
    (raised != now).then_some(raised)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CallStatus, GroupRole, Role};
    use bson::oid::ObjectId;

    fn member(n: u8, delivered_seq: u64, read_seq: u64) -> Member {
        let user = UserId(ObjectId::from_bytes([n; 12]));
        Member { user, role: GroupRole::Member, from_seq: 0, delivered_seq, read_seq }
    }

    #[test]
    fn status_follows_the_slowest_of_the_others() {
        let members = [member(1, 9, 9), member(2, 5, 3), member(3, 4, 4)];
        let a = members[0].user;
        assert_eq!(status(&members, a, 3), MessageStatus::Read);
        assert_eq!(status(&members, a, 4), MessageStatus::Delivered);
        assert_eq!(status(&members, a, 5), MessageStatus::Sent);
        assert_eq!(status(&members[..1], a, 1), MessageStatus::Sent);
        let later = Member { from_seq: 5, ..member(4, 4, 4) };
        let both = [members[0].clone(), members[1].clone(), later];
        assert_eq!(status(&both, a, 3), MessageStatus::Read, "who came later does not count");
        assert_eq!(status(&both, a, 5), MessageStatus::Sent);
        let id = ConversationId(ObjectId::from_bytes([9; 12]));
        let to = |kind| addressee((id, kind), &members[..2], a);
        assert_eq!(to(ConversationKind::Direct), (Some(members[1].user), None));
        assert_eq!(to(ConversationKind::Group), (None, Some(id)));
    }

    #[test]
    fn watermarks_only_rise_and_stop_at_the_last_message() {
        assert_eq!(raised((2, 1), 5, 0, 9), Some((5, 1)));
        assert_eq!(raised((2, 1), 0, 7, 9), Some((7, 7)));
        assert_eq!(raised((2, 1), 99, 99, 9), Some((9, 9)));
        assert_eq!(raised((5, 5), 3, 2, 9), None);
    }

    #[test]
    fn words_are_those_of_the_wire() {
        assert_eq!(word(&CallStatus::Completed), "completed");
        assert_eq!(from_word::<Role>("owner"), Some(Role::Owner));
        assert_eq!(from_word::<Role>("emperor"), None);
        assert_eq!(fold("  Ärger "), "ärger");
    }
}
