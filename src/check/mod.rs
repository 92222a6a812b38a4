//! `charla check`: what a configuration comes to on this machine, and what is doubtful about it. Makes no file, and
//! connects to nobody but a MongoDB and the server's own public name.

mod client;
pub mod front;
pub mod probe;

use std::fmt;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::clock::{Clock, SystemClock, Timestamp};
use crate::config::{Config, Engine, Loaded, Registration, TlsMode};
use crate::port::authority::{self, Facts, Names};
use crate::port::tls::Certificates;
use crate::private;
use crate::startup::addresses::{self, Machine, is_public};
use crate::startup::descriptors;
use crate::store::{self, StoreError};

/// How long a MongoDB may take to answer.
const STORE_PATIENCE: Duration = Duration::from_secs(8);

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// What would be used, and what it is.
    pub facts: Vec<(&'static str, String)>,
    /// It would start, but somebody may not be happy with it.
    pub doubts: Vec<String>,
    /// It would not start.
    pub errors: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, text) in &self.facts {
            writeln!(f, "{what:<14} {text}")?;
        }
        for (kind, texts) in [("doubt", &self.doubts), ("error", &self.errors)] {
            for text in texts {
                writeln!(f, "{kind}: {text}")?;
            }
        }
        if self.errors.is_empty() && self.doubts.is_empty() {
            writeln!(f, "Nothing is doubtful.")?;
        }
        Ok(())
    }
}

/// Looks at everything a start would use.
pub async fn report(loaded: &Loaded) -> Report {
    let config = &loaded.config;
    let machine = Machine::here();
    let mut report = Report { doubts: loaded.doubts.clone(), ..Report::default() };
    let file = loaded.file.as_ref().map_or("no file, the defaults".into(), |file| file.display().to_string());
    report.fact("configuration", file);
    let runs = network(&mut report, config, &machine);
    certificate(&mut report, config, &addresses::names(config, &machine), SystemClock.now());
    data(&mut report, config);
    storage(&mut report, config).await;
    in_front(&mut report, config, runs).await;
    let registration = match config.accounts.registration {
        Registration::Open => "open: whoever reaches the page can make an account",
        Registration::Invite => "invite: whoever has an invitation can make an account",
        Registration::Closed => "closed",
    };
    report.fact("registration", registration);
    report
}

impl Report {
    fn fact(&mut self, what: &'static str, text: impl Into<String>) {
        self.facts.push((what, text.into()));
    }
    fn doubt(&mut self, text: impl Into<String>) {
        self.doubts.push(text.into());
    }
    fn error(&mut self, text: impl fmt::Display) {
        self.errors.push(text.to_string());
    }
}

fn list<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// Whether the port is taken: by this server, most likely.
fn network(report: &mut Report, config: &Config, machine: &Machine) -> bool {
    let listen = &config.server.listen;
    let mut taken = false;
    report.fact("listens on", list(listen));
    for address in listen {
        match TcpListener::bind(address) {
            Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => {
                // The second of 0.0.0.0 and [::] takes both where a system is set so; the server itself does not.
                let bound = crate::port::listen::BindError::new(*address, e);
                if !address.is_ipv6() || !address.ip().is_unspecified() {
                    taken = true;
                    report.doubt(format!("{bound} (if it is this server, all is well)"));
                }
            }
            Err(e) if address.is_ipv6() && address.ip().is_unspecified() => {
                report.doubt(format!("{address}: this machine has no IPv6 ({e})"));
            }
            Err(e) => report.error(crate::port::listen::BindError::new(*address, e)),
            Ok(_) => {}
        }
    }
    let media = addresses::media_addresses(listen, machine, &config.media.public_ip);
    let told = addresses::with_port(media.announce.clone(), config.server.public_port);
    report.fact("media", format!("UDP and TCP, callers are told {}", list(&told)));
    report.fact("media binds", format!("UDP {}", list(&media.bind)));
    report.fact("pages", addresses::urls(config, machine, listen).join(" "));
    let reachable = media.announce.iter().any(|a| is_public(&a.ip()));
    if media.announce.is_empty() {
        report.error("there is no address for media: set media.public_ip");
    } else if !reachable && !listen.iter().all(|a| a.ip().is_loopback()) {
        report.doubt(
            "callers are told private addresses only, so calls work within this network alone; for callers from \
             elsewhere set media.public_ip to the address they reach, and forward the port for TCP and UDP",
        );
    }
    room(report, config);
    taken
}

/// For as many connections as the limits allow.
fn room(report: &mut Report, config: &Config) {
    let wanted = u64::try_from(config.limits.connections).unwrap_or(u64::MAX);
    let room = descriptors::make_room(config.limits.connections);
    if room < wanted {
        report.doubt(format!(
            "limits.connections is {wanted}, but the system allows {room} (raise it: ulimit -n {})",
            wanted + 256
        ));
    }
}

