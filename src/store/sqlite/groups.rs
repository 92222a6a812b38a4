//! Groups in SQLite: their making and changing, each in one transaction with the message that tells of it.

use rusqlite::params;

use super::conversations::get;
use super::error::{is_orphan, is_taken};
use super::files;
use super::messages;
use super::rows::{int, raw};
use super::threads::Tx;
use crate::ids::{ConversationId, FileId, UserId};
use crate::model::{Conversation, ConversationKind, GroupRole, Message};
use crate::store::derive::word;
use crate::store::{GroupPlan, Result, StoreError, Unique};

pub(super) fn create(tx: &Tx<'_>, plan: &GroupPlan) -> Result<(Conversation, Message)> {
    let id = plan.note.conversation;
    let sql =
        "INSERT INTO conversations (id, kind, name, last_seq, created_at, updated_at, changed, rev, color)
               VALUES (?1, ?2, ?3, 0, ?4, ?4, ?5, 0, ?6)";
    let (kind, color) = (word(&ConversationKind::Group), plan.look.color.map(|color| word(&color)));
    let row = params![raw(id.0), kind, plan.name, plan.note.created_at.0, tx.stamp()?, color];
    match tx.conn.prepare_cached(sql)?.execute(row) {
        Err(e) if is_taken(&e) => return Err(StoreError::Taken(Unique::Id)),
        other => other?,
    };
    for (user, role) in &plan.members {
        enter(tx, id, *user, *role, 1)?;
    }
    hang(tx, plan, None)?;
    finish(tx, plan)
}

pub(super) fn change(tx: &Tx<'_>, plan: &GroupPlan, rev: u64) -> Result<Option<(Conversation, Message)>> {
    let id = plan.note.conversation;
    let as_known = |c: &Conversation| c.rev == rev && c.kind == ConversationKind::Group;
    let Some(before) = get(tx.conn, id)?.filter(as_known) else { return Ok(None) };
    let last = before.last_seq;
    let sql = "UPDATE conversations SET rev = rev + 1, name = ?2, color = ?3 WHERE id = ?1";
    let color = plan.look.color.map(|color| word(&color));
    tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), plan.name, color])?;
    hang(tx, plan, before.look.picture)?;
    for member in &before.members {
        if !plan.members.iter().any(|(user, _)| *user == member.user) {
            leave(tx, id, member.user)?;
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

/// Puts the picture of the plan in the place of `before`.
fn hang(tx: &Tx<'_>, plan: &GroupPlan, before: Option<FileId>) -> Result<()> {
    if plan.look.picture == before {
        return Ok(());
    }
    let id = plan.note.conversation;
    if let Some(before) = before {
        files::take_down(tx, before)?;
    }
    if let Some(picture) = plan.look.picture {
        files::hang(tx, picture, id, plan.note.from_user)?;
    }
    let sql = "UPDATE conversations SET picture = ?2 WHERE id = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), plan.look.picture.map(|id| raw(id.0))])?;
    Ok(())
}

/// Also writes down, for his next sync, that he went.
fn leave(tx: &Tx<'_>, id: ConversationId, user: UserId) -> Result<()> {
    let sql = "DELETE FROM members WHERE conversation = ?1 AND user = ?2";
    tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), raw(user.0)])?;
    let sql = "INSERT OR REPLACE INTO departures (user, conversation, changed) VALUES (?1, ?2, ?3)";
    tx.conn.prepare_cached(sql)?.execute(params![raw(user.0), raw(id.0), tx.stamp()?])?;
    Ok(())
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
