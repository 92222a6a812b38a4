//! The newest packets that were sent to one browser, sealed, so that they can be sent once more when it asks. A number
//! is never sealed again: that would break AES-GCM, and the bytes are here. Owns a fixed piece of memory; knows
//! neither keys nor when a repetition helps.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Memory for the packets of all slots together. A speaker of 50 packets a second fills it in about 1.5 s, eight of
/// them in 200 ms; what a participant may cost is 40 kB in all.
const BYTES: usize = 12 * 1024;
/// Packets remembered at most.
const PACKETS: usize = 96;
/// The same packet is not sent more often than this: a browser's questions overlap with the answers.
const SPACING: Duration = Duration::from_millis(15);

#[derive(Clone, Copy, Debug)]
struct Kept {
    ssrc: u32,
    sequence: u16,
    length: u16,
    start: usize,
    repeated: Option<Instant>,
}

/// A ring of sealed packets.
#[derive(Debug)]
pub struct History {
    bytes: Box<[u8]>,
    /// Where the next packet goes.
    next: usize,
    /// Oldest first; so are their places in the ring.
    kept: VecDeque<Kept>,
}

impl History {
    /// An empty ring.
    pub fn new() -> History {
        History { bytes: vec![0; BYTES].into_boxed_slice(), next: 0, kept: VecDeque::with_capacity(PACKETS) }
    }

    /// Keeps a packet that was sent, in place of the oldest ones.
    pub fn keep(&mut self, ssrc: u32, sequence: u16, sealed: &[u8]) {
        let Ok(length) = u16::try_from(sealed.len()) else { return };
        if sealed.len() > BYTES {
            return;
        }
        if self.next + sealed.len() > BYTES {
            let end = self.next;
            self.drop_oldest_while(|oldest| oldest.start >= end);
            self.next = 0;
        }
        let (start, end) = (self.next, self.next + sealed.len());
        self.drop_oldest_while(|oldest| (start..end).contains(&oldest.start));
        if self.kept.len() == PACKETS {
            self.kept.pop_front();
        }
        self.bytes[start..end].copy_from_slice(sealed);
        self.next = end;
        self.kept.push_back(Kept { ssrc, sequence, length, start, repeated: None });
    }

    /// A packet to send once more; `None` for one that is not here, or was repeated a moment ago.
    pub fn again(&mut self, now: Instant, ssrc: u32, sequence: u16) -> Option<&[u8]> {
        let wanted = |kept: &&mut Kept| kept.ssrc == ssrc && kept.sequence == sequence;
        let kept = self.kept.iter_mut().rev().find(wanted)?;
        if kept.repeated.is_some_and(|at| now.saturating_duration_since(at) < SPACING) {
            return None;
        }
        kept.repeated = Some(now);
        self.bytes.get(kept.start..kept.start + usize::from(kept.length))
    }

    fn drop_oldest_while(&mut self, mut old: impl FnMut(&Kept) -> bool) {
        while self.kept.front().is_some_and(&mut old) {
            self.kept.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(number: usize, length: usize) -> Vec<u8> {
        (0..length).map(|at| (number * 31 + at) as u8).collect()
    }

    #[test]
    fn a_packet_is_repeated_as_it_was_and_not_too_often() {
        let start = Instant::now();
        let mut history = History::new();
        history.keep(7, 65_535, b"one");
        history.keep(8, 65_535, b"other");
        assert_eq!(history.again(start, 7, 65_535), Some(&b"one"[..]));
        assert_eq!(history.again(start, 7, 65_535), None, "a moment ago");
        assert_eq!(history.again(start + SPACING, 7, 65_535), Some(&b"one"[..]));
        assert_eq!(history.again(start, 8, 65_535), Some(&b"other"[..]));
        assert_eq!(history.again(start, 7, 1), None);
    }

    proptest! {
        /// Against a list that forgets nothing: what is found is what was kept, the newest are always found, and the
        /// memory does not grow.
        #[test]
        fn the_newest_are_here_unchanged(lengths in prop::collection::vec(prop_oneof![8 => 1usize..300, 1 => 300usize..1500], 1..400)) {
            let mut now = Instant::now();
            let mut history = History::new();
            for (number, length) in lengths.iter().enumerate() {
                history.keep(7, number as u16, &packet(number, *length));
                prop_assert!(history.kept.len() <= PACKETS && history.bytes.len() == BYTES);
                now += SPACING;
                let mut sum = 0;
                for (back, length) in lengths[..=number].iter().rev().enumerate() {
                    let older = number - back;
                    sum += length;
                    let found = history.again(now, 7, older as u16);
                    if let Some(found) = found {
                        prop_assert_eq!(found, packet(older, *length));
                    }
                    // One packet may have to leave a piece of its length unused at the end of the ring.
                    let here = back < PACKETS && sum + 1500 <= BYTES;
                    prop_assert!(found.is_some() || !here, "the {back}th newest is gone");
                }
            }
        }
    }
}
