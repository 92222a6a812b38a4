// What a conversation's history does in a real browser: nothing in it runs, ten thousand messages scroll, and messages are
// answered, changed, reacted to and deleted.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { axe } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
const MANY = 10_000;
let server;
let anna;
let ben;
let rest;
let conversation;

before(async () => {
  server = await Server.start({ config: '[limits]\nevents_per_second = 100000\nevents_burst = 100000\n' });
  // Without the Content-Security-Policy, so that it is the page itself that runs nothing.
  [anna, ben] = await Promise.all([launch(), launch()]);
  await anna.context.addInitScript(() => {
    window.__ran = [];
    for (const name of ['alert', 'prompt', 'confirm']) window[name] = () => window.__ran.push(name);
  });
  await Promise.all([anna.register(server, 'anna', PASSWORD), ben.register(server, 'ben', PASSWORD)]);
  rest = await server.as('ben', PASSWORD);
  const { json } = await rest.send('GET', '/api/v1/users?query=anna');
  conversation = (await rest.send('POST', '/api/v1/conversations', { user: json.users[0].id })).json.id;
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

async function post(content, clientId) {
  const answer = await rest.send('POST', `/api/v1/conversations/${conversation}/messages`, { content, clientId });
  assert.equal(answer.status, 201, answer.text);
}
const message = (person, text) => person.id('message').filter({ hasText: text }).last();

test('of a hundred texts that run elsewhere none runs, and no element comes of them', async () => {
  const corpus = JSON.parse(readFileSync(new URL('../../static/tests/xss.json', import.meta.url), 'utf8'));
  await anna.page.goto(`${server.url}/c/${conversation}`);
  await anna.id('message-input').waitFor();
  let at = 0;
  while (at < corpus.length) {
    // As many as are surely all on the page at once.
    const some = corpus.slice(at, at + 8);
    for (const text of some) await post(text, `xss-${at++}`);
    await anna.page.locator(`[data-testid=message][data-seq="${at}"]`).waitFor();
    const strange = await anna.page.locator('[data-testid=message] .text').evaluateAll((texts) => {
      const known = ['P', 'UL', 'OL', 'LI', 'PRE', 'CODE', 'BLOCKQUOTE', 'A', 'STRONG', 'EM', 'S'];
      const faults = [];
      for (const element of texts.flatMap((text) => [...text.querySelectorAll('*')])) {
        if (!known.includes(element.tagName)) faults.push(element.tagName);
        for (const { name, value } of element.attributes) {
          if (/^on|^style$|^src/i.test(name) || (name === 'href' && !/^https?:/.test(value))) faults.push(`${name}=${value}`);
        }
      }
      return faults;
    });
    assert.deepEqual(strange, [], some.join('\n'));
  }
  assert.deepEqual(await anna.page.evaluate(() => window.__ran), []);
});

test('a message is answered, changed, reacted to and deleted, on both pages', async () => {
  await ben.page.goto(`${server.url}/c/${conversation}`);
  await ben.id('message-input').waitFor();
  await anna.say('shall we *meet*?');
  await ben.reads('shall we meet?');
  await message(ben, 'shall we meet?').hover();
  await message(ben, 'shall we meet?').getByTestId('message-reply').click();
  await ben.say('yes, at nine');
  await anna.reads('yes, at nine');
  await message(anna, 'yes, at nine').getByTestId('message-quote').filter({ hasText: 'shall we' }).waitFor();
  await message(anna, 'yes, at nine').hover();
  await message(anna, 'yes, at nine').getByTestId('message-react').click();
  await message(anna, 'yes, at nine').locator('[data-testid=react-with]').first().click();
  await message(ben, 'yes, at nine').getByTestId('reaction').waitFor();
  // An empty composer's arrow up changes the last message of one's own.
  await ben.id('message-input').press('ArrowUp');
  await until('the text to be there', async () => (await ben.id('message-input').inputValue()) === 'yes, at nine');
  await ben.say('yes, at ten');
  await message(anna, 'yes, at ten').getByText('edited').waitFor();
  await message(ben, 'yes, at ten').hover();
  await message(ben, 'yes, at ten').getByTestId('message-delete').click();
  assert.deepEqual(await axe.check(ben.page), []);
  await ben.id('message-delete-yes').click();
  await message(anna, 'This message was deleted').waitFor();
  assert.equal(await message(anna, 'at ten').count(), 0);
});

test('arrow keys go from message to message', async () => {
  await anna.id('messages').focus();
  await anna.page.keyboard.press('ArrowUp');
  const at = () => anna.page.evaluate(() => Number(document.activeElement?.closest('[data-seq]')?.getAttribute('data-seq')));
  const last = await until('the last message to have the focus', at);
  await anna.page.keyboard.press('ArrowUp');
  await until('the one before it', async () => (await at()) === last - 1);
});

test('what was begun is kept for each conversation', async () => {
  await anna.id('message-input').fill('not yet sent');
  await anna.page.goto(server.url);
  await anna.id('conversation').filter({ hasText: 'not yet sent' }).click();
  assert.equal(await anna.id('message-input').inputValue(), 'not yet sent');
  await anna.id('message-input').fill('');
});

// Tasks over 50 ms are reported, not judged: they count as time what other programs took of the machine.
test('ten thousand messages scroll from the newest to the first and back, a few of them on the page', async (t) => {
  // Nobody looks on while they are written.
  await Promise.all([anna.page.goto('about:blank'), ben.page.goto('about:blank')]);
  const last = (await rest.send('GET', `/api/v1/conversations/${conversation}`)).json.lastSeq;
  for (let at = last; at < MANY; at += 50) {
    await Promise.all(Array.from({ length: Math.min(50, MANY - at) }, (_, i) => post(`line ${at + i} ${'word '.repeat((at + i) % 40)}`, `many-${at + i}`)));
  }
  await anna.page.goto(`${server.url}/c/${conversation}`);
  // The page begins where the unread begins.
  await anna.id('to-newest').click();
  await until('the newest message', () => anna.page.locator(`[data-seq="${MANY}"]`).count());
  await anna.page.evaluate(() => {
    window.__long = [];
    new PerformanceObserver((list) => window.__long.push(...list.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: 'longtask' });
  });
  // Up to the first one, as far as it has been loaded each time.
  await until('the beginning', () => anna.page.evaluate(async () => {
    const box = document.querySelector('[data-testid=messages]');
    for (let i = 0; i < 20; i++) {
      box.scrollTop -= 1500;
      await new Promise(requestAnimationFrame);
    }
    return document.querySelector('[data-seq="1"]') !== null;
  }), { seconds: 240, every: 10 });
  // And down again, through all of it.
  await until('the end', () => anna.page.evaluate(async () => {
    const box = document.querySelector('[data-testid=messages]');
    for (let i = 0; i < 20; i++) {
      box.scrollTop += 3000;
      await new Promise(requestAnimationFrame);
    }
    return document.querySelector('[data-seq="10000"]') !== null;
  }), { seconds: 240, every: 10 });
  const { long, rows } = await anna.page.evaluate(() => ({ long: window.__long, rows: document.querySelectorAll('[data-testid=message]').length }));
  t.diagnostic(`tasks over 50 ms: ${long.length} (${long.join(', ')} ms); messages on the page: ${rows}`);
  assert.ok(rows < 120, `${rows} messages are on the page`);
});
