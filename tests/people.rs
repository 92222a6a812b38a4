//! What people let others see, whom they block, what they mute, who is here, and search: as clients meet it.
#[path = "rest/house.rs"]
mod house;

use std::time::Duration;

use charla::accounts::SignedIn;
use charla::event::{Attendance as _, Audience, Availability, Event};
use charla::ids::{ConversationId, DeviceId, UserId};
use charla::model::{Presence, Receipt};
use house::House;
use serde_json::{Value, json};

async fn ask(house: &House, who: &SignedIn, method: &str, path: &str, body: Value) -> (u16, Value) {
    let ask = house.ask(method, &format!("/api/v1/{path}")).bearer(&who.access_token);
    let ask = if body.is_null() { ask } else { ask.json(&body) };
    let answer = ask.send().await;
    (answer.status.as_u16(), answer.json)
}

async fn got(house: &House, who: &SignedIn, path: &str) -> Value {
    let (status, body) = ask(house, who, "GET", path, Value::Null).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn id(person: &SignedIn) -> UserId {
    person.user.public.id
}

async fn say(house: &House, who: &SignedIn, at: ConversationId, text: &str) -> (u16, Value) {
    let client = house.random.token();
    let body = json!({"clientId": client, "content": text});
    house.advance(Duration::from_secs(1));
    ask(house, who, "POST", &format!("conversations/{at}/messages"), body).await
}

/// What was published since the last time, and to whom.
fn told(house: &House) -> Vec<(Vec<UserId>, Event)> {
    let events = std::mem::take(&mut *house.published.0.lock().unwrap());
    let users = |to| match to {
        Audience::Users { users, .. } => users,
        Audience::Device(user, _) => vec![user],
        Audience::Session(_) => Vec::new(),
    };
    events.into_iter().map(|(to, event)| (users(to), event)).collect()
}

/// Who was told what of whose presence.
fn presences(house: &House) -> Vec<(UserId, UserId, Presence, bool)> {
    let mut all = Vec::new();
    for (users, event) in told(house) {
        if let Event::Presence(view) = event {
            all.extend(users.iter().map(|to| (*to, view.user, view.presence, view.last_seen_at.is_some())));
        }
    }
    all.sort_by_key(|(to, ..)| *to);
    all
}

#[tokio::test]
async fn who_is_blocked_is_told_what_he_is_told_of_an_account_that_is_switched_off() {
    let house = House::new().await;
    let (ann, bob, eve) = (house.user("ann").await, house.user("bob").await, house.user("eve").await);
    let with_bob = house.chat.open(id(&ann), id(&bob)).await.unwrap().id;
    let with_eve = house.chat.open(id(&eve), id(&bob)).await.unwrap().id;
    say(&house, &bob, with_bob, "hello").await;
    say(&house, &bob, with_eve, "hello").await;
    assert_eq!(ask(&house, &ann, "PUT", &format!("users/me/blocks/{}", id(&bob)), Value::Null).await.0, 204);
    let off = charla::model::StandingChange { disabled: Some(true), role: None };
    house.store.change_standing(id(&eve), off).await.unwrap();
    told(&house);

    let (mut of_ann, mut of_eve) = (Vec::new(), Vec::new());
    for (other, at, seen) in [(&ann, with_bob, &mut of_ann), (&eve, with_eve, &mut of_eve)] {
        seen.push(ask(&house, &bob, "POST", "conversations", json!({"user": id(other)})).await);
        seen.push(say(&house, &bob, at, "again").await);
        seen.push(
            ask(&house, &bob, "GET", &format!("users?query={}", other.user.public.username), Value::Null)
                .await,
        );
        let group = json!({"name": "g", "members": [id(other)]});
        if other.user.public.username == "ann" {
            seen.push(ask(&house, &bob, "POST", "groups", group).await);
            assert_eq!(seen.pop().unwrap().0, 404);
        }
        let history = got(&house, &bob, &format!("conversations/{at}/messages")).await;
        assert_eq!(history["messages"].as_array().unwrap().len(), 1, "what was said stays");
    }
    for ((status, one), (other_status, other)) in of_ann.iter().zip(&of_eve) {
        let plain = |v: &Value| {
            let mut v = v.clone();
            v.as_object_mut().unwrap().remove("requestId");
            v
        };
        assert_eq!((status, plain(one)), (other_status, plain(other)));
    }
    assert_eq!((of_ann[0].0, of_ann[1].0), (404, 404));
    assert_eq!(told(&house), [], "nobody hears of any of this");

    // The one who blocks is told what to do.
    assert_eq!(say(&house, &ann, with_bob, "x").await.1["code"], "conflict");
    let open = ask(&house, &ann, "POST", "conversations", json!({"user": id(&bob)})).await;
    assert_eq!(open.1["code"], "conflict");
    assert_eq!(got(&house, &ann, "users/me/blocks").await["users"][0]["username"], "bob");
    assert_eq!(got(&house, &bob, "users/me/blocks").await["users"], json!([]));
    for wrong in [id(&ann).to_string(), "0".repeat(24)] {
        assert_eq!(ask(&house, &ann, "PUT", &format!("users/me/blocks/{wrong}"), Value::Null).await.0, 404);
    }
    // Marks move for oneself, and the other one does not hear of it.
    told(&house);
    ask(&house, &ann, "PUT", &format!("conversations/{with_bob}/read"), json!({"seq": 1})).await;
    assert!(told(&house).iter().all(|(users, _)| *users == [id(&ann)]));
    assert_eq!(
        ask(&house, &ann, "DELETE", &format!("users/me/blocks/{}", id(&bob)), Value::Null).await.0,
        204
    );
    assert_eq!(say(&house, &bob, with_bob, "again").await.0, 201);
}

#[tokio::test]
async fn across_a_block_nothing_is_said_by_changing_what_was_said() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let at = house.chat.open(id(&ann), id(&bob)).await.unwrap().id;
    let (hers, his) = (say(&house, &ann, at, "hers").await.1, say(&house, &bob, at, "his").await.1);
    let path = |message: &Value| format!("messages/{}", message["id"].as_str().unwrap());
    let edit = async |who: &SignedIn, message: &Value| {
        ask(&house, who, "PUT", &path(message), json!({"content": "by another way"})).await
    };
    let react = async |who: &SignedIn, message: &Value, reacted: bool| {
        let body = json!({"emoji": "\u{1F44D}", "reacted": reacted});
        ask(&house, who, "PUT", &format!("{}/reactions", path(message)), body).await
    };
    assert_eq!(react(&bob, &hers, true).await.0, 200);
    house.chat.block(id(&ann), id(&bob)).await.unwrap();
    told(&house);
    for (who, own, code) in [(&bob, &his, "notFound"), (&ann, &hers, "conflict")] {
        assert_eq!(edit(who, own).await.1["code"], code);
        assert_eq!(react(who, own, true).await.1["code"], code);
        assert_eq!(react(who, &hers, false).await.1["code"], code);
        assert_eq!(got(&house, who, &path(own)).await["content"], own["content"], "both still read it");
    }
    assert_eq!(told(&house).len(), 0, "and nobody is told of a try");
    // What one said oneself may be taken back.
    assert_eq!(ask(&house, &bob, "DELETE", &path(&his), Value::Null).await.0, 200);
    house.chat.unblock(id(&ann), id(&bob)).await.unwrap();
    assert_eq!(edit(&ann, &hers).await.0, 200);
    assert_eq!(react(&bob, &hers, false).await.0, 200);
}

