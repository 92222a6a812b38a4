//! Lists as CSV, for spreadsheets: `?format=csv` or `Accept: text/csv`. A face of the JSON pages, which are asked for one
//! after the other while they are sent, each with its own check of who asks. Knows JSON and columns, no service but the
//! names of people.

use std::collections::HashMap;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;

use super::App;
use super::extract::invalid;
use super::problem::{Refused, refuse};
use crate::code::Code;
use crate::ids::UserId;

/// A list that there is as CSV: its address, where its items stand in a page, and its columns.
pub struct Table {
    pub path: &'static str,
    items: &'static str,
    /// Of `name.csv`.
    name: &'static str,
    columns: &'static [Column],
    /// What the first page is asked for, so that rows come in one direction.
    start: &'static str,
}

impl Table {
    /// The first line.
    pub fn headings(&self) -> String {
        line(self.columns.iter().map(|column| match column {
            Field(name) | Person(name, _) => (*name).to_owned(),
        }))
    }
}

/// A heading and where its value stands.
#[derive(Clone, Copy)]
enum Column {
    /// The field of this name.
    Field(&'static str),
    /// The name of the person whose id stands in the second.
    Person(&'static str, &'static str),
}
use Column::{Field, Person};

pub const TABLES: [Table; 2] = [
    Table {
        path: "/api/v1/calls",
        items: "calls",
        name: "calls",
        columns: &[
            Field("startTime"),
            Field("answerTime"),
            Field("connectTime"),
            Field("endTime"),
            Field("durationSeconds"),
            Field("status"),
            Field("reason"),
            Person("callerName", "caller"),
            Person("receiverName", "receiver"),
            Field("caller"),
            Field("receiver"),
            Field("conversation"),
            Field("id"),
        ],
        start: "",
    },
    Table {
        path: "/api/v1/conversations/{id}/messages",
        items: "messages",
        name: "messages",
        columns: &[
            Field("seq"),
            Field("createdAt"),
            Person("fromUserName", "fromUser"),
            Field("content"),
            Field("status"),
            Field("editedAt"),
            Field("deletedAt"),
            Field("system"),
            Field("replyTo"),
            Field("fromUser"),
            Field("id"),
        ],
        start: "after=0",
    },
];

/// By this Excel knows that a file is UTF-8; without it, it reads the letters of most languages wrong.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";
/// A page of JSON is at most a hundred messages or calls.
const PAGE_BYTES: usize = 16 << 20;
const PAGE_ITEMS: &str = "limit=100";

/// The table of an address of the router.
pub fn table(path: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.path == path)
}

/// Around the handlers of a list's address: a read is answered as CSV where that was asked for.
pub async fn reads(
    State((app, table)): State<(App, &'static Table)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refused> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Ok(next.run(request).await);
    }
    let (format, query) = without_format(request.uri().query().unwrap_or_default());
    let csv = match format.as_deref() {
        Some("csv") => true,
        Some("json") => false,
        Some(_) => return Err(invalid("format", "There are `json` and `csv`.")),
        None => prefers_csv(request.headers()),
    };
    if format.is_some() {
        set_query(request.extensions_mut(), &query);
        *request.uri_mut() = with_query(request.uri(), &query);
    }
    let mut response =
        if csv { export(app, table, request, &query, next).await? } else { next.run(request).await };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// What is left to send.
struct Export {
    app: App,
    table: &'static Table,
    parts: Parts,
    next: Next,
    /// What every page is asked for, and the field of the next cursor.
    fixed: String,
    cursor: Option<String>,
    names: HashMap<String, String>,
}

async fn export(
    app: App,
    table: &'static Table,
    request: Request,
    query: &str,
    next: Next,
) -> Result<Response, Refused> {
    let (mut parts, _) = request.into_parts();
    if pairs(query).any(|(name, _)| name == "before") {
        return Err(invalid("before", "CSV runs from old to new: say `after`."));
    }
    let head = parts.method == Method::HEAD;
    parts.headers.remove(header::IF_NONE_MATCH);
    let cursor = pairs(query).find(|(name, _)| *name == "after").map(|(_, value)| value.to_owned());
    let kept = pairs(query).filter(|(name, _)| !["after", "limit"].contains(name));
    let mut fixed: Vec<String> = kept.map(|(name, value)| format!("{name}={value}")).collect();
    fixed.push(PAGE_ITEMS.into());
    let fixed = fixed.join("&");
    let cursor = cursor.map(|c| format!("after={c}")).or_else(|| Some(table.start.to_owned()));
    let mut export = Export { app, table, parts, next, fixed, cursor, names: HashMap::new() };
    // The first page decides whether there is a table at all.
    let first = match export.page(head).await {
        Ok(rows) => rows,
        Err(Stop::Refused(response)) => return Ok(response),
        Err(Stop::Broken) => return Err(refuse(Code::Internal, "The server's log has the cause.")),
    };
    let name = export.table.name;
    let first = BYTE_ORDER_MARK.to_owned() + &export.table.headings() + &first;
    let rest = stream::try_unfold(export, |mut export| async move {
        if export.cursor.is_none() {
            return Ok(None);
        }
        match export.page(false).await {
            Ok(rows) => Ok(Some((Bytes::from(rows), export))),
            // Half a table must not look whole.
            Err(_) => Err(std::io::Error::other("a page of the table was refused")),
        }
    });
    let begin = stream::iter([Ok::<_, std::io::Error>(Bytes::from(first))]);
    let body =
        if head { Body::empty() } else { Body::from_stream(futures_util::StreamExt::chain(begin, rest)) };
    let about = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
    ];
    Ok((about, body).into_response())
}

