//! The file: made whole, refused when damaged, newer or foreign, migrated with a copy kept.

use super::*;

fn at() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("charla.db");
    (dir, path)
}

fn refusal(path: &Path) -> String {
    match prepare(path, Opening::Migrate) {
        Err(StoreError::Unusable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fresh_database_is_private_whole_and_leaves_nothing_beside_it() {
    let (dir, path) = at();
    prepare(&path, Opening::Migrate).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    prepare(&path, Opening::Migrate).unwrap();
    let conn = connect(&path).unwrap();
    let mode: String = conn.query_row("PRAGMA journal_mode", [], |r| r.get(0)).unwrap();
    let sync: i64 = conn.query_row("PRAGMA synchronous", [], |r| r.get(0)).unwrap();
    assert_eq!((mode.as_str(), sync), ("wal", 2));
}

#[test]
fn many_processes_may_make_it_at_once() {
    let (_dir, path) = at();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn({
                let path = path.clone();
                move || prepare(&path, Opening::Migrate)
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap().unwrap());
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let (dir, path) = at();
    let write = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    write(b"");
    assert!(refusal(&path).contains("is empty"));
    write(&b"Dear diary, ".repeat(500));
    assert!(refusal(&path).contains("damaged or no database"));
    assert_eq!(fs::read(&path).unwrap(), b"Dear diary, ".repeat(500));
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(refusal(&path).contains("another program"));
    assert!(refusal(dir.path()).contains("is no file"));
}

#[test]
fn a_newer_database_and_a_readable_one_are_refused() {
    let (_dir, path) = at();
    prepare(&path, Opening::Migrate).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refusal(&path).contains("chmod 600"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    connect(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(refusal(&path).contains("use a newer Charla"));
}

/// Beside a server that may be of the older version, nothing is migrated.
#[test]
fn an_older_database_is_refused_and_left_alone_beside_its_server() {
    let (dir, path) = at();
    prepare_with(&path, &STEPS[..2], Opening::Migrate).unwrap();
    let before = fs::read(&path).unwrap();
    let refused = prepare(&path, Opening::Beside);
    assert!(
        matches!(&refused, Err(StoreError::Unusable(why)) if why.contains("format 2") && why.contains("Start its server once")),
        "{refused:?}"
    );
    assert_eq!((fs::read(&path).unwrap(), fs::read_dir(dir.path()).unwrap().count()), (before, 1));
    prepare(&path, Opening::Migrate).unwrap();
    prepare(&path, Opening::Beside).unwrap();
    assert_eq!(examine(&path).unwrap(), NEWEST);
}

#[test]
fn a_log_without_its_database_is_not_played_into_a_new_one() {
    let (_dir, path) = at();
    fs::write(beside(&path, "-wal"), b"old").unwrap();
    assert!(refusal(&path).contains("its log"));
    assert!(!path.exists());
}

#[test]
fn a_truncated_database_is_refused() {
    let (_dir, path) = at();
    prepare(&path, Opening::Migrate).unwrap();
    let whole = fs::read(&path).unwrap();
    for keep in [1, 50, 100, 512, 4095, 4096, 8192, whole.len() - 4096, whole.len() - 1] {
        fs::write(&path, &whole[..keep]).unwrap();
        drop(fs::remove_file(beside(&path, "-wal")));
        drop(fs::remove_file(beside(&path, "-shm")));
        assert!(refusal(&path).contains("damaged"), "{keep}");
        assert_eq!(fs::read(&path).unwrap(), &whole[..keep], "left alone");
    }
}

/// A flipped byte in free space changes nothing; anywhere else it must be told or harmless, never a panic or a reset.
#[test]
fn flipped_bytes_never_reset_the_database() {
    let (_dir, path) = at();
    prepare(&path, Opening::Migrate).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(whole.len() / 300) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x5a;
        fs::write(&path, &bytes).unwrap();
        drop(fs::remove_file(beside(&path, "-wal")));
        drop(fs::remove_file(beside(&path, "-shm")));
        match prepare(&path, Opening::Migrate) {
            Ok(()) => {}
            Err(StoreError::Unusable(_)) => {
                refused += 1;
                assert_eq!(fs::read(&path).unwrap(), bytes, "left alone");
            }
            Err(other) => panic!("byte {at}: {other:?}"),
        }
    }
    assert!(refused > 0);
}

#[test]
fn a_migration_keeps_a_copy_and_a_failed_one_changes_nothing() {
    let (_dir, path) = at();
    prepare(&path, Opening::Migrate).unwrap();
    let with = |step: &'static str| [STEPS, &[step]].concat();
    let bad = with("CREATE TABLE extra (x); CREATE TABLE users (x);");
    assert!(prepare_with(&path, &bad, Opening::Migrate).is_err());
    prepare(&path, Opening::Migrate).unwrap();
    let good = with("CREATE TABLE extra (x);");
    prepare_with(&path, &good, Opening::Migrate).unwrap();
    prepare_with(&path, &good, Opening::Migrate).unwrap();
    assert!(refusal(&path).contains(&format!("format {}", STEPS.len() + 1)));
    let copy = beside(&path, &format!(".format-{}.bak", STEPS.len()));
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    prepare(&copy, Opening::Migrate).unwrap();
}

/// What format 1 held is read as before: both are plain members, and see all.
#[test]
fn a_database_of_format_1_becomes_one_of_today() {
    let (_dir, path) = at();
    prepare_with(&path, &STEPS[..1], Opening::Migrate).unwrap();
    connect(&path)
        .unwrap()
        .execute_batch(
            "INSERT INTO users VALUES (zeroblob(12), 'ann', 'ann', 'a@b', 'a@b', 'x', 'member', 0, 1);
             INSERT INTO conversations VALUES (zeroblob(12), 'direct', x'01', 1, 1, 1, 1);
             INSERT INTO members VALUES (zeroblob(12), zeroblob(12), 1, 1);
             INSERT INTO messages VALUES (1, zeroblob(12), zeroblob(12), 1, zeroblob(12), 'c', 'hello', NULL, 1);",
        )
        .unwrap();
    prepare(&path, Opening::Migrate).unwrap();
    let conn = connect(&path).unwrap();
    let id = crate::ids::ConversationId(bson::oid::ObjectId::from_bytes([0; 12]));
    let found = super::super::conversations::get(&conn, id).unwrap().unwrap();
    assert_eq!((found.name, found.rev, found.members[0].from_seq), (None, 0, 0));
    let page = crate::model::Page::After { seq: 0, limit: 9 };
    let messages = super::super::messages::page(&conn, id, page).unwrap();
    assert_eq!((messages[0].content.as_str(), &messages[0].system), ("hello", &None));
}
