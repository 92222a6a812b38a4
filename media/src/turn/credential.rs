//! TURN credentials that nobody has to store: the user name holds an expiry and whose it is, the password is a MAC of
//! the user name (the scheme known as "TURN REST API"). Owns the secret and the moment it was made; reads no clock.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::Rng as _;
use rand::rngs::StdRng;
use rtc::crypto::providers::RingProvider;
use rtc::crypto::{CryptoError, HashAlgorithm, HmacAlgorithm, Mac, RTCCryptoProvider as _};

/// How long a credential opens an allocation. An allocation that is open outlives it.
pub const LIFETIME: Duration = Duration::from_secs(3600);

/// The realm of our long-term credentials (RFC 8489 9.2).
pub const REALM: &str = "charla";

/// What a client puts into `RTCIceServer`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub username: String,
    pub password: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("username", &self.username).finish_non_exhaustive()
    }
}

/// The key of all credentials of this run. A restart makes another one: then clients ask for new credentials, as
/// they must offer anew.
pub struct Secret {
    key: [u8; 32],
    /// One moment as told by both clocks. Expiries are seconds of 1970, as the scheme has it, but they run on the
    /// monotonic clock: a step of the system's time neither ends credentials nor makes them live longer.
    made: (Instant, u64),
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl Secret {
    /// A new secret. `rng` must be seeded from the system's randomness.
    pub fn generate(clocks: (Instant, SystemTime), rng: &mut StdRng) -> Secret {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        let unix = clocks.1.duration_since(UNIX_EPOCH).unwrap_or_default();
        Secret { key, made: (clocks.0, unix.as_secs()) }
    }

    /// A credential for `whose`, good for [`LIFETIME`] from `now`. `None` when the cryptography library fails.
    pub fn mint(&self, now: Instant, whose: &str) -> Option<Credential> {
        let username = format!("{}:{whose}", self.seconds(now) + LIFETIME.as_secs());
        let password = self.password(&username).ok()?;
        Some(Credential { username, password })
    }

    /// The MAC that a client with this user name, and its password, signs with (RFC 8489 9.2.2). `None` if the name
    /// says nothing of an expiry, has expired, or lies further ahead than any that we mint.
    pub fn mac(&self, now: Instant, username: &str) -> Option<Box<dyn Mac>> {
        let expiry: u64 = username.split_once(':')?.0.parse().ok()?;
        let left = expiry.checked_sub(self.seconds(now))?;
        if left == 0 || left > LIFETIME.as_secs() {
            return None;
        }
        let text = format!("{username}:{REALM}:{}", self.password(username).ok()?);
        let provider = RingProvider::default();
        let key = provider.crypto().hash(HashAlgorithm::Md5, text.as_bytes()).ok()?;
        provider.crypto().new_hmac(HmacAlgorithm::Sha1, &key).ok()
    }

    /// A word that only we can have made, different for each tunnel: its NONCE.
    pub fn nonce(&self, tunnel: u64) -> String {
        self.sign(format!("nonce:{tunnel}").as_bytes()).map_or_else(|_| String::new(), |tag| hex(&tag[..8]))
    }

    fn password(&self, username: &str) -> Result<String, CryptoError> {
        Ok(STANDARD.encode(self.sign(username.as_bytes())?))
    }

    fn sign(&self, text: &[u8]) -> Result<[u8; 20], CryptoError> {
        let mut tag = [0; 20];
        let provider = RingProvider::default();
        provider.crypto().new_hmac(HmacAlgorithm::Sha1, &self.key)?.sign(&[text], &mut tag)?;
        Ok(tag)
    }

    fn seconds(&self, now: Instant) -> u64 {
        self.made.1 + now.saturating_duration_since(self.made.0).as_secs()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn secret(seed: u64, start: Instant) -> Secret {
        Secret::generate(
            (start, UNIX_EPOCH + Duration::from_secs(1_800_000_000)),
            &mut StdRng::seed_from_u64(seed),
        )
    }

    #[test]
    fn a_credential_is_good_for_an_hour_and_for_its_secret_alone() {
        let start = Instant::now();
        let secret = secret(1, start);
        let credential = secret.mint(start, "call.user").unwrap();
        assert_eq!(credential.username, "1800003600:call.user");
        let good = |seconds| secret.mac(start + Duration::from_secs(seconds), &credential.username).is_some();
        assert!(good(0) && good(3599));
        assert!(!good(3600));
        assert_ne!(self::secret(2, start).mint(start, "call.user").unwrap().password, credential.password);
    }

    #[test]
    fn names_that_we_never_minted_are_refused() {
        let start = Instant::now();
        let secret = secret(1, start);
        for name in
            ["", "user", ":user", "x:user", "1800003601:user", "18446744073709551615:u", "1799999999:u"]
        {
            assert!(secret.mac(start, name).is_none(), "{name}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let start = Instant::now();
        let secret = secret(1, start);
        let credential = secret.mint(start, "x").unwrap();
        assert!(!format!("{credential:?}").contains(&credential.password));
        assert_eq!(format!("{secret:?}"), "Secret { .. }");
        assert_ne!(secret.nonce(1), secret.nonce(2));
        assert_eq!(secret.nonce(1).len(), 16);
    }
}
