// Tones: makes the files that a fake microphone plays, and finds their frequency in recorded PCM.
import { writeFileSync } from 'node:fs';

const RATE = 48000;

/**
 * A WAV file of a tone in bursts (300 ms on, 100 ms off): noise suppression takes a steady tone for noise
 * and removes it, bursts it takes for speech. Ten seconds; Chromium loops it.
 */
export function writeTone(path, hz, { seconds = 10, level = 0.5 } = {}) {
  const samples = new Int16Array(RATE * seconds);
  const [period, on, ramp] = [0.4 * RATE, 0.3 * RATE, 0.01 * RATE];
  for (let i = 0; i < samples.length; i++) {
    const at = i % period;
    const edge = at >= on ? 0 : Math.min(1, at / ramp, (on - at) / ramp);
    samples[i] = Math.round(32767 * level * edge * Math.sin((2 * Math.PI * hz * i) / RATE));
  }
  writeWav(path, samples);
}

/** A WAV file of mono 16-bit samples. */
export function writeWav(path, samples) {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  writeFileSync(path, Buffer.concat([header, Buffer.from(samples.buffer)]));
}

/** Power at `hz` as a share of all power (Goertzel, in blocks of 20 ms so that bursts do not blur it), and the loudness. */
export function share(pcm, hz) {
  const { rate, samples } = pcm;
  const block = Math.round(rate * 0.02);
  const w = (2 * Math.PI * hz) / rate;
  let at = 0;
  let all = 0;
  for (let from = 0; from + block <= samples.length; from += block) {
    let s1 = 0;
    let s2 = 0;
    for (let i = from; i < from + block; i++) {
      const s = samples[i] + 2 * Math.cos(w) * s1 - s2;
      s2 = s1;
      s1 = s;
      all += samples[i] * samples[i];
    }
    at += ((s1 * s1 + s2 * s2 - 2 * Math.cos(w) * s1 * s2) * 2) / block;
  }
  return { share: all ? at / all : 0, rms: Math.sqrt(all / Math.max(1, samples.length)) };
}
