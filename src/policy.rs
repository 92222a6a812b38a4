//! PURE: the one place that says who may do what. Knows no store and no transport: the subject is handed in.

use crate::ids::UserId;
use crate::model::{CallRecord, Conversation, ConversationKind, GroupRole, Role};

/// What somebody wants to do to a subject.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Read history, watermarks, and receive events.
    ReadConversation(&'a Conversation),
    SendMessage(&'a Conversation),
    /// Move one's own watermarks, say that one types.
    MarkConversation(&'a Conversation),
    /// Today in direct conversations only.
    StartCall(&'a Conversation),
    RenameGroup(&'a Conversation),
    AddMembers(&'a Conversation),
    /// Take somebody else out of a group.
    RemoveMember(&'a Conversation, UserId),
    LeaveGroup(&'a Conversation),
    /// Give somebody else a role; `Owner` passes the ownership on.
    SetRole(&'a Conversation, UserId),
    /// Accept, reject, leave, send SDP, mute: be one of the call's two.
    TakePartInCall(&'a CallRecord),
    /// See the record.
    ReadCall(&'a CallRecord),
}

/// Whether `user` may. A stranger is told "not found", so that ids cannot be probed: callers map `false` to that.
pub fn may(user: UserId, action: Action<'_>) -> bool {
    match action {
        Action::ReadConversation(c) | Action::SendMessage(c) | Action::MarkConversation(c) => {
            c.member(user).is_some()
        }
        Action::StartCall(c) => c.kind == ConversationKind::Direct && c.member(user).is_some(),
        Action::RenameGroup(c) | Action::AddMembers(c) => role(c, user) >= Some(GroupRole::Admin),
        Action::RemoveMember(c, other) => {
            let (own, theirs) = (role(c, user), role(c, other));
            user != other && own >= Some(GroupRole::Admin) && theirs.is_some() && own > theirs
        }
        Action::LeaveGroup(c) => role(c, user).is_some(),
        Action::SetRole(c, other) => {
            user != other && role(c, user) == Some(GroupRole::Owner) && role(c, other).is_some()
        }
        Action::TakePartInCall(call) | Action::ReadCall(call) => {
            call.caller == user || call.receiver == user || call.legs.iter().any(|l| l.user == user)
        }
    }
}

/// In a group; `None` for whoever is no member, and in a direct conversation.
fn role(conversation: &Conversation, user: UserId) -> Option<GroupRole> {
    let group = conversation.kind == ConversationKind::Group;
    conversation.member(user).filter(|_| group).map(|member| member.role)
}

/// What somebody wants to do to the accounts of this server.
#[derive(Clone, Copy, Debug)]
pub enum Administration {
    /// List them.
    See,
    /// Make invitations, see and revoke those of all.
    Invite,
    /// Make an account of that role.
    Create(Role),
    /// Switch an account of that role off or on, or let it have a new password.
    Control(Role),
    /// Change a role.
    GiveRole,
}

/// Whether somebody of that role on this server may. An administrator has power over members only: whoever could set the
/// password of an owner would be one.
pub fn may_administer(who: Role, what: Administration) -> bool {
    match what {
        Administration::See | Administration::Invite => who != Role::Member,
        Administration::Create(role) | Administration::Control(role) => {
            who == Role::Owner || who == Role::Admin && role == Role::Member
        }
        Administration::GiveRole => who == Role::Owner,
    }
}

#[cfg(test)]
mod tests {
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
}
