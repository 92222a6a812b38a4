//! Files and directories that only their owner may read: keys, secrets, the data directory. Made narrow, refused wide.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a private file or directory cannot be used. The sentence says what to do.
#[derive(Debug, Error)]
pub enum PrivateError {
    #[error("others can read or change {} (mode {mode:o}). Run: chmod {should:o} {}", path.display(), path.display())]
    Wide { path: PathBuf, mode: u32, should: u32 },
    #[error("{} is not a directory. Remove it, or name another one in config.toml", .0.display())]
    NotDirectory(PathBuf),
    #[error("{} cannot be {what}: {source}", path.display())]
    Io { path: PathBuf, what: &'static str, source: io::Error },
}

fn io_error(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> PrivateError {
    move |source| PrivateError::Io { path: path.to_owned(), what, source }
}

/// Refuses a file that others may read or change.
pub fn check(path: &Path) -> Result<(), PrivateError> {
    let meta = fs::metadata(path).map_err(io_error(path, "read"))?;
    narrow(path, meta.permissions().mode(), 0o600)
}

fn narrow(path: &Path, mode: u32, should: u32) -> Result<(), PrivateError> {
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(PrivateError::Wide { path: path.to_owned(), mode: mode & 0o777, should })
    }
}

/// A private file's bytes; `None` if there is no such file.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, PrivateError> {
    match fs::read(path) {
        Ok(bytes) => check(path).map(|()| Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io_error(path, "read")(e)),
    }
}

/// Writes a private file (mode 0600), whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), PrivateError> {
    replace(path, bytes, 0o600).map_err(io_error(path, "written"))
}

/// Writes a file that everybody may read (mode 0644), whole or not at all.
pub fn write_public(path: &Path, bytes: &[u8]) -> Result<(), PrivateError> {
    replace(path, bytes, 0o644).map_err(io_error(path, "written"))
}

fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let fresh = PathBuf::from(name);
    match fs::remove_file(&fresh) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    let dir = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(dir)?.sync_all()
}

/// Makes a private directory (mode 0700) with its parents, or refuses one that others may look into.
pub fn directory(path: &Path) -> Result<(), PrivateError> {
    match fs::metadata(path) {
        Ok(meta) if !meta.is_dir() => Err(PrivateError::NotDirectory(path.to_owned())),
        Ok(meta) => narrow(path, meta.permissions().mode(), 0o700),
        Err(e) if e.kind() == io::ErrorKind::NotFound => make_directory(path),
        Err(e) => Err(io_error(path, "opened")(e)),
    }
}

/// Makes a directory (mode 0700) with its parents unless it is there, with whatever mode.
pub fn make_directory(path: &Path) -> Result<(), PrivateError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io_error(path, "made"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_narrow_and_what_is_wide_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("a/data");
        directory(&data).unwrap();
        directory(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        let key = data.join("key");
        assert!(read(&key).unwrap().is_none());
        write(&key, b"one").unwrap();
        write(&key, b"two").unwrap();
        assert_eq!((mode(&key), read(&key).unwrap().unwrap()), (0o600, b"two".to_vec()));

        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let refusal = read(&key).unwrap_err().to_string();
        assert!(refusal.contains("mode 644") && refusal.contains("chmod 600"), "{refusal}");
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        let refusal = directory(&data).unwrap_err().to_string();
        assert!(refusal.contains("mode 755") && refusal.contains("chmod 700"), "{refusal}");
        assert!(matches!(directory(&key), Err(PrivateError::NotDirectory(_))));
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "nothing is left over");
    }
}
