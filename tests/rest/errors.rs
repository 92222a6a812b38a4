//! Every refusal that REST can give, and that there is no other.
use std::collections::BTreeSet;

use charla::code::Code;
use charla::config::Registration;
use serde_json::{Value, json};

use crate::house::{House, PASSWORD};

/// Codes that only sockets give, or only a race.
const NOT_BY_REST: [Code; 3] = [Code::Conflict, Code::Busy, Code::UnusableOffer];

#[tokio::test]
async fn every_code_is_given_as_the_protocol_says() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let closed = House::with(|s| s.accounts.registration = Registration::Closed).await;
    let wish = |name: &str| json!({"username": name, "email": "new@example.org", "password": PASSWORD});
    let big = "x".repeat(70_000);
    let me = "/api/v1/users/me";
    let mut seen = BTreeSet::new();
    let upload = house.post("/api/v1/files?name=a.txt").bearer(&alice.access_token);
    let file = upload.raw("application/octet-stream", b"0123").send().await.ok(201);
    let file = format!("/api/v1/files/{}", file["id"].as_str().unwrap());
    let beyond = house.get(&file).bearer(&alice.access_token).header("range", "bytes=4-");
    for (code, answer) in [
        ("badRequest", house.post("/api/v1/auth/login").json(&json!([])).send().await),
        ("invalid", house.post("/api/v1/auth/register").json(&wish("a b")).send().await),
        ("unauthenticated", house.get(me).send().await),
        (
            "wrongCredentials",
            house.post("/api/v1/auth/login").json(&json!({"username": "x", "password": "y"})).send().await,
        ),
        ("csrf", house.post("/api/v1/auth/logout").cookie(&alice.refresh_token).send().await),
        ("foreignOrigin", house.get(me).header("origin", "https://evil.example").send().await),
        (
            "forbidden",
            house
                .post("/api/v1/auth/claim")
                .bearer(&alice.access_token)
                .json(&json!({"claim": "x"}))
                .send()
                .await,
        ),
        ("registrationClosed", closed.post("/api/v1/auth/register").json(&wish("new")).send().await),
        ("notFound", house.get("/api/v1/nothing").send().await),
        ("methodNotAllowed", house.ask("PATCH", me).send().await),
        ("taken", house.post("/api/v1/auth/register").json(&wish("Alice")).send().await),
        (
            "tooLarge",
            house.post("/api/v1/auth/login").json(&json!({"username": big, "password": ""})).send().await,
        ),
        ("rangeNotSatisfiable", beyond.send().await),
        ("wrongHost", house.get(me).host("evil.example").send().await),
    ] {
        seen.insert(code.to_owned());
        answer.problem(code);
    }
    // The three tests below.
    seen.extend(["tooMany", "unavailable", "internal"].map(str::to_owned));
    let all: BTreeSet<String> =
        Code::ALL.into_iter().filter(|c| !NOT_BY_REST.contains(c)).map(|c| c.as_str().to_owned()).collect();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn who_tries_too_often_is_told_when_to_come_back() {
    let house = House::new().await;
    let bob = house.user("bob").await;
    for _ in 0..10 {
        let guess = json!({"oldPassword": "wrong", "newPassword": "a new password"});
        house
            .post("/api/v1/auth/password")
            .bearer(&bob.access_token)
            .json(&guess)
            .send()
            .await
            .problem("wrongCredentials");
    }
    let guess = json!({"oldPassword": "wrong", "newPassword": "a new password"});
    let answer = house.post("/api/v1/auth/password").bearer(&bob.access_token).json(&guess).send().await;
    assert!(answer.headers.contains_key("retry-after"));
    answer.problem("tooMany");
}

#[tokio::test]
async fn what_the_server_lacks_is_not_told() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let me = "/api/v1/users/me";
    *house.readiness.0.lock().unwrap() = Err("the disk is full of secrets".into());
    let answer = house.get("/api/v1/health/ready").send().await;
    assert!(!answer.text.contains("secrets"), "the cause is for the log");
    answer.problem("unavailable");
    house.get("/api/v1/health/live").send().await.ok(200);
    house.store.close().await;
    house.get(me).bearer(&alice.access_token).send().await.problem("unavailable");
}

#[tokio::test]
async fn a_panic_in_a_handler_is_a_problem_like_any_other() {
    struct Broken;
    #[async_trait::async_trait]
    impl charla::http::Health for Broken {
        async fn ready(&self) -> Result<(), String> {
            panic!("a secret in a panic")
        }
    }
    let house = House::with_health(std::sync::Arc::new(Broken)).await;
    let answer = house.get("/api/v1/health/ready").send().await;
    assert!(!answer.text.contains("secret"));
    answer.problem("internal");
    house.get("/api/v1/health/live").send().await.ok(200);
}

