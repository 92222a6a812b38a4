//! PURE: access tokens (JWT, RFC 7519) and the hashing of session tokens. Knows no store: whether the session lives is
//! asked elsewhere.
//!
//! One algorithm, HS256, whatever the token's header says; a token without every one of our claims is refused. Times are
//! checked against the `now` handed in, without leeway: the same server writes and reads them.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};
use crate::model::TokenHash;

const ISSUER: &str = "charla";
const AUDIENCE: &str = "charla-api";
/// Ours have about 300 characters; longer ones are not even decoded.
const MAX_LENGTH: usize = 1024;

/// What a token says. All of it is required, and nothing else is allowed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    /// The user.
    sub: UserId,
    /// The session.
    sid: SessionId,
    /// Seconds since 1970.
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Who a valid token was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub user: UserId,
    pub session: SessionId,
    pub issued_at: Timestamp,
}

/// Makes and reads access tokens with one key.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Tokens {
    pub fn new(key: &[u8; 32]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // The library would read the machine's clock; `read` compares with `now` itself.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { encoding: EncodingKey::from_secret(key), decoding: DecodingKey::from_secret(key), validation }
    }

    /// A token that is valid from `now` until `expires_at`, both cut to whole seconds.
    ///
    /// # Errors
    /// The library cannot sign; it never happens with an HMAC key.
    pub fn make(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: user,
            sid: session,
            iat: now.seconds(),
            nbf: now.seconds(),
            exp: expires_at.seconds(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }

    /// Who the token is for; `None` whatever is wrong with it.
    pub fn read(&self, token: &str, now: Timestamp) -> Option<Bearer> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let claims = decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        let valid = claims.nbf <= now.seconds() && now.seconds() < claims.exp;
        valid.then_some(Bearer {
            user: claims.sub,
            session: claims.sid,
            issued_at: Timestamp(claims.iat.saturating_mul(1000)),
        })
    }
}

/// What is stored in place of a random token. SHA-256 is enough: 256 random bits cannot be guessed.
pub fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}
