//! The command line as an operator meets it: what `check` says, what is refused and how, what a first start leaves
//! behind, how it stops.
#![allow(clippy::disallowed_methods)]

#[path = "support/bound.rs"]
mod bound;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A directory with a `config.toml` that listens on a free port of this machine alone.
fn place(rest: &str) -> (TempDir, u16) {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let own = format!("[server]\nlisten = [\"127.0.0.1:{port}\"]\n");
    fs::write(dir.path().join("config.toml"), own + rest).unwrap();
    (dir, port)
}

fn charla(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = bound::bound(env!("CARGO_BIN_EXE_charla"));
    command.args(arguments).current_dir(dir).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CHARLA__")) {
        command.env_remove(name);
    }
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A serving child; killed when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Serving {
    fn start(dir: &Path, port: u16) -> Self {
        let log = fs::File::create(dir.join("log")).unwrap();
        let child = charla(dir, &["serve"]).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut serving = Self(child);
        let url = format!("https://localhost:{port}");
        let end = Instant::now() + PATIENCE;
        while !charla(dir, &["health", &url]).output().unwrap().status.success() {
            let gone = serving.0.try_wait().unwrap();
            assert!(gone.is_none() && Instant::now() < end, "{}", log_of(dir));
        }
        serving
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

fn log_of(dir: &Path) -> String {
    fs::read_to_string(dir.join("log")).unwrap_or_default()
}

#[test]
fn version_and_help_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let version = charla(dir.path(), &["--version"]).output().unwrap();
    assert_eq!(said(&version).trim(), concat!("charla ", env!("CARGO_PKG_VERSION")));
    let help = said(&charla(dir.path(), &["--help"]).output().unwrap());
    for word in ["serve", "check", "health", "--config"] {
        assert!(help.contains(word), "{help}");
    }
    let slip = charla(dir.path(), &["chekc"]).output().unwrap();
    assert!(!slip.status.success() && said(&slip).contains("check"), "{}", said(&slip));
}

#[test]
fn check_tells_what_will_be_used_and_makes_nothing() {
    let (dir, port) = place("public_name = \"chat.example.org\"\n[media]\npublic_ip = [\"203.0.113.7\"]\n");
    let output = charla(dir.path(), &["check"]).output().unwrap();
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    for words in [
        "config.toml".to_owned(),
        format!("127.0.0.1:{port}"),
        format!("callers are told 203.0.113.7:{port}"),
        format!("https://chat.example.org:{port}/"),
        "local authority, will be made".into(),
        "charla.db (will be made)".into(),
        "doubt: accounts.registration is \"open\"".into(),
        "everybody has to install".into(),
    ] {
        assert!(text.contains(&words), "lacks {words}:\n{text}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "check makes no file");
}

#[test]
fn check_fails_where_a_start_would() {
    let (dir, _) = place("[tls]\nmode = \"files\"\ncert = \"cert.pem\"\nkey = \"key.pem\"\n");
    let output = charla(dir.path(), &["check"]).output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("error: ") && said(&output).contains("Set tls.cert"), "{}", said(&output));

    let (dir, _) = place("");
    fs::create_dir(dir.path().join("data")).unwrap();
    set_mode(&dir.path().join("data"), 0o755);
    let output = charla(dir.path(), &["check"]).output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("Run: chmod 700"), "{}", said(&output));
}

#[test]
fn a_wrong_configuration_is_refused_by_every_command() {
    let (dir, _) = place("[media]\npublicip = []\n");
    for command in [&["serve"][..], &["check"], &[]] {
        let output = charla(dir.path(), command).output().unwrap();
        assert!(!output.status.success());
        let text = said(&output);
        assert!(text.starts_with("config.toml:4:1: [media] has no key `publicip`"), "{text}");
        assert!(text.contains("Did you mean `public_ip`?"), "{text}");
    }
    let output = charla(dir.path(), &["check", "--config", "other.toml"]).output().unwrap();
    assert!(said(&output).contains("other.toml"), "{}", said(&output));
    let wrong = charla(dir.path(), &["check"]).env("CHARLA__CALLS__RING", "3").output().unwrap();
    assert!(!wrong.status.success());
}

#[test]
fn health_tells_why_not() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    for (url, words) in [
        (format!("https://localhost:{port}"), "does not answer"),
        (format!("http://localhost:{port}"), "Write for example"),
        ("nonsense".into(), "Write for example"),
    ] {
        let output = charla(dir.path(), &["health", &url]).output().unwrap();
        assert!(!output.status.success() && said(&output).contains(words), "{}", said(&output));
    }
}

