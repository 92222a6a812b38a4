//! The reference model: what the host asked of the relay, what the relay said it does, and what follows from both.
//! Small enough to be believed; knows no packet and no link.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use crate::api::{DownReason, Event, PathKind};
use crate::path::Path;

/// What is known of one transport.
#[derive(Debug)]
pub struct Known {
    pub participant: u64,
    pub up: bool,
    pub silent: bool,
    pub down: bool,
    /// When an authentic check of it reached the relay last.
    pub checked: Instant,
    /// Paths on which one did.
    pub proven: HashSet<Path>,
    /// Where media and reports were sent last.
    pub sent_on: Option<Path>,
    /// Whom the relay says it lets him hear.
    pub hears: HashSet<u64>,
}

/// What must be so.
#[derive(Debug, Default)]
pub struct Model {
    pub transports: HashMap<u64, Known>,
    /// The transport on which a participant's gate is open.
    pub open: HashMap<u64, u64>,
}

impl Model {
    pub fn offered(&mut self, now: Instant, participant: u64, transport: u64) {
        let (proven, hears) = (HashSet::new(), HashSet::new());
        let (up, silent, down, sent_on) = (false, false, false, None);
        let known = Known { participant, up, silent, down, checked: now, proven, sent_on, hears };
        self.transports.entry(transport).or_insert(known);
    }

    /// An authentic check of `transport` reached the relay on `path`.
    pub fn checked(&mut self, now: Instant, transport: u64, path: Path) {
        if let Some(known) = self.transports.get_mut(&transport).filter(|known| !known.down) {
            known.checked = now;
            known.proven.insert(path);
        }
    }

    /// The host opened or shut a gate.
    pub fn gate(&mut self, participant: u64, open: Option<u64>) {
        let before = self.open.remove(&participant);
        self.open.extend(open.map(|transport| (participant, transport)));
        if let Some(known) = before.filter(|_| before != open).and_then(|old| self.transports.get_mut(&old)) {
            known.hears.clear();
        }
    }

    /// The host dropped a transport, or it went down.
    pub fn dropped(&mut self, transport: u64) {
        if let Some(known) = self.transports.remove(&transport)
            && self.open.get(&known.participant) == Some(&transport)
        {
            self.open.remove(&known.participant);
        }
    }

    /// Whether `listener`, a transport, may hear `speaker`, a participant: both gates are open, on this one.
    pub fn may_hear(&self, listener: u64, speaker: u64) -> bool {
        let Some(known) = self.transports.get(&listener) else { return false };
        self.open.get(&known.participant) == Some(&listener)
            && self.open.contains_key(&speaker)
            && known.participant != speaker
    }

    /// Whom a transport must hear once the network is calm.
    pub fn must_hear(&self, listener: u64) -> HashSet<u64> {
        self.open.keys().copied().filter(|speaker| self.may_hear(listener, *speaker)).collect()
    }

    /// Whether the relay says that it forwards `speaker` to `listener`.
    pub fn forwards(&self, listener: u64, speaker: u64) -> bool {
        self.transports.get(&listener).is_some_and(|known| known.up && known.hears.contains(&speaker))
    }

    /// Whose address this is, as far as checks proved it.
    pub fn owners(&self, path: Path) -> Vec<u64> {
        let owner = |(transport, known): (&u64, &Known)| known.proven.contains(&path).then_some(*transport);
        self.transports.iter().filter_map(owner).collect()
    }

    /// Takes a report of the relay, and holds it against what was before. Gives a transport that came up or went
    /// down.
    pub fn event(&mut self, event: &Event) -> Option<Turn> {
        match event {
            Event::Up { transport, path, .. } => {
                let known = self.known(transport.0);
                assert!(!known.up, "up once");
                known.up = true;
                self.is_on(transport.0, *path);
                return Some(Turn::Up(transport.0));
            }
            Event::Silent { transport, .. } => {
                let known = self.known(transport.0);
                assert!(known.up && !known.silent, "silent once, and only when it was up");
                known.silent = true;
            }
            Event::Heard { transport, .. } => {
                let known = self.known(transport.0);
                assert!(known.silent, "heard again only when it was silent");
                known.silent = false;
            }
            Event::PathChanged { transport, path, .. } => {
                assert!(self.known(transport.0).up, "a path changes only when there is one");
                self.is_on(transport.0, *path);
            }
            Event::Slots { participant, transport, slots, .. } => {
                let named: HashSet<u64> = slots.iter().map(|(_, speaker)| speaker.0).collect();
                assert_eq!(named.len(), slots.len(), "nobody is in two slots");
                for speaker in &named {
                    assert!(self.may_hear(transport.0, *speaker), "{} hears {speaker}", participant.0);
                }
                self.known(transport.0).hears = named;
            }
            Event::Down { transport, reason, at, .. } => {
                let known = self.known(transport.0);
                match reason {
                    DownReason::ConsentExpired => {
                        assert!(
                            *at - known.checked >= crate::ice::CONSENT,
                            "consent expires in 30 s, not sooner"
                        );
                    }
                    DownReason::Abandoned => assert!(!known.up, "what came to something is not abandoned"),
                    DownReason::DtlsFailed => assert!(!known.up, "a handshake fails before it is done"),
                    DownReason::Closed => panic!("no phone here says goodbye"),
                }
                self.dropped(transport.0);
                return Some(Turn::Down(transport.0));
            }
            Event::FirstAudio { participant, .. } => {
                assert!(self.open.contains_key(&participant.0), "heard with the gate open");
            }
            Event::RoomFailed { .. } => panic!("a room failed"),
            _ => {}
        }
        None
    }

    fn known(&mut self, transport: u64) -> &mut Known {
        self.transports.get_mut(&transport).expect("reports speak of transports that are here")
    }

    /// A reported kind of path is one that was proven.
    fn is_on(&mut self, transport: u64, kind: PathKind) {
        let proven = &self.known(transport).proven;
        assert!(proven.iter().any(|path| path.kind() == kind), "{kind:?} was proven by no check");
    }
}

/// What the host must act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Up(u64),
    Down(u64),
}