#[tokio::test]
async fn a_group_is_everybodys_whoever_blocks_whom() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let group = house.chat.create_group(id(&ann), "g", &[id(&bob)]).await.unwrap().id;
    house.chat.block(id(&ann), id(&bob)).await.unwrap();
    assert_eq!(say(&house, &bob, group, "still here").await.0, 201);
    assert_eq!(
        got(&house, &ann, &format!("conversations/{group}/messages")).await["messages"][1]["content"],
        "still here"
    );
}

#[tokio::test]
async fn what_is_hidden_is_hidden_both_ways() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let at = house.chat.open(id(&ann), id(&bob)).await.unwrap().id;
    let sent = say(&house, &ann, at, "hello").await.1;
    let receipts = format!("messages/{}/receipts", sent["id"].as_str().unwrap());
    let read = async |who: &SignedIn| {
        ask(&house, who, "PUT", &format!("conversations/{at}/read"), json!({"seq": 1})).await
    };
    let status = async || {
        got(&house, &ann, &format!("conversations/{at}/messages")).await["messages"][0]["status"].clone()
    };
    let one = async || got(&house, &ann, &receipts).await["receipts"][0].clone();
    assert_eq!(one().await, json!({"user": id(&bob), "delivered": false, "read": false}));

    let hide = json!({"showReadReceipts": false});
    let settings = ask(&house, &bob, "PATCH", "users/me/settings", hide.clone()).await.1;
    assert_eq!((&settings["showReadReceipts"], &settings["showOnline"]), (&json!(false), &json!(true)));
    assert!(
        told(&house).iter().any(|(users, e)| *users == [id(&bob)] && matches!(e, Event::SettingsChanged(_)))
    );
    read(&bob).await;
    let marks: Vec<(Vec<UserId>, Receipt)> = (told(&house).into_iter())
        .filter_map(|(users, e)| if let Event::Receipt(r) = e { Some((users, r)) } else { None })
        .collect();
    let seen = |user| marks.iter().find(|(users, _)| users.contains(&user)).unwrap().1;
    assert_eq!((seen(id(&ann)).delivered_seq, seen(id(&ann)).read_seq), (1, 0));
    assert_eq!(seen(id(&bob)).read_seq, 1);
    assert_eq!(status().await, "delivered");
    assert_eq!(one().await, json!({"user": id(&bob), "delivered": true, "read": false}));
    let list = got(&house, &ann, "conversations").await;
    assert_eq!(list["conversations"][0]["lastMessage"]["status"], "delivered");
    assert!(list["conversations"][0]["members"].as_array().unwrap().iter().all(|m| m["readSeq"] == 0));
    assert_eq!(
        got(&house, &ann, &format!("messages/{}", sent["id"].as_str().unwrap())).await["status"],
        "delivered"
    );
    let synced = house.chat.sync(id(&ann), None).await.unwrap();
    assert_eq!(synced.conversations[0].messages[0].status, charla::model::MessageStatus::Delivered);

    // Shown again; but now it is she who hides, and so does not see.
    ask(&house, &bob, "PATCH", "users/me/settings", json!({"showReadReceipts": true})).await;
    assert_eq!(status().await, "read");
    ask(&house, &ann, "PATCH", "users/me/settings", hide).await;
    assert_eq!(status().await, "delivered");
    assert_eq!(one().await["read"], false);
    let stranger = house.user("eve").await;
    assert_eq!(ask(&house, &stranger, "GET", &receipts, Value::Null).await.0, 404);
}

