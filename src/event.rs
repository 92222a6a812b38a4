//! What services tell connected devices, and to whom: the words through which services meet without knowing each other.
//! Knows no socket: `socket/fanout` turns these into Socket.IO events.

use std::fmt;

use crate::clock::Timestamp;
use crate::ids::{DeviceId, SessionId, UserId};
use crate::model::{CallRecord, HopQuality, Message, MissedCalls, PresenceView, Receipt, Settings};

/// Which devices an event is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Every device of these people, but for one device (the one whose ack already says it).
    Users { users: Vec<UserId>, except: Option<(UserId, DeviceId)> },
    /// One device.
    Device(UserId, DeviceId),
    /// Every socket of one session.
    Session(SessionId),
}

impl Audience {
    pub fn users(users: impl IntoIterator<Item = UserId>) -> Self {
        Self::Users { users: users.into_iter().collect(), except: None }
    }
    pub fn users_except(users: impl IntoIterator<Item = UserId>, user: UserId, device: DeviceId) -> Self {
        Self::Users { users: users.into_iter().collect(), except: Some((user, device)) }
    }
}

/// An ICE server as `RTCConfiguration.iceServers` wants it.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IceServer {
    pub urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<String>,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// Why ringing stopped on a device although the call may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RingStop {
    AnsweredElsewhere,
    DeclinedElsewhere,
    Ended,
}

/// Who is heard in one slot of a receiving device.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SlotUser {
    /// The m-line (`mid`) of the slot.
    pub mid: String,
    pub user: UserId,
    /// The CSRC that the slot's packets carry for this person.
    pub csrc: u32,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    NewMessage(Message),
    /// A message was edited, deleted, or reacted to.
    MessageUpdated(Message),
    Receipt(Receipt),
    /// A group's name, members or roles changed, or one's own membership: ask for it again.
    ConversationUpdated {
        conversation: crate::ids::ConversationId,
        rev: u64,
    },
    Typing {
        conversation: crate::ids::ConversationId,
        user: UserId,
        typing: bool,
    },
    IncomingCall {
        call: CallRecord,
        ice_servers: Vec<IceServer>,
    },
    RingStopped {
        call: crate::ids::CallId,
        reason: RingStop,
    },
    CallUpdated(CallRecord),
    Slots {
        call: crate::ids::CallId,
        slots: Vec<SlotUser>,
    },
    /// Who speaks in a call now.
    Speaking {
        call: crate::ids::CallId,
        users: Vec<UserId>,
    },
    /// How good a call is now, hop by hop.
    Quality {
        call: crate::ids::CallId,
        legs: Vec<HopQuality>,
    },
    CallEnded(CallRecord),
    /// The calls he has missed since he last looked.
    MissedCalls(MissedCalls),
    /// Somebody came, went, or is not to be disturbed.
    Presence(PresenceView),
    /// One's own settings, for one's other devices.
    SettingsChanged(Settings),
    /// One blocks somebody, or no more: for one's other devices.
    BlockChanged {
        user: UserId,
        blocked: bool,
    },
    /// One has muted a conversation, or no more: for one's other devices.
    MuteChanged {
        conversation: crate::ids::ConversationId,
        muted: bool,
        until: Option<Timestamp>,
    },
    /// The session ended: its sockets are told, then closed.
    SessionRevoked(SessionId),
}

/// Where services put events. Never blocks, never fails: what a device misses, it gets by `sync`.
pub trait Outbox: Send + Sync + 'static {
    fn publish(&self, to: Audience, event: Event);
}

/// Whether somebody may be rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Free,
    /// He said that nobody is to disturb him: his devices do not ring.
    DoNotDisturb,
}

/// Who may be rung, as calls ask for it: presence answers. Never blocks.
pub trait Attendance: Send + Sync + 'static {
    fn availability(&self, user: UserId) -> Availability;
}

/// Where nobody keeps presence, everybody may be rung.
impl Attendance for () {
    fn availability(&self, _: UserId) -> Availability {
        Availability::Free
    }
}

/// How many devices of somebody are connected, as calls ask for it: the sockets answer. Never blocks.
pub trait Whereabouts: Send + Sync + 'static {
    fn devices(&self, user: UserId) -> u32;
}
