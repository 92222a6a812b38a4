// What a call tells of its own quality: bars fed by the server's figures, the figures behind them by keyboard, what is
// said when sound takes long to come and when it is lost. Pictures are kept under `shots/` for eyes.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { axe } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const SHOTS = join(dirname(fileURLToPath(import.meta.url)), 'shots');
const PASSWORD = 'a good long passphrase';
const SOON = { timeout: 60_000 };

let server;
let anna;
let ben;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  server = await Server.start();
  [anna, ben] = await Promise.all([launch(), launch()]);
  await anna.register(server, 'anna', PASSWORD);
  await ben.register(server, 'ben', PASSWORD);
  await anna.open('ben');
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

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

const state = (person, name) => person.page.locator(`[data-testid=call-state][data-state=${name}]`).waitFor(SOON);

test('bars show how the call is, and the keyboard reaches the figures behind them', async () => {
  await anna.id('call-start').click();
  await ben.id('call-accept').click();
  await state(anna, 'active');
  await anna.page.locator('[data-testid=call-bars]:not([data-bars="0"])').waitFor(SOON);
  await anna.id('call-bars').focus();
  await anna.page.keyboard.press('Enter');
  await anna.id('call-quality').waitFor();
  // The machine that tests may be busy: that there are figures counts here, not how good they are.
  const shows = (id, pattern) => until(`${id} to show ${pattern}`, async () => pattern.test(await anna.id(id).textContent()));
  for (const side of ['quality-hear', 'quality-said']) await shows(side, /^[1-4](\.\d)? of 4\.5$/);
  await shows('quality-rtt', /^[\d.,]+ ms$/);
  await shows('quality-loss', /^↓ [\d.,]+ % +↑ [\d.,]+ %$/);
  await shows('quality-path', /^UDP$/);
  await look(anna, 'call-quality');
  await anna.page.keyboard.press('Enter');
  await anna.id('call-quality').waitFor({ state: 'hidden' });
});

test('the bar on a phone shows who speaks, and how the call is', async () => {
  await anna.page.setViewportSize({ width: 360, height: 800 });
  await anna.id('call-minimise').click();
  await anna.id('call-voice').waitFor();
  const [bars, hangup] = await Promise.all([anna.id('call-bars').boundingBox(), anna.id('call-hangup').boundingBox()]);
  assert.ok(bars.width >= 24 && bars.height >= 24, `a thumb finds it: ${JSON.stringify(bars)}`);
  assert.ok(bars.y < hangup.y + hangup.height && hangup.y < bars.y + bars.height, 'one line of buttons');
  await anna.id('call-bars').click();
  await anna.id('call-quality').waitFor();
  await anna.id('call-bars').click();
  await anna.id('call-quality').waitFor({ state: 'hidden' });
  await look(anna, 'call-bar-between');
  await anna.id('call-expand').click();
});

test('a call whose server falls silent is kept, says so, and goes on', async () => {
  const call = async () => (await server.as('anna', PASSWORD)).send('GET', '/api/v1/calls').then((answer) => answer.json.calls[0]);
  const before = await call();
  server.child.kill('SIGSTOP');
  try {
    await anna.page.locator('[data-testid=call-notice]').waitFor(SOON);
    assert.match(await anna.id('call-notice').getAttribute('data-notice'), /^kept/);
    assert.match(await anna.id('call-notice').textContent(), /the call is kept/);
    await look(anna, 'call-kept');
  } finally {
    server.child.kill('SIGCONT');
  }
  await state(anna, 'active');
  await anna.id('call-notice').waitFor({ state: 'detached', ...SOON });
  assert.equal((await call()).id, before.id);
  await anna.id('call-hangup').click();
  await state(anna, 'ended');
});

