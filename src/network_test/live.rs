//! PURE: the live network tests: whose they are, their rooms and transports in the relay, their bounds. Takes time as an
//! argument and answers what must be opened and closed; it knows no relay but the names it gives to things there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use charla_media::api::{ParticipantId, RoomId, TransportId};
use serde::{Deserialize, Serialize};

use super::TestError;
use crate::config;
use crate::ids::{DeviceId, NetworkTestId, UserId};
use crate::limit::{Limiter, Rate};
use crate::model::PathName;

/// Rooms, participants and transports of tests bear numbers from here on. The Book counts its own from 1 and will not
/// come this far, so what the relay tells about a test is nobody's news.
pub const FIRST_ID: u64 = 1 << 63;

/// How many users are remembered for their last tests.
const COUNTED_MAX: usize = 10_000;

/// The bounds of network tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a test may last.
    pub lifetime: Duration,
    /// Tests that one user may begin.
    pub starts: Rate,
    /// Offers in one test, ICE restarts included.
    pub offers: u32,
    /// Transports of all tests together.
    pub transports: usize,
}

impl Limits {
    /// Tests get an eighth of the relay's transports, so that they never cost a call its own.
    pub fn new(media: &config::Media) -> Self {
        Self {
            lifetime: Duration::from_secs(60),
            starts: Rate { burst: 6, refill: Duration::from_secs(20) },
            offers: 32,
            transports: (media.max_transports / 8).max(8),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(&config::Media::default())
    }
}

/// The device that tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub user: UserId,
    pub device: DeviceId,
}

/// The two ends of one way: both are the testing device's own, and each hears the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Peer {
    First,
    Second,
}

/// Where an offer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub room: RoomId,
    /// The room is new: open it first.
    pub opens: bool,
    pub participant: ParticipantId,
    pub transport: TransportId,
}

#[derive(Debug)]
struct Test {
    id: NetworkTestId,
    until: Instant,
    offers: u32,
    /// One per way, so that two ways at once do not hear each other.
    rooms: BTreeMap<PathName, RoomId>,
    /// Participants and transports of one end have the same number.
    ends: BTreeMap<(PathName, Peer), u64>,
}

/// All live tests.
#[derive(Debug)]
pub struct Live {
    limits: Limits,
    /// One per device.
    tests: BTreeMap<Place, Test>,
    starts: Limiter<UserId>,
    next_id: u64,
}

impl Live {
    pub fn new(limits: Limits) -> Self {
        let starts = Limiter::new(limits.starts, COUNTED_MAX);
        Self { limits, tests: BTreeMap::new(), starts, next_id: FIRST_ID }
    }

    /// Begins a test. The one of this device before is over: its rooms are to be closed.
    pub fn start(&mut self, place: Place, id: NetworkTestId, now: Instant) -> Result<Vec<RoomId>, TestError> {
        self.starts.take(&place.user, now).map_err(TestError::TooMany)?;
        let until = now + self.limits.lifetime;
        let test = Test { id, until, offers: 0, rooms: BTreeMap::new(), ends: BTreeMap::new() };
        Ok(rooms(self.tests.insert(place, test)))
    }

    /// An end of a way has an offer.
    pub fn offer(
        &mut self,
        place: Place,
        id: NetworkTestId,
        end: (PathName, Peer),
        now: Instant,
    ) -> Result<Seat, TestError> {
        let held = self.transports();
        let test = self.tests.get_mut(&place).filter(|t| t.id == id && now < t.until);
        let test = test.ok_or(TestError::NotFound)?;
        if test.offers >= self.limits.offers {
            return Err(TestError::TooMany(test.until - now));
        }
        if !test.ends.contains_key(&end) && held >= self.limits.transports {
            return Err(TestError::Full);
        }
        test.offers += 1;
        let mut mint = || {
            let id = self.next_id;
            self.next_id += 1;
            id
        };
        let opens = !test.rooms.contains_key(&end.0);
        let room = *test.rooms.entry(end.0).or_insert_with(|| RoomId(mint()));
        let number = *test.ends.entry(end).or_insert_with(mint);
        Ok(Seat { room, opens, participant: ParticipantId(number), transport: TransportId(number) })
    }

    /// Ends a test; its rooms are to be closed.
    pub fn stop(&mut self, place: Place, id: NetworkTestId) -> Result<Vec<RoomId>, TestError> {
        match self.tests.get(&place) {
            Some(test) if test.id != id => Err(TestError::NotFound),
            _ => Ok(self.gone(place)),
        }
    }

    /// The device is gone, and so is its test.
    pub fn gone(&mut self, place: Place) -> Vec<RoomId> {
        rooms(self.tests.remove(&place))
    }

    /// Ends the tests that have lasted long enough.
    pub fn expire(&mut self, now: Instant) -> Vec<RoomId> {
        self.tests
            .extract_if(.., |_, test| test.until <= now)
            .flat_map(|(_, test)| rooms(Some(test)))
            .collect()
    }

    fn transports(&self) -> usize {
        self.tests.values().map(|test| test.ends.len()).sum()
    }
}

