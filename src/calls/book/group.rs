//! PURE: what people ask of a call of more than two: come in, call others into it, mute and remove, end it for all. And
//! what becomes of it when its group changes.

use super::act::{Act, Participant};
use super::{Book, Result};
use crate::calls::call::{Call, Input, Kind};
use crate::calls::leg::Leg;
use crate::calls::media::Fact;
use crate::calls::now::Now;
use crate::calls::{CallError, record};
use crate::event::{Audience, Event};
use crate::ids::{CallId, ConversationId, DeviceId, UserId};
use crate::model::{CallRecord, EndReason, GroupRole, Reach};
use crate::policy::{Action, Standing, may};

impl Book {
    /// Comes into a call with this device: a running one of his group, one that he left, or one that he is in with
    /// another device, which then has no part in it any more.
    pub fn join(&mut self, user: UserId, device: DeviceId, id: CallId, now: Now) -> Result<CallRecord> {
        let own = self.standing(user, id).ok_or(CallError::NotFound)?;
        if !may(user, Action::JoinCall(own)) {
            let known = own.removed && (own.role.is_some() || !own.group);
            return Err(if known { CallError::REMOVED } else { CallError::NotFound });
        }
        if let Some(other) = self.of_user.get(&user).copied().filter(|other| *other != id) {
            self.drive(other, Input::Tick, now);
            if self.of_user.contains_key(&user) {
                return Err(CallError::Busy);
            }
        }
        self.drive(id, Input::Tick, now);
        let call = self.calls.get(&id).ok_or(CallError::ENDED)?;
        if self.of_user.get(&user) != Some(&id) {
            if call.size() >= self.limits.participants {
                return Err(CallError::FULL);
            }
            self.seat_person(id, user);
            self.of_user.insert(user, id);
        }
        self.drive(id, Input::Join { user, device }, now);
        self.leg(user, id)?;
        self.record(id).ok_or(CallError::Internal)
    }

    /// Calls somebody into a call. He cannot be rung, or is in it: that is well, too, and shows in his leg.
    pub fn invite(&mut self, by: UserId, id: CallId, user: UserId, reach: Reach, now: Now) -> Result<()> {
        let own = self.may_invite(by, id)?;
        let theirs = self.standing(user, id).ok_or(CallError::NotFound)?;
        if own.group && theirs.role.is_none() {
            return Err(CallError::NotFound);
        }
        if let Some(other) = self.of_user.get(&user).copied() {
            self.drive(other, Input::Tick, now);
        }
        let call = self.calls.get(&id).ok_or(CallError::ENDED)?;
        let free = !self.of_user.contains_key(&user);
        if free && call.size() >= self.limits.participants {
            return Err(CallError::FULL);
        }
        if self.of_user.get(&user) == Some(&id) {
            return Ok(());
        }
        let reach = self.reach(user, reach);
        if matches!(reach, Reach::Here(_) | Reach::Away) {
            self.seat_person(id, user);
            self.of_user.insert(user, id);
        }
        self.drive(id, Input::Ring { user, reach }, now);
        Ok(())
    }

    /// Whether somebody may call others into it.
    pub fn may_invite(&self, by: UserId, id: CallId) -> Result<Standing> {
        let own = self.standing(by, id).ok_or(CallError::NotFound)?;
        if may(by, Action::InviteToCall(own)) {
            return Ok(own);
        }
        Err(if own.party { CallError::OUTSIDE } else { CallError::NotFound })
    }

    /// Asks for somebody else's microphone to be off. Only he himself can put it on again.
    pub fn mute_other(&mut self, by: UserId, id: CallId, user: UserId, now: Now) -> Result<()> {
        self.may_moderate(by, id, user)?;
        if let Some(device) = self.leg(user, id)?.device() {
            self.drive(id, Input::Fact { user, device, fact: Fact::Silenced(by) }, now);
        }
        Ok(())
    }

    pub(super) fn mute(&mut self, id: CallId, user: UserId, muted: bool) {
        let Some(desk) = self.desks.get(&id) else { return };
        if let Some(participant) = desk.participant(user) {
            self.acts.push_back(Act::Mute { room: desk.room, participant, muted });
        }
    }

    /// Who was muted and comes back, perhaps after a restart of the server, is muted.
    pub(super) fn remind_of_mute(&mut self, id: CallId, call: &Call, user: UserId) {
        let media = call.leg(user).and_then(Leg::media);
        if media.is_some_and(|media| media.muted_by.is_some()) {
            self.mute(id, user, true);
        }
    }

    /// Takes somebody out. He comes back only if he is invited.
    pub fn remove(&mut self, by: UserId, id: CallId, user: UserId, now: Now) -> Result<()> {
        self.may_moderate(by, id, user)?;
        self.drive(id, Input::Put { user, out: EndReason::Removed }, now);
        Ok(())
    }

