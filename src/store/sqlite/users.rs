//! Users in SQLite.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::is_taken;
use super::rows::{enumerated, limit, oid, raw, time};
use super::threads::Tx;
use crate::ids::UserId;
use crate::model::{Role, User};
use crate::store::derive::{fold, names, word};
use crate::store::{Result, StoreError, Unique};

pub(super) const COLUMNS: &str = "id, username, email, password, role, disabled, created_at";

pub(super) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: UserId(oid(row, 0)?),
        username: row.get(1)?,
        email: row.get(2)?,
        password: row.get(3)?,
        role: enumerated(row, 4)?,
        disabled: row.get(5)?,
        created_at: time(row, 6)?,
    })
}

fn one(conn: &Connection, condition: &str, value: impl rusqlite::ToSql) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE {condition}");
    Ok(conn.prepare_cached(&sql)?.query_row([value], user).optional()?)
}

pub(super) fn create(tx: &Tx<'_>, u: &User) -> Result<()> {
    let (username, email) = (fold(&u.username), fold(&u.email));
    if one(tx.conn, "username_key = ?1", &username)?.is_some() {
        return Err(StoreError::Taken(Unique::Username));
    }
    if one(tx.conn, "email_key = ?1", &email)?.is_some() {
        return Err(StoreError::Taken(Unique::Email));
    }
    let sql = "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let row = params![
        raw(u.id.0),
        u.username,
        username,
        u.email,
        email,
        u.password,
        word(&u.role),
        u.disabled,
        u.created_at.0
    ];
    match tx.conn.prepare_cached(sql)?.execute(row) {
        Err(e) if is_taken(&e) => Err(StoreError::Taken(Unique::Id)),
        other => Ok(other.map(drop)?),
    }
}

pub(super) fn get(conn: &Connection, id: UserId) -> Result<Option<User>> {
    one(conn, "id = ?1", raw(id.0))
}

pub(super) fn by_login(conn: &Connection, login: &str) -> Result<Option<User>> {
    let key = fold(login);
    match one(conn, "username_key = ?1", &key)? {
        None => one(conn, "email_key = ?1", &key),
        found => Ok(found),
    }
}

pub(super) fn find(conn: &Connection, prefix: &str, most: usize) -> Result<Vec<User>> {
    let (from, to) = names(prefix, None);
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE username_key >= ?1 AND username_key < ?2 AND NOT disabled
         ORDER BY username_key LIMIT ?3"
    );
    let mut query = conn.prepare_cached(&sql)?;
    Ok(query.query_map(params![from, to, limit(most)], user)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn count(conn: &Connection) -> Result<u64> {
    let n: i64 = conn.prepare_cached("SELECT count(*) FROM users")?.query_row([], |r| r.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

pub(super) fn has_owner(conn: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM users WHERE role = ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([word(&Role::Owner)], |r| r.get(0))?)
}

pub(super) fn replace_password(tx: &Tx<'_>, id: UserId, old: &str, new: &str) -> Result<bool> {
    let sql = "UPDATE users SET password = ?3 WHERE id = ?1 AND password = ?2";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), old, new])? == 1)
}

pub(super) fn set_role(tx: &Tx<'_>, id: UserId, role: Role) -> Result<()> {
    let sql = "UPDATE users SET role = ?2 WHERE id = ?1";
    match tx.conn.prepare_cached(sql)?.execute(params![raw(id.0), word(&role)])? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}
