// What is looked for is found and gone to; emoji are chosen by keyboard; who is here, who is silenced, who is shut out.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { axe } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
const MANY = 600;
let server;
let anna;
let ben;
let conversation;
let heron;

before(async () => {
  server = await Server.start({ config: '[limits]\nevents_per_second = 100000\nevents_burst = 100000\n' });
  // Without the Content-Security-Policy, so that it is the page itself that runs nothing.
  [anna, ben] = await Promise.all([launch({ probe: true }), launch({ probe: true })]);
  await Promise.all([anna.register(server, 'anna', PASSWORD), ben.register(server, 'ben', PASSWORD)]);
  const rest = await server.as('ben', PASSWORD);
  const { json } = await rest.send('GET', '/api/v1/users?query=anna');
  conversation = (await rest.send('POST', '/api/v1/conversations', { user: json.users[0].id })).json.id;
  const post = (content, clientId) => rest.send('POST', `/api/v1/conversations/${conversation}/messages`, { content, clientId });
  const corpus = JSON.parse(readFileSync(new URL('../../static/tests/xss.json', import.meta.url), 'utf8'));
  const texts = Array.from({ length: MANY }, (_, i) => (i === 99 ? 'the Blue heron 🐦 stands in the reeds' : i > 400 && i < 440 ? `ranword ${corpus[i - 401]}` : `line ${i + 1} ${'word '.repeat(i % 30)}`));
  for (let at = 0; at < MANY; at += 20) {
    const answers = await Promise.all(texts.slice(at, at + 20).map((text, i) => post(text, `m-${at + i}`)));
    for (const answer of answers) assert.equal(answer.status, 201, answer.text);
  }
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

const faultless = async (person) => {
  const faults = [];
  for (const colorScheme of ['light', 'dark']) {
    await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const fault of await axe.check(person.page)) faults.push(`${colorScheme}: ${fault}`);
  }
  assert.deepEqual(faults, []);
};
const seqOfFocus = (person) => person.page.evaluate(() => Number(document.activeElement?.closest('[data-seq]')?.getAttribute('data-seq')));
const message = (person, text) => person.id('message').filter({ hasText: text }).last();

test('by keyboard: a message deep in the history is found by its words, gone to, and left for the newest', async () => {
  await anna.page.goto(`${server.url}/c/${conversation}`);
  await anna.id('message-input').waitFor();
  await anna.id('conversation-menu').focus();
  await anna.page.keyboard.press('Enter');
  await anna.id('menu-search').waitFor();
  await faultless(anna);
  await until('the menu to have the keyboard', () => anna.page.evaluate(() => document.activeElement?.getAttribute('role') === 'menuitem'));
  await anna.page.keyboard.press('Enter');
  await until('the field to have it', () => anna.page.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'search-words'));
  await anna.page.keyboard.type('blue her');
  const hit = anna.id('search-hit').filter({ hasText: 'Blue heron' });
  await hit.waitFor();
  assert.deepEqual(await hit.locator('mark').allTextContents(), ['Blue', 'heron']);
  await faultless(anna);
  heron = Number(await hit.getAttribute('data-seq'));
  await hit.focus();
  await anna.page.keyboard.press('Enter');
  await until('the message to have the keyboard', async () => (await seqOfFocus(anna)) === heron);
  assert.ok(await message(anna, 'Blue heron').isVisible());
  // Only what is around it was loaded: the first message and the newest are far.
  await anna.id('to-newest').click();
  await anna.page.locator(`[data-testid=message][data-seq="${MANY}"]`).waitFor();
});

test('one who reads an old part comes by scrolling to the newest, and what comes meanwhile is counted', async () => {
  await anna.id('conversation-menu').click();
  await anna.id('menu-search').click();
  await anna.id('search-words').fill('heron');
  await anna.id('search-hit').first().click();
  await until('the message to have the keyboard', async () => (await seqOfFocus(anna)) === heron);
  await ben.page.goto(`${server.url}/c/${conversation}`);
  await ben.id('message-input').waitFor();
  await ben.say('said meanwhile');
  // What is answered here is named above the composer, though it is far from the newest.
  await message(anna, 'Blue heron').hover();
  await message(anna, 'Blue heron').getByTestId('message-reply').click();
  await anna.id('composer-about').filter({ hasText: 'Blue heron' }).waitFor();
  await anna.id('composer-drop').click();
  await anna.id('to-newest').filter({ hasText: '1' }).waitFor();
  await until('the newest', () => anna.page.evaluate(async () => {
    const box = document.querySelector('[data-testid=messages]');
    for (let i = 0; i < 10; i++) {
      box.scrollTop += 2000;
      await new Promise(requestAnimationFrame);
    }
    return [...document.querySelectorAll('[data-testid=message]')].some((one) => one.textContent.includes('said meanwhile'));
  }), { seconds: 60, every: 20 });
  const seqs = await anna.id('message').evaluateAll((all) => all.map((one) => Number(one.getAttribute('data-seq'))));
  assert.deepEqual(seqs, seqs.map((_, i) => seqs[0] + i), 'no message is left out or doubled');
});

