//! Nothing secret reaches the log. Alone in its file: a log is the whole process's.

mod support {
    pub mod house;
    pub mod socket;
}

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use support::house::House;
use support::socket::Socket;

/// What tracing wrote.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_token_text_or_sdp_is_logged_at_any_level() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let mut ann1 = Socket::engine(&house.url, &[("cookie", &ann.cookie), ("origin", &house.origin)], None)
        .await
        .unwrap();
    ann1.join(json!({})).await.unwrap();
    let mut bob1 = bob.socket().await;
    bob.try_socket(json!({"token": "canary-wrong-token"})).await.err().unwrap();
    ann1.ok("sendMessage", json!({"clientId": "c", "toUser": bob.id, "content": "canary-content"})).await;
    bob1.event("newMessage").await;
    ann1.ask("sendMessage", json!({"clientId": "c", "content": "canary-bad"})).await;
    ann1.ask("mediaOffer", json!({"call": ann.id, "sdp": "canary-sdp"})).await;
    ann1.raw("42[\"canary-").await;
    drop((ann1, bob1));
    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(written.contains("user="), "the test sees the log: {written}");
    let refresh = ann.cookie.split_once('=').unwrap().1;
    for secret in ["canary", refresh, &ann.token, &bob.token] {
        let leak = written.lines().find(|line| line.contains(secret) && !line.contains("rusqlite"));
        assert_eq!(leak, None);
    }
}
