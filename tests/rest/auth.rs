//! Getting in over HTTP: bodies, the cookie, sessions.
use charla::site::COOKIE;
use serde_json::json;

use crate::house::{House, ORIGIN, PASSWORD};

#[tokio::test]
async fn register_and_login_answer_alike_and_set_the_cookie() {
    let house = House::new().await;
    let wish = json!({"username": "alice", "email": "a@example.org", "password": PASSWORD});
    let login = json!({"username": "A@example.org", "password": PASSWORD});
    for (path, body, status) in [("register", &wish, 201), ("login", &login, 200)] {
        let answer = house.post(&format!("/api/v1/auth/{path}")).json(body).send().await;
        let cookie = answer.set_cookie().unwrap();
        let flags: Vec<&str> =
            ["Secure", "HttpOnly"].into_iter().filter(|f| cookie.contains_key(*f)).collect();
        assert_eq!(flags, ["Secure", "HttpOnly"]);
        assert_eq!((cookie["Path"].as_str(), cookie["SameSite"].as_str()), ("/", "Lax"));
        assert_eq!(cookie["Max-Age"], (30 * 86_400).to_string());
        assert!(!cookie.contains_key("Domain"), "__Host- forbids it");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let body = answer.ok(status);
        assert_eq!(body["refreshToken"], cookie[COOKIE]);
        assert_eq!(body["refreshToken"].as_str().unwrap().len(), 43, "256 bits");
        assert_eq!(body["user"]["username"], "alice");
        assert_eq!(body["user"]["email"], "a@example.org");
        assert_eq!(body["user"]["role"], "member");
        assert!(body["user"].get("password").is_none());
        assert_eq!(body["expiresAt"], "2023-11-14T22:28:20.000Z");
        let me =
            house.get("/api/v1/users/me").bearer(body["accessToken"].as_str().unwrap()).send().await.ok(200);
        assert_eq!(me, body["user"]);
        let me = house.get("/api/v1/users/me").cookie(&cookie[COOKIE]).send().await.ok(200);
        assert_eq!(me, body["user"]);
    }
}

#[tokio::test]
async fn a_bearer_that_is_not_valid_is_not_saved_by_a_cookie() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    for authorization in ["Bearer x", "bearer", "Basic YTpi", "Bearer", ""] {
        let ask = house.get("/api/v1/users/me").cookie(&alice.refresh_token);
        ask.header("authorization", authorization).send().await.problem("unauthenticated");
    }
    let ask =
        house.get("/api/v1/users/me").header("authorization", &format!("bEARER {}", alice.access_token));
    ask.send().await.ok(200);
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_cannot_be_told_apart() {
    let house = House::new().await;
    house.user("alice").await;
    let mut bodies = Vec::new();
    for name in ["alice", "nobody", "alice@example.org", "nobody@example.org"] {
        let ask = house.post("/api/v1/auth/login").json(&json!({"username": name, "password": "wrong"}));
        let answer = ask.send().await;
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        let mut body = answer.problem("wrongCredentials");
        body["requestId"] = json!("");
        bodies.push((names, body));
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:#?}");
}

#[tokio::test]
async fn the_eleventh_wrong_password_has_to_wait() {
    let house = House::new().await;
    house.user("alice").await;
    let wrong = json!({"username": "alice", "password": "wrong"});
    for _ in 0..10 {
        house.post("/api/v1/auth/login").json(&wrong).send().await.problem("wrongCredentials");
    }
    let answer = house.post("/api/v1/auth/login").json(&wrong).send().await;
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    answer.problem("tooMany");
    house.advance(std::time::Duration::from_secs(wait));
    house.post("/api/v1/auth/login").json(&wrong).send().await.problem("wrongCredentials");
}

#[tokio::test]
async fn one_address_may_not_flood_and_the_others_go_on() {
    let house = House::new().await;
    for _ in 0..300 {
        let answer = house.post("/api/v1/auth/login").json(&json!({})).send().await;
        answer.problem("badRequest");
    }
    let answer = house.post("/api/v1/auth/refresh").json(&json!({})).send().await;
    assert_eq!(answer.headers["retry-after"], "1");
    answer.problem("tooMany");
    house.get("/api/v1/info").send().await.ok(200);
    let elsewhere = house.post("/api/v1/auth/login").json(&json!({})).from("192.0.2.9".parse().unwrap());
    elsewhere.send().await.problem("badRequest");
}

#[tokio::test]
async fn refresh_takes_the_body_or_the_cookie() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let body = json!({"refreshToken": alice.refresh_token});
    let answer = house.post("/api/v1/auth/refresh").json(&body).send().await;
    let cookie = answer.set_cookie().unwrap()[COOKIE].clone();
    let fresh = answer.ok(200);
    assert_eq!(fresh["refreshToken"], cookie);
    assert_ne!(fresh["refreshToken"], body["refreshToken"]);
    let empty = json!({});
    house.post("/api/v1/auth/refresh").json(&empty).cookie(&cookie).send().await.problem("csrf");
    let fresher = house.post("/api/v1/auth/refresh").json(&empty).page(&cookie).send().await.ok(200);
    assert_ne!(fresher["refreshToken"], cookie);
    house.post("/api/v1/auth/refresh").json(&empty).send().await.problem("unauthenticated");
    let unknown = json!({"refreshToken": "x".repeat(43)});
    house.post("/api/v1/auth/refresh").json(&unknown).send().await.problem("unauthenticated");
    let foreign =
        house.post("/api/v1/auth/refresh").json(&empty).cookie(&cookie).header("x-charla-csrf", "1");
    foreign.header("origin", "https://evil.example").send().await.problem("foreignOrigin");
}

