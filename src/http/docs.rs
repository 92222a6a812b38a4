//! `/api/docs`: the OpenAPI document as a page to read, without a script and without the internet.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde_json::Value;

use super::openapi::document;
use super::{Route, trust::escape};

const STYLE: &str = include_str!("docs.css");
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/api/docs", get(async || Html(PAGE.as_str()))),
        (
            "/api/docs/style.css",
            get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()),
        ),
    ]
}

static PAGE: LazyLock<String> = LazyLock::new(|| page(document()));

/// An operation: its method, its path, itself.
pub type Operation<'a> = (&'static str, &'a str, &'a Value);

/// The operations of a document by their first tags, in the order in which the document has the tags.
pub fn by_tag(api: &Value) -> Vec<(&str, Vec<Operation<'_>>)> {
    let mut tags: Vec<(&str, Vec<Operation<'_>>)> = Vec::new();
    for (path, item) in api["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let tag = operation["tags"][0].as_str().unwrap_or("other");
            match tags.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, operations)) => operations.push((method, path, operation)),
                None => tags.push((tag, vec![(method, path, operation)])),
            }
        }
    }
    tags
}

fn page(api: &Value) -> String {
    let tags = by_tag(api);
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Charla: the REST API</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\
         <link rel=\"stylesheet\" href=\"/api/docs/style.css\"></head><body><main>\
         <header><a href=\"/\"><img src=\"/favicon.svg\" alt=\"\" width=\"44\" height=\"44\">Charla</a></header><h1>The REST API of this server</h1>",
    );
    let about = escape(api["info"]["description"].as_str().unwrap_or_default());
    let _ = write!(
        html,
        "<p>{about}</p><p>For programs: <a href=\"/api/openapi.json\">openapi.json</a> (OpenAPI 3.1), and for Postman and \
         newman <a href=\"/api/postman.json\">postman.json</a>: import it, set <code>baseUrl</code>, run <em>login</em>; \
         its script keeps the token for the other requests.</p><nav><ul>"
    );
    for (tag, operations) in &tags {
        let _ = write!(html, "<li><a href=\"#{0}\">{0} ({1})</a></li>", escape(tag), operations.len());
    }
    html += "</ul></nav>";
    for (tag, operations) in &tags {
        let _ = write!(html, "<section><h2 id=\"{0}\">{0}</h2>", escape(tag));
        for operation in operations {
            html += &section(operation);
        }
        html += "</section>";
    }
    html + "</main></body></html>"
}

fn section((method, path, operation): &Operation<'_>) -> String {
    let id = escape(operation["operationId"].as_str().unwrap_or_default());
    let summary = escape(operation["summary"].as_str().unwrap_or_default());
    let mut html = format!(
        "<details id=\"{id}\"><summary><code><b>{}</b> {}</code> {summary}</summary>",
        method.to_uppercase(),
        escape(path)
    );
    if let Some(more) = operation["description"].as_str() {
        let _ = write!(html, "<p>{}</p>", escape(more));
    }
    let who = if operation["security"].is_null() {
        "Anybody may ask."
    } else {
        "Signed in: bearer token or cookie."
    };
    let _ = write!(html, "<p>{who}</p>{}", parameters(operation));
    for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        let _ = write!(html, "<h3>Send <code>{}</code></h3>{}", escape(kind), example(content));
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let words = escape(response["description"].as_str().unwrap_or_default());
        let _ = write!(html, "<h3><code>{}</code> {}</h3>", escape(status), words.replace('`', ""));
        if status.starts_with('2') {
            html.extend(
                response["content"].as_object().into_iter().flatten().map(|(_, content)| example(content)),
            );
        }
    }
    html + "</details>"
}

fn parameters(operation: &Value) -> String {
    let rows = operation["parameters"].as_array().into_iter().flatten().map(|one| {
        let words = |field: &str| escape(one[field].as_str().unwrap_or_default());
        let must = if one["required"] == true { "yes" } else { "" };
        format!(
            "<tr><td><code>{}</code></td><td>{}</td><td>{must}</td><td>{}</td></tr>",
            words("name"),
            words("in"),
            words("description")
        )
    });
    let rows: String = rows.collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<table><thead><tr><th>name</th><th>in</th><th>needed</th><th></th></tr></thead><tbody>{rows}</tbody></table>"
    )
}

fn example(content: &Value) -> String {
    let Some(example) = content.get("example") else { return String::new() };
    let text = match example {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    format!("<pre>{}</pre>", escape(&text))
}
