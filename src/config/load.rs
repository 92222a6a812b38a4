//! From a file and the environment to a `Config`, or to faults that say where and what to write.
//! `parse` and `apply_env` are pure; `load` reads the files.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::de::{DeString, DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::fault::{Fault, Faults, Place, meant};
use super::schema::Schema;
use super::{Config, StoreUrl, rules};

/// No configuration is longer.
const FILE_LIMIT: u64 = 1 << 20;
const PREFIX: &str = "CHARLA__";

/// A checked configuration and where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// The file that was read, if one was.
    pub file: Option<PathBuf>,
    /// What works but deserves a second look.
    pub doubts: Vec<String>,
}

/// Where each key that somebody set was set: `table.key` → place.
pub type Origins = HashMap<String, Place>;

/// Reads `file`, else `./config.toml` if there is one, then the environment, then checks it all.
/// Relative paths are taken as relative to the file, or to `here` if there is none.
pub fn load(
    file: Option<&Path>,
    here: &Path,
    env: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Loaded, Faults> {
    let fallback = here.join("config.toml");
    let file = match file {
        Some(file) => Some(here.join(file)),
        None => fallback.exists().then_some(fallback),
    };
    let mut origins = Origins::new();
    let mut config = match &file {
        Some(path) => parse(&shown(path, here), &read(path, here)?, &mut origins)?,
        None => Config::default(),
    };
    config = apply_env(config, env, &mut origins)?;
    let base = file.as_deref().and_then(Path::parent).unwrap_or(here);
    config.resolve_paths(base);
    read_secrets(&mut config, &origins)?;
    let doubts = rules::check(&config, &origins)?;
    Ok(Loaded { config, file, doubts })
}

/// A path as the operator would write it.
fn shown(path: &Path, here: &Path) -> PathBuf {
    path.strip_prefix(here).unwrap_or(path).to_owned()
}

fn read(path: &Path, here: &Path) -> Result<String, Faults> {
    let name = shown(path, here);
    let fault = |what: String, write: &str| {
        Faults::from(Fault {
            place: Place::File { file: name.clone(), line: 1, column: 1 },
            what,
            write: write.into(),
        })
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(FILE_LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|e| fault(format!("cannot be read: {e}"), "Give a file that exists with --config FILE"))?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(fault("is longer than 1 MB".into(), "This is not a configuration of Charla"));
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Faults::from(Fault {
            place: Place::in_text(&name, e.as_bytes(), at),
            what: "the file is not UTF-8 text from here on".into(),
            write: "Save it as UTF-8".into(),
        })
    })
}

/// Reads the text of a configuration; `file` is its name in faults.
pub fn parse(file: &Path, text: &str, origins: &mut Origins) -> Result<Config, Faults> {
    let schema = Schema::new();
    let table = DeTable::parse(text).map_err(|e| {
        Faults::from(Fault {
            place: Place::of_span(file, text, e.span()),
            what: format!("this is not TOML: {}", one_line(e.message())),
            write: "Write `key = value` under a [table]; texts in \"quotes\", lists in [brackets]".into(),
        })
    })?;
    let leaves = walk(file, text, table.get_ref(), &schema)?;
    let config = Config::deserialize(toml::Deserializer::from(table)).map_err(|e| {
        let place = Place::of_span(file, text, e.span());
        let leaf = e.span().and_then(|span| leaves.iter().find(|leaf| leaf.holds(span.start)));
        let (what, write) = match leaf {
            Some(leaf) => (
                format!("{}.{}: {}", leaf.table, leaf.key, plain(e.message())),
                schema.example(&leaf.table, &leaf.key),
            ),
            None => (plain(e.message()), "Compare it with the commented config.toml".into()),
        };
        Faults::from(Fault { place, what, write })
    })?;
    for leaf in leaves {
        origins.insert(
            format!("{}.{}", leaf.table, leaf.key),
            Place::in_text(file, text.as_bytes(), leaf.start),
        );
    }
    Ok(config)
}

