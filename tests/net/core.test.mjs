// Somebody on an open network calls somebody on a strict one: the tone of each is heard by the other, and the record
// names the path. These are the networks that tell most; `long/` has all of them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { direct, stun } from './support/control.mjs';
import { Party } from './support/party.mjs';
import { PROFILES } from './support/router.mjs';
import { skipLoudly } from './support/skip.mjs';

describe('calls through strict networks', { skip: skipLoudly() }, () => {
  let party;
  before(async () => (party = await Party.start()));
  after(() => party?.end());

  for (const profile of ['symmetric', 'noudp', 'tls443', 'proxy']) {
    test(`${profile}: ${PROFILES[profile]}`, async (t) => {
      const { paths, setup } = await party.visit(profile);
      t.diagnostic(`connected over ${paths} in ${setup} ms`);
    });
  }

  test('control: without a relay two people behind symmetric NAT do not reach each other', async () => {
    await stun(party.lab);
    const [one, other] = [await party.welcome('cora', 'symmetric'), await party.welcome('dora', 'symmetric')];
    assert.equal(await direct(one, other), 'failed');
  });
});
