//! Transactions in MongoDB: begun, tried again while something passing is in the way, committed, given up in time. Owns
//! the patience of that and the transactions that a dead server left behind; knows no collection.

use std::future::Future;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::ReadConcern;

use super::Base;
use super::connect::APP_NAME;
use super::error::duplicate;
use crate::store::{Result, StoreError};

/// What has not succeeded by then is given up; whether it was stored is then unknown.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// Tries; half a second, and more where the machine is busy.
const SUSPICIOUS: u64 = 20;
/// A living server leaves milliseconds between the statements of a transaction.
const ORPHAN_MICROS: i64 = 2_000_000;

/// How one try of a transaction went wrong.
pub(super) enum Failed {
    /// Another transaction was in the way, or the primary changed: try again.
    Passing,
    /// A unique value is taken: an earlier try may have been stored.
    Duplicate,
    Lasting(StoreError),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match () {
            () if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => Self::Passing,
            () if duplicate(&error).is_some() => Self::Duplicate,
            () => Self::Lasting(error.into()),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Lasting(error)
    }
}

pub(super) type Try<T> = std::result::Result<T, Failed>;

/// What the statements of a transaction came to.
pub(super) enum Outcome<T> {
    Commit(T),
    /// Nothing is to be written, but that is an answer.
    Abort(T),
}

/// The statements of one transaction. They may run several times, each time on what is there then.
pub(super) trait Work: Sync {
    type Out: Send;
    fn run(
        &self,
        m: &Base,
        session: &mut ClientSession,
    ) -> impl Future<Output = Try<Outcome<Self::Out>>> + Send;
}

/// Runs `work` until it is committed; `None` if a unique value was taken, perhaps by an earlier try whose answer was lost.
/// `spread` is any number that differs between those who may collide: it parts them.
pub(super) async fn transact<W: Work>(m: &Base, spread: u8, work: &W) -> Result<Option<W::Out>> {
    let late = || StoreError::Unavailable("the change did not finish in time; its outcome is unknown".into());
    tokio::time::timeout(PATIENCE, patiently(m, spread, work)).await.unwrap_or_else(|_| Err(late()))
}

async fn patiently<W: Work>(m: &Base, spread: u8, work: &W) -> Result<Option<W::Out>> {
    let mut session = m.client.start_session().await?;
    let mut tries = 0;
    loop {
        match attempt(m, &mut session, work).await {
            Ok(done) => return Ok(Some(done)),
            Err(Failed::Lasting(error)) => return Err(error),
            Err(Failed::Duplicate) => return Ok(None),
            Err(Failed::Passing) => {
                tries += 1;
                let wait = (u64::from(spread % 8) + tries).min(50);
                tokio::time::sleep(Duration::from_millis(wait)).await;
                suspect(m, tries).await;
            }
        }
    }
}

async fn attempt<W: Work>(m: &Base, session: &mut ClientSession, work: &W) -> Try<W::Out> {
    session.start_transaction().await?;
    match work.run(m, session).await {
        Ok(Outcome::Commit(done)) => {
            commit(session).await?;
            Ok(done)
        }
        other => {
            // The server may have aborted it already; then there is nothing to abort.
            drop(session.abort_transaction().await);
            other.map(|(Outcome::Commit(done) | Outcome::Abort(done))| done)
        }
    }
}

pub(super) async fn commit(session: &mut ClientSession) -> mongodb::error::Result<()> {
    loop {
        match session.commit_transaction().await {
            // It may have been committed: asking again is safe, and `PATIENCE` ends it.
            Err(e) if e.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other,
        }
    }
}

/// After so many tries, and again, looks for what may hold the lock.
async fn suspect(m: &Base, tries: u64) {
    if tries.is_multiple_of(SUSPICIOUS) {
        end_orphans(m).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "no look at what holds up writes; MongoDB ends it after a minute");
        });
    }
}

/// Ends transactions of servers that died between two of their statements: MongoDB keeps them, and the locks they
/// hold, for a minute. One of a server that only sleeps is ended too, harmlessly: it tries again.
async fn end_orphans(m: &Base) -> Result<()> {
    let idle = doc! {
        "type": "idleSession",
        "appName": APP_NAME,
        "transaction.timeInactiveMicros": { "$gt": ORPHAN_MICROS },
    };
    let pipeline =
        [doc! { "$currentOp": { "allUsers": false, "idleSessions": true } }, doc! { "$match": idle }];
    let admin = m.client.database("admin");
    let found: Vec<Document> =
        admin.aggregate(pipeline).read_concern(ReadConcern::local()).await?.try_collect().await?;
    let sessions: Vec<Document> = found
        .iter()
        .filter_map(|op| op.get_document("lsid").ok()?.get("id"))
        .map(|id| doc! { "id": id.clone() })
        .collect();
    if !sessions.is_empty() {
        tracing::info!(transactions = sessions.len(), "ending transactions that a server left behind");
        admin.run_command(doc! { "killSessions": sessions }).await?;
    }
    Ok(())
}
