//! A program that ends with the test that started it, however that ends: killed, too. The kernel sees to it, at the end
//! of the thread that starts the program, which must be the test's own.

use std::ffi::OsStr;
use std::process::Command;

/// A command for a program, to which arguments are added.
pub fn bound(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}
