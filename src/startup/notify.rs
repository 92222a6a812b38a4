//! What a service manager is told: that Charla serves, and that it stops (the protocol of sd_notify). Knows a datagram
//! and its address; nothing where no manager asks.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The variable in which the manager says where it listens.
pub const VARIABLE: &str = "NOTIFY_SOCKET";

/// A state that the manager waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Ready,
    Stopping,
}

/// Where the manager listens, if there is one.
#[derive(Clone, Debug)]
pub struct Manager(Option<OsString>);

impl Manager {
    /// `socket` is the value of [`VARIABLE`].
    pub fn at(socket: Option<OsString>) -> Self {
        Self(socket.filter(|socket| !socket.is_empty()))
    }

    /// Tells it. A manager that cannot be told is no reason not to serve, so that is only logged.
    pub fn tell(&self, state: State) {
        let Some(socket) = &self.0 else { return };
        if let Err(e) = send(socket, state) {
            tracing::warn!(error = %e, ?state, "the service manager could not be told");
        }
    }
}

fn send(socket: &OsStr, state: State) -> io::Result<()> {
    let address = match socket.as_bytes() {
        // A name outside of the file system.
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    let words: &[u8] = match state {
        State::Ready => b"READY=1",
        State::Stopping => b"STOPPING=1",
    };
    UnixDatagram::unbound()?.send_to_addr(words, &address).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_hears_both_states_by_path_and_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let name = format!("charla-test-{}", std::process::id());
        let abstract_address = SocketAddr::from_abstract_name(&name).unwrap();
        for (listener, socket) in [
            (UnixDatagram::bind(&path).unwrap(), path.clone().into_os_string()),
            (UnixDatagram::bind_addr(&abstract_address).unwrap(), format!("@{name}").into()),
        ] {
            let manager = Manager::at(Some(socket));
            for (state, words) in [(State::Ready, "READY=1"), (State::Stopping, "STOPPING=1")] {
                manager.tell(state);
                let mut said = [0; 64];
                let n = listener.recv(&mut said).unwrap();
                assert_eq!(&said[..n], words.as_bytes());
            }
        }
    }

    #[test]
    fn without_a_manager_nothing_happens() {
        Manager::at(None).tell(State::Ready);
        Manager::at(Some(OsString::new())).tell(State::Ready);
        let gone = tempfile::tempdir().unwrap().path().join("gone").into_os_string();
        assert!(send(&gone, State::Ready).is_err());
        Manager::at(Some(gone)).tell(State::Stopping);
    }
}