/// One `key = value`, and the bytes it spans.
struct Leaf {
    table: String,
    key: String,
    start: usize,
    end: usize,
}

impl Leaf {
    fn holds(&self, byte: usize) -> bool {
        (self.start..=self.end).contains(&byte)
    }
}

/// Lists the keys of a file; faults for every table and key that does not exist.
fn walk(file: &Path, text: &str, root: &DeTable<'_>, schema: &Schema) -> Result<Vec<Leaf>, Faults> {
    let mut leaves = Vec::new();
    let mut faults = Vec::new();
    let mut fault = |at: &Spanned<DeString<'_>>, what: String, write: String| {
        faults.push(Fault { place: Place::of_span(file, text, Some(at.span())), what, write });
    };
    for (name, value) in root {
        let table = name.get_ref().as_ref();
        if !schema.tables().any(|known| known == table) {
            fault(name, format!("there is no table or key `{table}` here"), schema.advise_table(table));
            continue;
        }
        let DeValue::Table(keys) = value.get_ref() else {
            fault(name, format!("`{table}` is a table"), format!("Write [{table}] on a line of its own"));
            continue;
        };
        for (name, value) in keys {
            let key = name.get_ref().as_ref();
            if schema.default(table, key).is_none() {
                fault(name, format!("[{table}] has no key `{key}`"), schema.advise_key(table, key));
                continue;
            }
            leaves.push(Leaf {
                table: table.into(),
                key: key.into(),
                start: name.span().start,
                end: value.span().end,
            });
        }
    }
    faults.sort_by_key(|f| match f.place {
        Place::File { line, column, .. } => (line, column),
        Place::Env(_) | Place::Default => (0, 0),
    });
    if faults.is_empty() { Ok(leaves) } else { Err(Faults(faults)) }
}

/// Puts `CHARLA__TABLE__KEY` over what the file says. Lists may be separated by commas.
pub fn apply_env(
    config: Config,
    env: impl IntoIterator<Item = (OsString, OsString)>,
    origins: &mut Origins,
) -> Result<Config, Faults> {
    let schema = Schema::new();
    let mut table = Table::try_from(&config).expect("a configuration is plain values");
    let mut config = config;
    let mut faults = Vec::new();
    let mut vars: Vec<_> =
        env.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
    vars.sort();
    for (name, value) in vars {
        let mut fault = |what: String, write: String| {
            faults.push(Fault { place: Place::Env(name.clone()), what, write });
        };
        let Some((section, key)) = (match split_name(&name, &schema) {
            Ok(found) => found,
            Err((what, write)) => {
                fault(what, write);
                continue;
            }
        }) else {
            continue;
        };
        let Ok(value) = value.into_string() else {
            fault("its value is not UTF-8 text".into(), env_example(&schema, &name, &section, &key));
            continue;
        };
        let outcome = convert(&value, schema.default(&section, &key)).and_then(|value| {
            let mut changed = table.clone();
            changed.get_mut(&section)?.as_table_mut()?.insert(key.clone(), value);
            Some(changed)
        });
        let parsed = outcome.ok_or_else(|| "it has the wrong form".to_owned()).and_then(|changed| {
            let config = Config::deserialize(changed.clone()).map_err(|e| plain(e.message()))?;
            Ok((changed, config))
        });
        match parsed {
            Ok((changed, parsed)) => {
                (table, config) = (changed, parsed);
                origins.insert(format!("{section}.{key}"), Place::Env(name));
            }
            Err(what) => fault(what, env_example(&schema, &name, &section, &key)),
        }
    }
    if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
}

