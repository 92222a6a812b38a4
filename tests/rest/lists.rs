//! Lists as CSV, tags of what is polled, and that every limit says when to try again.
use std::time::Duration;

use charla::accounts::SignedIn;
use charla::chat::Draft;
use charla::model::Target;
use serde_json::json;

use crate::house::{Answer, House, PASSWORD, ended_call};

/// The cells of a table, by RFC 4180.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut inside) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => inside = !inside,
            ',' if !inside => row.push(std::mem::take(&mut cell)),
            '\r' if !inside => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(!inside && cell.is_empty() && row.is_empty(), "the table is not whole");
    rows
}

fn table(answer: Answer, name: &str) -> Vec<Vec<String>> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.headers["content-disposition"], format!("attachment; filename=\"{name}.csv\""));
    assert_eq!(answer.headers["vary"], "accept");
    // Excel reads UTF-8 as UTF-8 only behind this.
    cells(answer.text.strip_prefix('\u{FEFF}').expect("a byte order mark"))
}

async fn say(house: &House, who: &SignedIn, to: &SignedIn, n: usize, text: &str) {
    let to = Target::User(to.user.public.id);
    let draft = Draft {
        client_id: format!("c{n}"),
        to,
        content: text.into(),
        reply_to: None,
        attachments: Vec::new(),
    };
    house.chat.send(who.user.public.id, None, draft).await.unwrap();
    // Nobody writes faster than he may.
    house.advance(Duration::from_secs(1));
}

#[tokio::test]
async fn the_messages_of_a_conversation_are_a_whole_table_of_many_pages() {
    let house = House::new().await;
    let (alice, bob, eve) = (house.user("alice").await, house.user("bob").await, house.user("eve").await);
    let evil = "=HYPERLINK(\"http://evil.example\",\"x\")";
    for n in 1..=250 {
        let text = match n {
            1 => evil.to_owned(),
            2 => "two\nlines, and \"quotes\"".to_owned(),
            n => format!("message {n}"),
        };
        say(&house, &alice, &bob, n, &text).await;
    }
    let id = house.chat.open(alice.user.public.id, bob.user.public.id).await.unwrap().id;
    let path = format!("/api/v1/conversations/{id}/messages");
    let signed = house.get(&format!("{path}?format=csv")).bearer(&bob.access_token).send().await;
    let rows = table(signed, "messages");
    assert_eq!(rows.len(), 251);
    assert_eq!(rows[0][..4], ["seq", "createdAt", "fromUserName", "content"]);
    let seqs: Vec<usize> = rows[1..].iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(seqs, (1..=250).collect::<Vec<_>>());
    assert_eq!(rows[1][2..4], ["alice".to_owned(), format!("'{evil}")]);
    assert_eq!(rows[2][3], "two\nlines, and \"quotes\"");
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));

    let from_there = format!("{path}?after=248&limit=1");
    let named = house.get(&from_there).bearer(&bob.access_token).header("accept", "text/csv").send().await;
    assert_eq!(table(named, "messages").len(), 3);
    let json = house.get(&format!("{path}?format=json&limit=2")).bearer(&bob.access_token).send().await;
    assert!(!json.headers["link"].to_str().unwrap().contains("format"));
    assert_eq!(json.ok(200)["messages"].as_array().unwrap().len(), 2);
    let head = house.ask("HEAD", &format!("{path}?format=csv")).bearer(&bob.access_token).send().await;
    assert!(head.status == 200 && head.text.is_empty());

    let refused =
        async |query: &str, token: &str| house.get(&format!("{path}?{query}")).bearer(token).send().await;
    refused("format=xml", &bob.access_token).await.problem("invalid");
    refused("format=csv&before=9", &bob.access_token).await.problem("invalid");
    refused("format=csv&x=1", &bob.access_token).await.problem("badRequest");
    refused("format=csv", &eve.access_token).await.problem("notFound");
    refused("format=csv", "x").await.problem("unauthenticated");
}

