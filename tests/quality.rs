//! How good a call is, from the relay's reports and the browsers' figures to what devices and records are told.

mod support {
    pub mod calls;
}

use std::time::{Duration, Instant};

use charla::calls::stats::Stats;
use charla::clock::{Clock as _, SystemClock};
use charla::event::{Audience, Event};
use charla::ids::CallId;
use charla::model::{CallStatus, Direction, HopQuality};
use charla_media::api;
use support::calls::{World, limits, until};

/// A call whose relay reports as fast as the test wants: each report lies five seconds after the one before.
struct Reports<'a> {
    world: &'a World,
    at: Instant,
    packets: u64,
}

impl Reports<'_> {
    /// The relay reports on both legs: round trip, and share lost on the way up and down.
    fn report(&mut self, legs: [(f32, f32, f32); 2]) {
        self.at += Duration::from_secs(5);
        self.packets += 250;
        for ((room, participant, transport), (rtt, up, down)) in
            self.world.relay.offers().into_iter().zip(legs)
        {
            let side = |loss_pct| api::Direction { packets: self.packets, lost: 0, loss_pct, jitter_ms: 2.0 };
            let quality = api::Quality { rtt_ms: Some(rtt), up: side(up), down: side(down) };
            let at = self.at;
            self.world
                .events
                .send(api::Event::Quality { room, participant, transport, quality, at })
                .unwrap();
        }
    }
}

fn told(w: &World, id: CallId) -> Vec<(Audience, Vec<HopQuality>)> {
    let quality = |(to, event)| match event {
        Event::Quality { call, legs } if call == id => Some((to, legs)),
        _ => None,
    };
    w.post.all().into_iter().filter_map(quality).collect()
}

#[tokio::test]
async fn both_devices_are_told_how_good_it_is_and_the_record_keeps_it() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let id = w.talk(a, b).await;
    let stats = Stats { concealed_pct: Some(6.0), jitter_buffer_ms: Some(90.0), ..Stats::default() };
    w.calls.call_stats(b.0, b.1, id, stats).await.unwrap();
    let mut reports = Reports { world: &w, at: SystemClock.instant(), packets: 0 };
    // The first report of the first leg measures alone; in the next one, both legs are known.
    for _ in 0..2 {
        reports.report([(40.0, 12.0, 0.0), (80.0, 0.0, 0.0)]);
    }
    until("both devices are told twice", || told(&w, id).len() == 4).await;
    let told = told(&w, id);
    let devices: Vec<_> = told.iter().map(|(to, _)| to.clone()).collect();
    for who in [a, b] {
        assert!(devices.contains(&Audience::Device(who.0, who.1)), "{devices:?}");
    }
    let legs = &told.last().unwrap().1;
    let hop = |user, direction| {
        *legs
            .iter()
            .find(|l| l.user == user && l.direction == direction)
            .unwrap_or_else(|| panic!("{legs:?}"))
    };
    let up = hop(a.0, Direction::Up);
    assert_eq!((up.rtt_ms, up.loss_pct, up.jitter_ms), (Some(40.0), 12.0, 2.0));
    let (bad, good) = (up.mos.unwrap(), hop(b.0, Direction::Up).mos.unwrap());
    assert!(bad < 2.6 && good > 3.9, "{bad} {good}");
    assert_eq!(hop(b.0, Direction::Down).mos, up.mos, "as the one is heard, so the other hears");

    w.calls.leave(b.0, b.1, id).await.unwrap();
    let record = w.until_stored(id, CallStatus::Completed).await;
    let quality = record.legs[1].quality;
    assert_eq!((quality.worst_concealed_pct, quality.worst_jitter_buffer_ms), (Some(6.0), Some(90.0)));
    assert_eq!(record.legs[0].quality.up.worst_mos, Some(bad));
    assert_eq!(record.legs[0].quality.up.worst_loss_pct, 12.0);
}
