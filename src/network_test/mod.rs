//! Network tests: a device tries each way to the relay on its own, by calling itself in private rooms. [`NetworkTests`]
//! is what sockets ask; it owns the live tests and hands their rooms to the relay. Knows no call, no store, no socket.

mod error;
mod live;
mod plane;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use charla_media::api::RoomId;

pub use self::error::TestError;
pub use self::live::{Limits, Peer};
use self::live::{Live, Place};
pub use self::plane::TestPlane;
use crate::clock::Clock;
use crate::event::IceServer;
use crate::ids::{DeviceId, NetworkTestId, UserId};
use crate::model::PathName;
use crate::random::Random;

/// SDP over this is refused, bytes: two m-lines of a browser have a quarter of it.
pub const MAX_SDP: usize = 16 * 1024;

/// Fresh ways to reach the relay for one user, as `RTCConfiguration.iceServers` wants them.
pub type IceServers = Arc<dyn Fn(UserId) -> Vec<IceServer> + Send + Sync>;

/// What the service works with.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<Random>,
    pub media: Arc<dyn TestPlane>,
    pub ice_servers: IceServers,
    pub limits: Limits,
}

/// A test that was begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    pub test: NetworkTestId,
    pub ice_servers: Vec<IceServer>,
}

/// A handle to the network tests of this server. Cheap to clone.
#[derive(Clone)]
pub struct NetworkTests(Arc<Shared>);

struct Shared {
    deps: Deps,
    live: Mutex<Live>,
}

impl NetworkTests {
    pub fn new(deps: Deps) -> Self {
        let live = Mutex::new(Live::new(deps.limits));
        Self(Arc::new(Shared { deps, live }))
    }

    /// Begins a test of this device; one that runs is over. Needs a tokio runtime.
    ///
    /// # Errors
    /// `TooMany` when this user began several just now.
    pub fn start(&self, user: UserId, device: DeviceId) -> Result<Begun, TestError> {
        let Deps { clock, random, ice_servers, limits, .. } = &self.0.deps;
        let test = NetworkTestId(random.object_id(clock.now()));
        let closed = self.live().start(Place { user, device }, test, clock.instant())?;
        self.close(closed);
        let (shared, lifetime) = (Arc::downgrade(&self.0), limits.lifetime);
        tokio::spawn(async move {
            tokio::time::sleep(lifetime).await;
            if let Some(shared) = shared.upgrade() {
                Self(shared).expire();
            }
        });
        tracing::debug!(%user, %device, %test, "a network test begins");
        Ok(Begun { test, ice_servers: ice_servers(user) })
    }

    /// Answers the offer of one end of one way; again on the same end: an ICE restart.
    ///
    /// # Errors
    /// The test is not (or no longer) this device's, the offer is not usable, or there is no room for it.
    pub async fn offer(
        &self,
        (user, device): (UserId, DeviceId),
        test: NetworkTestId,
        end: (PathName, Peer),
        sdp: String,
    ) -> Result<String, TestError> {
        if sdp.len() > MAX_SDP {
            return Err(TestError::TooLarge(MAX_SDP));
        }
        let now = self.0.deps.clock.instant();
        let media = &self.0.deps.media;
        let (seat, answer) = {
            let mut live = self.live();
            let seat = live.offer(Place { user, device }, test, end, now)?;
            // While the lock is held: whoever ends the test closes the room after this, not before.
            if seat.opens {
                media.open_room(seat.room);
            }
            (seat, media.offer(plane::offer(seat, sdp)))
        };
        let answer = answer.await?;
        // If the test ended meanwhile, its room is closed and there is no gate to open.
        media.open_gate(seat.room, seat.participant, seat.transport);
        Ok(answer.sdp)
    }

    /// Ends a test. One that is over: nothing to do.
    ///
    /// # Errors
    /// `NotFound` when another test of this device is running.
    pub fn stop(&self, user: UserId, device: DeviceId, test: NetworkTestId) -> Result<(), TestError> {
        let closed = self.live().stop(Place { user, device }, test)?;
        self.close(closed);
        Ok(())
    }

    /// A device's last socket is gone: nobody is left to be told.
    pub fn device_gone(&self, user: UserId, device: DeviceId) {
        let closed = self.live().gone(Place { user, device });
        self.close(closed);
    }

    fn expire(&self) {
        let closed = self.live().expire(self.0.deps.clock.instant());
        self.close(closed);
    }

