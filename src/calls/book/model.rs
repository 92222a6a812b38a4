//! Tests only: what the Book should say, in plain words and flat marks: who rings, who is in, who is out and why. Shares
//! no code with the machines and looks at time in whole seconds. One owner of a group, one admin, one member.

mod person;

use std::collections::BTreeMap;

pub(super) use self::person::{CONNECT, GRACE, Part, Person, RECONNECT, RING, Rung, Secs};
use crate::model::EndReason;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Talk {
    pub caller: u64,
    /// Of a call between two.
    pub receiver: Option<u64>,
    pub people: Vec<Person>,
    pub answered: Option<Secs>,
    pub connected: Option<Secs>,
    pub ended: Option<(Secs, EndReason)>,
}

impl Talk {
    pub fn person(&self, user: u64) -> Option<&Person> {
        self.people.iter().find(|person| person.user == user)
    }
    fn person_mut(&mut self, user: u64) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.user == user)
    }
    fn over(&self) -> bool {
        let inside = self.people.iter().filter(|p| p.inside()).count();
        let rings = self.people.iter().filter(|p| p.rings()).count();
        match self.receiver {
            Some(_) => inside + rings < 2,
            None => inside == 0 || self.answered.is_none() && rings == 0 && inside == 1,
        }
    }
    /// Why it is over, as PROTOCOL.md has it.
    fn why(&self) -> EndReason {
        use EndReason::{
            Busy, Declined, DoNotDisturb, HungUp, MicrophoneRefused, NoAnswer, Removed, Unreachable,
        };
        if self.answered.is_none() {
            let callees: Vec<_> =
                self.people.iter().filter(|p| p.user != self.caller).filter_map(Person::out).collect();
            if let Some((_, why)) = self.person(self.caller).and_then(Person::out) {
                return why;
            }
            let order = [MicrophoneRefused, NoAnswer, Declined, Unreachable, Busy, DoNotDisturb];
            let first = order.into_iter().find(|why| callees.iter().any(|(_, theirs)| theirs == why));
            return first.or(callees.last().map(|(_, why)| *why)).unwrap_or(EndReason::Cancelled);
        }
        let talked: Vec<_> =
            self.people.iter().filter(|p| p.answered.is_some()).filter_map(Person::out).collect();
        let two = self.receiver.is_some() && self.people.len() == 2;
        if !two && talked.iter().any(|(_, why)| *why == HungUp) {
            return HungUp;
        }
        let last = talked.iter().max_by_key(|(at, _)| *at).map_or(HungUp, |(_, why)| *why);
        if last == Removed { HungUp } else { last }
    }
    fn end(&mut self, why: EndReason, now: Secs) {
        self.ended = Some((now, why));
        for person in &mut self.people {
            let rang_in_vain = person.rings() && why == EndReason::HungUp;
            person.leave(if rang_in_vain { EndReason::Cancelled } else { why }, now);
        }
    }
    /// Somebody came in: whoever waited is in it, too.
    fn begin(&mut self, now: Secs) {
        self.answered.get_or_insert(now);
        for person in &mut self.people {
            if let (Part::Waits { .. }, Some(device)) = (&person.part, person.device) {
                let (muted, up) = (person.muted, person.up.clone());
                person.come(device, now);
                (person.muted, person.up) = (muted, up);
                person.look(now);
            }
        }
    }
    fn settle(&mut self, now: Secs) {
        if self.ended.is_some() {
            return;
        }
        if self.over() {
            let why = self.why();
            return self.end(why, now);
        }
        if self.answered.is_some() && self.people.iter().filter(|p| p.flows()).count() >= 2 {
            self.connected.get_or_insert(now);
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub talks: BTreeMap<u64, Talk>,
}

/// The owner is above the admin, who is above the member.
fn rank(user: u64) -> u64 {
    3 - user
}

impl Model {
    /// The live call somebody is in, or rung by.
    pub fn of(&self, user: u64) -> Option<u64> {
        let busy = |talk: &Talk| talk.person(user).is_some_and(|p| p.inside() || p.rings());
        self.talks.iter().find(|(_, talk)| talk.ended.is_none() && busy(talk)).map(|(id, _)| *id)
    }
    fn group(&self) -> Option<u64> {
        let live = |talk: &Talk| talk.ended.is_none() && talk.receiver.is_none();
        self.talks.iter().find(|(_, talk)| live(talk)).map(|(id, _)| *id)
    }
    fn rung(&self, user: u64, how: Rung, now: Secs) -> Person {
        let why = match (self.of(user), how) {
            (Some(_), _) => EndReason::Busy,
            (None, Rung::Undisturbed) => EndReason::DoNotDisturb,
            (None, Rung::Here(_) | Rung::Away) => {
                let on = if let Rung::Here(devices) = how { devices } else { 0 };
                let part = Part::Rings { since: now, on, reached: on > 0, before: None };
                return Person::new(user, None, now, part);
            }
        };
        Person::new(user, None, now, Part::Out { at: now, why })
    }

    /// True if it is acked with a call.
    pub fn start(
        &mut self,
        id: u64,
        (caller, device): (u64, u64),
        whom: &[(u64, Rung)],
        pair: bool,
        now: Secs,
    ) -> bool {
        if let Some(own) = self.of(caller) {
            let talk = &self.talks[&own];
            let same = match talk.receiver {
                Some(receiver) => pair && [talk.caller, receiver].contains(&whom[0].0),
                None => !pair,
            };
            let Some(person) = talk.person(caller).filter(|_| same) else { return false };
            return if person.rings() {
                self.accept(own, caller, device, now)
            } else {
                person.device == Some(device)
            };
        }
        if let Some(own) = self.group().filter(|_| !pair) {
            return self.join(own, caller, device, now);
        }
        let mut people = vec![Person::new(caller, Some(device), now, Part::Waits { away: None })];
        people.extend(whom.iter().map(|(user, how)| self.rung(*user, *how, now)));
        let receiver = pair.then(|| whom[0].0);
        let mut talk = Talk { caller, receiver, people, answered: None, connected: None, ended: None };
        talk.settle(now);
        self.talks.insert(id, talk);
        true
    }

    fn live(&mut self, id: u64) -> Option<&mut Talk> {
        self.talks.get_mut(&id).filter(|talk| talk.ended.is_none())
    }

    pub fn accept(&mut self, id: u64, user: u64, device: u64, now: Secs) -> bool {
        let Some(talk) = self.live(id) else { return false };
        let Some(person) = talk.person_mut(user) else { return false };
        if person.rings() {
            person.come(device, now);
            talk.begin(now);
            talk.settle(now);
            return true;
        }
        matches!(person.part, Part::In { .. }) && person.device == Some(device)
    }

    pub fn reject(&mut self, id: u64, user: u64, now: Secs) -> bool {
        let Some(talk) = self.live(id) else { return false };
        let Some(person) = talk.person_mut(user) else { return false };
        if person.rings() {
            person.leave(EndReason::Declined, now);
            talk.settle(now);
            return true;
        }
        person.out().is_some()
    }

    pub fn leave(&mut self, id: u64, user: u64, now: Secs) {
        let Some(talk) = self.live(id) else { return };
        let (answered, caller) = (talk.answered.is_some(), talk.caller);
        let Some(person) = talk.person_mut(user) else { return };
        let why = match person.rings() {
            true => EndReason::Declined,
            false if answered => EndReason::HungUp,
            false if user == caller => EndReason::Cancelled,
            false => EndReason::Declined,
        };
        person.leave(why, now);
        talk.settle(now);
    }

    pub fn join(&mut self, id: u64, user: u64, device: u64, now: Secs) -> bool {
        if self.of(user).is_some_and(|other| other != id) {
            return false;
        }
        let Some(talk) = self.live(id) else { return false };
        let group = talk.receiver.is_none();
        let Some(person) = talk.person_mut(user) else {
            if group {
                let mut person = Person::new(user, None, now, Part::Waits { away: None });
                person.come(device, now);
                talk.people.push(person);
                talk.begin(now);
                talk.settle(now);
            }
            return group;
        };
        match person.part {
            Part::Waits { .. } | Part::In { .. } => {
                if person.device != Some(device) {
                    person.move_to(device, now);
                }
            }
            Part::Out { why: EndReason::Removed, .. } => return false,
            Part::Rings { .. } | Part::Out { .. } => {
                person.come(device, now);
                talk.begin(now);
            }
        }
        talk.settle(now);
        true
    }

    pub fn invite(&mut self, id: u64, by: u64, user: u64, how: Rung, now: Secs) -> bool {
        let rung = self.rung(user, how, now);
        let here = self.of(user) == Some(id);
        let Some(talk) = self.live(id) else { return false };
        if !talk.person(by).is_some_and(Person::inside) {
            return false;
        }
        if here {
            return true;
        }
        let Some(person) = talk.person_mut(user) else {
            talk.people.push(rung);
            return true;
        };
        if person.answered.is_none() {
            *person = rung;
        } else if rung.rings() {
            let on = rung.rings_on();
            let before = Some(Box::new(person.clone()));
            let part = Part::Rings { since: now, on, reached: on > 0, before };
            *person = Person::new(user, None, now, part);
        }
        true
    }

    fn leads(talk: &Talk, by: u64, user: u64) -> bool {
        if by == user || talk.person(user).is_none() {
            return false;
        }
        match talk.receiver {
            Some(receiver) => {
                ![talk.caller, receiver].contains(&user) && [talk.caller, receiver].contains(&by)
            }
            None => rank(by) >= 1 && rank(by) > rank(user) || by == talk.caller && rank(user) == 0,
        }
    }

    pub fn remove(&mut self, id: u64, by: u64, user: u64, now: Secs) -> bool {
        let Some(talk) = self.live(id).filter(|talk| Self::leads(talk, by, user)) else { return false };
        talk.person_mut(user).expect("who is led is in it").leave(EndReason::Removed, now);
        talk.settle(now);
        true
    }

    pub fn mute_other(&mut self, id: u64, by: u64, user: u64) -> bool {
        let Some(talk) = self.live(id).filter(|talk| Self::leads(talk, by, user)) else { return false };
        let person = talk.person_mut(user).expect("who is led is in it");
        if person.inside() {
            person.muted = true;
            person.muted_by.get_or_insert(by);
        }
        true
    }

    pub fn set_muted(&mut self, id: u64, user: u64, device: u64, muted: bool) -> bool {
        let Some(person) = self.live(id).and_then(|talk| talk.person_mut(user)) else { return false };
        if !person.inside() || person.device != Some(device) {
            return false;
        }
        person.here(device);
        person.muted = muted;
        person.muted_by = person.muted_by.filter(|_| muted);
        true
    }

    pub fn end(&mut self, id: u64, by: u64, now: Secs) -> bool {
        let Some(talk) = self.live(id) else { return false };
        let may = match talk.receiver {
            Some(receiver) => [talk.caller, receiver].contains(&by),
            None => rank(by) >= 1 || by == talk.caller,
        };
        if may {
            let why = match talk.answered {
                Some(_) => EndReason::HungUp,
                None if by == talk.caller => EndReason::Cancelled,
                None => EndReason::Removed,
            };
            talk.end(why, now);
        }
        may
    }

    /// A fresh peer connection comes up on this device. False if it may not offer.
    pub fn media(&mut self, id: u64, user: u64, device: u64, now: Secs) -> bool {
        let Some(talk) = self.live(id) else { return false };
        let Some(person) = talk.person_mut(user) else { return false };
        if person.out().is_some() || person.inside() && person.device != Some(device) {
            return false;
        }
        person.here(device);
        person.up.remove(&device);
        person.look(now);
        person.up.insert(device);
        person.look(now);
        talk.settle(now);
        true
    }

    pub fn media_gone(&mut self, id: u64, user: u64, device: u64, now: Secs) {
        let Some(person) = self.live(id).and_then(|talk| talk.person_mut(user)) else { return };
        person.up.remove(&device);
        person.look(now);
    }

    pub fn device_gone(&mut self, user: u64, device: u64, closed: bool, now: Secs) {
        let Some(id) = self.of(user) else { return };
        let Some(person) = self.live(id).and_then(|talk| talk.person_mut(user)) else { return };
        let own = person.device == Some(device);
        match &mut person.part {
            Part::Waits { away } if own => {
                away.get_or_insert(now);
            }
            Part::In { .. } if own && closed => {
                person.closed.get_or_insert(now);
            }
            _ => {}
        }
    }

    pub fn device_here(&mut self, user: u64, device: u64) {
        let Some(id) = self.of(user) else { return };
        if let Some(person) = self.live(id).and_then(|talk| talk.person_mut(user)) {
            person.here(device);
        }
    }

    pub fn rings_on(&mut self, user: u64, devices: u32) {
        let Some(id) = self.of(user) else { return };
        let person = self.live(id).and_then(|talk| talk.person_mut(user));
        if let Some(Part::Rings { on, reached, .. }) = person.map(|person| &mut person.part) {
            (*on, *reached) = (devices, *reached || devices > 0);
        }
    }

    /// A second has passed: those whose time is up leave, the first one first.
    pub fn tick(&mut self, now: Secs) {
        for talk in self.talks.values_mut() {
            while talk.ended.is_none() {
                let due = talk.people.iter().filter_map(|p| Some((p.deadline()?, p.user)));
                let due = due.filter(|((at, _), _)| *at <= now).min_by_key(|((at, _), _)| *at);
                let Some(((_, why), user)) = due else { break };
                talk.person_mut(user).expect("who is due is in it").leave(why, now);
                talk.settle(now);
            }
        }
    }
}
