// What a call does when microphones and loudspeakers come and go, and with the screen, the headset's buttons and the
// system's media keys.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { crowd } from './support/crowd.mjs';
import { look } from './support/look.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const [ANNA, BEN] = [1000, 440];
const SOON = { timeout: 60_000 };
let server;
let all;
let anna;
let ben;

/** In place of the browser's own: which locks on the screen are held, which buttons are taken. */
function hands() {
  const seen = (window.__hands = { locks: [], buttons: {}, visible: true });
  const request = async (kind) => {
    const lock = { kind, released: false, release: async () => void (lock.released = true) };
    seen.locks.push(lock);
    return lock;
  };
  Object.defineProperty(navigator, 'wakeLock', { value: { request } });
  navigator.mediaSession.setActionHandler = (name, handler) => (seen.buttons[name] = handler);
  Object.defineProperty(document, 'visibilityState', { get: () => (seen.visible ? 'visible' : 'hidden') });
  seen.show = (on) => {
    seen.visible = on;
    // The system takes every lock from a page that is hidden.
    if (!on) for (const lock of seen.locks) lock.released = true;
    document.dispatchEvent(new Event('visibilitychange'));
  };
}

before(async () => {
  server = await Server.start();
  all = await crowd(server, { anna: ANNA, ben: BEN });
  ({ anna, ben } = all.people);
  await anna.context.addInitScript(hands);
  await anna.page.reload();
  await anna.open('ben');
});
after(async () => {
  await all?.close();
  await server?.stop();
});

const state = (person, name) => person.page.locator(`[data-testid=call-state][data-state=${name}]`).waitFor(SOON);
async function call() {
  await anna.id('call-start').click();
  await ben.id('call-accept').click();
  await Promise.all([state(anna, 'active'), state(ben, 'active')]);
}
const plug = (...device) => anna.page.evaluate((args) => window.__mic.plug(...args), device);
const unplug = (...device) => anna.page.evaluate((args) => window.__mic.unplug(...args), device);
const used = () => anna.page.evaluate(() => window.__mic.opened.at(-1).deviceId);
/** It is shown and, once, read out. */
async function reads(kind, text) {
  await anna.page.locator(`[data-testid=call-device-news][data-news=${kind}]`).filter({ hasText: text }).waitFor(SOON);
  assert.match(await anna.id('call-announce').textContent(), text);
}
const sinks = () => anna.page.evaluate(() => [...document.querySelectorAll('audio[data-slot]')].map((element) => element.sinkId));
const playsOn = (id) => until(`every voice to be played on “${id}”`, async () => {
  const now = await sinks();
  return now.length > 0 && now.every((sink) => sink === id);
});

describe('devices come and go in a call', () => {
  test('the only microphone goes: that is said; it comes back under the same name and is used at once', async () => {
    await unplug('audioinput', 'second');
    await call();
    await ben.hearsTone(ANNA);
    await unplug('audioinput', 'first');
    await reads('none', /There is no microphone now\. Plug one in/);
    await ben.hearsNothing();
    assert.deepEqual(await look(anna, 'call-no-microphone'), []);
    const asked = await anna.page.evaluate(() => window.__mic.asked);
    await plug('audioinput', 'first', 'First microphone');
    await reads('input', /Now using: First microphone/);
    await ben.hearsTone(ANNA);
    assert.equal(await anna.page.evaluate(() => window.__mic.asked), asked + 1, 'it is opened once');
  });

  test('a microphone that could not be opened is tried again at a word', async () => {
    await anna.page.evaluate(() => (window.__mic.mode = 'busy'));
    await unplug('audioinput', 'first');
    await plug('audioinput', 'first', 'First microphone');
    await reads('none', /cannot be opened/);
    await anna.page.evaluate(() => (window.__mic.mode = 'tone'));
    await anna.id('call-device-again').click();
    await reads('input', /Now using: First microphone/);
    await ben.hearsTone(ANNA);
  });

  test('the chosen microphone goes, another stands in; it comes back and takes over', async () => {
    await anna.id('call-devices').click();
    await plug('audioinput', 'second', 'Second microphone');
    await anna.id('device-input').selectOption({ label: 'Second microphone' });
    await until('the second to be opened', async () => (await used()) === 'second');
    await ben.hearsTone(ANNA);
    await unplug('audioinput', 'second');
    await reads('input', /Now using: First microphone/);
    assert.equal(await used(), 'first');
    await until('the list to show the default', async () => (await anna.id('device-input').inputValue()) === '');
    await ben.hearsTone(ANNA);
    await plug('audioinput', 'second', 'Second microphone');
    await reads('input', /Now using: Second microphone/);
    assert.equal(await used(), 'second');
    await until('the list to show the chosen one', async () => (await anna.id('device-input').inputValue()) === 'second');
    await ben.hearsTone(ANNA);
  });

  test('who is muted stays so, whichever microphone takes over', async () => {
    await anna.id('call-mute').click();
    await ben.hearsNothing();
    await unplug('audioinput', 'second');
    await reads('input', /Now using: First microphone/);
    await ben.hearsNothing();
    await anna.id('call-mute').click();
    await ben.hearsTone(ANNA);
  });

  test('the chosen output goes, the default one serves; it comes back and is used again', async () => {
    await plug('audiooutput', 'default', 'Default - Screen');
    await plug('audiooutput', 'box', 'Loud box');
    await anna.id('device-output').selectOption({ label: 'Loud box' });
    await playsOn('box');
    await unplug('audiooutput', 'box');
    await playsOn('');
    await reads('output', /Now using: Default - Screen/);
    await until('the list to show the default', async () => (await anna.id('device-output').inputValue()) === '');
    await plug('audiooutput', 'box', 'Loud box');
    await playsOn('box');
    await reads('output', /Now using: Loud box/);
    assert.deepEqual(await anna.page.evaluate(() => [...new Set(window.__mic.sinks)]), ['box', '']);
    await anna.hearsTone(BEN);
  });
});

describe('the hands of the browser', () => {
  const held = () => anna.page.evaluate(() => window.__hands.locks.filter((lock) => !lock.released).length);
  const press = (name) => anna.page.evaluate((which) => window.__hands.buttons[which](), name);

  test('the screen stays on in a call, also after the page was hidden', async () => {
    assert.equal(await held(), 1);
    await anna.page.evaluate(() => window.__hands.show(false));
    assert.equal(await held(), 0);
    await anna.page.evaluate(() => window.__hands.show(true));
    await until('the screen to be kept on again', async () => (await held()) === 1);
  });

  test('the button of a headset mutes and unmutes', async () => {
    await press('togglemicrophone');
    await anna.page.locator('[data-testid=call-mute][aria-pressed=true]').waitFor(SOON);
    await ben.hearsNothing();
    await press('togglemicrophone');
    await anna.page.locator('[data-testid=call-mute][aria-pressed=false]').waitFor(SOON);
    await ben.hearsTone(ANNA);
  });

  test('another hangs up; then the screen and the buttons are let go', async () => {
    await press('hangup');
    await until('the call to be over', async () => (await anna.id('call-hangup').count()) + (await ben.id('call-hangup').count()) === 0);
    await until('the screen to be let go', async () => (await held()) === 0);
    assert.deepEqual(await anna.page.evaluate(() => window.__hands.buttons), { togglemicrophone: null, hangup: null });
    await anna.page.evaluate(() => (window.__hands.show(false), window.__hands.show(true)));
    assert.equal(await held(), 0, 'without a call the screen may go dark');
  });
});
