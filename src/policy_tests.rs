//! The table of who may do what in a conversation.

use bson::oid::ObjectId;

use super::*;
use crate::clock::Timestamp;
use crate::ids::ConversationId;
use crate::model::Member;

fn person(n: u8) -> UserId {
    UserId(ObjectId::from_bytes([n; 12]))
}

fn conversation(kind: ConversationKind, roles: &[GroupRole]) -> Conversation {
    let member = |(n, role): (u8, &GroupRole)| Member {
        user: person(n),
        role: *role,
        from_seq: 0,
        delivered_seq: 0,
        read_seq: 0,
    };
    Conversation {
        id: ConversationId(ObjectId::from_bytes([9; 12])),
        kind,
        name: None,
        rev: 0,
        members: (1..).zip(roles).map(member).collect(),
        last_seq: 0,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

#[test]
fn each_role_may_do_what_the_table_says_and_no_more() {
    use GroupRole::{Admin, Member, Owner};
    let group = conversation(ConversationKind::Group, &[Owner, Admin, Member, Admin, Member]);
    let group = &group;
    let (owner, admin, member, stranger) = (person(1), person(2), person(3), person(8));
    // Columns: owner, admin, member, stranger (whoever was a member is one).
    let table = [
        (Action::ReadConversation(group), [true, true, true, false]),
        (Action::SendMessage(group), [true, true, true, false]),
        (Action::MarkConversation(group), [true, true, true, false]),
        (Action::StartCall(group), [false, false, false, false]),
        (Action::RenameGroup(group), [true, true, false, false]),
        (Action::AddMembers(group), [true, true, false, false]),
        (Action::LeaveGroup(group), [true, true, true, false]),
        (Action::RemoveMember(group, owner), [false, false, false, false]),
        (Action::RemoveMember(group, person(4)), [true, false, false, false]),
        (Action::RemoveMember(group, person(5)), [true, true, false, false]),
        (Action::RemoveMember(group, stranger), [false, false, false, false]),
        (Action::SetRole(group, owner), [false, false, false, false]),
        (Action::SetRole(group, person(4)), [true, false, false, false]),
        (Action::SetRole(group, person(5)), [true, false, false, false]),
        (Action::SetRole(group, stranger), [false, false, false, false]),
    ];
    for (action, expected) in table {
        for (user, expected) in [owner, admin, member, stranger].into_iter().zip(expected) {
            assert_eq!(may(user, action), expected, "{user}: {action:?}");
        }
    }
}

#[test]
fn a_direct_conversation_is_no_group() {
    let pair = &conversation(ConversationKind::Direct, &[GroupRole::Member, GroupRole::Member]);
    let (one, other) = (person(1), person(2));
    for action in [Action::ReadConversation(pair), Action::SendMessage(pair), Action::StartCall(pair)] {
        assert!(may(one, action) && !may(person(8), action));
    }
    for action in [
        Action::RenameGroup(pair),
        Action::AddMembers(pair),
        Action::LeaveGroup(pair),
        Action::RemoveMember(pair, other),
        Action::SetRole(pair, other),
    ] {
        assert!(!may(one, action), "{action:?}");
    }
}
