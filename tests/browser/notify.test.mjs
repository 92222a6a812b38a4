// What the system is told while the page is in the background: who wrote and what, as far as its reader wishes others to
// see it, nothing of what he silenced; a click leads there. The system is the test's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, crowd } from './support/crowd.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

let server;
let all;
let anna;
let ben;
let chat;

before(async () => {
  server = await Server.start();
  all = await crowd(server, { anna: 1000, ben: 440 });
  ({ anna, ben } = all.people);
  await ben.context.addInitScript(() => {
    window.__told = [];
    document.hasFocus = () => false;
    window.Notification = class extends EventTarget {
      static permission = 'granted';
      constructor(title, { tag, body, requireInteraction }) {
        super();
        Object.assign(this, { title, tag, body, requireInteraction, open: true });
        window.__told.push(this);
      }
      close() {
        this.open = false;
        this.dispatchEvent(new Event('close'));
      }
    };
  });
  await anna.open('ben');
  chat = anna.page.url().split('/').at(-1);
  await open();
});
after(async () => {
  await all?.close();
  await server?.stop();
});

/** Ben is elsewhere on the page, and the page is in the background. What he is told by cards says that it is alive. */
async function open() {
  await ben.page.goto(`${server.url}/settings/notifications`);
  await ben.id('notify-system').waitFor();
}
const told = (key) => ben.page.evaluate((what) => window.__told.map((one) => one[what]), key);
/** Until the last that was told has this in its body. */
const tells = (body) => until(`the system to be told "${body}"`, async () => (await told('body')).at(-1) === body);
const knows = async (text) => until(`the page to know "${text}"`, () => ben.page.evaluate((words) => {
  const pinia = document.querySelector('#app').__vue_app__.config.globalProperties.$pinia;
  return Object.values(pinia._s.get('chats').threads).some(({ conversation }) => conversation.lastMessage?.content === words);
}, text));

test('a message is told with who wrote it, and the click leads to it', async () => {
  // What watches for messages is loaded after the first view.
  await until('the first to be told', async () => {
    await anna.say('are you there?');
    return (await told('body')).length;
  }, { every: 1000 });
  assert.equal((await told('title')).at(-1), 'anna');
  assert.equal((await told('body')).at(-1), 'are you there?');
  // More may be told meanwhile.
  await ben.page.evaluate(() => {
    window.__clicked = window.__told.at(-1);
    window.__clicked.dispatchEvent(new Event('click'));
  });
  await ben.page.waitForURL(`**/c/${chat}`);
  await ben.reads('are you there?');
  await until('it to be closed', () => ben.page.evaluate(() => !window.__clicked.open));
});

test('without a preview nobody beside the screen reads what was written', async () => {
  await ben.id('nav-chat').waitFor();
  await ben.page.evaluate(() => localStorage.setItem('charla.telling', JSON.stringify({ preview: false })));
  await open();
  await until('one to be told', async () => {
    await anna.say('a secret');
    return (await told('body')).length;
  }, { every: 1000 });
  assert.ok((await told('body')).every((body) => body && !body.includes('secret')));
  await ben.page.evaluate(() => localStorage.removeItem('charla.telling'));
  await open();
});

test('nothing is told of a muted chat, nor while nobody may disturb', async () => {
  const before = async () => (await told('body')).length;
  await until('the page to listen', async () => {
    await anna.say('can be told');
    return before();
  }, { every: 1000 });
  for (const [what, on, off] of [
    ['muted', () => ask(ben, 'PUT', `conversations/${chat}/mute`, {}), () => ask(ben, 'DELETE', `conversations/${chat}/mute`)],
    ['undisturbed', () => ask(ben, 'PATCH', 'users/me/settings', { doNotDisturb: true }), () => ask(ben, 'PATCH', 'users/me/settings', { doNotDisturb: false })],
  ]) {
    await on();
    await until('the page to know it', () => ben.page.evaluate((id) => {
      const pinia = document.querySelector('#app').__vue_app__.config.globalProperties.$pinia;
      return !pinia._s.get('regards').mayTell(id);
    }, chat));
    const count = await before();
    await anna.say(`while ${what}`);
    await knows(`while ${what}`);
    assert.equal(await before(), count, what);
    await off();
    await until('the page to know it', () => ben.page.evaluate((id) => {
      const pinia = document.querySelector('#app').__vue_app__.config.globalProperties.$pinia;
      return pinia._s.get('regards').mayTell(id);
    }, chat));
    await anna.say(`after ${what}`);
    await tells(`after ${what}`);
  }
});

test('a call that rings stays until it is answered or over, and goes with it', async () => {
  await anna.id('call-start').click();
  const call = () => ben.page.evaluate(() => {
    const one = window.__told.find(({ tag }) => tag === 'call');
    return one && { title: one.title, stays: one.requireInteraction, open: one.open };
  });
  assert.deepEqual(await until('the call to be told', call), { title: 'anna is calling', stays: true, open: true });
  await anna.id('call-hangup').click();
  await until('it to be taken back', async () => !(await call()).open);
});
