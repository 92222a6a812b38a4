//! The command line. Knows how to read it, how to log and when to stop; what is done is done by `lib.rs` and `check`.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use charla::clock::{Clock as _, SystemClock};
use charla::config::{self, Config, Loaded, LogFormat};
use charla::random::Random;
use charla::startup::home::Home;
use charla::startup::notify::{self, Manager, State};
use charla::startup::owner::OwnerLink;
use charla::{Options, Running};
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A self-hosted chat and voice-call server: one binary, one config.toml, one port.
#[derive(Parser)]
#[command(version, about, disable_help_subcommand = true)]
struct Cli {
    /// The configuration; without it ./config.toml is read, if there is one.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (what happens without a command, too).
    Serve,
    /// Print what would be used, and what is doubtful about it; fail if it would not start.
    Check,
    /// Ask a running server whether it is ready, for containers. The certificate is not looked at.
    Health {
        /// For example https://localhost:8443
        url: String,
    },
    /// Back up the data directory, the database in it and the certificates into one file, while the server runs or not.
    Backup {
        /// The file, which must not be there: a tar compressed with zstd, so by custom charla-2026-03-01.tar.zst.
        to: PathBuf,
    },
    /// Put a backup where the configuration says that data are. The server must not run; nothing is overwritten.
    Restore {
        /// A file that `charla backup` made.
        from: PathBuf,
    },
    /// Take over users, messages and calls of the original (Node, MongoDB), with their passwords. The server must not
    /// run; once more is no harm.
    ImportOriginal {
        /// Its database: mongodb://HOST:27017/NAME
        #[arg(long, value_name = "URL")]
        from: String,
    },
    /// Accounts: list, make, switch off and on, roles, links to set a password. Works beside a running server.
    User {
        #[command(subcommand)]
        command: charla::console::User,
        /// Answer in JSON, with the names of the REST API; a refusal too, on the standard error.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Invitations to make an account: make, list, revoke. Works beside a running server.
    Invite {
        #[command(subcommand)]
        command: charla::console::Invite,
        /// Answer in JSON, with the names of the REST API; a refusal too, on the standard error.
        #[arg(long, global = true)]
        json: bool,
    },
}

fn main() -> ExitCode {
    match work(Cli::parse()) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("charla: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Health { url } => {
            runtime.block_on(charla::check::probe::ready(&url))?;
            println!("ready");
            Ok(ExitCode::SUCCESS)
        }
        Command::Check => {
            let Some(loaded) = load(cli.config.as_deref())? else { return Ok(ExitCode::FAILURE) };
            let report = runtime.block_on(charla::check::report(&loaded));
            print!("{report}");
            Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Backup { to } => {
            let Some(loaded) = load(cli.config.as_deref())? else { return Ok(ExitCode::FAILURE) };
            back_up(&loaded.config, &to)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Restore { from } => {
            let Some(loaded) = load(cli.config.as_deref())? else { return Ok(ExitCode::FAILURE) };
            restore(&loaded.config, &from)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::ImportOriginal { from } => {
            let Some(loaded) = load(cli.config.as_deref())? else { return Ok(ExitCode::FAILURE) };
            runtime.block_on(import_original(&loaded.config, &from))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::User { command, json } => console(&runtime, cli.config.as_deref(), command.into(), json),
        Command::Invite { command, json } => console(&runtime, cli.config.as_deref(), command.into(), json),
        Command::Serve => {
            let Some(loaded) = load(cli.config.as_deref())? else { return Ok(ExitCode::FAILURE) };
            log_to_stderr(&loaded.config.log)?;
            runtime.block_on(serve(loaded))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn back_up(config: &Config, to: &Path) -> anyhow::Result<()> {
    let made = charla::backup::backup(config, to, SystemClock.now())?;
    println!("{} files are backed up in {}", made.files, to.display());
    if made.about.format.is_none() {
        println!("The database is not among them: back up MongoDB with mongodump, before this");
    }
    Ok(())
}

fn restore(config: &Config, from: &Path) -> anyhow::Result<()> {
    let restored = charla::backup::restore(config, from)?;
    println!("{} files of {} are restored", restored.files, restored.about.created_at);
    if restored.about.format.is_none() {
        println!("The database is not among them: restore MongoDB with mongorestore");
    }
    if restored.older {
        println!(
            "The database is of an older version, {}: the next start brings it up to date",
            restored.about.version
        );
    }
    Ok(())
}

async fn import_original(config: &Config, from: &str) -> anyhow::Result<()> {
    // A crate of our own and the driver's both know a cryptography; the choice is made once.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Nobody serves what is being filled.
    let _home = Home::open(&config.server.data_dir, &Random::system())?;
    let store = charla::store::open::open(&charla::startup::database::url(config)?).await?;
    let report = charla::import::import(from, &*store).await;
    store.close().await;
    let report = report?;
    println!("{} users, {} messages and {} calls came over", report.users, report.messages, report.calls);
    if report.known > 0 {
        println!("{} were there already", report.known);
    }
    for remark in &report.remarks {
        println!("note: {remark}");
    }
    Ok(())
}

fn console(
    runtime: &tokio::runtime::Runtime,
    file: Option<&Path>,
    command: charla::console::Command,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let Some(loaded) = load(file)? else { return Ok(ExitCode::FAILURE) };
    match runtime.block_on(charla::console::run(&loaded.config, command)) {
        Ok(answer) if json => println!("{}", serde_json::to_string_pretty(&answer)?),
        Ok(answer) => print!("{answer}"),
        Err(e) if json => {
            eprintln!("{:#}", e.json());
            return Ok(ExitCode::FAILURE);
        }
        Err(e) => return Err(e.into()),
    }
    Ok(ExitCode::SUCCESS)
}

/// `None` if it is faulty: the faults have been printed.
fn load(file: Option<&Path>) -> anyhow::Result<Option<Loaded>> {
    let here = std::env::current_dir().context("the working directory is gone")?;
    let env: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    match config::load(file, &here, env) {
        Ok(loaded) => Ok(Some(loaded)),
        Err(faults) => {
            eprintln!("{faults}");
            Ok(None)
        }
    }
}

async fn serve(loaded: Loaded) -> anyhow::Result<()> {
    match &loaded.file {
        Some(file) => tracing::info!(file = %file.display(), "read the configuration"),
        None => tracing::info!("there is no config.toml: the defaults are used"),
    }
    for doubt in &loaded.doubts {
        tracing::warn!("{doubt}");
    }
    let began = SystemClock.instant();
    let to_terminal = std::io::stdout().is_terminal();
    let options = Options { to_terminal, ..Options::default() };
    let mut term = signal(SignalKind::terminate()).context("SIGTERM cannot be waited for")?;
    let mut int = signal(SignalKind::interrupt()).context("SIGINT cannot be waited for")?;
    let manager = Manager::at(std::env::var_os(notify::VARIABLE));
    let watching = manager.clone();
    let shutdown = async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        watching.tell(State::Stopping);
        // Whoever asks twice will not wait.
        tokio::spawn(async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            std::process::exit(1);
        });
    };
    let started = |running: &Running| {
        let took = SystemClock.instant().duration_since(began);
        tracing::info!(tcp = ?running.addresses, udp = ?running.media_addresses, ?took, "serving");
        announce(running);
        manager.tell(State::Ready);
    };
    charla::run(loaded.config, options, shutdown, started).await?;
    Ok(())
}

/// Says on the standard output where the server is found, and to a terminal how to become its owner.
fn announce(running: &Running) {
    let mut text = format!("Charla {} serves\n", env!("CARGO_PKG_VERSION"));
    for url in &running.urls {
        text += &format!("  {url}\n");
    }
    if running.authority.is_some()
        && let Some(url) = running.urls.first()
    {
        text +=
            &format!("Browsers warn until they know this machine's certificate authority: see {url}trust\n");
    }
    match &running.owner_link {
        Some(OwnerLink::Terminal(link)) => {
            text += &format!("To become the owner, open this link within a day: {link}\n");
        }
        Some(OwnerLink::File(file)) => {
            tracing::info!(file = %file.display(), "there is no owner yet: the link in this file makes one, within a day");
        }
        None => {}
    }
    // A closed standard output is no reason not to serve.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// A plain level is for our own words; libraries, some of which print what people send, stay at `info`.
fn log_to_stderr(log: &config::Log) -> anyhow::Result<()> {
    let level = log.level.trim();
    let directives = match level {
        "debug" | "trace" => format!("info,rustls=error,charla={level},charla_media={level}"),
        _ => format!("rustls=error,{level}"),
    };
    let filter = EnvFilter::builder().parse(&directives).context("log.level")?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}
