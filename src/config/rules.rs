//! What a configuration must satisfy beyond its types, and what is only doubtful about it. PURE.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;

use super::fault::{Fault, Faults, Place, meant};
use super::load::Origins;
use super::{Config, Engine, TlsMode};

/// Faults, or the doubts that remain.
pub fn check(config: &Config, origins: &Origins) -> Result<Vec<String>, Faults> {
    let mut rules = Rules { origins, faults: Vec::new() };
    server(config, &mut rules);
    tls(config, &mut rules);
    storage(config, &mut rules);
    media(config, &mut rules);
    numbers(config, &mut rules);
    log(config, &mut rules);
    if rules.faults.is_empty() { Ok(doubts(config)) } else { Err(Faults(rules.faults)) }
}

struct Rules<'a> {
    origins: &'a Origins,
    faults: Vec<Fault>,
}

impl Rules<'_> {
    fn fault(&mut self, key: &str, what: impl std::fmt::Display, write: impl Into<String>) {
        let place = self.origins.get(key).cloned().unwrap_or(Place::Default);
        self.faults.push(Fault { place, what: format!("{key}: {what}"), write: write.into() });
    }
    fn range(&mut self, key: &str, value: u64, range: RangeInclusive<u64>) {
        if !range.contains(&value) {
            let name = key.rsplit('.').next().unwrap_or(key);
            self.fault(
                key,
                format!("{value} is out of range"),
                format!("Write {name} = a number from {} to {}", range.start(), range.end()),
            );
        }
    }
}

