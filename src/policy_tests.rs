//! The table of who may do what, cell by cell.

use bson::oid::ObjectId;

use super::*;
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId};
use crate::model::{Look, Member, MessageStatus, SystemNote};

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
        look: Look::default(),
        rev: 0,
        members: (1..).zip(roles).map(member).collect(),
        last_seq: 0,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

/// The `seq`th message, of `person(from)`.
fn message(from: u8, seq: u64) -> Message {
    Message {
        id: MessageId(ObjectId::from_bytes([7; 12])),
        conversation: ConversationId(ObjectId::from_bytes([9; 12])),
        seq,
        from_user: person(from),
        to_user: None,
        to_group: None,
        content: "hi".into(),
        system: None,
        status: MessageStatus::Sent,
        created_at: Timestamp(0),
        client_id: "c".into(),
        reply_to: None,
        quote: None,
        rev: 0,
        edited_at: None,
        deleted_at: None,
        attachments: Vec::new(),
        reactions: Vec::new(),
    }
}

#[test]
fn what_was_said_belongs_to_who_said_it_and_to_whoever_is_above_him() {
    use GroupRole::{Admin, Member, Owner};
    let mut group = conversation(ConversationKind::Group, &[Owner, Admin, Member, Admin, Member]);
    group.members[4].from_seq = 5;
    let group = &group;
    // Columns: owner, admin, member, another admin, a member who came at 5, and whoever is none (any more).
    let people = [1, 2, 3, 4, 5, 8].map(person);
    let (owners, admins, members, gone) = (message(1, 4), message(2, 4), message(3, 4), message(8, 4));
    let late = message(5, 5);
    let system = Message { system: Some(SystemNote::Left {}), ..message(3, 4) };
    let table = [
        (Action::ReadMessage(group, &members), [true, true, true, true, false, false]),
        (Action::ReadMessage(group, &late), [true, true, true, true, true, false]),
        (Action::ReadMessage(group, &system), [true, true, true, true, false, false]),
        (Action::ReactToMessage(group, &members), [true, true, true, true, false, false]),
        (Action::ReactToMessage(group, &late), [true, true, true, true, true, false]),
        (Action::ReactToMessage(group, &system), [false; 6]),
        (Action::EditMessage(group, &owners), [true, false, false, false, false, false]),
        (Action::EditMessage(group, &members), [false, false, true, false, false, false]),
        (Action::EditMessage(group, &late), [false, false, false, false, true, false]),
        (Action::EditMessage(group, &gone), [false; 6]),
        (Action::EditMessage(group, &system), [false; 6]),
        (Action::DeleteMessage(group, &owners), [true, false, false, false, false, false]),
        (Action::DeleteMessage(group, &admins), [true, true, false, false, false, false]),
        (Action::DeleteMessage(group, &members), [true, true, true, true, false, false]),
        (Action::DeleteMessage(group, &late), [true, true, false, true, true, false]),
        (Action::DeleteMessage(group, &gone), [true, true, false, true, false, false]),
        (Action::DeleteMessage(group, &system), [false; 6]),
    ];
    for (action, expected) in table {
        for (user, expected) in people.into_iter().zip(expected) {
            assert_eq!(may(user, action), expected, "{user}: {action:?}");
        }
    }
    let pair = &conversation(ConversationKind::Direct, &[Member, Member]);
    let said = &message(1, 1);
    for (action, expected) in [
        (Action::ReadMessage(pair, said), [true, true, false]),
        (Action::ReactToMessage(pair, said), [true, true, false]),
        (Action::EditMessage(pair, said), [true, false, false]),
        (Action::DeleteMessage(pair, said), [true, false, false]),
    ] {
        for (n, expected) in [1, 2, 8].into_iter().zip(expected) {
            assert_eq!(may(person(n), action), expected, "{n}: {action:?}");
        }
    }
}

