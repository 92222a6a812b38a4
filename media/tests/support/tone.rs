//! Pure tones as Opus frames, and how much of a sound is one tone.

use std::f32::consts::TAU;

/// Samples per second, of all sound here: one channel.
pub const RATE: usize = 48_000;
/// Samples of a frame of 20 ms.
pub const FRAME: usize = RATE / 50;

/// An endless tone.
pub struct Tone {
    encoder: opus::Encoder,
    hertz: f32,
    at: usize,
}

impl Tone {
    pub fn new(hertz: f32) -> Tone {
        let encoder =
            opus::Encoder::new(RATE as u32, opus::Channels::Mono, opus::Application::Audio).unwrap();
        Tone { encoder, hertz, at: 0 }
    }

    /// The next 20 ms.
    pub fn frame(&mut self) -> Vec<u8> {
        let samples: Vec<f32> = (self.at..self.at + FRAME)
            .map(|i| 0.5 * (TAU * self.hertz * i as f32 / RATE as f32).sin())
            .collect();
        // A whole second holds whole periods of every whole frequency.
        self.at = (self.at + FRAME) % RATE;
        self.encoder.encode_vec_float(&samples, 1000).unwrap()
    }
}

/// The share of the sound's energy that lies at `hertz`, 0 to 1 (Goertzel's algorithm); 0 for silence.
pub fn share(samples: &[f32], hertz: f32) -> f32 {
    let energy: f32 = samples.iter().map(|sample| sample * sample).sum();
    if energy < samples.len() as f32 * 1e-4 {
        return 0.0;
    }
    let twice_cos = 2.0 * (TAU * hertz / RATE as f32).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in samples {
        (last, before) = (sample + twice_cos * last - before, last);
    }
    let power = last * last + before * before - twice_cos * last * before;
    2.0 * power / (samples.len() as f32 * energy)
}

#[test]
fn a_tone_survives_its_codec_and_is_told_from_another() {
    let (mut tone, mut decoder) =
        (Tone::new(1000.0), opus::Decoder::new(RATE as u32, opus::Channels::Mono).unwrap());
    let mut heard = Vec::new();
    for _ in 0..50 {
        let mut samples = [0.0; FRAME];
        let decoded = decoder.decode_float(&tone.frame(), &mut samples, false).unwrap();
        heard.extend_from_slice(&samples[..decoded]);
    }
    let last = &heard[heard.len() - RATE / 2..];
    assert!(share(last, 1000.0) > 0.9, "{}", share(last, 1000.0));
    assert!(share(last, 440.0) < 0.01, "{}", share(last, 440.0));
    assert!(share(&vec![0.0; RATE], 1000.0) == 0.0);
}
