//! No secret in a log, at any level: everything a user sends in confidence is sent once, and looked for in what was logged.
#[path = "rest/house.rs"]
mod house;

use std::io::Write;
use std::sync::{Arc, Mutex};

use house::House;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;
    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

const FIRST: &str = "canary-first-password";
const SECOND: &str = "canary-second-password";
const WRONG: &str = "canary-wrong-password";
const TEXT: &str = "canary-text-of-a-message";

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap().to_owned()
}

/// A life of an account; its secrets.
async fn account(house: &House) -> (Value, Value, String) {
    let wish = json!({"username": "alice", "email": "canary-email@example.org", "password": FIRST});
    let alice = house.post("/api/v1/auth/register").json(&wish).send().await.ok(201);
    let refused = json!({"username": "alice", "password": WRONG});
    house.post("/api/v1/auth/login").json(&refused).send().await.problem("wrongCredentials");
    let broken = format!("{{\"username\": \"alice\", \"password\": [\"{WRONG}\"]}}");
    let ask = house.post("/api/v1/auth/login").raw("application/json", broken.as_bytes());
    ask.send().await.problem("badRequest");
    let old = json!({"refreshToken": text(&alice, "refreshToken")});
    let fresh = house.post("/api/v1/auth/refresh").json(&old).send().await.ok(200);
    let cookie = text(&fresh, "refreshToken");
    let change = json!({"oldPassword": FIRST, "newPassword": SECOND});
    assert_eq!(house.post("/api/v1/auth/password").page(&cookie).json(&change).send().await.status, 204);
    let claim = house.accounts.make_claim().await.unwrap();
    house.post("/api/v1/auth/claim").page(&cookie).json(&json!({"claim": claim})).send().await.ok(200);
    (alice, fresh, claim)
}

/// What is said, asked and stolen.
async fn talk(house: &House, old: &str, cookie: &str, access: &str) -> String {
    let bob = house.user("bob").await;
    let open = json!({"user": bob.user.public.id});
    let conversation = house.post("/api/v1/conversations").page(cookie).json(&open).send().await.ok(200);
    let path = format!("/api/v1/conversations/{}/messages", text(&conversation, "id"));
    house.post(&path).page(cookie).json(&json!({"clientId": "c", "content": TEXT})).send().await.ok(201);
    house.get("/api/v1/users?query=canary-query").bearer(access).send().await.ok(200);
    house.get("/api/v1/users/me").bearer("canary-bearer").send().await.problem("unauthenticated");
    house.get("/api/v1/users/me").cookie("canary-cookie").send().await.problem("unauthenticated");
    // A stolen token is worth a warning, and that must not show it either.
    house.advance(std::time::Duration::from_secs(100));
    house.get("/api/v1/users/me").cookie(cookie).send().await.ok(200);
    house.get("/api/v1/users/me").cookie(old).send().await.problem("unauthenticated");
    house.store.close().await;
    let refused = json!({"username": "alice", "password": WRONG});
    house.post("/api/v1/auth/login").json(&refused).send().await.problem("unavailable");
    bob.refresh_token
}

#[tokio::test]
async fn no_secret_is_logged_even_at_trace() {
    let log = Log::default();
    // For the whole process: the store and the hashing have threads of their own.
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    let house = House::new().await;
    let (alice, fresh, claim) = account(&house).await;
    let (old, cookie) = (text(&alice, "refreshToken"), text(&fresh, "refreshToken"));
    let access = text(&fresh, "accessToken");
    let bob = talk(&house, &old, &cookie, &access).await;

    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    for said in ["registered", "a replaced session token was used", "DEBUG", "request_id"] {
        assert!(logged.contains(said), "nothing was logged of {said}: {logged}");
    }
    let hash = "$argon2id$".to_owned();
    let secrets = ["canary".to_owned(), claim, old, cookie, text(&alice, "accessToken"), access, bob, hash];
    for secret in secrets {
        assert!(!logged.contains(&secret), "{secret} in: {logged}");
    }
}
