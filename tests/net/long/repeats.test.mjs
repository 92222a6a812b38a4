// A line that loses every tenth packet, both ways: real browsers and the relay ask each other for what is lost and get
// it, and the speaker's browser protects what its listener loses.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../../browser/support/until.mjs';
import { connect, hangUp, tones } from '../support/journey.mjs';
import { Party } from '../support/party.mjs';
import { report } from '../support/report.mjs';
import { skipLoudly } from '../support/skip.mjs';

/** Sums over the streams of the newest peer connection. */
const counts = (person) =>
  person.page.evaluate(async () => {
    const sum = { sent: 0, repeated: 0, asked: 0, got: 0, lost: 0, told: 0, concealed: 0, samples: 0 };
    for (const entry of (await window.__probe.pcs.at(-1).getStats()).values()) {
      if (entry.type === 'outbound-rtp') {
        sum.sent += entry.packetsSent;
        sum.repeated += entry.retransmittedPacketsSent ?? 0;
      } else if (entry.type === 'inbound-rtp' && entry.packetsReceived > 0) {
        sum.got += entry.packetsReceived;
        sum.lost += entry.packetsLost;
        sum.asked += entry.nackCount ?? 0;
        sum.concealed += entry.concealedSamples;
        sum.samples += entry.totalSamplesReceived;
      } else if (entry.type === 'remote-inbound-rtp') sum.told = Math.max(sum.told, entry.fractionLost ?? 0);
    }
    return sum;
  });

describe('on a line that loses every tenth packet', { skip: skipLoudly() }, () => {
  let party;
  before(async () => (party = await Party.start()));
  after(() => party?.end());

  test('what is lost is asked for and comes again, up and down', async () => {
    const { anna } = party;
    const ben = await party.welcome('ben', 'open', { wire: 'loss=10,delay=25' });
    await anna.open(ben.username);
    await connect(anna, ben);
    await tones(anna, ben);
    const seen = await until('five hundred packets to have come', async () => {
      const told = await counts(ben);
      return told.got > 500 && told;
    }, { seconds: 60 });
    const other = await counts(anna);
    const missing = (100 * seen.lost) / (seen.got + seen.lost);
    const concealed = (of) => Number(((100 * of.concealed) / of.samples).toFixed(1));
    report('At 10 % loss', { 'asked for': seen.asked, 'repeated to the relay': seen.repeated, 'lost at last, %': Number(missing.toFixed(1)), 'concealed there, %': concealed(seen), 'concealed at the other, %': concealed(other) });
    assert.ok(seen.asked > 10, 'his browser asks the relay for what it lost');
    assert.ok(seen.repeated > 10, 'the relay asks his browser for what it lost');
    assert.ok(missing < 5, `${missing} % stayed lost`);
    await hangUp(anna, ben);
  });
});
