//! PURE: what a change makes of a group, and what its history then says. Knows no store and no transport.

use crate::ids::UserId;
use crate::model::{Conversation, GroupRole, SystemNote};
use crate::policy::{Action, may};

use super::ChatError;
use super::draft::field;

/// The most members of a group.
pub const MEMBERS_MAX: usize = 500;
const NAME_CHARS: usize = 64;

/// What somebody wants to do to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupChange {
    Rename(String),
    Add(Vec<UserId>),
    /// Oneself: leave.
    Remove(UserId),
    /// `Owner` passes the ownership on; who passed it on is an admin then.
    SetRole(UserId, GroupRole),
}

/// What the group is to be, and what is to be told of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) members: Vec<(UserId, GroupRole)>,
    pub(super) note: SystemNote,
}

/// The name of a group: trimmed, 1 to 64 characters without control characters.
pub(super) fn name(name: &str) -> Result<String, ChatError> {
    let name = name.trim();
    if !(1..=NAME_CHARS).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let detail = "The name of a group has 1 to 64 characters, in one line.";
        return Err(ChatError::Invalid(vec![field("name", detail)]));
    }
    Ok(name.into())
}

/// A new group of `by` and `others`.
pub(super) fn create(by: UserId, given: &str, others: &[UserId]) -> Result<Outcome, ChatError> {
    let name = name(given)?;
    let mut members = vec![(by, GroupRole::Owner)];
    add(&mut members, others)?;
    Ok(Outcome { note: SystemNote::Created { name: name.clone() }, name, members })
}

/// `None` if the group is like that already.
pub(super) fn change(
    by: UserId,
    group: &Conversation,
    change: &GroupChange,
) -> Result<Option<Outcome>, ChatError> {
    if !may(by, Action::ReadConversation(group)) {
        return Err(ChatError::NotFound);
    }
    let allowed = |action| if may(by, action) { Ok(()) } else { Err(ChatError::Forbidden) };
    let mut members: Vec<_> = group.members.iter().map(|m| (m.user, m.role)).collect();
    let mut new_name = group.name.clone().unwrap_or_default();
    let note = match change {
        GroupChange::Rename(given) => {
            allowed(Action::RenameGroup(group))?;
            let given = name(given)?;
            if given == new_name {
                return Ok(None);
            }
            new_name.clone_from(&given);
            SystemNote::Renamed { name: given }
        }
        GroupChange::Add(users) => {
            allowed(Action::AddMembers(group))?;
            let users = add(&mut members, users)?;
            if users.is_empty() {
                return Ok(None);
            }
            SystemNote::Added { users }
        }
        GroupChange::Remove(user) if *user == by => {
            allowed(Action::LeaveGroup(group))?;
            members.retain(|(member, _)| member != user);
            inherit(group, &mut members);
            SystemNote::Left {}
        }
        GroupChange::Remove(user) => {
            present(group, *user)?;
            allowed(Action::RemoveMember(group, *user))?;
            members.retain(|(member, _)| member != user);
            SystemNote::Removed { user: *user }
        }
        GroupChange::SetRole(user, role) => {
            present(group, *user)?;
            allowed(Action::SetRole(group, *user))?;
            if group.member(*user).is_some_and(|m| m.role == *role) {
                return Ok(None);
            }
            for (member, old) in &mut members {
                match () {
                    () if member == user => *old = *role,
                    () if *role == GroupRole::Owner && *old == GroupRole::Owner => *old = GroupRole::Admin,
                    () => {}
                }
            }
            SystemNote::RoleChanged { user: *user, role: *role }
        }
    };
    Ok(Some(Outcome { name: new_name, members, note }))
}

fn present(group: &Conversation, user: UserId) -> Result<(), ChatError> {
    group.member(user).map(drop).ok_or(ChatError::NotFound)
}

/// Adds those who are not there yet; answers them.
fn add(members: &mut Vec<(UserId, GroupRole)>, users: &[UserId]) -> Result<Vec<UserId>, ChatError> {
    let mut added = Vec::new();
    for user in users {
        if !members.iter().any(|(member, _)| member == user) {
            members.push((*user, GroupRole::Member));
            added.push(*user);
        }
    }
    if members.len() > MEMBERS_MAX {
        let detail = format!("A group has at most {MEMBERS_MAX} members.");
        return Err(ChatError::Invalid(vec![field("users", &detail)]));
    }
    Ok(added)
}

/// A group whose owner left passes to the highest of those who are longest in it.
fn inherit(group: &Conversation, members: &mut [(UserId, GroupRole)]) {
    if members.iter().any(|(_, role)| *role == GroupRole::Owner) {
        return;
    }
    let since = |user: UserId| group.member(user).map_or(u64::MAX, |m| m.from_seq);
    let heir = members.iter_mut().min_by_key(|(user, role)| (std::cmp::Reverse(*role), since(*user), *user));
    if let Some((_, role)) = heir {
        *role = GroupRole::Owner;
    }
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
