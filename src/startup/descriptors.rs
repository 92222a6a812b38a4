//! How many files the process may have open: each connection takes one, and systems start us with few.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Beside connections: the database, media, the runtime.
const OWN: u64 = 256;

/// Raises the limit as far as `connections` need it and the system lets us; how many connections that is enough for.
pub fn make_room(connections: usize) -> u64 {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OWN);
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= wanted {
        return current - OWN;
    }
    let reachable = limit.maximum.unwrap_or(u64::MAX).min(wanted);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(reachable), maximum: limit.maximum });
    let granted = if raised.is_ok() { reachable } else { current };
    granted.saturating_sub(OWN)
}

/// The same, for a server that starts: says so if it is not enough.
pub fn make_room_or_warn(connections: usize) {
    let room = make_room(connections);
    if room < u64::try_from(connections).unwrap_or(u64::MAX) {
        tracing::warn!(
            room,
            "the system's limit of open files (ulimit -n) allows no more connections than this"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_some() {
        assert!(make_room(10) >= 10);
    }
}
