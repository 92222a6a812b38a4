//! What changes make of a group: one by one, and any walk of them.

use bson::oid::ObjectId;
use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;
use crate::ids::ConversationId;
use crate::model::{ConversationKind, Member};

fn person(n: u8) -> UserId {
    UserId(ObjectId::from_bytes([n; 12]))
}

/// As a store would make it.
fn stored(outcome: &Outcome, before: Option<&Conversation>) -> Conversation {
    let seq = before.map_or(0, |c| c.last_seq) + 1;
    let member = |(user, role): &(UserId, GroupRole)| {
        let known = before.and_then(|c| c.member(*user));
        let from_seq = known.map_or(seq, |m| m.from_seq);
        Member { user: *user, role: *role, from_seq, delivered_seq: 0, read_seq: 0 }
    };
    Conversation {
        id: ConversationId(ObjectId::from_bytes([99; 12])),
        kind: ConversationKind::Group,
        name: Some(outcome.name.clone()),
        look: outcome.look,
        rev: seq - 1,
        members: outcome.members.iter().map(member).collect(),
        last_seq: seq,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

fn group(others: &[u8]) -> Conversation {
    let others: Vec<UserId> = others.iter().copied().map(person).collect();
    stored(&create(person(1), "Team", &others).unwrap(), None)
}

fn step(group: &Conversation, by: u8, wanted: GroupChange) -> Conversation {
    stored(&change(person(by), group, &wanted).unwrap().unwrap(), Some(group))
}

fn role(group: &Conversation, n: u8) -> Option<GroupRole> {
    group.member(person(n)).map(|m| m.role)
}

#[test]
fn a_name_is_one_short_line() {
    for good in ["x", "  Team  ", &"\u{1F600}".repeat(64)] {
        assert_eq!(name(good).unwrap(), good.trim());
    }
    for bad in ["", "  ", "a\nb", &"x".repeat(65)] {
        assert!(matches!(name(bad), Err(ChatError::Invalid(e)) if e[0].field == "name"), "{bad:?}");
    }
}

#[test]
fn a_group_has_no_more_members_than_the_most() {
    let many: Vec<UserId> = (0..=u16::MAX)
        .map(|n| {
            let mut bytes = [7; 12];
            bytes[..2].copy_from_slice(&n.to_be_bytes());
            UserId(ObjectId::from_bytes(bytes))
        })
        .take(MEMBERS_MAX)
        .collect();
    assert!(matches!(create(person(1), "x", &many), Err(ChatError::Invalid(_))));
    assert_eq!(create(person(1), "x", &many[1..]).unwrap().members.len(), MEMBERS_MAX);
}

#[test]
fn ownership_is_passed_on_by_word_and_by_leaving() {
    let team = group(&[2, 3, 4]);
    let team = step(&team, 1, GroupChange::SetRole(person(3), GroupRole::Admin));
    let given = step(&team, 1, GroupChange::SetRole(person(2), GroupRole::Owner));
    assert_eq!((role(&given, 1), role(&given, 2)), (Some(GroupRole::Admin), Some(GroupRole::Owner)));
    let left = step(&team, 1, GroupChange::Remove(person(1)));
    assert_eq!((role(&left, 1), role(&left, 3)), (None, Some(GroupRole::Owner)), "an admin before others");
    let plain = step(&group(&[5]), 1, GroupChange::Add(vec![person(2)]));
    let left = step(&plain, 1, GroupChange::Remove(person(1)));
    assert_eq!(role(&left, 5), Some(GroupRole::Owner), "whoever is longest in it");
}

#[test]
fn a_look_is_changed_by_whoever_leads_and_goes_with_the_last_one() {
    let picture = FileId(ObjectId::from_bytes([5; 12]));
    let dressed = step(&group(&[2]), 1, GroupChange::Recolor(Some(GroupColor::Rose)));
    let dressed = step(&dressed, 1, GroupChange::Picture(Some(picture)));
    assert_eq!(dressed.look, Look { color: Some(GroupColor::Rose), picture: Some(picture) });
    for same in [GroupChange::Recolor(Some(GroupColor::Rose)), GroupChange::Picture(Some(picture))] {
        assert_eq!(change(person(1), &dressed, &same).unwrap(), None);
    }
    for other in [GroupChange::Recolor(None), GroupChange::Picture(None)] {
        assert!(matches!(change(person(2), &dressed, &other), Err(ChatError::Forbidden)));
        assert!(matches!(change(person(8), &dressed, &other), Err(ChatError::NotFound)));
    }
    let left = step(&dressed, 1, GroupChange::Remove(person(1)));
    assert_eq!(left.look.picture, Some(picture), "somebody still sees it");
    assert_eq!(step(&left, 2, GroupChange::Remove(person(2))).look.picture, None);
}

#[test]
fn a_client_id_names_one_group_of_one_person() {
    let ids = [id_of(person(1), "a"), id_of(person(1), "b"), id_of(person(2), "a"), id_of(person(1), "ab")];
    assert_eq!(ids[0], id_of(person(1), "a"));
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
}

#[test]
fn who_may_not_is_told_so_and_a_stranger_nothing() {
    let team = group(&[2]);
    let rename = GroupChange::Rename("Ours".into());
    assert!(matches!(change(person(2), &team, &rename), Err(ChatError::Forbidden)));
    assert!(matches!(change(person(8), &team, &rename), Err(ChatError::NotFound)));
    let stranger = GroupChange::Remove(person(8));
    assert!(matches!(change(person(1), &team, &stranger), Err(ChatError::NotFound)));
    let pair = Conversation { kind: ConversationKind::Direct, ..team };
    assert!(matches!(change(person(1), &pair, &rename), Err(ChatError::Forbidden)));
}

fn any_change() -> impl Strategy<Value = (u8, GroupChange)> {
    let who = 1..7_u8;
    let role = prop_oneof![Just(GroupRole::Member), Just(GroupRole::Admin), Just(GroupRole::Owner)];
    let change = prop_oneof![
        "[ab]{1,2}".prop_map(GroupChange::Rename),
        Just(GroupChange::Recolor(Some(GroupColor::Teal))),
        Just(GroupChange::Recolor(None)),
        prop::collection::vec(1..7_u8, 0..4)
            .prop_map(|users| GroupChange::Add(users.into_iter().map(person).collect())),
        who.clone().prop_map(|n| GroupChange::Remove(person(n))),
        (who.clone(), role).prop_map(|(n, role)| GroupChange::SetRole(person(n), role)),
    ];
    (who, change)
}

proptest! {
    /// Over any walk: exactly one owner while anybody is in, nobody twice, and nobody outside changes anything.
    #[test]
    fn a_group_with_members_has_one_owner(walk in prop::collection::vec(any_change(), 1..40)) {
        let mut team = group(&[2, 3]);
        for (by, wanted) in walk {
            let inside = team.member(person(by)).is_some();
            let outcome = change(person(by), &team, &wanted);
            if let Ok(Some(outcome)) = outcome {
                prop_assert!(inside);
                team = stored(&outcome, Some(&team));
            }
            let owners = team.members.iter().filter(|m| m.role == GroupRole::Owner).count();
            prop_assert_eq!(owners, usize::from(!team.members.is_empty()));
            let mut users: Vec<UserId> = team.members.iter().map(|m| m.user).collect();
            users.sort_unstable();
            users.dedup();
            prop_assert_eq!(users.len(), team.members.len());
        }
    }
}
