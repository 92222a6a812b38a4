// What noise suppression does to speech: a call in which one side's microphone hears speech with noise around it, judged at
// the other side against the clean speech. With none, with the browser's own, and with RNNoise; and what each does to
// speech without noise.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from '../../browser/support/browser.mjs';
import { Server } from '../../browser/support/server.mjs';
import { writeWav } from '../../browser/support/tone.mjs';
import { until } from '../../browser/support/until.mjs';
import { report } from '../support/report.mjs';
import { obstacle, say, score } from '../support/speech.mjs';

const PASSWORD = 'a good long passphrase';
const SECONDS = 16;
/** Suppression needs some seconds to learn what is noise. */
const SETTLE_MS = 6000;
const SNR_DB = 5;
const KINDS = ['off', 'browser', 'strong'];

const samplesOf = (file) => {
  const bytes = readFileSync(file);
  return new Int16Array(bytes.buffer, bytes.byteOffset + 44, (bytes.length - 44) >> 1);
};
const power = (samples) => samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
/** Numbers that look random and are the same in every run. */
function* seeded(seed) {
  for (let state = seed; ; ) yield (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32;
}

/** As long as the speech. A fan: low noise with a hum; keys: short clicks; voices: others who talk nearby. */
const NOISES = {
  fan(length) {
    const random = seeded(1);
    let low = 0;
    return Float32Array.from({ length }, (_, i) => (low = 0.97 * low + (random.next().value - 0.5)) + 0.4 * Math.sin((2 * Math.PI * 100 * i) / 48_000));
  },
  keys(length) {
    const random = seeded(2);
    const noise = new Float32Array(length);
    for (let at = 0; at < length; at += Math.round(48_000 * (0.08 + 0.15 * random.next().value)))
      for (let i = 0; i < 1200 && at + i < length; i++) noise[at + i] += (random.next().value - 0.5) * Math.exp(-i / 180);
    return noise;
  },
  voices(length, dir) {
    const noise = new Float32Array(length);
    for (const [n, voice] of ['en+f2', 'en+m3', 'en+f4', 'en+m7'].entries()) {
      const file = join(dir, `voice-${n}.wav`);
      execFileSync('espeak-ng', ['-v', voice, '-s', String(130 + 15 * n), '-w', `${file}.raw.wav`, 'People at the next table talk about the weather, the price of bread and who should have won the match last Sunday, on and on.']);
      execFileSync('sox', [`${file}.raw.wav`, '-r', '48000', '-c', '1', '-b', '16', file, 'norm', '-3']);
      const own = samplesOf(file);
      for (let i = 0; i < length; i++) noise[i] += own[(i + n * 31_000) % own.length];
    }
    return noise;
  },
};

function mix(speech, noise, file) {
  const gain = noise ? Math.sqrt(power(speech) / power(noise) / 10 ** (SNR_DB / 10)) : 0;
  const sum = Float32Array.from(speech, (value, i) => value + gain * (noise?.[i] ?? 0));
  const loudest = sum.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const scale = Math.min(1, 30_000 / loudest);
  writeWav(file, Int16Array.from(sum, (value) => Math.round(value * scale)));
  return file;
}

describe('noise suppression', { skip: obstacle() ?? false }, () => {
  let dir;
  let server;
  let ben;
  let clean;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'charla-noise-'));
    server = await Server.start();
    clean = say(join(dir, 'speech.wav'));
    ben = await launch({ tone: 440 });
    await ben.register(server, 'ben', PASSWORD);
  });
  after(async () => {
    await ben?.close();
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const figures = {};
  for (const noise of ['none', ...Object.keys(NOISES)]) {
    test(`speech with ${noise === 'none' ? 'no noise' : `${noise}, ${SNR_DB} dB below it`}`, async () => {
      const speech = samplesOf(clean);
      const file = mix(speech, NOISES[noise]?.(speech.length, dir), join(dir, `${noise}.wav`));
      const anna = await launch({ speech: file });
      try {
        await anna.register(server, `anna${noise}`, PASSWORD);
        await anna.open('ben');
        for (const kind of KINDS) figures[`${noise} ${kind}`] = await heard(anna, kind, noise);
      } finally {
        await anna.close();
      }
      report('Noise suppression', { noise, ...Object.fromEntries(KINDS.map((kind) => [kind, figures[`${noise} ${kind}`].pesq])), ...Object.fromEntries(KINDS.map((kind) => [`${kind}, STOI`, figures[`${noise} ${kind}`].stoi])) });
    });
  }

  /** One call with one kind of suppression: what Ben heard, judged. */
  async function heard(anna, kind, noise) {
    await anna.page.evaluate((wished) => localStorage.setItem('charla.voice', JSON.stringify({ noise: wished })), kind);
    await anna.page.reload();
    await anna.id('call-start').click();
    await ben.id('call-accept').click();
    await anna.page.locator('[data-testid=call-state][data-state=active]').waitFor();
    if (kind === 'strong') await until('the worklet to run', () => anna.page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => /rnnoise.*\.wasm$/.test(name))));
    await ben.page.waitForTimeout(SETTLE_MS);
    const pcm = await ben.page.evaluate((seconds) => window.__probe.hear(seconds), SECONDS);
    await anna.id('call-hangup').click();
    await until('the call to be over', async () => (await ben.id('call-hangup').count()) === 0);
    return score(clean, pcm, join(dir, `${noise}-${kind}.wav`));
  }

  test('RNNoise helps where there is noise, and harms little where there is none', () => {
    for (const noise of ['fan', 'keys']) assert.ok(figures[`${noise} strong`].pesq > figures[`${noise} off`].pesq, JSON.stringify(figures));
    assert.ok(figures['none strong'].pesq > 2.5, JSON.stringify(figures));
  });
});
