//! Which packets of one direction were taken already: per stream the newest index and a window behind it (RFC 3711
//! 3.3). Pure; knows neither keys nor what is in a packet.

/// Packets behind the newest that are still taken, each once.
const WINDOW: u64 = u128::BITS as u64;
/// Streams remembered. Only authentic packets make one, so these are the browser's own.
const MAX_STREAMS: usize = 64;

/// The index of an RTP packet with `sequence`, when `newest` is the newest so far (RFC 3711 3.3.1).
pub fn extend(newest: u64, sequence: u16) -> u64 {
    let (roc, last) = (newest >> 16, i32::from(newest as u16));
    let ahead = i32::from(sequence) - last;
    let roc = if last < 0x8000 && ahead > 0x8000 {
        roc.saturating_sub(1)
    } else if ahead < -0x8000 {
        roc + 1
    } else {
        roc
    };
    roc << 16 | u64::from(sequence)
}

/// A packet that was not taken yet, with the index it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    ssrc: u32,
    pub index: u64,
    stream: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    ssrc: u32,
    newest: u64,
    /// Bit n: `newest - n` was taken.
    taken: u128,
}

/// The streams of one direction.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    streams: Vec<Stream>,
}

impl Streams {
    /// The RTP packet with `sequence`; `None` when it was taken, is too old, or is one stream too many.
    pub fn rtp(&self, ssrc: u32, sequence: u16) -> Option<Candidate> {
        let stream = self.find(ssrc);
        let index = stream.map_or(u64::from(sequence), |at| extend(self.streams[at].newest, sequence));
        self.candidate(ssrc, index, stream)
    }

    /// The RTCP packet with `index`, which it carries itself; `None` as above.
    pub fn rtcp(&self, ssrc: u32, index: u32) -> Option<Candidate> {
        self.candidate(ssrc, u64::from(index), self.find(ssrc))
    }

    /// The candidate was authentic. To be called before another is asked for.
    pub fn take(&mut self, candidate: Candidate) {
        let Candidate { ssrc, index, stream } = candidate;
        let Some(stream) = stream.and_then(|at| self.streams.get_mut(at)) else {
            self.streams.push(Stream { ssrc, newest: index, taken: 1 });
            return;
        };
        if index > stream.newest {
            let ahead = index - stream.newest;
            stream.taken = if ahead < WINDOW { stream.taken << ahead } else { 0 } | 1;
            stream.newest = index;
        } else {
            stream.taken |= bit(stream.newest - index);
        }
    }

    fn find(&self, ssrc: u32) -> Option<usize> {
        self.streams.iter().position(|stream| stream.ssrc == ssrc)
    }

    fn candidate(&self, ssrc: u32, index: u64, stream: Option<usize>) -> Option<Candidate> {
        let free = match stream.map(|at| self.streams[at]) {
            Some(Stream { newest, .. }) if index > newest => true,
            Some(Stream { newest, taken, .. }) => newest - index < WINDOW && taken & bit(newest - index) == 0,
            None => self.streams.len() < MAX_STREAMS,
        };
        free.then_some(Candidate { ssrc, index, stream })
    }
}

fn bit(behind: u64) -> u128 {
    1u128.checked_shl(behind.min(WINDOW) as u32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_rollover_counter_is_guessed_as_in_rfc_3711() {
        for (newest, sequence, index) in [
            (5, 6, 6),
            (5, 65_535, 65_535),
            (65_535, 0, 1 << 16),
            (0x1_0000, 65_535, 65_535),
            (0x2_0005, 65_530, 0x1_fffa),
            (0x1_8000, 0, 0x1_0000),
            (0x1_8001, 0, 0x2_0000),
        ] {
            assert_eq!(extend(newest, sequence), index, "{sequence} after {newest:x}");
        }
    }

    #[test]
    fn streams_are_bounded_and_known_ones_go_on() {
        let mut streams = Streams::default();
        for ssrc in 0..1000 {
            // What is not authentic is never taken, and leaves nothing.
            assert!(streams.rtp(ssrc, 1).is_some());
        }
        assert!(streams.streams.is_empty());
        for ssrc in 0..MAX_STREAMS as u32 {
            streams.take(streams.rtp(ssrc, 1).unwrap());
        }
        assert_eq!(streams.rtp(5000, 1), None);
        assert!(streams.rtp(3, 2).is_some());
    }

    proptest! {
        /// A set of everything taken is the model of the window.
        #[test]
        fn nothing_is_taken_twice(first: u16, steps in prop::collection::vec(-200i64..300, 1..400)) {
            let (mut streams, mut taken) = (Streams::default(), HashSet::from([i64::from(first)]));
            streams.take(streams.rtp(1, first).unwrap());
            let mut newest = i64::from(first);
            for step in steps {
                let at = (newest + step).max(0);
                let candidate = streams.rtp(1, at as u16);
                let wanted = !taken.contains(&at) && newest - at < WINDOW as i64;
                prop_assert_eq!(candidate.map(|candidate| candidate.index as i64), wanted.then_some(at));
                if let Some(candidate) = candidate {
                    streams.take(candidate);
                    taken.insert(at);
                    newest = newest.max(at);
                }
            }
        }
    }
}
