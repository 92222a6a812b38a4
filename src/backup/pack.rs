//! Making a backup: a snapshot of the database first, then every file that a row of it may name.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};
use zstd::Encoder;

use super::{
    ABOUT, About, BackupError, CERTS, DATA, DATABASE, Done, LAYOUT, Result, SUMS, below, beside, failed, hex,
};
use crate::clock::Timestamp;
use crate::config::{Config, Engine};
use crate::files;
use crate::private;
use crate::store::sqlite::snapshot;

/// Of this run of a server, or of the database, which is copied by itself.
const LEFT_OUT: [&str; 5] = ["lock", "owner-link.txt", "charla.db", "charla.db-wal", "charla.db-shm"];
/// Copies of the database that a migration kept: they are not what anybody wants back.
const KEPT_BY_MIGRATIONS: &str = ".bak";
/// Quick, and most files are compressed already.
const LEVEL: i32 = 3;

type Tar = Builder<Encoder<'static, File>>;

/// Backs up into the file `to`, which appears whole or not at all, for its owner alone.
///
/// # Errors
/// What kept it from being whole.
pub fn backup(config: &Config, to: &Path, now: Timestamp) -> Result<Done> {
    let data = &config.server.data_dir;
    if !data.is_dir() {
        return Err(BackupError::NoData(data.clone()));
    }
    if to.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let (part, copy) = (beside(to, ".part"), beside(to, ".part-db"));
    let made = write(config, &part, &copy, now);
    let done = made.and_then(|done| {
        fs::rename(&part, to).map_err(failed(to))?;
        sync_directory_of(to)?;
        Ok(done)
    });
    for left in [&part, &copy, &beside(&copy, "-wal"), &beside(&copy, "-shm")] {
        drop(fs::remove_file(left));
    }
    done
}

fn write(config: &Config, part: &Path, copy: &Path, now: Timestamp) -> Result<Done> {
    // Nothing is forgotten while this is held, so what a row of the snapshot names is still there to be read.
    let kept = config.data("files");
    let _held = files::hold(&kept).map_err(failed(&kept))?;
    let database = config.storage.url.engine() == Some(Engine::Sqlite);
    let format = match database {
        true => Some(copy_database(config, copy)?),
        false => None,
    };
    let about = About { layout: LAYOUT, version: env!("CARGO_PKG_VERSION").into(), created_at: now, format };
    let mut archive = Archive::create(part, now)?;
    let text = serde_json::to_vec_pretty(&about).unwrap_or_default();
    archive.add(ABOUT, &mut text.as_slice(), size(&text)).map_err(failed(part))?;
    for (root, name) in [(&config.server.data_dir, DATA), (&config.tls.dir, CERTS)] {
        for relative in below(root)?.into_iter().filter(|file| name != DATA || belongs(file)) {
            archive.add_file(&format!("{name}/{}", relative.display()), &root.join(&relative))?;
        }
    }
    if database {
        archive.add_file(&format!("{DATA}/{DATABASE}"), copy)?;
    }
    let files = archive.finish().map_err(failed(part))?;
    Ok(Done { about, files, older: false })
}

/// Answers its format.
fn copy_database(config: &Config, copy: &Path) -> Result<usize> {
    private::write(copy, b"")?;
    snapshot::snapshot(&config.data(DATABASE), copy)?;
    Ok(snapshot::examine(copy)?)
}

fn belongs(file: &Path) -> bool {
    let ends = |suffix: &str| file.to_str().is_some_and(|name| name.ends_with(suffix));
    !LEFT_OUT.iter().any(|out| file == Path::new(out))
        && !ends(KEPT_BY_MIGRATIONS)
        && !files::is_unfinished(file)
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn sync_directory_of(file: &Path) -> Result<()> {
    let dir = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed(dir))
}

/// A backup on its way to the disk.
struct Archive {
    tar: Tar,
    now: Timestamp,
    sums: BTreeMap<String, String>,
}

impl Archive {
    fn create(path: &Path, now: Timestamp) -> Result<Self> {
        // Left by one that was cut off.
        drop(fs::remove_file(path));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(failed(path))?;
        let mut encoder = Encoder::new(file, LEVEL).map_err(failed(path))?;
        encoder.include_checksum(true).map_err(failed(path))?;
        Ok(Self { tar: Builder::new(encoder), now, sums: BTreeMap::new() })
    }

    /// A file; nothing if it went away meanwhile.
    fn add_file(&mut self, name: &str, path: &Path) -> Result<()> {
        let mut source = match File::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            source => source.map_err(failed(path))?,
        };
        let size = source.metadata().map_err(failed(path))?.len();
        match self.add(name, &mut source, size) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(BackupError::Changed(path.to_owned())),
            other => other.map_err(failed(path)),
        }
    }

    fn add(&mut self, name: &str, source: &mut dyn Read, size: u64) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o600);
        header.set_size(size);
        header.set_mtime(u64::try_from(self.now.0 / 1000).unwrap_or(0));
        let mut hashing = Hashing { source: source.take(size), sha256: Sha256::new(), left: size };
        self.tar.append_data(&mut header, PathBuf::from(name), &mut hashing)?;
        self.sums.insert(name.to_owned(), hex(&hashing.sha256.finalize()));
        Ok(())
    }

    /// Answers how many files it holds besides its own two.
    fn finish(mut self) -> io::Result<usize> {
        let files = self.sums.len() - 1;
        let sums: String = self.sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
        self.add(SUMS, &mut sums.as_bytes(), size(sums.as_bytes()))?;
        let mut file = self.tar.into_inner()?.finish()?;
        file.flush()?;
        file.sync_all()?;
        Ok(files)
    }
}

/// Passes on just as much as was announced, and adds it up. `UnexpectedEof` if there is less.
struct Hashing<'a> {
    source: io::Take<&'a mut dyn Read>,
    sha256: Sha256,
    left: u64,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read(buffer)?;
        if n == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= u64::try_from(n).unwrap_or(0);
        self.sha256.update(&buffer[..n]);
        Ok(n)
    }
}
