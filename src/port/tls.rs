//! TLS: which versions and ciphers, and the certificate in use: where it comes from, when it is replaced.
//! Key files that others can read are refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

use super::authority::{self, AuthorityError, Facts, Names, Pair};
use crate::clock::Timestamp;
use crate::config::{self, TlsMode};
use crate::private::{self, PrivateError};

/// Why there is no certificate to serve with. The sentence says what to do.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error(transparent)]
    Private(#[from] PrivateError),
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error("{} cannot be read: {source}. Set tls.{key} to a PEM file", path.display())]
    Unreadable { key: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{} holds no usable {what}: {why}. Set tls.{key} to a PEM file with one", path.display())]
    Unusable { key: &'static str, what: &'static str, path: PathBuf, why: String },
    #[error("the key in {} does not belong to the certificate in {}", key.display(), cert.display())]
    Mismatch { cert: PathBuf, key: PathBuf },
    #[error(
        "{} is missing while {} is there. Restore it from a backup; or remove both to get a new certificate \
         authority, which everybody has to install again", missing.display(), there.display()
    )]
    HalfAuthority { missing: PathBuf, there: PathBuf },
    #[error(
        "the certificate authority in {} has expired. Remove it and its key to get a new one, which everybody has to \
         install again", .0.display()
    )]
    ExpiredAuthority(PathBuf),
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

type Result<T> = std::result::Result<T, TlsError>;

/// The local authority as `/trust` offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    pub pem: String,
    pub facts: Facts,
}

/// The certificate in use.
struct Current {
    key: Arc<CertifiedKey>,
    facts: Facts,
}

/// The certificate that handshakes are answered with, and where a newer one would come from.
pub struct Certificates {
    source: Source,
    current: RwLock<Current>,
    /// Of the files that `current` was read from.
    stamp: Mutex<Option<Stamp>>,
}

enum Source {
    LocalCa { dir: PathBuf, authority: Authority },
    Files { cert: PathBuf, key: PathBuf },
}

/// Modification time and length of the certificate's file and of the key's.
type Stamp = [(Option<SystemTime>, u64); 2];

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("facts", &self.facts()).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Reads the certificate that `tls` names, or makes what is missing: authority and certificate for `names`.
    pub fn open(tls: &config::Tls, names: &Names, now: Timestamp) -> Result<Self> {
        let (source, current, stamp) = match tls.mode {
            TlsMode::LocalCa => {
                private::make_directory(&tls.dir)?;
                let (authority, pair) = open_authority(&tls.dir, now)?;
                let current = open_leaf(&tls.dir, &authority, &pair, names, now)?;
                (Source::LocalCa { dir: tls.dir.clone(), authority }, current, None)
            }
            TlsMode::Files => {
                let stamp = stamp(&tls.cert, &tls.key);
                let current = read_pair(&tls.cert, &tls.key)?;
                (Source::Files { cert: tls.cert.clone(), key: tls.key.clone() }, current, Some(stamp))
            }
        };
        Ok(Self { source, current: RwLock::new(current), stamp: Mutex::new(stamp) })
    }

    /// Takes a newer certificate if there is one or if one is due. True if it did; on an error the old one stays.
    pub fn refresh(&self, names: &Names, now: Timestamp) -> Result<bool> {
        let fresh = match &self.source {
            Source::LocalCa { dir, authority } => {
                if !authority::is_stale(&self.facts(), &authority.facts, names, now) {
                    return Ok(false);
                }
                let (authority, pair) = open_authority(dir, now)?;
                open_leaf(dir, &authority, &pair, names, now)?
            }
            Source::Files { cert, key } => {
                let stamp = stamp(cert, key);
                if *self.stamp.lock().unwrap_or_else(PoisonError::into_inner) == Some(stamp) {
                    return Ok(false);
                }
                let fresh = read_pair(cert, key)?;
                *self.stamp.lock().unwrap_or_else(PoisonError::into_inner) = Some(stamp);
                fresh
            }
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(true)
    }

    /// What the certificate in use says.
    pub fn facts(&self) -> Facts {
        self.current.read().unwrap_or_else(PoisonError::into_inner).facts.clone()
    }

    /// The local authority, if the certificate is signed by it.
    pub fn authority(&self) -> Option<&Authority> {
        match &self.source {
            Source::LocalCa { authority, .. } => Some(authority),
            Source::Files { .. } => None,
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).key.clone())
    }
}

