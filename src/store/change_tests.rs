//! Any walk of changes, against what a reader would keep in his head: a text, a set of who reacted with what.

use std::collections::BTreeSet;

use bson::oid::ObjectId;
use proptest::prelude::*;

use super::*;
use crate::ids::{ConversationId, MessageId};
use crate::model::MessageStatus;

fn person(n: u8) -> UserId {
    UserId(ObjectId::from_bytes([n; 12]))
}

fn message() -> Message {
    Message {
        id: MessageId(ObjectId::from_bytes([7; 12])),
        conversation: ConversationId(ObjectId::from_bytes([9; 12])),
        seq: 1,
        from_user: person(1),
        to_user: Some(person(2)),
        to_group: None,
        content: "first".into(),
        system: None,
        status: MessageStatus::Sent,
        created_at: Timestamp(0),
        client_id: "c".into(),
        reply_to: Some(MessageId(ObjectId::from_bytes([8; 12]))),
        quote: None,
        rev: 0,
        edited_at: None,
        deleted_at: None,
        attachments: Vec::new(),
        reactions: Vec::new(),
    }
}

fn any_change() -> impl Strategy<Value = (u8, MessageChange)> {
    let emoji = || (0..30_u8).prop_map(|n| format!("emoji-{n}"));
    let change = prop_oneof![
        3 => "[ab]{1,2}".prop_map(MessageChange::Edit),
        1 => Just(MessageChange::Delete),
        20 => emoji().prop_map(MessageChange::React),
        6 => emoji().prop_map(MessageChange::Unreact),
    ];
    (1..12_u8, change)
}

proptest! {
    #[test]
    fn a_message_is_what_the_changes_say(walk in prop::collection::vec(any_change(), 1..120)) {
        let mut message = message();
        let (mut content, mut deleted, mut rev) = ("first".to_owned(), false, 0);
        let mut reactions: BTreeSet<(String, UserId)> = BTreeSet::new();
        for (at, (by, change)) in walk.into_iter().enumerate() {
            let by = person(by);
            let now = Timestamp(i64::try_from(at).unwrap() + 1);
            let verdict = apply(&mut message, by, &change, now);
            let expected = match &change {
                MessageChange::Delete if deleted => Verdict::Same,
                MessageChange::Delete => {
                    (deleted, content) = (true, String::new());
                    reactions.clear();
                    Verdict::Changed
                }
                _ if deleted => Verdict::Deleted,
                MessageChange::Edit(text) if *text == content => Verdict::Same,
                MessageChange::Edit(text) => {
                    content.clone_from(text);
                    Verdict::Changed
                }
                MessageChange::React(emoji) if reactions.contains(&(emoji.clone(), by)) => Verdict::Same,
                MessageChange::React(emoji) => {
                    let emojis: BTreeSet<&str> = reactions.iter().map(|(e, _)| e.as_str()).collect();
                    let own = reactions.iter().filter(|(_, user)| *user == by).count();
                    let fits = own < REACTIONS_OF_ONE
                        && (emojis.len() < EMOJI_MAX || emojis.contains(emoji.as_str()));
                    if fits {
                        reactions.insert((emoji.clone(), by));
                    }
                    if fits { Verdict::Changed } else { Verdict::Full }
                }
                MessageChange::Unreact(emoji) => match reactions.remove(&(emoji.clone(), by)) {
                    true => Verdict::Changed,
                    false => Verdict::Same,
                },
            };
            prop_assert_eq!(verdict, expected, "{:?} by {}", change, by);
            rev += u64::from(expected == Verdict::Changed);
            let found: BTreeSet<(String, UserId)> = message
                .reactions
                .iter()
                .flat_map(|r| r.users.iter().map(|user| (r.emoji.clone(), *user)))
                .collect();
            prop_assert_eq!(&found, &reactions);
            let listed: usize = message.reactions.iter().map(|r| r.users.len()).sum();
            prop_assert_eq!(listed, found.len(), "nobody twice");
            prop_assert_eq!((&message.content, message.rev), (&content, rev));
            prop_assert_eq!(message.deleted_at.is_some(), deleted);
            if deleted {
                prop_assert_eq!((message.edited_at, message.reply_to), (None, None));
            }
        }
    }
}

#[test]
fn reactions_are_bounded_in_all() {
    let mut message = message();
    let mut given = 0;
    for n in 0..=u16::MAX {
        let mut bytes = [0; 12];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        let by = UserId(ObjectId::from_bytes(bytes));
        match apply(&mut message, by, &MessageChange::React("x".into()), Timestamp(1)) {
            Verdict::Changed => given += 1,
            Verdict::Full => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(given, REACTIONS_MAX);
}
