//! The data directory: who uses it, the server's own keys and name in it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::private::{self, PrivateError};
use crate::random::Random;

/// Why the data directory cannot be used. The sentence says what to do.
#[derive(Debug, Error)]
pub enum HomeError {
    #[error(transparent)]
    Private(#[from] PrivateError),
    #[error("another Charla uses {}. Stop it, or set server.data_dir to another directory", .0.display())]
    InUse(PathBuf),
    #[error("{} cannot be locked: {source}", path.display())]
    Lock { path: PathBuf, source: std::io::Error },
    #[error("{} is damaged. Restore it from a backup, or remove it: {consequence}", path.display())]
    Damaged { path: PathBuf, consequence: &'static str },
}

/// The opened data directory. Nobody else can open it for as long as this lives.
pub struct Home {
    /// Signs access tokens.
    pub token_key: [u8; 32],
    /// The name of this server in records; stays the same over restarts.
    pub node: String,
    _lock: File,
}

impl Home {
    /// Opens the data directory, making what is missing.
    pub fn open(dir: &Path, random: &Random) -> Result<Self, HomeError> {
        private::directory(dir)?;
        let lock = lock(&dir.join("lock"), dir)?;
        let token_key = open_key(&dir.join("token.key"), random)?;
        let node = open_node(&dir.join("node"), random)?;
        Ok(Self { token_key, node, _lock: lock })
    }
}

fn lock(path: &Path, dir: &Path) -> Result<File, HomeError> {
    let failed = |source| HomeError::Lock { path: path.to_owned(), source };
    if private::read(path)?.is_none() {
        private::write(path, b"")?;
    }
    let file = File::open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(HomeError::InUse(dir.to_owned())),
        Err(TryLockError::Error(e)) => Err(failed(e)),
    }
}

fn open_key(path: &Path, random: &Random) -> Result<[u8; 32], HomeError> {
    match private::read(path)? {
        Some(bytes) => bytes.try_into().map_err(|_| HomeError::Damaged {
            path: path.to_owned(),
            consequence: "a new key is made then, and access tokens that are out end early",
        }),
        None => {
            let key = random.bytes();
            private::write(path, &key)?;
            Ok(key)
        }
    }
}

fn open_node(path: &Path, random: &Random) -> Result<String, HomeError> {
    match private::read(path)? {
        Some(bytes) => String::from_utf8(bytes)
            .ok()
            .map(|text| text.trim().to_owned())
            .filter(|name| name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit()))
            .ok_or_else(|| HomeError::Damaged {
                path: path.to_owned(),
                consequence: "a new name is made then, and calls that a crash left open stay open in the history",
            }),
        None => {
            let name: String = random.bytes::<8>().iter().map(|b| format!("{b:02x}")).collect();
            private::write(path, name.as_bytes())?;
            Ok(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn keys_and_name_stay_and_one_server_at_a_time_has_them() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let random = Random::seeded(1);
        let first = Home::open(&data, &random).unwrap();
        assert!(matches!(Home::open(&data, &random), Err(HomeError::InUse(_))));
        let (key, node) = (first.token_key, first.node.clone());
        drop(first);
        let again = Home::open(&data, &random).unwrap();
        assert_eq!((again.token_key, again.node.clone()), (key, node));
        for entry in fs::read_dir(&data).unwrap() {
            let meta = entry.unwrap().metadata().unwrap();
            assert_eq!(meta.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn wide_or_damaged_keys_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let random = Random::seeded(1);
        drop(Home::open(&data, &random).unwrap());
        let complaint = || Home::open(&data, &random).err().map(|e| e.to_string()).unwrap_or_default();
        fs::set_permissions(data.join("token.key"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(complaint().contains("chmod 600"), "{}", complaint());
        fs::set_permissions(data.join("token.key"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(data.join("token.key"), "short").unwrap();
        assert!(complaint().contains("token.key is damaged"), "{}", complaint());
        fs::remove_file(data.join("token.key")).unwrap();
        fs::write(data.join("node"), "../../etc").unwrap();
        assert!(complaint().contains("node is damaged"), "{}", complaint());
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(complaint().contains("chmod 700"), "{}", complaint());
    }
}
