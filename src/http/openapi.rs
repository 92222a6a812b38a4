//! `/api/openapi.json`: generated from the handlers. What is alike for all of them (refusals, who may ask) is added here.

use std::sync::LazyLock;

use axum::Json;
use axum::routing::get;
use serde_json::{Value, json};
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::complete::complete;
use super::problem::{Problem, status};
use super::{Route, admin, auth, calls, conversations, files, groups, health, messages, people, users};
use crate::code::Code;
use crate::site::COOKIE;

#[derive(OpenApi)]
#[openapi(
    info(title = "Charla", description = "Chat and calls. Refusals are RFC 9457 problems; lists are paged by cursors."),
    paths(
        auth::register, auth::login, auth::refresh, auth::logout, auth::password, auth::sessions,
        auth::end_session, auth::claim, users::me, users::find, users::user, conversations::list,
        conversations::open, conversations::conversation, conversations::messages, conversations::send,
        conversations::read, groups::create, groups::rename, groups::recolor, groups::set_picture,
        groups::add, groups::set_role, groups::remove,
        messages::message, messages::edit, messages::delete, messages::react,
        files::upload, files::download,
        people::settings, people::change_settings, people::blocks, people::block, people::unblock,
        people::mutes, people::presence, people::mute, people::unmute, people::receipts, people::search,
        admin::users, admin::create, admin::user, admin::change, admin::reset, admin::set_password,
        admin::invitations, admin::invite, admin::revoke,
        calls::list, calls::missed, calls::see_missed, calls::call, health::live, health::ready, health::info
    ),
    components(schemas(Problem)),
    modifiers(&Common)
)]
struct Api;

/// Paths that need no authentication.
pub const OPEN: [&str; 7] = [
    "/api/v1/auth/register",
    "/api/v1/auth/reset",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/health/live",
    "/api/v1/health/ready",
    "/api/v1/info",
];

pub(super) fn routes() -> Vec<Route> {
    vec![("/api/openapi.json", get(async || Json(document())))]
}

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        let mut api = serde_json::to_value(Api::openapi()).unwrap_or_default();
        complete(&mut api);
        api
    });
    &DOCUMENT
}

struct Common;

impl Modify for Common {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKeyValue::with_description(
            COOKIE,
            "For the page. What changes something also needs our Origin and the header X-Charla-Csrf: 1.",
        );
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        for (path, item) in &mut api.paths.paths {
            let open = OPEN.contains(&path.as_str());
            for (operation, changes) in operations(item) {
                if !open {
                    let way = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
                    operation.security = Some(vec![way("bearer"), way("cookie")]);
                }
                name_successes(operation);
                describe(operation, &codes(path, open, changes));
            }
        }
    }
}

/// An item's operations, and whether each changes something.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let reads = get.iter_mut().map(|o| (o, false));
    reads.chain([put, post, delete, patch].into_iter().flatten().map(|o| (o, true)))
}

/// What an operation may refuse with.
fn codes(path: &str, open: bool, changes: bool) -> Vec<Code> {
    let mut codes =
        vec![Code::BadRequest, Code::ForeignOrigin, Code::WrongHost, Code::Internal, Code::Unavailable];
    if !open {
        codes.push(Code::Unauthenticated);
    }
    if !open && changes || path.ends_with("/refresh") {
        codes.push(Code::Csrf);
    }
    if path.contains("/{") || path.ends_with("/conversations") || path.ends_with("/groups") {
        codes.push(Code::NotFound);
    }
    if changes {
        codes.push(Code::TooLarge);
    }
    if changes || path.starts_with("/api/v1/auth/") {
        codes.push(Code::TooMany);
    }
    if changes || !open {
        codes.push(Code::Invalid);
    }
    match path {
        p if p.starts_with("/api/v1/groups/") => codes.push(Code::Forbidden),
        p if p.starts_with("/api/v1/messages/") => codes.extend([Code::Forbidden, Code::Conflict]),
        p if p.starts_with("/api/v1/admin/") => codes.extend([Code::Forbidden, Code::Conflict, Code::Taken]),
        "/api/v1/files/{id}" => codes.push(Code::RangeNotSatisfiable),
        "/api/v1/conversations" => codes.push(Code::Conflict),
        "/api/v1/conversations/{id}/messages" => codes.push(Code::Conflict),
        "/api/v1/messages/search" => codes.push(Code::TooMany),
        "/api/v1/auth/reset" => codes.push(Code::Forbidden),
        "/api/v1/auth/register" => codes.extend([Code::RegistrationClosed, Code::Forbidden, Code::Taken]),
        "/api/v1/auth/login" => codes.extend([Code::WrongCredentials, Code::Forbidden]),
        "/api/v1/auth/refresh" => codes.push(Code::Unauthenticated),
        "/api/v1/auth/password" => codes.extend([Code::WrongCredentials, Code::Conflict]),
        "/api/v1/auth/claim" => codes.push(Code::Forbidden),
        _ => {}
    }
    codes
}

/// OpenAPI wants a description of every response; what a route does is what its success means.
fn name_successes(operation: &mut Operation) {
    let summary = operation.summary.clone().unwrap_or_default();
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description.clone_from(&summary);
        }
    }
}

/// One response per status, naming the codes that have it.
fn describe(operation: &mut Operation, codes: &[Code]) {
    for code in codes {
        let same = codes.iter().filter(|c| status(**c) == status(*code));
        let names: Vec<String> = same.clone().map(|c| format!("`{}`", c.as_str())).collect();
        let problem = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .examples_from_iter(same.map(|c| (c.as_str(), refusal(*c))))
            .build();
        let response = ResponseBuilder::new()
            .description(names.join(", "))
            .content("application/problem+json", problem)
            .build();
        operation.responses.responses.insert(status(*code).as_str().to_owned(), response.into());
    }
}

/// How a refusal of this code looks.
fn refusal(code: Code) -> Example {
    let problem = json!({
        "type": format!("https://charla.chat/problems/{}", code.as_str()),
        "title": code.title(),
        "status": status(code).as_u16(),
        "detail": "A sentence that says what to do.",
        "code": code.as_str(),
        "requestId": "665f1c2ab7e4d90012ab34cd",
    });
    ExampleBuilder::new().summary(code.title()).value(Some(problem)).build()
}
