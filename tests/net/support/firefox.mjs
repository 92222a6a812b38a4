// Firefox on a client's network, driven over WebDriver BiDi, behind as much of Playwright's page as `Person` uses.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { bound } from '../../browser/support/bound.mjs';
import { Person } from '../../browser/support/browser.mjs';
import { until } from '../../browser/support/until.mjs';
import { trust } from './people.mjs';
import { PORT as PROXY_PORT } from './proxy.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const FIREFOX = process.env.CHARLA_TEST_FIREFOX ?? 'firefox-esr';
const PROBES = [join(HERE, '../../browser/support/probe.js'), join(HERE, 'probe-firefox.js')];

const preferences = (client, tone) => ({
  'media.navigator.streams.fake': true,
  'media.navigator.audio.fake_frequency': tone,
  'media.navigator.permission.disabled': true,
  // Without a network around it, the loopback is the only one there is.
  'media.peerconnection.ice.loopback': client.namespace === null,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  ...(client.proxy && {
    'network.proxy.type': 1,
    'network.proxy.ssl': new URL(client.proxy.url).hostname,
    'network.proxy.ssl_port': PROXY_PORT,
  }),
});

/** Somebody in Firefox on a client's network. */
export async function firefox(client, server, { tone = 1000 } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'charla-firefox-'));
  const profile = join(dir, 'profile');
  mkdirSync(profile);
  trust(profile, server.authority);
  const lines = Object.entries(preferences(client, tone)).map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});`);
  writeFileSync(join(profile, 'user.js'), lines.join('\n'));
  const gate = client.namespace === null ? await freePort() : await forward(client);
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', String(gate.address().port), 'about:blank'];
  const child = client.lab.spawn(client.namespace, FIREFOX, args, { env: { ...process.env, HOME: dir }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  await until('Firefox to listen for its driver', () => /BiDi listening/.test(said), { seconds: 60 });
  const browser = await puppeteer.connect({ browserWSEndpoint: `ws://127.0.0.1:${gate.address().port}/session`, protocol: 'webDriverBiDi' });
  const page = await browser.newPage();
  for (const probe of PROBES) await page.evaluateOnNewDocument(readFileSync(probe, 'utf8'));
  const closing = {
    close: async () => {
      await browser.close().catch(() => {});
      child.kill();
      gate.close();
    },
  };
  return new Person(new Page(page), closing, null, dir);
}

/** Firefox on this machine's own loopback, with no network around it. */
export const LOOPBACK = {
  namespace: null,
  lab: {
    spawn: (_, program, args, options) => {
      const [bound_, ...rest] = bound([program, ...args]);
      return spawn(bound_, rest, options);
    },
  },
};

/** Why there is no Firefox here; null if there is. */
export function noFirefox() {
  for (const program of [FIREFOX, 'certutil']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is missing: tools/need.sh long`;
  }
  return null;
}

/** A free port, given back at once for Firefox to take. */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  return { address: () => address, close: () => {} };
}

/** The port on which Firefox will listen in its namespace, reachable out here under the same number. */
async function forward(client) {
  const gate = createServer((socket) => {
    const inside = client.lab.dial(client.namespace, '127.0.0.1', gate.address().port);
    for (const end of [socket, inside]) end.on('error', () => {});
    socket.pipe(inside).pipe(socket);
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  return gate;
}

class Page {
  constructor(page) {
    this.page = page;
  }
  goto(url) {
    return this.page.goto(url, { waitUntil: 'load' });
  }
  evaluate(work, argument) {
    return this.page.evaluate(work, argument);
  }
  getByTestId(name) {
    return new Element(this.page, name, '');
  }
}

/** Does `what` to the first element with the test id that holds the text; answers null while there is none. */
const act = (name, text, what, value) => {
  const found = [...document.querySelectorAll(`[data-testid="${name}"]`)].filter((each) => each.textContent.includes(text));
  if (what === 'count') return found.length;
  const [element] = found;
  if (!element) return null;
  if (what === 'attribute') return element.getAttribute(value);
  if (what === 'click') element.click();
  if (what === 'fill') {
    element.focus();
    element.value = value;
    element.dispatchEvent(new Event('input', { bubbles: true }));
  }
  return true;
};

class Element {
  constructor(page, name, text) {
    Object.assign(this, { page, name, text });
  }
  filter({ hasText }) {
    return new Element(this.page, this.name, hasText);
  }
  first() {
    return this;
  }
  act(what, value) {
    return this.page.evaluate(act, this.name, this.text, what, value);
  }
  when(what, value) {
    return until(`${what} ${this.name} ${this.text}`, () => this.act(what, value));
  }
  waitFor() {
    return this.when('find');
  }
  click() {
    return this.when('click');
  }
  fill(value) {
    return this.when('fill', value);
  }
  count() {
    return this.act('count');
  }
  async getAttribute(key) {
    return this.when('attribute', key);
  }
}
