//! What an operator may set: one struct per `[table]` of `config.toml`, each key with its default.
//! Secrets never show in `Debug`. Reading and checking are in `load` and `rules`; nothing here touches the world.

mod fault;
mod files;
mod load;
mod network;
mod rules;
mod schema;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use fault::{Fault, Faults, Place};
pub use files::Files;
pub use load::{Loaded, Origins, load, parse};
pub use network::Network;
pub use rules::is_dns_name;

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub tls: Tls,
    pub storage: Storage,
    pub accounts: Accounts,
    pub media: Media,
    pub calls: Calls,
    pub files: Files,
    pub limits: Limits,
    pub log: Log,
}

/// `[server]`: where and under which names Charla is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// TCP addresses, all of one port; media takes the same number on UDP.
    pub listen: Vec<SocketAddr>,
    /// The name people type, without a port; empty if there is none.
    pub public_name: String,
    /// More names and addresses under which requests are welcome.
    pub hosts: Vec<String>,
    /// The port that people reach, where a proxy or a router in front of us has another one; 0: that of `listen`.
    pub public_port: u16,
    /// Proxies that say by the PROXY protocol whose connection they pass on.
    pub trusted_proxies: Vec<Network>,
    /// Where the database, keys and files are. Mode 0700.
    pub data_dir: PathBuf,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: vec![
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443)),
                SocketAddr::from((Ipv6Addr::UNSPECIFIED, 8443)),
            ],
            public_name: String::new(),
            hosts: Vec::new(),
            public_port: 0,
            trusted_proxies: Vec::new(),
            data_dir: PathBuf::from("data"),
        }
    }
}

/// Where the certificate comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// A certificate authority of this machine alone, made at the first start.
    #[default]
    LocalCa,
    /// `tls.cert` and `tls.key`, read again when they change.
    Files,
}

/// `[tls]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    pub mode: TlsMode,
    /// Where the local CA and its certificate are kept.
    pub dir: PathBuf,
    /// PEM: the certificate, then its intermediates. Only with `mode = "files"`.
    pub cert: PathBuf,
    /// PEM: the private key. Only with `mode = "files"`.
    pub key: PathBuf,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            mode: TlsMode::LocalCa,
            dir: PathBuf::from("certs"),
            cert: PathBuf::new(),
            key: PathBuf::new(),
        }
    }
}

/// Which database: `sqlite`, or a MongoDB connection string (a secret: it may hold a password).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreUrl(pub String);

/// The engine that a `StoreUrl` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// `data_dir/charla.db`.
    Sqlite,
    /// The URL is the driver's connection string.
    Mongo,
}

impl StoreUrl {
    /// `None` if it names no engine we have; the rules refuse such a configuration.
    pub fn engine(&self) -> Option<Engine> {
        match self.0.as_str() {
            "sqlite" => Some(Engine::Sqlite),
            url if url.starts_with("mongodb://") || url.starts_with("mongodb+srv://") => Some(Engine::Mongo),
            _ => None,
        }
    }
    /// Without the password and without options, fit for a log.
    pub fn redacted(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return self.0.clone() };
        // A password with an unescaped '/' or '?' must not show either: everything up to the last '@' goes.
        match rest.rsplit_once('@') {
            Some((_, host)) => format!("{scheme}://***@{}", host.split('?').next().unwrap_or_default()),
            None => format!("{scheme}://{}", rest.split('?').next().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.redacted())
    }
}

/// `[storage]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    pub url: StoreUrl,
    /// A file that holds the URL, so that no password stands in `config.toml`. Already read into `url` by `load`.
    pub url_file: PathBuf,
}

impl Default for Storage {
    fn default() -> Self {
        Self { url: StoreUrl("sqlite".into()), url_file: PathBuf::new() }
    }
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    #[default]
    Open,
    /// Whoever has an invitation.
    Invite,
    Closed,
}

/// `[accounts]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    pub registration: Registration,
    /// A session ends this many days after its last refresh.
    pub session_days: u32,
    /// Lifetime of an access token.
    pub access_minutes: u32,
}

impl Accounts {
    pub fn session_lifetime(&self) -> Duration {
        Duration::from_secs(u64::from(self.session_days) * 86_400)
    }
    pub fn access_lifetime(&self) -> Duration {
        Duration::from_secs(u64::from(self.access_minutes) * 60)
    }
}

impl Default for Accounts {
    fn default() -> Self {
        Self { registration: Registration::Open, session_days: 30, access_minutes: 15 }
    }
}

/// Which SRTP profiles are offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Srtp {
    /// AEAD_AES_128_GCM alone.
    #[default]
    Gcm,
    /// AES128_CM_HMAC_SHA1_80 too, for a browser without GCM.
    Any,
}