#[tokio::test]
async fn a_refused_field_is_named() {
    let house = House::new().await;
    house.user("alice").await;
    let register = async |username: &str, email: &str, password: &str| -> Vec<String> {
        let body = json!({"username": username, "email": email, "password": password});
        let answer = house.post("/api/v1/auth/register").json(&body).send().await;
        let fields = answer.json["errors"].as_array().unwrap().clone();
        fields.iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(register("", "", "").await, ["username", "email", "password"]);
    assert_eq!(register("bob", "bob@example.org", &"x".repeat(129)).await, ["password"]);
    assert_eq!(register("ALICE", "bob@example.org", PASSWORD).await, ["username"]);
    assert_eq!(register("bob", "Alice@example.org", PASSWORD).await, ["email"]);
    assert_eq!(register("al\u{200b}ice", "b@example.org", PASSWORD).await, ["username"]);
}

#[tokio::test]
async fn bodies_must_be_json_whole_and_known() {
    let house = House::new().await;
    let login = |kind: &str, body: &[u8]| house.post("/api/v1/auth/login").raw(kind, body);
    let good = br#"{"username": "x", "password": "y"}"#;
    let detail = |v: &Value| v["detail"].as_str().unwrap().to_owned();
    for (kind, body, says) in [
        ("application/json", &b"{\"username\": \"x\", "[..], "line 1 column"),
        ("application/json", b"", "line 1 column 0"),
        ("application/json", b"{\"username\": \"x\", \"password\": 5}", "password: invalid type"),
        ("application/json", b"{\"username\": \"x\"}", "missing field `password`"),
        (
            "application/json",
            b"{\"username\": \"x\", \"password\": \"y\", \"admin\": true}",
            "unknown field `admin`",
        ),
        (
            "application/json",
            b"{\"username\": \"x\", \"username\": \"z\", \"password\": \"y\"}",
            "duplicate field",
        ),
        ("application/json", b"{\"username\": \"x\", \"password\": \"y\"} x", "trailing characters"),
        ("application/json", b"{\"username\": \"\xff\", \"password\": \"y\"}", "invalid unicode"),
        ("text/plain", good, "Content-Type: application/json"),
        ("application/x-www-form-urlencoded", b"username=x&password=y", "Content-Type: application/json"),
        ("application/jsonx", good, "Content-Type: application/json"),
    ] {
        let problem = login(kind, body).send().await.problem("badRequest");
        assert!(detail(&problem).contains(says), "{problem}");
    }
    house.post("/api/v1/auth/login").send().await.problem("badRequest");
    for kind in ["application/json", "Application/JSON; charset=utf-8"] {
        login(kind, good).send().await.problem("wrongCredentials");
    }
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    login("application/json", deep.as_bytes()).send().await.problem("badRequest");
}

#[tokio::test]
async fn queries_and_ids_must_make_sense() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    for (path, code) in [
        ("/api/v1/users?limit=0", "invalid"),
        ("/api/v1/users?limit=101", "invalid"),
        ("/api/v1/users?limit=x", "badRequest"),
        ("/api/v1/users?limit=-1", "badRequest"),
        ("/api/v1/users?unknown=1", "badRequest"),
        ("/api/v1/users?query=a&query=b", "badRequest"),
        ("/api/v1/users?query[$ne]=", "badRequest"),
        ("/api/v1/users/x", "badRequest"),
        ("/api/v1/users/%ff", "badRequest"),
        ("/api/v1/users/00000000000000000000000g", "badRequest"),
        ("/api/v1/users/000000000000000000000000", "notFound"),
        ("/api/v1/conversations?after=x", "invalid"),
        ("/api/v1/conversations/x", "badRequest"),
        ("/api/v1/conversations/000000000000000000000000", "notFound"),
        ("/api/v1/conversations/000000000000000000000000/messages?before=1&after=1", "invalid"),
        ("/api/v1/conversations/000000000000000000000000/messages?before=x", "badRequest"),
        ("/api/v1/calls?status=x", "badRequest"),
        ("/api/v1/calls?with=x", "badRequest"),
        ("/api/v1/calls?from=yesterday", "badRequest"),
        ("/api/v1/calls?after=x", "invalid"),
        ("/api/v1/calls/x", "badRequest"),
        ("/api", "notFound"),
        ("/api/", "notFound"),
        ("/api/v1", "notFound"),
        ("/api/v2/users/me", "notFound"),
        ("/api/v1/users/me/", "notFound"),
        ("//api/v1/users/me", "notFound"),
        ("/socket.io/", "notFound"),
    ] {
        let answer = house.get(path).bearer(&alice.access_token).send().await;
        assert_eq!(answer.json["code"], code, "{path}: {}", answer.text);
        answer.problem(code);
    }
}
