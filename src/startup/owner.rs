//! The owner link: how the person who started the server becomes its owner. To a terminal, or into a file that nobody
//! else can read; never into a log.

use std::fs;
use std::path::{Path, PathBuf};

use crate::accounts::{AccountError, Accounts};
use crate::private::{self, PrivateError};
use crate::store::{Store, StoreError};

/// Where the link was put.
#[derive(Clone, PartialEq, Eq)]
pub enum OwnerLink {
    /// To be printed.
    Terminal(String),
    File(PathBuf),
}

impl std::fmt::Debug for OwnerLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Terminal(_) => f.write_str("Terminal(***)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// Why there is no owner link.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Private(#[from] PrivateError),
}

/// Makes a link while there is no owner; the secret stands in the fragment, so that no server log ever sees it.
pub async fn offer(
    accounts: &Accounts,
    store: &dyn Store,
    url: &str,
    data_dir: &Path,
    to_terminal: bool,
) -> Result<Option<OwnerLink>, OwnerError> {
    let file = data_dir.join("owner-link.txt");
    if store.has_owner().await? {
        forget(&file);
        return Ok(None);
    }
    let link = format!("{url}#claim={}", accounts.make_claim().await?);
    if to_terminal {
        forget(&file);
        return Ok(Some(OwnerLink::Terminal(link)));
    }
    private::write(&file, format!("{link}\n").as_bytes())?;
    Ok(Some(OwnerLink::File(file)))
}

/// An old link has no use and should not lie about.
fn forget(file: &Path) {
    if let Err(e) = fs::remove_file(file)
        && e.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(error = %e, file = %file.display(), "an old owner link could not be removed");
    }
}