#[tokio::test]
async fn presence_is_told_to_those_who_may_know_it() {
    let house = House::new().await;
    let (ann, bob, cleo, eve) =
        (house.user("ann").await, house.user("bob").await, house.user("cleo").await, house.user("eve").await);
    for other in [&bob, &cleo, &eve] {
        house.chat.open(id(&ann), id(other)).await.unwrap();
    }
    house.chat.block(id(&eve), id(&ann)).await.unwrap();
    ask(&house, &cleo, "PATCH", "users/me/settings", json!({"showOnline": false, "showLastSeen": false}))
        .await;
    presences(&house);
    let device = |n: u8| DeviceId(bson::oid::ObjectId::from_bytes([n; 12]));
    let expected = |presence, dated: bool| {
        let mut all =
            vec![(id(&bob), id(&ann), presence, dated), (id(&cleo), id(&ann), Presence::Offline, false)];
        all.sort_by_key(|(to, ..)| *to);
        all
    };
    house.chat.device_here(id(&ann), device(1)).await;
    assert_eq!(presences(&house), expected(Presence::Online, false));
    house.chat.device_here(id(&ann), device(2)).await;
    house.chat.set_away(id(&ann), device(1), true).await;
    assert_eq!(presences(&house), []);
    house.chat.set_away(id(&ann), device(2), true).await;
    assert_eq!(presences(&house), expected(Presence::Away, false));
    assert_eq!(house.chat.attendance().availability(id(&ann)), Availability::Free);
    ask(&house, &ann, "PATCH", "users/me/settings", json!({"doNotDisturb": true})).await;
    assert_eq!(presences(&house), expected(Presence::DoNotDisturb, false));
    assert_eq!(house.chat.attendance().availability(id(&ann)), Availability::DoNotDisturb);

    let of = async |who: &SignedIn| {
        let all = got(&house, who, "users/presence").await;
        let found = all["presences"].as_array().unwrap().iter().find(|p| p["user"] == json!(id(&ann)));
        found.cloned().unwrap_or(Value::Null)
    };
    assert_eq!(of(&bob).await, json!({"user": id(&ann), "presence": "doNotDisturb"}));
    assert_eq!(of(&cleo).await, json!({"user": id(&ann), "presence": "offline"}));
    assert_eq!(of(&eve).await, Value::Null);

    for n in [1, 2] {
        house.chat.device_gone(id(&ann), device(n)).await;
    }
    house.advance(Duration::from_secs(9));
    house.chat.tick().await;
    assert_eq!(presences(&house), [], "a reload is no leaving");
    house.advance(Duration::from_secs(1));
    house.chat.tick().await;
    assert_eq!(presences(&house), expected(Presence::Offline, true));
    assert!(of(&bob).await["lastSeenAt"].is_string());
    assert_eq!(of(&cleo).await, json!({"user": id(&ann), "presence": "offline"}));
    // It outlives the absence.
    house.chat.device_here(id(&ann), device(3)).await;
    assert_eq!(presences(&house), expected(Presence::DoNotDisturb, false));
    ask(&house, &ann, "PATCH", "users/me/settings", json!({"showOnline": false})).await;
    assert!(presences(&house).iter().all(|(_, _, presence, _)| *presence == Presence::Offline));
}

