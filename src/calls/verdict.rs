//! PURE: why a call was bad: reads the story of a call and says what stands out, in plain words. Knows thresholds and
//! the timeline; nothing of how it was measured.

use crate::ids::UserId;
use crate::model::{
    CallRecord, EndReason, FiguresEntry, Finding, Happening, LegRecord, PathName, TimelineEntry, Trouble,
};

/// From here on people notice: percent, milliseconds, seconds.
const LOSS: f32 = 5.0;
const CONCEALED: f32 = 5.0;
const ROUND_TRIP: f32 = 300.0;
const JITTER: f32 = 30.0;
const GAPS: f32 = 2.0;
/// What the relay waits for before it calls a leg silent, milliseconds.
const UNNOTICED: u64 = 5000;
/// Silence of the microphone before it is noticed, milliseconds.
const MICROPHONE: u64 = 15_000;

/// What stands out in a call, the gravest first.
pub fn findings(call: &CallRecord, timeline: &[TimelineEntry]) -> Vec<Finding> {
    let end = timeline.last().map_or(0, |e| e.at_ms);
    let mut all: Vec<Finding> = call
        .legs
        .iter()
        .flat_map(|leg| {
            let of: Vec<_> = timeline.iter().filter(|e| e.user == Some(leg.user)).collect();
            let mut found = measured(leg.user, &of);
            found.extend(gaps(leg.user, &of, end));
            found.extend(counted(leg.user, &of));
            found.extend(path(leg, &of, end));
            found.extend(never(call, leg, end));
            found
        })
        .collect();
    all.sort_by_key(|f| f.finding);
    all
}

/// One measure of a leg: what it is called, from where it is bad, how to read it, and what to say of it.
type Measure = (Trouble, f32, fn(&FiguresEntry) -> Option<f32>, fn(f32) -> String);

const MEASURES: [Measure; 6] = [
    (
        Trouble::UplinkLoss,
        LOSS,
        |f| f.up.map(|s| s.loss_pct),
        |w| format!("Of what they sent, up to {w} % was lost on the way to the server."),
    ),
    (
        Trouble::DownlinkLoss,
        LOSS,
        |f| f.down.map(|s| s.loss_pct),
        |w| format!("Of what the server sent to them, up to {w} % was lost on the way."),
    ),
    (
        Trouble::Concealment,
        CONCEALED,
        |f| f.concealed_pct,
        |w| {
            format!(
                "Their browser made up to {w} % of what they heard, because the sound did not arrive, or too late."
            )
        },
    ),
    (
        Trouble::HighRoundTrip,
        ROUND_TRIP,
        |f| f.rtt_ms,
        |w| format!("Their packets took up to {w} ms to the server and back."),
    ),
    (
        Trouble::Jitter,
        JITTER,
        |f| {
            let sides = f.up.iter().chain(&f.down).map(|s| s.jitter_ms);
            sides.max_by(f32::total_cmp)
        },
        |w| format!("Packets between them and the server came unevenly, by up to {w} ms."),
    ),
    (
        Trouble::PlayoutGaps,
        GAPS,
        |f| f.playout_gap_pct,
        |w| {
            format!(
                "Their computer had nothing to play for up to {w} % of the time: it was probably too busy."
            )
        },
    ),
];

fn measured(user: UserId, of: &[&TimelineEntry]) -> Vec<Finding> {
    let bad = |(finding, from, read, say): &Measure| {
        let over = of.iter().filter_map(|e| match &e.what {
            Happening::Figures(f) => {
                let value = read(f).filter(|v| v >= from)?;
                Some((value, e.at_ms.saturating_sub(u64::from(f.seconds) * 1000), e.at_ms))
            }
            _ => None,
        });
        let (worst, from_ms, to_ms) = over.reduce(|a, b| (a.0.max(b.0), a.1.min(b.1), a.2.max(b.2)))?;
        Some(Finding { user, finding: *finding, worst: Some(worst), from_ms, to_ms, text: say(worst) })
    };
    MEASURES.iter().filter_map(bad).collect()
}

/// Stretches between a beginning and an end: (from, to).
fn stretches(
    of: &[&TimelineEntry],
    end: u64,
    step: impl Fn(&Happening) -> Option<Option<u64>>,
) -> Vec<(u64, u64)> {
    let (mut open, mut all) = (None, Vec::new());
    for entry in of {
        match step(&entry.what) {
            Some(Some(unnoticed)) => open = open.or(Some(entry.at_ms.saturating_sub(unnoticed))),
            Some(None) => all.extend(open.take().map(|from| (from, entry.at_ms))),
            None => {}
        }
    }
    all.extend(open.map(|from| (from, end)));
    all
}

