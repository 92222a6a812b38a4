//! The bytes of files: one file per content, named by its SHA-256, readable by its owner alone. Owns what lies in the
//! directory; knows no store.
//!
//! A file is written beside its place, synced, and renamed into it, so that what has its name is whole. What is to be
//! removed is set aside first and put back if somebody needs it after all.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::kind::BEGINNING;
use crate::ids::FileId;
use crate::model::FileHash;
use crate::private;

const PART: &str = "part";
const TRASH: &str = "trash";

/// Makes the directory; removes unfinished uploads, puts back what was set aside: whoever collects meets it again.
pub(super) fn prepare(dir: &Path) -> io::Result<()> {
    private::make_directory(dir).map_err(io::Error::other)?;
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        match path.extension().and_then(|e| e.to_str()) {
            Some(PART) => std::fs::remove_file(&path)?,
            Some(TRASH) => {
                // "HASH.ID.trash"
                let place = path.with_extension("").with_extension("");
                std::fs::rename(&path, place)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Held by whoever copies the directory: while it lives, no process takes bytes away from it.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "its lock ends with it")] std::fs::File);

/// Waits for whoever is just taking bytes away. `None` if there is no such directory.
///
/// # Errors
/// If the directory cannot be locked.
pub fn hold(dir: &Path) -> io::Result<Option<Held>> {
    let dir = match std::fs::File::open(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        dir => dir?,
    };
    dir.lock_shared()?;
    Ok(Some(Held(dir)))
}

/// Whether a file of the directory is an upload that did not end yet.
pub fn is_unfinished(file: &Path) -> bool {
    file.extension().is_some_and(|e| e == PART)
}

/// Keeps others from taking bytes away; `None` while somebody does, or copies the directory.
pub(super) async fn alone(dir: &Path) -> io::Result<Option<Held>> {
    let dir = File::open(dir).await?.into_std().await;
    match dir.try_lock() {
        Ok(()) => Ok(Some(Held(dir))),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(e)) => Err(e),
    }
}

/// Where bytes of this hash lie.
pub(super) fn place(dir: &Path, hash: &FileHash) -> PathBuf {
    let mut name = String::with_capacity(64);
    for byte in hash {
        let _ = write!(name, "{byte:02x}");
    }
    dir.join(name)
}

/// An upload on its way. Removed when dropped unless it was kept.
pub(super) struct Part {
    dir: PathBuf,
    path: PathBuf,
    file: File,
    hasher: Sha256,
    size: u64,
    beginning: Vec<u8>,
    kept: bool,
}

impl Part {
    pub(super) async fn create(dir: &Path, id: FileId) -> io::Result<Self> {
        let path = dir.join(format!("{id}.{PART}"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await?;
        let (dir, hasher, beginning) = (dir.to_owned(), Sha256::new(), Vec::new());
        Ok(Self { dir, path, file, hasher, size: 0, beginning, kept: false })
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = BEGINNING - self.beginning.len();
        self.beginning.extend(bytes.iter().take(room));
        self.hasher.update(bytes);
        self.size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.file.write_all(bytes).await
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn beginning(&self) -> &[u8] {
        &self.beginning
    }

    /// On the disk, but not in its place yet.
    pub(super) async fn finish(&mut self) -> io::Result<FileHash> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        Ok(self.hasher.clone().finalize().into())
    }

    /// Into its place, where the same bytes may be already.
    pub(super) async fn keep(mut self, hash: &FileHash) -> io::Result<()> {
        fs::rename(&self.path, place(&self.dir, hash)).await?;
        self.kept = true;
        sync(&self.dir).await
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

async fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir).await?.sync_all().await
}

/// Bytes that were taken out of their place.
pub(super) struct Trash {
    path: PathBuf,
    place: PathBuf,
}

/// Takes the bytes of a hash out of their place; `None` if there are none.
pub(super) async fn set_aside(dir: &Path, hash: &FileHash, id: FileId) -> io::Result<Option<Trash>> {
    let place = place(dir, hash);
    let mut name = place.clone().into_os_string();
    name.push(format!(".{id}.{TRASH}"));
    let path = PathBuf::from(name);
    match fs::rename(&place, &path).await {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
        Ok(()) => Ok(Some(Trash { path, place })),
    }
}

impl Trash {
    /// Puts them back, or removes them.
    pub(super) async fn settle(self, needed: bool) -> io::Result<()> {
        if needed {
            return fs::rename(&self.path, &self.place).await;
        }
        fs::remove_file(&self.path).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_copies_keeps_bytes_from_being_taken_away_and_the_other_way_round() {
        let dir = tempfile::tempdir().unwrap();
        assert!(hold(&dir.path().join("none")).unwrap().is_none());
        let (one, two) = (hold(dir.path()).unwrap(), hold(dir.path()).unwrap());
        assert!(one.is_some() && two.is_some());
        drop(one);
        assert!(alone(dir.path()).await.unwrap().is_none());
        drop(two);
        let alone = alone(dir.path()).await.unwrap();
        assert!(alone.is_some());
        let waiting = std::thread::spawn({
            let dir = dir.path().to_owned();
            move || hold(&dir).unwrap().is_some()
        });
        assert!(!waiting.is_finished());
        drop(alone);
        assert!(waiting.join().unwrap());
    }
}