#[tokio::test]
async fn typing_ends_by_itself_and_is_told_to_those_who_show_theirs() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let at = house.chat.open(id(&ann), id(&bob)).await.unwrap().id;
    let heard = || {
        let typing = told(&house).into_iter().filter_map(|(users, e)| match e {
            Event::Typing { typing, .. } => Some((users, typing)),
            _ => None,
        });
        typing.collect::<Vec<_>>()
    };
    heard();
    for _ in 0..5 {
        house.chat.typing(id(&ann), at, true).await.unwrap();
    }
    assert_eq!(heard(), [(vec![id(&bob)], true)], "once, however often it is said");
    house.advance(Duration::from_secs(6));
    house.chat.tick().await;
    assert_eq!(heard(), [(vec![id(&bob)], false)]);
    ask(&house, &bob, "PATCH", "users/me/settings", json!({"showTyping": false})).await;
    house.chat.typing(id(&ann), at, true).await.unwrap();
    assert_eq!(heard().iter().flat_map(|(users, _)| users).count(), 0);
    house.chat.typing(id(&bob), at, true).await.unwrap();
    assert_eq!(heard(), []);
}

#[tokio::test]
async fn a_mute_is_for_ones_own_devices_and_runs_out() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let at = house.chat.open(id(&ann), id(&bob)).await.unwrap().id;
    told(&house);
    let path = format!("conversations/{at}/mute");
    let (status, mute) = ask(&house, &ann, "PUT", &path, json!({})).await;
    assert_eq!((status, mute), (200, json!({"conversation": at, "until": null})));
    assert!(
        matches!(&told(&house)[..], [(users, Event::MuteChanged { muted: true, .. })] if *users == [id(&ann)])
    );
    let until = charla::clock::Clock::now(&house.clock).plus(Duration::from_secs(60));
    ask(&house, &ann, "PUT", &path, json!({"until": until})).await;
    assert_eq!(
        got(&house, &ann, "users/me/mutes").await["mutes"],
        json!([{"conversation": at, "until": until}])
    );
    assert_eq!(got(&house, &bob, "users/me/mutes").await["mutes"], json!([]));
    house.advance(Duration::from_secs(60));
    assert_eq!(got(&house, &ann, "users/me/mutes").await["mutes"], json!([]));
    assert_eq!(ask(&house, &ann, "DELETE", &path, Value::Null).await.0, 204);
}

