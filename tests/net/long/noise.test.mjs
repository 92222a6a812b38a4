// Noisy speech as the other one hears it: a microphone with a fan (pink noise) or other people's talk (babble), with
// each noise suppression that the settings offer. Judged against the clean speech, and by how loud the pauses are. On
// loopback, so it needs no root. The figures mean something only on a quiet machine; asserted is what no load changes:
// that RNNoise leaves less in the pauses than nothing does.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from '../../browser/support/browser.mjs';
import { Server } from '../../browser/support/server.mjs';
import { PASSWORD, connect, hangUp } from '../support/journey.mjs';
import { NOISES, loudness, mix } from '../support/noise.mjs';
import { report } from '../support/report.mjs';
import { obstacle, say, score } from '../support/speech.mjs';

const SECONDS = 16;
const SUPPRESSIONS = ['off', 'browser', 'strong'];
const WORST_FIRST_DB = [5, 10];

describe('speech with noise', { skip: obstacle() ?? false }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'charla-noise-'));
  let server;
  let ben;
  let clean;
  before(async () => {
    server = await Server.start();
    clean = say(join(dir, 'clean.wav'));
    ben = await launch();
    await ben.register(server, 'ben', PASSWORD);
  });
  after(async () => {
    await ben?.close();
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** What Ben hears of somebody with this microphone and this suppression. */
  async function heard(anna, suppression) {
    await anna.page.evaluate((noise) => localStorage.setItem('charla.voice', JSON.stringify({ noise })), suppression);
    await anna.page.goto(server.url);
    await anna.open('ben');
    await connect(anna, ben);
    // The suppressor takes its place, the automatic gain finds its level.
    await ben.page.evaluate((s) => window.__probe.hear(s), SECONDS / 2);
    const pcm = await ben.page.evaluate((s) => window.__probe.hear(s), SECONDS);
    await hangUp(anna, ben);
    return pcm;
  }

  for (const noise of ['none', ...Object.keys(NOISES)]) {
    for (const snr of noise === 'none' ? [Infinity] : WORST_FIRST_DB) {
      const what = noise === 'none' ? 'none' : `${noise}, ${snr} dB below the speech`;
      test(what, async () => {
        const speech = noise === 'none' ? clean : mix(clean, noise, snr, dir);
        const anna = await launch({ speech });
        const left = {};
        try {
          await anna.register(server, `anna-${noise}-${noise === 'none' ? 0 : snr}`, PASSWORD);
          for (const suppression of SUPPRESSIONS) {
            const pcm = await heard(anna, suppression);
            const { pesq, likeness } = score(clean, pcm, join(dir, 'heard.wav'));
            const { speech: loud, pauses } = loudness(pcm.samples);
            left[suppression] = loud - pauses;
            report('Speech with noise', { noise: what, suppression, pesq, likeness, 'speech, dBFS': loud.toFixed(1), 'pauses, dBFS': pauses.toFixed(1), 'speech over pauses, dB': (loud - pauses).toFixed(1) });
          }
        } finally {
          await anna.close();
        }
        if (noise === 'pink') assert.ok(left.strong > left.off, JSON.stringify(left));
      });
    }
  }
});
