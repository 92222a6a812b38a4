//! The database file: made atomically, checked before use, migrated in numbered steps. Never resets what it finds.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::meaning;
use crate::store::{Opening, Result, StoreError};

/// "Chrl": marks a file as ours.
const APPLICATION: i64 = 0x4368_726c;
/// Step n takes a database from version n to n + 1. None is ever changed once it was released.
const STEPS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("timelines.sql"),
    include_str!("groups.sql"),
    include_str!("edits.sql"),
    include_str!("people.sql"),
    include_str!("files.sql"),
    include_str!("search.sql"),
    include_str!("looks.sql"),
    include_str!("missed.sql"),
    include_str!("indexing.sql"),
];
/// The format that this version writes.
pub(super) const NEWEST: usize = STEPS.len();
/// Files up to this size are checked page by page at every start; beyond it that would take too long.
const CHECKED_BYTES: u64 = 64 << 20;
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

/// Makes the database if there is none, else checks that it is ours and whole, and brings it up to date or refuses it.
pub(super) fn prepare(path: &Path, opening: Opening) -> Result<()> {
    prepare_with(path, STEPS, opening)
}

fn prepare_with(path: &Path, steps: &[&str], opening: Opening) -> Result<()> {
    if !path.try_exists().map_err(|e| unreadable(path, &e))? {
        create(path, steps)?;
    }
    let meta = fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    let name = path.display();
    if !meta.is_file() {
        return Err(StoreError::Unusable(format!("{name} is no file")));
    }
    if meta.permissions().mode() & 0o077 != 0 {
        let why = format!("{name} may be opened by other users of this machine; run: chmod 600 {name}");
        return Err(StoreError::Unusable(why));
    }
    if meta.len() == 0 {
        let why = format!(
            "{name} is empty, which a database never is; restore it from a backup, or move it away to start afresh"
        );
        return Err(StoreError::Unusable(why));
    }
    look(path)?;
    let mut conn = connect(path).map_err(|e| damaged(path, &e))?;
    let format = identify(&conn, path, steps.len())?;
    if opening == Opening::Beside && format < steps.len() {
        return Err(older(path, format, steps.len()));
    }
    if meta.len() <= CHECKED_BYTES {
        check(&conn, path)?;
    }
    migrate(&mut conn, path, steps)
}

/// A connection with the settings that durability and speed rest on.
pub(super) fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "cache_size", -16 * 1024)?;
    conn.set_prepared_statement_cache_capacity(96);
    Ok(conn)
}

/// Builds the database beside `path` and links it into place, so that a crash leaves either none or a whole one.
fn create(path: &Path, steps: &[&str]) -> Result<()> {
    let log = beside(path, "-wal");
    if log.exists() {
        let why = format!(
            "{} is missing, but its log {} is there; restore both, or move the log away to start afresh",
            path.display(),
            log.display()
        );
        return Err(StoreError::Unusable(why));
    }
    let made = beside(path, &format!(".new-{}-{:?}", std::process::id(), std::thread::current().id()));
    let done = build(&made, steps).and_then(|()| match fs::hard_link(&made, path) {
        // Another process was quicker: its database is as good.
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(|e| unreadable(path, &e)),
    });
    drop(fs::remove_file(&made));
    done?;
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(dir).and_then(|d| d.sync_all()).map_err(|e| unreadable(dir, &e))
}

fn build(made: &Path, steps: &[&str]) -> Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(made)
        .map_err(|e| unreadable(made, &e))?;
    file.flush().map_err(|e| unreadable(made, &e))?;
    let mut conn = connect(made)?;
    conn.pragma_update(None, "application_id", APPLICATION)?;
    migrate(&mut conn, made, steps)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0))?;
    conn.close().map_err(|(_, e)| StoreError::from(e))?;
    if mode != "wal" {
        let why = format!("{} lies on a file system without shared memory; use a local disk", made.display());
        return Err(StoreError::Unusable(why));
    }
    fs::File::open(made).and_then(|f| f.sync_all()).map_err(|e| unreadable(made, &e))
}

/// Reads the header without SQLite, which takes a file cut to a few bytes for an empty database.
fn look(path: &Path) -> Result<()> {
    let cut = |why: &str| damaged(path, &StoreError::Unusable(why.into()));
    let mut header = [0; 100];
    let mut file = fs::File::open(path).map_err(|e| unreadable(path, &e))?;
    let length = file.metadata().map_err(|e| unreadable(path, &e))?.len();
    file.read_exact(&mut header).map_err(|_| cut("it is too short"))?;
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(cut("it does not begin as one"));
    }
    let page = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => 65536,
        size => size,
    };
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    // With a log, the missing pages may be there.
    if length < page * pages && !beside(path, "-wal").exists() {
        return Err(cut("its end is missing"));
    }
    Ok(())
}

