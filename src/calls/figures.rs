//! PURE: the last five seconds of all legs of a call, hop by hop, with the estimated MOS from mouth to ear. Knows legs
//! and the estimate; not when it is asked, nor who is told.

use std::time::Instant;

use super::mos::{Hop, MouthToEar};
use super::quality::{Figures, Passage};
use crate::ids::UserId;
use crate::model::{Direction, HopQuality};

/// One leg's last five seconds, with how well it is heard and hears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub user: UserId,
    pub figures: Figures,
    /// Estimated: how the others hear this one; the mean over them.
    pub heard_mos: Option<f32>,
    /// Estimated: how this one hears the others.
    pub hears_mos: Option<f32>,
}

/// Rates every leg against every other one. A leg without fresh figures is not among the legs.
pub fn rate(legs: &[(UserId, Figures)]) -> Vec<Measured> {
    let mean = |all: Vec<f32>| {
        let count = u16::try_from(all.len()).unwrap_or(u16::MAX);
        (count > 0).then(|| (all.iter().sum::<f32>() / f32::from(count) * 100.0).round() / 100.0)
    };
    let others = |user: UserId| legs.iter().filter(move |(other, _)| *other != user).map(|(_, f)| f);
    legs.iter()
        .map(|(user, figures)| Measured {
            user: *user,
            figures: *figures,
            heard_mos: mean(others(*user).filter_map(|ear| between(figures, ear)).collect()),
            hears_mos: mean(others(*user).filter_map(|mouth| between(mouth, figures)).collect()),
        })
        .collect()
}

/// The estimate from one mouth to one ear; none if no packet was under way on one of the hops.
fn between(mouth: &Figures, ear: &Figures) -> Option<f32> {
    let hop =
        |rtt_ms, passage: Passage| Hop { rtt_ms, jitter_ms: passage.jitter_ms, loss_pct: passage.loss_pct };
    let stats = ear.stats.unwrap_or_default();
    let way = MouthToEar {
        up: hop(mouth.rtt_ms, mouth.up?),
        down: hop(ear.rtt_ms, ear.down?),
        concealed_pct: stats.concealed_pct,
        jitter_buffer_ms: stats.jitter_buffer_ms,
        playout_delay_ms: stats.playout_delay_ms,
    };
    Some(way.mos())
}

/// As the `quality` event tells it.
pub fn hops(measured: &[Measured]) -> Vec<HopQuality> {
    let hop = |m: &Measured, direction, passage: Option<Passage>, mos| {
        let Passage { loss_pct, jitter_ms } = passage?;
        Some(HopQuality { user: m.user, direction, rtt_ms: m.figures.rtt_ms, jitter_ms, loss_pct, mos })
    };
    measured
        .iter()
        .flat_map(|m| {
            let up = hop(m, Direction::Up, m.figures.up, m.heard_mos);
            [up, hop(m, Direction::Down, m.figures.down, m.hears_mos)].into_iter().flatten()
        })
        .collect()
}

/// The legs that are up and have fresh figures.
pub fn fresh<'a>(
    legs: impl Iterator<Item = (UserId, &'a super::media::Media)>,
    now: Instant,
) -> Vec<(UserId, Figures)> {
    legs.filter(|(_, media)| media.is_up())
        .filter_map(|(user, media)| Some((user, media.quality.figures(now)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;

    use super::*;
    use crate::calls::stats::Stats;

    fn user(n: u8) -> UserId {
        UserId(ObjectId::from_bytes([n; 12]))
    }
    fn figures(up: f32, down: f32) -> Figures {
        let passage = |loss_pct| Some(Passage { loss_pct, jitter_ms: 1.0 });
        Figures { rtt_ms: Some(20.0), up: passage(up), down: passage(down), stats: None }
    }

    #[test]
    fn of_two_each_hears_as_the_other_is_heard() {
        let all = rate(&[(user(1), figures(10.0, 0.0)), (user(2), figures(0.0, 0.0))]);
        assert_eq!(all[0].heard_mos, all[1].hears_mos);
        assert_eq!(all[0].hears_mos, all[1].heard_mos);
        assert!(all[0].heard_mos < all[0].hears_mos, "his loss is on the way up: {all:?}");
        let hops = hops(&all);
        assert_eq!(hops.len(), 4);
        assert_eq!(
            (hops[0].direction, hops[0].loss_pct, hops[0].mos),
            (Direction::Up, 10.0, all[0].heard_mos)
        );
        assert_eq!(
            (hops[3].user, hops[3].direction, hops[3].mos),
            (user(2), Direction::Down, all[1].hears_mos)
        );
    }
    #[test]
    fn what_the_ear_tells_counts_for_what_it_hears() {
        let told = Some(Stats { concealed_pct: Some(8.0), ..Stats::default() });
        let all =
            rate(&[(user(1), Figures { stats: told, ..figures(0.0, 0.0) }), (user(2), figures(0.0, 0.0))]);
        assert!(all[0].hears_mos < Some(2.5) && all[0].heard_mos > Some(4.0), "{all:?}");
    }
    #[test]
    fn who_is_alone_or_silent_is_not_rated() {
        assert_eq!(rate(&[(user(1), figures(0.0, 0.0))])[0].heard_mos, None);
        let mute = Figures { up: None, ..figures(0.0, 0.0) };
        let all = rate(&[(user(1), mute), (user(2), figures(0.0, 0.0)), (user(3), figures(5.0, 0.0))]);
        assert_eq!(all[0].heard_mos, None);
        assert!(all[0].hears_mos.is_some() && all[1].hears_mos.is_some());
        assert_eq!(hops(&all).len(), 5);
    }
}
