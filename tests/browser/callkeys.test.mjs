// A call by keyboard alone, from ringing to the end; what one is told of one's own microphone; push-to-talk; a trial of
// one's sound before a call, and noise suppression under the page's own Content-Security-Policy.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from './support/browser.mjs';
import { ask, crowd } from './support/crowd.mjs';
import { tabTo } from './support/keyboard.mjs';
import { look } from './support/look.mjs';
import { Server } from './support/server.mjs';
import { share } from './support/tone.mjs';
import { until } from './support/until.mjs';

const [ANNA, BEN] = [1000, 440];
const SOON = { timeout: 60_000 };
let server;
let all;
let anna;
let ben;

before(async () => {
  server = await Server.start();
  all = await crowd(server, { anna: ANNA, ben: BEN });
  ({ anna, ben } = all.people);
  await anna.open('ben');
});
after(async () => {
  await all?.close();
  await server?.stop();
});

const state = (person, name) => person.page.locator(`[data-testid=call-state][data-state=${name}]`).waitFor(SOON);
const over = (person) => until(`${person.username}'s call to be over`, async () => (await person.id('call-hangup').count()) === 0);
describe('by keyboard alone', () => {
  test('a call is made, answered, and named in the title with its time', async () => {
    await tabTo(anna, 'call-start');
    await tabTo(ben, 'call-accept');
    await Promise.all([state(anna, 'active'), state(ben, 'active')]);
    await Promise.all([anna.hearsTone(BEN), ben.hearsTone(ANNA)]);
    await until('the title to tell the time', async () => /^\d+:\d\d /.test(await anna.page.title()));
    assert.equal(await anna.id('call-room').evaluate((room) => room.contains(document.activeElement)), true, 'the keyboard is in the call');
  });

  test('M mutes and unmutes; while typing it is a letter', async () => {
    await anna.page.keyboard.press('m');
    await ben.hearsNothing();
    await anna.page.keyboard.press('m');
    await tabTo(anna, 'call-minimise');
    await tabTo(anna, 'message-input', 'm');
    assert.equal(await anna.id('message-input').inputValue(), 'm');
    assert.equal(await anna.id('call-mute').getAttribute('aria-pressed'), 'false');
    await anna.page.keyboard.press('Backspace');
  });

  test('another key may mute, chosen in the settings; M does nothing then', async () => {
    await anna.page.goto(`${server.url}/settings/keys`);
    await state(anna, 'active');
    await tabTo(anna, 'mute-key');
    await anna.page.keyboard.press('d');
    await anna.id('call-key-trouble').waitFor(SOON);
    await anna.page.keyboard.press('x');
    await until('X to be the key', async () => (await anna.id('mute-key-name').textContent()) === 'X');
    assert.deepEqual(await look(anna, 'settings-keys-call'), []);
    await anna.page.keyboard.press('m');
    assert.equal(await anna.id('call-mute').getAttribute('aria-pressed'), 'false');
    await anna.page.keyboard.press('x');
    await anna.page.locator('[data-testid=call-mute][aria-pressed=true]').waitFor(SOON);
    await anna.page.keyboard.press('x');
    await ben.hearsTone(ANNA);
    await anna.id('nav-chat').click();
    await anna.open('ben');
  });

  test('who talks while muted is told so', async () => {
    await tabTo(anna, 'call-mute', 'Space');
    await anna.id('call-talking-muted').waitFor(SOON);
    assert.match(await anna.id('call-announce').textContent(), /Nobody hears/);
    await tabTo(anna, 'call-expand');
    assert.deepEqual(await look(anna, 'call-talking-muted'), []);
    await tabTo(anna, 'call-unmute-now');
    await ben.hearsTone(ANNA);
    await anna.id('call-talking-muted').waitFor({ state: 'detached', ...SOON });
  });

  test('push-to-talk: silence but for the time that a key, chosen anew, is held', async () => {
    await tabTo(anna, 'call-devices');
    await tabTo(anna, 'push-to-talk', 'Space');
    await tabTo(anna, 'push-key');
    await anna.page.keyboard.press('Tab');
    await tabTo(anna, 'push-key');
    await anna.page.keyboard.press('b');
    await until('B to be the key', async () => (await anna.id('push-key-name').textContent()) === 'B');
    assert.deepEqual(await look(anna, 'call-sound'), []);
    await ben.hearsNothing();
    await anna.id('call-talking-key-up').filter({ hasText: 'Hold B' }).waitFor(SOON);
    assert.match(await anna.id('call-announce').textContent(), /Hold B/);
    await anna.page.keyboard.down('b');
    await anna.id('call-talking-key-up').waitFor({ state: 'detached', ...SOON });
    await ben.hearsTone(ANNA);
    await anna.page.keyboard.up('b');
    await ben.hearsNothing();
    await anna.id('call-talking-key-up').waitFor(SOON);
    assert.deepEqual(await look(anna, 'call-talking-key-up'), []);
    // What is said of the key goes while it is held: the button may move, and is held all the same.
    await anna.id('call-talk').hover();
    await anna.page.mouse.down();
    await anna.page.locator('[data-testid=call-talk][aria-pressed=true]').waitFor(SOON);
    await anna.id('call-talking-key-up').waitFor({ state: 'detached', ...SOON });
    await ben.hearsTone(ANNA);
    await anna.page.mouse.up();
    await anna.page.locator('[data-testid=call-talk][aria-pressed=false]').waitFor(SOON);
    await ben.hearsNothing();
    await tabTo(anna, 'push-to-talk', 'Space');
    await ben.hearsTone(ANNA);
    await anna.page.keyboard.press('Escape');
    await until('the panel to be closed', async () => (await anna.id('call-sound').count()) === 0);
  });

  test('a microphone without sound is noticed, and another one is a key away', async () => {
    await anna.page.evaluate(() => {
      window.__mic.mode = 'silent';
      window.__mic.gain.gain.value = 0;
    });
    await anna.id('call-silent-microphone').waitFor(SOON);
    assert.deepEqual(await look(anna, 'call-silent-microphone', { schemes: ['light'] }), []);
    await tabTo(anna, 'call-next-microphone');
    await ben.hearsTone(ANNA);
    await anna.id('call-silent-microphone').filter({ hasText: 'Second microphone' }).waitFor(SOON);
  });

  test('it is hung up, and stands in the conversation, to be called back', async () => {
    await tabTo(anna, 'call-hangup');
    await Promise.all([over(anna), over(ben)]);
    await ben.open('anna');
    await ben.page.locator('[data-testid=call-card][data-status=completed]').waitFor(SOON);
    await anna.id('call-start').click();
    await ben.id('call-accept').waitFor(SOON);
    await anna.id('call-hangup').click();
    await ben.page.locator('[data-testid=call-card][data-missed=true]').waitFor(SOON);
    assert.deepEqual(await look(ben, 'call-cards'), []);
    await tabTo(ben, 'call-back');
    await anna.id('call-accept').waitFor(SOON);
    await ben.id('call-hangup').click();
    await over(ben);
  });
});