/// TLS 1.2 and 1.3 with AEAD ciphers alone (rustls has no others), HTTP/2 and HTTP/1.1.
pub fn server_config(certificates: Arc<Certificates>) -> Result<Arc<ServerConfig>> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Whoever comes back after a dropped connection saves the signature and the certificate.
    config.ticketer = ring::Ticketer::new()?;
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn open_authority(dir: &Path, now: Timestamp) -> Result<(Authority, Pair)> {
    let (cert_path, key_path) = (dir.join("ca.crt"), dir.join("ca.key"));
    let key = private::read(&key_path)?;
    let cert = match fs::read(&cert_path) {
        Ok(cert) => Some(cert),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(source) => return Err(PrivateError::Io { path: cert_path, what: "read", source }.into()),
    };
    let pair = match (cert, key) {
        (Some(cert), Some(key)) => Pair {
            cert: String::from_utf8_lossy(&cert).into_owned(),
            key: String::from_utf8_lossy(&key).into_owned(),
        },
        (None, None) => {
            let pair = authority::make_authority(&host_name(), now)?;
            private::write(&key_path, pair.key.as_bytes())?;
            private::write_public(&cert_path, pair.cert.as_bytes())?;
            tracing::info!(dir = %dir.display(), "made a certificate authority for this machine");
            pair
        }
        (Some(_), None) => return Err(TlsError::HalfAuthority { missing: key_path, there: cert_path }),
        (None, Some(_)) => return Err(TlsError::HalfAuthority { missing: cert_path, there: key_path }),
    };
    let facts =
        Facts::of_pem(pair.cert.as_bytes()).map_err(|e| unusable("dir", "certificate", &cert_path, &e))?;
    if facts.days_left(now) < 0 {
        return Err(TlsError::ExpiredAuthority(cert_path));
    }
    Ok((Authority { pem: pair.cert.clone(), facts }, pair))
}

/// The certificate in `dir` if it still serves, else a new one.
fn open_leaf(
    dir: &Path,
    authority: &Authority,
    pair: &Pair,
    names: &Names,
    now: Timestamp,
) -> Result<Current> {
    let (cert_path, key_path) = (dir.join("server.crt"), dir.join("server.key"));
    if cert_path.exists() && key_path.exists() {
        private::check(&key_path)?;
        match read_pair(&cert_path, &key_path) {
            Ok(current) if !authority::is_stale(&current.facts, &authority.facts, names, now) => {
                return Ok(current);
            }
            Ok(_) => tracing::info!("the certificate no longer fits and is replaced"),
            Err(e) => tracing::warn!(error = %e, "the certificate cannot be used and is replaced"),
        }
    }
    let leaf = authority::issue(pair, names, now)?;
    private::write(&key_path, leaf.key.as_bytes())?;
    private::write_public(&cert_path, leaf.cert.as_bytes())?;
    tracing::info!(names = ?names.list(), "made a certificate");
    read_pair(&cert_path, &key_path)
}

fn read_pair(cert_path: &Path, key_path: &Path) -> Result<Current> {
    let cert_text = read_file("cert", cert_path)?;
    let key_text = read_file("key", key_path)?;
    check_key_mode(key_path)?;
    let chain = CertificateDer::pem_slice_iter(&cert_text)
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|e| unusable("cert", "certificate", cert_path, &format!("{e:?}")))?;
    let Some(first) = chain.first() else {
        return Err(unusable("cert", "certificate", cert_path, &"there is none in it"));
    };
    let facts = Facts::of_der(first).map_err(|e| unusable("cert", "certificate", cert_path, &e))?;
    let key = PrivateKeyDer::from_pem_slice(&key_text)
        .map_err(|e| unusable("key", "private key", key_path, &format!("{e:?}")))?;
    let key = provider()
        .key_provider
        .load_private_key(key)
        .map_err(|e| unusable("key", "private key", key_path, &e))?;
    let key = CertifiedKey::new(chain, key);
    // `Unknown` means that the key cannot tell its public half: then the handshake will.
    if let Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) = key.keys_match() {
        return Err(TlsError::Mismatch { cert: cert_path.into(), key: key_path.into() });
    }
    Ok(Current { key: Arc::new(key), facts })
}

/// A group may read the key of an operator's certificate (Debian's `ssl-cert`), others may not.
fn check_key_mode(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_or(0, |meta| meta.permissions().mode());
    if mode & 0o027 != 0 {
        return Err(PrivateError::Wide { path: path.into(), mode: mode & 0o777, should: 0o600 }.into());
    }
    Ok(())
}

fn read_file(key: &'static str, path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| TlsError::Unreadable { key, path: path.into(), source })
}

fn unusable(key: &'static str, what: &'static str, path: &Path, why: &dyn std::fmt::Display) -> TlsError {
    TlsError::Unusable { key, what, path: path.into(), why: why.to_string() }
}

fn stamp(cert: &Path, key: &Path) -> Stamp {
    [cert, key].map(|path| fs::metadata(path).map_or((None, 0), |meta| (meta.modified().ok(), meta.len())))
}

