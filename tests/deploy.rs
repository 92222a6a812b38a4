//! The files for deployment, as far as a machine without a Docker daemon can tell: what a service manager hears, what
//! systemd says of the unit, and that the files agree with each other and with the program.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Killed when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_service_manager_hears_when_it_serves_and_when_it_stops() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.toml"), "[server]\nlisten = [\"127.0.0.1:0\"]\n").unwrap();
    let socket = dir.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = || {
        let mut words = [0; 64];
        let n = manager.recv(&mut words).expect("the server says how it is");
        String::from_utf8_lossy(&words[..n]).into_owned()
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_charla"));
    command.arg("serve").current_dir(dir.path()).env("NOTIFY_SOCKET", &socket);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut serving = Serving(command.spawn().unwrap());
    assert_eq!(heard(), "READY=1");
    let status = Command::new("kill").args(["-TERM", &serving.0.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(heard(), "STOPPING=1");
    assert!(serving.0.wait().unwrap().success());
}

/// Of ten: a service without any hardening has 9.6.
const MOST_EXPOSED: f64 = 2.0;

#[test]
fn systemd_takes_the_unit_and_calls_it_hardened() {
    let unit = file("deploy/charla.service");
    for line in ["Type=notify", "StateDirectory=charla", "StateDirectoryMode=0700", "NoNewPrivileges=yes"] {
        assert!(unit.lines().any(|l| l == line), "the unit lacks {line}");
    }
    // The program has to be where the unit says.
    let here = unit.replace("/usr/local/bin/charla", env!("CARGO_BIN_EXE_charla"));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("charla.service");
    fs::write(&path, here).unwrap();
    let verify = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output();
    let Ok(output) = verify else {
        eprintln!("skipped: there is no systemd-analyze on this machine");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("charla.service")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=yes", "--no-pager"]).arg(&path);
    let said = String::from_utf8_lossy(&security.output().unwrap().stdout).into_owned();
    let (_, exposure) = said.split_once("Overall exposure level for charla.service: ").expect(&said);
    let exposure: f64 = exposure.split_whitespace().next().unwrap().parse().unwrap();
    assert!(exposure <= MOST_EXPOSED, "{said}");
}

#[test]
fn compose_takes_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| {
        fs::create_dir_all(dir.path().join("deploy")).unwrap();
        fs::write(dir.path().join("deploy/compose.yaml"), text).unwrap();
    };
    let config = |program: &[&str], ip: Option<&str>| {
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).args(["--file", "deploy/compose.yaml", "config"]).current_dir(dir.path());
        command.env_remove("CHARLA_PUBLIC_IP");
        ip.map(|ip| command.env("CHARLA_PUBLIC_IP", ip));
        command.output()
    };
    let text = file("deploy/compose.yaml");
    let there = |program: &[&str]| {
        let version = Command::new(program[0]).args(&program[1..]).arg("version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let program: &[&str] = if there(&["docker", "compose"]) {
        write(&text);
        &["docker", "compose"]
    } else if there(&["docker-compose"]) {
        // The one of Python is older than the name of a project.
        write(&text.lines().filter(|line| !line.starts_with("name:")).collect::<Vec<_>>().join("\n"));
        &["docker-compose"]
    } else {
        eprintln!("skipped: there is no compose on this machine");
        return;
    };
    let whole = config(program, Some("192.0.2.7")).unwrap();
    let said = String::from_utf8_lossy(&whole.stdout);
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    assert!(said.contains("192.0.2.7") && said.contains("service_healthy"), "{said}");
    let without = config(program, None).unwrap();
    let said = String::from_utf8_lossy(&without.stderr);
    assert!(!without.status.success() && said.contains("under which callers reach"), "{said}");
}

#[test]
fn the_unit_names_keys_that_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let unit = file("deploy/charla.service");
    let set = unit.lines().find_map(|line| line.strip_prefix("Environment=")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_charla"));
    command.arg("check").current_dir(dir.path());
    for pair in set.split(' ') {
        let (name, value) = pair.split_once('=').unwrap();
        command.env(name, value.replace("/var/lib/charla", &dir.path().display().to_string()));
    }
    // As compose sets them.
    let compose = file("deploy/compose.yaml");
    for name in compose.lines().filter_map(|line| line.trim().split_once(": ")).map(|(name, _)| name) {
        match name {
            "CHARLA__MEDIA__PUBLIC_IP" => drop(command.env(name, "192.0.2.7")),
            "CHARLA__SERVER__PUBLIC_NAME" => drop(command.env(name, "")),
            other => assert!(!other.starts_with("CHARLA__") || other == "CHARLA__STORAGE__URL", "{other}"),
        }
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("callers are told 192.0.2.7"), "{said}");
}

#[test]
fn the_image_is_small_not_root_and_asks_for_its_health() {
    let text = file("deploy/Dockerfile");
    let (_, last) = text.rsplit_once("\nFROM ").unwrap();
    assert!(last.starts_with("gcr.io/distroless/"), "the last stage has no shell and no package manager");
    for words in [
        "USER 65532:65532",
        "VOLUME /var/lib/charla",
        "HEALTHCHECK",
        "EXPOSE 8443/tcp 8443/udp",
        "\"health\"",
    ] {
        assert!(last.contains(words), "the image lacks {words}");
    }
    assert_eq!(last.matches("VOLUME").count(), 1);
    let rust = file("Cargo.toml");
    let version = rust.split_once("rust-version = \"").unwrap().1.split('"').next().unwrap().to_owned();
    assert!(text.contains(&format!("FROM rust:{version}-")), "the image builds with another Rust");
    for secret in ["data", "certs/*", "config.toml"] {
        assert!(file("deploy/Dockerfile.dockerignore").lines().any(|line| line == secret), "{secret}");
    }
}