test('after a poor call one is asked how it was, and what is said stays here', async () => {
  await anna.id('call-start').click();
  await ben.id('call-accept').click();
  await state(anna, 'active');
  // What the server says of the line every five seconds, made worse on its way into the page; its clock goes on meanwhile.
  // The page has taken all of it in before anything is clicked: in a busy browser a click overtakes timers.
  const call = (await ask(anna, 'GET', 'calls?limit=1')).calls[0];
  await anna.page.evaluate(async ({ id, me }) => {
    const now = Date.now;
    Date.now = () => now() + 60_000;
    const calls = document.querySelector('#app').__vue_app__.config.globalProperties.$pinia._s.get('calls');
    for (let piece = 0; piece < 4; piece++) {
      calls.onQuality(id, [{ user: me, direction: 'down', rttMs: 900, jitterMs: 90, lossPct: 20, mos: 1.5 }]);
      await new Promise((taken) => setTimeout(taken));
    }
  }, { id: call.id, me: call.caller });
  await anna.id('call-hangup').click();
  await anna.id('call-opinion').waitFor(SOON);
  assert.deepEqual(await look(anna, 'call-opinion'), []);
  await anna.id('opinion-bad').click();
  await anna.page.locator('[data-testid=opinion-fault][data-fault=cutOut]').click();
  await anna.id('opinion-done').click();
  const kept = await anna.page.evaluate(() => JSON.parse(localStorage.getItem('charla.opinions')));
  assert.deepEqual(kept.map(({ call: of, good, faults }) => ({ of, good, faults })), [{ of: call.id, good: false, faults: ['cutOut'] }]);
});

