// The core of it all in Firefox ESR: register, chat, call somebody in Chromium and be called, with tones. On loopback, so
// it needs no root; the networks are in `firefox.test.mjs`.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from '../../browser/support/browser.mjs';
import { Server } from '../../browser/support/server.mjs';
import { until } from '../../browser/support/until.mjs';
import { LOOPBACK, firefox, noFirefox } from '../support/firefox.mjs';

const [ANNA, BEN] = [1000, 440];
const PASSWORD = 'a good long passphrase';
const obstacle = noFirefox();
if (obstacle) process.stderr.write(`\n#### THE FIREFOX TEST IS SKIPPED: ${obstacle} ####\n\n`);

describe('in Firefox', { skip: obstacle ?? false }, () => {
  let server;
  let anna;
  let ben;
  before(async () => {
    server = await Server.start();
    [anna, ben] = await Promise.all([launch({ tone: ANNA }), firefox(LOOPBACK, server, { tone: BEN })]);
  });
  after(async () => {
    await Promise.all([anna?.close(), ben?.close()]);
    await server?.stop();
  });

  const state = (person, wanted) =>
    until(`${person.username} to be ${wanted}`, async () => (await person.id('call-state').getAttribute('data-state')) === wanted, { seconds: 60 });
  const both = async () => {
    await Promise.all([state(anna, 'active'), state(ben, 'active')]);
    await Promise.all([ben.hearsTone(ANNA), anna.hearsTone(BEN)]);
  };
  const over = (person) => until(`${person.username}'s call to be over`, async () => (await person.id('call-hangup').count()) === 0);

  test('one registers and chats', async () => {
    await anna.register(server, 'anna', PASSWORD);
    await ben.register(server, 'ben', PASSWORD);
    await ben.open('anna');
    await ben.id('message-input').fill('hello from Firefox');
    await ben.id('message-send').click();
    await anna.open('ben');
    await anna.reads('hello from Firefox');
    await anna.say('hello from Chromium');
    await ben.reads('hello from Chromium');
  });

  test('one calls, is heard and hears; mutes and is silent', async () => {
    await ben.id('call-start').click();
    await anna.id('call-accept').click();
    await both();
    await ben.id('call-mute').click();
    await anna.hearsNothing();
    await ben.id('call-mute').click();
    await anna.hearsTone(BEN);
    await ben.id('call-hangup').click();
    await Promise.all([over(anna), over(ben)]);
  });

  test('one is called and answers, and the record tells it', async () => {
    await anna.id('call-start').click();
    await ben.id('call-accept').click();
    await both();
    await anna.id('call-hangup').click();
    await Promise.all([over(anna), over(ben)]);
    const rest = await server.as('ben', PASSWORD);
    const { json } = await rest.send('GET', '/api/v1/calls?limit=1');
    assert.equal(json.calls[0].status, 'completed');
    assert.equal(json.calls[0].legs.every((leg) => leg.quality.up.packets > 50), true, JSON.stringify(json.calls[0].legs));
  });
});
