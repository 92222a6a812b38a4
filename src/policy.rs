//! PURE: the one place that says who may do what. Knows no store and no transport: the subject is handed in.

use crate::ids::UserId;
use crate::model::{CallRecord, Conversation, ConversationKind, GroupRole};

/// What somebody wants to do to a subject.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Read history, watermarks, and receive events.
    ReadConversation(&'a Conversation),
    SendMessage(&'a Conversation),
    /// Move one's own watermarks, say that one types.
    MarkConversation(&'a Conversation),
    StartCall(&'a Conversation),
    RenameGroup(&'a Conversation),
    AddMembers(&'a Conversation),
    /// Take somebody else out of a group.
    RemoveMember(&'a Conversation, UserId),
    LeaveGroup(&'a Conversation),
    /// Give somebody else a role; `Owner` passes the ownership on.
    SetRole(&'a Conversation, UserId),
    /// Accept, reject, leave, send SDP, mute oneself.
    TakePartInCall(Standing),
    /// Come into a call that is going on without being called.
    JoinCall(Standing),
    /// Call somebody else into it.
    InviteToCall(Standing),
    /// Mute or remove somebody else.
    ModerateCall(Standing, Standing),
    /// End it for all.
    EndCall(Standing),
    /// See the record.
    ReadCall(&'a CallRecord),
}

/// Where somebody stands to a live call: all that is asked of both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// He began the call, or it was for him alone.
    pub principal: bool,
    /// He is or was called to it, or in it.
    pub party: bool,
    /// He is in it now.
    pub inside: bool,
    /// He was taken out of it.
    pub removed: bool,
    /// It is a call in a group.
    pub group: bool,
    /// His role in that group.
    pub role: Option<GroupRole>,
}

impl Standing {
    /// One of the call's people; in a group only as long as he is one of the group's.
    fn belongs(self) -> bool {
        if self.group { self.role.is_some() } else { self.party }
    }
}

/// Whether `user` may. A stranger is told "not found", so that ids cannot be probed: callers map `false` to that.
pub fn may(user: UserId, action: Action<'_>) -> bool {
    match action {
        Action::ReadConversation(c) | Action::SendMessage(c) | Action::MarkConversation(c) => {
            c.member(user).is_some()
        }
        Action::StartCall(c) => c.member(user).is_some(),
        Action::RenameGroup(c) | Action::AddMembers(c) => role(c, user) >= Some(GroupRole::Admin),
        Action::RemoveMember(c, other) => {
            let (own, theirs) = (role(c, user), role(c, other));
            user != other && own >= Some(GroupRole::Admin) && theirs.is_some() && own > theirs
        }
        Action::LeaveGroup(c) => role(c, user).is_some(),
        Action::SetRole(c, other) => {
            user != other && role(c, user) == Some(GroupRole::Owner) && role(c, other).is_some()
        }
        Action::TakePartInCall(own) => own.party,
        Action::JoinCall(own) => own.belongs() && !own.removed,
        Action::InviteToCall(own) => own.belongs() && own.inside,
        // In a group a higher role, and whoever began the call over plain members; else the two whose call it was, over
        // those who came later.
        Action::ModerateCall(own, other) if own.group => {
            let higher = own.role >= Some(GroupRole::Admin) && own.role > other.role;
            let began = own.principal && own.role.is_some() && other.role <= Some(GroupRole::Member);
            higher || began
        }
        Action::ModerateCall(own, other) => own.principal && own.belongs() && !other.principal,
        Action::EndCall(own) if own.group => {
            own.role >= Some(GroupRole::Admin) || (own.principal && own.role.is_some())
        }
        Action::EndCall(own) => own.principal && own.belongs(),
        Action::ReadCall(call) => {
            call.caller == user || call.receiver == Some(user) || call.leg(user).is_some()
        }
    }
}

/// In a group; `None` for whoever is no member, and in a direct conversation.
fn role(conversation: &Conversation, user: UserId) -> Option<GroupRole> {
    let group = conversation.kind == ConversationKind::Group;
    conversation.member(user).filter(|_| group).map(|member| member.role)
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
            (Action::StartCall(group), [true, true, true, false]),
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
}
