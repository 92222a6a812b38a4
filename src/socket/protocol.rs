//! Every event name and payload of the Socket.IO face, as PROTOCOL.md has them: the single place for names.
//! Knows the shapes, not what they do.

mod ack;
mod calls;
mod server;

use serde::Deserialize;

use crate::chat::Draft;
use crate::ids::{CallId, ConversationId, DeviceId, FileId, MessageId, NetworkTestId, UserId};
use crate::model::{PathName, Target};
use crate::network_test::Peer;

pub use ack::{Ack, WireError};
pub use calls::{CallStats, CallUser, Excuse, LeaveCall, LeaveReason, MediaOffer, RejectCall, SetMuted};
pub use server::ServerEvent;

/// What a client sends with CONNECT. Fields that we do not know are left alone: they belong to the client's library.
#[derive(Default, Deserialize)]
pub struct Auth {
    /// An access token; without it the cookie counts.
    #[serde(default)]
    pub token: Option<String>,
    /// Minted by the client for this tab; the server mints one if absent.
    #[serde(default)]
    pub device: Option<DeviceId>,
}

/// Why an event could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    #[error("there is no event of that name")]
    UnknownEvent,
    /// What is wrong, for the client's author.
    #[error("{0}")]
    BadPayload(String),
}

macro_rules! client_events {
    ($($name:literal $variant:ident($payload:ty)),+ $(,)?) => {
        /// An event from a client, decoded.
        #[derive(Debug)]
        pub enum ClientEvent {
            $(#[doc = concat!("`", $name, "`")] $variant($payload),)+
        }

        impl ClientEvent {
            /// Every event that a client may send.
            pub const NAMES: &[&str] = &[$($name),+];

            /// `packet` is the event's JSON array: its name and exactly one payload.
            pub fn decode(name: &str, packet: &str) -> Result<Self, Undecodable> {
                match name {
                    $($name => payload(packet).map(Self::$variant),)+
                    _ => Err(Undecodable::UnknownEvent),
                }
            }
        }
    };
}

client_events! {
    "sendMessage" SendMessage(SendMessage),
    "editMessage" EditMessage(EditMessage),
    "deleteMessage" DeleteMessage(OneMessage),
    "reactMessage" ReactMessage(ReactMessage),
    "messageDelivered" MessageDelivered(Mark),
    "messageRead" MessageRead(Mark),
    "typing" Typing(Typing),
    "setPresence" SetPresence(SetPresence),
    "sync" Sync(Sync),
    "startCall" StartCall(StartCall),
    "acceptCall" AcceptCall(OneCall),
    "rejectCall" RejectCall(RejectCall),
    "joinCall" JoinCall(OneCall),
    "leaveCall" LeaveCall(LeaveCall),
    "endCall" EndCall(OneCall),
    "inviteToCall" InviteToCall(CallUser),
    "removeFromCall" RemoveFromCall(CallUser),
    "mediaOffer" MediaOffer(MediaOffer),
    "iceServers" IceServers(OneCall),
    "setMuted" SetMuted(SetMuted),
    "callStats" CallStats(CallStats),
    "networkTest" NetworkTest(NetworkTest),
}

impl ClientEvent {
    /// Whether it is about a call: calls and chat of one socket do not wait for each other.
    pub fn is_about_calls(&self) -> bool {
        match self {
            Self::SendMessage(_)
            | Self::EditMessage(_)
            | Self::DeleteMessage(_)
            | Self::ReactMessage(_)
            | Self::MessageDelivered(_)
            | Self::MessageRead(_)
            | Self::Typing(_)
            | Self::SetPresence(_)
            | Self::Sync(_) => false,
            Self::StartCall(_)
            | Self::AcceptCall(_)
            | Self::RejectCall(_)
            | Self::JoinCall(_)
            | Self::LeaveCall(_)
            | Self::EndCall(_)
            | Self::InviteToCall(_)
            | Self::RemoveFromCall(_)
            | Self::MediaOffer(_)
            | Self::IceServers(_)
            | Self::SetMuted(_)
            | Self::CallStats(_)
            | Self::NetworkTest(_) => true,
        }
    }
}

fn payload<'de, T: Deserialize<'de>>(packet: &'de str) -> Result<T, Undecodable> {
    match serde_json::from_str::<(serde::de::IgnoredAny, T)>(packet) {
        Ok((_, payload)) => Ok(payload),
        Err(error) => {
            let text = error.to_string();
            let length = text.contains("a tuple of size 2") || text.contains("trailing characters");
            let text = if length { "an event carries exactly one payload" } else { &text };
            Err(Undecodable::BadPayload(text.chars().take(200).collect()))
        }
    }
}

/// Whom something is for: exactly one of the two.
fn target(to_user: Option<UserId>, conversation: Option<ConversationId>) -> Result<Target, &'static str> {
    match (to_user, conversation) {
        (Some(user), None) => Ok(Target::User(user)),
        (None, Some(conversation)) => Ok(Target::Conversation(conversation)),
        _ => Err("say either toUser or conversation"),
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "SendMessageWire")]
pub struct SendMessage(pub Draft);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SendMessageWire {
    client_id: String,
    to_user: Option<UserId>,
    conversation: Option<ConversationId>,
    #[serde(default)]
    content: String,
    reply_to: Option<MessageId>,
    #[serde(default)]
    attachments: Vec<FileId>,
}

impl TryFrom<SendMessageWire> for SendMessage {
    type Error = &'static str;
    fn try_from(wire: SendMessageWire) -> Result<Self, Self::Error> {
        let to = target(wire.to_user, wire.conversation)?;
        let SendMessageWire { client_id, content, reply_to, attachments, .. } = wire;
        Ok(Self(Draft { client_id, to, content, reply_to, attachments }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditMessage {
    pub message: MessageId,
    pub content: String,
}

impl std::fmt::Debug for EditMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EditMessage").field("message", &self.message).finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneMessage {
    pub message: MessageId,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReactMessage {
    pub message: MessageId,
    pub emoji: String,
    /// False takes it back.
    pub reacted: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    pub conversation: ConversationId,
    /// Up to and with this one.
    pub seq: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    pub conversation: ConversationId,
    pub typing: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPresence {
    /// Nobody has used this device for a while.
    pub away: Option<bool>,
    /// Of the person, on all devices, until he says otherwise.
    pub do_not_disturb: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    pub since: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "StartCallWire")]
pub struct StartCall(pub Target);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StartCallWire {
    to_user: Option<UserId>,
    conversation: Option<ConversationId>,
}

impl TryFrom<StartCallWire> for StartCall {
    type Error = &'static str;
    fn try_from(wire: StartCallWire) -> Result<Self, Self::Error> {
        target(wire.to_user, wire.conversation).map(Self)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneCall {
    pub call: CallId,
}

/// One step of a network test.
#[derive(Deserialize)]
#[serde(tag = "step", rename_all = "camelCase", deny_unknown_fields)]
pub enum NetworkTest {
    Start {},
    Offer { test: NetworkTestId, way: PathName, peer: Peer, sdp: String },
    Stop { test: NetworkTestId },
}

impl std::fmt::Debug for NetworkTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start {} => f.write_str("Start"),
            Self::Offer { test, way, peer, sdp: _ } => {
                f.debug_tuple("Offer").field(test).field(way).field(peer).finish_non_exhaustive()
            }
            Self::Stop { test } => f.debug_tuple("Stop").field(test).finish(),
        }
    }
}
