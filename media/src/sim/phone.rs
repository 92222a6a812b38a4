//! One person's browser in the simulated network: when it checks its path, when it speaks, and how it tries to come
//! back when nothing is heard. Knows neither the relay nor the other phones.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::path::Path;
use crate::sim::link::Link;
use crate::testing::Browser;

/// Speech is thinned out: a packet every 60 ms tells as much as one every 20 ms and costs a third.
pub const FRAME: Duration = Duration::from_millis(60);
/// As browsers check: quickly until the path is proven, then every few seconds (RFC 7675 says 4 to 6 s).
const CHECK_SOON: Duration = Duration::from_millis(200);
const CHECK_LATER: Duration = Duration::from_millis(2500);
/// The client's watchdog: a sender report comes every second.
const WATCHDOG: Duration = Duration::from_millis(2500);
/// Between two tries to come back.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a phone wants to do now.
#[derive(Debug)]
pub enum Wish {
    Check {
        use_candidate: bool,
    },
    Speak,
    /// Nothing is heard: new credentials, perhaps another way.
    Restart,
}

/// A browser and the person who holds it.
pub struct Phone {
    pub browser: Browser,
    pub participant: u64,
    pub transport: u64,
    pub up: Link,
    pub down: Link,
    /// Firefox names its choice once and then checks without USE-CANDIDATE; Chromium names it in every check.
    pub names_once: bool,
    /// The present path was named and answered.
    pub named: bool,
    /// Packets spoken so far: each carries its number.
    pub spoken: u64,
    /// Whom it heard saying what, as (participant, number).
    pub heard: HashSet<(u64, u64)>,
    /// Is in the call no more; what is under way to it is of no interest.
    pub gone: bool,
    heard_at: Instant,
    tried_at: Instant,
    check_at: Instant,
    speak_at: Instant,
}

impl Phone {
    pub fn new(now: Instant, browser: Browser, participant: u64, transport: u64, names_once: bool) -> Phone {
        Phone {
            browser,
            participant,
            transport,
            up: Link::default(),
            down: Link::default(),
            names_once,
            named: false,
            spoken: 0,
            heard: HashSet::new(),
            gone: false,
            heard_at: now,
            tried_at: now,
            check_at: now,
            speak_at: now,
        }
    }

    /// Something authentic came.
    pub fn hears(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// Its address or its way changed: checks at once, as a browser does whose network changed.
    pub fn moved(&mut self, now: Instant, path: Path) {
        self.browser.path = path;
        self.check_at = now;
    }

    /// Checks begin anew, with new credentials.
    pub fn restarted(&mut self, now: Instant) {
        self.named = false;
        self.tried_at = now;
        self.check_at = now;
    }

    /// What is due, one thing at a time.
    pub fn wish(&mut self, now: Instant) -> Option<Wish> {
        if self.gone {
            return None;
        }
        if now >= self.check_at {
            let settled = self.browser.keys.is_some() && self.named;
            self.check_at = now + if settled { CHECK_LATER } else { CHECK_SOON };
            return Some(Wish::Check { use_candidate: !(self.names_once && self.named) });
        }
        if self.browser.keys.is_none() {
            self.speak_at = now;
            return None;
        }
        let lost = now - self.heard_at > WATCHDOG && now - self.tried_at > PATIENCE;
        if lost {
            return Some(Wish::Restart);
        }
        if now >= self.speak_at {
            self.speak_at += FRAME;
            self.spoken += 1;
            self.browser.payload = self.spoken.to_be_bytes().to_vec();
            return Some(Wish::Speak);
        }
        None
    }
}
