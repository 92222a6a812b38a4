//! What must be so once nothing happens any more: all who may hear each other do, and nothing is left of who is gone.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rand::RngExt;

use crate::sim::world::World;

/// Everything must be well again within so much calm: restarts, handshakes and recovered slots included.
const CALM: Duration = Duration::from_secs(90);

impl World {
    /// All links are clear. Before long everybody hears everybody whose gate is open, and not one packet is missing.
    pub fn calm(&mut self) {
        for phone in self.phones.iter_mut().filter(|phone| !phone.gone) {
            phone.up = Default::default();
            phone.down = Default::default();
        }
        let deadline = self.now + CALM;
        while !self.is_well() {
            assert!(self.now < deadline, "not well after {CALM:?} of calm: {:?}", self.model);
            self.step();
        }
        let before = self.numbers();
        self.run(Duration::from_secs(1));
        let after = self.numbers();
        self.run(Duration::from_millis(200));
        for phone in self.phones.iter().filter(|phone| !phone.gone) {
            let silent: HashSet<u64> =
                self.phones.iter().filter(|other| other.gone).map(|other| other.participant).collect();
            for speaker in self.model.must_hear(phone.transport).difference(&silent).copied() {
                assert!(after[&speaker] > before[&speaker], "everybody speaks");
                for number in before[&speaker] + 1..=after[&speaker] {
                    assert!(phone.heard.contains(&(speaker, number)), "{speaker}'s {number} is not heard");
                }
            }
        }
    }

    fn numbers(&self) -> HashMap<u64, u64> {
        self.phones.iter().map(|phone| (phone.participant, phone.spoken)).collect()
    }

    fn is_well(&self) -> bool {
        self.phones.iter().filter(|phone| !phone.gone).all(|phone| {
            let known = self.model.transports.get(&phone.transport);
            let open = self.model.open.get(&phone.participant) == Some(&phone.transport);
            phone.browser.keys.is_some()
                && known.is_some_and(|known| {
                    let path = known.sent_on == Some(phone.browser.path);
                    path && !known.silent && known.hears == self.model.must_hear(phone.transport)
                })
                && open == self.wanted.contains(&phone.participant)
        })
    }

    /// Half of them hang up, the others vanish; nothing is left of anybody.
    pub fn empty(&mut self) {
        for index in 0..self.phones.len() {
            if self.phones[index].gone {
                continue;
            }
            if self.rng.random_bool(0.5) { self.leave(index) } else { self.vanish(index) }
        }
        self.run(crate::ice::CONSENT + Duration::from_secs(1));
        assert_eq!((self.relay.transports(), self.model.transports.len()), (0, 0));
        assert_eq!(self.relay.poll_timeout(), None);
    }
}
