// Speech over a bad link: one call, and weather that changes: clean, then a tenth of the packets lost on the way to
// the relay, then on the way from it. The figures are reported; they mean something only on a quiet machine, so the
// clean link is the gate: where it is heard badly, the machine was busy and nothing is asserted.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { until } from '../../browser/support/until.mjs';
import { connect, hangUp, record } from '../support/journey.mjs';
import { Party } from '../support/party.mjs';
import { report } from '../support/report.mjs';
import { skipLoudly } from '../support/skip.mjs';
import { obstacle, say, score } from '../support/speech.mjs';

const SECONDS = 16;
const CLEAN_IS_AT_LEAST = 3.8;
const LOST_PACKETS = 40;
const WEATHERS = {
  'clean, 50 ms each way': { shape: 'delay=50' },
  '10 % lost on the way to the relay, 50 ms': { shape: 'delay=50,loss_ab=10', hears: 'anna' },
  '10 % lost on the way from the relay, 50 ms': { shape: 'delay=50,loss_ba=10', hears: 'ben' },
};

/** Packets that did not reach this person, and those that forward error correction and repetition brought back. */
const inbound = (person) =>
  person.page.evaluate(async () => {
    const sums = { lost: 0, fec: 0, nacks: 0, repeated: 0 };
    for (const each of (await window.__probe.pcs.at(-1).getStats()).values()) {
      if (each.type !== 'inbound-rtp') continue;
      sums.lost += each.packetsLost;
      sums.fec += each.fecPacketsReceived ?? 0;
      sums.nacks += each.nackCount ?? 0;
      sums.repeated += each.retransmittedPacketsReceived ?? 0;
    }
    return sums;
  });

describe('speech', { skip: skipLoudly() || obstacle() || false }, () => {
  let party;
  let ben;
  let clean;
  let speech;
  before(async () => {
    party = await Party.start({ caller: null });
    speech = say(join(party.lab.dir, 'speech.wav'));
    party.anna = await party.welcome('anna', 'open', { speech });
    ben = await party.welcome('ben', 'home', { speech, wire: 'delay=50' });
    for (const person of [party.anna, ben]) await person.page.evaluate(() => (window.__probe.plainMicrophone = true));
    await party.anna.open('ben');
    await connect(party.anna, ben);
  });
  after(() => party?.end());

  for (const [weather, { shape, hears }] of Object.entries(WEATHERS)) {
    test(weather, async () => {
      const { anna } = party;
      const listeners = hears ? [{ anna, ben }[hears]] : [anna, ben];
      const before_ = await inbound(listeners[0]);
      ben.client.weather.change(shape);
      // The loss must have been noticed at the other end for its sender to guard against it.
      if (hears) await adapted(anna, ben, hears, before_);
      const heard = await Promise.all(listeners.map((person) => person.page.evaluate((s) => window.__probe.hear(s), SECONDS)));
      const judged = heard.map((pcm, i) => score(speech, pcm, join(party.lab.dir, `heard-${i}.wav`)));
      const pesq = Math.min(...judged.map((each) => each.pesq));
      report('Speech', { weather, pesq, pieces: judged.flatMap((each) => each.pieces).join(' '), ...(await inbound(listeners[0])) });
      if (!hears) clean = pesq;
      if (clean >= CLEAN_IS_AT_LEAST) assert.ok(pesq >= 2.5, `PESQ ${pesq}`);
    });
  }

  test('the record tells of the loss in each direction', async () => {
    await hangUp(party.anna, ben);
    const told = await record(party.server, ben);
    assert.equal(told.status, 'completed');
    report('The record of the lossy call', Object.fromEntries(told.legs.map((leg, i) => [`leg ${i}`, JSON.stringify(leg.quality)])));
  });
});

/** Waits until enough was lost: heard as missing, repeated or mended. */
const adapted = (anna, ben, hears, from) =>
  until('packets to be missed', async () => {
    const now = await inbound({ anna, ben }[hears]);
    const sum = ({ lost, fec, nacks }) => lost + fec + nacks;
    return sum(now) - sum(from) > LOST_PACKETS;
  }, { seconds: 60 });
