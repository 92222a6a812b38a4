// Firefox ESR, which has habits of its own: the same journeys on the networks that tell most.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, hangUp, record, tones } from '../support/journey.mjs';
import { firefox } from '../support/firefox.mjs';
import { Party } from '../support/party.mjs';
import { report } from '../support/report.mjs';
import { skipLoudly } from '../support/skip.mjs';

describe('Anna, in Chromium on an open network, calls somebody in Firefox on', { skip: skipLoudly() }, () => {
  let party;
  before(async () => (party = await Party.start()));
  after(() => party?.end());

  for (const profile of ['open', 'symmetric', 'noudp', 'tls443']) {
    test(profile, async () => {
      const { paths, setup } = await party.visit(profile, { browser: firefox });
      report('From an open network to Firefox on …', { network: profile, path: paths, 'setup, ms': setup });
    });
  }

  test('home, and the router gets another public address', async () => {
    const ben = await party.welcome('ben-rebound', 'home', { browser: firefox });
    await party.anna.open(ben.username);
    await connect(party.anna, ben);
    await tones(party.anna, ben);
    const from = await party.anna.page.evaluate(() => window.__probe.now());
    ben.client.rebind();
    await party.anna.hearsSteadily(from);
    await tones(party.anna, ben);
    const silence = await party.anna.page.evaluate((t) => window.__probe.silence(t), from);
    await hangUp(party.anna, ben);
    assert.equal((await record(party.server, ben)).reason, 'hungUp');
    report('Silence when …', { what: 'the router of one in Firefox gets another public address', 'heard by the other, s': Number(silence.seconds.toFixed(2)) });
  });
});
