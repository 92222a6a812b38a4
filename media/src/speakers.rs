//! Who of a room speaks, and how loud, by the audio levels that browsers send beside each packet (RFC 6464). Pure
//! numbers; knows neither slots nor what is done with the loudest, and never looks into a payload.
//!
//! A level is worth more against the speaker's own background than alone: a fan is no speech, and a quiet voice in a
//! quiet room is. So the background is followed (it falls at once and rises slowly, as in minimum statistics: Martin,
//! IEEE Trans. Speech Audio Process. 9(5), 2001), and only what stands out of it counts. That a knock must not count
//! as speech, and a pause between words not as its end, is what the longer time scales of Volfin and Cohen are for
//! ("Dominant speaker identification for multipoint videoconferencing", Computer Speech & Language 27(4), 2013); here
//! one asymmetric average with a hangover does their work.

use std::time::{Duration, Instant};

/// Loudness is counted upwards from here, −dBov: below it is silence on any microphone.
const SILENCE: f32 = 70.0;
/// What must stand between voice and background, dB.
const CONTRAST: f32 = 10.0;
/// Above this (−35 dBov) everything is voice, whatever the background: a tone, music, a crowd.
const ALWAYS_VOICE: f32 = 35.0;
/// How fast the background may rise, dB per second: slower than a sentence lasts.
const BACKGROUND_RISE: f32 = 2.0;
/// The loudness of one who speaks and sends no levels (−45 dBov): he is heard when there is room, and whoever shows
/// that he speaks goes before him.
const UNKNOWN: f32 = 25.0;
/// An Opus frame of no sound is one or two bytes (RFC 6716 3.1, DTX); anything longer may be voice.
const NO_SOUND: usize = 2;
/// So many packets of voice in excess of those without make speech: 60 ms, longer than a click.
const ONSET: u8 = 3;
/// Evidence of voice does not grow beyond this, so that speech ends as clearly as it began.
const CERTAIN: u8 = 10;
/// One who was not heard for so long has stopped sending (DTX, mute, a broken path).
const GAP: Duration = Duration::from_millis(100);
/// Speech goes on through pauses of this length: between words, and between the syllables of slow ones.
const HANGOVER: Duration = Duration::from_millis(400);
/// Time constants of the average: as fast as a syllable begins, as slow as a word ends, seconds.
const ATTACK: f32 = 0.08;
const DECAY: f32 = 0.6;

/// What a packet tells of its sound.
#[derive(Clone, Copy, Debug)]
pub struct Sound {
    /// The audio level byte: voice activity and −dBov.
    pub level: Option<u8>,
    /// Length of the payload.
    pub bytes: usize,
}

/// One participant, as he sounds.
#[derive(Clone, Copy, Debug)]
struct Voice {
    /// Smoothed, dB above silence.
    loudness: f32,
    background: f32,
    heard: Instant,
    /// Packets of voice less packets without, within bounds.
    evidence: u8,
    /// When he last spoke for certain.
    spoke: Option<Instant>,
    /// He has set the voice flag at least once, so its absence means something.
    flags: bool,
}

impl Voice {
    fn new(now: Instant) -> Voice {
        Voice { loudness: 0.0, background: ALWAYS_VOICE, heard: now, evidence: 0, spoke: None, flags: false }
    }

    fn hear(&mut self, now: Instant, sound: Sound) {
        let passed = now.saturating_duration_since(self.heard);
        self.loudness = self.loudness(now);
        if passed > GAP {
            self.evidence = 0;
        }
        self.heard = now;
        let seconds = passed.min(GAP).as_secs_f32();
        let (loudness, voice) = self.judge(sound, seconds);
        self.evidence =
            if voice { (self.evidence + 1).min(CERTAIN) } else { self.evidence.saturating_sub(1) };
        if voice && self.evidence >= ONSET {
            self.spoke = Some(now);
        }
        let target = if voice { loudness } else { 0.0 };
        let constant = if target > self.loudness { ATTACK } else { DECAY };
        self.loudness += (target - self.loudness) * seconds / (constant + seconds);
    }

