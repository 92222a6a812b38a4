//! PURE: what is known of the media of one device of a leg, in every phase of the leg.

use super::quality::{Fold, Report};
use crate::model::PathName;

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
    Muted(bool),
    /// Its last socket is gone.
    Away,
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
    /// Each path once, in the order of first use.
    pub paths: Vec<PathName>,
    pub quality: Fold,
    pub muted: bool,
}

impl Media {
    pub fn is_up(&self) -> bool {
        self.link == Link::Up
    }
    fn take_path(&mut self, path: PathName) {
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }
    /// Takes one fact. True if it changed whether the device is muted.
    pub fn learn(&mut self, fact: Fact) -> bool {
        match fact {
            Fact::Up(path) => {
                self.link = Link::Up;
                self.take_path(path);
            }
            Fact::Silent => {
                if self.link == Link::Up {
                    self.link = Link::Silent;
                }
            }
            Fact::Heard(path) => {
                if self.link != Link::Down {
                    self.link = Link::Up;
                    if let Some(path) = path {
                        self.take_path(path);
                    }
                }
            }
            Fact::Gone => {
                self.link = Link::Down;
                self.quality.renew();
            }
            Fact::Quality(report) => self.quality.add(&report),
            Fact::Muted(muted) => {
                let before = std::mem::replace(&mut self.muted, muted);
                return before != muted;
            }
            Fact::Away | Fact::Here => {}
        }
        false
    }
}
