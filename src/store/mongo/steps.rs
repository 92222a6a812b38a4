//! The shape of the database, in numbered steps as SQLite has them (`sqlite/schema.rs`): the document `meta.charla` says
//! its format, and who opens it takes the steps from there to this version's, in order, while he holds the lock that is
//! in the same document. A server that dies half-way leaves the format as it was: each step may run again on what it left.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{IndexOptions, ReturnDocument};
use mongodb::{Collection, Database, IndexModel};

use crate::store::{Opening, Result, StoreError};

type Step = for<'a> fn(&'a Database) -> BoxFuture<'a, Result<()>>;

/// Step n takes a database from format n to n + 1. None is ever changed once it was released. A field that came later
/// needs none: it is absent from older documents, and read as what its absence meant.
const STEPS: &[Step] = &[|db| make(db, first()).boxed(), |db| make(db, later()).boxed()];
/// The format that this version writes.
const NEWEST: usize = STEPS.len();

/// Who holds the lock and does not renew it for so long is dead.
const LEASE: Duration = Duration::from_secs(30);
/// Between looks whether another server has let go of it, and how many of them there are before the caller hears of it.
const AGAIN: Duration = Duration::from_millis(50);
const LOOKS: usize = 100;

fn meta(db: &Database) -> Collection<Document> {
    db.collection("meta")
}

/// A whole number that is no other's, drawn by the database.
fn number() -> Document {
    doc! { "$toLong": { "$floor": { "$multiply": [{ "$rand": {} }, 1e15] } } }
}

/// Checks that the database is ours and not of a newer version, and brings it up to date or refuses it. Answers its name
/// in sync tokens.
pub(super) async fn prepare(db: &Database, opening: Opening) -> Result<i64> {
    let (mut format, identity) = identify(db).await?;
    // An empty one is made whole by whoever comes first.
    if opening == Opening::Beside && (1..NEWEST).contains(&format) {
        return Err(StoreError::Unusable(format!(
            "the database {} has format {format}, this version of Charla writes format {NEWEST}. Start its server once: it \
             brings the database up to date. While an older server runs, use the charla that belongs to it",
            db.name()
        )));
    }
    let mut looks = 0;
    while let Some(step) = STEPS.get(format) {
        match Lock::take(db, format).await? {
            Some(lock) => lock.run(*step).await?,
            None if looks < LOOKS => {
                looks += 1;
                tokio::time::sleep(AGAIN).await;
            }
            None => {
                let why = format!(
                    "another server is bringing the database {} up to date, or died of it",
                    db.name()
                );
                return Err(StoreError::Unavailable(why));
            }
        }
        format = identify(db).await?.0;
    }
    Ok(identity)
}

/// The format, and the name in sync tokens; an empty database gets them.
async fn identify(db: &Database) -> Result<(usize, i64)> {
    let ours = || async { meta(db).find_one(doc! { "_id": "charla" }).await };
    if ours().await?.is_none() {
        let theirs = db.collection::<Document>("users").find_one(doc! {}).await?.is_some()
            || db.collection::<Document>("messages").find_one(doc! {}).await?.is_some();
        // Another Charla may have begun with it meanwhile.
        if theirs && ours().await?.is_none() {
            return Err(StoreError::Unusable(format!(
                "the database {} holds data of another program; name another one in the store's URL",
                db.name()
            )));
        }
    }
    let fill = vec![doc! { "$set": {
        "format": { "$ifNull": ["$format", 0_i64] },
        "identity": { "$ifNull": ["$identity", number()] },
    } }];
    let meta = meta(db);
    let found = meta.find_one_and_update(doc! { "_id": "charla" }, fill).upsert(true);
    let found = found.return_document(ReturnDocument::After).await?.unwrap_or_default();
    let format = found.get_i64("format").ok().and_then(|format| usize::try_from(format).ok());
    let Some(format) = format.filter(|format| *format <= NEWEST) else {
        let format = found.get("format").map_or("?".into(), Bson::to_string);
        return Err(StoreError::Unusable(format!(
            "the database {} has format {format}; this version of Charla knows formats 1 to {NEWEST}: use a newer Charla",
            db.name()
        )));
    };
    let damaged = |_| StoreError::Unusable("the document meta.charla is damaged".into());
    Ok((format, found.get_i64("identity").map_err(damaged)?))
}

/// The right to take the database from one format to the next: `meta.charla.migration`. By the database's clock, so that
/// nobody's own counts.
struct Lock<'a> {
    db: &'a Database,
    from: i64,
    by: i64,
}

impl<'a> Lock<'a> {
    /// `None` while another one holds it, or if the format has changed.
    async fn take(db: &'a Database, format: usize) -> Result<Option<Self>> {
        let from = i64::try_from(format).unwrap_or(i64::MAX);
        // What is absent is less than any time.
        let free = doc! { "$lt": ["$migration.until", "$$NOW"] };
        let hold = vec![doc! { "$set": { "migration": { "by": number(), "until": Self::until() } } }];
        let free = doc! { "_id": "charla", "format": from, "$expr": free };
        let meta = meta(db);
        let taken = meta.find_one_and_update(free, hold).return_document(ReturnDocument::After);
        let taken = taken.await?.unwrap_or_default();
        let by = taken.get_document("migration").and_then(|migration| migration.get_i64("by"));
        Ok(by.ok().map(|by| Self { db, from, by }))
    }

