//! Tests only: what people do to calls of more than two, at random.

use super::{
    Begun, CallError, CallId, DeviceId, Leg, Reach, Seen, Start, Storm, UserId, Whom, device, id, user,
};
use crate::ids::ConversationId;
use crate::model::{CallStatus, GroupRole};

/// The one group there is.
fn group() -> ConversationId {
    ConversationId(id(70))
}

impl Storm {
    fn roles(&self) -> Vec<(UserId, GroupRole)> {
        let role = |n| if n == 1 { GroupRole::Owner } else { GroupRole::Member };
        self.group.iter().map(|n| (user(*n), role(*n))).collect()
    }

    pub(super) fn party(&mut self, what: usize, user: UserId, device: DeviceId, call: CallId) {
        let now = self.now;
        let other = self::user(1 + self.below(3) as u64);
        let reach = [Reach::Here(1), Reach::Here(1), Reach::Away, Reach::Undisturbed][self.below(4)];
        match what {
            0..=1 => self.start_group(),
            2..=4 => self.join(user, device, call),
            5..=6 => drop(self.book.invite(user, call, other, reach, now)),
            7 => drop(self.book.mute_other(user, call, other, now)),
            8 if self.below(2) == 0 => self.remove(user, call, other),
            9 if self.below(3) == 0 => drop(self.book.end(user, call, now)),
            10 if self.below(3) == 0 => self.regroup(),
            11 if self.below(12) == 0 => self.crash(),
            _ => drop(self.book.leave_without_microphone(other, call, now)),
        }
    }

    pub(super) fn reject(&mut self, user: UserId, device: DeviceId, call: CallId) {
        if self.book.reject(user, device, call, self.now).is_ok() {
            // The device that says no is not told so.
            self.ringing.retain(|place, _| *place != (user, device));
        }
    }

    fn start_group(&mut self) {
        self.next_call += 1;
        let id = CallId(id(self.next_call));
        let (n, d) = (self.below(3), 1 + self.below(3) as u64);
        let Some(n) = self.group.get(n).copied() else { return };
        let (caller, device) = (user(n), device(n, d));
        let reach = [Reach::Here(1), Reach::Away, Reach::Undisturbed];
        let roles = self.roles();
        let members = roles.into_iter().map(|(user, role)| (user, role, reach[self.below(3)])).collect();
        let start = Start { id, conversation: group(), caller, device, whom: Whom::Group(members) };
        let had = self.book.of_group.get(&group()).copied();
        match self.book.start(start, self.now) {
            Ok(Begun::New(record)) => {
                assert!(record.receiver.is_none() && record.status == CallStatus::Ringing);
                self.calls.insert(record.id, Seen::default());
            }
            Ok(Begun::Off(record)) => assert!(record.status.ended()),
            Ok(Begun::Joined(record)) => {
                assert_eq!(had, Some(record.id), "a group has one call");
                assert_eq!(record.leg(caller).and_then(|leg| leg.device), Some(device));
            }
            Err(error) => assert_ne!(error, CallError::Internal),
        }
    }

    fn join(&mut self, user: UserId, device: DeviceId, call: CallId) {
        let Ok(record) = self.book.join(user, device, call, self.now) else { return };
        let leg = record.leg(user).expect("who joined has a leg");
        assert_eq!((leg.device, leg.left_at), (Some(device), None));
        if record.conversation == group() {
            assert!(self.roles().iter().any(|(member, _)| *member == user), "a stranger joined");
        }
    }

    fn remove(&mut self, by: UserId, call: CallId, other: UserId) {
        if self.book.remove(by, call, other, self.now).is_ok() && self.book.is_live(call) {
            let leg = self.book.record(call).and_then(|record| record.leg(other).cloned()).unwrap();
            assert!(leg.left_at.is_some());
        }
    }

    /// Somebody is put out of the group, or taken in again: who is out has no part in its call from this moment on.
    fn regroup(&mut self) {
        let n = 1 + self.below(3) as u64;
        match self.group.iter().position(|member| *member == n) {
            Some(at) => drop(self.group.remove(at)),
            None => self.group.push(n),
        }
        self.book.members(group(), self.roles(), self.now);
        if let Some(call) = self.book.of_group.get(&group()).and_then(|id| self.book.calls.get(id)) {
            let inside = call.legs().iter().filter(|leg| !matches!(leg, Leg::Left(_)));
            assert!(inside.map(Leg::user).all(|user| self.roles().iter().any(|(member, _)| *member == user)));
        }
    }

    /// Media flows to nobody who is not in the call, and through one device of each.
    pub(super) fn check_media(&self) {
        for (id, desk) in &self.book.desks {
            let call = &self.book.calls[id];
            for (user, device) in &desk.gates {
                let leg = call.leg(*user).expect("a gate for somebody without a leg");
                assert!(leg.is_in() && leg.device() == Some(*device), "a gate is open for {leg:?}");
            }
            for (place, _) in self.book.of_transport.values().map(|(_, place)| (place, ())) {
                let of = self.book.of_user.get(&place.0);
                assert!(of.is_some(), "somebody who is in no call has a transport");
            }
            for leg in call.legs().iter().filter(|leg| leg.is_in()) {
                let muted = desk.participant(leg.user()).is_some_and(|p| self.muted.contains(&p));
                let by = leg.media().and_then(|media| media.muted_by);
                assert_eq!(muted, by.is_some(), "the relay holds to it whom a leader muted: {leg:?}");
            }
            for leg in call.legs() {
                let here = self.book.of_user.get(&leg.user()) == Some(id);
                assert_eq!(here, !matches!(leg, Leg::Left(_)), "who is in a call is in the book: {leg:?}");
            }
        }
    }
}
