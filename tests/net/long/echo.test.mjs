// Echo: somebody whose loudspeaker is heard by his own microphone. What comes back to the one who speaks, with the
// browser's echo cancellation as the page asks for it and, for comparison, without; and how whole the other's own speech
// is while both speak. On loopback, so it needs no root. Asserted is what no load changes: that less comes back with it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from '../../browser/support/browser.mjs';
import { Server } from '../../browser/support/server.mjs';
import { PASSWORD, connect, hangUp } from '../support/journey.mjs';
import { loudness } from '../support/noise.mjs';
import { report } from '../support/report.mjs';
import { Room, noRoom } from '../support/room.mjs';
import { obstacle, say, score, utter } from '../support/speech.mjs';

const SECONDS = 16;
/** A canceller learns the room while the other one speaks. */
const LEARN_SECONDS = 10;

describe('a loudspeaker that the microphone hears', { skip: obstacle() ?? noRoom() ?? false }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'charla-echo-'));
  let server;
  let room;
  let anna;
  let ben;
  let own;
  before(async () => {
    server = await Server.start();
    room = await Room.open();
    own = say(join(dir, 'anna.wav'));
    // Ben's words are another's, at another pace: an echo of them is not taken for Anna's.
    ben = await launch({ speech: utter(join(dir, 'ben.wav'), { voice: 'en+f2', speed: 185, pad: 0.2 }) });
    anna = await launch({ room });
    await ben.register(server, 'ben', PASSWORD);
    await anna.register(server, 'anna', PASSWORD);
  });
  after(async () => {
    await Promise.all([anna?.close(), ben?.close()]);
    await room?.close();
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** What Ben hears of Anna while he speaks and she does (`speaking`) or does not. */
  async function heard(cancelled, noise, speaking) {
    await anna.page.evaluate((wish) => localStorage.setItem('charla.voice', JSON.stringify({ noise: wish })), noise);
    await anna.page.goto(server.url);
    await anna.page.evaluate((on) => (window.__probe.withEcho = !on), cancelled);
    await anna.open('ben');
    await connect(anna, ben);
    await ben.page.evaluate((s) => window.__probe.hear(s), LEARN_SECONDS);
    const quiet = speaking ? room.speak(own) : () => {};
    if (speaking) await ben.page.evaluate((s) => window.__probe.hear(s), 2);
    const pcm = await ben.page.evaluate((s) => window.__probe.hear(s), SECONDS);
    quiet();
    await hangUp(anna, ben);
    return pcm;
  }

  const rate = async (what, on, noise) => {
    const { pesq, likeness } = score(own, await heard(on, noise, true), join(dir, 'heard.wav'));
    report('Speech while both speak', { room: what, 'noise suppression': noise, pesq, likeness });
    return likeness;
  };
  const SUPPRESSIONS = ['off', 'browser', 'strong'];

  test('of two who speak at once, one with a headset', async () => {
    for (const noise of SUPPRESSIONS) await rate('a headset, cancellation', true, noise);
  });

  test('of two who speak in turn', async () => {
    const back = [];
    room.openAir();
    for (const [what, on, noise] of [['none', false, 'browser'], ...SUPPRESSIONS.map((noise) => ['cancellation', true, noise])]) {
      const { speech } = loudness((await heard(on, noise, false)).samples);
      back.push(speech);
      report('Echo while one speaks', { 'against echo': what, 'noise suppression': noise, 'comes back, dBFS': speech.toFixed(1), 'less than without, dB': (back[0] - speech).toFixed(1) });
    }
    assert.ok(back[0] > -50, `the room carries sound: ${back[0]} dBFS`);
    for (const level of back.slice(1)) assert.ok(level < back[0] - 10, JSON.stringify(back));
  });

  test('of two who speak at once, with a loudspeaker', async () => {
    await rate('a loudspeaker, nothing against echo', false, 'browser');
    for (const noise of SUPPRESSIONS) await rate('a loudspeaker, cancellation', true, noise);
  });
});
