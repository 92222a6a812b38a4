// One person in one real Chromium with a microphone that plays a tone, and what such a person does on the page.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { share, writeTone } from './tone.mjs';
import { until } from './until.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
export const CHROMIUM = process.env.CHARLA_TEST_CHROMIUM ?? '/usr/bin/chromium';
const FAKE = '--use-fake-device-for-media-stream';
export const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--use-fake-ui-for-media-stream',
  FAKE,
  '--autoplay-policy=no-user-gesture-required',
];

/**
 * Launches Chromium; `tone` in Hz is what its microphone hears, or the file `speech`, or what is in a `room` of
 * PulseAudio, into which it then plays. `locale` is its language, like `es`. `place` says where it runs: how a command is run there, further arguments, and
 * whether its home trusts the server's authority.
 */
export async function launch({ tone = 1000, speech, room, viewport = { width: 1280, height: 800 }, colorScheme = 'light', locale, probe = true, place } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'charla-chromium-'));
  const sound = speech ?? join(dir, 'tone.wav');
  if (!speech) writeTone(sound, tone);
  const browser = await chromium.launch({
    executablePath: place ? place.program(dir, CHROMIUM) : CHROMIUM,
    headless: true,
    args: [...(room ? ARGS.filter((arg) => arg !== FAKE) : [...ARGS, `--use-file-for-fake-audio-capture=${sound}`]), ...(place?.args ?? [])],
    // The library mutes what has no window.
    ...(room && { ignoreDefaultArgs: ['--mute-audio'], env: room.env }),
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: !place, bypassCSP: probe, permissions: ['microphone'], viewport, colorScheme, locale });
  if (probe) await context.addInitScript({ path: join(HERE, 'probe.js') });
  const page = await context.newPage();
  const person = new Person(page, browser, context, dir);
  page.on('console', (m) => person.console.push(`${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => person.console.push(`pageerror: ${e.message}`));
  return person;
}

export class Person {
  constructor(page, browser, context, dir) {
    Object.assign(this, { page, browser, context, dir, console: [] });
  }

  id(name) {
    return this.page.getByTestId(name);
  }

  async close() {
    await this.browser.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async register(server, username, password) {
    Object.assign(this, { username, password });
    await this.page.goto(`${server.url}/register`);
    await this.id('username').fill(username);
    await this.id('email').fill(`${username}@example.org`);
    await this.id('password').fill(password);
    await this.id('submit').click();
    await this.id('person-search').waitFor();
  }

  /** Finds a person by name and opens the conversation with him. */
  async open(username) {
    await this.id('person-search').fill(username);
    await this.id('person').filter({ hasText: username }).first().click();
    await this.id('message-input').waitFor();
  }

  async say(text) {
    await this.id('message-input').fill(text);
    await this.id('message-input').press('Enter');
  }

  async reads(text) {
    await this.id('message').filter({ hasText: text }).first().waitFor();
  }

  /** What this person hears in two seconds, as shares of the two tones. */
  async hears(...tones) {
    const pcm = await this.page.evaluate(() => window.__probe.hear(2));
    return Object.fromEntries(tones.map((hz) => [hz, share(pcm, hz)]));
  }

  /** Waits until one tone is what this person hears. */
  hearsTone(hz) {
    return until(`${this.username} to hear ${hz} Hz`, async () => {
      const heard = await this.hears(hz);
      this.lastHeard = heard[hz];
      return heard[hz].share > 0.8 && heard[hz].rms > 100 && heard[hz];
    }, { seconds: 40 });
  }

  /** Waits until exactly these tones are what this person hears, mixed. */
  hearsTones(...tones) {
    return until(`${this.username} to hear ${tones.join(' and ')} Hz`, async () => {
      const heard = await this.hears(...tones);
      this.lastHeard = heard;
      const shares = tones.map((hz) => heard[hz].share);
      return heard[tones[0]].rms > 100 && shares.every((part) => part > 0.4 / tones.length) && shares.reduce((all, part) => all + part, 0) > 0.8;
    }, { seconds: 40 });
  }

  /**
   * Waits until trouble that began at `trouble` on the audio clock is over: this person has heard steadily for two
   * seconds, later than any buffer holds what came before it.
   */
  hearsSteadily(trouble) {
    const steady = async (began) => {
      const since = (await window.__probe.now()) - 2;
      return since > began + 1 && (await window.__probe.silence(since)).seconds < 0.6;
    };
    return until(`${this.username} to hear steadily again`, () => this.page.evaluate(steady, trouble), { seconds: 60 });
  }

  /** Waits until nothing is heard. */
  hearsNothing() {
    return until(`${this.username} to hear nothing`, async () => (await this.hears(1000))[1000].rms < 10, { seconds: 20 });
  }
}
