// What a person sees: every view and state, light and dark, narrow and wide, without an accessibility fault and without
// sideways scrolling, also where text runs from right to left. Short: narrow in light, wide in dark. With CHARLA_LOOK=all
// four widths in both themes; 320 px is what WCAG 1.4.10 asks for. Pictures are made by screens.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { PASSWORD, calling, furnish, inside, outside } from './support/tour.mjs';

const ALL = [320, 360, 768, 1440].flatMap((width) => ['light', 'dark'].map((scheme) => [width, scheme]));
const LOOKS = process.env.CHARLA_LOOK === 'all' ? ALL : [[360, 'light'], [1440, 'dark']];

let server;
let guest;
let anna;
let ben;
let world;

before(async () => {
  server = await Server.start();
  [guest, anna, ben] = await Promise.all([launch(), launch(), launch()]);
  world = await furnish(server, anna, ben);
});
after(async () => {
  await Promise.all([guest?.close(), anna?.close(), ben?.close()]);
  await server?.stop();
});

/** Whether the page can be scrolled sideways, as it is and mirrored. */
const overflows = (page) =>
  page.evaluate(() => {
    const root = document.documentElement;
    const before = root.dir;
    const wide = () => root.scrollWidth > innerWidth || document.body.scrollWidth > innerWidth;
    const found = [];
    if (wide()) found.push('scrolls sideways');
    root.dir = 'rtl';
    if (wide()) found.push('scrolls sideways from right to left');
    root.dir = before;
    return found;
  });

/** Every look at what is shown now; the faults. */
async function look(person, name) {
  const faults = [];
  for (const [width, colorScheme] of LOOKS) {
    await person.page.setViewportSize({ width, height: 800 });
    await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const fault of [...(await overflows(person.page)), ...(await axe.check(person.page))]) faults.push(`${name} ${width} ${colorScheme}: ${fault}`);
  }
  await person.page.setViewportSize({ width: 1280, height: 800 });
  return faults;
}

/** All of them, so that one fault does not hide the others. */
async function walk(stops) {
  const faults = [];
  for (const [person, name, go] of stops) {
    await go();
    faults.push(...(await look(person, name)));
  }
  assert.deepEqual(faults, []);
}

test('what is shown to who is not signed in', () => walk(outside(server, guest).map(([name, go]) => [guest, name, go])));

test('chats, settings, administration', () => walk(inside(server, anna, world).map(([name, go]) => [anna, name, go])));

test('a call, as both see it', () => walk(calling(server, anna, ben, world)));

test('a server that cannot be reached', async () => {
  await guest.page.goto(`${server.url}/signin`);
  await guest.page.route('**/api/v1/**', (route) => route.abort());
  await guest.page.reload();
  await guest.page.getByRole('main').getByRole('button').waitFor();
  assert.deepEqual(await look(guest, 'unreachable'), []);
  await guest.page.unrouteAll();
});

test('signing in works by keyboard alone, and finding somebody to write to', async () => {
  await ben.context.clearCookies();
  await ben.page.goto(`${server.url}/login`);
  await ben.id('username').focus();
  await ben.page.keyboard.type('ben');
  await ben.page.keyboard.press('Tab');
  await ben.page.keyboard.type(PASSWORD);
  await ben.page.keyboard.press('Enter');
  await ben.id('person-search').waitFor();
  await ben.id('person-search').focus();
  await ben.page.keyboard.type('emil');
  await ben.id('person').first().waitFor();
  await ben.page.keyboard.press('Tab');
  for (let i = 0; i < 6 && !(await ben.id('person').first().evaluate((e) => e === document.activeElement || e.contains(document.activeElement))); i++)
    await ben.page.keyboard.press('Tab');
  await ben.page.keyboard.press('Enter');
  await ben.id('message-input').waitFor();
  await ben.id('message-input').focus();
  await ben.page.keyboard.type('by keyboard alone');
  await ben.page.keyboard.press('Enter');
  await ben.reads('by keyboard alone');
});
