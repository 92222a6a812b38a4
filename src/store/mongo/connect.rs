//! Reaching the server, and the shape of the database: what must be true before the first query.

use std::time::Duration;

use mongodb::bson::{Bson, Document, doc};
use mongodb::error::ErrorKind;
use mongodb::options::{
    ClientOptions, IndexOptions, ReadConcern, ReturnDocument, SelectionCriteria, WriteConcern,
};
use mongodb::{Client, Database, IndexModel};

use crate::store::{Result, StoreError};

/// How long an operation looks for a primary, unless the URL says otherwise.
const SELECTION: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(5);
/// Marks our connections, so that one server knows what another left behind.
pub(super) const APP_NAME: &str = "charla";
/// The format this version writes, and the only one there was so far: fields that came later are absent from older
/// documents, and read as what they meant before they came.
const FORMAT: i64 = 1;

/// A client with the settings that durability rests on, and the database the URL names (`charla` if none).
pub(super) async fn connect(url: &str) -> Result<(Client, Database)> {
    let mut options = ClientOptions::parse(url).await.map_err(|e| match e.kind.as_ref() {
        ErrorKind::DnsResolve { .. } => StoreError::Unavailable(e.kind.to_string()),
        _ => StoreError::Unusable(format!("the store's URL cannot be used: {}", e.kind)),
    })?;
    options.app_name = Some(APP_NAME.into());
    options.server_selection_timeout.get_or_insert(SELECTION);
    options.connect_timeout.get_or_insert(CONNECT);
    options.max_pool_size.get_or_insert(64);
    let mut concern = WriteConcern::majority();
    concern.journal = Some(true);
    options.write_concern = Some(concern);
    // What is read has been kept by a majority: a failover never takes it back.
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria =
        Some(SelectionCriteria::ReadPreference(mongodb::options::ReadPreference::Primary));
    let name = options.default_database.clone().unwrap_or_else(|| "charla".into());
    let client = Client::with_options(options.clone())?;
    let db = client.database(&name);
    match hello(&db).await {
        Ok(hello) => transactional(&hello)?,
        Err(error) => return Err(asleep(options).await.unwrap_or_else(|| error.into())),
    }
    Ok((client, db))
}

async fn hello(db: &Database) -> mongodb::error::Result<Document> {
    db.run_command(doc! { "hello": 1 }).await
}

/// A standalone server has no transactions.
fn transactional(hello: &Document) -> Result<()> {
    if hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|m| m == "isdbgrid") {
        return Ok(());
    }
    Err(StoreError::Unusable(
        "this mongod is a standalone server, which has no transactions; make it a replica set of one: start it with \
         --replSet rs0, then run once: mongosh --eval 'rs.initiate()'"
            .into(),
    ))
}

/// If no primary was found: is the server one that waits for `rs.initiate()`?
async fn asleep(mut options: ClientOptions) -> Option<StoreError> {
    options.direct_connection = Some(true);
    options.repl_set_name = None;
    options.hosts.truncate(1);
    options.server_selection_timeout = Some(Duration::from_secs(1));
    let db = Client::with_options(options).ok()?.database("admin");
    let hello = hello(&db).await.ok()?;
    // It may also be starting up, so this may pass.
    hello.get_bool("isreplicaset").is_ok_and(|yes| yes).then(|| {
        StoreError::Unavailable(
            "this mongod was started with --replSet, but the set does not exist yet; run once: \
             mongosh --eval 'rs.initiate()'"
                .into(),
        )
    })
}

/// Checks that the database is ours and not of a newer version; gives it a name for sync tokens. Answers that, and whether
/// the database was empty.
pub(super) async fn identify(db: &Database) -> Result<(i64, bool)> {
    let meta = db.collection::<Document>("meta");
    let ours = || async { meta.find_one(doc! { "_id": "charla" }).await };
    let fresh = ours().await?.is_none();
    if fresh {
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
    let random = doc! { "$toLong": { "$floor": { "$multiply": [{ "$rand": {} }, 1e15] } } };
    let fill = vec![doc! { "$set": {
        "format": { "$ifNull": ["$format", FORMAT] },
        "identity": { "$ifNull": ["$identity", random] },
    } }];
    let found = meta
        .find_one_and_update(doc! { "_id": "charla" }, fill)
        .upsert(true)
        .return_document(ReturnDocument::After)
        .await?
        .unwrap_or_default();
    match found.get("format") {
        Some(Bson::Int64(FORMAT)) => {}
        other => {
            let other = other.map_or("?".into(), ToString::to_string);
            return Err(StoreError::Unusable(format!(
                "the database {} has format {other}; this version of Charla knows format {FORMAT}: use a newer Charla",
                db.name()
            )));
        }
    }
    let identity = found.get_i64("identity");
    let identity =
        identity.map_err(|_| StoreError::Unusable("the document meta.charla is damaged".into()))?;
    Ok((identity, fresh))
}

/// Makes the indexes; does nothing where they are. Also makes the collections, which a transaction should not.
pub(super) async fn index(db: &Database) -> Result<()> {
    let others = super::people::indexes().into_iter().chain([super::missed::index()]);
    for (name, indexes) in indexes().into_iter().chain(others) {
        db.collection::<Document>(name).create_indexes(indexes).await?;
    }
    Ok(())
}

fn indexes() -> [(&'static str, Vec<IndexModel>); 7] {
    [
        (
            "users",
            vec![
                unique("username", doc! { "usernameKey": 1 }),
                unique("email", doc! { "emailKey": 1 }),
                partial(doc! { "role": 1 }, doc! { "role": "owner" }),
            ],
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
                partial(doc! { "conversation": 1, "change": 1 }, doc! { "change": { "$gt": 0_i64 } }),
            ],
        ),
        (
            "files",
            vec![
                plain(doc! { "owner": 1, "givenUp": 1 }),
                plain(doc! { "hash": 1, "givenUp": 1 }),
                partial(doc! { "message": 1 }, doc! { "message": { "$exists": true } }),
                plain(doc! { "givenUp": 1, "message": 1, "createdAt": 1 }),
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

pub(super) fn plain(keys: Document) -> IndexModel {
    IndexModel::builder().keys(keys).build()
}

pub(super) fn unique(name: &str, keys: Document) -> IndexModel {
    let options = IndexOptions::builder().unique(true).name(name.to_owned()).build();
    IndexModel::builder().keys(keys).options(options).build()
}

fn partial(keys: Document, filter: Document) -> IndexModel {
    let options = IndexOptions::builder().partial_filter_expression(filter).build();
    IndexModel::builder().keys(keys).options(options).build()
}
