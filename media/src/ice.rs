//! What an ICE-lite agent (RFC 8445) remembers of one browser: the credentials that are valid and the paths
//! that were proven. Pure rules; knows neither STUN's bytes nor what travels on the paths.

use std::fmt;
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::StdRng;
use rtc::crypto::{CryptoError, HmacAlgorithm, Mac, RTCCrypto};

use crate::path::Path;

/// Without an authenticated check for so long the consent to send is gone (RFC 7675).
pub const CONSENT: Duration = Duration::from_secs(30);
/// An offer after whose answer no authenticated check came for so long is abandoned. A browser checks as soon as it has
/// the answer, and again many times a second; the slowest way there is, TLS through a proxy to TURN, takes it a few
/// seconds. What it would gain by more patience it gains by offering anew, and others wait for its place.
pub const ABANDONED: Duration = Duration::from_secs(15);
/// Whoever has no keys so long after his offer keeps a place for nothing: [`ABANDONED`], and the 30 s of a handshake.
pub const JOIN: Duration = Duration::from_secs(45);
/// A chosen path on which nothing authenticated came for so long gives way to a new one without USE-CANDIDATE.
pub const STALE: Duration = Duration::from_secs(1);
/// A transport that is not heard at all for so long is silent.
pub const SILENT: Duration = Duration::from_secs(5);

/// Proven paths remembered per transport; a browser has a handful.
const MAX_PATHS: usize = 8;
const UFRAG_LENGTH: usize = 8;
const PWD_LENGTH: usize = 24;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// One generation of our ICE credentials.
pub struct Credentials {
    pub ufrag: String,
    pub pwd: String,
    mac: Box<dyn Mac>,
}

impl Credentials {
    /// Fresh random credentials: 142 bits of password (RFC 8445 5.3 asks for 128).
    pub fn generate(rng: &mut StdRng, crypto: &dyn RTCCrypto) -> Result<Credentials, CryptoError> {
        let ufrag = random_word(rng, UFRAG_LENGTH);
        let pwd = random_word(rng, PWD_LENGTH);
        let mac = crypto.new_hmac(HmacAlgorithm::Sha1, pwd.as_bytes())?;
        Ok(Credentials { ufrag, pwd, mac })
    }

    /// The keyed MAC of the password.
    pub fn mac(&mut self) -> &mut dyn Mac {
        &mut *self.mac
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").finish_non_exhaustive()
    }
}

fn random_word(rng: &mut StdRng, length: usize) -> String {
    (0..length).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

/// A path on which an authenticated check came.
#[derive(Clone, Copy, Debug)]
struct Proven {
    path: Path,
    first: Instant,
    last: Instant,
}

/// What an authenticated check changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The path was not known before: datagrams from it belong to this transport now.
    pub new: bool,
    /// A path that was forgotten to make room.
    pub forgotten: Option<Path>,
    /// The path on which the check came is the chosen one now and was not before.
    pub moved: bool,
}

/// The proven paths of one transport and the chosen one among them.
#[derive(Debug)]
pub struct Paths {
    proven: Vec<Proven>,
    chosen: Option<Path>,
    /// The chosen path closed under us; the next authenticated check takes over.
    orphaned: bool,
    heard: Instant,
    /// `None` before the first check.
    checked: Option<Instant>,
    /// When the credentials in use, or those to come, were offered last.
    offered: Instant,
}

impl Paths {
    /// No path yet; the patience with the browser runs from `now`.
    pub fn new(now: Instant) -> Paths {
        Paths { proven: Vec::new(), chosen: None, orphaned: false, heard: now, checked: None, offered: now }
    }

    /// The browser was given new credentials: it may begin anew.
    pub fn offered(&mut self, now: Instant) {
        self.offered = now;
    }

    /// Whether any authenticated check came.
    pub fn is_checked(&self) -> bool {
        self.checked.is_some()
    }

    /// Where to send.
    pub fn chosen(&self) -> Option<Path> {
        self.chosen
    }

    /// When anything authenticated came last, on any path.
    pub fn heard_at(&self) -> Instant {
        self.heard
    }

    /// When consent ends unless another check comes; before the first one, when the offer is taken for abandoned.
    pub fn consent_ends(&self) -> Instant {
        self.checked.map_or(self.offered + ABANDONED, |checked| checked + CONSENT)
    }

    /// When a transport without keys is given up, however much it checks.
    pub fn join_ends(&self) -> Instant {
        self.offered + JOIN
    }

    /// All proven paths.
    pub fn iter(&self) -> impl Iterator<Item = Path> {
        self.proven.iter().map(|proven| proven.path)
    }

    /// Whether `path` is the chosen one and still spoke within the last second.
    pub fn speaks_on(&self, now: Instant, path: Path) -> bool {
        let speaks = |proven: &Proven| proven.path == path && now.duration_since(proven.last) < STALE;
        self.chosen == Some(path) && self.proven.iter().any(speaks)
    }

    /// Something authenticated other than a check came on a proven path.
    pub fn heard(&mut self, now: Instant, path: Path) {
        self.heard = now;
        if let Some(proven) = self.proven.iter_mut().find(|proven| proven.path == path) {
            proven.last = now;
        }
    }

    /// An authenticated check came on `path`.
    pub fn check(&mut self, now: Instant, path: Path, use_candidate: bool) -> Checked {
        self.checked = Some(now);
        self.heard = now;
        let mut checked = Checked::default();
        let first = match self.proven.iter_mut().find(|proven| proven.path == path) {
            Some(proven) => {
                proven.last = now;
                proven.first
            }
            None => {
                checked.forgotten = self.make_room();
                checked.new = true;
                self.proven.push(Proven { path, first: now, last: now });
                now
            }
        };
        if self.chosen != Some(path) && (use_candidate || self.gives_way(now, first)) {
            self.chosen = Some(path);
            self.orphaned = false;
            checked.moved = true;
        }
        checked
    }

