//! `charla backup` and `charla restore`: the data directory, the database in it and the certificates as one file, a tar
//! compressed with zstd, that says what belongs in it. While the server runs or not. Knows files; what is in the database
//! is the store's.
//!
//! First comes `charla-backup.json`, which says what this is; last `SHA256SUMS`, without which a file is no whole backup.
//! Whoever has no Charla at hand reads one with `tar --zstd -x` and `sha256sum -c`.

mod pack;
mod unpack;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::clock::Timestamp;
use crate::private::PrivateError;
use crate::store::StoreError;

pub use pack::backup;
pub use unpack::restore;

const DATABASE: &str = "charla.db";
const ABOUT: &str = "charla-backup.json";
const SUMS: &str = "SHA256SUMS";
/// The directories in a backup, and the first steps of the names in it.
const DATA: &str = "data";
const CERTS: &str = "certs";
/// How a backup is put together. A higher one is of a newer Charla.
const LAYOUT: usize = 1;

/// Why there is no backup, or nothing was restored. The sentence says what to do.
#[derive(Debug, Error)]
pub enum BackupError {
    #[error("{} is there already. Name a file that is not", .0.display())]
    Exists(PathBuf),
    #[error("{} is missing: there is nothing to back up. Is it the right configuration?", .0.display())]
    NoData(PathBuf),
    #[error("{} is no backup of Charla", .0.display())]
    NoBackup(PathBuf),
    #[error("{} is damaged or was cut off ({what}). Use another backup; nothing was restored", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error(
        "{} was made by Charla {version}, whose format {format} this version does not know: it knows up to {known}. \
         Restore it with that version or a newer one",
        path.display()
    )]
    Newer { path: PathBuf, version: String, format: usize, known: usize },
    #[error(
        "{} holds a SQLite database, but storage.url names MongoDB, which would not see it. Restore it with \
         storage.url = \"sqlite\"",
        .0.display()
    )]
    NotForMongo(PathBuf),
    #[error(
        "{} holds no database: it was made with MongoDB. Set storage.url to the MongoDB that mongorestore filled",
        .0.display()
    )]
    NoDatabase(PathBuf),
    #[error("{} is not empty. Stop the server and move it away; nothing is ever overwritten", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} changed its size while it was read. Try again", .0.display())]
    Changed(PathBuf),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Private(#[from] PrivateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, BackupError>;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    layout: usize,
    /// Of the Charla that made it.
    pub version: String,
    pub created_at: Timestamp,
    /// The format of the database in it; none with MongoDB, which has its own ways.
    pub format: Option<usize>,
}

/// What was backed up or restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub about: About,
    pub files: usize,
    /// The database is of an older format than this version writes: the next start brings it up to date.
    pub older: bool,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |source| BackupError::Io { path: path.to_owned(), source }
}

/// `path` with `suffix` after its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The files below a directory, relative to it; none if it is not there. Links are no files.
fn below(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(place) = waiting.pop() {
        let dir = root.join(&place);
        let entries = match fs::read_dir(&dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(failed(&dir))?,
        };
        for entry in entries {
            let entry = entry.map_err(failed(&dir))?;
            let kind = entry.file_type().map_err(failed(&entry.path()))?;
            let relative = place.join(entry.file_name());
            if kind.is_dir() {
                waiting.push(relative);
            } else if kind.is_file() {
                found.push(relative);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn hex(sum: &[u8]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}
