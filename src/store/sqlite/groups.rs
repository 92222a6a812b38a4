//! Groups in SQLite: their making and changing, each in one transaction with the message that tells of it.

use rusqlite::{OptionalExtension as _, params};

use super::conversations::get;
use super::error::{is_orphan, is_taken};
use super::messages;
use super::rows::{int, number, raw};
use super::threads::Tx;
use crate::ids::{ConversationId, UserId};
use crate::model::{Conversation, ConversationKind, GroupRole, Message};
use crate::store::derive::word;
use crate::store::{GroupPlan, Result, StoreError, Unique};

pub(super) fn create(tx: &Tx<'_>, plan: &GroupPlan) -> Result<(Conversation, Message)> {
    let id = plan.note.conversation;
    let sql = "INSERT INTO conversations (id, kind, name, last_seq, created_at, updated_at, changed, rev)
               VALUES (?1, ?2, ?3, 0, ?4, ?4, ?5, 0)";
    let kind = word(&ConversationKind::Group);
    let row = params![raw(id.0), kind, plan.name, plan.note.created_at.0, tx.stamp()?];
    match tx.conn.prepare_cached(sql)?.execute(row) {
        Err(e) if is_taken(&e) => return Err(StoreError::Taken(Unique::Id)),
        other => other?,
    };
    for (user, role) in &plan.members {
        enter(tx, id, *user, *role, 1)?;
    }
    finish(tx, plan)
}

pub(super) fn change(tx: &Tx<'_>, plan: &GroupPlan, rev: u64) -> Result<Option<(Conversation, Message)>> {
    let id = plan.note.conversation;
    let sql = "UPDATE conversations SET rev = rev + 1, name = ?3 WHERE id = ?1 AND rev = ?2 AND kind = ?4
               RETURNING last_seq";
    let values = params![raw(id.0), int(rev), plan.name, word(&ConversationKind::Group)];
    let last = tx.conn.prepare_cached(sql)?.query_row(values, |r| number(r, 0)).optional()?;
    let Some(last) = last else { return Ok(None) };
    let before = get(tx.conn, id)?.ok_or(StoreError::Missing)?;
    for member in &before.members {
        if !plan.members.iter().any(|(user, _)| *user == member.user) {
            let sql = "DELETE FROM members WHERE conversation = ?1 AND user = ?2";
            tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), raw(member.user.0)])?;
        }
    }
    for (user, role) in &plan.members {
        if before.member(*user).is_none() {
            enter(tx, id, *user, *role, last + 1)?;
            continue;
        }
        let sql = "UPDATE members SET role = ?3 WHERE conversation = ?1 AND user = ?2";
        tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), raw(user.0), word(role)])?;
    }
    finish(tx, plan).map(Some)
}

/// `from` is the first message that he sees: those before count as read.
fn enter(tx: &Tx<'_>, id: ConversationId, user: UserId, role: GroupRole, from: u64) -> Result<()> {
    let sql = "INSERT INTO members (conversation, user, role, from_seq, delivered_seq, read_seq)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    let row = params![raw(id.0), raw(user.0), word(&role), int(from), int(from - 1)];
    match tx.conn.prepare_cached(sql)?.execute(row) {
        Err(e) if is_orphan(&e) => Err(StoreError::Missing),
        other => Ok(other.map(drop)?),
    }
}

fn finish(tx: &Tx<'_>, plan: &GroupPlan) -> Result<(Conversation, Message)> {
    let id = plan.note.conversation;
    let group = get(tx.conn, id)?.ok_or(StoreError::Missing)?;
    let note = messages::add(tx, &group, &plan.note)?;
    Ok((get(tx.conn, id)?.ok_or(StoreError::Missing)?, note))
}
