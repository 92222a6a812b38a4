// Several people in one real Chromium, each with a context and a voice of his own. Cheaper than a browser each where it is
// the page that is tested, not the microphone.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { ARGS, CHROMIUM, Person } from './browser.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
export const PASSWORD = 'a good long passphrase';

/** `voices`: the tone of each person's microphone in Hz, by name. Everybody is registered and at home. */
export async function crowd(server, voices, { viewport = { width: 1280, height: 800 } } = {}) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: ARGS });
  const people = {};
  const close = () => browser.close();
  try {
    await Promise.all(Object.entries(voices).map(async ([username, hz]) => (people[username] = await arrive(browser, server, username, hz, viewport))));
  } catch (error) {
    await close();
    throw error;
  }
  return { browser, people, close };
}

/** One more device of somebody, who is registered if he is new. */
export async function arrive(browser, server, username, hz, viewport) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true, permissions: ['microphone'], viewport });
  await context.addInitScript({ path: join(HERE, 'microphone.js') });
  await context.addInitScript((tone) => (window.__mic.hz = tone), hz);
  await context.addInitScript({ path: join(HERE, 'probe.js') });
  const headers = { origin: server.url, 'x-charla-csrf': '1' };
  const data = { username, email: `${username}@example.org`, password: PASSWORD };
  const registered = await context.request.post(`${server.url}/api/v1/auth/register`, { data, headers });
  if (!registered.ok()) {
    const signedIn = await context.request.post(`${server.url}/api/v1/auth/login`, { data: { username, password: PASSWORD }, headers });
    if (!signedIn.ok()) throw new Error(`${username}: ${await signedIn.text()}`);
  }
  const page = await context.newPage();
  const person = Object.assign(new Person(page, { close: () => context.close() }, context, ''), { username, hz, server });
  page.on('console', (m) => person.console.push(`${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => person.console.push(`pageerror: ${e.message}`));
  await page.goto(server.url);
  await person.id('person-search').waitFor();
  return person;
}

/** What a person asks of the server beside the page, with his cookie. */
export async function ask(person, method, path, data) {
  const headers = { origin: person.server.url, 'x-charla-csrf': '1' };
  const answer = await person.context.request.fetch(`${person.server.url}/api/v1/${path}`, { method, headers, ...(data && { data }) });
  const text = await answer.text();
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${text}`);
  return text ? JSON.parse(text) : null;
}
