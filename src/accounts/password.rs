//! Password hashes: argon2id of ours, bcrypt of the original. The functions are PURE (salt is an argument); `Hasher` runs
//! them on a bounded pool beside the runtime. Knows no user.

use std::sync::Arc;

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier as _, Version};
use thiserror::Error;
use tokio::sync::{Semaphore, TryAcquireError};

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Waiting at most, per worker: some seconds' worth.
const QUEUE_PER_WORKER: usize = 64;

/// A hash of ours that no password fits: what an unknown user's password is checked against, so that it costs the same.
pub const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password could not be hashed or checked.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum HashError {
    /// Too many are waiting already.
    #[error("too many passwords are waiting to be checked")]
    Busy,
    /// The hashing itself failed; the text names no password.
    #[error("hashing failed: {0}")]
    Failed(String),
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but the hash is not made as we make them today: replace it.
    RightButOld,
}

fn hasher() -> Result<Argon2<'static>, HashError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(|e| HashError::Failed(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The PHC string of a password.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, HashError> {
    let hash = hasher()?.hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|h| h.to_string()).map_err(|e| HashError::Failed(e.to_string()))
}

/// Whether `password` fits `stored`. A stored text that is no hash fits nothing.
///
/// bcrypt looks at 72 bytes only. A longer password of the original is accepted as the original did, and the upgrade
/// that follows takes all of it: nobody is locked out by the move, and from then on every byte counts.
pub fn verify(password: &str, stored: &str) -> Verdict {
    if stored.starts_with("$2") {
        return match bcrypt::verify(password, stored) {
            Ok(true) => Verdict::RightButOld,
            Ok(false) | Err(_) => Verdict::Wrong,
        };
    }
    let (Ok(hasher), Ok(parsed)) = (hasher(), PasswordHash::new(stored)) else { return Verdict::Wrong };
    match hasher.verify_password(password.as_bytes(), &parsed) {
        Ok(()) if is_current(&parsed) => Verdict::Right,
        Ok(()) => Verdict::RightButOld,
        Err(_) => Verdict::Wrong,
    }
}

fn is_current(hash: &PasswordHash) -> bool {
    let params = Params::try_from(hash);
    hash.algorithm == argon2::ARGON2ID_IDENT
        && hash.version == Some(Version::V0x13.into())
        && hash.salt.is_some_and(|salt| salt.len() >= 16)
        && params.is_ok_and(|p| (p.m_cost(), p.t_cost(), p.p_cost()) == (MEMORY_KIB, PASSES, LANES))
}

