//! What the server sends: every event by name, with its payload.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::event::{Event, IceServer, RingStop, SlotUser};
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{
    CallRecord, HopQuality, Message, MissedCalls, Mute, OwnUser, PresenceView, Receipt, Settings,
};

/// An event from the server.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum ServerEvent {
    Welcome {
        user: Box<OwnUser>,
        device: DeviceId,
        epoch: EpochId,
        calls: Vec<CallRecord>,
        settings: Settings,
        mutes: Vec<Mute>,
        missed_calls: MissedCalls,
    },
    NewMessage {
        message: Message,
    },
    MessageUpdated {
        message: Message,
    },
    Receipt(Receipt),
    ConversationUpdated {
        conversation: ConversationId,
        rev: u64,
    },
    Typing {
        conversation: ConversationId,
        user: UserId,
        typing: bool,
    },
    IncomingCall {
        call: CallRecord,
        ice_servers: Vec<IceServer>,
    },
    RingStopped {
        call: CallId,
        reason: RingStop,
    },
    CallUpdated {
        call: CallRecord,
    },
    Slots {
        call: CallId,
        slots: Vec<SlotUser>,
    },
    Speaking {
        call: CallId,
        users: Vec<UserId>,
    },
    Quality {
        call: CallId,
        legs: Vec<HopQuality>,
    },
    CallEnded {
        call: CallRecord,
    },
    MissedCalls(MissedCalls),
    Presence(PresenceView),
    SettingsChanged {
        settings: Settings,
    },
    BlockChanged {
        user: UserId,
        blocked: bool,
    },
    MuteChanged {
        conversation: ConversationId,
        muted: bool,
        until: Option<Timestamp>,
    },
    SessionRevoked {},
    Replaced {},
}

impl ServerEvent {
    /// Every event that the server may send.
    pub const NAMES: &[&str] = &[
        "welcome",
        "newMessage",
        "messageUpdated",
        "receipt",
        "conversationUpdated",
        "typing",
        "incomingCall",
        "ringStopped",
        "callUpdated",
        "slots",
        "speaking",
        "quality",
        "callEnded",
        "missedCalls",
        "presence",
        "settingsChanged",
        "blockChanged",
        "muteChanged",
        "sessionRevoked",
        "replaced",
    ];

    pub fn name(&self) -> &'static str {
        match self {
            Self::Welcome { .. } => "welcome",
            Self::NewMessage { .. } => "newMessage",
            Self::MessageUpdated { .. } => "messageUpdated",
            Self::Receipt(_) => "receipt",
            Self::ConversationUpdated { .. } => "conversationUpdated",
            Self::Typing { .. } => "typing",
            Self::IncomingCall { .. } => "incomingCall",
            Self::RingStopped { .. } => "ringStopped",
            Self::CallUpdated { .. } => "callUpdated",
            Self::Slots { .. } => "slots",
            Self::Speaking { .. } => "speaking",
            Self::Quality { .. } => "quality",
            Self::CallEnded { .. } => "callEnded",
            Self::MissedCalls(_) => "missedCalls",
            Self::Presence(_) => "presence",
            Self::SettingsChanged { .. } => "settingsChanged",
            Self::BlockChanged { .. } => "blockChanged",
            Self::MuteChanged { .. } => "muteChanged",
            Self::SessionRevoked {} => "sessionRevoked",
            Self::Replaced {} => "replaced",
        }
    }
}

impl From<Event> for ServerEvent {
    fn from(event: Event) -> Self {
        match event {
            Event::NewMessage(message) => Self::NewMessage { message },
            Event::MessageUpdated(message) => Self::MessageUpdated { message },
            Event::Receipt(receipt) => Self::Receipt(receipt),
            Event::ConversationUpdated { conversation, rev } => {
                Self::ConversationUpdated { conversation, rev }
            }
            Event::Typing { conversation, user, typing } => Self::Typing { conversation, user, typing },
            Event::IncomingCall { call, ice_servers } => Self::IncomingCall { call, ice_servers },
            Event::RingStopped { call, reason } => Self::RingStopped { call, reason },
            Event::CallUpdated(call) => Self::CallUpdated { call },
            Event::Slots { call, slots } => Self::Slots { call, slots },
            Event::Speaking { call, users } => Self::Speaking { call, users },
            Event::Quality { call, legs } => Self::Quality { call, legs },
            Event::CallEnded(call) => Self::CallEnded { call },
            Event::MissedCalls(missed) => Self::MissedCalls(missed),
            Event::Presence(view) => Self::Presence(view),
            Event::SettingsChanged(settings) => Self::SettingsChanged { settings },
            Event::BlockChanged { user, blocked } => Self::BlockChanged { user, blocked },
            Event::MuteChanged { conversation, muted, until } => {
                Self::MuteChanged { conversation, muted, until }
            }
            Event::SessionRevoked(_) => Self::SessionRevoked {},
        }
    }
}