    /// How loud a packet is, and whether it is voice.
    fn judge(&mut self, sound: Sound, seconds: f32) -> (f32, bool) {
        let Some(level) = sound.level else { return (UNKNOWN, sound.bytes > NO_SOUND) };
        let loudness = (SILENCE - f32::from(level & 0x7f)).max(0.0);
        let flag = level & 0x80 != 0;
        self.flags |= flag;
        self.background = loudness.min(self.background + BACKGROUND_RISE * seconds);
        let threshold = (self.background + CONTRAST).min(ALWAYS_VOICE);
        (loudness, loudness >= threshold && (flag || !self.flags))
    }

    fn loudness(&self, now: Instant) -> f32 {
        let quiet = now.saturating_duration_since(self.heard).saturating_sub(GAP).as_secs_f32();
        if quiet > 0.0 { self.loudness * (-quiet / DECAY).exp() } else { self.loudness }
    }

    fn spoke_within(&self, now: Instant, time: Duration) -> bool {
        self.spoke.is_some_and(|spoke| now.saturating_duration_since(spoke) <= time)
    }
}

/// The voices of a room, by the index of their participant.
#[derive(Debug, Default)]
pub struct Speakers {
    voices: Vec<Option<Voice>>,
}

impl Speakers {
    /// A packet of `who` came. True when he begins to speak with it.
    pub fn hear(&mut self, now: Instant, who: usize, sound: Sound) -> bool {
        if who >= self.voices.len() {
            self.voices.resize(who + 1, None);
        }
        let voice = self.voices[who].get_or_insert_with(|| Voice::new(now));
        let spoke = voice.spoke_within(now, HANGOVER);
        voice.hear(now, sound);
        !spoke && voice.spoke_within(now, HANGOVER)
    }

    /// Forgets one who left, or whose gate was shut.
    pub fn forget(&mut self, who: usize) {
        if let Some(voice) = self.voices.get_mut(who) {
            *voice = None;
        }
    }

    /// How loud he is now, dB above silence; 0 for one who was never heard.
    pub fn loudness(&self, now: Instant, who: usize) -> f32 {
        self.voice(who).map_or(0.0, |voice| voice.loudness(now))
    }

    /// Whether he speaks now.
    pub fn speaks(&self, now: Instant, who: usize) -> bool {
        self.spoke_within(now, who, HANGOVER)
    }

    /// Whether he spoke within the last `time`.
    pub fn spoke_within(&self, now: Instant, who: usize, time: Duration) -> bool {
        self.voice(who).is_some_and(|voice| voice.spoke_within(now, time))
    }

    /// When anybody spoke last.
    pub fn last_spoken(&self) -> Option<Instant> {
        self.voices.iter().flatten().filter_map(|voice| voice.spoke).max()
    }

