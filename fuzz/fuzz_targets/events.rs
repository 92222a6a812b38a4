//! Socket.IO payloads: decoded or refused, never a panic; what a browser tells of a call is believed within bounds, and
//! the record that is made of it holds numbers.
#![no_main]

use charla::calls::quality::Fold;
use charla::socket::protocol::ClientEvent;
use charla_fuzz::START;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (which, packet) = input;
    let names = ClientEvent::NAMES;
    let Ok(ClientEvent::CallStats(told)) = ClientEvent::decode(names[usize::from(which) % names.len()], packet) else {
        return;
    };
    assert_eq!(told.stats.checked(), Ok(told.stats));
    let mut fold = Fold::default();
    for _ in 0..3 {
        fold.tell(&told.stats, START.0);
    }
    let quality = fold.quality();
    for percent in [quality.concealed_pct, quality.worst_concealed_pct].into_iter().flatten() {
        assert!((0.0..=100.0).contains(&percent));
    }
    for ms in [quality.jitter_buffer_ms, quality.worst_jitter_buffer_ms].into_iter().flatten() {
        assert!((0.0..=60_000.0).contains(&ms));
    }
});