test('filters narrow what is found, pages follow, and nothing found runs', async () => {
  await anna.page.evaluate(() => {
    window.__ran = [];
    for (const name of ['alert', 'prompt', 'confirm']) window[name] = () => window.__ran.push(name);
  });
  await anna.id('search-open').click();
  await anna.id('search-words').fill('ranword');
  await anna.id('search-more').waitFor();
  assert.equal(await anna.id('search-hit').count(), 30);
  await anna.id('search-more').click();
  await until('the rest', async () => (await anna.id('search-hit').count()) === 39);
  const strange = await anna.id('search-hit').evaluateAll((hits) => hits.flatMap((hit) => [...hit.querySelectorAll('*')]).filter((element) => !['SPAN', 'STRONG', 'TIME', 'MARK'].includes(element.tagName)).map((element) => element.outerHTML));
  assert.deepEqual(strange, []);
  assert.deepEqual(await anna.page.evaluate(() => window.__ran), []);
  await anna.id('search-from').selectOption({ label: 'Me' });
  await anna.id('search-said').filter({ hasText: 'Nothing was found.' }).waitFor();
  await anna.id('search-from').selectOption({ label: 'ben' });
  await anna.id('search-hit').first().waitFor();
  await anna.id('search-before').fill('2020-01-01');
  await anna.id('search-said').filter({ hasText: 'Nothing was found.' }).waitFor();
  await faultless(anna);
  await anna.id('search-clear').click();
  await anna.id('search-hit').first().waitFor();
  await anna.id('sheet-close').click();
});

test('by keyboard: an emoji is found and written, another is put on a message', async () => {
  await anna.id('message-input').fill('good ');
  await anna.id('emoji-open').focus();
  await anna.page.keyboard.press('Enter');
  await anna.id('emoji').first().waitFor();
  await faultless(anna);
  await until('the field to have the keyboard', () => anna.page.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'emoji-search'));
  await anna.page.keyboard.type('waving ha');
  await anna.page.locator('[data-testid=emoji][data-emoji="👋"]').waitFor();
  await anna.page.keyboard.press('Enter');
  await until('it to be in the text', async () => (await anna.id('message-input').inputValue()) === 'good 👋');
  await anna.page.keyboard.press('Enter');
  await ben.reads('good 👋');
  // From the composer to the messages, to the last one, and to its tools.
  await ben.id('messages').focus();
  await ben.page.keyboard.press('ArrowUp');
  await until('the last message to have the keyboard', async () => (await seqOfFocus(ben)) === MANY + 2);
  const row = ben.page.locator(`[data-testid=message][data-seq="${MANY + 2}"]`);
  await ben.page.keyboard.press('Tab');
  await until('its first tool to have it', () => ben.page.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'message-react'));
  await ben.page.keyboard.press('Enter');
  await row.getByTestId('react-more').focus();
  await ben.page.keyboard.press('Enter');
  await ben.id('emoji').first().waitFor();
  await faultless(ben);
  await ben.page.keyboard.press('ArrowDown');
  await ben.page.keyboard.press('ArrowRight');
  await ben.page.keyboard.press('ArrowDown');
  const chosen = await ben.page.evaluate(() => document.activeElement?.getAttribute('data-emoji'));
  assert.ok(chosen);
  await ben.page.keyboard.press('Enter');
  await anna.page.locator(`[data-testid=reaction][data-emoji="${chosen}"]`).waitFor();
  await until('the keyboard to be back at the message', async () => (await seqOfFocus(ben)) === MANY + 2);
});

test('who is here is seen, and who left', async () => {
  await until('ben to be here', async () => (await anna.id('presence').first().getAttribute('data-presence')) === 'online');
  assert.match(await anna.id('last-seen').textContent(), /Online/);
  const seen = ben.id('typing').filter({ hasText: 'anna is typing' });
  await anna.id('message-input').focus();
  await until('ben to see that anna types', async () => {
    await anna.page.keyboard.type('x');
    return (await seen.count()) > 0;
  });
  await anna.id('message-input').fill('');
});

test('a conversation is silenced and heard again; somebody is shut out and let in', async () => {
  await anna.id('conversation-menu').click();
  await anna.id('menu-mute').click();
  await anna.id('muted').waitFor();
  await anna.id('conversation-menu').click();
  await anna.id('menu-unmute').click();
  await until('it to be heard again', async () => (await anna.id('muted').count()) === 0);
  await anna.id('conversation-menu').click();
  await anna.id('menu-block').click();
  await anna.id('block-ask').waitFor();
  await faultless(anna);
  await anna.id('block-yes').click();
  await anna.id('blocked').waitFor();
  await faultless(anna);
  await ben.say('are you there?');
  await message(ben, 'are you there?').getByTestId('message-discard').click();
  await anna.id('unblock').click();
  await anna.id('message-input').waitFor();
  await ben.say('and now?');
  await anna.reads('and now?');
});
