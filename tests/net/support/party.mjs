// A lab with a server on its internet and Anna on an open network, to whom others come: what the journeys start from.
import assert from 'node:assert/strict';
import { ANNA, BEN, PASSWORD, call } from './journey.mjs';
import { Lab } from './lab.mjs';
import { chromium, serve } from './people.mjs';

/** How a call from a network may get through; the first is what it should be. */
export const PATHS = {
  open: ['udp'],
  cone: ['udp'],
  home: ['udp'],
  symmetric: ['udp'],
  noudp: ['ice-tcp', 'turn-tcp', 'turn-tls'],
  web: ['ice-tcp', 'turn-tcp', 'turn-tls'],
  tls443: ['turn-tls'],
  proxy: ['ice-tcp', 'turn-tcp', 'turn-tls'],
};

export class Party {
  /** `caller` is Anna's network; null: she comes later. */
  static async start({ caller = 'open' } = {}) {
    const party = new Party();
    party.people = [];
    party.lab = Lab.open();
    party.server = await serve(party.lab);
    if (caller) party.anna = await party.welcome('anna', caller, { tone: ANNA });
    return party;
  }

  /** Somebody in a browser of his own on a network of his own. */
  async welcome(name, profile, { browser = chromium, wire, ...options } = {}) {
    const client = await this.lab.client(profile, { wire });
    const person = await browser(client, this.server, { tone: BEN, ...options });
    this.people.push(person);
    person.client = client;
    await person.register(this.server, name, PASSWORD);
    return person;
  }

  async leave(person) {
    this.people = this.people.filter((other) => other !== person);
    await person.close();
  }

  /** Anna calls somebody on a network of the profile; answers a line of the table. */
  async visit(profile, options) {
    const ben = await this.welcome(`ben-${profile}`, profile, options);
    await this.anna.open(ben.username);
    const told = await call(this.server, this.anna, ben);
    const setup = await ben.page.evaluate(() => window.__probe.setup());
    // A browser may begin on another way that the network lets through, before it takes the one it prefers.
    assert.ok(told.ben.paths.some((path) => PATHS[profile].includes(path)), JSON.stringify(told.ben));
    await this.leave(ben);
    return { profile, paths: told.ben.paths.join(' '), caller: told.anna.paths.join(' '), setup };
  }

  async end() {
    await Promise.all(this.people.map((person) => person.close().catch(() => {})));
    await this.server?.stop();
    this.lab?.close();
  }
}
