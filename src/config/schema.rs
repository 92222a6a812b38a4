//! The tables and keys there are, as told by the defaults themselves, and an example for each.

use toml::{Table, Value};

use super::Config;
use super::fault::meant;

/// The names and defaults of all keys.
pub struct Schema(Table);

impl Schema {
    pub fn new() -> Self {
        Self(Table::try_from(Config::default()).expect("the defaults are plain values"))
    }
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
    pub fn keys(&self, table: &str) -> impl Iterator<Item = &str> {
        self.table(table).into_iter().flat_map(|t| t.keys().map(String::as_str))
    }
    pub fn default(&self, table: &str, key: &str) -> Option<&Value> {
        self.table(table)?.get(key)
    }
    fn table(&self, table: &str) -> Option<&Table> {
        self.0.get(table)?.as_table()
    }

    /// What to write instead of a table that does not exist.
    pub fn advise_table(&self, name: &str) -> String {
        if let Some(home) = self.home_of(name) {
            return format!("`{name}` belongs under [{home}]");
        }
        match meant(name, self.tables()) {
            Some(known) => format!("Did you mean `[{known}]`?"),
            None => format!("The tables are {}", list(self.tables())),
        }
    }

    /// What to write instead of a key that a table does not have.
    pub fn advise_key(&self, table: &str, key: &str) -> String {
        if let Some(known) = meant(key, self.keys(table)) {
            return format!("Did you mean `{known}`?");
        }
        match self.home_of(key) {
            Some(home) => format!("`{key}` belongs under [{home}]"),
            None => format!("The keys of [{table}] are {}", list(self.keys(table))),
        }
    }

    /// An example of a key and its value.
    pub fn example(&self, table: &str, key: &str) -> String {
        let value = match key {
            "public_name" => r#""chat.example.org""#.into(),
            "hosts" => r#"["chat.example.org", "192.0.2.7"]"#.into(),
            "trusted_proxies" => r#"["127.0.0.1", "10.0.0.0/8"]"#.into(),
            "types" => r#"["image/*", "audio/*", "application/pdf"]"#.into(),
            "public_ip" => r#"["203.0.113.7"]"#.into(),
            "cert" => r#""/etc/charla/fullchain.pem""#.into(),
            "key" => r#""/etc/charla/privkey.pem""#.into(),
            "url_file" => r#""/etc/charla/storage-url""#.into(),
            _ => self.default(table, key).map(Value::to_string).unwrap_or_default(),
        };
        format!("Write for example: {key} = {value}")
    }

    fn home_of(&self, key: &str) -> Option<&str> {
        self.tables().find(|table| self.keys(table).any(|known| known == key))
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