    /// Forgets a path: its stream closed, or it belongs to another transport now.
    pub fn forget(&mut self, path: Path) {
        self.proven.retain(|proven| proven.path != path);
        if self.chosen == Some(path) {
            self.chosen = None;
            self.orphaned = true;
        }
    }

    /// Whether the chosen path is left for one first heard at `first` without USE-CANDIDATE. A path that was
    /// proven while the chosen one still spoke is a backup pair of the browser's; only the longer silence gives
    /// way to it. A path first heard after the chosen one went quiet is the same browser behind a new address.
    fn gives_way(&self, now: Instant, first: Instant) -> bool {
        let Some(chosen) = self.chosen else { return self.orphaned };
        let Some(last) = self.proven.iter().find(|proven| proven.path == chosen).map(|proven| proven.last)
        else {
            return true;
        };
        let quiet = now.duration_since(last);
        quiet >= SILENT || (quiet >= STALE && first >= last)
    }

    /// Forgets the path unheard for longest, if there are as many as may be.
    fn make_room(&mut self) -> Option<Path> {
        if self.proven.len() < MAX_PATHS {
            return None;
        }
        let candidates =
            self.proven.iter().enumerate().filter(|(_, proven)| self.chosen != Some(proven.path));
        let (index, _) = candidates.min_by_key(|(_, proven)| proven.last)?;
        Some(self.proven.swap_remove(index).path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn udp(port: u16) -> Path {
        Path::Udp { socket: 0, remote: ([192, 0, 2, 1], port).into() }
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn nothing_is_chosen_before_use_candidate() {
        let start = Instant::now();
        let mut paths = Paths::new(start);
        assert_eq!(paths.check(start, udp(1), false), Checked { new: true, ..Checked::default() });
        assert_eq!(paths.chosen(), None);
        assert!(paths.check(start + ms(5000), udp(1), true).moved);
        assert_eq!(paths.chosen(), Some(udp(1)));
    }

    #[test]
    fn use_candidate_moves_at_any_time() {
        let start = Instant::now();
        let mut paths = Paths::new(start);
        paths.check(start, udp(1), true);
        assert!(paths.check(start, udp(2), true).moved);
        assert!(!paths.check(start, udp(2), true).moved);
        assert!(paths.check(start, udp(1), true).moved);
    }

    #[test]
    fn a_new_address_takes_over_once_the_old_is_quiet_for_a_second() {
        let start = Instant::now();
        let mut paths = Paths::new(start);
        paths.check(start, udp(1), true);
        paths.heard(start + ms(100), udp(1));
        assert!(!paths.check(start + ms(600), udp(2), false).moved, "too early");
        assert!(!paths.check(start + ms(1099), udp(2), false).moved, "still too early");
        assert!(paths.check(start + ms(1100), udp(2), false).moved);
    }

    #[test]
    fn a_backup_pair_needs_the_longer_silence() {
        let start = Instant::now();
        let mut paths = Paths::new(start);
        paths.check(start, udp(2), false);
        paths.check(start + ms(10), udp(1), true);
        paths.heard(start + ms(100), udp(1));
        assert!(!paths.check(start + ms(3000), udp(2), false).moved);
        assert!(paths.check(start + ms(5100), udp(2), false).moved);
    }

    #[test]
    fn media_alone_never_moves_a_path() {
        let start = Instant::now();
        let mut paths = Paths::new(start);
        paths.check(start, udp(2), false);
        paths.check(start, udp(1), true);
        paths.heard(start + ms(20_000), udp(2));
        assert_eq!(paths.chosen(), Some(udp(1)));
    }

    #[test]
    fn when_a_tunnel_closes_the_next_check_takes_over() {
        let start = Instant::now();
        let mut paths = Paths::new(start);
        paths.check(start, udp(2), false);
        paths.check(start, udp(1), true);
        paths.forget(udp(1));
        assert_eq!(paths.chosen(), None);
        assert!(paths.check(start, udp(2), false).moved);
    }

    #[test]
    fn consent_runs_from_checks_only() {
        let start = Instant::now();
        let mut paths = Paths::new(start);
        paths.check(start, udp(1), true);
        paths.heard(start + ms(20_000), udp(1));
        assert_eq!(paths.consent_ends(), start + CONSENT);
        paths.check(start + ms(20_000), udp(1), false);
        assert_eq!(paths.consent_ends(), start + ms(20_000) + CONSENT);
    }

    #[test]
    fn who_never_checks_is_given_less_time() {
        let start = Instant::now();
        let mut paths = Paths::new(start);
        assert_eq!(paths.consent_ends(), start + ABANDONED);
        paths.offered(start + ms(5000));
        assert_eq!(paths.consent_ends(), start + ms(5000) + ABANDONED, "a restart begins anew");
        paths.check(start + ms(6000), udp(1), false);
        assert_eq!(paths.consent_ends(), start + ms(6000) + CONSENT);
        assert_eq!(paths.join_ends(), start + ms(5000) + JOIN, "checks alone gain nothing here");
    }

    #[test]
    fn paths_are_bounded_and_the_chosen_one_stays() {
        let start = Instant::now();
        let mut paths = Paths::new(start);
        paths.check(start, udp(1), true);
        for port in 2..100 {
            paths.check(start + ms(u64::from(port)), udp(port), false);
        }
        assert_eq!(paths.iter().count(), MAX_PATHS);
        assert_eq!(paths.chosen(), Some(udp(1)));
        assert!(paths.iter().any(|path| path == udp(1)));
        assert!(paths.iter().any(|path| path == udp(99)));
    }
}