fn gaps(user: UserId, of: &[&TimelineEntry], end: u64) -> Vec<Finding> {
    let lost = stretches(of, end, |what| match what {
        Happening::Lost { silent } => Some(Some(if *silent { UNNOTICED } else { 0 })),
        Happening::Back => Some(None),
        _ => None,
    });
    let microphone = stretches(of, end, |what| match what {
        Happening::Microphone { silent: true } => Some(Some(MICROPHONE)),
        Happening::Microphone { silent: false } | Happening::Muted { .. } => Some(None),
        _ => None,
    });
    let found = |finding, all: Vec<(u64, u64)>, say: fn(usize, f32) -> String| {
        let longest =
            all.iter().map(|(from, to)| seconds(to.saturating_sub(*from))).max_by(f32::total_cmp)?;
        let (from_ms, to_ms) = (all.first()?.0, all.last()?.1);
        let text = say(all.len(), longest);
        Some(Finding { user, finding, worst: Some(longest), from_ms, to_ms, text })
    };
    let silence = found(Trouble::Silence, lost, |times, longest| {
        format!("The server heard nothing from them {}, for {longest} s at the longest.", how_often(times))
    });
    let dead = found(Trouble::SilentMicrophone, microphone, |_, longest| {
        format!("Their microphone was on and gave no sound at all for {longest} s.")
    });
    silence.into_iter().chain(dead).collect()
}

fn counted(user: UserId, of: &[&TimelineEntry]) -> Vec<Finding> {
    let count = |finding, is: fn(&Happening) -> bool, say: fn(&str) -> String| {
        let all: Vec<u64> = of.iter().filter(|e| is(&e.what)).map(|e| e.at_ms).collect();
        let (from_ms, to_ms) = (*all.first()?, *all.last()?);
        let times = u16::try_from(all.len()).unwrap_or(u16::MAX);
        let text = say(&how_often(all.len()));
        Some(Finding { user, finding, worst: Some(f32::from(times)), from_ms, to_ms, text })
    };
    let restarts = count(
        Trouble::Reconnects,
        |w| matches!(w, Happening::IceRestart),
        |times| format!("Their browser looked for a new path to the server {times}."),
    );
    let rejoined = count(
        Trouble::Rejoined,
        |w| matches!(w, Happening::Rejoined { .. }),
        |times| format!("They came back with a fresh connection {times}, as after a reload of the page."),
    );
    restarts.into_iter().chain(rejoined).collect()
}

/// Whether packets took a way that holds back everything behind a lost one.
fn path(leg: &LegRecord, of: &[&TimelineEntry], end: u64) -> Option<Finding> {
    let slow = stretches(of, end, |what| match what {
        Happening::Connected { path: Some(path) }
        | Happening::Path { path }
        | Happening::Rejoined { path } => Some((*path != PathName::Udp).then_some(0)),
        _ => None,
    });
    let (from_ms, to_ms) = (slow.first()?.0, slow.last()?.1);
    let text =
        "Their network let no UDP through, so the call went over TCP: one lost packet delays all after it.";
    Some(Finding { user: leg.user, finding: Trouble::NotUdp, worst: None, from_ms, to_ms, text: text.into() })
}

fn never(call: &CallRecord, leg: &LegRecord, end: u64) -> Option<Finding> {
    let failed = call.reason == Some(EndReason::ConnectFailed) && leg.connected_at.is_none();
    let from_ms = leg.answered_at.filter(|_| failed)?.since(call.start_time);
    let text = "Their sound never reached the server: no path was found.";
    Some(Finding {
        user: leg.user,
        finding: Trouble::NeverConnected,
        worst: None,
        from_ms: u64::try_from(from_ms.as_millis()).unwrap_or(u64::MAX),
        to_ms: end,
        text: text.into(),
    })
}

#[allow(clippy::cast_precision_loss)] // a tenth of a second of a call
fn seconds(ms: u64) -> f32 {
    (ms as f32 / 100.0).round() / 10.0
}

