//! The task that owns the Book: takes commands, the relay's events and the outcomes of slow work one at a time, and
//! carries out what the Book says. It never waits for the store or the relay itself.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use charla_media::api::{self, Answer, Offer, OfferError, ParticipantId, RoomId, TransportId};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{self, Receiver, UnboundedReceiver, UnboundedSender};
use tokio::time::{sleep, timeout};

use super::command::{Command, Reply};
use super::missed::Counts;
use super::plane::{self, Fact};
use super::writer::{Write, Writer};
use super::{Deps, MediaAnswer, Result, Started, lookup};
use crate::calls::book::act::{Act, Participant, Transport};
use crate::calls::book::restore::Stored;
use crate::calls::book::{Begun, Book, Home, Start, Whom};
use crate::calls::now::Now;
use crate::calls::{CallError, fingerprint};
use crate::event::{Audience, Availability, Event, IceServer};
use crate::ids::{CallId, ConversationId, DeviceId, UserId};
use crate::model::{CallFilter, CallRecord, Conversation, ConversationKind, GroupRole, Reach};

/// How long the relay may take to answer an offer.
const OFFER: Duration = Duration::from_secs(10);
/// How long a shutdown waits for records to be written.
const LAST_WRITES: Duration = Duration::from_secs(2);

/// What slow work has come to.
pub(super) enum Done {
    Resolved {
        user: UserId,
        device: DeviceId,
        found: Result<Conversation>,
        reply: Reply<Started>,
    },
    Invited {
        user: UserId,
        call: CallId,
        other: UserId,
        found: Result<()>,
        reply: Reply<()>,
    },
    Members {
        group: ConversationId,
        members: Vec<(UserId, GroupRole)>,
    },
    Created {
        id: CallId,
        stored: bool,
    },
    Closed(CallId),
    OffStored {
        record: CallRecord,
        device: DeviceId,
        stored: Result<()>,
        reply: Reply<Started>,
    },
    Offered {
        transport: Transport,
        participant: Participant,
        outcome: std::result::Result<Answer, CallError>,
        reply: Reply<MediaAnswer>,
    },
    Listed {
        found: Result<Vec<CallRecord>>,
        filter: CallFilter,
        reply: Reply<Vec<CallRecord>>,
    },
}

pub(super) struct Task {
    pub(super) deps: Deps,
    pub(super) book: Book,
    pub(super) done: UnboundedSender<Done>,
    pub(super) counts: Counts,
    /// The writer of each call whose record is not closed yet.
    writers: HashMap<CallId, UnboundedSender<Write>>,
    /// Who waits for a new call to be stored.
    starting: HashMap<CallId, Vec<(UserId, Reply<Started>)>>,
}

impl Task {
    pub(super) fn new(deps: Deps) -> (Self, UnboundedReceiver<Done>) {
        let (done, outcomes) = mpsc::unbounded_channel();
        let home = Home { node: deps.node.clone(), epoch: deps.epoch };
        let book = Book::new(deps.limits, home);
        let counts = Counts::launch(Arc::clone(&deps.store), Arc::clone(&deps.outbox));
        let (writers, starting) = (HashMap::new(), HashMap::new());
        (Self { deps, book, done, counts, writers, starting }, outcomes)
    }

    /// Takes up calls that an earlier run left; hands back those that cannot go on.
    pub(super) fn take_up(&mut self, open: Vec<Stored>) -> Vec<Stored> {
        let now = self.now();
        let left = open.into_iter().filter(|stored| !self.book.restore(stored.clone(), now)).collect();
        self.act();
        left
    }