/// Why there is no page.
enum Stop {
    Refused(Response),
    Broken,
}

impl Export {
    /// The rows of the next page; moves the cursor.
    async fn page(&mut self, head: bool) -> Result<String, Stop> {
        let cursor = self.cursor.take().unwrap_or_default();
        let query = if cursor.is_empty() { self.fixed.clone() } else { format!("{}&{cursor}", self.fixed) };
        let mut parts = self.parts.clone();
        parts.uri = with_query(&parts.uri, &query);
        set_query(&mut parts.extensions, &query);
        let response = self.next.clone().run(Request::from_parts(parts, Body::empty())).await;
        if response.status() != StatusCode::OK {
            return Err(Stop::Refused(response));
        }
        if head {
            return Ok(String::new());
        }
        let bytes = to_bytes(response.into_body(), PAGE_BYTES).await.map_err(|_| Stop::Broken)?;
        let page: Value = serde_json::from_slice(&bytes).map_err(|_| Stop::Broken)?;
        self.cursor = page["next"].as_str().map(|next| format!("after={next}"));
        let mut rows = String::new();
        for item in page[self.table.items].as_array().into_iter().flatten() {
            let mut cells = Vec::new();
            for column in self.table.columns {
                cells.push(match column {
                    Field(name) => text(&item[name]),
                    Person(_, id) => self.name(&item[id]).await,
                });
            }
            rows += &line(cells.into_iter());
        }
        Ok(rows)
    }

    /// The name of a person; empty if there is none (any more).
    async fn name(&mut self, id: &Value) -> String {
        let Some(id) = id.as_str() else { return String::new() };
        if let Some(name) = self.names.get(id) {
            return name.clone();
        }
        let found = match id.parse::<UserId>() {
            Ok(user) => self.app.accounts.user(user).await.map(|user| user.username).unwrap_or_default(),
            Err(_) => String::new(),
        };
        self.names.insert(id.to_owned(), found.clone());
        found
    }
}

/// A value as a cell has it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// One line of RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe.
fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    cells.join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    // Some look past white space, and take the wide signs of East Asian keyboards, too.
    let formula =
        |c: char| matches!(c, '=' | '+' | '-' | '@' | '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}');
    let harmful = cell.trim_start().starts_with(formula) || cell.starts_with(['\t', '\r', '\n']);
    let guard = if harmful { "'" } else { "" };
    if harmful || cell.contains([',', '"', '\r', '\n', ';', '\t', '\'']) || cell.trim() != cell {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Whether CSV is named, and JSON (or anything) is not named as better.
fn prefers_csv(headers: &HeaderMap) -> bool {
    let (mut csv, mut json) = (0.0_f32, 0.0_f32);
    for value in headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
        for kind in value.split(',') {
            let mut parts = kind.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
            let weight = weight.unwrap_or(0.0);
            match name.as_str() {
                "text/csv" => csv = csv.max(weight),
                "application/json" => json = json.max(weight),
                _ => {}
            }
        }
    }
    csv > json
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The format that is asked for, and the rest of the query.
fn without_format(query: &str) -> (Option<String>, String) {
    let format = pairs(query).find(|(name, _)| *name == "format").map(|(_, value)| value.to_owned());
    let rest = query.split('&').filter(|pair| pair.split('=').next() != Some("format"));
    (format, rest.collect::<Vec<_>>().join("&"))
}

fn with_query(uri: &Uri, query: &str) -> Uri {
    let text = if query.is_empty() { uri.path().to_owned() } else { format!("{}?{query}", uri.path()) };
    let mut parts = uri.clone().into_parts();
    // Path and query were parts of an address before.
    parts.path_and_query = PathAndQuery::from_maybe_shared(Bytes::from(text)).ok().or(parts.path_and_query);
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// Handlers make the link to the next page from the address as it was asked for.
fn set_query(extensions: &mut axum::http::Extensions, query: &str) {
    if let Some(axum::extract::OriginalUri(uri)) = extensions.get_mut::<axum::extract::OriginalUri>() {
        *uri = with_query(uri, query);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were_and_none_is_a_formula() {
        for (cell, written) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "\"'=1+1\""),
            ("+49", "\"'+49\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("  =cmd|' /C calc'!A0", "\"'  =cmd|' /C calc'!A0\""),
            ("\t=1", "\"'\t=1\""),
            ("\u{FF1D}1", "\"'\u{FF1D}1\""),
            ("", ""),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }

    #[test]
    fn csv_is_chosen_by_name_and_weight() {
        let choice = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            prefers_csv(&headers)
        };
        assert!(
            choice("text/csv") && choice("TEXT/CSV, */*;q=0.1") && choice("application/json;q=0.5, text/csv")
        );
        assert!(!choice("*/*") && !choice("application/json, text/csv;q=0.9") && !choice("text/csv;q=0"));
        assert!(!choice("text/html,text/*") && !prefers_csv(&HeaderMap::new()));
    }

    #[test]
    fn the_format_leaves_the_query_and_the_rest_stays() {
        assert_eq!(without_format("a=1&format=csv&b=2"), (Some("csv".into()), "a=1&b=2".into()));
        assert_eq!(without_format("formats=1"), (None, "formats=1".into()));
        let uri: Uri = "/x?a=1".parse().unwrap();
        assert_eq!(with_query(&uri, ""), "/x");
        assert_eq!(with_query(&uri, "b=%20"), "/x?b=%20");
    }
}