fn how_often(times: usize) -> String {
    if times == 1 { "once".to_owned() } else { format!("{times} times") }
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;

    use super::*;
    use crate::calls::call::{Call, Head, Input};
    use crate::calls::media::Fact;
    use crate::calls::now::Now;
    use crate::calls::{Limits, record};
    use crate::clock::{Clock as _, SystemClock, Timestamp};
    use crate::ids::{CallId, ConversationId, DeviceId, EpochId};
    use crate::model::DirectionFigures;

    fn id(n: u8) -> ObjectId {
        ObjectId::from_bytes([n; 12])
    }
    fn caller() -> UserId {
        UserId(id(1))
    }
    fn at(seconds: u64, user: Option<UserId>, what: Happening) -> TimelineEntry {
        TimelineEntry { at_ms: seconds * 1000, user, what }
    }
    fn figures(up: f32, down: f32) -> FiguresEntry {
        let side = |loss_pct| Some(DirectionFigures { loss_pct, jitter_ms: 2.0, mos: None });
        FiguresEntry {
            seconds: 5,
            rtt_ms: Some(40.0),
            concealed_pct: None,
            jitter_buffer_ms: None,
            playout_gap_pct: None,
            up: side(up),
            down: side(down),
        }
    }
    /// A call between two that ended for this reason a minute after it began.
    fn call(reason: EndReason) -> CallRecord {
        let mono = SystemClock.instant();
        let started = Now { wall: Timestamp(1_000_000), mono };
        let head = Head {
            id: CallId(id(3)),
            conversation: ConversationId(id(4)),
            caller: caller(),
            kind: crate::calls::call::Kind::Pair { receiver: UserId(id(2)) },
            started,
            node: String::new(),
            epoch: EpochId(id(5)),
        };
        let minute = std::time::Duration::from_secs(60);
        let end = Now { wall: started.wall.plus(minute), mono: mono + minute };
        let limits = Limits { connect: 2 * minute, ring: 2 * minute, ..Limits::default() };
        let device = DeviceId(id(6));
        let call = Call::start(head, device, &[(UserId(id(2)), crate::model::Reach::Here(1))]);
        let accept = Input::Accept { user: UserId(id(2)), device };
        let (call, _) = call.handle(accept, started, &limits);
        let up = Input::Fact { user: UserId(id(2)), device, fact: Fact::Up(PathName::Udp) };
        let (call, _) = call.handle(up, started, &limits);
        record::of(&call.handle(Input::Abort(reason), end, &limits).0)
    }
    fn verdict(timeline: &[TimelineEntry]) -> Vec<(Trouble, Option<f32>, u64, u64)> {
        let found = findings(&call(EndReason::HungUp), timeline);
        assert!(found.iter().all(|f| f.user == caller() && f.text.ends_with('.')), "{found:?}");
        found.into_iter().map(|f| (f.finding, f.worst, f.from_ms, f.to_ms)).collect()
    }

    #[test]
    fn nothing_stands_out_in_a_good_call() {
        let me = Some(caller());
        let story = [
            at(1, me, Happening::Connected { path: Some(PathName::Udp) }),
            at(5, me, Happening::Figures(figures(4.9, 0.0))),
            at(9, me, Happening::Muted { muted: true, by: None }),
            at(60, None, Happening::Ended { reason: EndReason::HungUp }),
        ];
        assert_eq!(verdict(&story), []);
        assert_eq!(verdict(&[]), []);
    }
    #[test]
    fn each_measure_is_told_with_its_worst_and_its_time() {
        let me = Some(caller());
        let odd = FiguresEntry {
            rtt_ms: Some(900.0),
            concealed_pct: Some(20.0),
            playout_gap_pct: Some(7.0),
            up: Some(DirectionFigures { loss_pct: 0.0, jitter_ms: 80.0, mos: None }),
            ..figures(0.0, 0.0)
        };
        let story = [
            at(10, me, Happening::Figures(figures(12.5, 0.0))),
            at(15, me, Happening::Figures(figures(6.0, 0.0))),
            at(20, me, Happening::Figures(figures(0.0, 30.0))),
            at(25, me, Happening::Figures(odd)),
        ];
        let expected = [
            (Trouble::UplinkLoss, Some(12.5), 5000, 15_000),
            (Trouble::DownlinkLoss, Some(30.0), 15_000, 20_000),
            (Trouble::Concealment, Some(20.0), 20_000, 25_000),
            (Trouble::HighRoundTrip, Some(900.0), 20_000, 25_000),
            (Trouble::Jitter, Some(80.0), 20_000, 25_000),
            (Trouble::PlayoutGaps, Some(7.0), 20_000, 25_000),
        ];
        assert_eq!(verdict(&story), expected);
        let text = &findings(&call(EndReason::HungUp), &story)[0].text;
        assert_eq!(text, "Of what they sent, up to 12.5 % was lost on the way to the server.");
    }
    #[test]
    fn silence_reconnects_and_slow_ways_are_told_with_their_lengths() {
        let me = Some(caller());
        let story = [
            at(1, me, Happening::Connected { path: Some(PathName::Udp) }),
            at(20, me, Happening::Lost { silent: true }),
            at(21, me, Happening::IceRestart),
            at(22, me, Happening::Path { path: PathName::TurnTls }),
            at(22, me, Happening::Back),
            at(30, me, Happening::Lost { silent: false }),
            at(33, me, Happening::Rejoined { path: PathName::Udp }),
            at(33, me, Happening::Back),
            at(40, me, Happening::Microphone { silent: true }),
            at(50, me, Happening::Microphone { silent: false }),
            at(58, me, Happening::Lost { silent: false }),
            at(60, None, Happening::Ended { reason: EndReason::HungUp }),
        ];
        let expected = [
            (Trouble::Silence, Some(7.0), 15_000, 60_000),
            (Trouble::Rejoined, Some(1.0), 33_000, 33_000),
            (Trouble::Reconnects, Some(1.0), 21_000, 21_000),
            (Trouble::SilentMicrophone, Some(25.0), 25_000, 50_000),
            (Trouble::NotUdp, None, 22_000, 33_000),
        ];
        assert_eq!(verdict(&story), expected);
    }
    #[test]
    fn who_never_got_through_is_named() {
        let story = [at(60, None, Happening::Ended { reason: EndReason::ConnectFailed })];
        let found = findings(&call(EndReason::ConnectFailed), &story);
        let all: Vec<_> = found.iter().map(|f| (f.finding, f.user, f.from_ms, f.to_ms)).collect();
        assert_eq!(all, [(Trouble::NeverConnected, caller(), 0, 60_000)], "the other one's media was up");
    }
}