    /// Runs until it is told to stop or every handle is gone; then closes every live call.
    pub(super) async fn run(mut self, mut inbox: Receiver<Command>, mut outcomes: UnboundedReceiver<Done>) {
        let mut relay = true;
        let stopped = loop {
            let wait = self.book.poll_timeout().map(|at| at.saturating_duration_since(self.now().mono));
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(Command::Shutdown { reply }) => break Some(reply),
                    Some(command) => self.command(command),
                    None => break None,
                },
                event = self.deps.media_events.next(), if relay => match event {
                    Some(event) => self.relayed(event),
                    None => relay = false,
                },
                Some(done) = outcomes.recv() => self.finished(done),
                () = async { match wait { Some(wait) => sleep(wait).await, None => pending().await } } => {}
            }
            let now = self.now();
            if self.book.poll_timeout().is_some_and(|at| at <= now.mono) {
                self.book.handle_timeout(now);
            }
            self.act();
        };
        inbox.close();
        self.stop(inbox, outcomes).await;
        if let Some(reply) = stopped {
            let _ = reply.send(Ok(()));
        }
    }

    /// Whose call ends is told at once; the records get a bounded time. One that is not written then is taken up or
    /// closed by the next start as the last write left it.
    async fn stop(&mut self, mut inbox: Receiver<Command>, mut outcomes: UnboundedReceiver<Done>) {
        let now = self.now();
        self.book.shut(now);
        self.act();
        self.starting.clear();
        let (store, node, epoch) = (Arc::clone(&self.deps.store), self.deps.node.clone(), self.deps.epoch);
        let beat = store.heartbeat(&node, epoch, now.wall);
        let written = async {
            while !self.writers.is_empty() {
                let Some(done) = outcomes.recv().await else { break };
                self.finished(done);
                self.book.shut(self.now());
                self.act();
            }
        };
        let written = async { tokio::join!(written, beat).1 };
        let outcome = timeout(LAST_WRITES, written).await;
        if let Ok(Err(error)) = &outcome {
            tracing::warn!(%error, "the last heartbeat could not be stored");
        }
        if outcome.is_err() {
            tracing::warn!(calls = self.writers.len(), "records of calls are left for the next start");
        }
        // What was asked meanwhile is dropped: its askers hear "unavailable".
        while inbox.try_recv().is_ok() {}
    }

    pub(super) fn now(&self) -> Now {
        Now::of(&*self.deps.clock)
    }

    /// Carries out what the Book says, in order.
    pub(super) fn act(&mut self) {
        while let Some(act) = self.book.poll_act() {
            let media = &self.deps.media;
            match act {
                Act::OpenRoom(room) => media.open_room(RoomId(room.0)),
                Act::CloseRoom(room) => media.close_room(RoomId(room.0)),
                Act::OpenGate { room, participant, transport } => {
                    media.open_gate(RoomId(room.0), ParticipantId(participant.0), TransportId(transport.0));
                }
                Act::Mute { room, participant, muted } => {
                    media.mute(RoomId(room.0), ParticipantId(participant.0), muted);
                }
                Act::DropTransport(transport) => media.drop_transport(TransportId(transport.0)),
                Act::Tell(to, event) => self.tell(to, event),
                Act::Create(record) => self.create(record),
                Act::Resume(record) => self.resume(&record),
                Act::Update(record, timeline) => {
                    tracing::debug!(call = %record.id, status = ?record.status, connected = record.connect_time.is_some(), "a call goes on");
                    self.write(record.id, Write::Update(record, timeline));
                }
                Act::Suspend(record, timeline) => {
                    tracing::info!(call = %record.id, "a call waits for the next run");
                    self.write(record.id, Write::Suspend(record, timeline));
                }
                Act::Close(record, timeline) => {
                    tracing::info!(call = %record.id, status = ?record.status, reason = ?record.reason, seconds = record.duration_seconds, "a call ended");
                    self.write(record.id, Write::Close(record, timeline));
                }
            }
        }
    }

    fn create(&mut self, record: CallRecord) {
        tracing::info!(call = %record.id, caller = %record.caller, conversation = %record.conversation, "a call starts");
        let (sender, writes) = mpsc::unbounded_channel();
        self.writers.insert(record.id, sender);
        tokio::spawn(self.writer().write(record, writes));
    }

    /// The record is there already: an earlier run made it.
    fn resume(&mut self, record: &CallRecord) {
        tracing::info!(call = %record.id, caller = %record.caller, "a call of the run before goes on");
        let (sender, writes) = mpsc::unbounded_channel();
        self.writers.insert(record.id, sender);
        tokio::spawn(self.writer().go_on(record.id, writes));
    }

    fn writer(&self) -> Writer {
        let (store, done) = (Arc::clone(&self.deps.store), self.done.clone());
        Writer { store, done, counts: self.counts.clone() }
    }

    fn write(&self, id: CallId, write: Write) {
        if self.writers.get(&id).is_none_or(|w| w.send(write).is_err()) {
            tracing::error!(call = %id, "a call has no writer");
        }
    }

    fn relayed(&mut self, event: api::Event) {
        let now = self.now();
        match plane::fact(event) {
            Fact::Transport(transport, news, at) => self.book.news(transport, news, now.at(at)),
            Fact::RoomFailed(room) => {
                tracing::error!(room = room.0, "the relay could not go on serving a room");
                self.book.room_failed(room, now);
            }
            Fact::Speaking(room, speaking) => self.book.speaking(room, &speaking),
            Fact::Nothing => {}
        }
    }

    /// Hands an offer to the relay; the answer comes back as [`Done::Offered`].
    pub(super) fn offer(
        &mut self,
        place: (UserId, DeviceId),
        call: CallId,
        sdp: String,
        reply: Reply<MediaAnswer>,
    ) -> std::result::Result<(), (CallError, Reply<MediaAnswer>)> {
        let Some(fingerprint) = fingerprint::of_offer(&sdp) else {
            let why = "the offer is not usable: it has no DTLS fingerprint".to_owned();
            return Err((CallError::UnusableOffer(why), reply));
        };
        let seat = match self.book.offer(place, call, fingerprint, self.now()) {
            Ok(seat) => seat,
            Err(error) => return Err((error, reply)),
        };
        let (room, transport) = (RoomId(seat.room.0), TransportId(seat.transport.0));
        let offer = Offer { room, participant: ParticipantId(seat.participant.0), transport, sdp };
        let answer = self.deps.media.offer(offer);
        let done = self.done.clone();
        tokio::spawn(async move {
            let outcome = match timeout(OFFER, answer).await {
                Ok(outcome) => outcome.map_err(plane::refusal),
                Err(_) => Err(plane::refusal(OfferError::Stopped)),
            };
            let (transport, participant) = (seat.transport, seat.participant);
            let _ = done.send(Done::Offered { transport, participant, outcome, reply });
        });
        Ok(())
    }

    /// Tells what happened; whoever is rung gets credentials of his own with it.
    fn tell(&self, to: Audience, event: Event) {
        let (Audience::Users { users, except }, Event::IncomingCall { call, .. }) = (&to, &event) else {
            return self.deps.outbox.publish(to, event);
        };
        for user in users {
            let ice_servers = self.ice_servers(call.id, *user);
            let one = Audience::Users { users: vec![*user], except: *except };
            self.deps.outbox.publish(one, Event::IncomingCall { call: call.clone(), ice_servers });
        }
    }

    /// How a user reaches the relay for one call.
    pub(super) fn ice_servers(&self, call: CallId, user: UserId) -> Vec<IceServer> {
        self.deps.media.ice_servers(self.now().mono, &format!("{call}.{user}"))
    }

    pub(super) fn started(&self, user: UserId, call: CallRecord) -> Started {
        let ice_servers = self.ice_servers(call.id, user);
        Started { call, ice_servers }
    }

    fn finished(&mut self, done: Done) {
        let now = self.now();
        match done {
            Done::Resolved { user, device, found, reply } => self.start(user, device, found, reply),
            Done::Created { id, stored } => {
                self.book.created(id, stored, now);
                self.act();
                let record = self.book.record(id).filter(|_| stored);
                for (user, reply) in self.starting.remove(&id).unwrap_or_default() {
                    let answer = record.clone().map(|r| self.started(user, r)).ok_or(CallError::Unavailable);
                    let _ = reply.send(answer);
                }
            }
            Done::Closed(id) => {
                self.writers.remove(&id);
                self.book.closed(id);
            }
            Done::Invited { user, call, other, found, reply } => {
                self.invited(user, call, other, found, reply);
            }
            Done::Members { group, members } => self.book.members(group, members, now),
            Done::OffStored { record, device, stored, reply } => {
                if stored.is_ok() {
                    self.counts.stored(&[], &record);
                    let others = Audience::users_except([record.caller], record.caller, device);
                    self.deps.outbox.publish(others, Event::CallEnded(record.clone()));
                }
                let _ = reply.send(stored.map(|()| self.started(record.caller, record)));
            }
            Done::Offered { transport, participant, outcome, reply } => {
                let answer = match outcome {
                    Ok(answer) => self.book.answered(transport, answer.slots, now).map(|()| answer.sdp),
                    Err(error) => {
                        self.book.refused(transport);
                        Err(error)
                    }
                };
                self.act();
                let participant = participant.csrc().to_string();
                let _ = reply.send(answer.map(|sdp| MediaAnswer { sdp, participant }));
            }
            Done::Listed { found, filter, reply } => {
                let _ = reply.send(found.map(|records| self.overlay(records, &filter)));
            }
        }
    }

    /// A start whose conversation is known.
    fn start(&mut self, user: UserId, device: DeviceId, found: Result<Conversation>, reply: Reply<Started>) {
        let now = self.now();
        let begun = found.and_then(|conversation| {
            let id = CallId(self.deps.random.object_id(now.wall));
            let whom = self.whom(user, &conversation)?;
            self.book.start(Start { id, conversation: conversation.id, caller: user, device, whom }, now)
        });
        self.act();
        match begun {
            Ok(Begun::New(record)) => self.starting.entry(record.id).or_default().push((user, reply)),
            Ok(Begun::Joined(record)) => match self.starting.get_mut(&record.id) {
                Some(waiting) => waiting.push((user, reply)),
                None => drop(reply.send(Ok(self.started(user, record)))),
            },
            Ok(Begun::Off(record)) => {
                tracing::info!(call = %record.id, caller = %record.caller, reason = ?record.reason, "a call could ring nobody");
                let (store, done) = (Arc::clone(&self.deps.store), self.done.clone());
                tokio::spawn(async move {
                    let stored = lookup::bounded(store.create_call(record.clone())).await;
                    let _ = done.send(Done::OffStored { record, device, stored, reply });
                });
            }
            Err(error) => drop(reply.send(Err(error))),
        }
    }

    /// Whether somebody can be rung, but for the calls he is in.
    pub(super) fn reach(&self, user: UserId) -> Reach {
        match self.deps.attendance.availability(user) {
            Availability::DoNotDisturb => Reach::Undisturbed,
            Availability::Free => Reach::on(self.deps.whereabouts.devices(user)),
        }
    }

    /// Whom a call in this conversation is for, and whether they can be rung.
    fn whom(&self, user: UserId, conversation: &Conversation) -> Result<Whom> {
        let reach = |user| self.reach(user);
        match conversation.kind {
            ConversationKind::Direct => {
                let other = conversation.other(user).ok_or(CallError::NotFound)?;
                Ok(Whom::One(other, reach(other)))
            }
            ConversationKind::Group => {
                let members = conversation.members.iter();
                Ok(Whom::Group(members.map(|m| (m.user, m.role, reach(m.user))).collect()))
            }
        }
    }

    /// Calls that are live, or ended a moment ago, stand in the Book better than in the store.
    fn overlay(&self, records: Vec<CallRecord>, filter: &CallFilter) -> Vec<CallRecord> {
        (records.into_iter())
            .map(|record| self.book.record(record.id).unwrap_or(record))
            .filter(|record| filter.status.is_none_or(|status| status == record.status))
            .collect()
    }
}
