//! What the relay tells its host, and the host has not taken yet. Owns the queue between the two threads and its
//! bound; knows no transport but by its id, and no clock.
//!
//! The host may be slow, and what is told must neither be lost nor fill the memory. So events wait in order, and once
//! [`PLENTY`] wait, a newer one takes the place of the older one of its kind about the same transport or room: the
//! newest path, the newest figures, whether it is silent now. What is told but once (up, down, a room that failed) is
//! never replaced. Transports and rooms are made at the host's own wish, hence what waits is bounded by what it asked
//! for itself, however much the network says.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::api::Event;

/// So many events wait each in its own right.
const PLENTY: usize = 1024;

/// What an event tells of whom: a newer one of the same subject makes an older one old news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Subject {
    of: Kind,
    /// The transport's id, or the room's for what is told of rooms.
    id: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Up,
    /// Silent, or heard again.
    Line,
    Path,
    FirstAudio,
    Quality,
    Down,
    Slots,
    RoomFailed,
    Speaking,
}

fn subject(event: &Event) -> Subject {
    let (of, id) = match event {
        Event::Up { transport, .. } => (Kind::Up, transport.0),
        Event::Silent { transport, .. } | Event::Heard { transport, .. } => (Kind::Line, transport.0),
        Event::PathChanged { transport, .. } => (Kind::Path, transport.0),
        Event::FirstAudio { transport, .. } => (Kind::FirstAudio, transport.0),
        Event::Quality { transport, .. } => (Kind::Quality, transport.0),
        Event::Down { transport, .. } => (Kind::Down, transport.0),
        Event::Slots { transport, .. } => (Kind::Slots, transport.0),
        Event::RoomFailed { room, .. } => (Kind::RoomFailed, room.0),
        Event::Speaking { room, .. } => (Kind::Speaking, room.0),
    };
    Subject { of, id }
}

/// The queue.
#[derive(Debug, Default)]
struct Waiting {
    /// By the number of their coming.
    events: BTreeMap<u64, Event>,
    /// The newest of each subject.
    newest: HashMap<Subject, u64>,
    next: u64,
    /// No more will come.
    ended: bool,
    /// Nobody will take any.
    unwanted: bool,
    waker: Option<Waker>,
}

impl Waiting {
    fn push(&mut self, event: Event) {
        let older = self.newest.insert(subject(&event), self.next);
        if self.events.len() >= PLENTY
            && let Some(older) = older
        {
            self.events.remove(&older);
        }
        self.events.insert(self.next, event);
        self.next += 1;
    }

