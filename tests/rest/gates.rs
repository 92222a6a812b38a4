//! What comes before any handler: hosts, origins, the cookie's conditions.
use serde_json::json;

use crate::house::{Answer, House, ORIGIN};

const FOREIGN: [&str; 10] = [
    "https://evil.example",
    "null",
    "",
    "http://chat.example:8443",
    "https://chat.example:8444",
    "https://chat.example",
    "https://chat.example:8443.evil.example",
    "https://chat.example:84430",
    "https://sub.chat.example:8443",
    "https://localhost:8443",
];

#[tokio::test]
async fn a_cookie_changes_something_only_from_our_page() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let open = || {
        let body = json!({"user": bob.user.public.id});
        house.post("/api/v1/conversations").cookie(&alice.refresh_token).json(&body)
    };
    open().send().await.problem("csrf");
    open().header("x-charla-csrf", "1").send().await.problem("csrf");
    open().header("origin", ORIGIN).send().await.problem("csrf");
    open().header("origin", ORIGIN).header("x-charla-csrf", "0").send().await.problem("csrf");
    open().header("origin", ORIGIN).header("x-charla-csrf", "").send().await.problem("csrf");
    for foreign in FOREIGN {
        let answer = open().header("origin", foreign).header("x-charla-csrf", "1").send().await;
        assert!(answer.headers.get("access-control-allow-origin").is_none());
        answer.problem("foreignOrigin");
    }
    let twice = open().header("origin", ORIGIN).header("origin", ORIGIN).header("x-charla-csrf", "1");
    twice.send().await.problem("foreignOrigin");
    open().header("origin", ORIGIN).header("x-charla-csrf", "1").send().await.ok(200);
}

#[tokio::test]
async fn a_cookie_reads_without_conditions_but_not_for_a_foreign_page() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let me = || house.get("/api/v1/users/me").cookie(&alice.refresh_token);
    me().send().await.ok(200);
    me().header("origin", ORIGIN).send().await.ok(200);
    for foreign in FOREIGN {
        me().header("origin", foreign).send().await.problem("foreignOrigin");
    }
    assert_eq!(house.ask("HEAD", "/api/v1/users/me").cookie(&alice.refresh_token).send().await.status, 200);
}

#[tokio::test]
async fn a_bearer_needs_no_origin_and_no_header_but_is_refused_to_foreign_pages() {
    let house = House::new().await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let open = || {
        let body = json!({"user": bob.user.public.id});
        house.post("/api/v1/conversations").bearer(&alice.access_token).json(&body)
    };
    open().send().await.ok(200);
    open().header("origin", ORIGIN).send().await.ok(200);
    for foreign in FOREIGN {
        open().header("origin", foreign).send().await.problem("foreignOrigin");
    }
}

#[tokio::test]
async fn a_preflight_gets_nothing() {
    let house = House::new().await;
    for (origin, code) in [("https://evil.example", "foreignOrigin"), (ORIGIN, "methodNotAllowed")] {
        let ask = house.ask("OPTIONS", "/api/v1/conversations").header("origin", origin);
        let answer = ask.header("access-control-request-method", "POST").send().await;
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")));
        answer.problem(code);
    }
}

#[tokio::test]
async fn only_our_hosts_are_answered() {
    let house = House::new().await;
    for path in ["/api/v1/info", "/", "/trust", "/api/nothing"] {
        for foreign in
            ["evil.example", "chat.example.evil.example", "192.0.2.1", "", "chat.example@evil.example"]
        {
            house.get(path).host(foreign).send().await.problem("wrongHost");
        }
        house.get(path).without("host").send().await.problem("wrongHost");
    }
    for ours in ["chat.example", "CHAT.example:1", "localhost", "127.0.0.1:8443", "[::1]:8443"] {
        house.get("/api/v1/info").host(ours).send().await.ok(200);
    }
    // HTTP/2 has the host in the address.
    house.get("https://chat.example:8443/api/v1/info").without("host").send().await.ok(200);
    let both = house.get("https://evil.example/api/v1/info").send().await;
    both.problem("wrongHost");
}

#[track_caller]
fn assert_protected(answer: &Answer, hsts: bool) {
    let header = |name: &str| answer.headers.get(name).map(|v| v.to_str().unwrap().to_owned());
    let policy = header("content-security-policy").unwrap();
    for part in [
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "worker-src 'self' blob:",
        "media-src 'self' blob:",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    // WebAssembly of our own may be compiled (RNNoise); nothing else that is unsafe.
    assert!(!policy.replace("'wasm-unsafe-eval'", "").contains("unsafe"), "{policy}");
    assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
    assert_eq!(header("referrer-policy").as_deref(), Some("no-referrer"));
    assert!(header("permissions-policy").unwrap().contains("microphone=(self)"));
    assert_eq!(header("cross-origin-opener-policy").as_deref(), Some("same-origin"));
    assert_eq!(header("strict-transport-security").is_some(), hsts);
    assert!(header("x-request-id").is_some());
    assert!(header("server").is_none());
}

#[tokio::test]
async fn every_response_carries_the_headers() {
    for hsts in [false, true] {
        let house = House::with(|s| s.hsts = hsts).await;
        for path in
            ["/", "/trust", "/trust/ca.crt", "/api/v1/info", "/api/v1/users/me", "/api/nothing", "/x.js"]
        {
            let answer = house.get(path).send().await;
            assert_protected(&answer, hsts);
            let policy = answer.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("connect-src 'self' wss://chat.example:8443;"), "{policy}");
        }
        let refused = house.get("/").host("evil.example").send().await;
        assert_protected(&refused, hsts);
        assert!(!refused.headers["content-security-policy"].to_str().unwrap().contains("evil"));
    }
}