#[test]
fn a_block_shuts_what_speaks_and_nothing_else() {
    let pair = &conversation(ConversationKind::Direct, &[GroupRole::Member, GroupRole::Member]);
    let said = &message(1, 1);
    for (action, expected) in [
        (Action::SendMessage(pair), true),
        (Action::EditMessage(pair, said), true),
        (Action::ReactToMessage(pair, said), true),
        (Action::StartCall(pair), true),
        (Action::ReadConversation(pair), false),
        (Action::ReadMessage(pair, said), false),
        (Action::MarkConversation(pair), false),
        (Action::DeleteMessage(pair, said), false),
    ] {
        assert_eq!(speaks(action), expected, "{action:?}");
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
        (Action::StartCall(group), [true, true, true, false]),
        (Action::ShapeGroup(group), [true, true, false, false]),
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
        Action::ShapeGroup(pair),
        Action::AddMembers(pair),
        Action::LeaveGroup(pair),
        Action::RemoveMember(pair, other),
        Action::SetRole(pair, other),
    ] {
        assert!(!may(one, action), "{action:?}");
    }
}

#[test]
fn administrators_have_power_over_members_and_owners_over_all() {
    use Administration::{Control, Create, GiveRole, Invite, See};
    use Role::{Admin, Member, Owner};
    // Columns: owner, admin, member.
    let table = [
        (See, [true, true, false]),
        (Invite, [true, true, false]),
        (Create(Member), [true, true, false]),
        (Create(Admin), [true, false, false]),
        (Create(Owner), [true, false, false]),
        (Control(Member), [true, true, false]),
        (Control(Admin), [true, false, false]),
        (Control(Owner), [true, false, false]),
        (GiveRole, [true, false, false]),
    ];
    for (what, expected) in table {
        assert_eq!([Owner, Admin, Member].map(|who| may_administer(who, what)), expected, "{what:?}");
    }
}

#[test]
fn a_call_in_a_group_is_led_by_role_and_by_who_began_it() {
    let member = Standing { group: true, role: Some(GroupRole::Member), ..Standing::default() };
    let admin = Standing { role: Some(GroupRole::Admin), ..member };
    let owner = Standing { role: Some(GroupRole::Owner), ..member };
    let caller = Standing { principal: true, party: true, inside: true, ..member };
    let former = Standing { role: None, party: true, ..member };
    let inside = Standing { party: true, inside: true, ..member };
    let removed = Standing { removed: true, party: true, ..member };
    let any = person(1);
    // Columns: join, invite, end, lead a member, lead an admin.
    let table = [
        (owner, [true, false, true, true, true]),
        (admin, [true, false, true, true, false]),
        (caller, [true, true, true, true, false]),
        (inside, [true, true, false, false, false]),
        (removed, [false, false, false, false, false]),
        (former, [false, false, false, false, false]),
        (Standing { principal: true, ..former }, [false, false, false, false, false]),
    ];
    for (own, expected) in table {
        let found = [
            may(any, Action::JoinCall(own)),
            may(any, Action::InviteToCall(own)),
            may(any, Action::EndCall(own)),
            may(any, Action::ModerateCall(own, inside)),
            may(any, Action::ModerateCall(own, admin)),
        ];
        assert_eq!(found, expected, "{own:?}");
    }
    assert!(!may(any, Action::TakePartInCall(member)) && may(any, Action::TakePartInCall(inside)));
}

#[test]
fn a_call_of_two_is_led_by_the_two() {
    let guest = Standing { party: true, inside: true, ..Standing::default() };
    let one = Standing { principal: true, ..guest };
    let stranger = Standing::default();
    let any = person(1);
    assert!(may(any, Action::InviteToCall(guest)) && may(any, Action::JoinCall(guest)));
    assert!(may(any, Action::ModerateCall(one, guest)) && may(any, Action::EndCall(one)));
    assert!(!may(any, Action::ModerateCall(one, one)) && !may(any, Action::ModerateCall(guest, one)));
    assert!(!may(any, Action::EndCall(guest)) && !may(any, Action::JoinCall(stranger)));
    assert!(!may(any, Action::JoinCall(Standing { removed: true, ..guest })));
}
