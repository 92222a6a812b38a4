//! PURE: the story of one call, in bounded space: what happened, and figures every five seconds. Events are never given
//! up for figures: these grow coarser instead (two neighbours become one that keeps the worst of both). Of events that
//! are too many, the kind that one person causes most often loses one from its middle, so nobody can push out another's.

use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};

use super::change::Change;
use super::figures::Measured;
use super::quality::Passage;
use crate::ids::UserId;
use crate::model::{DirectionFigures, FiguresEntry, Happening, PathName, TimelineEntry};

/// Events at most, and entries of figures at most: together under 32 kB of JSON.
const EVENTS: usize = 100;
const FIGURES: usize = 90;
/// How long one measurement stands for, seconds.
const INTERVAL: u32 = 5;

/// The story so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story(Vec<TimelineEntry>);

impl Story {
    /// Goes on with a story that was stored.
    pub fn resume(entries: Vec<TimelineEntry>) -> Self {
        Self(entries)
    }
    pub fn entries(&self) -> &[TimelineEntry] {
        &self.0
    }

    /// What the relay tells happened a little before we hear of it; the story still runs forward.
    fn put(&mut self, at_ms: u64, user: Option<UserId>, what: Happening) {
        let at_ms = at_ms.max(self.0.last().map_or(0, |e| e.at_ms));
        self.0.push(TimelineEntry { at_ms, user, what });
    }

    /// Something happened.
    pub fn event(&mut self, at_ms: u64, user: Option<UserId>, what: Happening) {
        self.put(at_ms, user, what);
        if self.0.iter().filter(|e| !is_figures(e)).count() > EVENTS {
            self.forget_event();
        }
    }

    /// A leg changed. `path` is the way its packets take.
    pub fn change(&mut self, at_ms: u64, user: UserId, change: Change, path: Option<PathName>) {
        let what = match change {
            Change::Answered(_) => Happening::Answered,
            Change::Connected => Happening::Connected { path },
            Change::Lost { silent } => Happening::Lost { silent },
            Change::Back => Happening::Back,
            Change::Muted(muted, by) => Happening::Muted { muted, by },
            Change::Came(_) => Happening::Joined,
            Change::Moved(_) => Happening::Moved,
            Change::Path(path) => Happening::Path { path },
            Change::Restarted => Happening::IceRestart,
            Change::Rejoined(path) => Happening::Rejoined { path },
            Change::Microphone { silent } => Happening::Microphone { silent },
            Change::Route(candidate, protocol) => Happening::Route { candidate, protocol },
            Change::Left(reason) => Happening::Left { reason },
            // Said by the answer, by the figures, and by the leaving; on how many devices it rings, nobody asks later.
            Change::Joined(_)
            | Change::Reported
            | Change::Declined(_)
            | Change::Unanswered
            | Change::RingsOn => return,
        };
        self.event(at_ms, Some(user), what);
    }

    /// The last five seconds of one leg.
    pub fn figures(&mut self, at_ms: u64, measured: &Measured) {
        let side = |passage: Option<Passage>, mos| {
            passage.map(|p| DirectionFigures {
                loss_pct: short(p.loss_pct),
                jitter_ms: short(p.jitter_ms),
                mos,
            })
        };
        let stats = measured.figures.stats.unwrap_or_default();
        let figures = FiguresEntry {
            seconds: INTERVAL,
            rtt_ms: measured.figures.rtt_ms.map(short),
            concealed_pct: stats.concealed_pct.map(short),
            jitter_buffer_ms: stats.jitter_buffer_ms.map(short),
            playout_gap_pct: stats.playout_gap_pct.map(short).filter(|gap| *gap > 0.0),
            up: side(measured.figures.up, measured.heard_mos),
            down: side(measured.figures.down, measured.hears_mos),
        };
        self.put(at_ms, Some(measured.user), Happening::Figures(figures));
        if self.0.iter().filter(|e| is_figures(e)).count() > FIGURES {
            self.thin_out();
        }
    }