    fn pop(&mut self) -> Option<Event> {
        let (number, event) = self.events.pop_first()?;
        let subject = subject(&event);
        if self.newest.get(&subject) == Some(&number) {
            self.newest.remove(&subject);
        }
        Some(event)
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    // Every critical section leaves the queue whole, so a poisoned lock holds nothing broken.
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A queue, from its two ends.
pub(crate) fn queue() -> (EventSender, EventReceiver) {
    let waiting = Arc::new(Mutex::new(Waiting::default()));
    (EventSender(Arc::clone(&waiting)), EventReceiver(waiting))
}

/// The relay's end. Dropping it ends the queue.
#[derive(Debug)]
pub(crate) struct EventSender(Arc<Mutex<Waiting>>);

impl EventSender {
    /// Tells the host; a host that dropped its end wants no events.
    pub(crate) fn send(&self, event: Event) {
        let waker = {
            let mut waiting = lock(&self.0);
            if waiting.unwanted {
                return;
            }
            waiting.push(event);
            waiting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for EventSender {
    fn drop(&mut self) {
        let waker = {
            let mut waiting = lock(&self.0);
            waiting.ended = true;
            waiting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Facts from the relay, in order: a `futures::Stream`, which ends when the relay has stopped. A host that does not keep
/// up loses no fact, but figures and states that newer ones have overtaken.
#[derive(Debug)]
pub struct EventReceiver(Arc<Mutex<Waiting>>);

impl EventReceiver {
    /// The next event; `None` once the relay has stopped and all it told was taken. Cancel safe.
    pub async fn recv(&mut self) -> Option<Event> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// The next event, if one waits.
    pub fn try_recv(&mut self) -> Option<Event> {
        lock(&self.0).pop()
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Option<Event>> {
        let mut waiting = lock(&self.0);
        if let Some(event) = waiting.pop() {
            return Poll::Ready(Some(event));
        }
        if waiting.ended {
            return Poll::Ready(None);
        }
        waiting.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Stream for EventReceiver {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll(context)
    }
}

impl Drop for EventReceiver {
    fn drop(&mut self) {
        let mut waiting = lock(&self.0);
        waiting.unwanted = true;
        waiting.events.clear();
        waiting.newest.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::api::{DownReason, ParticipantId, PathKind, Quality, RoomId, TransportId};

    const KINDS: u8 = 10;

    /// An event of the kind of this number, about this transport in the room of the same number.
    fn event(kind: u8, id: u64, at: Instant) -> Event {
        let (room, participant, transport) = (RoomId(id), ParticipantId(id), TransportId(id));
        match kind {
            0 => Event::Up { room, participant, transport, path: PathKind::Udp, at },
            1 => Event::Silent { room, participant, transport, at },
            2 => Event::Heard { room, participant, transport, at },
            3 => Event::PathChanged { room, participant, transport, path: PathKind::IceTcp, at },
            4 => Event::FirstAudio { room, participant, transport, at },
            5 => Event::Quality { room, participant, transport, quality: Quality::default(), at },
            6 => Event::Slots { room, participant, transport, slots: Vec::new(), at },
            7 => Event::Speaking { room, speaking: Vec::new(), at },
            8 => Event::RoomFailed { room, at },
            _ => Event::Down { room, participant, transport, reason: DownReason::Closed, at },
        }
    }

    #[test]
    fn a_host_that_keeps_up_gets_everything_in_order() {
        let (sender, mut receiver) = queue();
        let at = Instant::now();
        for round in 0..100 {
            let told: Vec<Event> = (0..PLENTY as u64).map(|n| event((n % 8) as u8, round, at)).collect();
            told.iter().for_each(|event| sender.send(event.clone()));
            let taken: Vec<Event> = std::iter::from_fn(|| receiver.try_recv()).collect();
            assert_eq!(taken, told);
        }
        assert!(lock(&receiver.0).newest.is_empty());
    }

    #[test]
    fn a_host_that_stands_still_costs_no_more_than_it_asked_for() {
        let (sender, mut receiver) = queue();
        let at = Instant::now();
        const LEGS: u64 = 50;
        (0..LEGS).for_each(|id| sender.send(event(0, id, at)));
        // Somebody flips his path, falls silent and comes back, as fast as he can.
        for n in 0..1_000_000_u64 {
            sender.send(event(1 + (n % 7) as u8, n % LEGS, at));
            assert!(lock(&receiver.0).events.len() <= PLENTY + (LEGS * u64::from(KINDS)) as usize);
        }
        (0..LEGS).for_each(|id| sender.send(event(9, id, at)));
        let taken: Vec<Event> = std::iter::from_fn(|| receiver.try_recv()).collect();
        for (kind, name) in [(0, "up"), (9, "down")] {
            let told = (0..LEGS).filter(|id| taken.contains(&event(kind, *id, at))).count();
            assert_eq!(told, LEGS as usize, "{name}");
        }
    }

    #[test]
    fn it_ends_when_the_relay_does_and_not_before_all_was_taken() {
        let (sender, mut receiver) = queue();
        let at = Instant::now();
        sender.send(event(0, 1, at));
        drop(sender);
        let context = Context::from_waker(Waker::noop());
        assert_eq!(receiver.poll(&context), Poll::Ready(Some(event(0, 1, at))));
        assert_eq!(receiver.poll(&context), Poll::Ready(None));
        assert_eq!(receiver.try_recv(), None);
    }

    #[test]
    fn nothing_is_kept_for_a_host_that_went_away() {
        let (sender, receiver) = queue();
        sender.send(event(0, 1, Instant::now()));
        drop(receiver);
        sender.send(event(0, 2, Instant::now()));
        assert!(lock(&sender.0).events.is_empty());
    }

    proptest! {
        /// Whatever is told and whenever it is taken: in the end the host knows of every subject what was told of it
        /// last, what it took came in the order of telling, and what is told once was taken once.
        #[test]
        fn the_newest_of_everything_arrives(
            told in prop::collection::vec((0..KINDS, 0u64..40), 1..5000),
            pauses in prop::collection::vec(0usize..2000, 1..10),
        ) {
            let (sender, mut receiver) = queue();
            let start = Instant::now();
            let (mut taken, mut last, mut once) = (Vec::new(), HashMap::new(), 0);
            let mut pauses = pauses.into_iter().cycle();
            let mut pause = 0;
            for (n, (kind, id)) in (0u64..).zip(&told) {
                let event = event(*kind, *id, start + std::time::Duration::from_nanos(n));
                let subject = subject(&event);
                if matches!(subject.of, Kind::Up | Kind::Down | Kind::RoomFailed) && last.contains_key(&subject) {
                    continue;
                }
                once += usize::from(last.insert(subject, event.clone()).is_none());
                sender.send(event);
                if pause == 0 {
                    taken.extend(std::iter::from_fn(|| receiver.try_recv()));
                    pause = pauses.next().unwrap_or(0);
                }
                pause = pause.saturating_sub(1);
            }
            taken.extend(std::iter::from_fn(|| receiver.try_recv()));
            prop_assert!(taken.len() >= once);
            let at = |event: &Event| match event {
                Event::Up { at, .. } | Event::Silent { at, .. } | Event::Heard { at, .. }
                | Event::PathChanged { at, .. } | Event::FirstAudio { at, .. } | Event::Quality { at, .. }
                | Event::Down { at, .. } | Event::RoomFailed { at, .. } | Event::Slots { at, .. }
                | Event::Speaking { at, .. } => *at,
            };
            prop_assert!(taken.windows(2).all(|pair| at(&pair[0]) < at(&pair[1])), "in order, and nothing twice");
            let mut known = HashMap::new();
            for event in taken {
                known.insert(subject(&event), event);
            }
            prop_assert_eq!(known, last);
        }
    }
}
