//! PURE: who is told about a call, and how soon. A call of a few tells all of them everything at once. The more there
//! are, the longer and the more the telling, so it is gathered: what happens meanwhile is told together.

use std::time::{Duration, Instant};

use super::act::Act;
use super::{Book, Desk};
use crate::calls::call::Call;
use crate::calls::leg::Leg;
use crate::calls::now::Now;
use crate::calls::record;
use crate::event::{Audience, Event};
use crate::ids::{CallId, UserId};
use crate::model::EndReason;

/// Up to so many people are told at once.
const FEW: usize = 9;
/// A record of so many legs to so many people takes so long at most, by the tenth of their product in milliseconds.
const SHARE: u64 = 10;

/// When one circle was told last, and when it must be told again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Turn {
    last: Option<Instant>,
    due: Option<Instant>,
}

impl Turn {
    /// Whether it is to be told now; else it will be.
    fn take(&mut self, pause: Duration, now: Instant) -> bool {
        let next = self.last.map_or(now, |last| last + pause);
        if next <= now {
            *self = Self { last: Some(now), due: None };
            return true;
        }
        self.due = Some(next);
        false
    }
    fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|at| at <= now)
    }
}

/// The pace of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pace {
    /// Those who are or were in it.
    inside: Turn,
    /// The other members of its group: they hear only who comes and goes.
    outside: Turn,
}

impl Pace {
    pub(super) fn due(&self) -> Option<Instant> {
        self.inside.due.into_iter().chain(self.outside.due).min()
    }
}

fn pause(legs: usize, people: usize) -> Duration {
    if people <= FEW {
        return Duration::ZERO;
    }
    let product = u64::try_from(legs.saturating_mul(people)).unwrap_or(u64::MAX);
    Duration::from_millis(product / SHARE)
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum News {
    /// Only what was put off.
    Nothing,
    /// Something about somebody in it.
    Inside,
    /// Who is in it.
    People,
}

impl Desk {
    /// Those who are or were in the call or called to it. Not who was taken out of it, or is out of its group.
    pub(super) fn insiders(&self, call: &[(UserId, Option<EndReason>)]) -> Vec<UserId> {
        let stays = |(user, left): &&(UserId, Option<EndReason>)| match self.members.as_slice() {
            [] => *left != Some(EndReason::Removed),
            members => members.iter().any(|(member, _)| member == user),
        };
        call.iter().filter(stays).map(|(user, _)| *user).collect()
    }
    /// The other members of its group.
    pub(super) fn outsiders(&self, call: &[(UserId, Option<EndReason>)]) -> Vec<UserId> {
        let others = self.members.iter().map(|(member, _)| *member);
        others.filter(|member| !call.iter().any(|(user, _)| user == member)).collect()
    }
}

/// Everybody with a leg, and why he is out of it.
pub(super) fn people(call: &Call) -> Vec<(UserId, Option<EndReason>)> {
    let of = |leg: &Leg| if let Leg::Left(left) = leg { Some(left.reason) } else { None };
    match call {
        Call::Ended(_) => record::of(call).legs.iter().map(|leg| (leg.user, leg.reason)).collect(),
        Call::Ringing(_) | Call::Active(_) => call.legs().iter().map(|l| (l.user(), of(l))).collect(),
    }
}

impl Book {
    /// Who was taken out of a call is told so, and nothing after that.
    pub(super) fn bid_farewell(&mut self, call: &Call, removed: Vec<UserId>) {
        if !removed.is_empty() {
            self.acts.push_back(Act::Tell(Audience::users(removed), Event::CallUpdated(record::of(call))));
        }
    }

    /// Tells what changed, now or as soon as it is their turn.
    pub(super) fn tell_update(&mut self, id: CallId, call: &Call, news: News, now: Now) {
        let Some(desk) = self.desks.get_mut(&id) else { return };
        if !desk.announced && !matches!(call, Call::Active(_)) {
            // Who never heard of it need not hear more.
            if news != News::Nothing {
                let event = Event::CallUpdated(record::of(call));
                self.acts.push_back(Act::Tell(Audience::users([call.head().caller]), event));
            }
            return;
        }
        let people = people(call);
        let (inside, outside) = (desk.insiders(&people), desk.outsiders(&people));
        let pace = &mut desk.pace;
        let mut told = Vec::new();
        if (news != News::Nothing || pace.inside.is_due(now.mono))
            && pace.inside.take(pause(people.len(), inside.len()), now.mono)
        {
            told.extend(inside);
        }
        if (news == News::People || pace.outside.is_due(now.mono))
            && pace.outside.take(pause(people.len(), outside.len()), now.mono)
        {
            told.extend(outside);
        }
        if !told.is_empty() {
            self.acts.push_back(Act::Tell(Audience::users(told), Event::CallUpdated(record::of(call))));
        }
    }
}