    /// Makes one entry of the two neighbours that stand for the least time, the older the sooner.
    fn thin_out(&mut self) {
        let mut last: BTreeMap<Option<UserId>, (usize, u32)> = BTreeMap::new();
        let mut best: Option<(u32, usize, usize)> = None;
        for (index, entry) in self.0.iter().enumerate() {
            let Happening::Figures(figures) = &entry.what else { continue };
            if let Some((before, seconds)) = last.insert(entry.user, (index, figures.seconds)) {
                let both = seconds.saturating_add(figures.seconds);
                if best.is_none_or(|(least, _, _)| both < least) {
                    best = Some((both, before, index));
                }
            }
        }
        match best {
            Some((_, before, index)) => {
                if let (Happening::Figures(a), Happening::Figures(b)) =
                    (&self.0[before].what, &self.0[index].what)
                {
                    self.0[index].what = Happening::Figures(worst_of(a, b));
                }
                self.0.remove(before);
            }
            // More people than room: the oldest goes.
            None => {
                if let Some(oldest) = self.0.iter().position(is_figures) {
                    self.0.remove(oldest);
                }
            }
        }
    }

    /// Of the kind that one person caused most often, the second goes: the first and the newest stay.
    fn forget_event(&mut self) {
        let mut groups: Vec<(Option<UserId>, Discriminant<Happening>, Vec<usize>)> = Vec::new();
        for (index, entry) in self.0.iter().enumerate().filter(|(_, e)| !is_figures(e)) {
            let kind = discriminant(&entry.what);
            match groups.iter_mut().find(|(user, k, _)| *user == entry.user && *k == kind) {
                Some((_, _, all)) => all.push(index),
                None => groups.push((entry.user, kind, vec![index])),
            }
        }
        let Some((_, _, all)) = groups.iter().rev().max_by_key(|(_, _, all)| all.len()) else { return };
        self.0.remove(all[usize::from(all.len() > 1)]);
    }
}

fn is_figures(entry: &TimelineEntry) -> bool {
    matches!(entry.what, Happening::Figures(_))
}