    fn voice(&self, who: usize) -> Option<&Voice> {
        self.voices.get(who)?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One talker in time of his own.
    struct Talker {
        now: Instant,
        speakers: Speakers,
    }

    impl Talker {
        fn new() -> Talker {
            Talker { now: Instant::now(), speakers: Speakers::default() }
        }

        /// Sends so many packets; true when speech began in them.
        fn send(&mut self, packets: usize, level: Option<u8>, bytes: usize) -> bool {
            (0..packets).fold(false, |began, _| {
                self.now += Duration::from_millis(20);
                self.speakers.hear(self.now, 0, Sound { level, bytes }) || began
            })
        }

        fn speaks(&self) -> bool {
            self.speakers.speaks(self.now, 0)
        }

        fn loudness(&self) -> f32 {
            self.speakers.loudness(self.now, 0)
        }
    }

    /// Voice flag and −dBov.
    fn voice(level: u8) -> Option<u8> {
        Some(0x80 | level)
    }

    #[test]
    fn speech_is_heard_soon_and_a_click_is_not() {
        let mut talker = Talker::new();
        talker.send(50, Some(127), 2);
        assert!(!talker.send(2, voice(10), 80) && !talker.speaks(), "a click");
        talker.send(50, Some(127), 2);
        assert!(talker.send(3, voice(20), 80) && talker.speaks());
        talker.send(12, voice(20), 80);
        assert!(talker.loudness() > 40.0, "{}", talker.loudness());
    }

    #[test]
    fn pauses_between_words_do_not_end_speech_and_longer_ones_do() {
        let mut talker = Talker::new();
        talker.send(50, voice(20), 80);
        talker.send(15, Some(60), 80);
        assert!(talker.speaks());
        assert!(!talker.send(5, voice(20), 80), "it did not begin anew");
        talker.send(25, Some(60), 80);
        assert!(!talker.speaks());
        talker.now += Duration::from_secs(2);
        assert!(talker.loudness() < 3.0);
        assert!(talker.send(3, voice(20), 80));
    }

    #[test]
    fn without_packets_speech_ends_too() {
        let mut talker = Talker::new();
        talker.send(50, voice(20), 80);
        talker.now += Duration::from_millis(350);
        assert!(talker.speaks());
        talker.now += Duration::from_millis(100);
        assert!(!talker.speaks());
        talker.now += Duration::from_secs(3);
        assert!(talker.loudness() < 1.0);
    }

    #[test]
    fn a_fan_is_no_speech_and_a_voice_above_it_is() {
        let mut talker = Talker::new();
        talker.send(200, voice(45), 80);
        assert!(!talker.speaks());
        assert!(talker.send(5, voice(25), 80));
        talker.send(200, voice(45), 80);
        assert!(!talker.speaks());
    }

    #[test]
    fn a_steady_tone_stays_speech_and_mute_is_silence() {
        let mut talker = Talker::new();
        talker.send(3000, voice(18), 80);
        assert!(talker.speaks());
        talker.send(50, Some(127), 80);
        assert!(!talker.speaks());
    }

    #[test]
    fn the_flag_is_believed_of_those_who_ever_set_it() {
        let mut talker = Talker::new();
        talker.send(50, Some(20), 80);
        assert!(talker.speaks(), "never set: the level decides");
        talker.send(1, voice(20), 80);
        talker.send(50, Some(20), 80);
        assert!(!talker.speaks(), "set before: its absence counts");
    }

    #[test]
    fn one_without_levels_speaks_quietly_while_he_sends_sound() {
        let mut talker = Talker::new();
        talker.send(50, None, 80);
        assert!(talker.speaks() && (20.0..=UNKNOWN).contains(&talker.loudness()));
        talker.send(50, None, 1);
        assert!(!talker.speaks());
    }

    proptest! {
        /// Whatever is sent, loudness stays within what was sent, and one who is forgotten is silent.
        #[test]
        fn loudness_is_bounded(packets in prop::collection::vec((any::<Option<u8>>(), 0usize..200, 0u64..2000), 0..300)) {
            let mut talker = Talker::new();
            for (level, bytes, gap) in packets {
                talker.now += Duration::from_millis(gap);
                talker.speakers.hear(talker.now, 0, Sound { level, bytes });
                prop_assert!((0.0..=SILENCE).contains(&talker.loudness()));
            }
            talker.speakers.forget(0);
            prop_assert!(!talker.speaks() && talker.loudness() == 0.0);
        }

        /// A louder voice is never judged quieter.
        #[test]
        fn louder_is_louder(one in 0u8..50, other in 0u8..50, packets in 1usize..100) {
            let sent = |level| {
                let mut talker = Talker::new();
                talker.send(packets, voice(level), 80);
                talker.loudness()
            };
            let (louder, quieter) = (sent(one.min(other)), sent(one.max(other)));
            prop_assert!(louder >= quieter, "{louder} {quieter}");
        }
    }
}
