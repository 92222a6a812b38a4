//! The database goes away while people write and talk: writers are told, the call goes on, and when it is back nothing
//! that was acknowledged is missing.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use crate::eventually;
use crate::support::mongod::{Kind, Mongod};
use crate::support::pair::{Call, call, connect};
use crate::support::phone::{Way, hear_each_other};
use crate::support::server::{Person, Server};

async fn ready(server: &Server) -> bool {
    let answer = server.http.get(format!("{}/api/v1/health/ready", server.url)).send().await;
    answer.is_ok_and(|answer| answer.status() == 200)
}

/// Sends a message; whether it was acknowledged. A refusal says that it may be tried again.
async fn say(from: &Person, to: &Person, client_id: &str) -> bool {
    let opened = from.send(Method::POST, "/conversations", Some(json!({ "user": to.id }))).await.unwrap();
    let answer = match opened.status().as_u16() {
        200 => {
            let conversation: serde_json::Value = opened.json().await.unwrap();
            let path = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
            let body = json!({ "clientId": client_id, "content": client_id });
            from.send(Method::POST, &path, Some(body)).await.unwrap()
        }
        _ => opened,
    };
    match answer.status().as_u16() {
        200 | 201 => true,
        503 => false,
        other => panic!("{other}: {}", answer.text().await.unwrap_or_default()),
    }
}

async fn stored(who: &Person, with: &Person) -> Vec<String> {
    let opened = who.send(Method::POST, "/conversations", Some(json!({ "user": with.id }))).await.unwrap();
    let conversation: serde_json::Value = opened.json().await.unwrap();
    let path = format!("/conversations/{}/messages?after=0&limit=100", conversation["id"].as_str().unwrap());
    let page = who.get(&path).await;
    let messages = page["messages"].as_array().unwrap();
    messages.iter().map(|message| message["clientId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_and_comes_back_costs_neither_call_nor_message() {
    let mut mongod = tokio::task::spawn_blocking(|| Mongod::start(Kind::ReplicaSet)).await.unwrap();
    let server = Server::start(&format!("[storage]\nurl = \"{}\"\n", mongod.url("charla"))).await;
    let people = [server.register("ann").await, server.register("bob").await];
    let [ann, bob] = &people;
    let Call { id, mut phones, .. } = call(&server, [ann, bob], [Way::Udp, Way::Udp], 1).await;
    let [mine, theirs] = &mut phones;
    let mut acknowledged = BTreeSet::new();
    if say(ann, bob, "before").await {
        acknowledged.insert("before".to_owned());
    }

    mongod = tokio::task::spawn_blocking(move || (mongod.kill(), mongod).1).await.unwrap();
    eventually("it says that it is not ready", async || !ready(&server).await).await;
    hear_each_other(mine, theirs).await;
    assert!(!say(ann, bob, "while-away").await, "an acknowledgement without a store");

    let _mongod = tokio::task::spawn_blocking(move || (mongod.restart(), mongod).1).await.unwrap();
    eventually("it is ready again", async || ready(&server).await).await;
    hear_each_other(mine, theirs).await;
    for client_id in ["while-away", "after"] {
        eventually("messages are taken again", async || say(ann, bob, client_id).await).await;
        acknowledged.insert(client_id.to_owned());
    }
    let found = stored(bob, ann).await;
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), acknowledged);
    assert_eq!(found.len(), acknowledged.len(), "each is there once");

    // The sockets answered no ping meanwhile: the call was kept by its media.
    let mut device = connect(&server, &server.tls(), ann).await;
    device.ok("leaveCall", json!({ "call": id })).await;
    let path = format!("/calls/{}", id.as_str().unwrap());
    eventually("the record is closed", async || ann.get(&path).await["endTime"].is_string()).await;
    let record = ann.get(&path).await;
    assert_eq!((&record["status"], &record["reason"]), (&json!("completed"), &json!("hungUp")));
    assert!(!server.log().contains("panic"), "{}", server.log());
}
