// Every network of the lab, and two strict ones with each other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { direct, stun } from '../support/control.mjs';
import { Party } from '../support/party.mjs';
import { report } from '../support/report.mjs';
import { PROFILES } from '../support/router.mjs';
import { skipLoudly } from '../support/skip.mjs';

describe('Anna, on an open network, calls somebody on', { skip: skipLoudly() }, () => {
  let party;
  before(async () => (party = await Party.start()));
  after(() => party?.end());

  for (const [profile, what] of Object.entries(PROFILES)) {
    test(`${profile}: ${what}`, async () => {
      const { paths, setup } = await party.visit(profile);
      report('From an open network to …', { network: profile, path: paths, 'setup, ms': setup });
    });
  }

  test('control: a plain connection is made between home and open', async () => {
    await stun(party.lab);
    assert.equal(await direct(await party.welcome('cora', 'home'), party.anna), 'connected');
  });
});

describe('Anna, behind symmetric NAT, calls somebody on', { skip: skipLoudly() }, () => {
  let party;
  before(async () => (party = await Party.start({ caller: 'symmetric' })));
  after(() => party?.end());

  test('tls443', async () => {
    const { paths, caller, setup } = await party.visit('tls443');
    assert.equal(caller, 'udp');
    report('From symmetric NAT to …', { network: 'tls443', path: paths, 'setup, ms': setup });
  });

  test('control: a plain connection fails between symmetric and symmetric', async () => {
    await stun(party.lab);
    assert.equal(await direct(party.anna, await party.welcome('cora', 'symmetric')), 'failed');
  });
});
