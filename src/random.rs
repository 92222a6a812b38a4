//! The only source of randomness: bytes, tokens, ids. Knows no clock; ids take the time as an argument.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bson::oid::ObjectId;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::clock::Timestamp;

/// A generator that can be shared; seeded from the operating system, or by a test.
pub struct Random(Mutex<StdRng>);

impl Random {
    /// Seeded from the operating system.
    #[allow(clippy::disallowed_methods)]
    pub fn system() -> Self {
        Self(Mutex::new(StdRng::from_rng(&mut rand::rng())))
    }
    /// The same sequence for the same seed: for tests.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(bytes);
    }
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
    /// 256 random bits as 43 URL-safe characters.
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }
    /// An ObjectId: four bytes of seconds, eight random bytes, so that ids sort by time.
    pub fn object_id(&self, now: Timestamp) -> ObjectId {
        let mut raw = [0; 12];
        raw[..4].copy_from_slice(&u32::try_from(now.seconds()).unwrap_or(u32::MAX).to_be_bytes());
        raw[4..].copy_from_slice(&self.bytes::<8>());
        ObjectId::from_bytes(raw)
    }
}
