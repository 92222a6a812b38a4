//! PURE: all live calls of this server. Owns who is in which call (one at a time), which group has one, busy and glare,
//! the devices that ring, their transports and gates, and the deadlines. Takes facts and time, gives acts; SDP never enters it, and it knows
//! neither relay nor store.

pub mod act;
mod close;
mod commands;
mod group;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod likeness;
mod media;
#[cfg(test)]
mod model;
#[cfg(test)]
mod parties;
pub mod restore;
mod seats;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod table;
mod telling;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use self::act::{Act, Participant, Room, Transport};
use self::close::Closing;
use self::seats::{Place, Seats};
use self::telling::{News, Pace};
use super::call::{Call, Effect, Input};
use super::now::Now;
use super::{CallError, Limits, record};
use crate::event::{Audience, Event, RingStop};
use crate::ids::{CallId, ConversationId, DeviceId, EpochId, UserId};
use crate::model::{CallRecord, EndReason, GroupRole, Reach, Timeline};

/// How long an ended record waits for the relay's last quality report.
const LAST_REPORT: Duration = Duration::from_millis(250);

/// A live call's figures are stored this often: a crash loses no more of them.
const STORE: Duration = Duration::from_secs(30);

type Result<T> = std::result::Result<T, CallError>;

/// Whom a call is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The other one of a direct conversation.
    One(UserId, Reach),
    /// Everybody in a group, oneself too.
    Group(Vec<(UserId, GroupRole, Reach)>),
}

/// Somebody wants to call somebody.
#[derive(Clone, Debug)]
pub struct Start {
    /// For the new call, if it comes to one.
    pub id: CallId,
    pub conversation: ConversationId,
    pub caller: UserId,
    pub device: DeviceId,
    pub whom: Whom,
}

/// What came of a start.
#[derive(Clone, Debug, PartialEq)]
pub enum Begun {
    /// A new call. It is there when its record is stored ([`Act::Create`]); only then it rings.
    New(CallRecord),
    /// Nobody whom it is for can be rung (in another call, not to be disturbed): this record has ended already and is to
    /// be stored.
    Off(CallRecord),
    /// A call of these people that was there: the receiver's to us, accepted now, the group's, or this very start, said
    /// again.
    Joined(CallRecord),
}

/// Where an offer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub room: Room,
    pub participant: Participant,
    pub transport: Transport,
}

/// What a live call has besides its machine.
#[derive(Debug)]
struct Desk {
    room: Room,
    participants: Vec<(UserId, Participant)>,
    /// Of a call in a group: who may see and join it.
    members: Vec<(UserId, GroupRole)>,
    seats: Seats,
    /// The device of each person through which media may flow.
    gates: BTreeMap<UserId, DeviceId>,
    /// Transports of people who left a call that goes on; each has a last report to come.
    parting: BTreeMap<Transport, Place>,
    /// The record is stored and the receiver was told.
    announced: bool,
    timer: Option<Instant>,
    /// When it was last stored how far the call has come.
    stored: Option<Instant>,
    pace: Pace,
}

impl Desk {
    fn new(room: Room, members: Vec<(UserId, GroupRole)>, announced: bool) -> Self {
        Self {
            room,
            participants: Vec::new(),
            members,
            seats: Seats::default(),
            gates: BTreeMap::new(),
            parting: BTreeMap::new(),
            announced,
            timer: None,
            stored: None,
            pace: Pace::default(),
        }
    }
    fn role(&self, user: UserId) -> Option<GroupRole> {
        self.members.iter().find(|(member, _)| *member == user).map(|(_, role)| *role)
    }
    fn participant(&self, user: UserId) -> Option<Participant> {
        self.participants.iter().find(|(u, _)| *u == user).map(|(_, p)| *p)
    }
    fn user(&self, participant: Participant) -> Option<UserId> {
        self.participants.iter().find(|(_, p)| *p == participant).map(|(u, _)| *u)
    }
}

/// Which server and run hosts the calls.
#[derive(Clone, Debug)]
pub struct Home {
    pub node: String,
    pub epoch: EpochId,
}

