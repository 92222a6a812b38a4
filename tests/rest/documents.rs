//! What the server says of its REST face: examples of everything, a page to read, a collection for Postman.
use std::collections::BTreeSet;

use charla::code::Code;
use serde_json::Value;

use crate::house::House;
use crate::schema::operations;

#[test]
fn every_operation_has_a_summary_examples_and_the_codes_of_its_refusals() {
    for (method, path, operation) in operations() {
        let at = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|words| words.len() > 5), "{at} has no summary");
        for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            if kind == "application/json" {
                assert!(content["example"].is_object(), "{at}: a request has no example");
            }
        }
        let mut codes = BTreeSet::new();
        for (status, response) in operation["responses"].as_object().unwrap() {
            for (kind, content) in response["content"].as_object().into_iter().flatten() {
                if kind.ends_with("json") && status.starts_with('2') {
                    assert!(content["example"].is_object(), "{at} {status}: an answer has no example");
                }
                for (code, example) in content["examples"].as_object().into_iter().flatten() {
                    assert_eq!(example["value"]["status"].to_string(), *status, "{at} {code}");
                    assert_eq!(example["value"]["code"], *code);
                    assert!(Code::ALL.iter().any(|known| known.as_str() == code), "{at} {code}");
                    codes.insert(code.clone());
                }
            }
            if status == "429" {
                assert!(response["headers"]["Retry-After"].is_object(), "{at}");
            }
        }
        for always in ["badRequest", "foreignOrigin", "wrongHost", "internal", "unavailable"] {
            assert!(codes.contains(always), "{at} lacks {always}");
        }
    }
}

/// What an example says has to be taken: fields that there are, of their types.
#[tokio::test]
async fn an_example_of_a_request_is_understood() {
    let house = House::new().await;
    let alice = house.user("alice").await;
    for (method, path, operation) in operations() {
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        if !example.is_object() || path.starts_with("/api/v1/auth/") {
            continue;
        }
        let path =
            path.replace("{id}", "000000000000000000000000").replace("{user}", "000000000000000000000000");
        let answer = house.ask(&method, &path).bearer(&alice.access_token).json(example).send().await;
        assert_ne!(answer.json["code"], "badRequest", "{method} {path} {example}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_page_to_read_has_every_operation_and_needs_nothing_else() {
    let house = House::new().await;
    let page = house.get("/api/docs").send().await;
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    for (_, path, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.text.contains(&format!("<details id=\"{id}\">")), "{id}");
        assert!(page.text.contains(&path), "{path}");
    }
    // The policy forbids these, and nothing is asked of another server.
    for never in ["<script", "<style", "style=", "onclick", "href=\"http", "src=\"http", "src=\"//"] {
        assert!(!page.text.contains(never), "{never}");
    }
    let style = house.get("/api/docs/style.css").send().await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
}

fn items(folder: &Value) -> Vec<&Value> {
    let inner = folder["item"].as_array().into_iter().flatten();
    inner.flat_map(|item| if item["item"].is_array() { items(item) } else { vec![item] }).collect()
}

#[tokio::test]
async fn the_collection_has_every_operation_and_every_variable_that_it_names() {
    let house = House::new().await;
    let collection = house.get("/api/postman.json").send().await.ok(200);
    assert!(collection["info"]["schema"].as_str().unwrap().contains("v2.1.0"));
    let all = items(&collection);
    let names: Vec<&str> = all.iter().map(|item| item["name"].as_str().unwrap()).collect();
    for (method, _, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        let own: Vec<&&Value> =
            all.iter().filter(|item| item["name"].as_str().unwrap().split(':').next() == Some(id)).collect();
        assert_eq!(own.len(), 1, "{id} in {names:?}");
        assert_eq!(own[0]["request"]["method"], method);
        let script = own[0]["event"][0]["script"]["exec"].to_string();
        assert!(script.contains("pm.test"), "{id} is not checked");
        assert_eq!(own[0]["request"]["auth"]["type"] == "noauth", operation["security"].is_null(), "{id}");
    }
    let login = all.iter().find(|item| item["name"].as_str().unwrap().starts_with("login:")).unwrap();
    assert!(login["event"][0]["script"]["exec"].to_string().contains("set('token'"));
    let variables: BTreeSet<&str> =
        collection["variable"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
    let text = collection["item"].to_string();
    let named: BTreeSet<&str> =
        text.split("{{").skip(1).map(|rest| rest.split_once("}}").unwrap().0).collect();
    assert!(variables.contains("baseUrl") && variables.contains("token"));
    for name in named.iter().filter(|name| !name.starts_with('$')) {
        assert!(variables.contains(name), "{name} is set nowhere");
    }
}