    fn until() -> Document {
        doc! { "$add": ["$$NOW", i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)] }
    }

    /// Runs a step and raises the format; of one that fails nothing stays but what it wrote.
    async fn run(self, step: Step) -> Result<()> {
        tracing::info!(
            database = self.db.name(),
            from = self.from,
            "bringing the database up to the next format"
        );
        let done = tokio::select! {
            done = step(self.db) => done,
            lost = self.keep() => Err(lost),
        };
        let raised = self.from + i64::from(done.is_ok());
        let let_go = vec![doc! { "$set": { "format": raised } }, doc! { "$unset": "migration" }];
        let mine = self.update(let_go).await;
        done?;
        if mine? { Ok(()) } else { Err(Self::lost()) }
    }

    /// Renews the lease for as long as it is polled; answers what is in the way of that.
    async fn keep(&self) -> StoreError {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            match self.update(vec![doc! { "$set": { "migration.until": Self::until() } }]).await {
                Ok(true) => {}
                Ok(false) => return Self::lost(),
                Err(error) => return error,
            }
        }
    }

    fn lost() -> StoreError {
        StoreError::Unavailable("another server took over bringing the database up to date".into())
    }

    /// False if it is no longer his.
    async fn update(&self, change: Vec<Document>) -> Result<bool> {
        let mine = doc! { "_id": "charla", "format": self.from, "migration.by": self.by };
        Ok(meta(self.db).update_one(mine, change).await?.matched_count == 1)
    }
}

type Indexes = Vec<(&'static str, Vec<IndexModel>)>;

/// Makes these indexes; does nothing where they are. Also makes the collections, which a transaction should not.
async fn make(db: &Database, indexes: Indexes) -> Result<()> {
    for (name, indexes) in indexes {
        db.collection::<Document>(name).create_indexes(indexes).await?;
    }
    Ok(())
}

/// Of the first version.
fn first() -> Indexes {
    vec![
        (
            "users",
            vec![unique("username", doc! { "usernameKey": 1 }), unique("email", doc! { "emailKey": 1 })],
        ),
        (
            "sessions",
            vec![
                unique("token", doc! { "tokenHash": 1 }),
                plain(doc! { "previousHash": 1 }),
                plain(doc! { "user": 1, "createdAt": -1 }),
                plain(doc! { "expiresAt": 1 }),
            ],
        ),
        (
            "conversations",
            vec![
                unique("pair", doc! { "pair": 1 }),
                plain(doc! { "members": 1, "updatedAt": -1, "_id": -1 }),
                plain(doc! { "members": 1, "changed": 1 }),
            ],
        ),
        (
            "receipts",
            vec![
                unique("member", doc! { "conversation": 1, "user": 1 }),
                plain(doc! { "audience": 1, "changed": 1 }),
            ],
        ),
        (
            "messages",
            vec![
                unique("place", doc! { "conversation": 1, "seq": 1 }),
                unique("clientId", doc! { "conversation": 1, "fromUser": 1, "clientId": 1 }),
            ],
        ),
        (
            "calls",
            vec![
                plain(doc! { "users": 1, "startTime": -1, "_id": -1 }),
                partial(doc! { "node": 1 }, doc! { "open": true }),
            ],
        ),
    ]
}

/// What came until formats were counted, with changes of messages, files, search, people and missed calls. Until then
/// every start made the indexes that were missing: a database of format 1 may have any of these.
fn later() -> Indexes {
    let files = vec![
        plain(doc! { "owner": 1, "givenUp": 1 }),
        plain(doc! { "hash": 1, "givenUp": 1 }),
        partial(doc! { "message": 1 }, doc! { "message": { "$exists": true } }),
        plain(doc! { "givenUp": 1, "message": 1, "createdAt": 1 }),
    ];
    vec![
        ("users", vec![partial(doc! { "role": 1 }, doc! { "role": "owner" })]),
        (
            "messages",
            vec![
                partial(doc! { "conversation": 1, "change": 1 }, doc! { "change": { "$gt": 0_i64 } }),
                text(),
            ],
        ),
        ("files", files),
        ("resets", vec![unique("hash", doc! { "hash": 1 })]),
        ("invitations", vec![unique("hash", doc! { "hash": 1 }), plain(doc! { "createdAt": -1, "_id": -1 })]),
        ("blocks", vec![plain(doc! { "user": 1 }), plain(doc! { "blocked": 1 })]),
        ("mutes", vec![plain(doc! { "user": 1, "conversation": 1 })]),
        ("departures", vec![plain(doc! { "user": 1, "changed": 1 })]),
        ("revocations", vec![plain(doc! { "at": 1 })]),
        ("calls", vec![plain(doc! { "unseen": 1 })]),
    ]
}

fn plain(keys: Document) -> IndexModel {
    IndexModel::builder().keys(keys).build()
}

fn unique(name: &str, keys: Document) -> IndexModel {
    let options = IndexOptions::builder().unique(true).name(name.to_owned()).build();
    IndexModel::builder().keys(keys).options(options).build()
}

fn partial(keys: Document, filter: Document) -> IndexModel {
    let options = IndexOptions::builder().partial_filter_expression(filter).build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// What search reads. No language: no word is left out or cut to its stem.
fn text() -> IndexModel {
    let options = IndexOptions::builder()
        .name("text".to_owned())
        .default_language("none".to_owned())
        .language_override("languageOfText".to_owned())
        .build();
    IndexModel::builder().keys(doc! { "content": "text" }).options(options).build()
}