/** Takes what is sent, over UDP and TCP on one port, and answers nothing: a firewall that drops, as a browser sees it. */
async function blackHole() {
  const taken = new Set();
  const tcp = createServer((socket) => {
    taken.add(socket);
    socket.on('error', () => {}).resume();
  });
  await new Promise((done) => tcp.listen(0, '127.0.0.1', done));
  const { port } = tcp.address();
  const udp = createSocket('udp4');
  await new Promise((done) => udp.bind(port, '127.0.0.1', done));
  const close = () => {
    for (const socket of taken) socket.destroy();
    tcp.close();
    udp.close();
  };
  return { port, close };
}
/** From here on the relay's candidates lead this browser into the hole, and so does its TURN server if `turnToo`. */
const lead = ({ port, turnToo }) => {
  window.__hole = { port, turnToo };
  if (window.__led) return;
  window.__led = true;
  const real = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const away = (line) => line.replace(/^(a=candidate:(?:\S+ ){5})\d+/, `$1${window.__hole.port}`);
    return real.call(this, { type: description.type, sdp: description.sdp.split('\r\n').map(away).join('\r\n') });
  };
  const Whole = RTCPeerConnection;
  const shut = (url) => url.replace(/^(turns?):.*?(\?|$)/, `$1:127.0.0.1:${window.__hole.port}$2`);
  window.RTCPeerConnection = class extends Whole {
    constructor(configuration = {}) {
      const servers = (configuration.iceServers ?? []).map((one) => ({ ...one, urls: [one.urls].flat().map(shut) }));
      super(window.__hole.turnToo ? { ...configuration, iceServers: servers } : configuration);
    }
  };
};
const notice = (person, key) => person.page.locator(`[data-testid=call-notice][data-notice=${key}]`).waitFor(SOON);

test('a call without sound yet says what is tried, then what this network holds back; the other one is told whom it waits for', async () => {
  const hole = await blackHole();
  const meet = async (turnToo) => {
    await ben.page.evaluate(lead, { port: hole.port, turnToo });
    await anna.id('call-dismiss').click();
    await anna.id('call-start').click();
    await ben.id('call-accept').click();
    await Promise.all([notice(ben, 'through'), notice(anna, 'theirs')]);
  };
  try {
    // UDP is shut, and TCP to where sound goes, while the server's TURN answers.
    await meet(false);
    assert.match(await ben.id('call-notice').textContent(), new RegExp(`through port ${new URL(server.url).port} `));
    assert.match(await anna.id('call-notice').textContent(), /no sound from ben yet/);
    await Promise.all([notice(ben, 'noUdp'), notice(anna, 'theirsSlow')]);
    assert.match(await ben.id('call-notice').textContent(), /little more than web traffic/);
    assert.match(await anna.id('call-notice').textContent(), /ben’s network/);
    assert.match(await anna.id('call-announce').textContent(), /no sound from ben\./);
    await look(ben, 'call-no-udp');
    // On a busy machine the server may have ended it while that was looked at.
    await until('the call to be over', async () => {
      if (await anna.id('call-hangup').count()) await anna.id('call-hangup').click({ timeout: 1000 }).catch(() => {});
      return anna.page.locator('[data-testid=call-state][data-state=ended]').count();
    });
    await state(ben, 'ended');
    await ben.id('call-dismiss').click();
    // Every way is shut, while the page and its socket live.
    await meet(true);
    await notice(ben, 'nothingAnswers');
    await ben.id('call-test-network').waitFor();
    await look(ben, 'call-slow');
    await state(ben, 'ended');
  } finally {
    hole.close();
  }
  await look(ben, 'call-failed');
  await ben.id('call-test-network').click();
  await ben.id('network-start').waitFor();
});

test('the history tells why a call was as it was', async () => {
  await anna.page.goto(`${server.url}/calls`);
  // The call that did not connect; before it one that was given up, and before that one that did.
  const [failed, talked] = [anna.id('history-row').nth(0), anna.id('history-row').nth(2)];
  await failed.getByTestId('history-why').click();
  await anna.page.locator('[data-finding="theirs.neverConnected"]').waitFor();
  await look(anna, 'history-failed');
  await talked.getByTestId('history-why').focus();
  await anna.page.keyboard.press('Enter');
  await until('the findings', async () => /you heard ben at [1-4]/.test(await talked.getByTestId('history-findings').textContent()));
  await look(anna, 'history-talked');
});