fn server(config: &Config, rules: &mut Rules<'_>) {
    let listen = &config.server.listen;
    let example = r#"Write for example: listen = ["0.0.0.0:8443", "[::]:8443"]"#;
    if listen.is_empty() {
        rules.fault("server.listen", "there is no address to listen on", example);
    }
    if listen.iter().any(|a| a.port() != config.port()) {
        rules.fault("server.listen", "Charla uses one port, these addresses name several", example);
    }
    for (at, address) in listen.iter().enumerate() {
        if listen[..at].contains(address) {
            rules.fault("server.listen", format!("{address} stands there twice"), "Remove one of them");
        }
        if address.ip().is_multicast() {
            rules.fault("server.listen", format!("{address} is a multicast address"), example);
        }
    }
    let name = &config.server.public_name;
    if !name.is_empty() && !is_dns_name(name) {
        let write = if name.parse::<IpAddr>().is_ok() {
            r#"It is for a name; write an address into hosts = ["…"]"#
        } else {
            r#"Write the name alone, without https:// and port: public_name = "chat.example.org""#
        };
        rules.fault("server.public_name", format!("`{name}` is not a host name"), write);
    }
    for host in &config.server.hosts {
        if !is_dns_name(host) && host.parse::<IpAddr>().is_err() {
            rules.fault(
                "server.hosts",
                format!("`{host}` is neither a host name nor an IP address"),
                r#"Write names without https:// and port: hosts = ["chat.example.org", "192.0.2.7"]"#,
            );
        }
    }
    if config.server.data_dir.as_os_str().is_empty() {
        rules.fault("server.data_dir", "it is empty", r#"Write for example: data_dir = "data""#);
    }
}

fn tls(config: &Config, rules: &mut Rules<'_>) {
    let tls = &config.tls;
    for (key, path) in [("tls.cert", &tls.cert), ("tls.key", &tls.key)] {
        let name = key.trim_start_matches("tls.");
        match (tls.mode, path.as_os_str().is_empty()) {
            (TlsMode::Files, true) => rules.fault(
                key,
                "it is needed with tls.mode = \"files\"",
                format!(r#"Write the path of a PEM file: {name} = "/etc/charla/{name}.pem""#),
            ),
            (TlsMode::LocalCa, false) => rules.fault(
                key,
                "it is not used with tls.mode = \"local-ca\"",
                r#"Write mode = "files", or remove it"#,
            ),
            (TlsMode::Files, false) | (TlsMode::LocalCa, true) => {}
        }
    }
    if tls.mode == TlsMode::LocalCa && tls.dir.as_os_str().is_empty() {
        rules.fault("tls.dir", "it is empty", r#"Write for example: dir = "certs""#);
    }
}

fn storage(config: &Config, rules: &mut Rules<'_>) {
    if config.storage.url.engine().is_some() {
        return;
    }
    let key = if config.storage.url_file.as_os_str().is_empty() { "storage.url" } else { "storage.url_file" };
    // The value may hold a password, so only its scheme is looked at and nothing of it is shown.
    let scheme = config.storage.url.0.split(':').next().unwrap_or_default();
    let hint = match meant(scheme, ["sqlite", "mongodb", "mongodb+srv"]) {
        Some(known) => format!("Did you mean `{known}`? "),
        None => String::new(),
    };
    rules.fault(
        key,
        "this names no database that Charla has",
        format!(r#"{hint}Write url = "sqlite" or url = "mongodb://HOST:27017/charla?replicaSet=rs0""#),
    );
}

fn media(config: &Config, rules: &mut Rules<'_>) {
    for ip in &config.media.public_ip {
        let what = match ip {
            ip if ip.is_unspecified() => "is no address that anyone could send to",
            ip if ip.is_multicast() => "is a multicast address",
            IpAddr::V4(v4) if v4.is_link_local() || v4.is_broadcast() => "is not reachable from elsewhere",
            IpAddr::V6(v6) if v6.is_unicast_link_local() => "is not reachable from elsewhere",
            _ => continue,
        };
        rules.fault(
            "media.public_ip",
            format!("{ip} {what}"),
            r#"Write the address that callers reach: public_ip = ["203.0.113.7"]"#,
        );
    }
}

fn numbers(config: &Config, rules: &mut Rules<'_>) {
    let Config { accounts, media, calls, limits, .. } = config;
    let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    for (key, value, range) in [
        ("accounts.session_days", accounts.session_days.into(), 1..=3650),
        ("accounts.access_minutes", accounts.access_minutes.into(), 1..=1440),
        ("media.max_transports", wide(media.max_transports), 2..=100_000),
        ("media.max_handshakes", wide(media.max_handshakes), 2..=100_000),
        ("calls.ring_seconds", calls.ring_seconds.into(), 1..=600),
        ("calls.connect_seconds", calls.connect_seconds.into(), 1..=600),
        ("calls.reconnect_seconds", calls.reconnect_seconds.into(), 1..=600),
        ("calls.ring_members", wide(calls.ring_members), 0..=50),
        ("calls.max_participants", wide(calls.max_participants), 2..=500),
        ("files.max_bytes", config.files.max_bytes, 1..=4_294_967_296),
        ("files.quota_bytes", config.files.quota_bytes, 1..=1_099_511_627_776),
        ("limits.connections", wide(limits.connections), 1..=1_000_000),
        ("limits.connections_per_address", wide(limits.connections_per_address), 1..=1_000_000),
        ("limits.body_bytes", wide(limits.body_bytes), 4096..=16_777_216),
        ("limits.message_bytes", wide(limits.message_bytes), 1..=65_536),
        ("limits.frame_bytes", wide(limits.frame_bytes), 98_304..=16_777_216),
        ("limits.events_per_second", limits.events_per_second.into(), 1..=100_000),
        ("limits.events_burst", limits.events_burst.into(), 1..=1_000_000),
        ("limits.logins_per_account", limits.logins_per_account.into(), 1..=1_000_000),
        ("limits.logins_per_address", limits.logins_per_address.into(), 1..=1_000_000),
        ("limits.registrations_per_address", limits.registrations_per_address.into(), 1..=1_000_000),
    ] {
        rules.range(key, value, range);
    }
    if limits.connections_per_address > limits.connections {
        rules.fault(
            "limits.connections_per_address",
            "one address is allowed more than all together",
            format!("Write a number up to limits.connections, which is {}", limits.connections),
        );
    }
}

fn log(config: &Config, rules: &mut Rules<'_>) {
    const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];
    let level = config.log.level.trim();
    let usable = if level.contains(['=', ',']) {
        tracing_subscriber::EnvFilter::builder().parse(level).is_ok()
    } else {
        LEVELS.contains(&level)
    };
    if !usable {
        let write = match meant(level, LEVELS) {
            Some(known) => format!("Did you mean level = \"{known}\"?"),
            None => r#"Write error, warn, info, debug or trace, or directives: level = "info,charla=debug""#
                .into(),
        };
        rules.fault("log.level", format!("`{level}` is no log level"), write);
    }
}

/// Works, but deserves a second look.
fn doubts(config: &Config) -> Vec<String> {
    let mut doubts = Vec::new();
    let loopback_only = config.server.listen.iter().all(|a| a.ip().is_loopback());
    if loopback_only {
        doubts.push("server.listen: only this machine itself can reach it".into());
    }
    if config.server.listen.iter().any(|a| !reaches_v4(a)) && !config.server.listen.iter().any(reaches_v4) {
        doubts.push(
            "server.listen: no IPv4 address; most networks still need one, add \"0.0.0.0:8443\"".into(),
        );
    }
    if config.accounts.registration == super::Registration::Open && !config.server.public_name.is_empty() {
        doubts.push(format!(
            "accounts.registration is \"open\" and server.public_name is {}: whoever finds the page can make an account",
            config.server.public_name
        ));
    }
    if config.storage.url.engine() == Some(Engine::Mongo) && !config.storage.url.0.contains("replicaSet=") {
        doubts.push(
            "storage.url names no replicaSet: Charla needs transactions, which a standalone mongod has not; \
             start it with --replSet rs0, run rs.initiate() once, and add ?replicaSet=rs0"
                .into(),
        );
    }
    doubts
}

fn reaches_v4(address: &SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(_) => true,
        IpAddr::V6(v6) => v6 == Ipv6Addr::LOCALHOST,
    }
}

/// Letters, digits and hyphens in labels of 1–63, 253 in all (RFC 1123); not something that reads as an address.
pub fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253 && name.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit())
}
