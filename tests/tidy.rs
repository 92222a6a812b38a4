//! Holds the house to its plan: who imports whom, how long files and functions are, what each file says of itself.
//! The rules stand in ARCHITECTURE.md; this test names the file and line that breaks one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// What everyone may import: records and arguments, no behaviour that could pull a room in.
const BASE: [&str; 10] =
    ["clock", "code", "config", "ids", "limit", "model", "peer", "private", "random", "site"];

/// Room → what it may import besides `BASE` and itself. A room that is not listed may import nothing more.
const MAY_IMPORT: [(&str, &[&str]); 17] = [
    ("policy", &[]),
    ("event", &[]),
    ("store", &[]),
    ("store/sqlite", &["store"]),
    ("store/mongo", &["store"]),
    ("store/open", &["store", "store/sqlite", "store/mongo"]),
    ("import", &["store"]),
    ("backup", &["files", "store", "store/sqlite"]),
    ("accounts", &["store", "event", "policy"]),
    ("chat", &["store", "event", "policy"]),
    ("files", &["store", "policy"]),
    ("calls", &["store", "event", "policy"]),
    ("network_test", &["event"]),
    ("socket", &["accounts", "calls", "chat", "event", "network_test", "policy"]),
    ("http", &["accounts", "calls", "chat", "event", "files", "policy"]),
    ("port", &[]),
    ("startup", &["accounts", "store", "store/open", "port"]),
];

/// Files that may import every room: the wiring.
const WIRING: [&str; 6] = ["lib", "main", "check", "console", "chores", "ready"];

/// Who may name the relay in `src/`.
const MAY_NAME_MEDIA: [&str; 7] =
    ["config", "calls/service", "network_test", "port", "startup/bind", "lib", "check"];

/// Longest file and function, in lines of code without the tests beside it.
const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;

/// Functions that may be longer: exhaustive matches and declarative tables, each with its reason.
const LONG_FUNCTIONS: [(&str, &str); 0] = [];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(under: &str) -> Vec<PathBuf> {
    fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                if entry.file_name().is_some_and(|n| n != "node_modules") {
                    walk(&entry, into);
                }
            } else if entry.extension().is_some_and(|x| x == "rs") {
                into.push(entry);
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join(under), &mut files);
    files.sort();
    files
}

fn is_test(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|a| match &a.meta {
        syn::Meta::List(list) if a.path().is_ident("cfg") => list.tokens.to_string().contains("test"),
        _ => a.path().is_ident("test"),
    })
}

/// Module path of a file below `src`: `src/store/sqlite/mod.rs` → ["store", "sqlite"].
fn module_of(file: &Path, src: &Path) -> Vec<String> {
    let relative = file.strip_prefix(src).unwrap().with_extension("");
    let mut parts: Vec<String> =
        relative.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|p| p == "mod") {
        parts.pop();
    }
    parts
}

/// Everything a file names by path, made absolute within the crate, and where its functions stand.
#[derive(Default)]
struct Reader {
    module: Vec<String>,
    /// Absolute paths within the crate (`crate::` or through `super::`), with the line.
    inner: Vec<(Vec<String>, usize)>,
    /// Paths into other crates, or relative ones.
    outer: BTreeSet<Vec<String>>,
    functions: Vec<(String, usize, usize)>,
    test_lines: BTreeSet<usize>,
}

impl Reader {
    fn read(file: &Path, module: Vec<String>) -> (Self, String) {
        let text = fs::read_to_string(file).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let mut reader = Self { module, ..Self::default() };
        reader.visit_file(&parsed);
        (reader, text)
    }

    fn names(&self, krate: &str) -> bool {
        self.outer.iter().any(|path| path[0] == krate)
    }

    fn path(&mut self, segments: Vec<String>, line: usize) {
        let ups = segments.iter().take_while(|s| *s == "super").count();
        if ups > 0 {
            let keep = self.module.len().saturating_sub(ups);
            let absolute = self.module[..keep].iter().chain(&segments[ups..]).cloned().collect();
            self.inner.push((absolute, line));
        } else if segments[0] == "crate" {
            self.inner.push((segments[1..].to_vec(), line));
        } else {
            self.outer.insert(segments);
        }
    }

    fn use_tree(&mut self, tree: &syn::UseTree, prefix: &[String]) {
        let mut here = prefix.to_vec();
        match tree {
            syn::UseTree::Path(p) => {
                here.push(p.ident.to_string());
                self.use_tree(&p.tree, &here);
            }
            syn::UseTree::Group(g) => g.items.iter().for_each(|t| self.use_tree(t, prefix)),
            syn::UseTree::Name(n) => {
                here.push(n.ident.to_string());
                self.path(here, n.span().start().line);
            }
            syn::UseTree::Rename(r) => {
                here.push(r.ident.to_string());
                self.path(here, r.span().start().line);
            }
            syn::UseTree::Glob(g) => self.path(here, g.span().start().line),
        }
    }

    fn function(&mut self, name: &syn::Ident, block: &syn::Block) {
        let span = block.span();
        self.functions.push((name.to_string(), span.start().line, span.end().line));
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attrs = match item {
            syn::Item::Mod(i) => &i.attrs[..],
            syn::Item::Fn(i) => &i.attrs,
            syn::Item::Impl(i) => &i.attrs,
            syn::Item::Use(i) => &i.attrs,
            syn::Item::Struct(i) => &i.attrs,
            _ => &[],
        };
        if is_test(attrs) {
            let span = item.span();
            self.test_lines.extend(span.start().line..=span.end().line);
        } else {
            visit::visit_item(self, item);
        }
    }
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&item.tree, &[]);
    }
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let segments = path.segments.iter().map(|s| s.ident.to_string()).collect();
            self.path(segments, path.span().start().line);
        }
        visit::visit_path(self, path);
    }
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig.ident, &item.block);
        visit::visit_item_fn(self, item);
    }
    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }
}

