//! Presence against a reference model: lists of what happened, from which the state is worked out anew each time.

use bson::oid::ObjectId;
use proptest::prelude::*;

use super::*;
use crate::clock::{Clock as _, SystemClock};

fn user(n: u8) -> UserId {
    UserId(ObjectId::from_bytes([n; 12]))
}

fn device(n: u8) -> DeviceId {
    DeviceId(ObjectId::from_bytes([n; 12]))
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_most_present_device_counts_and_a_reload_is_no_leaving() {
    let (start, wall) = (SystemClock.instant(), Timestamp(1_000));
    let mut roll = Roll::default();
    let told = |change: Option<Change>| change.map(|c| (c.presence, c.last_seen));
    assert_eq!(told(roll.here(user(1), device(1), false)), Some((Presence::Online, None)));
    assert_eq!(roll.here(user(1), device(2), false), None);
    assert_eq!(roll.away(user(1), device(1), true), None, "the other one is in use");
    assert_eq!(told(roll.away(user(1), device(2), true)), Some((Presence::Away, None)));
    assert_eq!(told(roll.away(user(1), device(1), false)), Some((Presence::Online, None)));
    assert_eq!(told(roll.gone(user(1), device(1), (start, wall))), Some((Presence::Away, None)));
    assert_eq!(told(roll.undisturbed(user(1), true)), Some((Presence::DoNotDisturb, None)));
    assert_eq!(roll.availability(user(1)), Availability::DoNotDisturb);

    assert_eq!(roll.gone(user(1), device(2), (start, wall)), None);
    assert_eq!(roll.tick(start + GRACE - SECOND), []);
    assert_eq!(roll.presence(user(1)), Presence::DoNotDisturb);
    assert_eq!(roll.here(user(1), device(2), false), None, "he came back in time, and is as he was");
    assert_eq!(roll.gone(user(1), device(2), (start + SECOND, Timestamp(2_000))), None);
    let gone = roll.tick(start + SECOND + GRACE);
    assert_eq!(
        gone.iter().map(|c| (c.presence, c.last_seen)).collect::<Vec<_>>(),
        [(Presence::Offline, Some(Timestamp(2_000)))]
    );
    assert_eq!((roll.presence(user(1)), roll.tick(start + 99 * SECOND)), (Presence::Offline, Vec::new()));
    assert_eq!(roll.availability(user(1)), Availability::Free);
    // Of nobody nothing is said.
    assert_eq!(roll.away(user(1), device(1), true), None);
    assert_eq!(roll.gone(user(1), device(1), (start, wall)), None);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Here(u8),
    Gone(u8),
    Away(u8, bool),
    Undisturbed(bool),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u8).prop_map(Step::Here),
        (0..3_u8).prop_map(Step::Gone),
        (0..3_u8, any::<bool>()).prop_map(|(device, away)| Step::Away(device, away)),
        any::<bool>().prop_map(Step::Undisturbed),
        (0..15_u64).prop_map(Step::Wait),
    ]
}

/// One person, as plainly as it can be said.
#[derive(Default)]
struct Model {
    devices: BTreeMap<u8, bool>,
    undisturbed: bool,
    here: bool,
    gone_at: u64,
    last: Option<Presence>,
}

impl Model {
    fn presence(&self) -> Presence {
        match (self.here, self.devices.is_empty(), self.undisturbed) {
            (false, ..) => Presence::Offline,
            (true, true, _) => self.last.unwrap_or(Presence::Offline),
            (true, false, true) => Presence::DoNotDisturb,
            (true, false, false) if self.devices.values().all(|away| *away) => Presence::Away,
            (true, false, false) => Presence::Online,
        }
    }
}

proptest! {
    #[test]
    fn what_is_told_is_what_is(steps in proptest::collection::vec(step(), 0..60)) {
        let start = SystemClock.instant();
        let (mut roll, mut model, mut seconds) = (Roll::default(), Model::default(), 0_u64);
        let mut known = Presence::Offline;
        for step in steps {
            let at = (start + SECOND * u32::try_from(seconds).unwrap(), Timestamp(0));
            let changes = match step {
                Step::Here(d) => {
                    if !model.here {
                        (model.here, model.undisturbed) = (true, false);
                    }
                    model.devices.entry(d).or_insert(false);
                    roll.here(user(1), device(d), false).into_iter().collect()
                }
                Step::Gone(d) => {
                    if model.devices.remove(&d).is_some() && model.devices.is_empty() {
                        model.gone_at = seconds;
                    }
                    roll.gone(user(1), device(d), at).into_iter().collect()
                }
                Step::Away(d, away) => {
                    model.devices.entry(d).and_modify(|a| *a = away);
                    roll.away(user(1), device(d), away).into_iter().collect()
                }
                Step::Undisturbed(on) => {
                    if model.here {
                        model.undisturbed = on;
                    }
                    roll.undisturbed(user(1), on).into_iter().collect()
                }
                Step::Wait(more) => {
                    seconds += more;
                    if model.here && model.devices.is_empty() && seconds - model.gone_at >= 10 {
                        model = Model::default();
                    }
                    roll.tick(start + SECOND * u32::try_from(seconds).unwrap())
                }
            };
            model.last = Some(model.presence());
            // Whoever heard every change knows how it is, and is told nothing twice.
            for change in changes {
                prop_assert_ne!(change.presence, known);
                known = change.presence;
            }
            prop_assert_eq!(known, model.presence());
            prop_assert_eq!(roll.presence(user(1)), known);
        }
    }
}