#[tokio::test]
async fn calls_are_a_table_with_the_names_of_people() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let conversation = house.chat.open(alice.user.public.id, bob.user.public.id).await.unwrap().id;
    for _ in 0..120 {
        ended_call(&house, &alice, &bob, conversation).await;
        house.advance(Duration::from_secs(1));
    }
    let ask = house.get("/api/v1/calls?status=missed").bearer(&alice.access_token);
    let rows = table(ask.header("accept", "text/csv").send().await, "calls");
    assert_eq!(rows.len(), 121);
    let column = |name: &str| rows[0].iter().position(|heading| heading == name).unwrap();
    assert_eq!(rows[1][column("callerName")], "alice");
    assert_eq!(rows[1][column("receiverName")], "bob");
    assert_eq!(rows[1][column("status")], "missed");
    assert!(rows[1][column("startTime")] > rows[120][column("startTime")]);
    let none = house.get("/api/v1/calls?status=busy&format=csv").bearer(&alice.access_token).send().await;
    assert_eq!(table(none, "calls").len(), 1);
}

#[tokio::test]
async fn what_is_polled_is_not_sent_again_while_it_is_the_same() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let conversation = house.chat.open(alice.user.public.id, bob.user.public.id).await.unwrap().id;
    let call = ended_call(&house, &alice, &bob, conversation).await;
    let mut tags = Vec::new();
    let paths = [
        "/api/v1/users/me".to_owned(),
        "/api/v1/conversations".into(),
        format!("/api/v1/conversations/{conversation}"),
        format!("/api/v1/conversations/{conversation}/messages"),
        "/api/v1/calls".into(),
        format!("/api/v1/calls/{call}"),
    ];
    for path in &paths {
        let first = house.get(path).bearer(&alice.access_token).send().await;
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        first.ok(200);
        let again = house.get(path).bearer(&alice.access_token).header("if-none-match", &tag).send().await;
        assert!(again.status == 304 && again.text.is_empty(), "{path}: {}", again.text);
        assert_eq!(again.headers["etag"], tag.as_str());
        let other = house.get(path).bearer(&alice.access_token).header("if-none-match", "\"x\"").send().await;
        assert!(other.status == 200 && !other.text.is_empty());
        // A tag is no way past the question who asks.
        let stranger = house.get(path).bearer("x").header("if-none-match", &tag).send().await;
        stranger.problem("unauthenticated");
        tags.push(tag);
    }
    say(&house, &bob, &alice, 1, "new").await;
    for (path, tag) in paths.iter().zip(&tags).skip(1).take(3) {
        let changed = house.get(path).bearer(&alice.access_token).header("if-none-match", tag).send().await;
        assert_ne!(changed.headers["etag"], tag.as_str(), "{path}");
        changed.ok(200);
    }
}

/// Asks until it is too often, and sees that the answer says when to try again.
async fn exhaust(what: &str, mut ask: impl AsyncFnMut(usize) -> Answer) {
    for n in 0..400 {
        let answer = ask(n).await;
        if answer.status == 429 {
            let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=3600).contains(&wait), "{what}: {wait}");
            answer.problem("tooMany");
            return;
        }
    }
    panic!("{what} has no limit");
}

#[tokio::test]
async fn every_limit_says_when_to_try_again() {
    let routes = charla::http::paths();
    let auth = routes.into_iter().filter(|path| path.starts_with("/api/v1/auth/"));
    for path in auth {
        let house = House::new().await;
        let path = path.replace("{id}", "000000000000000000000000");
        exhaust(&path, async |_| house.ask("POST", &path).send().await).await;
    }
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    exhaust("wrong passwords", async |_| {
        let body = json!({"username": "alice", "password": "wrong"});
        house.post("/api/v1/auth/login").json(&body).send().await
    })
    .await;
    exhaust("wrong old passwords", async |_| {
        let body = json!({"oldPassword": "wrong", "newPassword": PASSWORD});
        house.post("/api/v1/auth/password").bearer(&bob.access_token).json(&body).send().await
    })
    .await;
    exhaust("wrong owner links", async |_| {
        let ask = house.post("/api/v1/auth/claim").bearer(&bob.access_token);
        ask.json(&json!({"claim": "x"})).send().await
    })
    .await;
    let id = house.chat.open(alice.user.public.id, bob.user.public.id).await.unwrap().id;
    exhaust("messages", async |n| {
        let ask = house.post(&format!("/api/v1/conversations/{id}/messages")).bearer(&alice.access_token);
        ask.json(&json!({"clientId": format!("c{n}"), "content": "x"})).send().await
    })
    .await;
    exhaust("searches", async |_| {
        house.get("/api/v1/messages/search?q=x").bearer(&bob.access_token).send().await
    })
    .await;
    exhaust("uploads", async |_| {
        let ask = house.post("/api/v1/files?name=x.txt").bearer(&bob.access_token);
        ask.raw("application/octet-stream", b"x").send().await
    })
    .await;
}
