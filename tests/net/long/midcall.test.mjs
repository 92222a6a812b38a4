// The network changes in the middle of a call: the call goes on, it stays one call in the record, and how long each
// side heard nothing is reported. What a figure should be stands in the design; a test only waits for the sound.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../../browser/support/until.mjs';
import { connect, hangUp, record, tones } from '../support/journey.mjs';
import { Party } from '../support/party.mjs';
import { report } from '../support/report.mjs';
import { skipLoudly } from '../support/skip.mjs';

const protocol = async (person) => (await person.page.evaluate(() => window.__probe.pair()))?.protocol;

/** What happens → where Ben sits, what is done to his network, and over what his sound goes then. */
const TROUBLES = {
  'UDP is blocked': { on: 'home', trouble: (client) => client.use('noudp'), then: 'tcp' },
  'the router gets another public address': { on: 'home', trouble: (client) => client.rebind() },
  'the router gets another public address, over TCP': { on: 'noudp', trouble: (client) => client.rebind() },
  'the client gets another address': { on: 'home', trouble: (client) => client.move() },
};

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
      await trouble(ben.client);
      await Promise.all(both.map((person, i) => person.hearsSteadily(from[i])));
      await tones(anna, ben);
      if (then) await until(`Ben's sound to go over ${then}`, async () => (await protocol(ben)) === then);
      const silence = await Promise.all(both.map((person, i) => person.page.evaluate((t) => window.__probe.silence(t), from[i])));
      const states = await ben.page.evaluate(() => window.__probe.states);
      await hangUp(anna, ben);
      const told = await record(party.server, ben);
      assert.equal(told.reason, 'hungUp');
      assert.equal(told.legs.length, 2);
      const [up, down] = silence.map(({ seconds }) => Number(seconds.toFixed(2)));
      report('Silence when …', { what, 'heard by the other, s': up, 'heard by him, s': down, paths: told.legs.map((leg) => leg.paths.join(' ')).join(' | ') });
      if (process.env.CHARLA_TEST_VERBOSE) console.log(JSON.stringify({ began, silence, states }));
      await party.leave(ben);
    });
  }
});