#[test]
fn the_first_start_leaves_narrow_files_and_the_owner_link_in_one() {
    let (dir, port) = place("");
    let serving = Serving::start(dir.path(), port);
    let link = fs::read_to_string(dir.path().join("data/owner-link.txt")).unwrap();
    let secret = link.trim().strip_prefix(&format!("https://localhost:{port}/#claim=")).unwrap();
    assert!(secret.len() >= 40, "{link}");
    let log = log_of(dir.path());
    assert!(log.contains("owner-link.txt") && !log.contains(secret), "{log}");
    assert!(log.contains(&format!("https://localhost:{port}/")), "{log}");
    for file in
        ["data/owner-link.txt", "data/token.key", "data/charla.db", "certs/ca.key", "certs/server.key"]
    {
        let mode = fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(fs::metadata(dir.path().join("data")).unwrap().permissions().mode() & 0o777, 0o700);

    let second = charla(dir.path(), &["serve"]).output().unwrap();
    assert!(!second.status.success() && said(&second).contains("another Charla uses"), "{}", said(&second));
    drop(serving);

    set_mode(&dir.path().join("data/token.key"), 0o644);
    let refused = charla(dir.path(), &["serve"]).output().unwrap();
    assert!(!refused.status.success() && said(&refused).contains("Run: chmod 600"), "{}", said(&refused));
}

#[test]
fn a_terminal_is_shown_the_owner_link() {
    let (dir, port) = place("");
    // util-linux `script` gives the server a terminal.
    let command = format!("exec setpriv --pdeathsig KILL -- {} serve", env!("CARGO_BIN_EXE_charla"));
    let mut script = bound::bound("script");
    script.args(["-qefc", &command, "/dev/null"]).current_dir(dir.path()).stdin(Stdio::null());
    let mut child = Serving(script.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let shown = BufReader::new(child.0.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("#claim="))
        .expect("a link");
    assert!(shown.contains(&format!("https://localhost:{port}/#claim=")), "{shown}");
    assert!(!dir.path().join("data/owner-link.txt").exists());
}

#[test]
fn a_signal_stops_it_cleanly() {
    for signal in ["TERM", "INT"] {
        let (dir, port) = place("[log]\nformat = \"json\"\n");
        let mut serving = Serving::start(dir.path(), port);
        let before = Instant::now();
        serving.signal(signal);
        let status = serving.0.wait().unwrap();
        assert!(status.success(), "{status} {}", log_of(dir.path()));
        assert!(before.elapsed() < Duration::from_secs(30));
        assert!(log_of(dir.path()).contains("\"message\":\"stopped\""), "{}", log_of(dir.path()));
    }
}

#[test]
fn an_absent_database_is_waited_for_and_a_signal_ends_the_wait() {
    let nobody = free_port();
    let (dir, _) = place(&format!(
        "[storage]\nurl = \"mongodb://user:s3cret@127.0.0.1:{nobody}/charla?replicaSet=rs0\"\n"
    ));
    let log = fs::File::create(dir.path().join("log")).unwrap();
    let child = charla(dir.path(), &["serve"]).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let mut serving = Serving(child);
    let end = Instant::now() + PATIENCE;
    while !log_of(dir.path()).contains("the database does not answer") {
        assert!(serving.0.try_wait().unwrap().is_none() && Instant::now() < end, "{}", log_of(dir.path()));
        std::thread::sleep(Duration::from_millis(50));
    }
    serving.signal("TERM");
    assert!(serving.0.wait().unwrap().success());
    assert!(!log_of(dir.path()).contains("s3cret"), "{}", log_of(dir.path()));
}

/// What a command that must succeed prints.
fn ran(dir: &Path, arguments: &[&str]) -> String {
    let output = charla(dir, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn accounts_are_administered_at_the_command_line() {
    let (dir, port) = place("");
    let dir = dir.path();
    let made = ran(dir, &["user", "create", "Olga", "olga@example.org", "--role", "owner"]);
    assert!(made.contains(&format!("https://localhost:{port}/#reset=")), "{made}");
    ran(dir, &["user", "create", "bob", "bob@example.org"]);
    let list = ran(dir, &["user", "list"]);
    assert!(
        list.contains("bob  bob@example.org  member\n") && list.contains("Olga  olga@example.org  owner"),
        "{list}"
    );
    assert!(!ran(dir, &["user", "list", "O"]).contains("bob"));
    for (arguments, words) in [
        (&["user", "disable", "olga"][..], "last owner"),
        (&["user", "role", "olga", "admin"], "last owner"),
        (&["user", "disable", "nobody"], "no account nobody"),
        (&["user", "role", "bob", "emperor"], "owner, admin or member"),
        (&["user", "create", "BOB", "b@example.org"], "taken"),
        (&["invite", "create", "--uses", "0"], "1 to 1000"),
    ] {
        let output = charla(dir, arguments).output().unwrap();
        assert!(!output.status.success() && said(&output).contains(words), "{}", said(&output));
    }
    assert!(ran(dir, &["user", "disable", "bob"]).contains("switched off"));
    assert!(!ran(dir, &["user", "enable", "bob"]).contains("switched off"));
    assert!(ran(dir, &["user", "role", "bob", "admin"]).contains("admin"));
    assert!(ran(dir, &["user", "reset", "bob"]).contains("#reset="));
    assert!(ran(dir, &["invite", "create", "--uses", "3", "--note", "choir"]).contains("#invite="));
    let list = ran(dir, &["invite", "list"]);
    assert!(list.contains("0 of 3 used") && list.contains("choir"), "{list}");
    ran(dir, &["invite", "revoke", list.split_whitespace().next().unwrap()]);
    assert_eq!(ran(dir, &["invite", "list"]), "");
}

/// The names are those of the REST routes, of which `tests/admin.rs` tells.
#[test]
fn with_json_programs_read_every_answer_and_every_refusal() {
    let (dir, port) = place("");
    let asked = |arguments: &[&str]| -> Value {
        let output = charla(dir.path(), arguments).arg("--json").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let made = asked(&["user", "create", "olga", "olga@example.org", "--role", "owner"]);
    assert_eq!(made["user"]["username"], "olga");
    let start = |name: &str| format!("https://localhost:{port}/#{name}=");
    assert!(made["link"].as_str().unwrap().starts_with(&start("reset")), "{made}");
    assert!(made["expiresAt"].as_str().unwrap().ends_with('Z'), "{made}");
    asked(&["user", "create", "bob", "bob@example.org"]);
    let names = |list: &Value| -> Vec<String> {
        let users = list["users"].as_array().unwrap().iter();
        users.map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&asked(&["user", "list"])), ["bob", "olga"]);
    assert_eq!(asked(&["user", "disable", "bob"])["disabled"], true);
    assert_eq!(asked(&["user", "enable", "bob"])["disabled"], false);
    assert_eq!(asked(&["user", "role", "bob", "admin"])["role"], "admin");
    assert!(asked(&["user", "reset", "bob"])["link"].as_str().unwrap().starts_with(&start("reset")));
    let invited = asked(&["invite", "create", "--uses", "3", "--note", "choir"]);
    assert!(invited["link"].as_str().unwrap().starts_with(&start("invite")), "{invited}");
    let list = asked(&["invite", "list"]);
    assert_eq!(list["invitations"], serde_json::json!([invited["invitation"]]));
    assert_eq!(
        (&list["invitations"][0]["maxUses"], &list["invitations"][0]["note"]),
        (&3.into(), &"choir".into())
    );
    let id = list["invitations"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(asked(&["invite", "revoke", &id])["id"], id.as_str());

    for (arguments, code) in [
        (&["invite", "revoke", &id][..], "notFound"),
        (&["user", "disable", "nobody"], "notFound"),
        (&["user", "disable", "olga"], "conflict"),
        (&["user", "create", "BOB", "b@example.org"], "taken"),
        (&["user", "create", "x y", "b@example.org"], "invalid"),
    ] {
        let output = charla(dir.path(), arguments).arg("--json").output().unwrap();
        let told: Value =
            serde_json::from_slice(&output.stderr).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
        assert_eq!((output.status.success(), &told["error"]["code"]), (false, &code.into()), "{told}");
        assert!(
            output.stdout.is_empty() && told["error"]["detail"].as_str().is_some_and(|text| text.len() > 10)
        );
    }
}

/// A newer `charla user` beside an older server would take the database away from under it.
#[test]
fn the_command_line_leaves_a_database_of_an_older_format_to_the_server() {
    let (dir, _) = place("");
    ran(dir.path(), &["user", "create", "olga", "olga@example.org"]);
    let file = dir.path().join("data/charla.db");
    let format = || -> i64 {
        let db = rusqlite::Connection::open(&file).unwrap();
        db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    let set = |format: i64| {
        let db = rusqlite::Connection::open(&file).unwrap();
        db.pragma_update(None, "user_version", format).unwrap();
    };
    let newest = format();
    for (other, words) in [(newest - 1, "Start its server once"), (newest + 1, "use a newer Charla")] {
        set(other);
        for arguments in [&["user", "list"][..], &["user", "disable", "olga"], &["invite", "create"]] {
            let output = charla(dir.path(), arguments).output().unwrap();
            assert!(!output.status.success() && said(&output).contains(words), "{}", said(&output));
        }
        assert_eq!(format(), other, "left as it was");
    }
    set(newest);
    assert!(ran(dir.path(), &["user", "list"]).contains("olga"));
}
