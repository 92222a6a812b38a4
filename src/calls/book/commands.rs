//! PURE: what people ask of the Book. Each command first asks `policy`, and answers a stranger as if there were no call.

use std::collections::BTreeMap;

use super::act::{Act, Participant, Room};
use super::seats::Seats;
use super::{Begun, Book, Desk, Result, Start};
use crate::calls::call::{Call, Head, Input};
use crate::calls::leg::Leg;
use crate::calls::media::Fact;
use crate::calls::now::Now;
use crate::calls::{CallError, record};
use crate::event::{Audience, Event};
use crate::ids::{CallId, DeviceId, UserId};
use crate::model::{CallRecord, EndReason};
use crate::policy::{Action, may};

impl Book {
    /// Somebody calls somebody. Busy when he is in another call himself.
    pub fn start(&mut self, start: Start, now: Now) -> Result<Begun> {
        for user in [start.caller, start.receiver] {
            // A call whose deadline has passed is over, even if its timer has not fired yet.
            if let Some(id) = self.of_user.get(&user).copied() {
                self.drive(id, Input::Tick, now);
            }
        }
        if let Some(id) = self.of_user.get(&start.caller).copied() {
            return self.join(id, start, now).map(Begun::Joined);
        }
        let head = Head {
            id: start.id,
            conversation: start.conversation,
            caller: start.caller,
            receiver: start.receiver,
            started: now,
            node: self.home.node.clone(),
            epoch: self.home.epoch,
        };
        if self.of_user.contains_key(&start.receiver) {
            return Ok(Begun::Busy(record::of(&Call::busy(head, start.device))));
        }
        let call = Call::start(head, start.device);
        let record = record::of(&call);
        let room = Room(self.mint());
        let participants = [start.caller, start.receiver].map(|u| (u, Participant(self.mint()))).to_vec();
        let desk = Desk {
            room,
            participants,
            seats: Seats::default(),
            gates: BTreeMap::new(),
            announced: false,
            timer: None,
            stored: None,
        };
        self.desks.insert(start.id, desk);
        self.of_room.insert(room, start.id);
        self.of_user.extend([(start.caller, start.id), (start.receiver, start.id)]);
        self.set_timer(start.id, call.poll_timeout(&self.limits));
        self.calls.insert(start.id, call);
        self.acts.extend([Act::OpenRoom(room), Act::Create(record.clone())]);
        Ok(Begun::New(record))
    }

    /// A start by somebody who is in a call already. Glare: the other one's call to us arrived first and is answered by
    /// this. A start that is said again after a lost ack finds its own call.
    fn join(&mut self, id: CallId, start: Start, now: Now) -> Result<CallRecord> {
        let call = self.calls.get(&id).ok_or(CallError::Internal)?;
        let (leg, head) = (call.leg(start.caller).ok_or(CallError::Internal)?, call.head());
        let same_pair = [head.caller, head.receiver].contains(&start.receiver);
        match leg {
            Leg::Ringing(_) if same_pair => self.accept(start.caller, start.device, id, now),
            Leg::Ringing(_) | Leg::Left(_) => Err(CallError::Busy),
            Leg::Waiting(_) | Leg::Connecting(_) | Leg::Active(_) | Leg::Reconnecting(_) => {
                if same_pair && leg.device() == Some(start.device) {
                    Ok(record::of(call))
                } else {
                    Err(CallError::Busy)
                }
            }
        }
    }

    /// The record of a new call is stored, or could not be: then the call is off.
    pub fn created(&mut self, id: CallId, stored: bool, now: Now) {
        if !stored {
            self.drive(id, Input::Abort(EndReason::Cancelled), now);
            return;
        }
        let Some((call, desk)) = self.calls.get(&id).zip(self.desks.get_mut(&id)) else { return };
        desk.announced = true;
        let record = record::of(call);
        if call.leg(record.receiver).is_some_and(|l| matches!(l, Leg::Ringing(_))) {
            let to = Audience::users([record.receiver]);
            // Who tells it has the credentials.
            let ice_servers = Vec::new();
            self.acts.push_back(Act::Tell(to, Event::IncomingCall { call: record, ice_servers }));
        }
    }