/// Whether the public name leads here, with all that calls need.
async fn in_front(report: &mut Report, config: &Config, runs: bool) {
    let name = &config.server.public_name;
    if name.is_empty() {
        return;
    }
    let port = addresses::public_port(config, &config.server.listen);
    let front = front::look(name, port).await;
    let file = match config.tls.mode {
        TlsMode::Files => config.tls.cert.clone(),
        TlsMode::LocalCa => config.tls.dir.join("server.crt"),
    };
    let own = std::fs::read(file).ok().and_then(|pem| CertificateDer::from_pem_slice(&pem).ok());
    let shown = front.as_ref().and_then(|front| front.certificate.clone());
    let ours = own.zip(shown).map(|(own, shown)| own == shown);
    match front::finding(front.as_ref(), &format!("{name}:{port}"), ours, runs) {
        front::Finding::Fact(text) => report.fact("in front", text),
        front::Finding::Doubt(text) => report.doubt(text),
    }
}

fn certificate(report: &mut Report, config: &Config, names: &Names, now: Timestamp) {
    match config.tls.mode {
        TlsMode::Files => match Certificates::open(&config.tls, names, now) {
            Ok(certificates) => own_certificate(report, config, &certificates.facts(), now),
            Err(e) => report.error(e),
        },
        TlsMode::LocalCa => local_certificate(report, config, names, now),
    }
}

fn describe(facts: &Facts, now: Timestamp) -> String {
    let day = facts.not_after.to_string();
    let day = day.split('T').next().unwrap_or_default();
    format!("until {day} ({} days), for {}", facts.days_left(now), facts.names.list().join(", "))
}

fn own_certificate(report: &mut Report, config: &Config, facts: &Facts, now: Timestamp) {
    report.fact("certificate", format!("{} {}", config.tls.cert.display(), describe(facts, now)));
    match facts.days_left(now) {
        ..0 => report.error(format!("the certificate in {} has expired", config.tls.cert.display())),
        0..14 => report.doubt("the certificate expires within two weeks; a new file is taken up by itself"),
        _ => {}
    }
    if facts.not_before > now {
        report.error(format!("the certificate in {} is not valid yet", config.tls.cert.display()));
    }
    let wanted =
        config.server.hosts.iter().chain([&config.server.public_name]).filter(|name| !name.is_empty());
    for name in wanted {
        let covered = match name.parse() {
            Ok(ip) => facts.names.ips.contains(&ip),
            Err(_) => facts.names.covers_name(name),
        };
        if !covered {
            report.doubt(format!("the certificate is not for {name}, so browsers will warn there"));
        }
    }
}

fn local_certificate(report: &mut Report, config: &Config, names: &Names, now: Timestamp) {
    let dir = &config.tls.dir;
    let read = |file: &str| std::fs::read(dir.join(file)).ok().and_then(|pem| Facts::of_pem(&pem).ok());
    let text = match (read("ca.crt"), read("server.crt")) {
        (None, _) => format!("local authority, will be made in {}", dir.display()),
        (Some(ca), Some(leaf)) if !authority::is_stale(&leaf, &ca, names, now) => {
            format!("local authority in {}; {}", dir.display(), describe(&leaf, now))
        }
        (Some(_), _) => format!("local authority in {}; a certificate will be made", dir.display()),
    };
    report.fact("certificate", text);
    report.fact("names", names.list().join(", "));
    for key in ["ca.key", "server.key"] {
        narrow(report, &dir.join(key));
    }
    if dir.join("ca.crt").exists() != dir.join("ca.key").exists() {
        report.error(format!(
            "{}: of ca.crt and ca.key one is missing; restore it from a backup",
            dir.display()
        ));
    }
    if !config.server.public_name.is_empty() {
        report.doubt(
            "server.public_name is set, but the certificate comes from this machine's own authority, which everybody \
             has to install (see /trust); tls.mode = \"files\" takes one that browsers know",
        );
    }
}

/// A secret that is there must be narrow.
fn narrow(report: &mut Report, file: &Path) {
    if file.exists()
        && let Err(e) = private::check(file)
    {
        report.error(e);
    }
}

fn data(report: &mut Report, config: &Config) {
    let dir = &config.server.data_dir;
    if !dir.exists() {
        report.fact("data", format!("{} (will be made)", dir.display()));
        return;
    }
    report.fact("data", dir.display().to_string());
    if let Err(e) = private::directory(dir) {
        report.error(e);
    }
    for secret in ["token.key", "node", "owner-link.txt", "charla.db"] {
        narrow(report, &dir.join(secret));
    }
}

async fn storage(report: &mut Report, config: &Config) {
    let url = &config.storage.url;
    match url.engine() {
        Some(Engine::Sqlite) => {
            let file = config.data("charla.db");
            let state = if file.exists() { "" } else { " (will be made)" };
            report.fact("store", format!("SQLite {}{state}", file.display()));
        }
        Some(Engine::Mongo) => {
            report.fact("store", format!("MongoDB {}", url.redacted()));
            match tokio::time::timeout(STORE_PATIENCE, store::open::beside(&url.0)).await {
                Ok(Ok(store)) => store.close().await,
                Ok(Err(StoreError::Unavailable(why))) => {
                    report
                        .doubt(format!("the database does not answer; the server would wait for it: {why}"));
                }
                Ok(Err(e)) => report.error(e),
                Err(_) => report.doubt("the database does not answer; the server would wait for it"),
            }
        }
        None => report.error("storage.url names no database that Charla has"),
    }
}
