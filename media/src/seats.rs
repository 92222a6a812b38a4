//! Who has which of a few seats, when more people want one than there are: the slots of a receiver, and the stage of
//! a large room. Pure; a person is an index with a loudness, and where that comes from is not known here.
//!
//! Seats do not flap: who has one keeps it for a while, and whoever wants it must have been louder by a margin for
//! some time. As long as there are seats for all nobody is ever moved.

use std::time::{Duration, Instant};

/// Who got a seat keeps it so long, unless he leaves: as long as a short sentence. A change costs every listener the
/// first packets of somebody.
pub const HOLD: Duration = Duration::from_millis(1500);
/// How long one must have been louder: Volfin and Cohen's and Jitsi's decisions take 300 ms too; shorter is noise,
/// longer is a lost word.
pub const PATIENCE: Duration = Duration::from_millis(300);
/// And by how much, dB: the least difference in loudness that is heard without doubt.
pub const MARGIN: f32 = 3.0;

/// One who wants a seat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    pub who: usize,
    pub loudness: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Seat {
    taken: Candidate,
    since: Instant,
}

/// A row of seats.
#[derive(Clone, Debug)]
pub struct Seats {
    seats: Vec<Option<Seat>>,
    /// Who is louder than one who sits, and since when.
    rivals: Vec<(usize, Instant)>,
}

impl Seats {
    /// So many seats, all free.
    pub fn new(seats: usize) -> Seats {
        Seats { seats: vec![None; seats], rivals: Vec::new() }
    }

