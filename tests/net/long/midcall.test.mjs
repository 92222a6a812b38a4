// The network changes in the middle of a call: the call goes on, it stays one call in the record, whose timeline tells
// what happened when, and how long each side heard nothing is reported. What a figure should be stands in the design; a
// test only waits for the sound.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, connect, hangUp, record, tones } from '../support/journey.mjs';
import { Party } from '../support/party.mjs';
import { report } from '../support/report.mjs';
import { skipLoudly } from '../support/skip.mjs';

/** What happens → where Ben sits, what is done to his network, and over what his sound may go then. */
const TROUBLES = {
  'UDP is blocked': { on: 'home', trouble: (client) => client.use('noudp'), then: ['ice-tcp', 'turn-tcp', 'turn-tls'] },
  'the router gets another public address': { on: 'home', trouble: (client) => client.rebind(), then: ['udp'] },
  'the router gets another public address, over TCP': { on: 'noudp', trouble: (client) => client.rebind(), then: ['ice-tcp', 'turn-tcp', 'turn-tls'] },
  'the client gets another address': { on: 'home', trouble: (client) => client.move(), then: ['udp'] },
  'the tunnel is cut, over TURN/TLS': { on: 'tls443', trouble: (client) => client.forget(), then: ['turn-tls'] },
  'the router gets another public address, over TURN/TLS': { on: 'tls443', trouble: (client) => client.rebind(), then: ['turn-tls'] },
  'the HTTP proxy is started again': { on: 'proxy', trouble: (client) => client.proxy.restart(), then: ['ice-tcp', 'turn-tcp', 'turn-tls'] },
  'the HTTP proxy gets another public address': { on: 'proxy', trouble: (client) => client.rebind(), then: ['ice-tcp', 'turn-tcp', 'turn-tls'] },
};
/** What the timeline calls a change of path. */
const CHANGES = ['path', 'iceRestart', 'rejoined'];

/** The one call of somebody who had no other. */
async function only(server, person) {
  const told = await record(server, person);
  const { json } = await (await server.as(person.username, PASSWORD)).send('GET', '/api/v1/calls?limit=10');
  assert.deepEqual(json.calls.map(({ id }) => id), [told.id]);
  return told;
}

/** That a timeline tells the story of trouble at `atMs`: connected before, moved after, over to one of `paths`. */
function assertTold({ timeline, legs }, user, atMs, paths) {
  const story = JSON.stringify(timeline);
  const own = timeline.filter((entry) => entry.user === user);
  assert.deepEqual(timeline, timeline.toSorted((a, b) => a.atMs - b.atMs), 'in order');
  const connected = own.find(({ kind }) => kind === 'connected');
  assert.ok(connected && connected.atMs < atMs, story);
  const moved = own.filter((entry) => CHANGES.includes(entry.kind) && entry.atMs >= atMs);
  assert.ok(moved.length > 0, `nothing is told of what happened at ${atMs} ms: ${story}`);
  const last = own.findLast(({ path }) => path);
  assert.ok(paths.includes(last.path), `over ${last.path}: ${story}`);
  assert.ok(legs.find((leg) => leg.user === user).paths.includes(last.path));
  const end = timeline.at(-1);
  assert.deepEqual([end.kind, end.reason], ['ended', 'hungUp']);
  return moved.map(({ kind, path, atMs: at }) => `${kind}${path ? ` ${path}` : ''} +${((at - atMs) / 1000).toFixed(1)} s`).join(', ');
}

describe('in mid-call', { skip: skipLoudly() }, () => {
  let party;
  before(async () => (party = await Party.start()));
  after(() => party?.end());

  for (const [what, { on, trouble, then }] of Object.entries(TROUBLES)) {
    test(what, async () => {
      const { anna } = party;
      const ben = await party.welcome(`ben-${Object.keys(TROUBLES).indexOf(what)}`, on);
      await anna.open(ben.username);
      await connect(anna, ben);
      await tones(anna, ben);
      const both = [anna, ben];
      const from = await Promise.all(both.map((person) => person.page.evaluate(() => window.__probe.now())));
      const began = await ben.page.evaluate(() => Math.round(performance.now()));
      const at = Date.now();
      await trouble(ben.client);
      await Promise.all(both.map((person, i) => person.hearsSteadily(from[i])));
      await tones(anna, ben);
      const silence = await Promise.all(both.map((person, i) => person.page.evaluate((t) => window.__probe.silence(t), from[i])));
      const states = await ben.page.evaluate(() => window.__probe.states);
      await hangUp(anna, ben);
      const told = await only(party.server, ben);
      assert.deepEqual([told.status, told.reason, told.legs.length], ['completed', 'hungUp', 2]);
      const { user } = await party.server.as(ben.username, PASSWORD);
      const story = assertTold(told, user.id, at - Date.parse(told.startTime), then);
      const [up, down] = silence.map(({ seconds }) => Number(seconds.toFixed(2)));
      report('Silence when …', { what, 'heard by the other, s': up, 'heard by him, s': down, 'the timeline': story });
      if (process.env.CHARLA_TEST_VERBOSE) console.log(JSON.stringify({ began, silence, states, timeline: told.timeline }));
      await party.leave(ben);
    });
  }
});
