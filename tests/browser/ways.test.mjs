// A call in which one browser may use TURN alone, in the clear and inside TLS, against another one over UDP.
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

/** Takes every way from the page but relayed candidates over one scheme of URL. */
function onlyRelayed() {
  const Whole = window.RTCPeerConnection;
  const relayed = (configuration) => ({
    ...configuration,
    iceTransportPolicy: 'relay',
    iceServers: (configuration.iceServers ?? []).map((server) => ({
      ...server,
      urls: [server.urls].flat().filter((url) => url.startsWith(`${window.__scheme}:`)),
    })),
  });
  window.RTCPeerConnection = class extends Whole {
    constructor(configuration = {}) {
      super(window.__scheme ? relayed(configuration) : configuration);
    }
    setConfiguration(configuration) {
      super.setConfiguration(window.__scheme ? relayed(configuration) : configuration);
    }
  };
}

before(async () => {
  server = await Server.start();
  // The browser's TURN client does not ask a page's context whether a certificate may be trusted.
  const place = { program: (_, path) => path, args: ['--ignore-certificate-errors'] };
  [anna, ben] = await Promise.all([launch({ tone: ANNA, place }), launch({ tone: BEN })]);
  await anna.context.addInitScript(onlyRelayed);
  await Promise.all([anna.register(server, 'anna', PASSWORD), ben.register(server, 'ben', PASSWORD)]);
  await anna.open('ben');
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

const state = (person, wanted) =>
  until(`${person.username} to be ${wanted}`, async () => (await person.id('call-state').getAttribute('data-state')) === wanted);
const over = (person) => until(`${person.username}'s call to be over`, async () => (await person.id('call-hangup').count()) === 0);

async function record() {
  const rest = await server.as('ben', PASSWORD);
  return until('a completed call', async () => {
    const { json } = await rest.send('GET', '/api/v1/calls?limit=1');
    return json.calls[0]?.status === 'completed' && json.calls[0];
  });
}

for (const [scheme, path] of [['turn', 'turn-tcp'], ['turns', 'turn-tls']]) {
  describe(`a call through ${scheme}: alone`, () => {
    test('each hears the other', async () => {
      await anna.page.evaluate((only) => (window.__scheme = only), scheme);
      await anna.id('call-start').click();
      await ben.id('call-accept').click();
      await Promise.all([state(anna, 'active'), state(ben, 'active')]);
      await Promise.all([ben.hearsTone(ANNA), anna.hearsTone(BEN)]);
    });

    test('an ICE restart makes a new allocation, and the sound goes on', async () => {
      const ufrag = async () => (await anna.page.evaluate(() => window.__probe.pair()))?.ufrag;
      const before = await ufrag();
      await anna.page.evaluate(() => window.dispatchEvent(new Event('online')));
      await until('fresh ICE credentials in use', async () => (await ufrag()) !== before);
      await Promise.all([ben.hearsTone(ANNA), anna.hearsTone(BEN)]);
    });

    test(`the record says ${path} on one leg and udp on the other`, async () => {
      await anna.id('call-hangup').click();
      await Promise.all([over(anna), over(ben)]);
      const call = await record();
      const paths = Object.fromEntries(call.legs.map((leg) => [leg.user, leg.paths]));
      assert.deepEqual(paths[call.caller], [path], JSON.stringify(call.legs));
      assert.deepEqual(paths[call.receiver], ['udp']);
    });
  });
}
