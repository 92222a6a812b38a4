//! The command line. Knows nothing else yet: `lib.rs` wires the rooms.

fn main() {}
