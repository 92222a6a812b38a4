//! What the Book asks of the world, and the names it gives to rooms, people and transports in the relay.

use crate::calls::quality::Report;
use crate::event::{Audience, Event};
use crate::model::{CallRecord, PathName, Timeline};

/// A room of the relay: one per call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Room(pub u64);

/// One person in one room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Participant(pub u64);

impl Participant {
    /// The CSRC under which others hear him: the low half of the id.
    #[allow(clippy::cast_possible_truncation)] // that is the definition
    pub fn csrc(self) -> u32 {
        self.0 as u32
    }
}

/// One peer connection of one device in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Transport(pub u64);

/// What must be done, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    OpenRoom(Room),
    /// Drops everything in it, too.
    CloseRoom(Room),
    OpenGate {
        room: Room,
        participant: Participant,
        transport: Transport,
    },
    /// Of this person nothing is forwarded, whatever the gate; or it is again.
    Mute {
        room: Room,
        participant: Participant,
        muted: bool,
    },
    DropTransport(Transport),
    Tell(Audience, Event),
    /// Store a new record; then say [`Book::created`](super::Book::created).
    Create(CallRecord),
    /// The record of an earlier run's call goes on here.
    Resume(CallRecord),
    /// Store how far the call has come.
    Update(CallRecord, Timeline),
    /// Store how far the call has come, for the last time in this run: the next one goes on with it.
    Suspend(CallRecord, Timeline),
    /// Store the ended record, once; then say [`Book::closed`](super::Book::closed).
    Close(CallRecord, Timeline),
}

/// What the relay tells about one transport.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    Up(PathName),
    Silent,
    Heard,
    PathChanged(PathName),
    Quality(Report),
    /// Gone for good.
    Down,
    /// Who is in which slot (an index into the transport's `mid`s).
    Slots(Vec<(usize, Participant)>),
}
