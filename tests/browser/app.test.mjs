// Charla as an app: started without a network it shows the chats that it kept, and sends later what is written then; a
// new version asks before it takes over; and what the service worker keeps are the page's own files, nothing else.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { launchTrusting } from './support/trusting.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
const WORKER = join(dirname(fileURLToPath(import.meta.url)), '../../static/dist/sw.js');
let server;
let anna;
let ben;

before(async () => {
  server = await Server.start();
  [anna, ben] = await Promise.all([launchTrusting(server), launch()]);
  await anna.register(server, 'anna', PASSWORD);
  await ben.register(server, 'ben', PASSWORD);
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

/** Whether this page is answered by the service worker. */
const controlled = () => anna.page.evaluate(async () => (await navigator.serviceWorker.ready) && navigator.serviceWorker.controller !== null);
const cached = () => anna.page.evaluate(async () => {
  const all = {};
  for (const name of await caches.keys()) all[name] = (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
  return all;
});
const kept = () => anna.page.evaluate(() => new Promise((done, fail) => {
  const opening = indexedDB.open('charla-kept', 1);
  opening.onerror = () => fail(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction('snapshots').objectStore('snapshots').get('last');
    reading.onsuccess = () => {
      opening.result.close();
      done(JSON.stringify(reading.result ?? null));
    };
  };
}));

test('the worker keeps this version of the page, whole, and nothing of the API', async () => {
  await ben.open('anna');
  await ben.say('kept for later');
  await anna.id('conversation').filter({ hasText: 'kept for later' }).waitFor();
  await until('the worker to be in charge', controlled);
  await anna.id('conversation').first().click();
  await anna.reads('kept for later');
  await anna.page.goto(`${server.url}/settings/app`);
  await until('the settings to say so', async () => (await anna.id('app-offline').getAttribute('data-readiness')) === 'ready');
  const all = await cached();
  assert.equal(Object.keys(all).length, 1);
  const [files] = Object.values(all);
  assert.ok(files.includes('/index.html') && files.length > 20, files.join());
  assert.deepEqual(files.filter((file) => !/^\/(?:assets\/[\w.-]+|icons\/[\w.-]+|index\.html|favicon\.svg|manifest\.webmanifest)$/.test(file)), []);
});

test('what is the server’s own comes from the server', async () => {
  await anna.page.goto(`${server.url}/trust`);
  await anna.page.locator('.fingerprint').first().waitFor();
  await anna.page.goto(`${server.url}/api/docs`);
  await anna.page.getByRole('heading', { level: 1 }).waitFor();
  await anna.page.goto(server.url);
  await anna.id('conversation').first().waitFor();
});

test('without a network it starts, shows the last chats, and sends later what is written then', async () => {
  await until('the chat to be kept', async () => (await kept()).includes('kept for later'));
  await server.kill('SIGTERM');
  await anna.page.goto(server.url);
  await anna.id('conversation').filter({ hasText: 'ben' }).click();
  await anna.reads('kept for later');
  await anna.id('connection-lost').waitFor();
  await anna.say('written in a tunnel');
  await anna.page.locator('[data-testid=message-status][data-status=queued]').waitFor();
  await anna.page.reload();
  await anna.reads('kept for later');
  await anna.reads('written in a tunnel');
  await server.up();
  await ben.reads('written in a tunnel');
  await anna.page.locator('[data-testid=message-status][data-status=queued]').waitFor({ state: 'detached' });
  await anna.id('connection-lost').waitFor({ state: 'detached' });
  assert.equal(await ben.id('message').filter({ hasText: 'written in a tunnel' }).count(), 1);
});

test('what the server forgot while one was away is gone when it answers', async () => {
  const rest = await server.as('ben', PASSWORD);
  const { user } = await server.as('anna', PASSWORD);
  const group = (await rest.send('POST', '/api/v1/groups', { name: 'Choir', members: [user.id] })).json;
  await until('the group to be kept', async () => (await kept()).includes('Choir'));
  await anna.page.goto('about:blank');
  await rest.send('DELETE', `/api/v1/groups/${group.id}/members/${user.id}`);
  await server.kill('SIGTERM');
  await anna.page.goto(server.url);
  await anna.id('conversation').filter({ hasText: 'Choir' }).waitFor();
  await server.up();
  await anna.id('conversation').filter({ hasText: 'Choir' }).waitFor({ state: 'detached' });
  assert.equal(await anna.id('conversation').count(), 1);
});

test('a newer version asks, and takes over when it is told to', async () => {
  // The debug build serves dist/ from the disk.
  const worker = readFileSync(WORKER, 'utf8');
  const newer = worker.replace(/"([0-9a-f]{16})"/, (_, hash) => `"${[...hash].reverse().join('')}"`);
  assert.notEqual(newer, worker);
  try {
    writeFileSync(WORKER, newer);
    await anna.page.reload();
    await anna.id('update').waitFor();
    await anna.page.evaluate(() => (window.before = true));
    await anna.id('update-take').click();
    await until('the page to be loaded anew', async () => (await anna.page.evaluate(() => window.before)) === undefined);
    await anna.id('conversation').first().waitFor();
    assert.equal(await anna.id('update').count(), 0);
    assert.equal(Object.keys(await cached()).length, 2);
  } finally {
    writeFileSync(WORKER, worker);
  }
});

test('after signing out nothing of the chats is left on the device', async () => {
  await anna.page.goto(`${server.url}/settings/profile`);
  await anna.id('sign-out').click();
  await anna.id('submit').waitFor();
  await until('nothing to be kept', async () => (await kept()) === 'null');
  const left = await anna.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.ok(!left.includes('tunnel'), left);
});

test('a browser that does not trust the certificate says why there is no start without a network', async () => {
  await ben.page.goto(`${server.url}/settings/app`);
  await until('it to be said', async () => (await ben.id('app-offline').getAttribute('data-readiness')) === 'trust');
});

test('the app can be installed: its manifest and every icon are there', async () => {
  const manifest = (await server.get('/manifest.webmanifest')).json;
  assert.equal(manifest.display, 'standalone');
  assert.ok(manifest.icons.some(({ purpose }) => purpose === 'maskable'));
  for (const { src, type } of manifest.icons) {
    const answer = await server.get(src);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], type);
  }
});