/// What the machine calls itself; `localhost` if it does not say.
pub fn host_name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy().to_lowercase();
    if config::is_dns_name(&name) { name } else { "localhost".into() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn names(dns: &[&str]) -> Names {
        Names { dns: dns.iter().map(|n| (*n).to_owned()).collect(), ..Names::default() }
    }

    fn local(dir: &Path) -> config::Tls {
        config::Tls { dir: dir.join("certs"), ..config::Tls::default() }
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_authority_is_made_once_and_the_certificate_follows_the_names() {
        let dir = tempfile::tempdir().unwrap();
        let tls = local(dir.path());
        let first = Certificates::open(&tls, &names(&["a"]), NOW).unwrap();
        let again = Certificates::open(&tls, &names(&["a"]), NOW).unwrap();
        assert_eq!(first.facts(), again.facts(), "nothing is made twice");
        for (file, mode) in [("ca.key", 0o600), ("server.key", 0o600), ("ca.crt", 0o644)] {
            assert_eq!(
                fs::metadata(tls.dir.join(file)).unwrap().permissions().mode() & 0o777,
                mode,
                "{file}"
            );
        }
        let renamed = Certificates::open(&tls, &names(&["a", "b"]), NOW).unwrap();
        assert!(renamed.facts().names.covers_name("b"));
        assert_eq!(first.authority(), renamed.authority());
        let later = NOW.plus(Duration::from_secs(380 * 86_400));
        assert!(!renamed.refresh(&names(&["a"]), NOW).unwrap());
        assert!(renamed.refresh(&names(&["a"]), later).unwrap());
        assert!(renamed.facts().days_left(later) > 300);
    }

    #[test]
    fn a_damaged_certificate_is_replaced_and_a_damaged_authority_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let tls = local(dir.path());
        let open = || Certificates::open(&tls, &names(&["a"]), NOW);
        let authority = open().unwrap().authority().unwrap().clone();
        fs::write(tls.dir.join("server.crt"), "garbage").unwrap();
        assert_eq!(open().unwrap().authority(), Some(&authority));

        set_mode(&tls.dir.join("server.key"), 0o644);
        assert!(open().unwrap_err().to_string().contains("chmod 600"));
        set_mode(&tls.dir.join("server.key"), 0o600);
        set_mode(&tls.dir.join("ca.key"), 0o640);
        assert!(open().unwrap_err().to_string().contains("mode 640"));
        set_mode(&tls.dir.join("ca.key"), 0o600);
        fs::write(tls.dir.join("ca.crt"), "garbage").unwrap();
        assert!(matches!(open(), Err(TlsError::Unusable { .. })));
        fs::remove_file(tls.dir.join("ca.crt")).unwrap();
        assert!(open().unwrap_err().to_string().contains("Restore it from a backup"));
        let far = NOW.plus(Duration::from_secs(11 * 365 * 86_400));
        fs::write(tls.dir.join("ca.crt"), &authority.pem).unwrap();
        assert!(matches!(Certificates::open(&tls, &names(&["a"]), far), Err(TlsError::ExpiredAuthority(_))));
    }

    #[test]
    fn an_operators_files_are_read_again_when_they_change() {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority::make_authority("box", NOW).unwrap();
        let tls = config::Tls {
            mode: TlsMode::Files,
            cert: dir.path().join("cert.pem"),
            key: dir.path().join("key.pem"),
            ..config::Tls::default()
        };
        let open = || Certificates::open(&tls, &Names::default(), NOW);
        assert!(open().unwrap_err().to_string().contains("Set tls.cert to a PEM file"));
        let one = authority::issue(&authority, &names(&["one"]), NOW).unwrap();
        fs::write(&tls.cert, &one.cert).unwrap();
        fs::write(&tls.key, &one.key).unwrap();
        set_mode(&tls.key, 0o644);
        assert!(open().unwrap_err().to_string().contains("chmod 600"));
        set_mode(&tls.key, 0o640);
        let certificates = open().unwrap();
        assert!(!certificates.refresh(&Names::default(), NOW).unwrap());
        assert!(certificates.authority().is_none());

        let two = authority::issue(&authority, &names(&["one", "two.example"]), NOW).unwrap();
        fs::write(&tls.cert, &two.cert).unwrap();
        let complaint = certificates.refresh(&Names::default(), NOW).unwrap_err();
        assert!(matches!(complaint, TlsError::Mismatch { .. }), "{complaint}");
        assert!(!certificates.facts().names.covers_name("two.example"), "the old one stays");
        fs::write(&tls.key, &two.key).unwrap();
        assert!(certificates.refresh(&Names::default(), NOW).unwrap());
        assert!(certificates.facts().names.covers_name("two.example"));

        fs::write(&tls.key, "nothing").unwrap();
        assert!(open().unwrap_err().to_string().contains("no usable private key"));
        fs::write(&tls.cert, "nothing").unwrap();
        assert!(open().unwrap_err().to_string().contains("no usable certificate"));
    }
}
