//! The engine's threads: one writer that commits in groups, one that copies its log, a few readers. Owns the connections; knows no table but
//! the change counter.
//!
//! An operation runs in a savepoint of its own, so that one failure does not fail the batch, and is answered after
//! the batch has been committed and synced. Whoever reads sees whole batches.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::error::meaning;
use super::lanes::{Lane, Lanes};
use super::schema::connect;
use crate::store::{Result, StoreError};

/// Operations that share a commit at most.
const BATCH: usize = 256;
/// Writes, and reads, that may wait; beyond that the store is busy.
const QUEUE: usize = 8192;
const READERS: usize = 3;
/// Pages of the log (4 KiB each) not yet in the database from which on they are copied there, beside the writer.
const COPY_PAGES: i64 = 4096;
/// From this length on the log should begin anew, for which the writer itself copies the rest, if that is short, between
/// two batches: what is copied beside it never quite ends while it writes.
const LONG_PAGES: i64 = 4 * COPY_PAGES;
const SHORT_REST: i64 = COPY_PAGES / 4;
/// Here it copies all, whatever that takes.
const LONGEST_PAGES: i64 = 64 * COPY_PAGES;

/// Answers whoever waits, once the fate of the batch is known: `Some` is why it failed.
type Reply = Box<dyn FnOnce(Option<StoreError>) + Send>;
/// Gets the transaction, or why there is none.
type Write = Box<dyn FnOnce(Result<&Tx<'_>>) -> Reply + Send>;
type Read = Box<dyn FnOnce(&Connection) + Send>;

/// The open transaction of a batch.
pub(super) struct Tx<'a> {
    pub(super) conn: &'a Connection,
    change: Cell<Option<i64>>,
}

impl Tx<'_> {
    /// The next value of the database's change counter. The writer's lock is held, across processes: stamps rise
    /// in the order of commits.
    pub(super) fn stamp(&self) -> Result<i64> {
        let last = match self.change.get() {
            Some(last) => last,
            None => self.conn.prepare_cached("SELECT change FROM store")?.query_row([], |r| r.get(0))?,
        };
        self.change.set(Some(last + 1));
        Ok(last + 1)
    }

    fn run<T>(&self, op: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.conn.prepare_cached("SAVEPOINT op")?.execute([])?;
        let out = catch_unwind(AssertUnwindSafe(|| op(self)))
            .unwrap_or_else(|_| Err(StoreError::Unavailable("an operation panicked".into())));
        // A full disk may already have ended the whole transaction.
        if !self.conn.is_autocommit() {
            if out.is_err() {
                self.conn.prepare_cached("ROLLBACK TO op")?.execute([])?;
            }
            self.conn.prepare_cached("RELEASE op")?.execute([])?;
        }
        out
    }

    fn commit(&self) -> rusqlite::Result<()> {
        if let Some(change) = self.change.get() {
            let new = "INSERT INTO messages_index (rowid, content, place)
                       SELECT n, content, place FROM messages_text WHERE n > (SELECT change FROM store)";
            self.conn.prepare_cached(new)?.execute([])?;
            self.conn.prepare_cached("UPDATE store SET change = ?1")?.execute([change])?;
        }
        self.conn.prepare_cached("COMMIT")?.execute([]).map(drop)
    }
}

/// The threads of one open database.
pub(super) struct Threads {
    writes: Arc<Lanes<Write>>,
    reads: Arc<Lanes<Read>>,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl Threads {
    /// Opens the connections and starts the threads. Blocks.
    pub(super) fn start(path: &Path) -> Result<Self> {
        let threads = Self {
            writes: Arc::new(Lanes::new(QUEUE)),
            reads: Arc::new(Lanes::new(QUEUE)),
            handles: Mutex::new(Vec::new()),
        };
        let (call, called) = mpsc::sync_channel(1);
        let (conn, lanes) = (connect(path)?, threads.writes.clone());
        threads.spawn("store-write", move || write_loop(&conn, &lanes, &call))?;
        let conn = connect(path)?;
        threads.spawn("store-copy", move || {
            while called.recv().is_ok() {
                drop(copy(&conn));
            }
        })?;
        for _ in 0..READERS {
            let (conn, lanes) = (connect(path)?, threads.reads.clone());
            conn.pragma_update(None, "query_only", true)?;
            threads.spawn("store-read", move || {
                while let Some(jobs) = lanes.take(1) {
                    jobs.into_iter().for_each(|job| job(&conn));
                }
            })?;
        }
        Ok(threads)
    }

    fn spawn(&self, name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
        let handle = std::thread::Builder::new()
            .name(name.into())
            .spawn(body)
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        Ok(())
    }

    /// Runs `op` in a coming batch; resolves when that has been committed.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        lane: Lane,
        op: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let job: Write = Box::new(move |tx| {
            let out = tx.and_then(|tx| tx.run(op));
            // Also a refusal waits: it may rest on what another operation of the batch wrote.
            Box::new(move |failed| drop(tell.send(failed.map_or(out, Err))))
        });
        self.writes.push(lane, job)?;
        told.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the writer has stopped".into())))
    }

