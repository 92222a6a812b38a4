//! The configuration as an operator meets it: the commented file, wrong files, wrong variables, damaged files.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use charla::config::{self, Config, Faults, Loaded};

fn load(text: &str, env: &[(&str, &str)]) -> Result<Loaded, Faults> {
    load_bytes(text.as_bytes(), env)
}

fn load_bytes(text: &[u8], env: &[(&str, &str)]) -> Result<Loaded, Faults> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.toml"), text).unwrap();
    let env = env.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    config::load(None, dir.path(), env)
}

fn complaint(text: &str, env: &[(&str, &str)]) -> String {
    load(text, env).expect_err(text).to_string()
}

const COMMENTED: &str = include_str!("../config.toml");

#[test]
fn the_commented_file_says_the_defaults_and_names_every_key() {
    let mut origins = config::Origins::new();
    let config = config::parse(Path::new("config.toml"), COMMENTED, &mut origins).unwrap();
    assert_eq!(config, Config::default());
    let all = toml::Table::try_from(Config::default()).unwrap();
    for (table, keys) in &all {
        for key in keys.as_table().unwrap().keys() {
            assert!(origins.contains_key(&format!("{table}.{key}")), "config.toml lacks {table}.{key}");
        }
    }
}

#[test]
fn every_key_is_explained() {
    let mut explained = false;
    for line in COMMENTED.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('[') {
            explained = false;
        } else if line.starts_with('#') {
            explained = true;
        } else {
            assert!(explained, "no comment above: {line}");
        }
    }
}

#[test]
fn no_file_means_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = config::load(None, dir.path(), []).unwrap();
    assert_eq!(loaded.config.limits, Config::default().limits);
    assert_eq!(loaded.config.server.data_dir, dir.path().join("data"));
    assert_eq!(loaded.file, None);
    let missing = config::load(Some(Path::new("nowhere.toml")), dir.path(), []).unwrap_err().to_string();
    assert!(missing.starts_with("nowhere.toml:1:1: cannot be read"), "{missing}");
}

