//! PURE: what a change makes of a group, and what its history then says. Knows no store and no transport.

use bson::oid::ObjectId;
use sha2::{Digest as _, Sha256};

use crate::ids::{ConversationId, FileId, UserId};
use crate::model::{AttachmentKind, Conversation, GroupColor, GroupRole, Look, StoredFile, SystemNote};
use crate::policy::{Action, may};

use super::ChatError;
use super::draft::field;

/// The most members of a group.
pub const MEMBERS_MAX: usize = 500;
const NAME_CHARS: usize = 64;
/// Of a picture: every member fetches it.
const PICTURE_BYTES: u64 = 1 << 20;

/// What somebody wants to do to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupChange {
    Rename(String),
    Recolor(Option<GroupColor>),
    /// A file of his, an image, not sent yet; `None` takes the picture away.
    Picture(Option<FileId>),
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
    pub(super) look: Look,
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

/// The id of the group that `by` makes by this client id: a retry is the same group. Nobody else's is.
pub(super) fn id_of(by: UserId, client_id: &str) -> ConversationId {
    let hash = Sha256::new()
        .chain_update("charla group")
        .chain_update(by.0.bytes())
        .chain_update(client_id)
        .finalize();
    let mut id = [0; 12];
    id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    ConversationId(ObjectId::from_bytes(id))
}

/// Whether a file may become the picture of a group, by the hand of `by`.
pub(super) fn fits(by: UserId, file: &StoredFile) -> bool {
    let own = file.owner == by && file.carrier.is_none();
    own && file.shown.kind == AttachmentKind::Image && file.shown.size <= PICTURE_BYTES
}

/// A new group of `by` and `others`.
pub(super) fn create(by: UserId, given: &str, others: &[UserId]) -> Result<Outcome, ChatError> {
    let name = name(given)?;
    let mut members = vec![(by, GroupRole::Owner)];
    add(&mut members, others)?;
    let look = Look::default();
    Ok(Outcome { note: SystemNote::Created { name: name.clone() }, name, look, members })
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
    let mut look = group.look;
    let note = match change {
        GroupChange::Rename(_) | GroupChange::Recolor(_) | GroupChange::Picture(_) => {
            allowed(Action::ShapeGroup(group))?;
            match shape(change, &mut new_name, &mut look)? {
                Some(note) => note,
                None => return Ok(None),
            }
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
            // Nobody is left to see it.
            look.picture = look.picture.filter(|_| !members.is_empty());
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
    Ok(Some(Outcome { name: new_name, look, members, note }))
}

/// Changes the name or the look; `None` if it is like that already.
fn shape(change: &GroupChange, old: &mut String, look: &mut Look) -> Result<Option<SystemNote>, ChatError> {
    match change {
        GroupChange::Rename(given) => {
            let given = name(given)?;
            let changes = given != *old;
            old.clone_from(&given);
            Ok(changes.then_some(SystemNote::Renamed { name: given }))
        }
        GroupChange::Recolor(color) => {
            let changes = std::mem::replace(&mut look.color, *color) != *color;
            Ok(changes.then_some(SystemNote::ColorChanged { color: *color }))
        }
        GroupChange::Picture(picture) => {
            let changes = std::mem::replace(&mut look.picture, *picture) != *picture;
            Ok(changes.then_some(SystemNote::PictureChanged { picture: *picture }))
        }
        GroupChange::Add(_) | GroupChange::Remove(_) | GroupChange::SetRole(..) => Ok(None),
    }
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
