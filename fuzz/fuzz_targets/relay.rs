//! The whole relay fed with datagrams that nobody authenticated: no panic, and no answer.
#![no_main]

use charla_fuzz::{START, offer, pieces, relay};
use charla_media::relay::Path;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut relay = relay();
    offer(&mut relay, include_str!("../../media/src/fixtures/chromium-offer.sdp")).unwrap();
    let path = Path::Udp { socket: 0, remote: "192.0.2.2:1000".parse().unwrap() };
    for datagram in pieces(input) {
        relay.handle_datagram(START.0, path, datagram);
    }
    assert_eq!(relay.outgoing().iter().count(), 0, "an unauthenticated datagram was answered");
});
