//! A copy of the database while others write to it.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::schema;
use crate::store::{Result, StoreError};

/// Between tries while somebody makes a checkpoint.
const AGAIN: Duration = Duration::from_millis(50);

/// The format that this version writes; it reads those from 1 up to it.
pub const NEWEST: usize = schema::NEWEST;

/// The format of a copy, page by page looked through. `Unusable` if it is damaged, foreign or newer.
pub fn examine(path: &Path) -> Result<usize> {
    schema::examine(path)
}

/// Copies what is committed in `from` at this moment, page by page, into the file `to`, which is there and empty, and
/// looks through the copy. Whoever writes meanwhile need not wait.
pub fn snapshot(from: &Path, to: &Path) -> Result<()> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.busy_timeout(Duration::from_secs(10))?;
    let mut copy = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    {
        let backup = Backup::new(&source, &mut copy)?;
        // All at once: a copy in steps begins anew with each write of another process.
        loop {
            match backup.step(-1)? {
                StepResult::Done => break,
                _ => std::thread::sleep(AGAIN),
            }
        }
    }
    copy.close().map_err(|(_, e)| StoreError::from(e))?;
    let copy = schema::connect(to)?;
    let fine: String = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    // Keeps the log from being a second file of the copy.
    let _: String = copy.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    copy.close().map_err(|(_, e)| StoreError::from(e))?;
    if fine != "ok" {
        return Err(StoreError::Unusable(format!("{} is damaged: {fine}", from.display())));
    }
    Ok(())
}