#[tokio::test]
async fn logout_clears_the_cookie_and_ends_the_session() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let answer = house.post("/api/v1/auth/logout").page(&alice.refresh_token).send().await;
    let cookie = answer.set_cookie().unwrap();
    assert_eq!((cookie[COOKIE].as_str(), cookie["Max-Age"].as_str()), ("", "0"));
    assert!(cookie.contains_key("Secure") && cookie["Path"] == "/", "else __Host- would not be replaced");
    assert_eq!(answer.status, 204);
    house.get("/api/v1/users/me").cookie(&alice.refresh_token).send().await.problem("unauthenticated");
    house.get("/api/v1/users/me").bearer(&alice.access_token).send().await.problem("unauthenticated");
    assert_eq!(house.published.revoked(), [alice.session]);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let login = json!({"username": "alice", "password": PASSWORD});
    let agent = "Lynx/2.9 \u{1}".repeat(100);
    let ask =
        house.post("/api/v1/auth/login").json(&login).header("user-agent", &agent.replace('\u{1}', "?"));
    ask.send().await.ok(200);
    let list = house.get("/api/v1/auth/sessions").bearer(&alice.access_token).send().await.ok(200);
    let sessions = list["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let current: Vec<bool> = sessions.iter().map(|s| s["current"].as_bool().unwrap()).collect();
    assert_eq!(current.iter().filter(|c| **c).count(), 1);
    let other = sessions.iter().find(|s| s["current"] == false).unwrap();
    assert_eq!(other["userAgent"].as_str().unwrap().chars().count(), 200);
    let mut names: Vec<&String> = other.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["createdAt", "current", "expiresAt", "id", "lastSeenAt", "userAgent"]);
    let path = format!("/api/v1/auth/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(house.ask("DELETE", &path).page(&alice.refresh_token).send().await.status, 204);
    house.ask("DELETE", &path).page(&alice.refresh_token).send().await.problem("notFound");
}

#[tokio::test]
async fn a_password_is_changed_and_an_owner_made() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let change = json!({"oldPassword": PASSWORD, "newPassword": "another password"});
    let answer = house.post("/api/v1/auth/password").page(&alice.refresh_token).json(&change).send().await;
    assert_eq!(answer.status, 204);
    let again = house.post("/api/v1/auth/password").page(&alice.refresh_token).json(&change).send().await;
    again.problem("wrongCredentials");
    house.get("/api/v1/users/me").cookie(&alice.refresh_token).send().await.ok(200);

    assert_eq!(house.get("/api/v1/info").send().await.ok(200)["claimable"], false);
    let secret = house.accounts.make_claim().await.unwrap();
    assert_eq!(house.get("/api/v1/info").send().await.ok(200)["claimable"], true);
    let claim = |secret: &str| {
        house.post("/api/v1/auth/claim").page(&alice.refresh_token).json(&json!({"claim": secret}))
    };
    claim("guess").send().await.problem("forbidden");
    assert_eq!(claim(&secret).send().await.ok(200)["role"], "owner");
    claim(&secret).send().await.problem("forbidden");
    assert_eq!(
        house.get("/api/v1/users/me").cookie(&alice.refresh_token).send().await.ok(200)["role"],
        "owner"
    );
}

#[tokio::test]
async fn a_sign_in_from_a_foreign_page_is_refused() {
    let house = House::new().await;
    house.user("alice").await;
    let login = json!({"username": "alice", "password": PASSWORD});
    let ask = house.post("/api/v1/auth/login").json(&login);
    let answer = ask.clone().header("origin", "https://evil.example").send().await;
    assert!(answer.set_cookie().is_none());
    answer.problem("foreignOrigin");
    ask.header("origin", ORIGIN).send().await.ok(200);
}