#[tokio::test]
async fn search_ranks_marks_and_pages() {
    let house = House::new().await;
    let (ann, bob, eve) = (house.user("ann").await, house.user("bob").await, house.user("eve").await);
    let at = house.chat.open(id(&ann), id(&bob)).await.unwrap().id;
    for text in ["tea and cake", "😀 Tea cake!", "cake with tea", "<b>teapot</b> cakes", "cake", "tea"] {
        assert_eq!(say(&house, &ann, at, text).await.0, 201);
    }
    let found = got(&house, &bob, "messages/search?q=tea%20cake").await;
    let texts: Vec<&str> = found["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["message"]["content"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["😀 Tea cake!", "cake with tea", "tea and cake"]);
    assert_eq!(found["messages"][0]["marks"], json!([{"start": 3, "length": 3}, {"start": 7, "length": 4}]));
    let begun = got(&house, &bob, "messages/search?q=tea").await;
    assert_eq!(
        begun["messages"].as_array().unwrap().last().unwrap()["message"]["content"],
        "<b>teapot</b> cakes"
    );
    assert_eq!(got(&house, &eve, "messages/search?q=tea").await["messages"], json!([]));

    let (mut all, mut path) = (Vec::new(), "messages/search?q=tea&limit=2".to_owned());
    loop {
        let page = got(&house, &bob, &path).await;
        all.extend(page["messages"].as_array().unwrap().clone());
        // What comes meanwhile does not move the pages.
        say(&house, &ann, at, "tea again").await;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("messages/search?q=tea&limit=2&cursor={next}");
    }
    assert_eq!(all, *begun["messages"].as_array().unwrap());

    for (query, status) in [
        ("q=", 422),
        ("q=%21%3F", 422),
        ("q=tea&cursor=x", 422),
        ("q=tea&in=x", 400),
        ("", 400),
        ("q=%22%20OR%20%2a%20NEAR%28", 200),
        ("q=content%3Atea%2a%20NOT%20x", 200),
    ] {
        let answer = ask(&house, &bob, "GET", &format!("messages/search?{query}"), Value::Null).await;
        assert_eq!(answer.0, status, "{query}: {}", answer.1);
    }
}

#[tokio::test]
async fn search_goes_on_beyond_a_window() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let at = house.chat.open(id(&ann), id(&bob)).await.unwrap().id;
    for n in 0..205 {
        let (status, body) = say(&house, &ann, at, &format!("word {n}")).await;
        assert_eq!(status, 201, "{body}");
    }
    let (mut seen, mut path) = (Vec::new(), "messages/search?q=word&limit=100".to_owned());
    loop {
        let page = got(&house, &bob, &path).await;
        seen.extend(
            page["messages"].as_array().unwrap().iter().map(|f| f["message"]["seq"].as_u64().unwrap()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("messages/search?q=word&limit=100&cursor={next}");
    }
    assert_eq!(seen, (1..=205).rev().collect::<Vec<_>>());
}
