//! TURN on one stream. From somebody without credentials: nothing for the relay, no allocation, short answers. From
//! somebody who has them, and signs what he likes: nothing but what is for the relay, and answers that are STUN.
#![no_main]

use std::sync::Arc;

use charla_fuzz::{START, pieces, rng};
use charla_media::framing::Decoder;
use charla_media::parsers::stun::{self, Message};
use charla_media::turn::{Credential, Peers, Secret, Taken, Turn};
use libfuzzer_sys::fuzz_target;

const RELAY: &str = "192.0.2.1:8443";
const REALM: &str = "charla";
/// Allocate, Refresh, CreatePermission, ChannelBind.
const REQUESTS: [u16; 4] = [0x0003, 0x0004, 0x0008, 0x0009];
const SEND: u16 = 0x0016;
const XOR_PEER_ADDRESS: u16 = 0x0012;

fuzz_target!(|input: &[u8]| {
    let Some((mode, input)) = input.split_first() else { return };
    let secret = Arc::new(Secret::generate(*START, &mut rng()));
    let peers = Peers::of(&[RELAY.parse().unwrap()]);
    let credential = secret.mint(START.0, "somebody").unwrap();
    let nonce = secret.nonce(1);
    let turn = Turn::new(START.0, secret, peers, 1, "198.51.100.7:5000".parse().unwrap());
    if mode & 1 == 0 { stranger(turn, input) } else { guest(turn, &credential, &nonce, input) }
});

fn stranger(mut turn: Turn, input: &[u8]) {
    let (mut decoder, mut reply) = (Decoder::turn(2048), Vec::new());
    for piece in pieces(input) {
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
}

/// The first byte of a piece says what it is: a frame as it stands, or attributes of a request that is then signed.
fn guest(mut turn: Turn, credential: &Credential, nonce: &str, input: &[u8]) {
    let key = stun::turn_key(&credential.username, REALM, &credential.password);
    let (mut allocated, mut reply) = (false, Vec::new());
    for piece in pieces(input) {
        let Some((op, rest)) = piece.split_first() else { continue };
        let frame = match REQUESTS.get(usize::from(*op)) {
            Some(kind) => {
                let own = [(0x0006, credential.username.as_bytes()), (0x0014, REALM.as_bytes()), (0x0015, nonce.as_bytes())];
                stun::signed(*kind, &[&attributes(rest)[..], &own].concat(), &key)
            }
            None => rest.to_vec(),
        };
        match turn.take(START.0, &frame, &mut reply) {
            Taken::Done => {}
            Taken::Hostile => return,
            Taken::Allocated(relayed) => {
                assert!(!allocated, "two allocations on one stream");
                assert_eq!(relayed.ip().to_string(), "192.0.2.1");
                allocated = true;
            }
            Taken::Released => allocated = false,
            Taken::Datagram(_) => {
                assert!(allocated, "something for the relay without an allocation");
                let peer = Message::parse(&frame).filter(|message| message.kind() == SEND).map(|message| {
                    stun::xor_address(message.attribute(XOR_PEER_ADDRESS).unwrap(), message.transaction())
                });
                assert!(peer.is_none_or(|peer| peer == RELAY.parse().ok()), "for another peer: {peer:?}");
            }
        }
        if !reply.is_empty() {
            let answer = Message::parse(&reply).expect("an answer is STUN");
            assert_eq!(answer.transaction(), &frame[8..20]);
            assert!(!answer.has_integrity() || answer.verify(&mut *stun::mac(&key)));
        }
    }
    assert!(allocated || !turn.wrap(START.0, b"down", &mut reply));
}

/// Attributes: a byte of kind, a byte of length, the value.
fn attributes(mut rest: &[u8]) -> Vec<(u16, &[u8])> {
    let mut all = Vec::new();
    while let [kind, length, behind @ ..] = rest {
        let (value, behind) = behind.split_at(usize::from(*length).min(behind.len()));
        all.push((u16::from(*kind), value));
        rest = behind;
    }
    all.retain(|(kind, _)| *kind != 0x0008);
    all
}