/// Each wrong input, where the complaint points, and words it must have.
const WRONG: &[(&str, &str, &[&str])] = &[
    ("[media]\npublic_ipp = []", "config.toml:2:1", &["no key `public_ipp`", "Did you mean `public_ip`?"]),
    ("[media]\nring_seconds = 4", "config.toml:2:1", &["belongs under [calls]"]),
    ("[media]\nflavour = 4", "config.toml:2:1", &["The keys of [media] are", "`srtp`"]),
    ("\n[sever]\nlisten = []", "config.toml:2:2", &["Did you mean `[server]`?"]),
    ("[wardrobe]", "config.toml:1:2", &["The tables are", "`storage`"]),
    ("public_name = \"x\"", "config.toml:1:1", &["belongs under [server]"]),
    ("server = 3", "config.toml:1:1", &["Write [server] on a line of its own"]),
    (
        "[calls]\nring_seconds = \"long\"",
        "config.toml:2:16",
        &["calls.ring_seconds", "a whole number", "ring_seconds = 45"],
    ),
    ("[calls]\nring_seconds = -1", "config.toml:2:16", &["calls.ring_seconds", "ring_seconds = 45"]),
    ("[calls]\nring_seconds = 0", "config.toml:2:1", &["out of range", "from 1 to 600"]),
    ("[calls]\nring_seconds = 1.5", "config.toml:2:16", &["whole number"]),
    (
        "[media]\npublic_ip = \"1.2.3.4\"",
        "config.toml:2:13",
        &["expected a list", "public_ip = [\"203.0.113.7\"]"],
    ),
    (
        "[media]\npublic_ip = [\"example.org\"]",
        "config.toml:2",
        &["media.public_ip", "invalid IP address", "203.0.113.7"],
    ),
    ("[media]\npublic_ip = [\"0.0.0.0\"]", "config.toml:2:1", &["no address that anyone could send to"]),
    ("[media]\npublic_ip = [\"fe80::1\"]", "config.toml:2:1", &["not reachable from elsewhere"]),
    ("[media]\nsrtp = \"gmc\"", "config.toml:2:8", &["unknown variant `gmc`", "`gcm`"]),
    ("[server]\nlisten = [\"0.0.0.0\"]", "config.toml:2", &["server.listen", "0.0.0.0:8443"]),
    ("[server]\nlisten = []", "config.toml:2:1", &["no address to listen on"]),
    ("[server]\nlisten = [\"0.0.0.0:1\", \"[::]:2\"]", "config.toml:2:1", &["one port"]),
    ("[server]\nlisten = [\"1.1.1.1:1\", \"1.1.1.1:1\"]", "config.toml:2:1", &["twice"]),
    (
        "[server]\npublic_name = \"https://chat.example.org\"",
        "config.toml:2:1",
        &["not a host name", "without https://"],
    ),
    ("[server]\npublic_name = \"192.0.2.1\"", "config.toml:2:1", &["into hosts"]),
    ("[server]\nhosts = [\"*.example.org\"]", "config.toml:2:1", &["neither a host name nor an IP address"]),
    ("[server]\ndata_dir = \"\"", "config.toml:2:1", &["empty"]),
    ("[tls]\nmode = \"files\"", "configuration", &["tls.cert", "tls.key", "path of a PEM file"]),
    ("[tls]\ncert = \"a.pem\"", "config.toml:2:1", &["not used with", "mode = \"files\""]),
    ("[tls]\nmode = \"acme\"", "config.toml:2:8", &["`local-ca`", "`files`"]),
    ("[storage]\nurl = \"mongo://u:secret@h/\"", "config.toml:2:1", &["Did you mean `mongodb`?"]),
    ("[storage]\nurl = \"postgres://u:secret@h/\"", "config.toml:2:1", &["no database that Charla has"]),
    ("[storage]\nurl = \"sqlite\"\nurl_file = \"f\"", "config.toml:2:1", &["both set"]),
    ("[storage]\nurl_file = \"nowhere\"", "config.toml:2:1", &["cannot be read"]),
    ("[accounts]\nregistration = \"opne\"", "config.toml:2:16", &["`open`"]),
    ("[accounts]\nsession_days = 0", "config.toml:2:1", &["out of range"]),
    ("[limits]\nconnections = 10", "configuration", &["limits.connections_per_address", "which is 10"]),
    ("[limits]\nbody_bytes = 99999999999999999999", "config.toml:2:14", &["limits.body_bytes"]),
    ("[log]\nlevel = \"inof\"", "config.toml:2:1", &["Did you mean level = \"info\"?"]),
    ("[log]\nlevel = \"info,charla==x\"", "config.toml:2:1", &["no log level"]),
    ("[log]\nlevel = \"info\"\nlevel = \"warn\"", "config.toml:3:1", &["not TOML", "duplicate key"]),
    ("[log\nlevel = \"info\"", "config.toml:1", &["not TOML"]),
    ("[log]\nlevel = info", "config.toml:2:9", &["not TOML"]),
    ("[log]\nlevel = \"info", "config.toml:2", &["not TOML"]),
    ("[log]\nlevel", "config.toml:2", &["not TOML"]),
];

#[test]
fn wrong_files_are_answered_with_place_and_remedy() {
    for (text, place, words) in WRONG {
        let complaint = complaint(text, &[]);
        assert!(complaint.starts_with(place), "{text}\n→ {complaint}\nshould point at {place}");
        for word in *words {
            assert!(complaint.contains(word), "{text}\n→ {complaint}\nlacks: {word}");
        }
        assert!(!complaint.contains("secret"), "{complaint}");
    }
}

#[test]
fn all_unknown_keys_are_told_at_once() {
    let complaint = complaint("[calls]\nrng_seconds = 1\n[log]\nfromat = \"json\"\n", &[]);
    assert!(complaint.contains("config.toml:2:1") && complaint.contains("config.toml:4:1"), "{complaint}");
}

#[test]
fn not_utf_8_is_told_with_its_line() {
    let complaint = load_bytes(b"[log]\nlevel = \"\xff\"", &[]).unwrap_err().to_string();
    assert!(complaint.starts_with("config.toml:2:10: the file is not UTF-8"), "{complaint}");
}

#[test]
fn the_environment_wins_over_the_file() {
    let env = [
        ("CHARLA__SERVER__LISTEN", "127.0.0.1:0,[::1]:0"),
        ("CHARLA__MEDIA__PUBLIC_IP", "[\"203.0.113.7\"]"),
        ("CHARLA__CALLS__RING_SECONDS", "7"),
        ("CHARLA__ACCOUNTS__REGISTRATION", "closed"),
        ("CHARLA__SERVER__PUBLIC_NAME", "chat.example.org"),
        ("CHARLA_SKIP_WEB", "1"),
        ("PATH", "/bin"),
    ];
    let config = load("[calls]\nring_seconds = 9\nconnect_seconds = 8", &env).unwrap().config;
    assert_eq!((config.calls.ring_seconds, config.calls.connect_seconds), (7, 8));
    assert_eq!(config.server.listen.len(), 2);
    assert_eq!(config.media.public_ip, ["203.0.113.7".parse::<std::net::IpAddr>().unwrap()]);
    assert_eq!(config.accounts.registration, config::Registration::Closed);
    assert_eq!(config.server.public_name, "chat.example.org");
}