/// `[media]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// What callers are told to send media to; empty: the addresses of the interfaces.
    pub public_ip: Vec<IpAddr>,
    pub srtp: Srtp,
    /// Peer connections at most.
    pub max_transports: usize,
    /// Of these, those that are connecting at one time, at most.
    pub max_handshakes: usize,
}

impl Default for Media {
    fn default() -> Self {
        Self { public_ip: Vec::new(), srtp: Srtp::Gcm, max_transports: 2000, max_handshakes: 500 }
    }
}

/// `[calls]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calls {
    /// How long a call rings before it is missed.
    pub ring_seconds: u32,
    /// How long media may take to flow after an answer.
    pub connect_seconds: u32,
    /// How long a leg may be without media or device before it is given up.
    pub reconnect_seconds: u32,
    /// A call in a group of at most so many members rings them; in a larger one it is announced.
    pub ring_members: usize,
    /// People in one call at most.
    pub max_participants: usize,
}

impl Calls {
    pub fn ring(&self) -> Duration {
        Duration::from_secs(u64::from(self.ring_seconds))
    }
    pub fn connect(&self) -> Duration {
        Duration::from_secs(u64::from(self.connect_seconds))
    }
    pub fn reconnect(&self) -> Duration {
        Duration::from_secs(u64::from(self.reconnect_seconds))
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            ring_seconds: 45,
            connect_seconds: 20,
            reconnect_seconds: 30,
            ring_members: 9,
            max_participants: 100,
        }
    }
}

/// `[limits]`: what one client, and all of them, may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// TCP connections at most.
    pub connections: usize,
    /// TCP connections of one address (IPv6: of one /64) at most. Many people may share one.
    pub connections_per_address: usize,
    /// Body of a REST request.
    pub body_bytes: usize,
    /// Text of a message, in bytes of UTF-8.
    pub message_bytes: usize,
    /// One frame of a socket, and one body of its polling transport.
    pub frame_bytes: usize,
    /// Events that one socket may send, on average.
    pub events_per_second: u32,
    /// Events that one socket may send at once.
    pub events_burst: u32,
    /// Wrong passwords for one account in 15 minutes.
    pub logins_per_account: u32,
    /// Wrong passwords from one address in 15 minutes.
    pub logins_per_address: u32,
    /// New accounts from one address in an hour.
    pub registrations_per_address: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 200,
            body_bytes: 65_536,
            message_bytes: 4096,
            frame_bytes: 131_072,
            events_per_second: 20,
            events_burst: 60,
            logins_per_account: 10,
            logins_per_address: 100,
            registrations_per_address: 50,
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives like `info,charla::calls=debug`.
    pub level: String,
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}

impl Config {
    /// The one port; 0 lets the system choose.
    pub fn port(&self) -> u16 {
        self.server.listen.first().map_or(0, SocketAddr::port)
    }
    /// Where a file of the data directory is.
    pub fn data(&self, name: &str) -> PathBuf {
        self.server.data_dir.join(name)
    }
    /// What the store is opened by; `None` if the configuration names no engine.
    pub fn store_url(&self) -> Option<String> {
        Some(match self.storage.url.engine()? {
            Engine::Sqlite => format!("sqlite:{}", self.data("charla.db").display()),
            Engine::Mongo => self.storage.url.0.clone(),
        })
    }
    /// Takes relative paths as relative to `base`.
    pub fn resolve_paths(&mut self, base: &Path) {
        for path in [
            &mut self.server.data_dir,
            &mut self.tls.dir,
            &mut self.tls.cert,
            &mut self.tls.key,
            &mut self.storage.url_file,
        ] {
            if !path.as_os_str().is_empty() && path.is_relative() {
                *path = base.join(&*path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_shows() {
        for url in [
            "mongodb://bob:s3cret@db/charla?x=1",
            "mongodb://bob:s3/cr?s3cret@db",
            "mongodb+srv://u:s3cret@h/",
        ] {
            let storage = Storage { url: StoreUrl(url.into()), url_file: PathBuf::new() };
            let shown =
                format!("{:?} {}", Config { storage, ..Config::default() }, StoreUrl(url.into()).redacted());
            assert!(!shown.contains("s3cret"), "{shown}");
            assert!(!shown.contains("bob"), "{shown}");
        }
        assert_eq!(StoreUrl("mongodb://db:27017/charla?a=b".into()).redacted(), "mongodb://db:27017/charla");
        assert_eq!(StoreUrl("sqlite".into()).redacted(), "sqlite");
    }

    #[test]
    fn only_relative_paths_move() {
        let mut config = Config::default();
        config.tls.dir = PathBuf::from("/etc/charla");
        config.resolve_paths(Path::new("/srv"));
        assert_eq!(config.data("charla.db"), Path::new("/srv/data/charla.db"));
        assert_eq!(config.tls.dir, Path::new("/etc/charla"));
        assert_eq!(config.tls.cert, Path::new(""));
    }
}
