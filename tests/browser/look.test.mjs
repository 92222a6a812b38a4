// What a person sees: every view at 360 and 1440 px, light and dark, without an accessibility fault and without
// sideways scrolling. The pictures are kept under `shots/` for eyes.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { axe } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';

const SHOTS = join(dirname(fileURLToPath(import.meta.url)), 'shots');
const PASSWORD = 'a good long passphrase';
const WIDTHS = [360, 1440];
const SCHEMES = ['light', 'dark'];

let server;
let anna;
let ben;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  server = await Server.start();
  [anna, ben] = await Promise.all([launch({ probe: true }), launch({ probe: true })]);
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

/** Every width and scheme of what is shown now. */
async function look(person, name) {
  const faults = [];
  for (const width of WIDTHS)
    for (const colorScheme of SCHEMES) {
      await person.page.setViewportSize({ width, height: 800 });
      await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await person.page.screenshot({ path: join(SHOTS, `${name}-${width}-${colorScheme}.png`) });
      const wide = await person.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      if (wide) faults.push(`${name} at ${width} px scrolls sideways`);
      for (const fault of await axe.check(person.page)) faults.push(`${name} ${width} ${colorScheme}: ${fault}`);
    }
  assert.deepEqual(faults, []);
}

test('sign in and register', async () => {
  await anna.page.goto(`${server.url}/login`);
  await anna.id('submit').waitFor();
  await look(anna, 'login');
  await anna.page.goto(`${server.url}/register`);
  await anna.id('email').waitFor();
  await look(anna, 'register');
});

test('an empty home, then a conversation', async () => {
  await anna.register(server, 'anna', PASSWORD);
  await look(anna, 'home-empty');
  await anna.page.setViewportSize({ width: 1280, height: 800 });
  await ben.register(server, 'ben', PASSWORD);
  await ben.open('anna');
  for (const text of ['Good morning!', 'Shall we talk at nine? https://example.org/agenda', 'A longer message, to see how the text wraps when somebody has a lot to say about a small matter and cannot stop.'])
    await ben.say(text);
  await anna.open('ben');
  await anna.reads('cannot stop');
  await anna.say('Yes, nine is fine.');
  await ben.reads('nine is fine');
  await look(anna, 'conversation');
});

test('a call that rings, one that runs, and the history', async () => {
  await anna.page.setViewportSize({ width: 1280, height: 800 });
  await anna.id('call-start').click();
  await ben.id('call-accept').waitFor();
  await look(ben, 'call-incoming');
  await look(anna, 'call-outgoing');
  await ben.id('call-accept').click();
  await anna.id('call-timer').waitFor();
  await look(anna, 'call-active');
  await ben.id('call-hangup').click();
  await anna.page.goto(`${server.url}/calls`);
  await anna.id('history-row').first().waitFor();
  await look(anna, 'calls');
});

test('settings and the page that explains the certificate', async () => {
  await anna.page.goto(`${server.url}/settings`);
  await anna.page.getByRole('main').waitFor();
  await look(anna, 'settings');
  await anna.page.goto(`${server.url}/trust`);
  await look(anna, 'trust');
});

test('signing in works by keyboard alone', async () => {
  await ben.context.clearCookies();
  await ben.page.goto(`${server.url}/login`);
  await ben.id('username').focus();
  await ben.page.keyboard.type('ben');
  await ben.page.keyboard.press('Tab');
  await ben.page.keyboard.type(PASSWORD);
  await ben.page.keyboard.press('Enter');
  await ben.id('person-search').waitFor();
  await ben.id('person-search').focus();
  await ben.page.keyboard.type('anna');
  await ben.id('person').first().waitFor();
  await ben.page.keyboard.press('Tab');
  for (let i = 0; i < 6 && !(await ben.id('person').first().evaluate((e) => e === document.activeElement || e.contains(document.activeElement))); i++)
    await ben.page.keyboard.press('Tab');
  await ben.page.keyboard.press('Enter');
  await ben.id('message-input').waitFor();
});
