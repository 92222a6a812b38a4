//! Builds the web client into `static/dist`, from where the server embeds it. Skipped with `CHARLA_SKIP_WEB=1`, and
//! with a warning where Node is missing: the server then says at `/` that it has no page.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

/// What the client is made of. Its tests and tools are not.
const SOURCES: [&str; 7] =
    ["src", "public", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];
/// The oldest Node that Vite runs on.
const NODE: (u32, u32) = (20, 19);

fn main() {
    println!("cargo::rerun-if-env-changed=CHARLA_SKIP_WEB");
    let root = Path::new("static");
    for source in SOURCES.map(|name| root.join(name)) {
        if source.exists() {
            println!("cargo::rerun-if-changed={}", source.display());
        }
    }
    let skip = std::env::var_os("CHARLA_SKIP_WEB").is_some_and(|value| value != "0" && !value.is_empty());
    if skip || !root.join("package.json").exists() {
        return;
    }
    let built = newest(&root.join("dist/index.html"));
    if built.is_some() && built > SOURCES.iter().filter_map(|name| newest(&root.join(name))).max() {
        return;
    }
    if let Err(lack) = node() {
        println!(
            "cargo::warning=the web client is not built: {lack}. Install Node {}.{} or newer with npm, or set \
             CHARLA_SKIP_WEB=1 to build without a page",
            NODE.0, NODE.1
        );
        // A path that never exists: look again at the next build.
        println!("cargo::rerun-if-changed=static/.no-node");
        return;
    }
    let installed = newest(&root.join("node_modules/.package-lock.json"));
    if installed.is_none() || installed < newest(&root.join("package-lock.json")) {
        run(root, &["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]);
    }
    run(root, &["run", "build"]);
}

/// When the newest file in it was changed; `None` if it is not there.
fn newest(path: &Path) -> Option<SystemTime> {
    let own = path.metadata().and_then(|meta| meta.modified()).ok()?;
    let below = path.read_dir().into_iter().flatten().flatten().filter_map(|entry| newest(&entry.path()));
    Some(below.fold(own, SystemTime::max))
}

/// Whether node and npm are there and new enough.
fn node() -> Result<(), String> {
    let version =
        Command::new("node").arg("--version").output().map_err(|e| format!("node cannot be run ({e})"))?;
    let text = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let mut numbers = text.trim_start_matches('v').split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < NODE {
        return Err(format!("node {text} is too old"));
    }
    Command::new("npm").arg("--version").output().map_err(|e| format!("npm cannot be run ({e})"))?;
    Ok(())
}

fn run(dir: &Path, arguments: &[&str]) {
    let command = format!("npm {}", arguments.join(" "));
    let output = match Command::new("npm").args(arguments).current_dir(dir).output() {
        Ok(output) if output.status.success() => return,
        Ok(output) => output,
        Err(e) => return println!("cargo::error=`{command}` cannot be run: {e}"),
    };
    println!("cargo::error=`{command}` failed in static/. CHARLA_SKIP_WEB=1 builds without a page. It said:");
    let said = [output.stdout, output.stderr].concat();
    for line in String::from_utf8_lossy(&said).lines().rev().take(30).collect::<Vec<_>>().into_iter().rev() {
        println!("cargo::error={line}");
    }
}
