//! Files that messages carry: taken in, handed out to those who may see the message, forgotten with it. Owns the rules;
//! `disk.rs` owns the bytes, the store what is known of them, on either engine: bytes never go into a database. Knows
//! no transport.

mod disk;
mod error;
mod kind;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::Semaphore;

use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::ids::{FileId, UserId};
use crate::limit::{Limiter, Rate};
use crate::model::{Attachment, AttachmentKind, Carrier, StoredFile};
use crate::policy::{Action, may};
use crate::random::Random;
use crate::store::Store;

pub use disk::{hold, is_unfinished};
pub use error::FileError;

/// An upload as it is announced.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// As its owner calls it; a path before it is left out.
    pub name: String,
    /// How many bytes are to come, if that was said.
    pub size: Option<u64>,
    pub voice: Option<Voice>,
}

/// What a recording says of itself.
#[derive(Clone, Debug)]
pub struct Voice {
    pub duration_ms: u32,
    /// How loud it is along its length, 0–255 each, at most 64.
    pub waveform: Vec<u8>,
}

/// A file to be read.
#[derive(Clone, Debug)]
pub struct Readable {
    pub file: StoredFile,
    pub path: PathBuf,
}

/// Uploads at once, of all people.
const UPLOADS: usize = 64;
/// Uploads of one person.
const PACE: Rate = Rate { burst: 40, refill: Duration::from_secs(2) };
const UPLOADERS_MAX: usize = 10_000;
/// What was uploaded and not sent by then is given up.
const UNSENT: Duration = Duration::from_secs(24 * 3600);
/// Files forgotten in one go.
const COLLECTED: usize = 200;

type Result<T> = std::result::Result<T, FileError>;

/// The service. Cheap to share in an `Arc`.
pub struct Files {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    limits: config::Files,
    dir: PathBuf,
    uploads: Semaphore,
    uploaders: Mutex<Limiter<UserId>>,
}

impl Files {
    /// Keeps bytes in `dir`, which is made if it is missing. What uploads left unfinished there is removed.
    ///
    /// # Errors
    /// If the directory cannot be used.
    pub fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
        limits: &config::Files,
        dir: &Path,
    ) -> std::io::Result<Self> {
        disk::prepare(dir)?;
        Ok(Self {
            store,
            clock,
            random,
            limits: limits.clone(),
            dir: dir.to_owned(),
            uploads: Semaphore::new(UPLOADS),
            uploaders: Mutex::new(Limiter::new(PACE, UPLOADERS_MAX)),
        })
    }

    /// How large a file may be and which types are taken.
    #[must_use]
    pub fn limits(&self) -> &config::Files {
        &self.limits
    }

    /// Takes in a file: on the disk and known to the store when it resolves.
    pub async fn upload<E>(
        &self,
        user: UserId,
        upload: Upload,
        body: impl Stream<Item = std::result::Result<Bytes, E>> + Send,
    ) -> Result<Attachment> {
        let name = kind::name(&upload.name)?;
        upload.voice.as_ref().map(kind::check_voice).transpose()?;
        if upload.size.is_some_and(|size| size > self.limits.max_bytes) {
            return Err(FileError::TooLarge { max: self.limits.max_bytes });
        }
        self.count(user)?;
        let _place = self.uploads.try_acquire().map_err(|_| FileError::Busy)?;
        let now = self.clock.now();
        let id = FileId(self.random.object_id(now));
        let mut part = disk::Part::create(&self.dir, id).await?;
        futures_util::pin_mut!(body);
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|_| FileError::Broken)?;
            if part.size() + u64::try_from(bytes.len()).unwrap_or(u64::MAX) > self.limits.max_bytes {
                return Err(FileError::TooLarge { max: self.limits.max_bytes });
            }
            part.write(&bytes).await?;
        }
        if part.size() == 0 || upload.size.is_some_and(|size| size != part.size()) {
            return Err(FileError::Broken);
        }
        let (kind, mime) = kind::of(part.beginning(), upload.voice.is_some());
        if upload.voice.is_some() && kind != AttachmentKind::Voice {
            return Err(kind::refuse(
                "durationMs",
                "This is no recording: its bytes are not those of sound.",
            ));
        }
        if !self.limits.takes(&mime) {
            return Err(FileError::Type { mime });
        }
        let voice = upload.voice.unwrap_or(Voice { duration_ms: 0, waveform: Vec::new() });
        let duration_ms = (kind == AttachmentKind::Voice).then_some(voice.duration_ms);
        let shown =
            Attachment { id, kind, name, mime, size: part.size(), duration_ms, waveform: voice.waveform };
        let hash = part.finish().await?;
        let file = StoredFile { shown: shown.clone(), owner: user, hash, created_at: now, carrier: None };
        // Known before it takes its place: whoever collects would otherwise take the bytes away again.
        if !self.store.create_file(file, self.limits.quota_bytes).await? {
            return Err(FileError::Quota { max: self.limits.quota_bytes });
        }
        part.keep(&hash).await?;
        Ok(shown)
    }

    /// A file, if `user` may see the message or the group that carries it; before that, its owner alone.
    pub async fn open_for(&self, user: UserId, id: FileId) -> Result<Readable> {
        let file = self.store.file(id).await?.ok_or(FileError::NotFound)?;
        let seen = match file.carrier {
            None => file.owner == user,
            Some(Carrier::Group(group)) => {
                let of = self.store.conversation(group).await?.ok_or(FileError::NotFound)?;
                of.look.picture == Some(id) && may(user, Action::ReadConversation(&of))
            }
            Some(Carrier::Message(message)) => {
                let message = self.store.message(message).await?.ok_or(FileError::NotFound)?;
                let of = self.store.conversation(message.conversation).await?.ok_or(FileError::NotFound)?;
                message.deleted_at.is_none() && may(user, Action::ReadMessage(&of, &message))
            }
        };
        match seen {
            true => Ok(Readable { path: disk::place(&self.dir, &file.hash), file }),
            false => Err(FileError::NotFound),
        }
    }

    /// Forgets what was given up: files of deleted messages, pictures that groups have no more, and what was never sent within a day; their bytes too, if
    /// nothing else has the same. Answers how many.
    ///
    /// # Errors
    /// If the store or the disk fails; what remains is met again.
    pub async fn collect(&self) -> Result<usize> {
        // Whoever copies the directory gets all that the database of his moment names.
        let Some(_alone) = disk::alone(&self.dir).await? else { return Ok(0) };
        let before = Timestamp(self.clock.now().0 - i64::try_from(UNSENT.as_millis()).unwrap_or(0));
        let given_up = self.store.given_up_files(before, COLLECTED).await?;
        let count = given_up.len();
        for (id, hash) in given_up {
            let trash = disk::set_aside(&self.dir, &hash, id).await?;
            // Another upload of the same bytes is known before it takes its place, so it either shows here or puts its
            // own bytes there afterwards.
            if let Some(trash) = trash {
                let needed = self.store.hash_in_use(&hash).await?;
                trash.settle(needed).await?;
            }
            self.store.forget_file(id).await?;
        }
        Ok(count)
    }

    fn count(&self, user: UserId) -> Result<()> {
        let mut uploaders = self.uploaders.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = uploaders.take(&user, self.clock.instant());
        taken.map_err(|retry_after| FileError::TooMany { retry_after })
    }
}
