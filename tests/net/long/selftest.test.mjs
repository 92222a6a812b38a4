// The network test of the page, behind real routers: what it says about a network is what that network does.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Party } from '../support/party.mjs';
import { NAME } from '../support/lab.mjs';
import { PORT } from '../support/people.mjs';
import { report } from '../support/report.mjs';
import { skipLoudly } from '../support/skip.mjs';

/** Profile → the ways that must work, those that must not, the verdict, and what is to be asked for. */
const NETWORKS = {
  home: { open: ['udp', 'ice-tcp', 'turn-tcp', 'turn-tls'], shut: [], verdict: 'good', ask: null },
  noudp: { open: ['ice-tcp', 'turn-tcp', 'turn-tls'], shut: ['udp'], verdict: 'detour', ask: `Allow UDP to ${NAME}, port ${PORT}` },
  tls443: { open: ['turn-tls'], shut: ['udp', 'ice-tcp', 'turn-tcp'], verdict: 'detour', ask: `Allow TCP to ${NAME}, port ${PORT}` },
};

describe('the network test, on', { skip: skipLoudly() }, () => {
  let party;
  before(async () => (party = await Party.start()));
  after(() => party?.end());

  for (const [profile, { open, shut, verdict, ask }] of Object.entries(NETWORKS)) {
    test(profile, async () => {
      const person = await party.welcome(`dora-${profile}`, profile);
      await person.page.goto(`${party.server.url}/network`);
      await person.id('network-start').click();
      await person.id('network-verdict').waitFor({ timeout: 90_000 });
      const steps = {};
      for (const row of await person.id('network-way').all()) {
        steps[await row.getAttribute('data-way')] = await row.getAttribute('data-step');
        report(`The network test on ${profile}`, { way: await row.getAttribute('data-way'), step: await row.getAttribute('data-step'), figures: await row.getByTestId('network-figures').textContent() });
      }
      for (const way of open) assert.equal(steps[way], 'works', `${way}: ${JSON.stringify(steps)}`);
      for (const way of shut) assert.equal(steps[way], 'blocked', `${way}: ${JSON.stringify(steps)}`);
      // A busy machine makes a line look weak; which way sound takes it does not change.
      assert.match(await person.id('network-verdict').getAttribute('data-verdict'), verdict === 'good' ? /^(good|weak)$/ : /^detour/);
      const text = await person.id('network-verdict').textContent();
      if (ask) assert.ok(text.includes(ask), text);
      await party.leave(person);
    });
  }
});