/** Notes what the page plays and records, beside what the browser does of it. */
function spy() {
  const seen = (window.__seen = { pitches: [], heard: [], blobs: [], recorded: [], suppressed: [] });
  const wrap = (owner, name, note) => {
    const original = owner[name];
    owner[name] = function (...args) {
      const result = original.apply(this, args);
      note(this, args, result);
      return result;
    };
  };
  wrap(OscillatorNode.prototype, 'start', (node) => seen.pitches.push(Math.round(node.frequency.value)));
  wrap(URL, 'createObjectURL', (_, [blob]) => seen.blobs.push(blob));
  wrap(MediaRecorder.prototype, 'start', (recorder) => seen.recorded.push(recorder.stream.getAudioTracks()[0].id));
  wrap(AudioContext.prototype, 'createMediaStreamDestination', (_, __, node) => seen.suppressed.push(node.stream.getAudioTracks()[0].id));
  wrap(HTMLMediaElement.prototype, 'play', (element) => {
    if (element.src.startsWith('blob:')) element.addEventListener('ended', () => seen.heard.push(element.currentTime));
  });
}

/** Records until the page has enough, and hears it to the end: what it played, for how long, and from which track. */
async function replayed(person) {
  const before = await person.page.evaluate(() => window.__seen.heard.length);
  await person.id('sound-record').click();
  await person.page.locator('[data-testid=sound-check][data-busy=replaying]').waitFor(SOON);
  await person.page.locator('[data-testid=sound-check]:not([data-busy])').waitFor(SOON);
  return person.page.evaluate(async (told) => {
    const { heard, blobs, recorded, suppressed } = window.__seen;
    const sound = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(await blobs.at(-1).arrayBuffer());
    const samples = Array.from(sound.getChannelData(0), (v) => Math.round(v * 32767));
    return { seconds: heard.length === told + 1 ? heard.at(-1) : 0, pcm: { rate: 48_000, samples }, isSuppressed: suppressed.includes(recorded.at(-1)) };
  }, before);
}

test('the sound is tried before a call; noise suppression runs under the page’s own policy', async () => {
  // No probe: it would lift the Content-Security-Policy that this is about.
  const cleo = await launch({ tone: 700, probe: false });
  try {
    await cleo.context.addInitScript(spy);
    await cleo.register(server, 'cleo', 'a good long passphrase');
    await cleo.page.goto(`${server.url}/sound`);
    await cleo.id('sound-start').click();
    await cleo.page.locator('[data-testid=sound-check][data-heard=true]').waitFor(SOON);
    const plain = await replayed(cleo);
    assert.ok(plain.seconds > 3, `${plain.seconds} s were played`);
    assert.ok(share(plain.pcm, 700).share > 0.8, 'what was said is what is played');
    assert.equal(plain.isSuppressed, false);
    const processed = cleo.page.waitForResponse((answer) => /rnnoise.*\.wasm$/.test(answer.url()));
    await cleo.id('noise-strong').check();
    const wasm = await processed;
    assert.equal(wasm.headers()['content-type'], 'application/wasm');
    assert.equal(new URL(wasm.url()).origin, server.url);
    // What is recorded now has been through it.
    const strong = await replayed(cleo);
    assert.equal(strong.isSuppressed, true, 'the track of the suppressor is what is recorded');
    assert.ok(strong.seconds > 3, `${strong.seconds} s were played`);
    assert.ok(share(strong.pcm, 700).share > 0.8 && share(strong.pcm, 700).rms > 100, 'and what was said came through it');
    await cleo.page.evaluate(() => window.__seen.pitches.splice(0));
    await cleo.id('sound-play').click();
    await cleo.page.locator('[data-testid=sound-check][data-busy=playing]').waitFor(SOON);
    await cleo.page.locator('[data-testid=sound-check]:not([data-busy])').waitFor(SOON);
    assert.deepEqual(await cleo.page.evaluate(() => window.__seen.pitches), [523, 659, 784]);
    assert.equal(await cleo.id('sound-unplayed').count(), 0);
    await cleo.page.evaluate(() => {
      HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('as the test wishes', 'NotAllowedError'));
    });
    await cleo.id('sound-play').click();
    await cleo.id('sound-unplayed').waitFor(SOON);
    const refused = cleo.console.filter((line) => /Content Security Policy|Refused to|WebAssembly|CompileError/i.test(line));
    assert.deepEqual(refused, []);
  } finally {
    await cleo.close();
  }
});
