//! What a group is beside its members: what it looks like, what one may be in it, what its history tells of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{FileId, UserId};

/// What a member may do in a group. In a direct conversation both are members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupRole {
    #[default]
    Member,
    Admin,
    /// Exactly one per group.
    Owner,
}

/// The colours that a group may have: few, so that clients can make each legible by day and by night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupColor {
    Blue,
    Violet,
    Rose,
    Green,
    Orange,
    Teal,
}

/// What a group looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Look {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub color: Option<GroupColor>,
    /// A file that carries an image.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub picture: Option<FileId>,
}

/// What happened to a group: the content of a system message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SystemNote {
    Created {
        name: String,
    },
    Renamed {
        name: String,
    },
    /// Null: it has none any more.
    ColorChanged {
        color: Option<GroupColor>,
    },
    /// Null: it has none any more. The picture of before can be read no more.
    PictureChanged {
        #[schema(value_type = Option<String>)]
        picture: Option<FileId>,
    },
    Added {
        #[schema(value_type = Vec<String>)]
        users: Vec<UserId>,
    },
    Removed {
        #[schema(value_type = String)]
        user: UserId,
    },
    /// The message's author left.
    Left {},
    /// Role `owner`: the ownership was passed on.
    RoleChanged {
        #[schema(value_type = String)]
        user: UserId,
        role: GroupRole,
    },
}
