//! Datagrams under way: over the links, to the relay and to the phones, each held against the model where it arrives.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::World;
use crate::path::Path;
use crate::sim::model::Turn;
use crate::sim::phone::Phone;
use crate::testing::Heard;

/// What a datagram is to the one who watches.
#[derive(Clone, Debug)]
pub(super) enum Meaning {
    Check { transport: u64 },
    Speech { transport: u64, speaker: u64, number: u64 },
    Forged,
    Other,
}

/// A datagram under way.
pub(super) struct Flying {
    /// A phone, or the relay.
    pub(super) to: Option<usize>,
    pub(super) path: Path,
    pub(super) bytes: Vec<u8>,
    pub(super) meaning: Meaning,
    /// A link made two of it: one of them comes late, and either may be the one.
    pub(super) doubled: bool,
    /// Who might be heard in it, by the model, when the relay sent it.
    pub(super) may_hear: HashSet<u64>,
}

/// What must become of a packet of speech that reaches the relay.
pub(super) struct Expected {
    listeners: HashSet<u64>,
    /// It must go to all of them: one that is late or repeated may be dropped.
    must: bool,
}

impl World {
    /// From a phone over its link.
    pub(super) fn send(&mut self, index: usize, bytes: Vec<u8>, meaning: &Meaning) {
        let (now, phone) = (self.now, &mut self.phones[index]);
        let path = phone.browser.path;
        let arrivals = match path {
            Path::Udp { .. } => phone.up.datagram(&mut self.rng, now),
            Path::Tunnel(..) => phone.up.frame(&mut self.rng, now),
        };
        for at in arrivals {
            self.insert(at, flying(None, path, bytes.clone(), meaning.clone()));
        }
    }

    pub(super) fn launch(
        &mut self,
        at: Instant,
        to: Option<usize>,
        path: Path,
        bytes: Vec<u8>,
        meaning: Meaning,
    ) {
        self.insert(at, flying(to, path, bytes, meaning));
    }

    fn insert(&mut self, at: Instant, flying: Flying) {
        self.launched += 1;
        self.flying.insert((at, self.launched), flying);
    }

    pub(super) fn reach_relay(&mut self, flying: &Flying) {
        let expected = self.expected(flying);
        self.relay.handle_datagram(self.now, flying.path, &flying.bytes);
        self.drain(&flying.meaning, Some(flying.path), expected);
    }

    /// What must become of this; `None` for what is no speech.
    fn expected(&mut self, flying: &Flying) -> Option<Expected> {
        let Meaning::Speech { transport, speaker, number } = flying.meaning else { return None };
        let known = self.model.transports.get(&transport);
        let bound = known.is_some_and(|known| known.up && known.proven.contains(&flying.path));
        let carries = self.model.open.get(&speaker) == Some(&transport);
        if !carries {
            return Some(Expected { listeners: HashSet::new(), must: false });
        }
        let listeners = self.model.transports.keys().copied();
        let listeners = listeners.filter(|listener| self.model.forwards(*listener, speaker)).collect();
        let newest = self.newest.entry(transport).or_default();
        let fresh = number > *newest;
        *newest = number.max(*newest);
        Some(Expected { listeners, must: bound && fresh })
    }

    /// Takes what the relay wants sent and what it reports, and holds both against the model.
    pub(super) fn drain(&mut self, meaning: &Meaning, from: Option<Path>, expected: Option<Expected>) {
        let sent: Vec<(Path, Vec<u8>)> =
            self.relay.outgoing().iter().map(|(path, bytes)| (path, bytes.to_vec())).collect();
        self.relay.clear_outgoing();
        if let (Meaning::Check { transport }, Some(path)) = (meaning, from)
            && sent.iter().any(|(to, bytes)| *to == path && bytes.starts_with(&[1, 1]))
        {
            self.model.checked(self.now, *transport, path);
        }
        assert!(!matches!(meaning, Meaning::Forged) || sent.is_empty(), "strangers get no answer");
        let mut copies: HashMap<u64, usize> = HashMap::new();
        for (path, bytes) in sent {
            let owners = self.model.owners(path);
            // A goodbye goes to one who was dropped just now.
            let goodbye = bytes.first() == Some(&21);
            assert!(owners.len() == 1 || goodbye, "sent to {path:?}, which {owners:?} proved");
            let Some(transport) = owners.first().copied() else { continue };
            if bytes[0] >= 128
                && let Some(known) = self.model.transports.get_mut(&transport)
            {
                known.sent_on = Some(path);
            }
            if is_speech(&bytes) {
                *copies.entry(transport).or_default() += 1;
            }
            self.carry(transport, path, bytes);
        }
        if let Some(Expected { listeners, must }) = expected {
            for (listener, count) in &copies {
                assert!(listeners.contains(listener), "{listener} gets what is not for him");
                assert_eq!(*count, 1, "{listener} gets a packet once");
            }
            assert!(
                !must || copies.len() == listeners.len(),
                "the relay lost a packet: {copies:?} {listeners:?}"
            );
        }
        while let Some(event) = self.relay.poll_event() {
            match self.model.event(&event) {
                Some(Turn::Up(transport)) => self.came_up(transport),
                Some(Turn::Down(transport)) => self.went_down(transport),
                None => {}
            }
        }
    }

    /// From the relay to a phone, over its link; to an address that it has no more, into nothing.
    fn carry(&mut self, transport: u64, path: Path, bytes: Vec<u8>) {
        let here = |phone: &Phone| phone.transport == transport && phone.browser.path == path;
        let Some(index) = self.phones.iter().position(here) else { return };
        let (now, phone) = (self.now, &mut self.phones[index]);
        let arrivals = match path {
            Path::Udp { .. } => phone.down.datagram(&mut self.rng, now),
            Path::Tunnel(..) => phone.down.frame(&mut self.rng, now),
        };
        let may_hear: HashSet<u64> = self.model.must_hear(transport);
        let doubled = arrivals.len() > 1;
        for at in arrivals {
            let may_hear = may_hear.clone();
            let flying =
                Flying { doubled, may_hear, ..flying(Some(index), path, bytes.clone(), Meaning::Other) };
            self.insert(at, flying);
        }
    }

    pub(super) fn reach_phone(&mut self, index: usize, flying: &Flying) {
        let phone = &mut self.phones[index];
        if phone.gone || phone.browser.path != flying.path {
            return;
        }
        let ready = phone.browser.keys.is_some();
        match phone.browser.handle(self.now, &flying.bytes) {
            Heard::CheckPassed => phone.named = true,
            Heard::Dtls | Heard::Reports(_) => {}
            Heard::Audio(packet) => {
                let speaker = u64::from(packet.header.csrc[0]);
                assert!(flying.may_hear.contains(&speaker), "{} hears {speaker}", phone.participant);
                let number = u64::from_be_bytes(packet.payload[..].try_into().unwrap());
                assert!(phone.heard.insert((speaker, number)), "a packet is heard once");
            }
            Heard::Refused => {
                assert!(flying.doubled || !ready || reordered(&flying.bytes), "the relay's packets are good");
                return;
            }
        }
        phone.hears(self.now);
    }
}

fn flying(to: Option<usize>, path: Path, bytes: Vec<u8>, meaning: Meaning) -> Flying {
    Flying { to, path, bytes, meaning, doubled: false, may_hear: HashSet::new() }
}

fn is_speech(bytes: &[u8]) -> bool {
    matches!(bytes, [128..=191, kind, ..] if !(192..=223).contains(kind))
}

/// Reports that overtook each other are refused as too old.
fn reordered(bytes: &[u8]) -> bool {
    !is_speech(bytes)
}
