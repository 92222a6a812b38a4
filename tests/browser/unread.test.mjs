// Where a reader comes back to: the line before what he has not read, however much it is and however he was away; and a
// place in the history that stays where it is while older and newer messages join.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
let server;
let anna;
let rest;
let conversation;
let last = 0;

before(async () => {
  server = await Server.start({ config: '[limits]\nevents_per_second = 100000\nevents_burst = 100000\n' });
  anna = await launch();
  // A page that a test takes the focus from: a browser without a window always has it.
  await anna.context.addInitScript(() => {
    window.__focus = true;
    document.hasFocus = () => window.__focus;
  });
  await anna.register(server, 'anna', PASSWORD);
  await server.send('POST', '/api/v1/auth/register', { username: 'ben', email: 'ben@example.org', password: PASSWORD });
  rest = await server.as('ben', PASSWORD);
  const { json } = await rest.send('GET', '/api/v1/users?query=anna');
  conversation = (await rest.send('POST', '/api/v1/conversations', { user: json.users[0].id })).json.id;
});
after(async () => {
  await anna?.close();
  await server?.stop();
});

/** Ben writes so many lines, one after the other. */
async function write(count) {
  for (let i = 0; i < count; i++) {
    const answer = await rest.send('POST', `/api/v1/conversations/${conversation}/messages`, { content: `line ${last + 1} ${'word '.repeat(last % 30)}`, clientId: `line-${last}` });
    assert.equal(answer.status, 201, answer.text);
    last = answer.json.seq;
  }
}
const open = async () => {
  await anna.page.goto(`${server.url}/c/${conversation}`);
  await anna.id('message-input').waitFor();
};
const away = () => anna.page.goto('about:blank');
const isRead = (seq) => until(`${seq} messages to be read`, async () => {
  const { json } = await rest.send('GET', `/api/v1/conversations/${conversation}`);
  return json.members.some(({ user, readSeq }) => user.username === 'anna' && readSeq >= seq);
});
/** Before which message the line stands, once it is in sight. */
const lineBefore = () => until('the line to be in sight', () => anna.page.evaluate(() => {
  const [line, box] = ['unread-line', 'messages'].map((name) => document.querySelector(`[data-testid=${name}]`));
  if (!line || !box) return null;
  const [of, within] = [line.getBoundingClientRect(), box.getBoundingClientRect()];
  if (of.top < within.top || of.bottom > within.bottom) return null;
  return Number(line.closest('.row').querySelector('[data-seq]').dataset.seq);
}));
const atNewest = () => until('the newest message to be in sight', () => anna.page.evaluate((seq) => {
  const [message, box] = [`[data-seq="${seq}"]`, '[data-testid=messages]'].map((what) => document.querySelector(what));
  return message && message.getBoundingClientRect().bottom <= box.getBoundingClientRect().bottom + 1;
}, last));

/** How far from the top of the page a message is, once it has not moved for ten frames. */
const rests = (seq) => until(`message ${seq} to rest`, () => anna.page.evaluate(async (at) => {
  const top = () => document.querySelector(`[data-seq="${at}"]`)?.getBoundingClientRect().top;
  const was = top();
  for (let i = 0; i < 10; i++) {
    await new Promise(requestAnimationFrame);
    if (top() !== was) return null;
  }
  return was;
}, seq), { every: 10 });

test('a few unread: the line and the newest are both in sight', async () => {
  await write(6);
  await open();
  await isRead(6);
  await away();
  await write(3);
  await open();
  assert.equal(await lineBefore(), 7);
  await atNewest();
});

test('more unread than come at first: the line is where reading stopped, and one reads on to the newest', async () => {
  await isRead(last);
  await away();
  const read = last;
  await write(140);
  await open();
  assert.equal(await lineBefore(), read + 1);
  assert.match(await anna.id('to-newest').innerText(), /140/);
  await until('the newest', () => anna.page.evaluate(async (seq) => {
    const box = document.querySelector('[data-testid=messages]');
    for (let i = 0; i < 10; i++) {
      box.scrollTop += 400;
      await new Promise(requestAnimationFrame);
    }
    return document.querySelector(`[data-seq="${seq}"]`) !== null;
  }, last), { every: 10 });
});

test('what comes while the page is in the background gets a line, and is not scrolled by', async () => {
  await open();
  await isRead(last);
  await atNewest();
  await anna.page.evaluate(() => (window.__focus = false));
  const read = last;
  await write(40);
  await until('the newest to have come', async () => /40|39/.test(await anna.id('to-newest').innerText().catch(() => '')));
  assert.equal(await lineBefore(), read + 1);
  await anna.page.evaluate(() => {
    window.__focus = true;
    window.dispatchEvent(new Event('focus'));
  });
  await isRead(last);
  assert.equal(await lineBefore(), read + 1);
});

test('who answers has read: the line goes', async () => {
  await anna.say('I am back');
  last += 1;
  await atNewest();
  assert.equal(await anna.id('unread-line').count(), 0);
});

test('a place stays while older messages join above it and a new one comes', async () => {
  // As after a start: the newest alone are here.
  await open();
  await atNewest();
  let release;
  const held = new Promise((done) => (release = done));
  await anna.page.route('**/messages?*', async (route) => {
    await held;
    await route.continue();
  });
  const asked = anna.page.waitForRequest('**/messages?*');
  // To the first that is here; older ones are asked for.
  await anna.page.evaluate(() => (document.querySelector('[data-testid=messages]').scrollTop = 0));
  await asked;
  const first = () => anna.page.evaluate(() => Math.min(...[...document.querySelectorAll('[data-testid=message]')].map(({ dataset }) => Number(dataset.seq))));
  // The first one gives its date to an older one, so another is watched.
  const before = (await first()) + 2;
  const was = await rests(before);
  await write(1);
  await until('the new one to be counted', async () => (await anna.id('to-newest').innerText()).includes('1'));
  const then = await rests(before);
  assert.ok(Math.abs(then - was) <= 2, `it moved from ${was} to ${then} as a new one came`);
  release();
  await until('older ones', async () => (await first()) < before - 2);
  const now = await rests(before);
  assert.ok(Math.abs(now - was) <= 2, `it moved from ${was} to ${now} as older ones joined`);
  await anna.page.unroute('**/messages?*');
});

test('who leaves before an old part has come finds the newest on his return', async () => {
  await isRead(last);
  await away();
  await write(60);
  let release;
  const held = new Promise((done) => (release = done));
  await anna.page.route('**/messages?*', async (route) => {
    await held;
    await route.continue();
  });
  const asked = anna.page.waitForRequest('**/messages?*');
  const answered = anna.page.waitForResponse('**/messages?*');
  await open();
  await asked;
  // What is here already is seen meanwhile.
  await anna.id('message').last().waitFor();
  await anna.id('nav-phone').click();
  await anna.id('message-input').waitFor({ state: 'detached' });
  release();
  await (await answered).finished();
  await anna.page.unroute('**/messages?*');
  await anna.id('nav-chat').click();
  await anna.id('conversation').first().click();
  await atNewest();
});
