//! PURE: what the OpenAPI document gets beyond what handlers say of themselves: examples, the CSV of lists, tags of what is
//! polled, when to try again. Knows JSON.

use serde_json::{Value, json};

use super::csv;
use super::etag::POLLED;
use super::examples;

/// Completes every operation.
pub fn complete(api: &mut Value) {
    let components = api["components"].clone();
    api["servers"] = json!([{"url": "/", "description": "This server"}]);
    for (path, item) in api["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if method == "get" {
                faces(path, operation);
            }
            give_examples(operation, &components);
            if let Some(response) = operation["responses"].get_mut("429") {
                response["headers"]["Retry-After"] =
                    header("Seconds after which to try again.", json!({"type": "integer", "minimum": 1}));
            }
        }
    }
}

fn header(description: &str, schema: Value) -> Value {
    json!({"description": description, "schema": schema})
}

/// What the layers around a read answer.
fn faces(path: &str, operation: &mut Value) {
    if let Some(table) = csv::table(path) {
        let schema = json!({"type": "string", "enum": ["json", "csv"]});
        let about = "`csv`: all of it as a table, whatever `limit` says. So does `Accept: text/csv`.";
        add(
            operation,
            json!({"name": "format", "in": "query", "required": false, "description": about, "schema": schema}),
        );
        operation["responses"]["200"]["content"]["text/csv"] =
            json!({"schema": {"type": "string"}, "example": table.headings()});
    }
    if POLLED.contains(&path) {
        let about = "The `ETag` of the answer one has: 304 while it is still right.";
        let schema = json!({"type": "string"});
        add(
            operation,
            json!({"name": "If-None-Match", "in": "header", "required": false, "description": about, "schema": schema.clone()}),
        );
        operation["responses"]["200"]["headers"]["ETag"] = header("Of this answer.", schema);
        operation["responses"]["304"] = json!({"description": "Nothing changed."});
    }
}

fn add(operation: &mut Value, parameter: Value) {
    match operation["parameters"].as_array_mut() {
        Some(all) => all.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

fn give_examples(operation: &mut Value, components: &Value) {
    for content in contents(&mut operation["requestBody"]) {
        give(content, components, false);
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if status.starts_with('2') {
            contents(response).for_each(|content| give(content, components, true));
        }
    }
}

/// The JSON contents of a body.
fn contents(body: &mut Value) -> impl Iterator<Item = &mut Value> {
    let all = body.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten();
    all.filter(|(kind, _)| kind.ends_with("json")).map(|(_, content)| content)
}

fn give(content: &mut Value, components: &Value, whole: bool) {
    if content.get("example").is_none() && content.get("examples").is_none() {
        content["example"] = examples::of(&content["schema"], components, whole);
    }
}
