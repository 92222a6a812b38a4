//! PROTOCOL.md and the code say the same: every event both ways, and every code of a refusal.

use std::collections::BTreeSet;

use charla::code::Code;
use charla::socket::protocol::{ClientEvent, ServerEvent};

fn document() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/PROTOCOL.md")).unwrap()
}

/// The first words of the lines of the fenced block under a heading.
fn names_under(document: &str, heading: &str) -> BTreeSet<String> {
    let section = document.split_once(heading).unwrap_or_else(|| panic!("no heading {heading}")).1;
    let block = section.split("```").nth(1).unwrap();
    block
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|line| line.split_whitespace().next().unwrap().into())
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).into()).collect()
}

#[test]
fn every_event_is_in_the_document_and_no_other() {
    let document = document();
    assert_eq!(names_under(&document, "### From the client\n"), set(ClientEvent::NAMES));
    assert_eq!(names_under(&document, "### From the server\n"), set(ServerEvent::NAMES));
}

#[test]
fn every_code_is_in_the_document_and_no_other() {
    let document = document();
    let table =
        document.split_once("| code | status | when |").unwrap().1.split("\n\n").next().unwrap().to_owned();
    let written: BTreeSet<String> = table
        .lines()
        .filter_map(|row| row.strip_prefix("| `"))
        .map(|row| row.split('`').next().unwrap().into())
        .collect();
    assert_eq!(written, set(&Code::ALL.map(Code::as_str)));
}
