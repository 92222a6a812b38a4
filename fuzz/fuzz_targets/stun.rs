//! STUN, read before anybody is authenticated: no panic, nothing signed by who does not know the key, and a message that
//! is well signed is read as it was written.
#![no_main]

use charla_fuzz::pieces;
use charla_media::parsers::stun::{self, BindingRequest, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(message) = Message::parse(bytes) {
        assert!(message.attributes().map(|(_, value)| value.len()).sum::<usize>() <= bytes.len());
        assert!(!message.verify(&mut *stun::mac(b"a key that the input does not know")));
    }
    if let Some(request) = BindingRequest::parse(bytes) {
        let from = "[2001:db8::7]:4711".parse().unwrap();
        let (mut key, mut answer) = (stun::mac(b"key"), Vec::new());
        assert!(request.answer(from, &mut *key, &mut answer));
        let answer = Message::parse(&answer).expect("an answer is STUN");
        assert!(answer.verify(&mut *key));
        assert_eq!(&bytes[8..20], answer.transaction());
    }
    // The same bytes as attributes: the first two of each piece are its kind. MESSAGE-INTEGRITY closes a message.
    let attributes: Vec<(u16, &[u8])> = pieces(bytes)
        .filter_map(|piece| piece.split_first_chunk::<2>())
        .map(|(kind, value)| (u16::from_be_bytes(*kind), value))
        .filter(|(kind, _)| *kind != 0x0008)
        .collect();
    if attributes.iter().map(|(_, value)| value.len() + 8).sum::<usize>() < 60_000 {
        let signed = stun::signed(0x0001, &attributes, b"key");
        let message = Message::parse(&signed).expect("what is signed is STUN");
        assert!(message.verify(&mut *stun::mac(b"key")) && !message.verify(&mut *stun::mac(b"another")));
        assert!(message.attributes().eq(attributes.iter().copied()));
    }
});
