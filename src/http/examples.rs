//! PURE: examples of what is sent and answered, made from the schemas of the OpenAPI document, so that no route can be
//! without one. A schema's own example is taken where it has one.

use serde_json::{Map, Value, json};

/// So deep do schemas lie in one another at most; deeper is a circle.
const DEPTH: usize = 12;
const ID: &str = "665f1c2ab7e4d90012ab34cd";
const TIME: &str = "2026-03-01T09:30:00.000Z";

/// What a field of this name holds, where its type does not say enough.
const WORDS: [(&str, &str); 21] = [
    ("username", "anna"),
    ("email", "anna@example.org"),
    ("password", "correct horse battery"),
    ("oldPassword", "correct horse battery"),
    ("newPassword", "staple battery horse"),
    ("content", "Shall we call at five?"),
    ("clientId", "c0ffee-1"),
    ("emoji", "\u{1F44D}"),
    ("name", "Choir"),
    ("version", "0.1.0"),
    ("claim", "Zl0bKq5nE2wXcT8yVd1mRs7uJf4hGp9a"),
    ("accessToken", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2NjVmIn0.c2lnbmF0dXJl"),
    ("refreshToken", "Q2hhcmxhIGtlZXBzIHRoaXMgYXMgYSBoYXNoIG9ubHk"),
    ("userAgent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
    ("next", "AAABjdR6wgBmXxwqt-TZABKrNM0"),
    ("text", "Much of what was sent did not arrive."),
    ("registration", "open"),
    ("requestId", ID),
    ("query", "an"),
    ("code", "notFound"),
    ("title", "Not found"),
];

/// An example of a schema; `whole` has the optional fields, too.
pub fn of(schema: &Value, components: &Value, whole: bool) -> Value {
    make(schema, components, whole, "", 0)
}

fn make(schema: &Value, components: &Value, whole: bool, name: &str, depth: usize) -> Value {
    if depth > DEPTH {
        return Value::Null;
    }
    if let Some(own) =
        schema.get("example").or_else(|| schema["examples"].get(0)).or_else(|| schema.get("const"))
    {
        return own.clone();
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.rsplit('/').next().unwrap_or_default();
        return make(&components["schemas"][target], components, whole, name, depth + 1);
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    let deeper = |schema: &Value| make(schema, components, whole, name, depth + 1);
    for one_of in ["oneOf", "anyOf"] {
        let mut kinds = schema[one_of].as_array().into_iter().flatten();
        if let Some(kind) = kinds.find(|kind| kind["type"] != "null") {
            return deeper(kind);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut all = Map::new();
        for part in parts.iter().map(deeper).chain([object(schema, components, whole, depth)]) {
            all.extend(part.as_object().cloned().unwrap_or_default());
        }
        return Value::Object(all);
    }
    match kind(schema) {
        "object" => object(schema, components, whole, depth),
        "array" => json!([make(&schema["items"], components, whole, singular(name), depth + 1)]),
        "integer" | "number" => number(schema),
        "boolean" => json!(true),
        "string" => json!(text(schema, name)),
        _ => Value::Null,
    }
}

/// The first type that is not null.
fn kind(schema: &Value) -> &str {
    let mut kinds = schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str);
    schema["type"].as_str().or_else(|| kinds.find(|kind| *kind != "null")).unwrap_or_default()
}

fn object(schema: &Value, components: &Value, whole: bool, depth: usize) -> Value {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let fields = schema["properties"].as_object().into_iter().flatten();
    let kept = fields.filter(|(name, _)| whole || required(name));
    kept.map(|(name, field)| (name.clone(), make(field, components, whole, name, depth + 1))).collect()
}

fn number(schema: &Value) -> Value {
    let least = schema["minimum"].as_i64().unwrap_or(0);
    json!(least.max(1))
}

fn text(schema: &Value, name: &str) -> String {
    let format = schema["format"].as_str().unwrap_or_default();
    if let Some((_, words)) = WORDS.iter().find(|(field, _)| *field == name) {
        return (*words).to_owned();
    }
    if format == "date-time"
        || name.ends_with("At")
        || name.ends_with("Time")
        || name == "from"
        || name == "to"
    {
        return TIME.to_owned();
    }
    if schema["pattern"].as_str().is_some_and(|pattern| !pattern.contains("{24}")) {
        return "x".repeat(usize::try_from(schema["minLength"].as_u64().unwrap_or(8)).unwrap_or(8).max(1));
    }
    ID.to_owned()
}

fn singular(name: &str) -> &str {
    name.strip_suffix('s').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_of_every_form_have_an_example() {
        let components = json!({"schemas": {"User": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string"}, "createdAt": {"type": "string"}, "friend": {"$ref": "#/components/schemas/User"}},
        }}});
        let user = json!({"$ref": "#/components/schemas/User"});
        assert_eq!(of(&user, &components, false), json!({"id": ID}));
        let whole = of(&user, &components, true);
        assert_eq!(whole["createdAt"], TIME);
        for (schema, example) in [
            (json!({"type": ["string", "null"], "enum": ["a", "b"]}), json!("a")),
            (json!({"oneOf": [{"type": "null"}, {"type": "boolean"}]}), json!(true)),
            (json!({"type": "array", "items": {"type": "integer", "minimum": 3}}), json!([3])),
            (
                json!({"allOf": [user, {"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}}]}),
                json!({"id": ID, "email": "anna@example.org"}),
            ),
            (json!({"type": "string", "example": "mine"}), json!("mine")),
            (json!({}), Value::Null),
        ] {
            assert_eq!(of(&schema, &components, false), example, "{schema}");
        }
    }
}
