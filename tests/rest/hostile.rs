//! Whatever is sent, to whichever route, is answered: never a failure of the server, never an answer that is no JSON.
use serde_json::{Value, json};

use crate::house::{Answer, House, PASSWORD};
use crate::schema::operations;

/// Texts that have broken other servers.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\0",
        "a\0b",
        "null",
        "undefined",
        "NaN",
        "-1",
        "18446744073709551616",
        "../../etc/passwd",
        "..%2f..%2f",
        "' OR '1'='1",
        "'; DROP TABLE users; --",
        "\"",
        "\\",
        "%",
        "_",
        "%00",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "<script>alert(1)</script>",
        "\u{202e}evil",
        "\u{feff}",
        "\u{fdfa}\u{fdfa}\u{fdfa}\u{fdfa}\u{fdfa}",
        "\u{10ffff}",
        "e\u{301}\u{301}\u{301}\u{301}",
        "ǅ",
        "İ",
        "ß",
        "😀",
        "2023-11-14T22:13:20Z",
        "9999-12-31T23:59:59.999999999Z",
        "-9999-01-01T00:00:00Z",
        "ffffffffffffffffffffffff",
        "FFFFFFFFFFFFFFFFFFFFFFFF",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "_______________________________",
        "f_________________________8",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(60_000));
    texts.push("İ".repeat(20_000));
    texts
}

#[track_caller]
fn assert_sound(answer: &Answer, what: &str) {
    let status = answer.status.as_u16();
    assert!(status < 500, "{what}: {status} {}", answer.text);
    assert!(status == 204 || !answer.json.is_null(), "{what}: {status} {}", answer.text);
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02x}")).collect()
}

/// Signs the same user in again when a route, or the time, has signed him out.
async fn renew(house: &House, token: &mut String) {
    if house.accounts.bearer(token).await.is_ok() {
        return;
    }
    let login = json!({"username": "alice", "password": PASSWORD});
    let answer = house.post("/api/v1/auth/login").json(&login).send().await.ok(200);
    *token = answer["accessToken"].as_str().unwrap().to_owned();
}

#[tokio::test]
async fn hostile_bodies_are_answered() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let bob = house.user("bob").await;
    let mut token = alice.access_token.clone();
    let conversation =
        house.chat.open(alice.user.public.id, bob.user.public.id).await.unwrap().id.to_string();
    let api = serde_json::to_value(charla::http::openapi::document()).unwrap();
    let numbers =
        ["0", "-1", "1.5", "1e400", "18446744073709551615", "18446744073709551616", "9223372036854775808"];
    for (method, path, operation) in operations() {
        let reference = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let Some(name) = reference.as_str().map(|r| r.rsplit('/').next().unwrap()) else { continue };
        let fields = api["components"]["schemas"][name]["properties"].as_object().unwrap();
        let address = path.replace("{id}", &conversation).replace("{user}", &conversation);
        let mut bodies: Vec<String> = texts()
            .into_iter()
            .map(|text| fields.keys().map(|f| (f.clone(), json!(text))).collect::<Value>().to_string())
            .collect();
        for number in numbers {
            let pairs: Vec<String> = fields.keys().map(|f| format!("\"{f}\": {number}")).collect();
            bodies.push(format!("{{{}}}", pairs.join(", ")));
        }
        bodies.push(format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)));
        for body in bodies {
            renew(&house, &mut token).await;
            let ask = house.ask(&method, &address).bearer(&token);
            let answer = ask.raw("application/json", body.as_bytes()).send().await;
            let start: String = body.chars().take(80).collect();
            assert_sound(&answer, &format!("{method} {path} {start}"));
            house.advance(std::time::Duration::from_secs(1));
        }
    }
}

#[tokio::test]
async fn hostile_addresses_are_answered() {
    let house = House::new().await;
    let mut token = house.user("alice").await.access_token;
    for (method, path, operation) in operations() {
        if path.ends_with("/logout") {
            continue;
        }
        let names: Vec<String> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|p| p["in"] == "query")
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect();
        for text in texts().iter().filter(|t| t.len() < 1000) {
            let address = path.replace("{id}", &encoded(text)).replace("{user}", &encoded(text));
            let query: Vec<String> = names.iter().map(|n| format!("{n}={}", encoded(text))).collect();
            let mut asked =
                vec![format!("{address}?{}", encoded(text)), format!("{address}?{}", query.join("&"))];
            asked.extend(query.iter().map(|one| {
                format!(
                    "{}?{one}",
                    path.replace("{id}", "0123456789abcdef01234567")
                        .replace("{user}", "0123456789abcdef01234567")
                )
            }));
            for address in asked {
                renew(&house, &mut token).await;
                let answer = house.ask(&method, &address).bearer(&token).send().await;
                assert_sound(&answer, &format!("{method} {address}"));
                house.advance(std::time::Duration::from_millis(200));
            }
        }
    }
}
