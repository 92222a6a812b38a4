//! The machine's clock jumps by days, ahead and back: messages keep their order, nobody is signed out, and how long a
//! call took is measured by a clock that does not jump.

use std::fs;
use std::path::Path;

use reqwest::Method;
use serde_json::json;

use crate::support::pair::{Call, call};
use crate::support::phone::{Way, hear_each_other};
use crate::support::server::{Person, Server};

/// Debian's package faketime: it stands between a program and the C library's clocks.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// A clock that the test turns.
struct Clock(tempfile::TempDir);

impl Clock {
    fn file(&self) -> String {
        self.0.path().join("offset").display().to_string()
    }

    fn turn(&self, offset: &str) {
        fs::write(self.file(), format!("{offset}\n")).unwrap();
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LD_PRELOAD", FAKETIME.to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.file()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }
}

async fn say(who: &Person, conversation: &str, text: &str) -> serde_json::Value {
    let path = format!("/conversations/{conversation}/messages");
    let body = json!({ "clientId": text, "content": text });
    let answer = who.send(Method::POST, &path, Some(body)).await.unwrap();
    assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_disorders_nothing() {
    assert!(Path::new(FAKETIME).exists(), "{FAKETIME} is missing: run `make tools`");
    let clock = Clock(tempfile::tempdir().unwrap());
    clock.turn("+0");
    let server = Server::start_with("", clock.environment()).await;
    let mut people = [server.register("ann").await, server.register("bob").await];
    let opened =
        people[0].send(Method::POST, "/conversations", Some(json!({ "user": people[1].id }))).await.unwrap();
    let conversation: serde_json::Value = opened.json().await.unwrap();
    let conversation = conversation["id"].as_str().unwrap();
    let Call { id, mut sockets, mut phones } =
        call(&server, [&people[0], &people[1]], [Way::Udp, Way::Udp], 1).await;
    let [mine, theirs] = &mut phones;

    let mut times = Vec::new();
    for (turn, offset) in ["+0", "+2d", "-2d", "+0"].into_iter().enumerate() {
        clock.turn(offset);
        // An access token that ran out by the new clock is renewed as a page would do it.
        people[0].refresh().await;
        times.push(say(&people[0], conversation, &format!("message-{turn}")).await);
        hear_each_other(mine, theirs).await;
    }
    let day = |message: &serde_json::Value| message["createdAt"].as_str().unwrap()[..10].to_owned();
    assert!(
        day(&times[2]) < day(&times[0]) && day(&times[0]) < day(&times[1]),
        "the clock did jump: {times:?}"
    );
    let page = people[1].get(&format!("/conversations/{conversation}/messages?after=0&limit=100")).await;
    let texts =
        page["messages"].as_array().unwrap().iter().map(|m| m["content"].as_str().unwrap().to_owned());
    assert_eq!(texts.collect::<Vec<_>>(), ["message-0", "message-1", "message-2", "message-3"]);

    sockets[0].ok("leaveCall", json!({ "call": id })).await;
    let record = people[0].get(&format!("/calls/{}", id.as_str().unwrap())).await;
    assert_eq!(record["status"], "completed", "{record}");
    let seconds = record["durationSeconds"].as_f64().unwrap();
    assert!((0.0..3600.0).contains(&seconds), "it took {seconds} s by a clock that jumped: {record}");
}