/// One decimal is enough, and short.
fn short(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

fn merge<T>(a: Option<T>, b: Option<T>, both: impl Fn(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(both(a, b)),
        (one, other) => one.or(other),
    }
}

fn worst_of(a: &FiguresEntry, b: &FiguresEntry) -> FiguresEntry {
    let side = |a: DirectionFigures, b: DirectionFigures| DirectionFigures {
        loss_pct: a.loss_pct.max(b.loss_pct),
        jitter_ms: a.jitter_ms.max(b.jitter_ms),
        mos: merge(a.mos, b.mos, f32::min),
    };
    FiguresEntry {
        seconds: a.seconds.saturating_add(b.seconds),
        rtt_ms: merge(a.rtt_ms, b.rtt_ms, f32::max),
        concealed_pct: merge(a.concealed_pct, b.concealed_pct, f32::max),
        jitter_buffer_ms: merge(a.jitter_buffer_ms, b.jitter_buffer_ms, f32::max),
        playout_gap_pct: merge(a.playout_gap_pct, b.playout_gap_pct, f32::max),
        up: merge(a.up, b.up, side),
        down: merge(a.down, b.down, side),
    }
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;
    use proptest::prelude::*;

    use super::*;
    use crate::calls::quality::Figures;
    use crate::calls::stats::Stats;
    use crate::model::EndReason;

    fn user(n: u8) -> UserId {
        UserId(ObjectId::from_bytes([n; 12]))
    }
    fn measured(who: u8, loss_pct: f32) -> Measured {
        let passage = Some(Passage { loss_pct, jitter_ms: 59_999.9 });
        let stats = Some(Stats {
            concealed_pct: Some(99.9),
            jitter_buffer_ms: Some(59_999.9),
            playout_gap_pct: Some(99.9),
            ..Stats::default()
        });
        let figures = Figures { rtt_ms: Some(59_999.9), up: passage, down: passage, stats };
        Measured { user: user(who), figures, heard_mos: Some(1.25), hears_mos: Some(3.75) }
    }
    fn figures_of(story: &Story, who: u8) -> Vec<FiguresEntry> {
        let of = |e: &TimelineEntry| match &e.what {
            Happening::Figures(f) if e.user == Some(user(who)) => Some(*f),
            _ => None,
        };
        story.entries().iter().filter_map(of).collect()
    }

    #[test]
    fn a_day_of_figures_stays_small_and_keeps_the_worst_and_every_event() {
        let mut story = Story::default();
        story.event(0, Some(user(2)), Happening::Ring);
        for n in 0..17_280u64 {
            story.figures(n * 5000, &measured(1, if n == 7000 { 77.7 } else { 0.5 }));
            story.figures(n * 5000, &measured(2, 1.0));
            if n % 400 == 0 {
                story.event(n * 5000, Some(user(1)), Happening::Back);
            }
        }
        story.event(90_000_000, None, Happening::Ended { reason: EndReason::HungUp });
        assert_eq!(story.entries().iter().filter(|e| !is_figures(e)).count(), 1 + 44 + 1, "no event is lost");
        let of = figures_of(&story, 1);
        assert!((40..=50).contains(&of.len()));
        assert_eq!(of.iter().map(|f| f.seconds).sum::<u32>(), 86_400);
        let longest = of.iter().map(|f| f.seconds).max().unwrap();
        assert!(longest <= 4096, "no stretch is much coarser than the others: {longest}");
        assert_eq!(of.iter().filter(|f| f.up.unwrap().loss_pct > 77.0).count(), 1);
        assert!(serde_json::to_string(story.entries()).unwrap().len() <= 32 * 1024);
    }
    #[test]
    fn nobody_pushes_out_what_happened_to_another() {
        let mut story = Story::default();
        story.event(0, Some(user(2)), Happening::Ring);
        story.event(1, Some(user(2)), Happening::Lost { silent: true });
        story.event(2, Some(user(2)), Happening::Back);
        for n in 0..5000 {
            story.event(n + 3, Some(user(1)), Happening::Muted { muted: n % 2 == 0, by: None });
        }
        assert_eq!(story.entries().len(), EVENTS);
        assert!(story.entries()[..3].iter().all(|e| e.user == Some(user(2))));
        assert_eq!((story.entries()[3].at_ms, story.entries().last().unwrap().at_ms), (3, 5002));
    }
    #[test]
    fn more_people_than_room_is_bounded_too() {
        let mut story = Story::default();
        for n in 0..=200 {
            story.figures(1, &measured(n, 1.0));
            story.event(1, Some(user(n)), Happening::Back);
        }
        assert_eq!(story.entries().len(), EVENTS + FIGURES);
    }

    proptest! {
        /// Whatever comes in whatever order: bounded, in order, and it reads back as it was written.
        #[test]
        fn it_is_bounded_and_in_order(steps in prop::collection::vec((0u8..4, 0u8..5, 0f32..100.0), 0..600)) {
            let mut story = Story::default();
            for (at, (who, what, loss)) in steps.into_iter().enumerate() {
                let at = (at as u64).saturating_sub(u64::from(who));
                match what {
                    0 => story.figures(at, &measured(who, loss)),
                    1 => story.change(at, user(who), Change::Restarted, None),
                    2 => story.change(at, user(who), Change::Path(PathName::IceTcp), None),
                    3 => story.change(at, user(who), Change::Lost { silent: true }, None),
                    _ => story.event(at, None, Happening::Answered),
                }
            }
            prop_assert!(story.entries().len() <= EVENTS + FIGURES);
            prop_assert!(story.entries().is_sorted_by_key(|e| e.at_ms));
            let text = serde_json::to_string(story.entries()).unwrap();
            prop_assert!(text.len() <= 32 * 1024);
            prop_assert_eq!(serde_json::from_str::<Vec<TimelineEntry>>(&text).unwrap(), story.entries());
        }
    }
}