/// Runs the costly functions: a few at a time, so that calls and messages keep a core, and with a bounded queue.
#[derive(Clone, Debug)]
pub struct Hasher {
    workers: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Hasher {
    /// For a machine with this many cores.
    pub fn new(cores: usize) -> Self {
        let workers = cores.saturating_sub(1).max(1);
        Self {
            workers: Arc::new(Semaphore::new(workers)),
            queue: Arc::new(Semaphore::new(workers * (QUEUE_PER_WORKER + 1))),
        }
    }

    pub async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, HashError> {
        let password = password.to_owned();
        self.run(move || hash(&password, salt)).await?
    }

    pub async fn verify(&self, password: &str, stored: &str) -> Result<Verdict, HashError> {
        let (password, stored) = (password.to_owned(), stored.to_owned());
        self.run(move || verify(&password, &stored)).await
    }

    /// The permits go into the work: who stops waiting does not free a place that is still in use.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let failed = |e: &dyn std::fmt::Display| HashError::Failed(e.to_string());
        let place = self.queue.clone().try_acquire_owned().map_err(|e| match e {
            TryAcquireError::NoPermits => HashError::Busy,
            TryAcquireError::Closed => failed(&e),
        })?;
        let worker = self.workers.clone().acquire_owned().await.map_err(|e| failed(&e))?;
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((worker, place));
            done
        });
        task.await.map_err(|e| failed(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_of_ours_has_owasps_parameters() {
        let made = hash("correct horse", [7; 16]).unwrap();
        assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made}");
        let parsed = PasswordHash::new(&made).unwrap();
        assert_eq!(parsed.salt.unwrap().len(), 16);
        assert_eq!(parsed.hash.unwrap().len(), 32);
        assert_eq!(verify("correct horse", &made), Verdict::Right);
        assert_eq!(verify("correct horsf", &made), Verdict::Wrong);
        assert_ne!(made, hash("correct horse", [8; 16]).unwrap());
    }

    #[test]
    fn nobodys_hash_costs_what_ours_cost() {
        assert!(is_current(&PasswordHash::new(NOBODY).unwrap()));
        assert_eq!(verify("", NOBODY), Verdict::Wrong);
    }

    #[test]
    fn every_byte_counts() {
        let long = "x".repeat(72);
        let made = hash(&format!("{long}a"), [1; 16]).unwrap();
        assert_eq!(verify(&format!("{long}a"), &made), Verdict::Right);
        assert_eq!(verify(&format!("{long}b"), &made), Verdict::Wrong);
        assert_eq!(verify(&long, &made), Verdict::Wrong);
    }

    #[test]
    fn other_parameters_are_old() {
        for (algorithm, memory, passes, lanes) in [
            (Algorithm::Argon2id, 8192, 2, 1),
            (Algorithm::Argon2id, MEMORY_KIB, 1, 1),
            (Algorithm::Argon2id, MEMORY_KIB, 2, 2),
            (Algorithm::Argon2i, MEMORY_KIB, 2, 1),
        ] {
            let other =
                Argon2::new(algorithm, Version::V0x13, Params::new(memory, passes, lanes, None).unwrap());
            let made = other.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap().to_string();
            assert_eq!(verify("correct horse", &made), Verdict::RightButOld, "{made}");
            assert_eq!(verify("wrong", &made), Verdict::Wrong);
        }
        let short_salt =
            hasher().unwrap().hash_password_with_salt(b"correct horse", &[7; 8]).unwrap().to_string();
        assert_eq!(verify("correct horse", &short_salt), Verdict::RightButOld);
    }

    #[test]
    fn hashes_of_the_original_fit_and_are_old() {
        for prefix in ["2a", "2b", "2y"] {
            let made = bcrypt::hash_with_result("original", 4).unwrap();
            let text = made.to_string().replacen("2b", prefix, 1);
            assert_eq!(verify("original", &text), Verdict::RightButOld, "{text}");
            assert_eq!(verify("Original", &text), Verdict::Wrong);
        }
    }

    #[test]
    fn what_is_no_hash_fits_nothing() {
        for junk in
            ["", "$", "$2", "$2b$", "$2b$99$", "$argon2id$", "plain", "$argon2id$v=19$m=1,t=0,p=0$AA$AA"]
        {
            assert_eq!(verify("plain", junk), Verdict::Wrong, "{junk}");
            assert_eq!(verify("", junk), Verdict::Wrong, "{junk}");
        }
    }

    #[tokio::test]
    async fn the_queue_is_bounded() {
        let hasher = Hasher::new(1);
        let gate = Arc::new(std::sync::Barrier::new(2));
        let behind = gate.clone();
        let first = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.run(move || behind.wait().is_leader()).await.is_ok() }
        });
        while hasher.workers.available_permits() == 1 {
            tokio::task::yield_now().await;
        }
        let mut waiting = Vec::new();
        while hasher.queue.available_permits() > 0 {
            let place = hasher.queue.clone().try_acquire_owned().unwrap();
            waiting.push(place);
        }
        assert_eq!(waiting.len(), QUEUE_PER_WORKER);
        assert_eq!(hasher.verify("x", NOBODY).await, Err(HashError::Busy));
        drop(waiting);
        tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
        assert!(first.await.unwrap());
        assert_eq!(hasher.verify("x", NOBODY).await, Ok(Verdict::Wrong));
    }
}
