//! Reaching the server: what must be true of it before the first query.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::error::ErrorKind;
use mongodb::options::{ClientOptions, ReadConcern, SelectionCriteria, WriteConcern};
use mongodb::{Client, Database};

use crate::store::{Result, StoreError};

/// How long an operation looks for a primary, unless the URL says otherwise.
const SELECTION: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(5);
/// Marks our connections, so that one server knows what another left behind.
pub(super) const APP_NAME: &str = "charla";

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