/// All live calls.
#[derive(Debug)]
pub struct Book {
    limits: Limits,
    home: Home,
    calls: BTreeMap<CallId, Call>,
    desks: BTreeMap<CallId, Desk>,
    of_user: BTreeMap<UserId, CallId>,
    of_transport: BTreeMap<Transport, (CallId, Place)>,
    of_room: BTreeMap<Room, CallId>,
    of_group: BTreeMap<ConversationId, CallId>,
    timers: BTreeSet<(Instant, CallId)>,
    closing: BTreeMap<CallId, Closing>,
    /// Rooms, participants and transports are counted together: no number is used twice in a run.
    minted: u64,
    acts: VecDeque<Act>,
}

impl Book {
    pub fn new(limits: Limits, home: Home) -> Self {
        Self {
            limits,
            home,
            calls: BTreeMap::new(),
            desks: BTreeMap::new(),
            of_user: BTreeMap::new(),
            of_transport: BTreeMap::new(),
            of_room: BTreeMap::new(),
            of_group: BTreeMap::new(),
            timers: BTreeSet::new(),
            closing: BTreeMap::new(),
            minted: 0,
            acts: VecDeque::new(),
        }
    }

    /// The next thing to do, if there is one.
    pub fn poll_act(&mut self) -> Option<Act> {
        self.acts.pop_front()
    }

