// The network test, in a real Chromium against a real server: ways that are open are found and measured, a way that is
// shut is named, and the page says in plain words what that means. The pictures are kept under `shots/` for eyes.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { axe } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';

const SHOTS = join(dirname(fileURLToPath(import.meta.url)), 'shots');
const PASSWORD = 'a good long passphrase';

let server;
const port = () => new URL(server.url).port;
let anna;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  server = await Server.start();
  anna = await launch();
  await anna.register(server, 'anna', PASSWORD);
});
after(async () => {
  await anna?.close();
  await server?.stop();
});

/** A browser whose network shuts one way: its candidates never get into an answer, as if nothing came back. What goes
 * through a TURN tunnel is not touched, as no router could. */
const shut = (transport) => `{
  const real = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    if (this.getConfiguration().iceTransportPolicy === 'relay') return real.call(this, description);
    const kept = description.sdp.split('\\r\\n').filter((line) => !(line.startsWith('a=candidate:') && line.split(' ')[2].toLowerCase() === '${transport}'));
    return real.call(this, { type: description.type, sdp: kept.join('\\r\\n') });
  };
}`;

/** Presses the button and waits for the verdict; the states of the ways and its text. */
async function run(person) {
  await person.page.goto(`${server.url}/network`);
  await person.id('network-start').click();
  await person.id('network-verdict').waitFor({ timeout: 60_000 });
  const ways = {};
  for (const row of await person.id('network-way').all())
    ways[await row.getAttribute('data-way')] = { step: await row.getAttribute('data-step'), figures: await row.getByTestId('network-figures').textContent() };
  const card = person.id('network-verdict');
  return { ways, verdict: await card.getAttribute('data-verdict'), mood: await card.getAttribute('data-mood'), text: await card.textContent() };
}

async function look(person, name) {
  const faults = [];
  for (const width of [360, 1440])
    for (const colorScheme of ['light', 'dark']) {
      await person.page.setViewportSize({ width, height: 800 });
      await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await person.page.screenshot({ path: join(SHOTS, `${name}-${width}-${colorScheme}.png`) });
      if (await person.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) faults.push(`${name} at ${width} px scrolls sideways`);
      for (const fault of await axe.check(person.page)) faults.push(`${name} ${width} ${colorScheme}: ${fault}`);
    }
  await person.page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual(faults, []);
}

test('open ways are found to work, with a measured round trip, and without a microphone', async () => {
  await anna.page.goto(`${server.url}/settings/audio`);
  await anna.id('to-network').click();
  await anna.id('network-start').waitFor();
  await look(anna, 'network-idle');
  await anna.page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  const { ways, verdict, mood } = await run(anna);
  for (const way of ['udp', 'ice-tcp']) {
    assert.equal(ways[way].step, 'works', JSON.stringify(ways));
    assert.match(ways[way].figures, /^[\d.,]+ ms there and back · connected in [\d.,]+ ms · [\d.,]+ % lost · [\d.,]+ ms jitter$/);
  }
  assert.ok(['good', 'weak'].includes(verdict), verdict);
  assert.notEqual(mood, 'unknown');
  await look(anna, 'network-good');
});

test('a network that shuts UDP is told from one that does not, and what to ask for is told', async () => {
  const ben = await launch({ probe: true });
  try {
    await ben.context.addInitScript(shut('udp'));
    await ben.context.grantPermissions(['clipboard-read', 'clipboard-write', 'microphone']);
    await ben.register(server, 'ben', PASSWORD);
    const { ways, verdict, text } = await run(ben);
    assert.equal(ways.udp.step, 'blocked');
    assert.equal(ways['ice-tcp'].step, 'works');
    assert.match(verdict, /^detour/);
    assert.match(text, new RegExp(`Allow UDP to localhost, port ${port()}`));
    await look(ben, 'network-noudp');
    await ben.id('network-copy').click();
    const letter = await ben.page.evaluate(() => navigator.clipboard.readText());
    assert.match(letter, new RegExp(`- Allow UDP to localhost, port ${port()}`));
    assert.match(letter, /- UDP: Blocked/);
    assert.match(letter, /- TCP: Works \([\d.,]+ ms there and back/);
  } finally {
    await ben.close();
  }
});

test('a page that is left in the middle of a test leaves nothing behind, and the next test runs', async () => {
  await anna.page.goto(`${server.url}/network`);
  await anna.id('network-start').click();
  await anna.page.locator('[data-testid=network-way][data-way=udp][data-step=measuring]').waitFor({ timeout: 30_000 });
  await anna.id('nav-settings').click();
  await anna.id('own-username').waitFor();
  const { ways } = await run(anna);
  assert.equal(ways.udp.step, 'works');
});
