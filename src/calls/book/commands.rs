//! PURE: what people ask of the Book. Each command first asks `policy`, and answers a stranger as if there were no call.

use super::act::{Act, Room};
use super::telling::people;
use super::{Begun, Book, Desk, Result, Start, Whom};
use crate::calls::call::{Call, Head, Input, Kind};
use crate::calls::leg::Leg;
use crate::calls::media::Fact;
use crate::calls::now::Now;
use crate::calls::{CallError, record};
use crate::event::{Audience, Event};
use crate::ids::{CallId, DeviceId, UserId};
use crate::model::{CallRecord, EndReason, GroupRole, Reach};
use crate::policy::{Action, may};

/// What a call is, whom it calls, and who may see it by their role in its group.
type Plan = (Kind, Vec<(UserId, Reach)>, Vec<(UserId, GroupRole)>);

impl Book {
    /// Somebody calls somebody, or a group. Busy when he is in another call himself.
    pub fn start(&mut self, start: Start, now: Now) -> Result<Begun> {
        let callees: Vec<UserId> = match &start.whom {
            Whom::One(receiver, _) => vec![*receiver],
            Whom::Group(members) => members.iter().map(|(user, ..)| *user).collect(),
        };
        for user in callees.iter().chain([&start.caller]) {
            // A call whose deadline has passed is over, even if its timer has not fired yet.
            if let Some(id) = self.of_user.get(user).copied() {
                self.drive(id, Input::Tick, now);
            }
        }
        if let Some(id) = self.of_user.get(&start.caller).copied() {
            return self.start_inside(id, &start, now).map(Begun::Joined);
        }
        if let Some(id) = self.of_group.get(&start.conversation).copied() {
            return self.join(start.caller, start.device, id, now).map(Begun::Joined);
        }
        Ok(self.begin(start, now))
    }

    fn begin(&mut self, start: Start, now: Now) -> Begun {
        let Start { id, conversation, caller, device, whom } = start;
        let (kind, callees, members) = self.plan(caller, whom);
        let (node, epoch) = (self.home.node.clone(), self.home.epoch);
        let head = Head { id, conversation, caller, kind, started: now, node, epoch };
        let call = Call::start(head, device, &callees);
        let record = record::of(&call);
        if matches!(call, Call::Ended(_)) {
            return Begun::Off(record);
        }
        let room = Room(self.mint());
        self.desks.insert(id, Desk::new(room, members, false));
        self.of_room.insert(room, id);
        if matches!(kind, Kind::Group { .. }) {
            self.of_group.insert(conversation, id);
        }
        for leg in call.legs().iter().filter(|leg| !matches!(leg, Leg::Left(_))) {
            self.seat_person(id, leg.user());
            self.of_user.insert(leg.user(), id);
        }
        self.set_timer(id, call.poll_timeout(&self.limits));
        self.calls.insert(id, call);
        self.acts.extend([Act::OpenRoom(room), Act::Create(record.clone())]);
        Begun::New(record)
    }

    /// Whom the call is for, whom it calls, and who may see it.
    fn plan(&self, caller: UserId, whom: Whom) -> Plan {
        match whom {
            Whom::One(receiver, reach) => {
                let callees = vec![(receiver, self.reach(receiver, reach))];
                (Kind::Pair { receiver }, callees, Vec::new())
            }
            Whom::Group(all) => {
                let members: Vec<_> = all.iter().map(|(user, role, _)| (*user, *role)).collect();
                // Alone in a group there is nobody to ring, but somebody may come in.
                let announced = all.len() > self.limits.ring_members || all.len() < 2;
                let others = all.iter().filter(|(user, ..)| *user != caller && !announced);
                let callees = others.map(|(user, _, reach)| (*user, self.reach(*user, *reach))).collect();
                (Kind::Group { announced }, callees, members)
            }
        }
    }

    /// A start by somebody who is in a call already. Glare: the other one's call to us arrived first and is answered by
    /// this. A start that is said again after a lost ack finds its own call.
    fn start_inside(&mut self, id: CallId, start: &Start, now: Now) -> Result<CallRecord> {
        let call = self.calls.get(&id).ok_or(CallError::Internal)?;
        let (leg, head) = (call.leg(start.caller).ok_or(CallError::Internal)?, call.head());
        let same = match (&start.whom, head.kind) {
            (Whom::One(other, _), Kind::Pair { receiver }) => [head.caller, receiver].contains(other),
            (Whom::Group(_), Kind::Group { .. }) => head.conversation == start.conversation,
            (Whom::One(..), Kind::Group { .. }) | (Whom::Group(_), Kind::Pair { .. }) => false,
        };
        match leg {
            Leg::Ringing(_) if same => self.accept(start.caller, start.device, id, now),
            Leg::Ringing(_) | Leg::Left(_) => Err(CallError::Busy),
            Leg::Waiting(_) | Leg::Connecting(_) | Leg::Active(_) | Leg::Reconnecting(_) => {
                if same && leg.device() == Some(start.device) {
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
        let Some((call, desk)) = self.calls.remove(&id).zip(self.desks.get_mut(&id)) else { return };
        desk.announced = true;
        let rings: Vec<_> = call.legs().iter().filter(|l| matches!(l, Leg::Ringing(_))).collect();
        let rings: Vec<_> = rings.into_iter().map(Leg::user).collect();
        let outside = desk.outsiders(&people(&call));
        self.ring(id, &call, &rings);
        if !outside.is_empty() {
            self.acts.push_back(Act::Tell(Audience::users(outside), Event::CallUpdated(record::of(&call))));
        }
        self.calls.insert(id, call);
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

    /// Leaves because the browser gave no microphone.
    pub fn leave_without_microphone(&mut self, user: UserId, id: CallId, now: Now) -> Result<()> {
        self.allowed(user, id)?;
        self.drive(id, Input::Put { user, out: EndReason::MicrophoneRefused }, now);
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

    /// A device's last socket is gone. `closed`: it said so, as a page does that is closed or loaded again; a network that
    /// breaks says nothing.
    pub fn device_gone(&mut self, user: UserId, device: DeviceId, closed: bool, now: Now) {
        if let Some(id) = self.of_user.get(&user).copied() {
            self.fact((user, device), id, if closed { Fact::Closed } else { Fact::Away }, now);
        }
    }

    /// So many devices of somebody are here now: if it rings for him, it rings on these.
    pub fn rings_on(&mut self, user: UserId, devices: u32, now: Now) {
        if let Some(id) = self.of_user.get(&user).copied() {
            self.drive(id, Input::RingsOn { user, devices }, now);
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
        let own = self.standing(user, id).ok_or(CallError::NotFound)?;
        may(user, Action::TakePartInCall(own)).then_some(()).ok_or(CallError::NotFound)
    }

    pub(super) fn leg(&self, user: UserId, id: CallId) -> Result<&Leg> {
        // It was live a moment ago: a deadline has ended it since.
        let call = self.calls.get(&id).ok_or(CallError::ENDED)?;
        call.leg(user).ok_or(CallError::NotFound)
    }
}
