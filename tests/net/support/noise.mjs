// Noise for fake microphones, made the same each time, and how loud speech and its pauses are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWav } from '../../browser/support/tone.mjs';
import { utter } from './speech.mjs';

const RATE = 48_000;
const FRAME = RATE / 50;
/** Quieter than any microphone: what a suppressor leaves of nothing. */
const FLOOR_DB = -90;
const db = (rms) => Math.max(FLOOR_DB, 20 * Math.log10(rms / 32_768));
const rmsOf = (samples) => Math.sqrt(samples.reduce((sum, v) => sum + v * v, 0) / Math.max(1, samples.length));

/** The samples of a WAV file of ours: mono, 16 bits, a header of 44 bytes. */
const samplesOf = (file) => {
  const bytes = readFileSync(file);
  return Float64Array.from(new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length - ((bytes.length - 44) % 2))));
};

/** Each makes so many samples of noise, of any loudness. */
export const NOISES = {
  /** White noise from a fixed seed through Paul Kellet's filter: 3 dB less per octave, as of a fan. */
  pink(count) {
    const state = [0, 0, 0, 0, 0, 0];
    const poles = [[0.99886, 0.0555179], [0.99332, 0.0750759], [0.969, 0.153852], [0.8665, 0.3104856], [0.55, 0.5329522], [-0.7616, -0.016898]];
    let seed = 1;
    let late = 0;
    return Float64Array.from({ length: count }, () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      const white = seed / 2 ** 31 - 1;
      let sum = late + white * 0.5362;
      poles.forEach(([pole, gain], i) => (sum += state[i] = pole * state[i] + white * gain));
      late = white * 0.115926;
      return sum;
    });
  },
  /** Six others who talk at once. */
  babble(count, dir) {
    const sum = new Float64Array(count);
    ['en+m1', 'en+m3', 'en+m5', 'en+f1', 'en+f2', 'en+f4'].forEach((voice, n) => {
      const talk = samplesOf(utter(join(dir, `babble-${n}.wav`), { voice, speed: 130 + 15 * n, pad: 0 }));
      for (let i = 0; i < count; i++) sum[i] += talk[(i + n * 37_321) % talk.length];
    });
    return sum;
  },
};

/** Writes a file of the speech with noise so many dB below it, measured while somebody speaks. */
export function mix(speech, noise, snr, dir) {
  const clean = samplesOf(speech);
  const added = NOISES[noise](clean.length, dir);
  const frames = Array.from({ length: Math.floor(clean.length / FRAME) }, (_, i) => rmsOf(clean.subarray(i * FRAME, (i + 1) * FRAME)));
  const loudest = Math.max(...frames);
  const spoken = Math.sqrt(frames.filter((rms) => rms > loudest / 30).reduce((sum, rms, _, all) => sum + (rms * rms) / all.length, 0));
  const gain = spoken / 10 ** (snr / 20) / rmsOf(added);
  const both = clean.map((v, i) => v + gain * added[i]);
  const scale = Math.min(1, 32_000 / both.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
  const file = join(dir, `${noise}-${snr}.wav`);
  writeWav(file, Int16Array.from(both, (v) => Math.round(v * scale)));
  return file;
}

/** In dBFS: the loud part of the frames of 20 ms, and the quietest twentieth, which are pauses. */
export function loudness(samples) {
  const frames = Array.from({ length: Math.floor(samples.length / FRAME) }, (_, i) => rmsOf(samples.slice(i * FRAME, (i + 1) * FRAME))).sort((a, b) => a - b);
  return { speech: db(frames[Math.floor(frames.length * 0.9)]), pauses: db(frames[Math.floor(frames.length * 0.05)]) };
}