    /// Ends it for all.
    pub fn end(&mut self, by: UserId, id: CallId, now: Now) -> Result<()> {
        let own = self.standing(by, id).ok_or(CallError::NotFound)?;
        if may(by, Action::EndCall(own)) {
            self.drive(id, Input::End { by }, now);
            return Ok(());
        }
        Err(if own.party || own.role.is_some() { CallError::Forbidden } else { CallError::NotFound })
    }

    /// Somebody blocks somebody: a call that is between these two he leaves, whoever started it. In a group they may
    /// both be, and so in its call.
    pub fn blocked(&mut self, by: UserId, other: UserId, now: Now) {
        let Some(id) = self.of_user.get(&by).copied() else { return };
        let Some(head) = self.calls.get(&id).map(Call::head) else { return };
        if [Some(head.caller), head.receiver()].iter().all(|who| [Some(by), Some(other)].contains(who)) {
            self.drive(id, Input::Leave { user: by }, now);
        }
    }

    /// Whether a group has a call.
    pub fn has_group(&self, group: ConversationId) -> bool {
        self.of_group.contains_key(&group)
    }

    /// Who is in a group, and in which role, has changed: who is out of it is out of its call.
    pub fn members(&mut self, group: ConversationId, members: Vec<(UserId, GroupRole)>, now: Now) {
        let Some(id) = self.of_group.get(&group).copied() else { return };
        let Some((desk, call)) = self.desks.get_mut(&id).zip(self.calls.get(&id)) else { return };
        let before = std::mem::replace(&mut desk.members, members.clone());
        let is_member = |user: UserId| members.iter().any(|(member, _)| *member == user);
        let came = members.iter().map(|(user, _)| *user).filter(|u| !before.iter().any(|(b, _)| b == u));
        let came: Vec<_> = came.collect();
        let went = before.iter().map(|(user, _)| *user).filter(|user| !is_member(*user));
        let went: Vec<_> = went.collect();
        if !came.is_empty() && desk.announced {
            self.acts.push_back(Act::Tell(Audience::users(came), Event::CallUpdated(record::of(call))));
        }
        let outside: Vec<_> = went.iter().copied().filter(|user| call.leg(*user).is_none()).collect();
        if !outside.is_empty() && desk.announced {
            // What he could have joined is gone for him.
            let stop = Event::RingStopped { call: id, reason: crate::event::RingStop::Ended };
            self.acts.push_back(Act::Tell(Audience::users(outside), stop));
        }
        for user in went {
            self.drive(id, Input::Put { user, out: EndReason::Removed }, now);
        }
    }

    fn may_moderate(&self, by: UserId, id: CallId, user: UserId) -> Result<()> {
        let own = self.standing(by, id).ok_or(CallError::NotFound)?;
        if !own.party && own.role.is_none() {
            return Err(CallError::NotFound);
        }
        let theirs = self.standing(user, id).filter(|s| s.party).ok_or(CallError::NotFound)?;
        may(by, Action::ModerateCall(own, theirs)).then_some(()).ok_or(CallError::Forbidden)
    }

    /// Where somebody stands to a live call.
    pub(super) fn standing(&self, user: UserId, id: CallId) -> Option<Standing> {
        let (call, desk) = self.calls.get(&id).zip(self.desks.get(&id))?;
        let (head, leg) = (call.head(), call.leg(user));
        Some(Standing {
            principal: head.caller == user || head.receiver() == Some(user),
            party: leg.is_some(),
            inside: leg.is_some_and(Leg::is_in),
            removed: matches!(leg, Some(Leg::Left(left)) if left.reason == EndReason::Removed),
            group: matches!(head.kind, Kind::Group { .. }),
            role: desk.role(user),
        })
    }

    /// Whether he could come in; of a call that is not stored yet nobody knows.
    pub(super) fn may_join(&self, user: UserId, id: CallId) -> bool {
        let told = self.desks.get(&id).is_some_and(|desk| desk.announced);
        told && self.standing(user, id).is_some_and(|own| may(user, Action::JoinCall(own)))
    }

    /// Whether somebody can be rung: that he is in a call, the Book knows best.
    pub(super) fn reach(&self, user: UserId, reach: Reach) -> Reach {
        if self.of_user.contains_key(&user) { Reach::Busy } else { reach }
    }

    /// A participant of the room for somebody who may need one.
    pub(super) fn seat_person(&mut self, id: CallId, user: UserId) {
        if self.desks.get(&id).is_some_and(|desk| desk.participant(user).is_none()) {
            let participant = Participant(self.mint());
            if let Some(desk) = self.desks.get_mut(&id) {
                desk.participants.push((user, participant));
            }
        }
    }

    /// Rings on every device of each of these people.
    pub(super) fn ring(&mut self, id: CallId, call: &Call, users: &[UserId]) {
        if users.is_empty() || !self.desks.get(&id).is_some_and(|desk| desk.announced) {
            return;
        }
        // Who tells it has the credentials.
        let event = Event::IncomingCall { call: record::of(call), ice_servers: Vec::new() };
        self.acts.push_back(Act::Tell(Audience::users(users.iter().copied()), event));
    }
}
