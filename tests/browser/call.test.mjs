// Two people in two browsers call each other: a tone goes in at one and its frequency comes out at the other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const ANNA = 1000;
const BEN = 440;
const PASSWORD = 'a good long passphrase';

let server;
let anna;
let ben;

before(async () => {
  server = await Server.start();
  [anna, ben] = await Promise.all([launch({ tone: ANNA }), launch({ tone: BEN })]);
  await Promise.all([anna.register(server, 'anna', PASSWORD), ben.register(server, 'ben', PASSWORD)]);
  await anna.open('ben');
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

const state = (person, wanted) =>
  until(`${person.username} to be ${wanted}`, async () => (await person.id('call-state').getAttribute('data-state')) === wanted);
const connected = () => Promise.all([state(anna, 'active'), state(ben, 'active')]);
const pair = (person) => person.page.evaluate(() => window.__probe.pair());
const tones = () => Promise.all([ben.hearsTone(ANNA), anna.hearsTone(BEN)]);
const over = (person) => until(`${person.username}'s call to be over`, async () => (await person.id('call-hangup').count()) === 0);

/** Ben's view of the newest call, once it has ended. */
async function record(status) {
  const rest = await server.as('ben', PASSWORD);
  return until(`a call record with status ${status}`, async () => {
    const { json } = await rest.send('GET', '/api/v1/calls?limit=1');
    return json.calls[0]?.status === status && json.calls[0];
  });
}

async function call({ tcpOnly = false } = {}) {
  for (const person of [anna, ben]) await person.page.evaluate((drop) => (window.__probe.dropUdp = drop), tcpOnly);
  await anna.id('call-start').click();
  await ben.id('call-accept').waitFor();
}

describe('a call over UDP', () => {
  test('nothing is heard before it is accepted, even with media warmed up', async () => {
    await call();
    await until("Ben's transport to be warm", async () => (await ben.page.evaluate(() => window.__probe.pcs.at(-1)?.connectionState)) === 'connected');
    await until("Anna's transport to be warm", async () => (await anna.page.evaluate(() => window.__probe.pcs.at(-1)?.connectionState)) === 'connected');
    const heard = await ben.hears(ANNA);
    assert.ok(heard[ANNA].rms < 10, `Ben hears ${JSON.stringify(heard)}`);
  });

  test('each hears the other after the accept', async () => {
    await ben.id('call-accept').click();
    await connected();
    await tones();
    assert.equal((await pair(anna)).protocol, 'udp');
    assert.equal(await anna.id('call-timer').isVisible(), true);
  });

  test('mute silences, and unmute brings it back', async () => {
    await anna.id('call-mute').click();
    await ben.hearsNothing();
    await anna.hearsTone(BEN);
    await anna.id('call-mute').click();
    await ben.hearsTone(ANNA);
  });

  test('an ICE restart keeps the call and its sound', async () => {
    const before = (await pair(anna)).ufrag;
    await anna.page.evaluate(() => window.dispatchEvent(new Event('online')));
    await until('fresh ICE credentials in use', async () => {
      const now = await pair(anna);
      return now && now.ufrag !== before && now.state !== 'disconnected';
    });
    await tones();
    await state(anna, 'active');
  });

  test('hanging up ends both sides, and the record tells it', async () => {
    await anna.id('call-hangup').click();
    await Promise.all([over(anna), over(ben)]);
    const call = await record('completed');
    assert.equal(call.reason, 'hungUp');
    const marks = [call.startTime, call.answerTime, call.connectTime, call.endTime].map((t) => Date.parse(t));
    assert.deepEqual(marks, [...marks].sort((a, b) => a - b), JSON.stringify(call));
    assert.ok(marks.every(Number.isFinite));
    assert.equal(call.durationSeconds, Math.floor((marks[3] - marks[1]) / 1000));
    assert.equal(call.legs.length, 2);
    for (const leg of call.legs) {
      assert.deepEqual(leg.paths, ['udp']);
      assert.ok(leg.quality.up.packets > 100, JSON.stringify(leg));
      assert.ok(leg.quality.rttMs > 0 && leg.quality.rttMs < 1000, JSON.stringify(leg));
      assert.ok(leg.quality.up.lossPct <= 5, JSON.stringify(leg));
      assert.ok(leg.setupMs >= 0);
    }
  });
});

describe('a call with UDP taken out of the answer', () => {
  test('goes over ICE-TCP, on the same port', async () => {
    await call({ tcpOnly: true });
    await ben.id('call-accept').click();
    await connected();
    await tones();
    assert.equal((await pair(anna)).protocol, 'tcp');
    assert.equal((await pair(ben)).protocol, 'tcp');
  });

  test('and survives an ICE restart there', async () => {
    const before = (await pair(ben)).ufrag;
    await ben.page.evaluate(() => window.dispatchEvent(new Event('online')));
    await until('fresh ICE credentials in use', async () => (await pair(ben))?.ufrag !== before);
    await tones();
  });

  test('the record names the path; the callee can hang up too', async () => {
    await ben.id('call-hangup').click();
    await Promise.all([over(anna), over(ben)]);
    const call = await record('completed');
    for (const leg of call.legs) assert.deepEqual(leg.paths, ['ice-tcp']);
  });
});

describe('calls that are not answered', () => {
  test('a declined call is recorded as rejected', async () => {
    await call();
    await ben.id('call-decline').click();
    await Promise.all([over(anna), over(ben)]);
    assert.equal((await record('rejected')).reason, 'declined');
  });

  test('a call given up is cancelled and stops ringing', async () => {
    await call();
    await anna.id('call-hangup').click();
    await until('the ringing to stop', async () => (await ben.id('call-accept').count()) === 0);
    assert.equal((await record('cancelled')).answerTime, null);
  });
});

describe('what happens to a call in trouble', () => {
  test('a reloaded page is back in its call', async () => {
    await call();
    await ben.id('call-accept').click();
    await connected();
    await ben.page.reload();
    await state(ben, 'active');
    await tones();
    await anna.id('call-hangup').click();
    await Promise.all([over(anna), over(ben)]);
    await record('completed');
  });

  test('a killed server has the call again once it is back, and one record tells of it', async () => {
    await call();
    await ben.id('call-accept').click();
    await connected();
    await tones();
    await server.kill('SIGKILL');
    await server.up();
    const rest = await server.as('ben', PASSWORD);
    const calls = async () => (await rest.send('GET', '/api/v1/calls?limit=100')).json.calls;
    const { id } = (await calls())[0];
    const whole = async () => (await rest.send('GET', `/api/v1/calls/${id}`)).json;
    // What was heard before the kill is still in the ears' memory: the new connections come first.
    await until('both to be connected anew', async () => {
      const after = ((await whole()).timeline ?? []).map((entry) => entry.kind);
      const since = after.slice(after.lastIndexOf('serverRestart') + 1);
      return after.includes('serverRestart') && since.filter((kind) => ['connected', 'rejoined', 'back'].includes(kind)).length >= 2;
    });
    await connected();
    await tones();
    await anna.id('call-hangup').click();
    await Promise.all([over(anna), over(ben)]);
    const call_ = await record('completed');
    assert.equal(call_.id, id, 'it is the same call');
    assert.equal((await calls()).filter((other) => other.endTime === null).length, 0);
  });
});

test('the history shows the calls', async () => {
  await ben.page.goto(`${server.url}/calls`);
  await ben.id('history-row').first().waitFor();
  assert.ok((await ben.id('history-row').count()) >= 5);
});