    /// How many seats there are.
    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// Seats in use, with who has them.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        self.seats.iter().enumerate().filter_map(|(index, seat)| Some((index, (*seat)?.taken.who)))
    }

    /// Gives the seats to the loudest candidates, no more than `size` of them. One who has a seat and is no candidate
    /// loses it; of those equally loud the first goes first. True when anybody came or went.
    pub fn choose(&mut self, now: Instant, size: usize, candidates: &[Candidate]) -> bool {
        let size = size.min(self.seats.len());
        let mut changed = self.leave(candidates);
        while self.taken() > size {
            let quietest = self.quietest(|_| true);
            self.seats[quietest.map_or(0, |(index, _)| index)] = None;
            changed = true;
        }
        while self.taken() < size
            && let Some(next) = self.loudest_waiting(candidates, |_| true)
            && let Some(free) = self.seats.iter_mut().find(|seat| seat.is_none())
        {
            *free = Some(Seat { taken: next, since: now });
            changed = true;
        }
        self.watch(now, candidates);
        while let Some(next) = self.loudest_waiting(candidates, |who| self.is_ripe(now, who))
            && let Some((index, quietest)) = self.quietest(|seat| now >= seat.since + HOLD)
            && next.loudness > quietest + MARGIN
        {
            self.seats[index] = Some(Seat { taken: next, since: now });
            self.rivals.retain(|(who, _)| *who != next.who);
            changed = true;
        }
        changed
    }

    /// Frees the seats of those who are no candidates any more, and takes note of how loud the others are.
    fn leave(&mut self, candidates: &[Candidate]) -> bool {
        let mut changed = false;
        for seat in &mut self.seats {
            let Some(taken) = seat else { continue };
            match candidates.iter().find(|candidate| candidate.who == taken.taken.who) {
                Some(candidate) => taken.taken = *candidate,
                None => {
                    *seat = None;
                    changed = true;
                }
            }
        }
        changed
    }

    /// Takes note of who is louder than the quietest who sits.
    fn watch(&mut self, now: Instant, candidates: &[Candidate]) {
        let Some((_, quietest)) = self.quietest(|_| true) else {
            self.rivals.clear();
            return;
        };
        let louder =
            |candidate: &&Candidate| candidate.loudness > quietest + MARGIN && !self.has(candidate.who);
        let rivals = candidates.iter().filter(louder).map(|candidate| {
            let known = self.rivals.iter().find(|(who, _)| *who == candidate.who);
            known.copied().unwrap_or((candidate.who, now))
        });
        self.rivals = rivals.collect();
    }

    fn is_ripe(&self, now: Instant, who: usize) -> bool {
        self.rivals.iter().any(|(rival, since)| *rival == who && now >= *since + PATIENCE)
    }

    fn taken(&self) -> usize {
        self.seats.iter().flatten().count()
    }

    fn has(&self, who: usize) -> bool {
        self.seats.iter().flatten().any(|seat| seat.taken.who == who)
    }

    /// The quietest of those seats that `among` takes, and how loud it is.
    fn quietest(&self, among: impl Fn(&Seat) -> bool) -> Option<(usize, f32)> {
        let taken = self.seats.iter().enumerate().filter_map(|(index, seat)| Some((index, seat.as_ref()?)));
        taken
            .filter(|(_, seat)| among(seat))
            .map(|(index, seat)| (index, seat.taken.loudness))
            .reduce(|least, next| if next.1 < least.1 { next } else { least })
    }

    /// The loudest of those who have no seat and whom `among` takes.
    fn loudest_waiting(&self, candidates: &[Candidate], among: impl Fn(usize) -> bool) -> Option<Candidate> {
        let waiting = candidates.iter().filter(|candidate| !self.has(candidate.who) && among(candidate.who));
        waiting.copied().reduce(|most, next| if next.loudness > most.loudness { next } else { most })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TICK: Duration = Duration::from_millis(50);

    fn people(loudness: &[f32]) -> Vec<Candidate> {
        loudness.iter().enumerate().map(|(who, loudness)| Candidate { who, loudness: *loudness }).collect()
    }

    fn seated(seats: &Seats) -> Vec<usize> {
        let mut seated: Vec<usize> = seats.iter().map(|(_, who)| who).collect();
        seated.sort_unstable();
        seated
    }

    #[test]
    fn who_has_a_seat_keeps_it() {
        let now = Instant::now();
        let mut seats = Seats::new(2);
        assert!(seats.choose(now, 2, &people(&[0.0, 0.0, 0.0])));
        assert_eq!(seats.iter().collect::<Vec<_>>(), [(0, 0), (1, 1)]);
        assert!(!seats.choose(now, 2, &people(&[0.0, 0.0, 0.0])));
        assert!(seats.choose(now, 2, &people(&[0.0, 0.0, 0.0])[1..]));
        assert_eq!(seats.iter().collect::<Vec<_>>(), [(0, 2), (1, 1)]);
    }

    #[test]
    fn the_quietest_lose_their_seats_first_when_there_are_fewer() {
        let now = Instant::now();
        let mut seats = Seats::new(3);
        seats.choose(now, 3, &people(&[20.0, 5.0, 30.0]));
        assert!(seats.choose(now, 1, &people(&[20.0, 5.0, 30.0])));
        assert_eq!(seated(&seats), [2]);
        assert!(seats.choose(now, 2, &people(&[20.0, 5.0, 30.0])));
        assert_eq!(seated(&seats), [0, 2]);
    }

    #[test]
    fn one_clearly_louder_gets_a_seat_after_patience_and_not_before() {
        let start = Instant::now();
        let mut seats = Seats::new(2);
        seats.choose(start, 2, &people(&[20.0, 30.0, 0.0]));
        let later = start + HOLD;
        let loud = people(&[20.0, 30.0, 40.0]);
        assert!(!seats.choose(later, 2, &loud));
        assert!(!seats.choose(later + PATIENCE - TICK, 2, &loud));
        assert!(seats.choose(later + PATIENCE, 2, &loud));
        assert_eq!(seated(&seats), [1, 2]);
        let shout = people(&[70.0, 0.0, 0.0]);
        seats.choose(later + PATIENCE + TICK, 2, &shout);
        assert!(seats.choose(later + PATIENCE * 2 + TICK, 2, &shout), "of 1, who sat long");
        assert_eq!(seated(&seats), [0, 2]);
    }

    #[test]
    fn a_margin_decides_and_ties_move_nobody() {
        let start = Instant::now();
        let mut seats = Seats::new(1);
        seats.choose(start, 1, &people(&[20.0]));
        for tick in 0..200 {
            let wobble = if tick % 2 == 0 { 2.9 } else { -2.9 };
            assert!(!seats.choose(start + TICK * tick, 1, &people(&[20.0, 20.0 + wobble])));
        }
        // Loud for a moment, again and again, is not loud for some time.
        for tick in 200..400 {
            let knock = if tick % 5 == 0 { 0.0 } else { 60.0 };
            assert!(!seats.choose(start + TICK * tick, 1, &people(&[20.0, knock])));
        }
    }

    proptest! {
        /// Ten people and a row of seats, in steps of 50 ms. What must hold is checked against a plain record of who sat
        /// since when and who was louder for how long.
        #[test]
        fn the_rules_hold(
            rows in prop::collection::vec((prop::collection::vec(0u8..6, 10), 1u8..60, 0usize..5), 1..30),
            row in 1usize..5,
        ) {
            let start = Instant::now();
            let mut seats = Seats::new(row);
            let mut since: Vec<Option<Instant>> = vec![None; 10];
            let mut tick = 0;
            for (loudness, ticks, away) in rows {
                // Every step is beyond the margin; level 0 means that he is not a candidate at all.
                let candidates: Vec<Candidate> = people(&loudness.iter().map(|l| f32::from(*l) * 10.0).collect::<Vec<_>>())
                    .into_iter().skip(away).filter(|candidate| candidate.loudness > 0.0).collect();
                let mut louder_for = [0u32; 10];
                for _ in 0..ticks {
                    tick += 1;
                    let now = start + TICK * tick;
                    let before: Vec<(usize, usize)> = seats.iter().collect();
                    let changed = seats.choose(now, row, &candidates);
                    let after: Vec<(usize, usize)> = seats.iter().collect();
                    prop_assert_eq!(changed, before != after);
                    let mut who = seated(&seats);
                    prop_assert!(who.len() <= row);
                    who.dedup();
                    prop_assert_eq!(who.len(), after.len(), "nobody sits twice");
                    prop_assert_eq!(after.len(), candidates.len().min(row), "no seat is free while one stands");
                    let candidate = |who: usize| candidates.iter().find(|candidate| candidate.who == who);
                    for (seat, person) in &after {
                        prop_assert!(candidate(*person).is_some());
                        if !before.contains(&(*seat, *person)) {
                            prop_assert!(before.iter().all(|(_, other)| other != person), "nobody changes his seat");
                            since[*person] = Some(now);
                        }
                    }
                    for (_, person) in before.iter().filter(|seat| !after.contains(seat)) {
                        let held = now - since[*person].unwrap();
                        prop_assert!(candidate(*person).is_none() || held >= HOLD, "moved after {held:?}");
                    }
                    let quietest = after.iter().filter_map(|(_, who)| candidate(*who)).map(|c| c.loudness).fold(f32::MAX, f32::min);
                    for (person, ticks) in louder_for.iter_mut().enumerate() {
                        let waits = candidate(person).is_some_and(|c| !who.contains(&person) && c.loudness > quietest + MARGIN);
                        *ticks = if waits { *ticks + 1 } else { 0 };
                        prop_assert!(TICK * *ticks <= HOLD + PATIENCE + TICK * 2, "loud and not seated");
                    }
                }
            }
        }
    }
}