    /// Runs `op` on one snapshot of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        op: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let job: Read = Box::new(move |conn| {
            let out = catch_unwind(AssertUnwindSafe(|| snapshot(conn, op)))
                .unwrap_or_else(|_| Err(StoreError::Unavailable("a query panicked".into())));
            if !conn.is_autocommit() {
                drop(conn.execute_batch("ROLLBACK"));
            }
            drop(tell.send(out));
        });
        self.reads.push(Lane::Normal, job)?;
        told.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the readers have stopped".into())))
    }

    /// Works off what is queued and waits for the threads.
    pub(super) async fn close(&self) {
        self.stop();
        let handles = std::mem::take(&mut *self.handles.lock().unwrap_or_else(PoisonError::into_inner));
        let join = move || handles.into_iter().for_each(|h| drop(h.join()));
        drop(tokio::task::spawn_blocking(join).await);
    }

    fn stop(&self) {
        self.writes.close();
        self.reads.close();
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop();
    }
}

fn snapshot<T>(conn: &Connection, op: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    conn.prepare_cached("BEGIN DEFERRED")?.execute([])?;
    let out = op(conn)?;
    conn.prepare_cached("COMMIT")?.execute([])?;
    Ok(out)
}

fn write_loop(conn: &Connection, lanes: &Lanes<Write>, copier: &SyncSender<()>) {
    while let Some(jobs) = lanes.take(BATCH) {
        let mut jobs = jobs.into_iter().peekable();
        // More than one round only if a transaction was lost in the middle.
        while jobs.peek().is_some() {
            run_batch(conn, &mut jobs);
        }
        if let Err(error) = shorten(conn, copier) {
            tracing::warn!(%error, "the database's log could not be copied back; it grows until that works");
        }
    }
    if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the database's log could not be copied back; the next start does it");
    }
}

/// Runs jobs in one transaction and answers them. Returns early if the transaction was lost: what it had run fails.
fn run_batch(conn: &Connection, jobs: &mut impl Iterator<Item = Write>) {
    let begun = conn.prepare_cached("BEGIN IMMEDIATE").and_then(|mut s| s.execute([]));
    if let Err(error) = begun {
        tracing::error!(%error, "no write transaction could be opened");
        return jobs.for_each(|job| job(Err(meaning(&error)))(None));
    }
    let tx = Tx { conn, change: Cell::new(None) };
    let mut replies = Vec::with_capacity(BATCH);
    for job in jobs {
        replies.push(job(Ok(&tx)));
        if conn.is_autocommit() {
            let lost = || StoreError::Unavailable("the engine gave up the transaction (disk full?)".into());
            tracing::error!(
                operations = replies.len(),
                "a write transaction was lost; nothing of it was acknowledged"
            );
            return replies.into_iter().for_each(|reply| reply(Some(lost())));
        }
    }
    match tx.commit() {
        Ok(()) => replies.into_iter().for_each(|reply| reply(None)),
        Err(error) => {
            tracing::error!(%error, operations = replies.len(), "a commit failed; nothing of it was acknowledged");
            if !conn.is_autocommit() {
                drop(conn.execute_batch("ROLLBACK"));
            }
            replies.into_iter().for_each(|reply| reply(Some(meaning(&error))));
        }
    }
}

/// Keeps the log from growing, between batches, so that nobody waits for more than a short rest of it.
fn shorten(conn: &Connection, copier: &SyncSender<()>) -> rusqlite::Result<()> {
    let (log, copied): (i64, i64) =
        conn.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?.query_row([], |r| Ok((r.get(1)?, r.get(2)?)))?;
    let rest = log - copied;
    if log >= LONGEST_PAGES && rest > 0 || log >= LONG_PAGES && (1..=SHORT_REST).contains(&rest) {
        return copy(conn);
    }
    if rest >= COPY_PAGES {
        // Full means that it is called already.
        let _ = copier.try_send(());
    }
    Ok(())
}

/// Copies what it can without waiting for anybody.
fn copy(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |_| Ok(()))
}
