// Two people in two browsers write to each other; what was said survives a reload and a killed server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './support/browser.mjs';
import { ask } from './support/crowd.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

// A red dot.
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==', 'base64');
let server;
let anna;
let ben;

before(async () => {
  server = await Server.start();
  [anna, ben] = await Promise.all([launch({ probe: false }), launch({ probe: false })]);
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

test('both register and write to each other', async () => {
  await Promise.all([anna.register(server, 'anna', 'a good long passphrase'), ben.register(server, 'ben', 'another long passphrase')]);
  await anna.open('ben');
  await anna.say('hello from Anna');
  await ben.open('anna');
  await ben.reads('hello from Anna');
  await ben.say('and hello from Ben');
  await anna.reads('and hello from Ben');
});

test('the sender sees that it was read', async () => {
  const status = anna.id('message').filter({ hasText: 'hello from Anna' }).getByTestId('message-status');
  await until('the message to be marked read', async () => (await status.getAttribute('data-status')) === 'read');
});

test('a screen reader is told what came, a picture by its kind, and nothing of a muted chat', async () => {
  const told = ben.id('announce');
  await anna.say('read me out');
  await until('the words to be told', async () => (await told.textContent()) === 'anna wrote: read me out');
  await anna.id('file-input').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: PNG });
  await anna.id('message-send').click();
  await until('the picture to be told', async () => (await told.textContent()) === 'anna wrote: Picture');
  const mute = `conversations/${ben.page.url().split('/').at(-1)}/mute`;
  Object.assign(ben, { server });
  await ask(ben, 'PUT', mute, {});
  await ben.id('muted').waitFor();
  await anna.say('not to be told');
  await ben.reads('not to be told');
  assert.equal(await told.textContent(), 'anna wrote: Picture');
  await ask(ben, 'DELETE', mute);
  await ben.id('muted').waitFor({ state: 'detached' });
  assert.equal(await told.textContent(), 'anna wrote: Picture', 'nor when it is muted no more');
});

test('markup is shown, never run', async () => {
  const evil = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
  await anna.say(evil);
  await ben.reads('<img src=x onerror=');
  assert.notEqual(await ben.page.title(), 'owned');
  assert.equal(await ben.id('message').filter({ hasText: '<img src=x' }).locator('img, script').count(), 0);
});

test('the history survives a reload', async () => {
  await ben.page.reload();
  await ben.open('anna');
  await ben.reads('hello from Anna');
  await ben.reads('and hello from Ben');
});

test('a killed server comes back with every message, and the pages by themselves', async () => {
  await server.kill('SIGKILL');
  await server.up();
  await ben.say('are you still there?');
  await anna.reads('are you still there?');
  const rest = await server.as('anna', 'a good long passphrase');
  const { json } = await rest.send('GET', '/api/v1/conversations');
  const messages = (await rest.send('GET', `/api/v1/conversations/${json.conversations[0].id}/messages`)).json.messages;
  const said = messages.map((m) => m.content);
  for (const text of ['hello from Anna', 'and hello from Ben', 'are you still there?'])
    assert.equal(said.filter((s) => s === text).length, 1, text);
  assert.deepEqual(messages.map((m) => m.seq), messages.map((_, i) => i + 1));
});

test('what was written without a connection is sent when it returns', async () => {
  await anna.context.setOffline(true);
  await anna.say('written in a tunnel');
  await anna.context.setOffline(false);
  await ben.reads('written in a tunnel');
  assert.equal(await ben.id('message').filter({ hasText: 'written in a tunnel' }).count(), 1);
});

test('no script, style or connection of a third party was asked for', () => {
  for (const person of [anna, ben]) {
    const violations = person.console.filter((line) => /Content Security Policy|Refused to|pageerror/i.test(line));
    assert.deepEqual(violations, []);
  }
});