fn rooms(test: Option<Test>) -> Vec<RoomId> {
    test.into_iter().flat_map(|test| test.rooms.into_values()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bson::oid::ObjectId;
    use proptest::prelude::*;

    use super::*;
    use crate::clock::{Clock as _, SystemClock};

    const WAYS: [PathName; 4] = [PathName::Udp, PathName::IceTcp, PathName::TurnTcp, PathName::TurnTls];

    fn oid(n: u8) -> ObjectId {
        ObjectId::from_bytes([n; 12])
    }
    fn place(n: u8) -> Place {
        Place { user: UserId(oid(n)), device: DeviceId(oid(n)) }
    }
    fn id(n: u8) -> NetworkTestId {
        NetworkTestId(oid(n))
    }
    fn limits() -> Limits {
        Limits {
            starts: Rate { burst: 2, refill: Duration::from_secs(10) },
            offers: 3,
            transports: 4,
            ..Limits::default()
        }
    }

    #[test]
    fn one_test_per_device_and_a_second_one_ends_the_first() {
        let (mut live, now) = (Live::new(limits()), SystemClock.instant());
        assert_eq!(live.start(place(1), id(1), now), Ok(vec![]));
        let seat = live.offer(place(1), id(1), (PathName::Udp, Peer::First), now).unwrap();
        assert!(seat.opens);
        assert_eq!(live.start(place(1), id(2), now), Ok(vec![seat.room]));
        assert_eq!(live.offer(place(1), id(1), (PathName::Udp, Peer::First), now), Err(TestError::NotFound));
        assert_eq!(live.stop(place(1), id(1)), Err(TestError::NotFound));
        assert_eq!(live.stop(place(1), id(2)), Ok(vec![]));
        assert_eq!(live.stop(place(1), id(2)), Ok(vec![]), "it is over, as was asked");
    }

    #[test]
    fn a_user_may_not_begin_for_ever_but_others_may() {
        let (mut live, now) = (Live::new(limits()), SystemClock.instant());
        for n in 1..=2 {
            live.start(place(1), id(n), now).unwrap();
        }
        assert_eq!(live.start(place(1), id(3), now), Err(TestError::TooMany(Duration::from_secs(10))));
        assert_eq!(live.start(place(2), id(4), now), Ok(vec![]));
        assert!(live.start(place(1), id(5), now + Duration::from_secs(10)).is_ok());
    }

    #[test]
    fn offers_and_transports_are_bounded_and_a_restart_needs_no_new_transport() {
        let (mut live, now) = (Live::new(limits()), SystemClock.instant());
        live.start(place(1), id(1), now).unwrap();
        live.start(place(2), id(2), now).unwrap();
        let first = live.offer(place(1), id(1), (PathName::Udp, Peer::First), now).unwrap();
        let again = live.offer(place(1), id(1), (PathName::Udp, Peer::First), now).unwrap();
        assert_eq!(again, Seat { opens: false, ..first });
        for way in &WAYS[..3] {
            live.offer(place(2), id(2), (*way, Peer::First), now).unwrap();
        }
        let full = live.offer(place(1), id(1), (PathName::Udp, Peer::Second), now);
        assert_eq!(full, Err(TestError::Full));
        assert_eq!(
            live.offer(place(2), id(2), (PathName::Udp, Peer::First), now),
            Err(TestError::TooMany(limits().lifetime))
        );
    }

    #[test]
    fn a_foreign_or_expired_test_is_not_found() {
        let (mut live, now) = (Live::new(limits()), SystemClock.instant());
        live.start(place(1), id(1), now).unwrap();
        let end = (PathName::Udp, Peer::First);
        assert_eq!(live.offer(place(2), id(1), end, now), Err(TestError::NotFound));
        let room = live.offer(place(1), id(1), end, now).unwrap().room;
        let late = now + limits().lifetime;
        assert_eq!(live.offer(place(1), id(1), end, late), Err(TestError::NotFound));
        assert_eq!(live.expire(late - Duration::from_millis(1)), []);
        assert_eq!(live.expire(late), [room]);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Start(u8),
        Offer(u8, usize, bool),
        Stop(u8),
        Gone(u8),
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..4_u8).prop_map(Step::Start),
            (0..4_u8, 0..4_usize, any::<bool>()).prop_map(|(p, w, b)| Step::Offer(p, w, b)),
            (0..4_u8).prop_map(Step::Stop),
            (0..4_u8).prop_map(Step::Gone),
            (1..40_u64).prop_map(Step::Wait),
        ]
    }

    proptest! {
        /// Whatever happens: every room that was opened is closed exactly once, no number is used twice, and no bound
        /// is crossed.
        #[test]
        fn every_room_is_closed_once(steps in prop::collection::vec(step(), 1..200)) {
            let (mut live, mut now) = (Live::new(limits()), SystemClock.instant());
            let (mut open, mut used) = (BTreeSet::new(), BTreeSet::new());
            let mut current = [id(0); 4];
            for (n, step) in steps.into_iter().enumerate() {
                let closed = match step {
                    Step::Start(p) => {
                        let mut bytes = [p; 12];
                        bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
                        let id = NetworkTestId(ObjectId::from_bytes(bytes));
                        let closed = live.start(place(p), id, now);
                        if closed.is_ok() {
                            current[usize::from(p)] = id;
                        }
                        closed.unwrap_or_default()
                    }
                    Step::Offer(p, way, second) => {
                        let end = (WAYS[way], if second { Peer::Second } else { Peer::First });
                        if let Ok(seat) = live.offer(place(p), current[usize::from(p)], end, now) {
                            prop_assert_eq!(seat.opens, open.insert(seat.room));
                            prop_assert!(!seat.opens || used.insert(seat.room.0));
                        }
                        vec![]
                    }
                    Step::Stop(p) => live.stop(place(p), current[usize::from(p)]).unwrap_or_default(),
                    Step::Gone(p) => live.gone(place(p)),
                    Step::Wait(seconds) => {
                        now += Duration::from_secs(seconds);
                        live.expire(now)
                    }
                };
                for room in closed {
                    prop_assert!(open.remove(&room), "a room is closed that was not open");
                }
                prop_assert!(live.transports() <= limits().transports);
                prop_assert!(open.len() <= live.transports());
            }
            for room in live.expire(now + limits().lifetime) {
                prop_assert!(open.remove(&room));
            }
            prop_assert!(open.is_empty());
        }
    }
}
