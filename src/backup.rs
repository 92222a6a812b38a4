//! `charla backup` and `charla restore`: the data directory, the database in it and the certificates as one directory that
//! says what belongs in it. While the server runs or not. Knows files; what is in the database is the store's.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::clock::Timestamp;
use crate::config::{Config, Engine};
use crate::private::{self, PrivateError};
use crate::store::{StoreError, sqlite};

const DATABASE: &str = "charla.db";
const MANIFEST: &str = "backup.json";
/// Of this run of a server, or of the database, which is copied by itself.
const LEFT_OUT: [&str; 5] = ["lock", "owner-link.txt", "charla.db", "charla.db-wal", "charla.db-shm"];

/// Why there is no backup, or nothing was restored. The sentence says what to do.
#[derive(Debug, Error)]
pub enum BackupError {
    #[error("{} is there already. Name a directory that is not", .0.display())]
    Exists(PathBuf),
    #[error("{} is missing: there is nothing to back up. Is it the right configuration?", .0.display())]
    NoData(PathBuf),
    #[error("{} is no backup: it has no {MANIFEST} that can be read", .0.display())]
    NoBackup(PathBuf),
    #[error("{} is not what was backed up: it is missing or was changed. Use another backup", .0.display())]
    Damaged(PathBuf),
    #[error("{} is not empty. Stop the server and move it away; nothing is ever overwritten", .0.display())]
    NotEmpty(PathBuf),
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
pub struct Manifest {
    pub version: String,
    pub created_at: Timestamp,
    /// Whether the database is in it; MongoDB has its own ways.
    pub database: bool,
    /// Each file's SHA-256, by its place in the backup.
    pub files: BTreeMap<String, String>,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |source| BackupError::Io { path: path.to_owned(), source }
}

/// Backs up into the directory `to`, which appears whole or not at all.
///
/// # Errors
/// What kept it from being whole.
pub fn backup(config: &Config, to: &Path, now: Timestamp) -> Result<Manifest> {
    let data = &config.server.data_dir;
    if !data.is_dir() {
        return Err(BackupError::NoData(data.clone()));
    }
    if to.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    // Left by one that was cut off.
    if part.is_dir() {
        fs::remove_dir_all(&part).map_err(failed(&part))?;
    }
    private::directory(&part)?;
    let made = fill(config, &part, now);
    let done = made.and_then(|manifest| fs::rename(&part, to).map_err(failed(to)).map(|()| manifest));
    if done.is_err() {
        drop(fs::remove_dir_all(&part));
    }
    done
}

fn fill(config: &Config, part: &Path, now: Timestamp) -> Result<Manifest> {
    let mut files = BTreeMap::new();
    let database = config.storage.url.engine() == Some(Engine::Sqlite);
    private::directory(&part.join("data"))?;
    if database {
        // First, so that every file that a row names is still to be copied.
        let copy = part.join("data").join(DATABASE);
        private::write(&copy, b"")?;
        sqlite::snapshot::snapshot(&config.data(DATABASE), &copy)?;
        fs::File::open(&copy).and_then(|file| file.sync_all()).map_err(failed(&copy))?;
        files.insert(format!("data/{DATABASE}"), digest(&copy)?);
    }
    for (root, name) in [(&config.server.data_dir, "data"), (&config.tls.dir, "certs")] {
        for relative in below(root)? {
            if name == "data" && LEFT_OUT.iter().any(|out| relative == Path::new(out)) {
                continue;
            }
            let to = part.join(name).join(&relative);
            if copy(&root.join(&relative), &to)? {
                files.insert(format!("{name}/{}", relative.display()), digest(&to)?);
            }
        }
    }
    let manifest = Manifest { version: env!("CARGO_PKG_VERSION").into(), created_at: now, database, files };
    let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    private::write(&part.join(MANIFEST), &text)?;
    Ok(manifest)
}

/// Restores a backup into the data directory and the directory of certificates of a configuration, which must be empty.
///
/// # Errors
/// What is wrong with the backup or with the place; nothing was changed then, unless the disk failed on the way.
pub fn restore(config: &Config, from: &Path) -> Result<Manifest> {
    let no_backup = || BackupError::NoBackup(from.to_owned());
    let text = fs::read(from.join(MANIFEST)).map_err(|_| no_backup())?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| no_backup())?;
    let mut plan = Vec::new();
    for (name, sha256) in &manifest.files {
        let file = from.join(name);
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside || digest(&file).ok().as_ref() != Some(sha256) {
            return Err(BackupError::Damaged(file));
        }
        let (root, relative) = name.split_once('/').ok_or_else(no_backup)?;
        let root = match root {
            "data" => &config.server.data_dir,
            "certs" => &config.tls.dir,
            _ => return Err(no_backup()),
        };
        plan.push((file, root.join(relative)));
    }
    if !below(&config.server.data_dir)?.is_empty() {
        return Err(BackupError::NotEmpty(config.server.data_dir.clone()));
    }
    if plan.iter().any(|(_, to)| to.symlink_metadata().is_ok()) {
        return Err(BackupError::NotEmpty(config.tls.dir.clone()));
    }
    private::directory(&config.server.data_dir)?;
    // The database last: while it is missing, a restore that was cut off does not look whole.
    plan.sort_by_key(|(_, to)| to.file_name().is_some_and(|name| name == DATABASE));
    for (file, to) in plan {
        copy(&file, &to)?;
    }
    Ok(manifest)
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

/// Copies a file for its owner alone. False if it went away meanwhile.
fn copy(from: &Path, to: &Path) -> Result<bool> {
    let mut source = match fs::File::open(from) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        source => source.map_err(failed(from))?,
    };
    if let Some(dir) = to.parent() {
        private::make_directory(dir)?;
    }
    let mut target =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed(to))?;
    io::copy(&mut source, &mut target).map_err(failed(to))?;
    target.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed(to))?;
    target.sync_all().map_err(failed(to))?;
    Ok(true)
}

fn digest(path: &Path) -> Result<String> {
    let mut sha256 = Sha256::new();
    let mut file = fs::File::open(path).map_err(failed(path))?;
    let mut part = vec![0; 64 * 1024];
    loop {
        match io::Read::read(&mut file, &mut part).map_err(failed(path))? {
            0 => break,
            n => sha256.update(&part[..n]),
        }
    }
    Ok(sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
