//! RTCP as a browser, or somebody who poses as one, may send it: what is asked for again names packets that may exist,
//! reports that contradict each other make no number that could not be, and what the relay writes it reads again.
#![no_main]

use std::time::Duration;

use charla_fuzz::START;
use charla_media::parsers::quality::{Clock, Reception, Sending, middle, round_trip_ms};
use charla_media::parsers::rtcp::{self, Item};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|compound: &[u8]| {
    let clock = Clock::new(START.0, START.1);
    let (mut reception, mut sending) = (Reception::default(), Sending::default());
    let (mut wanted, mut now) = (0, START.0);
    let whole = rtcp::read(compound, |item| {
        now += Duration::from_secs(1);
        match item {
            Item::Nack { ssrc, first, following } => {
                wanted += rtcp::wanted(first, following).count();
                let sequences: Vec<u16> = rtcp::wanted(first, following).collect();
                let (mut written, mut again) = (Vec::new(), Vec::new());
                rtcp::write_nack(1, ssrc, &sequences, &mut written);
                assert!(rtcp::read(&written, |item| again.push(item)));
                assert_eq!(again, [item]);
            }
            Item::Block(block) => {
                let (mut written, mut again) = (Vec::new(), Vec::new());
                rtcp::write_receiver_report(1, Some(&block), &mut written);
                assert!(rtcp::read(&written, |item| again.push(item)));
                assert_eq!(again, [item]);
                sending.packet(100);
                sending.report(&block);
                let told = sending.direction();
                assert!((0.0..=100.0).contains(&told.loss_pct) && told.jitter_ms >= 0.0, "{told:?}");
                assert!(round_trip_ms(middle(clock.ntp(now)), &block).is_none_or(|ms| (0.0..=60_000.0).contains(&ms)));
                // The same numbers as if they were those of packets that arrived.
                reception.packet(block.ssrc, block.highest as u16, block.last_sr, block.delay);
            }
            Item::Sender { ntp, .. } => reception.sender_report(now, ntp),
        }
        if let Some(block) = reception.block(now) {
            let mut written = Vec::new();
            rtcp::write_receiver_report(1, Some(&block), &mut written);
            assert!(rtcp::read(&written, |_| {}));
        }
        let told = reception.direction();
        assert!((0.0..=100.0).contains(&told.loss_pct) && told.jitter_ms.is_finite(), "{told:?}");
    });
    assert!(wanted <= compound.len() / 4 * 17);
    assert!(whole || !compound.is_empty());
});
