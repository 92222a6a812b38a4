//! PURE: the one place that says who may do what. Knows no store and no transport: the subject is handed in.

use crate::ids::UserId;
use crate::model::{CallRecord, Conversation, ConversationKind, GroupRole, Message, Role};

/// What somebody wants to do to a subject.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Read history, watermarks, and receive events.
    ReadConversation(&'a Conversation),
    SendMessage(&'a Conversation),
    /// Move one's own watermarks, say that one types.
    MarkConversation(&'a Conversation),
    /// Both are of the same conversation.
    ReadMessage(&'a Conversation, &'a Message),
    /// Change its text.
    EditMessage(&'a Conversation, &'a Message),
    /// For everybody.
    DeleteMessage(&'a Conversation, &'a Message),
    ReactToMessage(&'a Conversation, &'a Message),
    StartCall(&'a Conversation),
    /// Its name, its colour, its picture.
    ShapeGroup(&'a Conversation),
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
        Action::ReadMessage(c, message) => sees(c, user, message),
        Action::ReactToMessage(c, message) => sees(c, user, message) && message.system.is_none(),
        Action::EditMessage(c, message) => {
            sees(c, user, message) && message.system.is_none() && message.from_user == user
        }
        Action::DeleteMessage(c, message) => {
            let (own, theirs) = (role(c, user), role(c, message.from_user));
            let above = own >= Some(GroupRole::Admin) && own > theirs;
            sees(c, user, message) && message.system.is_none() && (message.from_user == user || above)
        }
        Action::StartCall(c) => c.member(user).is_some(),
        Action::ShapeGroup(c) | Action::AddMembers(c) => role(c, user) >= Some(GroupRole::Admin),
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

/// Whether it speaks to others, so that a block between the two of a direct conversation shuts it, whoever of them blocks.
/// Reading stays, and so does taking back what one said oneself: that says nothing any more.
pub fn speaks(action: Action<'_>) -> bool {
    match action {
        Action::SendMessage(_)
        | Action::EditMessage(..)
        | Action::ReactToMessage(..)
        | Action::StartCall(_) => true,
        Action::ReadConversation(_)
        | Action::MarkConversation(_)
        | Action::ReadMessage(..)
        | Action::DeleteMessage(..)
        | Action::ShapeGroup(_)
        | Action::AddMembers(_)
        | Action::RemoveMember(..)
        | Action::LeaveGroup(_)
        | Action::SetRole(..)
        | Action::TakePartInCall(_)
        | Action::JoinCall(_)
        | Action::InviteToCall(_)
        | Action::ModerateCall(..)
        | Action::EndCall(_)
        | Action::ReadCall(_) => false,
    }
}

/// What was said before he came was not said to him.
fn sees(conversation: &Conversation, user: UserId, message: &Message) -> bool {
    conversation.member(user).is_some_and(|member| member.from_seq <= message.seq)
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
#[path = "policy_tests.rs"]
mod tests;
