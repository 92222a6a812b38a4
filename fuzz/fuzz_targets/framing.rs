//! RFC 4571: whatever the cuts, the same frames come out, and memory stays bounded.
#![no_main]

use charla_media::framing::Decoder;
use libfuzzer_sys::fuzz_target;

fn frames(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    let (mut decoder, mut out) = (Decoder::new(2048), Vec::new());
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => out.push(frame.to_vec()),
                Ok(None) => break,
                Err(_) => return (out, false),
            }
        }
    }
    (out, true)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, stream) = input;
    let whole = frames(&[stream]);
    let pieces: Vec<&[u8]> = stream.chunks(usize::from(cut).max(1)).collect();
    assert_eq!(whole, frames(&pieces));
});
