//! The OpenAPI document against the router, and bodies made from it that no field may take.
use std::collections::BTreeSet;

use charla::http::openapi::{OPEN, document};
use serde_json::{Value, json};

use crate::house::House;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

fn api() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// Every operation: (method, path, itself).
pub fn operations() -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in api()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(METHODS.contains(&method.as_str()), "{method}");
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

fn filled(path: &str) -> String {
    path.replace("{id}", "000000000000000000000000").replace("{user}", "000000000000000000000000")
}

#[tokio::test]
async fn the_document_and_the_router_have_the_same_routes() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let documented: BTreeSet<String> = operations().into_iter().map(|(_, path, _)| path).collect();
    let routed: BTreeSet<String> = charla::http::paths()
        .into_iter()
        .filter(|path| path.starts_with("/api/v1/"))
        .map(str::to_owned)
        .collect();
    assert_eq!(documented, routed);
    let api = api();
    for path in &documented {
        let mut allowed = BTreeSet::new();
        for method in METHODS {
            let ask = house.ask(&method.to_uppercase(), &filled(path)).bearer(&alice.access_token);
            let answer = ask.send().await;
            let known = !api["paths"][path][method].is_null();
            assert_eq!(answer.json["code"] != "methodNotAllowed", known, "{method} {path}: {}", answer.text);
            if known {
                allowed.insert(method.to_uppercase());
            }
            if path.ends_with("/logout") && known {
                return_to_life(&house).await;
            }
        }
        let answer = house.ask("TRACE", &filled(path)).send().await;
        let header = answer.headers["allow"].to_str().unwrap().to_owned();
        let said: BTreeSet<String> = header.split(',').map(str::to_owned).filter(|m| m != "HEAD").collect();
        assert_eq!(said, allowed, "{path}");
        answer.problem("methodNotAllowed");
    }
}

/// Logging out ended the only session; nothing below depends on one, for a method is looked at before who asks.
async fn return_to_life(house: &House) {
    assert_eq!(house.published.revoked().len(), 1);
}

fn protocol() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/PROTOCOL.md")).unwrap()
}

#[test]
fn the_protocol_has_the_same_routes() {
    let protocol = protocol();
    let block = protocol.split_once("## REST").unwrap().1.split("```").nth(1).unwrap();
    let mut written = BTreeSet::new();
    for line in block.lines().filter(|line| !line.is_empty()) {
        let (method, rest) = line.split_once(' ').unwrap();
        let before_answer = rest.split('→').next().unwrap();
        for word in before_answer.split(" · ").filter_map(|part| part.split_whitespace().next()) {
            written.insert(format!("{method} /api/v1/{}", word.split('?').next().unwrap()));
        }
    }
    let documented: BTreeSet<String> = operations().into_iter().map(|(m, p, _)| format!("{m} {p}")).collect();
    assert_eq!(written, documented);
}

#[test]
fn the_protocol_has_the_same_statuses() {
    let protocol = protocol();
    for code in charla::code::Code::ALL {
        let row = format!("| `{}` | {} |", code.as_str(), charla::http::status(code).as_u16());
        assert!(protocol.contains(&row), "PROTOCOL.md lacks {row}");
    }
}

#[tokio::test]
async fn the_document_is_served_and_says_who_may_ask_and_what_is_refused() {
    let house = House::new().await;
    let served = house.get("/api/openapi.json").send().await.ok(200);
    assert_eq!(served, api());
    let schemes: Vec<&String> = served["components"]["securitySchemes"].as_object().unwrap().keys().collect();
    assert_eq!(schemes, ["bearer", "cookie"]);
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(!response["description"].as_str().unwrap().is_empty(), "{method} {path} {status}");
        }
        let open = OPEN.contains(&path.as_str());
        assert_eq!(operation["security"].is_null(), open, "{method} {path}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|s| s.starts_with('2')));
        for status in ["400", "403", "421", "500", "503"] {
            let kind = &responses[status]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(kind, "#/components/schemas/Problem", "{method} {path} {status}");
        }
        assert_eq!(
            responses.contains_key("401"),
            !open || path.ends_with("/login") || path.ends_with("/refresh")
        );
        assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{method} {path}");
    }
    let text = served.to_string();
    for name in reference_names(&text) {
        assert!(!served["components"]["schemas"][&name].is_null(), "{name} is used and not defined");
    }
}

fn reference_names(text: &str) -> BTreeSet<String> {
    text.split("#/components/schemas/").skip(1).map(|t| t[..t.find('"').unwrap()].to_owned()).collect()
}

/// What the original took as a query, and other things that are not what a field wants.
fn poisons() -> Vec<Value> {
    vec![
        json!({"$ne": ""}),
        json!({"$gt": ""}),
        json!({"$regex": ".*"}),
        json!({"$where": "sleep(1000)"}),
        json!([]),
        json!(["a"]),
        json!([{"$ne": null}]),
        json!(true),
        json!({}),
    ]
}

/// A body with a value of the right type in each field; ids are `user`.
fn body_of(properties: &serde_json::Map<String, Value>, user: &str) -> Value {
    let value = |schema: &Value| match schema["type"].as_str() {
        Some("integer") => json!(1),
        Some("array") => json!([user]),
        Some("boolean") => json!(true),
        _ => json!(user),
    };
    properties.iter().map(|(field, schema)| (field.clone(), value(schema))).collect()
}

#[tokio::test]
async fn no_field_takes_an_operator() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    let bob = house.user("bob").await;
    let conversation =
        house.chat.open(alice.user.public.id, bob.user.public.id).await.unwrap().id.to_string();
    let api = api();
    let mut fields = 0;
    for (method, path, operation) in operations() {
        let reference = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let Some(name) = reference.as_str().map(|r| r.rsplit('/').next().unwrap()) else { continue };
        let properties = api["components"]["schemas"][name]["properties"].as_object().unwrap();
        assert_eq!(api["components"]["schemas"][name]["additionalProperties"], false, "{name} is open");
        let good = body_of(properties, &bob.user.public.id.to_string());
        let ask = async |body: Value| {
            let path = path.replace("{id}", &conversation).replace("{user}", &conversation);
            house.ask(&method, &path).bearer(&alice.access_token).json(&body).send().await
        };
        for field in properties.keys() {
            fields += 1;
            for poison in poisons() {
                // Nobody is a list of people too, and true is what a boolean wants.
                let fits = [("array", json!([])), ("boolean", json!(true))];
                if fits.iter().any(|(kind, value)| properties[field]["type"] == *kind && poison == *value) {
                    continue;
                }
                let mut body = good.clone();
                body[field] = poison.clone();
                let answer = ask(body).await;
                assert_eq!(
                    answer.json["code"], "badRequest",
                    "{method} {path} {field} {poison}: {}",
                    answer.text
                );
            }
        }
        let mut body = good.clone();
        body["$where"] = json!("1");
        ask(body).await.problem("badRequest");
        for whole in poisons() {
            if whole != json!({}) {
                ask(whole).await.problem("badRequest");
            }
        }
    }
    assert!(fields >= 12, "{fields}");
    for query in ["query[$ne]=x", "query[]=x", "limit[$gt]=1", "$where=1"] {
        let answer = house.get(&format!("/api/v1/users?{query}")).bearer(&alice.access_token).send().await;
        answer.problem("badRequest");
    }
    for query in
        ["with[$ne]=x", "with={\"$ne\":null}".replace('"', "%22").as_str(), "status[$ne]=x", "from[$gt]="]
    {
        let answer = house.get(&format!("/api/v1/calls?{query}")).bearer(&alice.access_token).send().await;
        answer.problem("badRequest");
    }
}
