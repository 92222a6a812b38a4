// A call of three and more: a call between two grows without a gap, a group's call is joined late, led, and left; heard by
// the tones of each. The call as a room at every size, and every state of it without an accessibility fault.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { arrive, ask, crowd } from './support/crowd.mjs';
import { look } from './support/look.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const [ANNA, BEN, CLEO] = [1000, 440, 2000];
const SOON = { timeout: 60_000 };
let server;
let all;
let anna;
let ben;
let cleo;

before(async () => {
  server = await Server.start();
  all = await crowd(server, { anna: ANNA, ben: BEN, cleo: CLEO });
  ({ anna, ben, cleo } = all.people);
});
after(async () => {
  await all?.close();
  await server?.stop();
});

const state = (person, name) => person.page.locator(`[data-testid=call-state][data-state=${name}]`).waitFor(SOON);
const over = (person) => until(`${person.username}'s call to be over`, async () => (await person.id('call-hangup').count()) === 0);
const row = (person, name) => person.page.locator(`[data-testid=call-person][data-username=${name}]`);
const tile = (person, name, more = '') => person.page.locator(`[data-testid=call-tile][data-username=${name}]${more}`);
const people = async (person) => (await person.id('call-people-panel').count()) || person.id('call-people').click();
const whole = async (person) => (await person.id('call-room').count()) || person.id('call-expand').click();
const newest = async (person) => (await ask(person, 'GET', 'calls?limit=1')).calls[0];

describe('a call between two', () => {
  test('grows to three without a gap', async () => {
    await anna.open('ben');
    await anna.id('call-start').click();
    await ben.id('call-accept').click();
    await Promise.all([state(anna, 'active'), state(ben, 'active')]);
    await Promise.all([anna.hearsTone(BEN), ben.hearsTone(ANNA)]);
    const from = await anna.page.evaluate(() => window.__probe.now());
    await people(anna);
    await anna.id('call-invite-open').click();
    await anna.id('picker-search').fill('cleo');
    await anna.page.locator('[data-testid=picker-person][data-username=cleo]').check();
    await anna.id('call-invite').click();
    await cleo.id('call-accept').click();
    await state(cleo, 'active');
    await Promise.all([anna.hearsTones(BEN, CLEO), ben.hearsTones(ANNA, CLEO), cleo.hearsTones(ANNA, BEN)]);
    const { seconds } = await anna.page.evaluate((t) => window.__probe.silence(t), from);
    assert.ok(seconds < 1, `Anna heard nothing for ${seconds} s while it grew`);
  });

  test('who comes last may be taken out by the two, and is silent then', async () => {
    await people(ben);
    await row(ben, 'cleo').getByTestId('call-remove').click();
    await row(ben, 'cleo').getByTestId('call-remove-yes').click();
    await over(cleo);
    assert.equal(await cleo.id('call-panel').getAttribute('data-outcome'), 'removed');
    await Promise.all([anna.hearsTone(BEN), ben.hearsTone(ANNA), cleo.hearsNothing()]);
    await ben.id('call-hangup').click();
    await Promise.all([over(anna), over(ben)]);
    const call = await newest(anna);
    assert.deepEqual(call.legs.map((leg) => leg.reason).sort(), ['hungUp', 'hungUp', 'removed']);
  });
});

