//! Restoring a backup: unpacked beside its places and compared with its sums first, then moved into them, the database
//! last. Nothing is ever overwritten.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tar::Archive;

use super::{
    ABOUT, About, BackupError, CERTS, DATA, DATABASE, Done, LAYOUT, Result, SUMS, below, failed, hex,
};
use crate::config::{Config, Engine};
use crate::private;
use crate::store::sqlite::snapshot;

/// Where it is unpacked, in the directories it is for: a move within one needs no copy. Left by a restore that was cut off.
const UNPACKED: &str = ".restore-part";
/// How every zstd file begins.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What a backup says of itself is short.
const WORDS_MOST: u64 = 64 << 20;

/// Restores a backup into the data directory and the directory of certificates of a configuration, which must be empty.
///
/// # Errors
/// What is wrong with the backup or with the place; nothing was changed then, unless the disk failed on the way.
pub fn restore(config: &Config, from: &Path) -> Result<Done> {
    let (data, certs) = (&config.server.data_dir, &config.tls.dir);
    let there =
        |dir: &Path| below(dir).map(|files| files.into_iter().filter(|f| !f.starts_with(UNPACKED)).count());
    if there(data)? > 0 {
        return Err(BackupError::NotEmpty(data.clone()));
    }
    let (backup, archive) = Backup::open(from)?;
    backup.fits(config)?;
    private::directory(data)?;
    private::make_directory(certs)?;
    let places = [(DATA, data.join(UNPACKED)), (CERTS, certs.join(UNPACKED))];
    let cleared = || places.iter().try_for_each(|(_, dir)| remove(dir));
    cleared()?;
    let done = backup.unpack(archive, &places).and_then(|files| {
        let older = whole(&backup, &places[0].1)?;
        let moves = || places.iter().map(|(_, unpacked)| unpacked).zip([data, certs]);
        // Before any is made.
        moves().try_for_each(|(unpacked, place)| free(unpacked, place))?;
        moves().try_for_each(|(unpacked, place)| settle(unpacked, place))?;
        Ok(Done { about: backup.about.clone(), files, older })
    });
    cleared()?;
    done
}

fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed(dir)(e)),
        _ => Ok(()),
    }
}

/// Looks through the unpacked database. Answers whether it is of an older format than this version writes.
fn whole(backup: &Backup, data: &Path) -> Result<bool> {
    let database = data.join(DATABASE);
    match backup.about.format {
        Some(_) if !database.exists() => Err(backup.damaged("it has no database")),
        Some(_) => Ok(snapshot::examine(&database)? < snapshot::NEWEST),
        None => Ok(false),
    }
}

/// Whether nothing in `place` has the name of something below `unpacked`.
fn free(unpacked: &Path, place: &Path) -> Result<()> {
    let taken = below(unpacked)?.iter().any(|file| place.join(file).symlink_metadata().is_ok());
    if taken { Err(BackupError::NotEmpty(place.to_owned())) } else { Ok(()) }
}

/// Moves everything below `unpacked` into `place`, the database last: while it is missing, a restore that was cut off
/// does not look whole.
fn settle(unpacked: &Path, place: &Path) -> Result<()> {
    let mut files = below(unpacked)?;
    files.sort_by_key(|file| file == Path::new(DATABASE));
    for file in &files {
        let to = place.join(file);
        if let Some(dir) = to.parent() {
            private::make_directory(dir)?;
        }
        fs::rename(unpacked.join(file), &to).map_err(failed(&to))?;
    }
    File::open(place).and_then(|dir| dir.sync_all()).map_err(failed(place))
}

/// A backup whose first words were read.
struct Backup {
    path: PathBuf,
    about: About,
}

type Tar = Archive<zstd::Decoder<'static, BufReader<File>>>;

impl Backup {
    fn open(path: &Path) -> Result<(Self, Tar)> {
        let mut file = File::open(path).map_err(failed(path))?;
        let mut magic = [0; MAGIC.len()];
        let ours = file.read_exact(&mut magic).is_ok() && magic == MAGIC;
        let no_backup = |e: io::Error| match ours {
            true => BackupError::Damaged { path: path.to_owned(), what: e.to_string() },
            false => BackupError::NoBackup(path.to_owned()),
        };
        let file = File::open(path).map_err(failed(path))?;
        let mut first = Archive::new(zstd::Decoder::new(file).map_err(failed(path))?);
        let mut entry = match first.entries().map_err(no_backup)?.next() {
            Some(entry) => entry.map_err(no_backup)?,
            None => return Err(BackupError::NoBackup(path.to_owned())),
        };
        if entry.path().map_err(no_backup)?.as_ref() != Path::new(ABOUT) {
            return Err(BackupError::NoBackup(path.to_owned()));
        }
        let about: About = serde_json::from_slice(&words(&mut entry).map_err(no_backup)?)
            .map_err(|_| BackupError::NoBackup(path.to_owned()))?;
        // A second reader for what follows: an archive gives its entries once.
        let file = File::open(path).map_err(failed(path))?;
        let archive = Archive::new(zstd::Decoder::new(file).map_err(failed(path))?);
        Ok((Self { path: path.to_owned(), about }, archive))
    }

