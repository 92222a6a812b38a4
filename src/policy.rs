//! PURE: the one place that says who may do what. Knows no store and no transport: the subject is handed in.

use crate::ids::UserId;
use crate::model::{CallRecord, Conversation};

/// What somebody wants to do to a subject.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Read history, watermarks, and receive events.
    ReadConversation(&'a Conversation),
    SendMessage(&'a Conversation),
    /// Move one's own watermarks, say that one types.
    MarkConversation(&'a Conversation),
    StartCall(&'a Conversation),
    /// Accept, reject, leave, send SDP, mute: be one of the call's two.
    TakePartInCall(&'a CallRecord),
    /// See the record.
    ReadCall(&'a CallRecord),
}

/// Whether `user` may. A stranger is told "not found", so that ids cannot be probed: callers map `false` to that.
pub fn may(user: UserId, action: Action<'_>) -> bool {
    match action {
        Action::ReadConversation(c)
        | Action::SendMessage(c)
        | Action::MarkConversation(c)
        | Action::StartCall(c) => c.member(user).is_some(),
        Action::TakePartInCall(call) | Action::ReadCall(call) => {
            call.caller == user || call.receiver == user || call.legs.iter().any(|l| l.user == user)
        }
    }
}
