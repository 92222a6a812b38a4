//! What somebody does who tries everything once: the order, what is said in place of examples, and what is kept of the
//! answers. Knows the names of operations and nothing of how a collection is put together.

/// Nobody has this id.
const NOBODY: &str = "000000000000000000000000";

/// A request of the visit.
pub(super) struct Step {
    pub(super) id: &'static str,
    /// Statuses that are right besides the successes that are documented.
    pub(super) also: &'static [u16],
    /// What is said under a name in the path, the query or the body.
    pub(super) say: &'static [(&'static str, &'static str)],
    /// Variable and where its value stands in the answer.
    pub(super) keep: &'static [(&'static str, &'static str)],
}

type Words = &'static [(&'static str, &'static str)];

const fn step(id: &'static str) -> Step {
    Step { id, also: &[], say: &[], keep: &[] }
}

impl Step {
    const fn or(self, also: &'static [u16]) -> Self {
        Self { also, ..self }
    }
    const fn say(self, say: Words) -> Self {
        Self { say, ..self }
    }
    const fn keep(self, keep: Words) -> Self {
        Self { keep, ..self }
    }
}

const TOKENS: Words = &[("token", "accessToken"), ("refreshToken", "refreshToken"), ("userId", "user.id")];
/// Whoever is no owner is refused.
const OWNERS: &[u16] = &[403];
const GUEST: Words = &[("id", "{{guestId}}")];
const FRIEND: Words = &[("id", "{{friendId}}")];

/// In this order; requests that are not here follow in their folders.
pub(super) const VISIT: [Step; 38] = [
    step("isLive"),
    step("isReady"),
    step("getInfo"),
    // A second visit finds them there.
    step("register").or(&[409]),
    step("login").keep(TOKENS),
    step("refresh").keep(TOKENS),
    step("claimOwnership").or(&[403]),
    // There is another one only after a second `login`.
    step("listSessions")
        .keep(&[("sessionId", "sessions.find(s => !s.current)?.id ?? '000000000000000000000000'")]),
    step("getOwnUser"),
    step("findUsers")
        .say(&[("query", "{{friend}}")])
        .keep(&[("friendId", "users.find(u => u.username === pm.collectionVariables.get('friend'))?.id")]),
    step("getUser"),
    step("block").say(FRIEND),
    step("unblock").say(FRIEND),
    step("openConversation").keep(&[("conversationId", "id")]),
    step("listConversations"),
    step("getConversation"),
    step("uploadFile").say(&[("name", "hello.txt")]).keep(&[("fileId", "id")]),
    step("downloadFile"),
    step("sendMessage").keep(&[("messageId", "id")]),
    step("listMessages"),
    step("markRead"),
    step("getMessage"),
    step("editMessage"),
    step("reactMessage"),
    step("searchMessages").say(&[("q", "meant")]),
    step("createGroup").keep(&[("groupId", "id")]),
    step("listCalls"),
    // A call is started over Socket.IO, so a fresh server has none.
    step("getCall").or(&[404]),
    step("adminListUsers").or(OWNERS),
    step("adminCreateUser")
        .or(OWNERS)
        .say(&[("username", "guest{{$timestamp}}"), ("email", "guest{{$timestamp}}@example.org")])
        .keep(&[("guestId", "user.id")]),
    step("adminGetUser").or(OWNERS).say(GUEST),
    step("adminResetUser").or(OWNERS).say(GUEST).keep(&[("resetSecret", "link.split('#reset=')[1]")]),
    step("listInvitations").or(OWNERS),
    step("createInvitation").or(OWNERS).keep(&[("invitationId", "invitation.id")]),
    step("resetPassword").or(&[403]).say(&[("reset", "{{resetSecret}}")]),
    step("adminChangeUser").or(OWNERS).say(GUEST),
    step("revokeInvitation").or(OWNERS).say(&[("id", "{{invitationId}}")]),
    step("endSession").or(&[404]),
];

/// These end what others need: they come last, in this order.
pub(super) const LAST: [&str; 8] = [
    "deleteMessage",
    "removeMember",
    "resetPassword",
    "adminChangeUser",
    "revokeInvitation",
    "endSession",
    "changePassword",
    "logout",
];

/// Folders in the order of a visit, and what is in them; others come after them.
pub(super) const FOLDERS: [(&str, &str); 9] = [
    ("server", "What the server is and how it is. Nobody has to sign in."),
    ("auth", "Make an account, sign in, renew the token. Run `login` first: its script keeps the token."),
    ("users", "Oneself and others: who is there, what one lets others see, whom one blocks."),
    ("files", "What messages carry: uploaded first, then named in a message."),
    ("conversations", "With whom one talks, and the messages in it."),
    ("messages", "One message: edited, reacted to, searched for, and who has read it."),
    ("groups", "Groups and their members."),
    ("calls", "The record of calls: when each rang, was answered and ended, and how good it was."),
    ("admin", "For owners and admins: accounts and invitations."),
];

/// What stands in a body under a name, in place of the example.
pub(super) const FIELDS: [(&str, &str); 12] = [
    ("username", "\"{{username}}\""),
    ("email", "\"{{username}}@example.org\""),
    ("password", "\"{{password}}\""),
    ("oldPassword", "\"{{password}}\""),
    // Stays as it is, so that a second visit gets in.
    ("newPassword", "\"{{password}}\""),
    ("refreshToken", "\"{{refreshToken}}\""),
    ("clientId", "\"{{$guid}}\""),
    ("user", "\"{{friendId}}\""),
    ("users", "[\"{{friendId}}\"]"),
    ("members", "[\"{{friendId}}\"]"),
    ("claim", "\"{{claim}}\""),
    // Takes it away: a collection has no image to upload.
    ("picture", "null"),
];

/// What a variable is before anything ran.
pub(super) fn variable(name: &str) -> &'static str {
    match name {
        "baseUrl" => "https://localhost:8443",
        "username" => "anna",
        "friend" => "berta",
        "password" => "correct horse battery",
        "token" | "refreshToken" => "",
        "claim" => "the part of the owner link after #claim=",
        "resetSecret" => "the part of a link after #reset=",
        _ => NOBODY,
    }
}
