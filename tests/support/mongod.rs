//! A real mongod for tests and benchmarks: one per process, or one of your own that you may kill and start again.
//! It dies with this process, however that ends: a shell holds the other end of a pipe, and at its end kills the mongod
//! and removes the directory.
#![allow(dead_code)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::ClientOptions;

const PATIENCE: Duration = Duration::from_secs(60);

/// How a mongod is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A replica set of one, as Charla wants it.
    ReplicaSet,
    /// Started for a set that nobody initiates.
    Uninitiated,
    Standalone,
}

pub struct Mongod {
    dir: PathBuf,
    port: u16,
    kind: Kind,
    guard: Option<(Child, ChildStdin)>,
    pub pid: u32,
}

/// Where the binary is, or a panic that says how to get it.
fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CHARLA_TEST_MONGOD") {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "CHARLA_TEST_MONGOD names {}, which is no file", path.display());
        return path;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/mongod");
    assert!(path.is_file(), "{} is missing: run `make tools`, or set CHARLA_TEST_MONGOD", path.display());
    path
}

/// The process's mongod, started at first use.
pub fn shared() -> &'static Mongod {
    static SHARED: OnceLock<Mongod> = OnceLock::new();
    SHARED.get_or_init(|| Mongod::start(Kind::ReplicaSet))
}

/// The URL of a new, empty database on `shared()`.
pub fn fresh_url() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    shared().url(&format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

impl Mongod {
    /// Starts one with a directory and a port of its own, and waits until it serves.
    pub fn start(kind: Kind) -> Self {
        let dir = std::env::temp_dir().join(format!("charla-mongod-{}-{}", std::process::id(), free_port()));
        std::fs::create_dir_all(&dir).unwrap();
        let mut mongod = Self { dir, port: 0, kind, guard: None, pid: 0 };
        // Between looking for a free port and taking it, another process may be quicker.
        for _ in 0..5 {
            mongod.port = free_port();
            mongod.spawn();
            if mongod.serves() {
                mongod.initiate();
                return mongod;
            }
            mongod.kill();
        }
        let log = std::fs::read_to_string(mongod.dir.join("log")).unwrap_or_default();
        panic!("mongod does not start:\n{log}");
    }

    pub fn url(&self, database: &str) -> String {
        format!("mongodb://127.0.0.1:{}/{database}", self.port)
    }

    /// SIGKILL, and the guard with it.
    pub fn kill(&mut self) {
        if let Some((mut shell, mut pipe)) = self.guard.take() {
            drop(pipe.write_all(b"keep\n"));
            drop(shell.wait());
        }
    }

    /// Starts it again on its old data and port.
    pub fn restart(&mut self) {
        assert!(self.guard.is_none(), "kill it first");
        self.spawn();
        assert!(self.serves(), "mongod does not start again");
    }

    fn spawn(&mut self) {
        let script = r#"dir=$1; shift; "$@" >>"$dir/log" 2>&1 & echo $!
            read -r keep; kill -9 $!; wait $! 2>/dev/null; [ "$keep" = keep ] || rm -rf "$dir""#;
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(&self.dir).arg(binary());
        command.arg("--dbpath").arg(&self.dir).args([
            "--bind_ip",
            "127.0.0.1",
            "--port",
            &self.port.to_string(),
        ]);
        command.args(["--nounixsocket", "--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "256"]);
        command.args(["--setParameter", "diagnosticDataCollectionEnabled=false"]);
        if self.kind != Kind::Standalone {
            command.args(["--replSet", "rs0"]);
        }
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.pid = line.trim().parse().unwrap();
        let pipe = shell.stdin.take().unwrap();
        self.guard = Some((shell, pipe));
    }

    /// Whether it answers before it dies or patience ends.
    fn serves(&self) -> bool {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.command(doc! { "ping": 1 }).is_some() {
                return true;
            }
            if !Path::new(&format!("/proc/{}", self.pid)).join("fd").exists() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    fn initiate(&self) {
        if self.kind != Kind::ReplicaSet {
            return;
        }
        let member = doc! { "_id": 0, "host": format!("127.0.0.1:{}", self.port) };
        let done = self.command(doc! { "replSetInitiate": { "_id": "rs0", "members": [member] } });
        assert!(done.is_some(), "replSetInitiate failed");
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let hello = self.command(doc! { "hello": 1 }).unwrap_or_default();
            if hello.get_bool("isWritablePrimary").is_ok_and(|yes| yes) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("mongod does not become primary");
    }

    /// Runs a command on `admin` over a connection of its own.
    fn command(&self, command: Document) -> Option<Document> {
        let url = format!("mongodb://127.0.0.1:{}/?directConnection=true", self.port);
        let run = async move {
            let mut options = ClientOptions::parse(url).await.ok()?;
            options.server_selection_timeout = Some(Duration::from_secs(2));
            let client = Client::with_options(options).ok()?;
            client.database("admin").run_command(command).await.ok()
        };
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        std::thread::scope(|s| s.spawn(|| runtime().unwrap().block_on(run)).join().unwrap())
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        self.kill();
        drop(std::fs::remove_dir_all(&self.dir));
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
