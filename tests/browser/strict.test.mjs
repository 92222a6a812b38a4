// The page under its own Content-Security-Policy, as everybody gets it: over every view and state nothing is blocked,
// nothing is asked of anybody else, and no script could find what signs a session in.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { calling, furnish, inside, outside } from './support/tour.mjs';

let server;
let guest;
let anna;
let ben;
let world;
/** Blocked by a policy: what, by which rule, where. */
const blocked = [];
/** Addresses that are not the server's. */
const foreign = [];
/** What signs a session in, as it came over the wire. */
const secrets = new Set();

async function watched() {
  const person = await launch({ probe: false });
  await person.context.exposeFunction('tellBlocked', (what) => blocked.push(what));
  await person.context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => globalThis.tellBlocked(`${event.violatedDirective}: ${event.blockedURI} at ${location.pathname}, ${event.sourceFile}:${event.lineNumber}`));
  });
  person.context.on('request', (request) => {
    const url = new URL(request.url());
    if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.host !== new URL(server.url).host) foreign.push(request.url());
  });
  person.context.on('response', async (response) => {
    if (!response.url().includes('/api/v1/auth/')) return;
    const body = await response.json().catch(() => null);
    for (const name of ['accessToken', 'refreshToken']) if (body?.[name]) secrets.add(body[name]);
  });
  return person;
}

before(async () => {
  server = await Server.start();
  [guest, anna, ben] = await Promise.all([watched(), watched(), watched()]);
  world = await furnish(server, anna, ben);
});
after(async () => {
  await Promise.all([guest?.close(), anna?.close(), ben?.close()]);
  await server?.stop();
});

/** Everything that a script of the page could read and that outlives it, as one text. */
const readable = (page) =>
  page.evaluate(async () => {
    const found = [document.cookie, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), JSON.stringify(history.state)];
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames) found.push(name, JSON.stringify(await done(database.transaction(store).objectStore(store).getAll())));
      database.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) found.push(request.url, await (await cache.match(request)).text());
    }
    return found.join('\n');
  });

test('nothing is blocked and nobody else is asked, over every view and state', async () => {
  for (const [, go] of [...outside(server, guest), ...inside(server, anna, world)]) await go();
  for (const [, , go] of calling(server, anna, ben, world)) await go();
  assert.deepEqual(blocked, []);
  assert.deepEqual(foreign, []);
});

test('a script that somebody smuggled in is blocked, so that the test above can fail', async () => {
  await anna.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.smuggled = true';
    document.head.append(script);
    document.body.insertAdjacentHTML('beforeend', '<p style="color:red">x</p><img src="https://elsewhere.example/x.png" onerror="window.smuggled = true">');
  });
  assert.equal(await anna.page.evaluate(() => window.smuggled), undefined);
  for (const rule of ['script-src', 'style-src', 'img-src']) assert.ok(blocked.some((what) => what.startsWith(rule)), `${rule} in ${blocked.join('; ')}`);
});

test('what signs a session in is out of reach of scripts, and so is its cookie', async () => {
  const cookies = await anna.context.cookies();
  assert.ok(cookies.length > 0 && cookies.every(({ httpOnly, secure }) => httpOnly && secure), JSON.stringify(cookies));
  for (const { value } of cookies) secrets.add(value);
  assert.ok(secrets.size >= 3, 'the tokens were seen on the wire');
  const text = await readable(anna.page);
  assert.ok(text.includes('Who brings the cake'), 'the chats that are kept are among what was read');
  for (const secret of secrets) assert.ok(!text.includes(secret) && !text.includes(encodeURIComponent(secret)), 'a secret lies where scripts can read it');
});
