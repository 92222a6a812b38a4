//! What happens to the people of a simulated call: a random act every second or so, drawn by the seed.

use std::time::Duration;

use rand::RngExt;

use crate::path::Path;
use crate::sim::link::Weather;
use crate::sim::world::World;
use crate::testing::binding_request;

/// More people than this do not come: the relay's rule for large rooms is proven elsewhere.
const MOST: usize = 5;

impl World {
    /// So many seconds in which anything may happen.
    pub fn storm(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while self.now < end {
            let pause = self.rng.random_range(200..2000);
            self.run(Duration::from_millis(pause));
            self.act();
        }
    }

    fn act(&mut self) {
        let here: Vec<usize> = (0..self.phones.len()).filter(|index| !self.phones[*index].gone).collect();
        let Some(&index) = here.get(self.rng.random_range(0..here.len().max(1))) else { return self.join() };
        match self.rng.random_range(0..100) {
            0..25 => self.weather(index),
            25..40 => self.rebind(index),
            40..52 => self.block(index),
            52..60 => self.unblock(index),
            60..68 => self.restart(index),
            68..78 => {
                let open = self.rng.random_bool(0.6);
                self.gate(self.phones[index].participant, open);
            }
            78..83 => self.reload(index),
            83..88 if here.len() < MOST => self.join(),
            88..91 if here.len() > 2 => self.leave(index),
            91..93 if here.len() > 2 => self.vanish(index),
            _ => self.attack(index),
        }
    }

    fn weather(&mut self, index: usize) {
        for up in [true, false] {
            let rng = &mut self.rng;
            let loss = if rng.random_bool(0.5) { rng.random_range(0.0..0.2) } else { 0.0 };
            let least = rng.random_range(1..80);
            let weather = Weather {
                loss,
                burst: rng.random_range(0.0..5.0),
                twice: rng.random_range(0.0..0.05),
                delay: (least, least + rng.random_range(0..60)),
            };
            let phone = &mut self.phones[index];
            if up { phone.up.weather = weather } else { phone.down.weather = weather }
        }
    }

    /// The router gives another address; the old one leads nowhere.
    fn rebind(&mut self, index: usize) {
        if matches!(self.phones[index].browser.path, Path::Udp { .. }) {
            let path = self.address();
            let now = self.now;
            self.phones[index].moved(now, path);
        }
    }

    /// No UDP any more. The phone notices by itself.
    fn block(&mut self, index: usize) {
        let phone = &mut self.phones[index];
        (phone.up.udp_blocked, phone.down.udp_blocked) = (true, true);
    }

    /// UDP is back, and the browser prefers it.
    fn unblock(&mut self, index: usize) {
        let path = self.address();
        let now = self.now;
        let phone = &mut self.phones[index];
        (phone.up.udp_blocked, phone.down.udp_blocked) = (false, false);
        phone.moved(now, path);
        // Another network: it is named anew.
        phone.named = false;
    }

    /// Somebody tries his luck, with everything that can be had without keys.
    fn attack(&mut self, index: usize) {
        let known = self.phones[index].browser.remote.as_ref().map_or("", |remote| remote.ufrag.as_str());
        let forged = match self.rng.random_range(0..5) {
            0 => binding_request(&format!("{known}:abcd"), "not the password, by far", true, [3; 12]),
            1 => binding_request("nobody:abcd", "not the password, by far", true, [3; 12]),
            2 => self.copied_speech(index).unwrap_or_default(),
            3 => [&[22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50][..], &[1; 50]].concat(),
            _ => (0..self.rng.random_range(0..200)).map(|_| self.rng.random()).collect(),
        };
        self.forge(forged);
    }
}
