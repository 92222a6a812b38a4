//! What the service asks of the store on somebody's behalf, with `policy` in between: a stranger learns nothing.

use std::time::Duration;

use tokio::time::timeout;

use super::Result;
use crate::calls::CallError;
use crate::clock::Timestamp;
use crate::ids::{CallId, ConversationId, UserId};
use crate::model::{CallRecord, Conversation, ConversationKind, GroupRole, Regard, Target, Timeline};
use crate::policy::{Action, may};
use crate::store::{self, Store, StoreError};

/// How long a question to the store may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two tries at a question that must be answered.
const AGAIN: Duration = Duration::from_millis(200);

/// Waits a bounded time; what the user cannot help is logged and becomes "unavailable".
pub(super) async fn bounded<T>(question: impl Future<Output = store::Result<T>>) -> Result<T> {
    match timeout(PATIENCE, question).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(StoreError::Missing)) => Err(CallError::NotFound),
        Ok(Err(error @ (StoreError::Busy | StoreError::Unavailable(_)))) => {
            tracing::warn!(%error, "the store cannot answer about calls");
            Err(CallError::Unavailable)
        }
        Ok(Err(error @ (StoreError::Taken(_) | StoreError::Unusable(_) | StoreError::BadToken))) => {
            tracing::error!(%error, "the store failed at a question about calls");
            Err(CallError::Internal)
        }
        Err(_) => Err(CallError::Unavailable),
    }
}

/// The conversation a call is started in, and whom it is for. `fresh` names it if it has to be opened.
pub(super) async fn conversation(
    store: &dyn Store,
    user: UserId,
    to: Target,
    fresh: ConversationId,
    now: Timestamp,
) -> Result<Conversation> {
    let found: Conversation = match to {
        Target::Conversation(id) => bounded(store.conversation(id)).await?.ok_or(CallError::NotFound)?,
        Target::User(other) => {
            if other == user {
                return Err(CallError::NotFound);
            }
            callable(store, user, other).await?;
            bounded(store.open_direct(fresh, user, other, now)).await?
        }
    };
    if !may(user, Action::StartCall(&found)) {
        return Err(CallError::NotFound);
    }
    if found.kind == ConversationKind::Direct {
        callable(store, user, found.other(user).ok_or(CallError::NotFound)?).await?;
    }
    Ok(found)
}

/// Somebody else whom he may reach. Whoever is blocked is told what he is told of an account that is switched off.
pub(super) async fn callable(store: &dyn Store, user: UserId, other: UserId) -> Result<()> {
    if other == user {
        return Err(CallError::NotFound);
    }
    match bounded(store.reach(user, other)).await? {
        Regard::Open => Ok(()),
        Regard::Blocked => Err(CallError::Conflict("you have blocked this person; unblock them first")),
        Regard::Shut => Err(CallError::NotFound),
    }
}

/// Who is in a group, and in which role; nobody if there is none. Asks until the store answers.
pub(super) async fn members(store: &dyn Store, group: ConversationId) -> Vec<(UserId, GroupRole)> {
    loop {
        match bounded(store.conversation(group)).await {
            Ok(found) => {
                return found.into_iter().flat_map(|c| c.members).map(|m| (m.user, m.role)).collect();
            }
            Err(error) => {
                tracing::warn!(%group, %error, "who is in the group of a call is not known; asking again")
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// A stored call that the user may read.
pub(super) async fn call(store: &dyn Store, user: UserId, id: CallId) -> Result<CallRecord> {
    let record = bounded(store.call(id)).await?.ok_or(CallError::NotFound)?;
    if may(user, Action::ReadCall(&record)) { Ok(record) } else { Err(CallError::NotFound) }
}

/// The same, with what happened in it.
pub(super) async fn call_and_timeline(
    store: &dyn Store,
    user: UserId,
    id: CallId,
) -> Result<(CallRecord, Timeline)> {
    let record = call(store, user, id).await?;
    Ok((record, bounded(store.call_timeline(id)).await?))
}
