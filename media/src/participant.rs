//! One leg of a call in a room: his transports, his gate, whom he hears in which slot and who hears him. Pure;
//! knows transports and other participants by their indices only.

use crate::api::ParticipantId;
use crate::seats::Seats;

/// Whether media passes to and from a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Shut,
    /// Media flows on the chosen transport and no other.
    Open {
        transport: usize,
        /// Different for each opening of a gate in the relay.
        epoch: u64,
        /// A packet was forwarded since.
        forwarded: bool,
    },
}

/// One receiver of a participant's packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    pub transport: usize,
    pub slot: usize,
}

/// What one leg is in a room.
#[derive(Debug)]
pub struct Participant {
    pub id: ParticipantId,
    pub transports: Vec<usize>,
    pub gate: Gate,
    /// Whom he hears in which slot of his chosen transport, by index in the room.
    pub hears: Seats,
    /// How many slots he may use: all, unless his line does not carry them.
    pub allowance: usize,
    /// Who hears him.
    pub routes: Vec<Route>,
    /// Nothing of his is forwarded, whatever he sends; he hears on.
    pub muted: bool,
}

impl Participant {
    /// A participant without transports, his gate shut.
    pub fn new(id: ParticipantId, muted: bool) -> Participant {
        Participant {
            id,
            transports: Vec::new(),
            gate: Gate::Shut,
            hears: Seats::new(0),
            allowance: usize::MAX,
            routes: Vec::new(),
            muted,
        }
    }

    /// The transport that carries his media, while his gate is open.
    pub fn chosen(&self) -> Option<usize> {
        match self.gate {
            Gate::Open { transport, .. } => Some(transport),
            Gate::Shut => None,
        }
    }
}
