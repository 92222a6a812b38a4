//! What comes out of SRTP was written by a browser, or by somebody who poses as one: RTP and RTCP are parsed as
//! carefully as anything else.
#![no_main]

use charla_media::parsers::{rtcp, rtp, stun};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (level, bytes) = input;
    if let Some(packet) = rtp::Packet::parse(bytes, Some(level & 0x0f)) {
        assert!(packet.payload.len() <= bytes.len());
    }
    // What is asked for again names packets that may exist, and not more of them than fit into a packet.
    let mut wanted = 0;
    let _ = rtcp::read(bytes, |item| {
        if let rtcp::Item::Nack { first, following, .. } = item {
            wanted += rtcp::wanted(first, following).count();
        }
    });
    assert!(wanted <= bytes.len() / 4 * 17);
    let _ = stun::BindingRequest::parse(bytes);
});