/// Table and key that a variable names; `None` if it is not for us.
fn split_name(name: &str, schema: &Schema) -> Result<Option<(String, String)>, (String, String)> {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        // A single underscore is the likeliest slip: CHARLA_MEDIA_PUBLIC_IP.
        let lower = name.strip_prefix("CHARLA_").unwrap_or_default().to_lowercase();
        let slip = schema.tables().find_map(|table| {
            let key = lower.strip_prefix(table)?.trim_start_matches('_');
            schema.default(table, key).map(|_| format!("{PREFIX}{table}__{key}").to_uppercase())
        });
        return match slip {
            Some(right) => Err(("this name is not read".into(), format!("Did you mean {right}?"))),
            None => Ok(None),
        };
    };
    let lower = rest.to_lowercase();
    let (table, key) = lower.split_once("__").unwrap_or((&lower, ""));
    if !schema.tables().any(|known| known == table) {
        let advice = match meant(table, schema.tables()) {
            Some(known) => format!("Did you mean {}?", format!("{PREFIX}{known}__{key}").to_uppercase()),
            None => schema.advise_table(table),
        };
        return Err((format!("there is no table `{table}`"), advice));
    }
    if schema.default(table, key).is_none() {
        let advice = match meant(key, schema.keys(table)) {
            Some(known) => format!("Did you mean {}?", format!("{PREFIX}{table}__{known}").to_uppercase()),
            None => schema.advise_key(table, key),
        };
        return Err((format!("[{table}] has no key `{key}`"), advice));
    }
    Ok(Some((table.to_owned(), key.to_owned())))
}

/// The text of a variable as a value of the kind that the default has.
fn convert(text: &str, like: Option<&Value>) -> Option<Value> {
    Some(match like? {
        Value::Integer(_) => Value::Integer(text.trim().parse().ok()?),
        Value::Array(_) if text.trim_start().starts_with('[') => {
            toml::from_str::<Table>(&format!("list = {text}")).ok()?.remove("list")?
        }
        Value::Array(_) => Value::Array(
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect(),
        ),
        _ => Value::String(text.into()),
    })
}

fn env_example(schema: &Schema, name: &str, table: &str, key: &str) -> String {
    let example = schema.example(table, key);
    let value = example.split_once(" = ").map_or("", |(_, value)| value);
    let bare = value.trim_matches(|c| "[]\"".contains(c)).replace("\", \"", ",");
    format!("Write for example: {name}={bare}")
}

/// Takes the place of secrets that stand in files of their own.
fn read_secrets(config: &mut Config, origins: &Origins) -> Result<(), Faults> {
    let path = &config.storage.url_file;
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let place = |key: &str| origins.get(key).cloned().unwrap_or(Place::Default);
    if origins.contains_key("storage.url") {
        return Err(Faults::from(Fault {
            place: place("storage.url"),
            what: "storage.url and storage.url_file are both set".into(),
            write: "Keep one of them".into(),
        }));
    }
    let mode = std::fs::metadata(path)
        .map_or(0, |meta| std::os::unix::fs::PermissionsExt::mode(&meta.permissions()));
    if mode & 0o007 != 0 {
        return Err(Faults::from(Fault {
            place: place("storage.url_file"),
            what: format!("storage.url_file: others can read {} (mode {:o})", path.display(), mode & 0o777),
            write: format!("Run: chmod 600 {}", path.display()),
        }));
    }
    let text = std::fs::read_to_string(path).map_err(|e| Fault {
        place: place("storage.url_file"),
        what: format!("storage.url_file: {} cannot be read: {e}", path.display()),
        write: "Write the URL of the database into that file".into(),
    })?;
    config.storage.url = StoreUrl(text.trim().to_owned());
    Ok(())
}

/// A message of serde in the words of an operator.
fn plain(message: &str) -> String {
    one_line(message)
        .replace("expected a sequence", "expected a list")
        .replace("invalid type: sequence", "invalid type: list")
        .replace("expected u32", "expected a whole number")
        .replace("expected usize", "expected a whole number")
        .replace("expected path string", "expected a text")
        .replace("expected a string", "expected a text")
        .replace("expected socket address", "expected an address with a port")
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