describe('a call of a group', () => {
  let group;
  before(async () => {
    const members = await Promise.all([ben, cleo].map(async (person) => (await ask(person, 'GET', 'users/me')).id));
    group = await ask(anna, 'POST', 'groups', { name: 'Choir', members });
    await Promise.all([anna, ben, cleo].map((person) => person.page.goto(`${server.url}/c/${group.id}`)));
    await Promise.all([anna, ben, cleo].map((person) => person.id('message-input').waitFor()));
  });

  test('rings for all, and who does not answer may join late', async () => {
    await anna.id('call-start').click();
    await Promise.all([ben, cleo].map((person) => person.id('call-accept').waitFor(SOON)));
    assert.deepEqual(await look(ben, 'call-group-incoming'), []);
    assert.deepEqual(await look(anna, 'call-group-ringing'), []);
    await cleo.id('call-decline').click();
    await ben.id('call-accept').click();
    await Promise.all([state(anna, 'active'), state(ben, 'active')]);
    await cleo.page.locator('[data-testid=call-banner][data-offer=join]').waitFor(SOON);
    await cleo.id('call-dismiss').click();
    await cleo.page.locator('[data-testid=conversation][data-username=Choir] [data-testid=call-sign][data-sign=live]').getByText('A call is in progress').waitFor(SOON);
    assert.deepEqual(await look(cleo, 'call-banner'), []);
    await cleo.id('call-join').click();
    await state(cleo, 'active');
    await Promise.all([anna.hearsTones(BEN, CLEO), ben.hearsTones(ANNA, CLEO), cleo.hearsTones(ANNA, BEN)]);
  });

  test('shows who speaks, by more than colour', async () => {
    for (const name of ['ben', 'cleo']) await tile(anna, name, '[data-speaking=true]').locator('i').first().waitFor();
    assert.deepEqual(await look(anna, 'call-group'), []);
  });

  test('the bar stays while one chats', async () => {
    await anna.id('call-minimise').click();
    await anna.say('we are talking');
    await ben.id('call-minimise').click();
    await ben.reads('we are talking');
    assert.equal(await anna.id('call-hangup').isVisible(), true);
    assert.deepEqual(await look(anna, 'call-bar'), []);
    await anna.id('call-expand').click();
  });

  test('its owner mutes somebody, who may speak again', async () => {
    await people(anna);
    await row(anna, 'ben').getByTestId('call-mute-other').click();
    await ben.page.locator('[data-testid=call-muted-by-other][data-by=anna]').waitFor();
    await Promise.all([ben, cleo].map(whole));
    await tile(ben, 'ben').getByText('Muted by anna').waitFor();
    await tile(cleo, 'ben').getByText('is muted by anna').waitFor();
    await Promise.all([anna.hearsTone(CLEO), cleo.hearsTone(ANNA)]);
    await tile(anna, 'ben', '[data-muted=true]').waitFor();
    assert.deepEqual(await look(anna, 'call-people'), []);
    await ben.id('call-unmute-now').click();
    await anna.hearsTones(BEN, CLEO);
    await ben.id('call-muted-by-other').waitFor({ state: 'detached' });
  });

  test('deafness hears nothing and says nothing', async () => {
    await cleo.page.keyboard.press('d');
    await anna.hearsTone(BEN);
    assert.equal(await cleo.page.evaluate(() => [...document.querySelectorAll('audio[data-slot]')].every((element) => element.muted)), true);
    await cleo.page.keyboard.press('d');
    await anna.hearsTones(BEN, CLEO);
  });

  test('how loud somebody is, is remembered', async () => {
    await row(anna, 'ben').getByTestId('call-volume').fill('40');
    const loud = () => anna.page.evaluate(() => [...document.querySelectorAll('audio[data-slot]')].map((element) => element.volume));
    await until('one slot to be at 40 %', async () => (await loud()).filter((volume) => Math.abs(volume - 0.4) < 0.01).length === 1);
    await anna.page.reload();
    await state(anna, 'active');
    await until('it to be so again', async () => (await loud()).filter((volume) => Math.abs(volume - 0.4) < 0.01).length === 1);
    await anna.hearsTones(BEN, CLEO);
  });

  test('another device takes the call over', async () => {
    const second = await arrive(all.browser, server, 'anna', ANNA, { width: 360, height: 740 });
    await second.page.goto(`${server.url}/c/${group.id}`);
    await second.page.locator('[data-testid=call-banner][data-offer=takeOver]').waitFor(SOON);
    assert.deepEqual(await look(second, 'call-elsewhere'), []);
    await second.id('call-join').click();
    await state(second, 'active');
    await over(anna);
    assert.equal(await anna.id('call-panel').getAttribute('data-outcome'), 'movedElsewhere');
    await Promise.all([second.hearsTones(BEN, CLEO), ben.hearsTones(ANNA, CLEO)]);
    await second.id('call-hangup').click();
    await Promise.all([over(second), ben.hearsTone(CLEO), cleo.hearsTone(BEN)]);
    await second.close();
  });

  test('its owner ends it for all', async () => {
    await anna.id('call-join').click();
    await state(anna, 'active');
    await people(anna);
    await anna.id('call-end-all').click();
    await anna.id('call-end-all-yes').click();
    await Promise.all([over(anna), over(ben), over(cleo)]);
    await Promise.all([anna, ben, cleo].map((person) => person.hearsNothing()));
    const call = await newest(anna);
    assert.equal(call.status, 'completed');
    assert.equal(call.receiver, null);
  });
});
