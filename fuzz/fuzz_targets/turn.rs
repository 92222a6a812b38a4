//! A stream of TURN that nobody authenticated: no panic, nothing for the relay, no allocation, short answers.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::{Instant, SystemTime};

use charla_media::framing::Decoder;
use charla_media::turn::{Peers, Secret, Taken, Turn};
use libfuzzer_sys::fuzz_target;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

static START: LazyLock<(Instant, SystemTime)> = LazyLock::new(|| (Instant::now(), SystemTime::now()));

fuzz_target!(|pieces: Vec<Vec<u8>>| {
    let secret = Arc::new(Secret::generate(*START, &mut StdRng::seed_from_u64(1)));
    let peers = Peers::of(&["192.0.2.1:8443".parse().unwrap()]);
    let mut turn = Turn::new(START.0, secret, peers, 1, "198.51.100.7:5000".parse().unwrap());
    let (mut decoder, mut reply) = (Decoder::turn(2048), Vec::new());
    for piece in &pieces {
        decoder.push(piece);
        while let Ok(Some(frame)) = decoder.next_frame() {
            match turn.take(START.0, frame, &mut reply) {
                Taken::Done => assert!(reply.len() < 256),
                Taken::Hostile => return,
                other => panic!("{other:?} without credentials"),
            }
        }
    }
    assert!(!turn.wrap(START.0, b"down", &mut reply));
});
