//! What is kept of people beside their accounts: what they let others see, whom they block, what they mute; invitations,
//! and what an administrator sees and changes. Plain records.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PublicUser, Role, User};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, InvitationId, SessionId, UserId};

/// What somebody lets others see, and whether he may be disturbed. Of what he hides he sees nothing of others either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// When he was here last.
    pub show_last_seen: bool,
    /// How far he has read.
    pub show_read_receipts: bool,
    /// Whether he is here now.
    pub show_online: bool,
    /// That he is typing.
    pub show_typing: bool,
    /// Nothing rings and nothing makes a sound.
    pub do_not_disturb: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            show_last_seen: true,
            show_read_receipts: true,
            show_online: true,
            show_typing: true,
            do_not_disturb: false,
        }
    }
}

/// The settings to change; the others stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsPatch {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub show_last_seen: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub show_read_receipts: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub show_online: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub show_typing: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub do_not_disturb: Option<bool>,
}

impl Settings {
    pub fn patched(self, patch: SettingsPatch) -> Self {
        Self {
            show_last_seen: patch.show_last_seen.unwrap_or(self.show_last_seen),
            show_read_receipts: patch.show_read_receipts.unwrap_or(self.show_read_receipts),
            show_online: patch.show_online.unwrap_or(self.show_online),
            show_typing: patch.show_typing.unwrap_or(self.show_typing),
            do_not_disturb: patch.do_not_disturb.unwrap_or(self.do_not_disturb),
        }
    }
}

/// `user` wants to hear nothing of `blocked`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    pub user: UserId,
    pub blocked: UserId,
    pub at: Timestamp,
}

/// Whether one person may open a conversation with, write to or call another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regard {
    Open,
    /// The asker has blocked the other one.
    Blocked,
    /// There is no such person, the account is switched off, or the other one has blocked the asker: the asker is not
    /// told which.
    Shut,
}

/// A conversation that is to make no sound for one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mute {
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// Null: until further notice.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// Leave to make an account. The secret in its link is stored hashed, and not in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    #[schema(value_type = String)]
    pub id: InvitationId,
    /// For whom it is, in the inviter's words.
    pub note: String,
    /// Null: made at the command line.
    #[schema(value_type = Option<String>)]
    pub created_by: Option<UserId>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Accounts that it may make.
    pub max_uses: u32,
    /// Accounts that it has made.
    pub uses: u32,
}

/// Which accounts to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// How the username begins, without regard to case.
    pub prefix: String,
    /// Beyond this one: a username, folded.
    pub after: Option<String>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
}

/// What an account is to be; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StandingChange {
    pub role: Option<Role>,
    pub disabled: Option<bool>,
}

/// What became of a change of standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Changed(User),
    /// Nobody who can sign in would own the server: nothing was changed.
    LastOwner,
}

/// A session that was ended for its user, maybe by another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revocation {
    pub session: SessionId,
    pub user: UserId,
    pub at: Timestamp,
}

/// A link to set a password was used: whose it was, and which sessions were ended by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenReset {
    pub user: UserId,
    pub ended: Vec<SessionId>,
}

/// An account as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminUser {
    #[serde(flatten)]
    pub public: PublicUser,
    pub email: String,
    pub role: Role,
    /// Switched off: he cannot sign in.
    pub disabled: bool,
}

impl User {
    pub fn admin(&self) -> AdminUser {
        AdminUser {
            public: self.public(),
            email: self.email.clone(),
            role: self.role,
            disabled: self.disabled,
        }
    }
}