const WRONG_ENV: &[(&str, &str, &[&str])] = &[
    ("CHARLA__MEDIA__PUBLICIP", "1.2.3.4", &["Did you mean CHARLA__MEDIA__PUBLIC_IP?"]),
    ("CHARLA__MEDA__PUBLIC_IP", "1.2.3.4", &["Did you mean CHARLA__MEDIA__PUBLIC_IP?"]),
    ("CHARLA__RING_SECONDS", "3", &["belongs under [calls]"]),
    ("CHARLA_MEDIA_PUBLIC_IP", "1.2.3.4", &["Did you mean CHARLA__MEDIA__PUBLIC_IP?"]),
    (
        "CHARLA__MEDIA__PUBLIC_IP",
        "example.org",
        &["invalid IP address", "CHARLA__MEDIA__PUBLIC_IP=203.0.113.7"],
    ),
    ("CHARLA__CALLS__RING_SECONDS", "long", &["CHARLA__CALLS__RING_SECONDS=45"]),
    ("CHARLA__CALLS__RING_SECONDS", "0", &["from 1 to 600"]),
    ("CHARLA__SERVER__LISTEN", "8443", &["CHARLA__SERVER__LISTEN=0.0.0.0:8443,[::]:8443"]),
    ("CHARLA__LOG__FORMAT", "xml", &["`text`", "`json`"]),
    ("CHARLA__STORAGE__URL", "mongo://u:secret@h", &["Did you mean `mongodb`?"]),
];

#[test]
fn wrong_variables_are_answered_with_name_and_remedy() {
    for (name, value, words) in WRONG_ENV {
        let complaint = complaint("", &[(name, value)]);
        assert!(complaint.starts_with(&format!("environment variable {name}: ")), "{complaint}");
        for word in *words {
            assert!(complaint.contains(word), "{name}={value}\n→ {complaint}\nlacks: {word}");
        }
        assert!(!complaint.contains("secret"), "{complaint}");
    }
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("url"), "mongodb://u:secret@h/charla?replicaSet=rs0\n").unwrap();
    fs::write(dir.path().join("config.toml"), "[storage]\nurl_file = \"url\"").unwrap();
    set_mode(&dir.path().join("url"), 0o600);
    let loaded = config::load(None, dir.path(), []).unwrap();
    assert_eq!(loaded.config.storage.url.0, "mongodb://u:secret@h/charla?replicaSet=rs0");
    assert!(!format!("{loaded:?}").contains("secret"));

    set_mode(&dir.path().join("url"), 0o644);
    let complaint = config::load(None, dir.path(), []).unwrap_err().to_string();
    assert!(complaint.starts_with("config.toml:2:1") && complaint.contains("chmod 600"), "{complaint}");
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A small generator of our own: the same damage at each run.
fn noise(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

#[test]
fn damaged_files_are_refused_with_a_place_or_mean_what_they_say() {
    let mut seed = 7;
    let (mut refused, mut read) = (0, 0);
    for round in 0..1000 {
        let mut bytes = COMMENTED.as_bytes().to_vec();
        match round % 3 {
            0 => bytes.truncate(noise(&mut seed) % bytes.len()),
            1 => {
                for _ in 0..=noise(&mut seed) % 8 {
                    let at = noise(&mut seed) % bytes.len();
                    bytes[at] ^= 1 << (noise(&mut seed) % 8);
                }
            }
            _ => {
                let at = noise(&mut seed) % bytes.len();
                let end = (at + noise(&mut seed) % 200).min(bytes.len());
                bytes.drain(at..end);
            }
        }
        match load_bytes(&bytes, &[]) {
            Ok(_) => read += 1,
            Err(faults) => {
                refused += 1;
                let text = faults.to_string();
                let placed = text.starts_with("config.toml:") || text.starts_with("configuration: ");
                assert!(placed && text.contains(". "), "{text}");
            }
        }
    }
    // Damage within a comment changes nothing; damage elsewhere mostly shows.
    assert!(refused > 100 && read > 100, "{refused} refused, {read} read");
}
