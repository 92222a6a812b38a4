//! Which command asks what: the Book for live calls, the store for what was.

use std::sync::Arc;

use super::command::{Command, Lead, Leaving, Reply, Seen};
use super::task::{Done, Task};
use super::{Result, lookup, missed};
use crate::calls::CallError;
use crate::ids::{CallId, ConversationId, DeviceId, UserId};
use crate::model::{CallFilter, CallRecord, Cursor, MissedCalls, Target, Timeline};
use crate::policy::{Action, may};

impl Task {
    pub(super) fn command(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Start { user, device, to, reply } => self.resolve(user, device, to, reply),
            Command::Accept { user, device, call, reply } => {
                let outcome = self.book.accept(user, device, call, now);
                let outcome = outcome.map(|record| self.started(user, record));
                self.answer(user, call, outcome, reply, Err);
            }
            Command::Reject { user, device, call, reply } => {
                let outcome = self.book.reject(user, device, call, now);
                self.answer(user, call, outcome, reply, over_is_fine);
            }
            Command::Join { user, device, call, reply } => {
                let outcome = self.book.join(user, device, call, now);
                let outcome = outcome.map(|record| self.started(user, record));
                self.answer(user, call, outcome, reply, Err);
            }
            Command::Leave { user, device, call, why, reply } => {
                tracing::debug!(%call, %device, ?why, "a device leaves");
                let outcome = self.leave(user, call, why);
                self.answer(user, call, outcome, reply, over_is_fine);
            }
            Command::Lead { user, call, what, reply } => self.lead(user, call, what, reply),
            Command::GroupChanged { group } => self.group_changed(group),
            Command::MediaOffer { user, device, call, sdp, reply } => {
                if let Err((error, reply)) = self.offer((user, device), call, sdp, reply) {
                    self.answer(user, call, Err(error), reply, Err);
                }
            }
            Command::IceServers { user, device, call, reply } => {
                let outcome = self.book.taking_part((user, device), call);
                let outcome = outcome.map(|()| self.ice_servers(call, user));
                self.answer(user, call, outcome, reply, Err);
            }
            Command::SetMuted { user, device, call, muted, reply } => {
                let outcome = self.book.set_muted((user, device), call, muted, now);
                self.answer(user, call, outcome, reply, Err);
            }
            Command::CallStats { user, device, call, stats, reply } => {
                tracing::debug!(%call, %user, ?stats, "what the browser measures");
                let outcome = self.book.call_stats((user, device), call, stats, now);
                self.answer(user, call, outcome, reply, Err);
            }
            Command::DeviceHere { user, device } => self.came(user, device),
            Command::DeviceGone { user, device, closed } => self.went(user, device, closed),
            Command::Blocked { by, other } => self.book.blocked(by, other, now),
            Command::Evict { user, device } => self.book.evict(user, device, now),
            Command::Live { user, reply } => drop(reply.send(Ok(self.book.live(user)))),
            Command::List { user, filter, after, limit, reply } => {
                self.list(user, filter, (after, limit), reply);
            }
            Command::Missed { user, reply } => self.missed(user, None, reply),
            Command::SeeMissed { user, seen, reply } => self.missed(user, Some(seen), reply),
            Command::Get { user, call, reply } => self.get(user, call, reply),
            // The loop takes it.
            Command::Shutdown { reply } => drop(reply.send(Err(CallError::Internal))),
        }
    }

    fn came(&mut self, user: UserId, device: DeviceId) {
        let now = self.now();
        self.book.device_here(user, device, now);
        self.book.rings_on(user, self.deps.whereabouts.devices(user), now);
    }

    fn went(&mut self, user: UserId, device: DeviceId, closed: bool) {
        let now = self.now();
        self.book.device_gone(user, device, closed, now);
        self.book.rings_on(user, self.deps.whereabouts.devices(user), now);
    }

    fn list(
        &self,
        user: UserId,
        filter: CallFilter,
        (after, limit): (Option<Cursor<CallId>>, usize),
        reply: Reply<Vec<CallRecord>>,
    ) {
        let (store, done) = (Arc::clone(&self.deps.store), self.done.clone());
        tokio::spawn(async move {
            let found = lookup::bounded(store.calls_of(user, &filter, after, limit)).await;
            let _ = done.send(Done::Listed { found, filter, reply });
        });
    }

    /// What somebody has missed, once he has seen these.
    fn missed(&self, user: UserId, seen: Option<Seen>, reply: Reply<MissedCalls>) {
        let (store, counts) = (Arc::clone(&self.deps.store), self.counts.clone());
        tokio::spawn(async move {
            let missed = match seen {
                Some(seen) => missed::see(&*store, &counts, user, seen).await,
                None => lookup::bounded(store.missed_calls(user)).await,
            };
            reply.send(missed)
        });
    }

    fn leave(&mut self, user: UserId, call: CallId, why: Leaving) -> Result<()> {
        let now = self.now();
        match why {
            Leaving::HangUp => self.book.leave(user, call, now),
            Leaving::NoMicrophone => self.book.leave_without_microphone(user, call, now),
        }
    }

    fn lead(&mut self, user: UserId, call: CallId, what: Lead, reply: Reply<()>) {
        let now = self.now();
        let outcome = match what {
            Lead::Invite(other) if self.book.may_invite(user, call).is_ok() => {
                let (store, done) = (Arc::clone(&self.deps.store), self.done.clone());
                tokio::spawn(async move {
                    let found = lookup::callable(&*store, user, other).await;
                    let _ = done.send(Done::Invited { user, call, other, found, reply });
                });
                return;
            }
            Lead::Invite(_) => self.book.may_invite(user, call).map(drop),
            Lead::Mute(other) => self.book.mute_other(user, call, other, now),
            Lead::Remove(other) => self.book.remove(user, call, other, now),
            Lead::EndForAll => self.book.end(user, call, now),
        };
        self.answer(user, call, outcome, reply, over_is_fine);
    }

    /// Somebody whom one wants in a call is known to the store.
    pub(super) fn invited(
        &mut self,
        user: UserId,
        call: CallId,
        other: UserId,
        found: Result<()>,
        reply: Reply<()>,
    ) {
        let reach = self.reach(other);
        let now = self.now();
        let outcome = found.and_then(|()| self.book.invite(user, call, other, reach, now));
        self.answer(user, call, outcome, reply, Err);
    }

    /// Asks the store who is in the group now, however long it is away: a member who is out must not hear the others.
    fn group_changed(&self, group: ConversationId) {
        if !self.book.has_group(group) {
            return;
        }
        let (store, done) = (Arc::clone(&self.deps.store), self.done.clone());
        tokio::spawn(async move {
            let members = lookup::members(&*store, group).await;
            let _ = done.send(Done::Members { group, members });
        });
    }

    fn resolve(&self, user: UserId, device: DeviceId, to: Target, reply: Reply<super::Started>) {
        let now = self.now().wall;
        let fresh = ConversationId(self.deps.random.object_id(now));
        let (store, done) = (Arc::clone(&self.deps.store), self.done.clone());
        tokio::spawn(async move {
            let found = lookup::conversation(&*store, user, to, fresh, now).await;
            let _ = done.send(Done::Resolved { user, device, found, reply });
        });
    }

    /// Answers a command about one call. Of a call that is not live, the store knows whether it was and whose it is.
    fn answer<T: Send + 'static>(
        &mut self,
        user: UserId,
        call: CallId,
        outcome: Result<T>,
        reply: Reply<T>,
        when_over: fn(CallError) -> Result<T>,
    ) {
        self.act();
        if outcome.as_ref().err() != Some(&CallError::NotFound) || self.book.is_live(call) {
            let _ =
                reply.send(outcome.or_else(|e| if e == CallError::ENDED { when_over(e) } else { Err(e) }));
            return;
        }
        let known = self.book.record(call);
        let store = Arc::clone(&self.deps.store);
        tokio::spawn(async move {
            let found = match known {
                Some(record) => readable(user, record),
                None => lookup::call(&*store, user, call).await,
            };
            let _ = reply.send(found.and_then(|_| when_over(CallError::ENDED)));
        });
    }

    fn get(&self, user: UserId, call: CallId, reply: Reply<(CallRecord, Timeline)>) {
        if let Some(found) = self.book.record(call).zip(self.book.timeline(call)) {
            let (record, timeline) = found;
            let _ = reply.send(readable(user, record).map(|record| (record, timeline)));
            return;
        }
        let store = Arc::clone(&self.deps.store);
        tokio::spawn(async move {
            let _ = reply.send(lookup::call_and_timeline(&*store, user, call).await);
        });
    }
}

fn readable(user: UserId, record: CallRecord) -> Result<CallRecord> {
    if may(user, Action::ReadCall(&record)) { Ok(record) } else { Err(CallError::NotFound) }
}

/// Who wants to be out of a call that is over has what he wants.
fn over_is_fine(_: CallError) -> Result<()> {
    Ok(())
}
