//! Socket.IO payloads: decoded or refused, never a panic.
#![no_main]

use charla::socket::protocol::ClientEvent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (which, packet) = input;
    let names = ClientEvent::NAMES;
    let _ = ClientEvent::decode(names[usize::from(which) % names.len()], packet);
});
