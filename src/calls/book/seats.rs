//! PURE: which transports the devices of one call have. A device has one that was answered, and perhaps a next one whose
//! offer is with the relay; the newest wins.

use std::collections::BTreeMap;

use super::act::{Participant, Transport};
use crate::ids::{DeviceId, UserId};

/// One device of one person in the call.
pub type Place = (UserId, DeviceId);

/// A transport and the peer connection it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub transport: Transport,
    pub fingerprint: String,
    /// The `mid` of each slot, once answered.
    pub mids: Vec<String>,
    /// Who is in which slot.
    /// Who is in which slot; `None` until the relay has told it.
    pub slots: Option<Vec<(usize, Participant)>>,
}

impl Line {
    fn new(transport: Transport, fingerprint: String) -> Self {
        Self { transport, fingerprint, mids: Vec::new(), slots: None }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Seat {
    current: Option<Line>,
    next: Option<Line>,
}

/// All transports of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seats(BTreeMap<Place, Seat>);

/// What an answered offer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The transport was there: an ICE restart.
    Same,
    /// It is the device's transport now, in place of another or of none.
    Promoted { instead_of: Option<Transport> },
    /// A newer offer came, or the device lost its place: nobody wants this transport.
    Stale,
}

impl Seats {
    /// The transport of the peer connection with this fingerprint, if the device has it.
    pub fn known(&self, place: Place, fingerprint: &str) -> Option<Transport> {
        let seat = self.0.get(&place)?;
        // The next one first: it is the newer peer connection.
        let lines = seat.next.iter().chain(&seat.current);
        lines.into_iter().find(|l| l.fingerprint == fingerprint).map(|l| l.transport)
    }
    /// A new peer connection of the device. An older one whose offer is still with the relay is forgotten: that one.
    pub fn reserve(&mut self, place: Place, transport: Transport, fingerprint: String) -> Option<Transport> {
        let next = &mut self.0.entry(place).or_default().next;
        next.replace(Line::new(transport, fingerprint)).map(|line| line.transport)
    }
    /// The relay has this transport now, and its slots have these `mid`s.
    pub fn answered(&mut self, place: Place, transport: Transport, mids: Vec<String>) -> Answered {
        let outcome = self.promote(place, transport);
        if let Some(line) = self.0.get_mut(&place).and_then(|s| s.current.as_mut())
            && outcome != Answered::Stale
        {
            line.mids = mids;
        }
        outcome
    }
    /// The relay knows this transport.
    pub fn promote(&mut self, place: Place, transport: Transport) -> Answered {
        let Some(seat) = self.0.get_mut(&place) else { return Answered::Stale };
        if seat.current.as_ref().is_some_and(|l| l.transport == transport) {
            return Answered::Same;
        }
        match seat.next.take_if(|l| l.transport == transport) {
            Some(line) => {
                let before = seat.current.replace(line);
                Answered::Promoted { instead_of: before.map(|l| l.transport) }
            }
            None => Answered::Stale,
        }
    }
    /// The relay refused the offer, or the transport is gone.
    pub fn forget(&mut self, place: Place, transport: Transport) {
        let Some(seat) = self.0.get_mut(&place) else { return };
        seat.current.take_if(|l| l.transport == transport);
        seat.next.take_if(|l| l.transport == transport);
        if seat.current.is_none() && seat.next.is_none() {
            self.0.remove(&place);
        }
    }
    /// The device's transport, if the relay has it.
    pub fn current(&self, place: Place) -> Option<&Line> {
        self.0.get(&place)?.current.as_ref()
    }
    pub fn current_mut(&mut self, place: Place) -> Option<&mut Line> {
        self.0.get_mut(&place)?.current.as_mut()
    }
    /// Takes away all transports of a user but those of one device.
    pub fn clear(&mut self, user: UserId, except: Option<DeviceId>) -> Vec<Transport> {
        let goes = |place: &Place| place.0 == user && Some(place.1) != except;
        let gone: Vec<_> =
            self.0.iter().filter(|(place, _)| goes(place)).flat_map(|(_, seat)| seat.transports()).collect();
        self.0.retain(|place, _| !goes(place));
        gone
    }
    /// Takes away the transports of one device.
    pub fn empty(&mut self, place: Place) -> Vec<Transport> {
        self.0.remove(&place).iter().flat_map(Seat::transports).collect()
    }
    /// Devices of one user that have a transport, not counting one.
    pub fn devices(&self, user: UserId, without: DeviceId) -> usize {
        self.0.keys().filter(|(u, d)| *u == user && *d != without).count()
    }
    pub fn all(&self) -> Vec<Transport> {
        self.0.values().flat_map(Seat::transports).collect()
    }
}

impl Seat {
    fn transports(&self) -> impl Iterator<Item = Transport> {
        self.current.iter().chain(&self.next).map(|l| l.transport)
    }
}
