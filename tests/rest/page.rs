//! What a browser gets that is no API: the page, and how to trust this server.
use crate::house::House;

#[tokio::test]
async fn every_page_address_gets_the_page_or_is_told_that_it_was_not_built() {
    let house = House::new().await;
    for path in ["/", "/sign-in", "/conversations/000000000000000000000000"] {
        let answer = house.get(path).send().await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(answer.text.contains("<!doctype html>") || answer.text.contains("<!DOCTYPE html>"));
    }
    for path in
        ["/missing.js", "/assets/missing", "/assets/missing-abc.css", "/../Cargo.toml", "/..%2fCargo.toml"]
    {
        let answer = house.get(path).send().await;
        assert!(!answer.text.contains("[package]"), "{path}");
        answer.problem("notFound");
    }
    let answer = house.post("/").send().await;
    assert_eq!(answer.headers["allow"], "GET,HEAD");
    answer.problem("methodNotAllowed");
}

#[tokio::test]
async fn the_trust_page_offers_the_ca_and_escapes_names() {
    let house = House::new().await;
    let page = house.get("/trust").send().await;
    assert_eq!(page.status, 200);
    for part in [
        "AB:CD",
        "chat.example",
        "&lt;script&gt;",
        "Windows",
        "macOS",
        "iPhone",
        "Android",
        "Linux",
        "Firefox",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    for never in ["<script", "<style", "style=", "{{", "onclick"] {
        assert!(!page.text.contains(never), "the policy forbids {never}");
    }
    let ca = house.get("/trust/ca.crt").send().await;
    assert_eq!(ca.headers["content-type"], "application/x-x509-ca-cert");
    assert!(ca.text.starts_with("-----BEGIN CERTIFICATE-----"));
    let style = house.get("/trust/style.css").send().await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn without_a_ca_there_is_nothing_to_trust() {
    let house = House::with(|s| s.trust = None).await;
    house.get("/trust").send().await.problem("notFound");
    house.get("/trust/ca.crt").send().await.problem("notFound");
}

#[tokio::test]
async fn info_says_what_a_page_needs_before_a_sign_in() {
    let house = House::new().await;
    let info = house.get("/api/v1/info").send().await.ok(200);
    let expected = serde_json::json!(
        {"name": "Test", "version": "1.2.3", "registration": "open", "claimable": false,
         "files": {"maxBytes": 26_214_400, "types": ["*"]}}
    );
    assert_eq!(info, expected);
}
