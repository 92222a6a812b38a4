//! How good a call is, from the relay's reports and the browsers' figures to what devices and records are told.

mod support {
    pub mod calls;
}

use std::time::{Duration, Instant};

use charla::calls::CallError;
use charla::calls::service::Leaving;
use charla::calls::stats::Stats;
use charla::clock::{Clock as _, SystemClock};
use charla::event::{Audience, Event};
use charla::ids::CallId;
use charla::model::{
    CallStatus, Candidate, Direction, EndReason, Happening, HopQuality, PathName, Protocol, Trouble,
};
use charla_media::api;
use support::calls::{World, limits, sdp, until};

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

    w.calls.leave(b.0, b.1, id, Leaving::HangUp).await.unwrap();
    let record = w.until_stored(id, CallStatus::Completed).await;
    let quality = record.legs[1].quality;
    assert_eq!((quality.worst_concealed_pct, quality.worst_jitter_buffer_ms), (Some(6.0), Some(90.0)));
    assert_eq!(record.legs[0].quality.up.worst_mos, Some(bad));
    assert_eq!(record.legs[0].quality.up.worst_loss_pct, 12.0);
}

/// Waits until the store has five-second figures of a call.
async fn figures_are_stored(w: &World, id: CallId) {
    let storing = async {
        while !w
            .store
            .call_timeline(id)
            .await
            .unwrap()
            .iter()
            .any(|e| matches!(e.what, Happening::Figures(_)))
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), storing).await.expect("the timeline is stored meanwhile");
}

#[tokio::test]
async fn the_record_tells_why_a_call_was_bad() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let id = w.talk(a, b).await;
    w.until_stored(id, CallStatus::Active).await;
    let mut reports = Reports { world: &w, at: SystemClock.instant(), packets: 0 };
    // 35 seconds: long enough for the figures to be stored before the end.
    for _ in 0..8 {
        reports.report([(40.0, 12.5, 0.0), (400.0, 0.0, 0.0)]);
    }
    let (room, participant, transport) = w.relay.offers()[0];
    let (lost, back) = (reports.at + Duration::from_secs(6), reports.at + Duration::from_secs(9));
    w.calls.media_offer(a.0, a.1, id, sdp("AA")).await.unwrap();
    for event in [
        api::Event::Silent { room, participant, transport, at: lost },
        api::Event::PathChanged { room, participant, transport, path: api::PathKind::IceTcp, at: back },
    ] {
        w.events.send(event).unwrap();
    }
    until("it is back", || {
        w.post.has(|_, e| matches!(e, Event::CallUpdated(r) if r.legs[0].reconnects == 1))
    })
    .await;
    // A crash would leave this, as soon as the store is done with it.
    figures_are_stored(&w, id).await;

    let live = w.calls.detail(b.0, id).await.unwrap();
    w.calls.leave(b.0, b.1, id, Leaving::HangUp).await.unwrap();
    w.until_stored(id, CallStatus::Completed).await;
    let detail = w.calls.detail(a.0, id).await.unwrap();
    assert_eq!(detail.timeline, w.store.call_timeline(id).await.unwrap());
    assert_eq!(detail.timeline[..live.timeline.len()], live.timeline[..]);
    let events: Vec<_> =
        detail.timeline.iter().filter(|e| !matches!(e.what, Happening::Figures(_))).collect();
    let of =
        |user| events.iter().filter(|e| e.user == Some(user)).map(|e| e.what.clone()).collect::<Vec<_>>();
    let up = Happening::Connected { path: Some(PathName::Udp) };
    let left = Happening::Left { reason: EndReason::HungUp };
    assert_eq!(of(b.0), [Happening::Ring, Happening::Answered, up.clone(), left]);
    let (restart, lost) = (Happening::IceRestart, Happening::Lost { silent: true });
    let path = Happening::Path { path: PathName::IceTcp };
    assert_eq!(
        of(a.0).into_iter().filter(|e| *e != restart).collect::<Vec<_>>(),
        [up, lost, path, Happening::Back]
    );
    assert!(of(a.0).contains(&restart));
    assert_eq!(events.last().map(|e| e.what.clone()), Some(Happening::Ended { reason: EndReason::HungUp }));

    let found: Vec<_> = detail.findings.iter().map(|f| (f.user, f.finding, f.worst)).collect();
    let expected = [
        (a.0, Trouble::Silence, Some(8.0)),
        (a.0, Trouble::Reconnects, Some(1.0)),
        (a.0, Trouble::UplinkLoss, Some(12.5)),
        (b.0, Trouble::HighRoundTrip, Some(400.0)),
        (a.0, Trouble::NotUdp, None),
    ];
    assert_eq!(found, expected);
    assert_eq!(w.calls.detail(w.person("eve").await.0, id).await, Err(CallError::NotFound));
}

#[tokio::test]
async fn nobody_makes_a_record_grow() {
    let w = World::new(limits()).await;
    let (a, b) = (w.person("anna").await, w.person("boris").await);
    let id = w.talk(a, b).await;
    for n in 0..400u16 {
        w.calls.set_muted(a.0, a.1, id, n % 2 == 0).await.unwrap();
        w.calls.media_offer(a.0, a.1, id, sdp("AA")).await.unwrap();
        let (candidate, protocol) =
            if n % 2 == 0 { (Candidate::Host, Protocol::Udp) } else { (Candidate::Relay, Protocol::Tls) };
        let stats = Stats { candidate: Some(candidate), protocol: Some(protocol), ..Stats::default() };
        w.calls.call_stats(a.0, a.1, id, stats).await.unwrap();
    }
    w.calls.leave(b.0, b.1, id, Leaving::HangUp).await.unwrap();
    w.until_stored(id, CallStatus::Completed).await;
    let detail = w.calls.detail(a.0, id).await.unwrap();
    assert!(detail.timeline.len() <= 100, "{}", detail.timeline.len());
    assert!(serde_json::to_string(&detail).unwrap().len() <= 36 * 1024);
    let kept = |what: &Happening| detail.timeline.iter().any(|e| e.what == *what);
    assert!(kept(&Happening::Ring) && kept(&Happening::Answered), "what the other one did is still there");
}
