//! Access tokens that somebody else made: every one is refused, and for nothing but what is wrong with it.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use charla::clock::Clock as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::house::{House, KEY};

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A JWT with this header and these claims, signed by HMAC-SHA256 with `key`.
fn signed(header: &Value, claims: &Value, key: &[u8]) -> String {
    let text = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", b64(mac.finalize().into_bytes()))
}

fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

fn with(of: &Value, name: &str, value: Value) -> Value {
    let mut changed = of.clone();
    changed[name] = value;
    changed
}

fn without(of: &Value, name: &str) -> Value {
    let mut changed = of.clone();
    changed.as_object_mut().unwrap().remove(name);
    changed
}

type Attacks = Vec<(String, String)>;

fn broken(token: &str) -> Attacks {
    let (body, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    vec![
        ("no signature".into(), format!("{body}.")),
        ("no third part".into(), body.into()),
        ("no parts".into(), String::new()),
        ("dots".into(), "..".into()),
        ("one letter of the signature".into(), format!("{body}.{first}{}", &signature[1..])),
        ("a fourth part".into(), format!("{token}.x")),
        ("white space".into(), token.replace('.', ". ")),
        ("a long one".into(), "x".repeat(100_000)),
    ]
}

fn headers(header: &Value, claims: &Value) -> Attacks {
    let mut attacks = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA"] {
        let header = with(header, "alg", json!(alg));
        let unsigned = format!("{}.{}.", b64(header.to_string()), b64(claims.to_string()));
        attacks.push((format!("alg {alg}"), signed(&header, claims, &KEY)));
        attacks.push((format!("alg {alg}, unsigned"), unsigned));
    }
    attacks.push(("no alg".into(), signed(&without(header, "alg"), claims, &KEY)));
    let kid = with(header, "kid", json!("../../../../dev/null"));
    attacks.push(("a kid that is a path to nothing".into(), signed(&kid, claims, &[])));
    let jwk = with(header, "jwk", json!({"kty": "oct", "k": b64([0; 32])}));
    attacks.push(("a key of its own".into(), signed(&jwk, claims, &[0; 32])));
    attacks.push(("another key".into(), signed(header, claims, &[0; 32])));
    attacks.push(("the empty key".into(), signed(header, claims, &[])));
    attacks
}

/// Signed with our key: only the claims are wrong.
fn claims(header: &Value, claims: &Value, now: i64, other_user: &str, other_session: &str) -> Attacks {
    let mut attacks = Vec::new();
    for (name, value) in [
        ("iss", json!("other")),
        ("iss", json!(["charla"])),
        ("aud", json!("other")),
        ("aud", json!(["charla-api", "other"])),
        ("sub", json!(other_user)),
        ("sub", json!("0")),
        ("sid", json!(other_session)),
        ("sid", json!("000000000000000000000000")),
        ("sid", json!({"$ne": null})),
        ("exp", json!(now)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!("9999999999")),
        ("exp", json!(1e300)),
        ("nbf", json!(now + 1)),
        ("nbf", json!("0")),
        ("role", json!("owner")),
    ] {
        attacks.push((format!("{name} {value}"), signed(header, &with(claims, name, value), &KEY)));
    }
    for name in ["iss", "aud", "sub", "sid", "iat", "exp", "nbf"] {
        attacks.push((format!("no {name}"), signed(header, &without(claims, name), &KEY)));
    }
    attacks
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_refused() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let (header, said) = (part(&alice.access_token, 0), part(&alice.access_token, 1));
    assert_eq!(header, json!({"typ": "JWT", "alg": "HS256"}));
    // The attacks are made the same way as this one, which is accepted.
    let ours = signed(&header, &said, &KEY);
    house.get("/api/v1/users/me").bearer(&ours).send().await.ok(200);
    let now = house.clock.now().seconds();
    let (user, session) = (bob.user.public.id.to_string(), bob.session.to_string());
    let mut attacks = broken(&alice.access_token);
    attacks.push(("a session token".into(), alice.refresh_token.clone()));
    attacks.extend(headers(&header, &said));
    attacks.extend(claims(&header, &said, now, &user, &session));
    for (what, attack) in attacks {
        let answer = house.get("/api/v1/users/me").bearer(&attack).send().await;
        assert_eq!(answer.json["code"], "unauthenticated", "{what}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        answer.problem("unauthenticated");
    }
    house.get("/api/v1/users/me").bearer(&alice.access_token).send().await.ok(200);
}