/// The format of a database that nobody has open: whole, ours, and not of a newer version.
pub(super) fn examine(path: &Path) -> Result<usize> {
    look(path)?;
    let conn = connect(path).map_err(|e| damaged(path, &e))?;
    let format = identify(&conn, path, STEPS.len())?;
    check(&conn, path)?;
    conn.close().map_err(|(_, e)| StoreError::from(e))?;
    Ok(format)
}

fn older(path: &Path, format: usize, newest: usize) -> StoreError {
    StoreError::Unusable(format!(
        "{} has format {format}, this version of Charla writes format {newest}. Start its server once: it keeps a copy and \
         brings the database up to date. While an older server runs, use the charla that belongs to it",
        path.display()
    ))
}

/// Is it SQLite, ours, and not of a newer version? Answers its format.
fn identify(conn: &Connection, path: &Path, newest: usize) -> Result<usize> {
    let pragma = |name: &str| -> Result<i64> {
        conn.query_row(&format!("PRAGMA {name}"), [], |r| r.get(0)).map_err(|e| damaged(path, &opening(&e)))
    };
    if pragma("application_id")? != APPLICATION {
        let why = format!("{} is the database of another program", path.display());
        return Err(StoreError::Unusable(why));
    }
    let version = pragma("user_version")?;
    match usize::try_from(version) {
        Ok(v) if (1..=newest).contains(&v) => Ok(v),
        _ => Err(StoreError::Unusable(format!(
            "{} has format {version}; this version of Charla knows formats 1 to {newest}: use a newer Charla",
            path.display()
        ))),
    }
}

fn check(conn: &Connection, path: &Path) -> Result<()> {
    let verdict: String =
        conn.query_row("PRAGMA quick_check(1)", [], |r| r.get(0)).map_err(|e| damaged(path, &opening(&e)))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(damaged(path, &StoreError::Unusable(verdict))),
    }
}

/// Each step in a transaction of its own; a copy of the file is kept before the first step on existing data.
fn migrate(conn: &mut Connection, path: &Path, steps: &[&str]) -> Result<()> {
    let version = |conn: &Connection| conn.query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0));
    let mut at = usize::try_from(version(conn)?).unwrap_or(0);
    if at > 0 && at < steps.len() {
        let copy = beside(path, &format!(".format-{at}.bak"));
        if !copy.exists() {
            let partial = beside(path, ".bak-partial");
            drop(fs::remove_file(&partial));
            conn.execute("VACUUM INTO ?1", [partial.to_string_lossy()])?;
            fs::set_permissions(&partial, fs::Permissions::from_mode(0o600))
                .and_then(|()| fs::File::open(&partial)?.sync_all())
                .and_then(|()| fs::rename(&partial, &copy))
                .map_err(|e| unreadable(&copy, &e))?;
            tracing::info!(copy = %copy.display(), "kept a copy of the database before migrating it");
        }
    }
    while at < steps.len() {
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have migrated while this one waited for the lock.
        at = usize::try_from(version(&tx)?).unwrap_or(0);
        if let Some(step) = steps.get(at) {
            tx.execute_batch(step)?;
            at += 1;
            tx.pragma_update(None, "user_version", i64::try_from(at).unwrap_or(i64::MAX))?;
        }
        tx.commit()?;
    }
    Ok(())
}

/// `path` with `suffix` after its file name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn unreadable(path: &Path, error: &std::io::Error) -> StoreError {
    use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    let why = format!("{}: {error}", path.display());
    match error.kind() {
        // Waiting does not help against these.
        NotFound | NotADirectory | PermissionDenied => StoreError::Unusable(why),
        _ => StoreError::Unavailable(why),
    }
}

/// An error without a code of its own means, before anything was asked of the tables, that what describes them is broken.
fn opening(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::Unknown) => StoreError::Unusable(error.to_string()),
        _ => meaning(error),
    }
}

/// What an error at opening means: whatever is not plainly a lack of access or room is damage.
fn damaged(path: &Path, error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(text) if !text.contains("malformed") => {
            StoreError::Unavailable(format!("{}: {text}", path.display()))
        }
        other => StoreError::Unusable(format!(
            "{} is damaged or no database ({other}); restore it from a backup, or move it away to start afresh",
            path.display()
        )),
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "migration_tests.rs"]
mod migration_tests;