/// The room that a module path lies in: the first segment, but the store's engines are rooms of their own.
fn room(path: &[String]) -> String {
    match path {
        [first, second, ..] if first == "store" && ["sqlite", "mongo", "open"].contains(&second.as_str()) => {
            format!("store/{second}")
        }
        [first, ..] => first.clone(),
        [] => "lib".to_owned(),
    }
}

/// Lines that hold code: not blank, not a comment, not part of a test.
fn code_lines(text: &str, tests: &BTreeSet<usize>, from: usize, to: usize) -> usize {
    let is_code = |(n, line): &(usize, &str)| {
        (from..=to).contains(n) && !tests.contains(n) && !line.is_empty() && !line.starts_with("//")
    };
    text.lines().enumerate().map(|(i, line)| (i + 1, line.trim())).filter(is_code).count()
}

fn no_faults(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn rooms_import_only_what_they_may() {
    let src = root().join("src");
    let rooms: BTreeMap<_, _> = MAY_IMPORT.into_iter().collect();
    let mut faults = Vec::new();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in rust_files("src") {
        let (read, _) = Reader::read(&file, module_of(&file, &src));
        let here = room(&read.module);
        if WIRING.contains(&here.as_str()) {
            continue;
        }
        for (path, line) in &read.inner {
            let there = room(path);
            if there == here || path.is_empty() {
                continue;
            }
            arrows.entry(here.clone()).or_default().insert(there.clone());
            let named = rooms.get(here.as_str()).is_some_and(|may| may.contains(&there.as_str()));
            if !named && !BASE.contains(&there.as_str()) {
                faults.push(format!("{}:{line}: {here} may not import {there}", file.display()));
            }
        }
        let may_name = MAY_NAME_MEDIA.iter().any(|m| read.module.join("/").starts_with(m));
        if read.names("charla_media") && !may_name {
            faults.push(format!("{}: {here} may not name the relay", file.display()));
        }
    }
    for (a, to) in &arrows {
        let back = to.iter().find(|b| arrows.get(*b).is_some_and(|back| back.contains(a)));
        faults.extend(back.map(|b| format!("a circle: {a} ⇄ {b}")));
    }
    no_faults(&faults);
}

#[test]
fn the_relay_knows_nothing_of_the_server() {
    let src = root().join("media/src");
    let mut faults = Vec::new();
    for file in rust_files("media/src") {
        let (read, _) = Reader::read(&file, module_of(&file, &src));
        let name = read.module.join("/");
        for foreign in ["charla", "tokio", "mongodb", "socketioxide", "axum"] {
            if read.names(foreign) {
                faults.push(format!("{}: names {foreign}", file.display()));
            }
        }
        for owner in ["dtls", "srtp"] {
            let names = read.outer.iter().any(|u| u[0] == "rtc" && u.get(1).is_some_and(|s| s == owner));
            if names && name != owner && !name.starts_with("testing") {
                faults.push(format!("{}: only {owner}.rs may name rtc::{owner}", file.display()));
            }
        }
    }
    no_faults(&faults);
}

#[test]
fn files_and_functions_stay_short() {
    let mut faults = Vec::new();
    for base in ["src", "media/src"] {
        for file in rust_files(base) {
            if file.file_stem().is_some_and(|s| s == "tests" || s == "testing" || s == "proptests") {
                continue;
            }
            let (read, text) = Reader::read(&file, module_of(&file, &root().join(base)));
            let lines = code_lines(&text, &read.test_lines, 1, usize::MAX);
            if lines > FILE_LINES {
                faults.push(format!("{}: {lines} lines of code (at most {FILE_LINES})", file.display()));
            }
            for (name, from, to) in &read.functions {
                let long = code_lines(&text, &read.test_lines, *from, *to);
                let exempt = LONG_FUNCTIONS.iter().any(|(known, _)| known == name);
                if long > FUNCTION_LINES && !exempt {
                    faults.push(format!("{}:{from}: fn {name} has {long} lines", file.display()));
                }
            }
        }
    }
    no_faults(&faults);
}

#[test]
fn every_file_says_what_it_owns() {
    let mut faults = Vec::new();
    for file in ["src", "media/src", "tests"].into_iter().flat_map(rust_files) {
        let text = fs::read_to_string(&file).unwrap();
        if !text.starts_with("//!") {
            faults.push(format!("{}: does not open with a //! doc", file.display()));
        }
        for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ign", "ore")] {
            if text.contains(mark) {
                faults.push(format!("{}: holds a {mark}", file.display()));
            }
        }
    }
    no_faults(&faults);
}

#[test]
fn the_code_map_names_every_room() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut faults = Vec::new();
    for base in ["src", "media/src"] {
        for entry in fs::read_dir(root().join(base)).unwrap().map(|e| e.unwrap().path()) {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            let shown = if entry.is_dir() { format!("{name}/") } else { name };
            if !map.contains(&format!("`{shown}`")) {
                faults.push(format!("ARCHITECTURE.md's code map does not name `{shown}` of {base}"));
            }
        }
    }
    no_faults(&faults);
}