    /// When [`Book::handle_timeout`] must be called at the latest.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let calls = self.timers.first().map(|(at, _)| *at);
        let closing = self.closing.values().filter_map(Closing::until).min();
        calls.into_iter().chain(closing).min()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some((at, id)) = self.timers.first().copied() {
            if at > now.mono {
                break;
            }
            // Out of the set whatever the call makes of it: a timer fires once.
            self.timers.remove(&(at, id));
            if let Some(desk) = self.desks.get_mut(&id) {
                desk.timer = None;
            }
            self.drive(id, Input::Tick, now);
        }
        self.close_overdue(now);
    }

    /// What happened in a call that is live, or that ended and is not stored yet.
    pub fn timeline(&self, id: CallId) -> Option<Timeline> {
        let ended = || self.closing.get(&id).map(|c| c.call.timeline());
        self.calls.get(&id).map(Call::timeline).or_else(ended)
    }
    /// The record of a call that is live, or that ended and is not stored yet.
    pub fn record(&self, id: CallId) -> Option<CallRecord> {
        let ended = || self.closing.get(&id).map(|c| record::of(&c.call));
        self.calls.get(&id).map(record::of).or_else(ended)
    }
    pub fn is_live(&self, id: CallId) -> bool {
        self.calls.contains_key(&id)
    }
    /// The live calls that concern the user: the one that he is in or is called to first, then those that he may join.
    pub fn live(&self, user: UserId) -> Vec<CallRecord> {
        let own = self.of_user.get(&user).copied();
        let may = |id: &&CallId| Some(**id) != own && self.may_join(user, **id);
        let others = self.desks.keys().filter(may).copied();
        own.into_iter().chain(others).filter_map(|id| self.calls.get(&id)).map(record::of).collect()
    }

    fn mint(&mut self) -> u64 {
        self.minted += 1;
        self.minted
    }

    /// Hands one input to one call and obeys what it says. A call that is not live changes nothing.
    fn drive(&mut self, id: CallId, input: Input, now: Now) {
        let Some(call) = self.calls.remove(&id) else { return };
        let (call, effects) = call.handle(input, now, &self.limits);
        let (mut store, mut news, mut measured, mut over) = (false, News::Nothing, false, false);
        let (mut rung, mut removed) = (Vec::new(), Vec::new());
        for effect in effects {
            match effect {
                Effect::StopRinging { user, except, reason } => self.stop_ringing(id, user, except, reason),
                Effect::Ring { user } => rung.push(user),
                Effect::OpenGate { user, device } => {
                    self.remind_of_mute(id, &call, user);
                    self.open_gate(id, user, device);
                }
                Effect::Mute { user, muted } => self.mute(id, user, muted),
                Effect::Moved { user, device } => self.move_gate(id, user, device),
                Effect::Gone { user, reason } => {
                    self.part(id, user);
                    removed.extend((reason == EndReason::Removed).then_some(user));
                    (store, news) = (true, News::People);
                }
                Effect::Answered => (store, news) = (true, News::People),
                Effect::Connected => (store, news) = (true, news.max(News::Inside)),
                Effect::Changed => news = news.max(News::Inside),
                Effect::Measured => measured = true,
                Effect::Ended => over = true,
            }
        }
        if over {
            self.finish(id, call, now);
            return;
        }
        if store {
            self.store(&call, now);
        }
        self.ring(id, &call, &rung);
        self.bid_farewell(&call, removed);
        self.tell_update(id, &call, news, now);
        let put_off = self.desks.get(&id).and_then(|desk| desk.pace.due());
        self.set_timer(id, call.poll_timeout(&self.limits).into_iter().chain(put_off).min());
        if measured {
            self.tell_quality(&call);
            if self.desks.get(&id).is_some_and(|d| d.stored.is_none_or(|at| now.mono >= at + STORE)) {
                self.store(&call, now);
            }
        }
        self.calls.insert(id, call);
    }

    /// Has it stored how far the call has come.
    fn store(&mut self, call: &Call, now: Now) {
        if let Some(desk) = self.desks.get_mut(&call.head().id) {
            desk.stored = Some(now.mono);
        }
        self.acts.push_back(Act::Update(record::of(call), call.timeline()));
    }

    fn set_timer(&mut self, id: CallId, at: Option<Instant>) {
        let Some(desk) = self.desks.get_mut(&id) else { return };
        if desk.timer == at {
            return;
        }
        if let Some(before) = desk.timer.take() {
            self.timers.remove(&(before, id));
        }
        if let Some(at) = at {
            desk.timer = Some(at);
            self.timers.insert((at, id));
        }
    }

    fn stop_ringing(&mut self, id: CallId, user: UserId, except: Option<DeviceId>, reason: RingStop) {
        let Some(desk) = self.desks.get_mut(&id) else { return };
        // The device that says no needs no transport either; the one that says yes keeps it.
        let keeps = except.filter(|_| reason == RingStop::AnsweredElsewhere);
        for transport in desk.seats.clear(user, keeps) {
            self.of_transport.remove(&transport);
            self.acts.push_back(Act::DropTransport(transport));
        }
        if desk.announced {
            let audience = match except {
                Some(device) => Audience::users_except([user], user, device),
                None => Audience::users([user]),
            };
            self.acts.push_back(Act::Tell(audience, Event::RingStopped { call: id, reason }));
        }
    }

    /// A person goes on with another device: the one before loses its transports, and its gate if it was open.
    fn move_gate(&mut self, id: CallId, user: UserId, device: DeviceId) {
        let Some(desk) = self.desks.get_mut(&id) else { return };
        for transport in desk.seats.clear(user, Some(device)) {
            if let Some((_, place)) = self.of_transport.remove(&transport) {
                desk.parting.insert(transport, place);
            }
            self.acts.push_back(Act::DropTransport(transport));
        }
        if desk.gates.contains_key(&user) {
            self.open_gate(id, user, device);
        }
    }

    /// Somebody is out of a call that goes on: no media to or from him any more, and he is free for other calls.
    fn part(&mut self, id: CallId, user: UserId) {
        if self.of_user.get(&user) == Some(&id) {
            self.of_user.remove(&user);
        }
        let Some(desk) = self.desks.get_mut(&id) else { return };
        desk.gates.remove(&user);
        for transport in desk.seats.clear(user, None) {
            if let Some((_, place)) = self.of_transport.remove(&transport) {
                desk.parting.insert(transport, place);
            }
            self.acts.push_back(Act::DropTransport(transport));
        }
    }

    fn open_gate(&mut self, id: CallId, user: UserId, device: DeviceId) {
        let Some(desk) = self.desks.get_mut(&id) else { return };
        desk.gates.insert(user, device);
        let (room, participant) = (desk.room, desk.participant(user));
        if let Some((participant, line)) = participant.zip(desk.seats.current((user, device))) {
            self.acts.push_back(Act::OpenGate { room, participant, transport: line.transport });
        }
    }
}