    fn close(&self, rooms: Vec<RoomId>) {
        for room in rooms {
            self.0.deps.media.close_room(room);
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use charla_media::api::{Answer, Offer, OfferError, ParticipantId, TransportId};
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::clock::{ManualClock, Timestamp};

    /// Writes down what it is asked.
    #[derive(Default)]
    struct Paper(Mutex<Vec<String>>);

    impl Paper {
        fn note(&self, what: String) {
            self.0.lock().unwrap().push(what);
        }
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    impl TestPlane for Paper {
        fn open_room(&self, room: RoomId) {
            self.note(format!("open {}", room.0 - live::FIRST_ID));
        }
        fn close_room(&self, room: RoomId) {
            self.note(format!("close {}", room.0 - live::FIRST_ID));
        }
        fn open_gate(&self, room: RoomId, participant: ParticipantId, transport: TransportId) {
            let [room, participant, transport] =
                [room.0, participant.0, transport.0].map(|id| id - live::FIRST_ID);
            self.note(format!("gate {room} {participant} {transport}"));
        }
        fn offer(&self, offer: Offer) -> BoxFuture<'static, Result<Answer, OfferError>> {
            self.note(format!("offer {} {}", offer.room.0 - live::FIRST_ID, offer.sdp));
            Box::pin(async move {
                match offer.sdp.as_str() {
                    "bad" => Err(OfferError::BadSdp("it is bad")),
                    sdp => Ok(Answer { sdp: format!("re: {sdp}"), slots: Vec::new() }),
                }
            })
        }
    }

    struct Bed {
        tests: NetworkTests,
        paper: Arc<Paper>,
        clock: ManualClock,
        ann: (UserId, DeviceId),
    }

    fn bed(limits: Limits) -> Bed {
        let (paper, clock) = (Arc::new(Paper::default()), ManualClock::new(Timestamp(1_700_000_000_000)));
        let random = Arc::new(Random::seeded(7));
        let id = || random.object_id(Timestamp(0));
        let ann = (UserId(id()), DeviceId(id()));
        let server = IceServer { urls: vec!["turns:x".into()], username: None, credential: None };
        let tests = NetworkTests::new(Deps {
            clock: Arc::new(clock.clone()),
            random,
            media: paper.clone(),
            ice_servers: Arc::new(move |_| vec![server.clone()]),
            limits,
        });
        Bed { tests, paper, clock, ann }
    }

    #[tokio::test]
    async fn both_ends_of_a_way_meet_in_one_room_with_open_gates() {
        let Bed { tests, paper, ann, .. } = bed(Limits::default());
        let begun = tests.start(ann.0, ann.1).unwrap();
        assert_eq!(begun.ice_servers[0].urls, ["turns:x"]);
        let offer = async |end, sdp: &str| tests.offer(ann, begun.test, end, sdp.to_owned()).await;
        assert_eq!(offer((PathName::Udp, Peer::First), "one").await, Ok("re: one".into()));
        assert_eq!(offer((PathName::Udp, Peer::Second), "two").await, Ok("re: two".into()));
        let Err(TestError::UnusableOffer(why)) = offer((PathName::IceTcp, Peer::First), "bad").await else {
            panic!("a bad offer is refused");
        };
        assert!(why.contains("it is bad"));
        assert_eq!(
            paper.take(),
            ["open 0", "offer 0 one", "gate 0 1 1", "offer 0 two", "gate 0 2 2", "open 3", "offer 3 bad"]
        );
        tests.stop(ann.0, ann.1, begun.test).unwrap();
        assert_eq!(paper.take(), ["close 0", "close 3"]);
        assert_eq!(offer((PathName::Udp, Peer::First), "late").await, Err(TestError::NotFound));
        assert_eq!(paper.take(), [""; 0]);
    }

    #[tokio::test]
    async fn a_test_that_nobody_ends_is_ended() {
        let lifetime = Duration::from_millis(20);
        let Bed { tests, paper, clock, ann } = bed(Limits { lifetime, ..Limits::default() });
        let begun = tests.start(ann.0, ann.1).unwrap();
        tests.offer(ann, begun.test, (PathName::Udp, Peer::First), "x".into()).await.unwrap();
        assert_eq!(paper.take(), ["open 0", "offer 0 x", "gate 0 1 1"]);
        clock.advance(lifetime);
        let closed = async {
            loop {
                match paper.take() {
                    none if none.is_empty() => tokio::time::sleep(Duration::from_millis(5)).await,
                    some => break some,
                }
            }
        };
        assert_eq!(tokio::time::timeout(Duration::from_secs(30), closed).await.unwrap(), ["close 0"]);
    }

    #[tokio::test]
    async fn a_device_that_goes_takes_its_test_along_and_a_large_offer_reaches_nobody() {
        let Bed { tests, paper, ann, .. } = bed(Limits::default());
        let begun = tests.start(ann.0, ann.1).unwrap();
        let large = "x".repeat(MAX_SDP + 1);
        let refused = tests.offer(ann, begun.test, (PathName::Udp, Peer::First), large).await;
        assert_eq!(refused, Err(TestError::TooLarge(MAX_SDP)));
        tests.offer(ann, begun.test, (PathName::Udp, Peer::First), "x".into()).await.unwrap();
        paper.take();
        tests.device_gone(ann.0, ann.1);
        assert_eq!(paper.take(), ["close 0"]);
        tests.device_gone(ann.0, ann.1);
        assert_eq!(paper.take(), [""; 0]);
    }
}
