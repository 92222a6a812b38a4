// One journey by keyboard alone, from signing in to hanging up: nothing is clicked, and wherever the keyboard is, it shows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, crowd } from './support/crowd.mjs';
import { tabTo } from './support/keyboard.mjs';
import { Server } from './support/server.mjs';
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
  await anna.context.clearCookies();
  await anna.page.goto(`${server.url}/signin`);
});
after(async () => {
  await all?.close();
  await server?.stop();
});

const type = (text) => anna.page.keyboard.type(text);

test('one signs in', async () => {
  await tabTo(anna, 'username', null);
  await type('anna');
  await tabTo(anna, 'password', null);
  await type(PASSWORD);
  await tabTo(anna, 'submit');
  await anna.id('person-search').waitFor(SOON);
});

test('finds a person and writes', async () => {
  await tabTo(anna, 'person-search', null);
  await type('ben');
  await tabTo(anna, 'person');
  await tabTo(anna, 'message-input', null);
  await type('written without a mouse');
  await anna.page.keyboard.press('Enter');
  await ben.open('anna');
  await ben.reads('written without a mouse');
});

test('changes the theme by arrows, and comes back', async () => {
  await tabTo(anna, 'nav-settings');
  await tabTo(anna, 'settings-looks');
  await tabTo(anna, 'theme-system', 'ArrowRight');
  await anna.page.keyboard.press('ArrowRight');
  await until('the dark theme', () => anna.page.evaluate(() => document.documentElement.dataset.theme === 'dark'));
  await tabTo(anna, 'theme-dark', null);
  await tabTo(anna, 'nav-chat');
  await tabTo(anna, 'conversation');
  await anna.reads('written without a mouse');
});

test('calls, is heard, and hangs up', async () => {
  await tabTo(anna, 'call-start');
  await tabTo(ben, 'call-accept');
  await Promise.all([anna.hearsTone(BEN), ben.hearsTone(ANNA)]);
  await tabTo(anna, 'call-hangup');
  await Promise.all([anna, ben].map((person) => until('the call to be over', async () => (await person.id('call-hangup').count()) === 0)));
  assert.equal(await anna.id('call-panel').getAttribute('data-outcome'), 'completed');
});