    fn damaged(&self, what: impl ToString) -> BackupError {
        BackupError::Damaged { path: self.path.clone(), what: what.to_string() }
    }

    /// Whether this version can read it, and the configuration has the database it is for.
    fn fits(&self, config: &Config) -> Result<()> {
        let About { layout, version, format, .. } = &self.about;
        let (path, version) = (self.path.clone(), version.clone());
        if *layout > LAYOUT {
            return Err(BackupError::Newer { path, version, format: *layout, known: LAYOUT });
        }
        match format {
            Some(format) if *format > snapshot::NEWEST => {
                Err(BackupError::Newer { path, version, format: *format, known: snapshot::NEWEST })
            }
            Some(_) if config.storage.url.engine() == Some(Engine::Mongo) => {
                Err(BackupError::NotForMongo(path))
            }
            None if config.storage.url.engine() == Some(Engine::Sqlite) => Err(BackupError::NoDatabase(path)),
            _ => Ok(()),
        }
    }

    /// Unpacks into the places of the directories and compares with the sums. Answers how many files.
    fn unpack(&self, mut archive: Tar, places: &[(&str, PathBuf)]) -> Result<usize> {
        let (path, mut found, mut sums) = (self.path.clone(), BTreeMap::new(), None);
        let damaged = |e: io::Error| BackupError::Damaged { path: path.clone(), what: e.to_string() };
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            let name = entry.path().map_err(damaged)?.display().to_string();
            if name == SUMS {
                sums = Some(words(&mut entry).map_err(damaged)?);
                continue;
            }
            let sum = if name == ABOUT {
                hex(&Sha256::digest(words(&mut entry).map_err(damaged)?))
            } else {
                let to = place(&name, places).filter(|_| entry.header().entry_type().is_file());
                let to =
                    to.ok_or_else(|| damaged(io::Error::other(format!("{name} does not belong in it"))))?;
                take_out(&mut entry, &to).map_err(|e| match e.kind() {
                    io::ErrorKind::AlreadyExists => {
                        damaged(io::Error::other(format!("{name} is in it twice")))
                    }
                    io::ErrorKind::InvalidData => damaged(e),
                    _ => failed(&to)(e),
                })?
            };
            found.insert(name, sum);
        }
        // To the end of the file, where its own check stands.
        io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
        let sums = sums.ok_or_else(|| self.damaged("its end is missing"))?;
        let told = String::from_utf8_lossy(&sums);
        let told: BTreeMap<String, String> = told
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
            .collect();
        if let Some(name) = told.keys().chain(found.keys()).find(|name| told.get(*name) != found.get(*name)) {
            return Err(self.damaged(format!("{name} is not what was backed up")));
        }
        Ok(found.len().saturating_sub(1))
    }
}

/// Where an entry goes; `None` for whatever would leave its directory.
fn place(name: &str, places: &[(&str, PathBuf)]) -> Option<PathBuf> {
    let (root, relative) = name.split_once('/')?;
    let inside = Path::new(relative).components().all(|part| matches!(part, Component::Normal(_)));
    let (_, dir) = places.iter().find(|(place, _)| *place == root)?;
    (inside && !relative.is_empty()).then(|| dir.join(relative))
}

fn words(entry: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    entry.take(WORDS_MOST).read_to_end(&mut text)?;
    Ok(text)
}

/// Writes an entry for its owner alone. Answers its sum.
fn take_out(entry: &mut impl Read, to: &Path) -> io::Result<String> {
    if let Some(dir) = to.parent() {
        private::make_directory(dir).map_err(io::Error::other)?;
    }
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let (mut sha256, mut part) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        // What cannot be read is the backup's fault, what cannot be written is not.
        match entry.read(&mut part).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))? {
            0 => break,
            n => {
                sha256.update(&part[..n]);
                target.write_all(&part[..n])?;
            }
        }
    }
    target.sync_all()?;
    Ok(hex(&sha256.finalize()))
}
