//! PURE: what is known of the media of one device of a leg, in every phase of the leg.

use super::change::Change;
use super::now::Now;
use super::quality::{Fold, Report};
use super::stats::Stats;
use crate::ids::UserId;
use crate::model::{Candidate, LegRecord, PathName, Protocol};

/// Quieter than this (of 1) is no sound at all: a dead or switched-off microphone, not a quiet room.
const SOUND: f32 = 0.0001;
/// So many silences of five seconds in a row make a microphone silent.
const SILENT_TIMES: u32 = 3;

/// What is learned about one device of a leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fact {
    /// Its transport has keys: media can flow.
    Up(PathName),
    /// Nothing was heard from it for a while.
    Silent,
    /// It is heard again, perhaps over another path.
    Heard(Option<PathName>),
    /// Its transport is gone or was replaced.
    Gone,
    Quality(Report),
    /// What its browser measures.
    Stats(Stats),
    /// It sent an offer with new ICE credentials for the transport it has.
    Restarted,
    Muted(bool),
    /// Somebody else, who may, asked for its microphone to be off.
    Silenced(UserId),
    /// Its last socket is gone, as when a network is.
    Away,
    /// Its page was closed, or is being loaded again.
    Closed,
    /// It has a socket again, or just said something.
    Here,
}

/// Whether a device's media is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Link {
    /// No transport, or none with keys.
    #[default]
    Down,
    Up,
    /// There are keys, but nothing is heard.
    Silent,
}

/// The media of one device: true in every phase, and remembered when the phase changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Media {
    link: Link,
    /// The way its packets take, once it was up.
    pub path: Option<PathName>,
    /// Each path once, in the order of first use.
    pub paths: Vec<PathName>,
    pub quality: Fold,
    pub muted: bool,
    /// Who muted it, if not he himself: then the relay forwards nothing of his until he unmutes himself.
    pub muted_by: Option<UserId>,
    /// Since when its page is closed.
    pub closed: Option<Now>,
    microphone: Microphone,
    route: Option<(Candidate, Protocol)>,
}

impl Media {
    /// What is left of a stored leg's media: all but the transport.
    pub fn resume(leg: &LegRecord) -> Self {
        Self {
            path: leg.paths.last().copied(),
            paths: leg.paths.clone(),
            quality: Fold::resume(&leg.quality),
            muted: leg.muted,
            muted_by: leg.muted_by,
            ..Self::default()
        }
    }
    /// This one goes on where an earlier one of the same leg ended.
    pub fn after(mut self, before: &Self) -> Self {
        let mut quality = before.quality;
        quality.renew();
        let fresh = std::mem::take(&mut self.paths);
        let mut paths = before.paths.clone();
        paths.extend(fresh.into_iter().filter(|path| !before.paths.contains(path)));
        let muted_by = before.muted_by.or(self.muted_by);
        let (muted, path) = (self.muted || muted_by.is_some(), self.path.or(before.path));
        Self { quality, paths, path, muted, muted_by, ..self }
    }
    /// Another device takes over.
    pub fn renewed(mut self) -> Self {
        self.quality.renew();
        Self {
            link: Link::Down,
            // Whom a leader muted does not get rid of that by another device.
            muted: self.muted_by.is_some(),
            closed: None,
            microphone: Microphone::default(),
            route: None,
            ..self
        }
    }
    pub fn is_up(&self) -> bool {
        self.link == Link::Up
    }
    /// There are keys, but nothing is heard.
    pub fn is_silent(&self) -> bool {
        self.link == Link::Silent
    }
    fn take_path(&mut self, path: PathName) {
        self.path = Some(path);
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }
    /// Takes one fact; says what changed by it besides the link.
    pub fn learn(&mut self, fact: Fact, now: Now) -> Vec<Change> {
        let change = match fact {
            Fact::Up(path) => {
                self.link = Link::Up;
                let again = self.path.is_some();
                self.take_path(path);
                again.then_some(Change::Rejoined(path))
            }
            Fact::Silent => {
                if self.link == Link::Up {
                    self.link = Link::Silent;
                }
                None
            }
            Fact::Heard(path) => {
                let path = path.filter(|_| self.link != Link::Down);
                if self.link != Link::Down {
                    self.link = Link::Up;
                }
                path.map(|path| {
                    self.take_path(path);
                    Change::Path(path)
                })
            }
            Fact::Gone => {
                self.link = Link::Down;
                self.quality.renew();
                None
            }
            Fact::Quality(report) => {
                self.quality.add(&report, now.mono);
                Some(Change::Reported)
            }
            Fact::Stats(stats) => return self.told(&stats, now),
            Fact::Restarted => Some(Change::Restarted),
            Fact::Muted(muted) => self.mute(muted, None),
            Fact::Silenced(by) => self.mute(true, Some(by)),
            Fact::Closed => {
                self.closed.get_or_insert(now);
                None
            }
            Fact::Here => {
                self.closed = None;
                None
            }
            Fact::Away => None,
        };
        change.into_iter().collect()
    }

    fn mute(&mut self, muted: bool, by: Option<UserId>) -> Option<Change> {
        self.microphone = Microphone::default();
        let before = (self.muted, self.muted_by);
        self.muted = muted;
        self.muted_by = self.muted_by.or(by).filter(|_| muted);
        (before != (self.muted, self.muted_by)).then_some(Change::Muted(muted, by))
    }

    /// Takes what the browser tells.
    fn told(&mut self, stats: &Stats, now: Now) -> Vec<Change> {
        self.quality.tell(stats, now.mono);
        let route = stats.candidate.zip(stats.protocol).filter(|route| self.route != Some(*route));
        self.route = route.or(self.route);
        let level = stats.microphone_level.filter(|_| !self.muted);
        let silent = level.and_then(|level| self.microphone.hear(level > SOUND));
        let changes = [
            route.map(|(candidate, protocol)| Change::Route(candidate, protocol)),
            silent.map(|silent| Change::Microphone { silent }),
        ];
        changes.into_iter().flatten().collect()
    }
}

/// Whether a microphone that is on gives any sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Microphone {
    /// How often in a row it was silent.
    silent: u32,
    known_silent: bool,
}

impl Microphone {
    /// Says when it fell silent, and when it is heard again.
    fn hear(&mut self, sound: bool) -> Option<bool> {
        self.silent = if sound { 0 } else { self.silent.saturating_add(1) };
        let silent = self.silent >= SILENT_TIMES;
        let before = std::mem::replace(&mut self.known_silent, silent);
        (before != silent).then_some(silent)
    }
}