    /// Answers on this device; the first one wins. Said again on the same device: the same answer.
    pub fn accept(&mut self, user: UserId, device: DeviceId, id: CallId, now: Now) -> Result<CallRecord> {
        self.allowed(user, id)?;
        self.drive(id, Input::Accept { user, device }, now);
        match self.leg(user, id)? {
            Leg::Waiting(_) => Err(CallError::Conflict("nobody has answered your call yet")),
            leg @ (Leg::Connecting(_) | Leg::Active(_) | Leg::Reconnecting(_)) => {
                if leg.device() != Some(device) {
                    return Err(CallError::ELSEWHERE);
                }
                self.record(id).ok_or(CallError::Internal)
            }
            Leg::Ringing(_) => Err(CallError::Internal),
            Leg::Left(_) => Err(CallError::ENDED),
        }
    }

    /// Declines for the user, on all his devices.
    pub fn reject(&mut self, user: UserId, device: DeviceId, id: CallId, now: Now) -> Result<()> {
        self.allowed(user, id)?;
        match self.leg(user, id)? {
            Leg::Ringing(_) | Leg::Left(_) => {
                self.drive(id, Input::Reject { user, device }, now);
                Ok(())
            }
            Leg::Waiting(_) => Err(CallError::Conflict("this is your own call; leave it instead")),
            Leg::Connecting(_) | Leg::Active(_) | Leg::Reconnecting(_) => {
                Err(CallError::Conflict("the call was answered"))
            }
        }
    }

    /// Leaves, from any device of the user: he may have lost the one he called with.
    pub fn leave(&mut self, user: UserId, id: CallId, now: Now) -> Result<()> {
        self.allowed(user, id)?;
        self.drive(id, Input::Leave { user }, now);
        Ok(())
    }

    pub fn set_muted(&mut self, place: (UserId, DeviceId), id: CallId, muted: bool, now: Now) -> Result<()> {
        self.taking_part(place, id)?;
        self.fact(place, id, Fact::Here, now);
        self.fact(place, id, Fact::Muted(muted), now);
        Ok(())
    }

    /// Whether this device may speak for its leg.
    pub fn taking_part(&self, (user, device): (UserId, DeviceId), id: CallId) -> Result<()> {
        self.allowed(user, id)?;
        let leg = self.leg(user, id)?;
        match leg {
            Leg::Left(_) => Err(CallError::ENDED),
            Leg::Waiting(_)
            | Leg::Ringing(_)
            | Leg::Connecting(_)
            | Leg::Active(_)
            | Leg::Reconnecting(_) => leg.takes(device).then_some(()).ok_or(CallError::ELSEWHERE),
        }
    }

    /// A device has a socket (again).
    pub fn device_here(&mut self, user: UserId, device: DeviceId, now: Now) {
        if let Some(id) = self.of_user.get(&user).copied() {
            self.fact((user, device), id, Fact::Here, now);
        }
    }

    /// A device's last socket is gone.
    pub fn device_gone(&mut self, user: UserId, device: DeviceId, now: Now) {
        if let Some(id) = self.of_user.get(&user).copied() {
            self.fact((user, device), id, Fact::Away, now);
        }
    }

    /// A device whose session has ended has no part in a call any more.
    pub fn evict(&mut self, user: UserId, device: DeviceId, now: Now) {
        let Some(id) = self.of_user.get(&user).copied() else { return };
        if self.leg(user, id).is_ok_and(|leg| leg.device() == Some(device)) {
            self.drive(id, Input::Leave { user }, now);
        } else {
            self.unseat((user, device), id, now);
        }
    }

    pub(super) fn fact(&mut self, (user, device): (UserId, DeviceId), id: CallId, fact: Fact, now: Now) {
        self.drive(id, Input::Fact { user, device, fact }, now);
    }

    fn allowed(&self, user: UserId, id: CallId) -> Result<()> {
        let call = self.calls.get(&id).ok_or(CallError::NotFound)?;
        may(user, Action::TakePartInCall(&record::of(call))).then_some(()).ok_or(CallError::NotFound)
    }

    fn leg(&self, user: UserId, id: CallId) -> Result<&Leg> {
        // It was live a moment ago: a deadline has ended it since.
        let call = self.calls.get(&id).ok_or(CallError::ENDED)?;
        call.leg(user).ok_or(CallError::NotFound)
    }
}
