// What two people do in a call, and what must come of it: sound both ways, and a record that tells the truth.
import assert from 'node:assert/strict';
import { until } from '../../browser/support/until.mjs';

export const PASSWORD = 'a good long passphrase';
export const ANNA = 1000;
export const BEN = 440;

export const state = (person, wanted) =>
  until(`${person.username} to be ${wanted}`, async () => (await person.id('call-state').getAttribute('data-state')) === wanted);

/** The caller rings, the callee accepts, both are told that they are connected. */
export async function connect(caller, callee) {
  await caller.id('call-start').click();
  await callee.id('call-accept').waitFor();
  await callee.id('call-accept').click();
  await Promise.all([state(caller, 'active'), state(callee, 'active')]);
}

export const tones = (anna, ben) => Promise.all([ben.hearsTone(ANNA), anna.hearsTone(BEN)]);

export async function hangUp(one, other) {
  await one.id('call-hangup').click();
  const over = (person) => until(`${person.username}'s call to be over`, async () => (await person.id('call-hangup').count()) === 0);
  await Promise.all([over(one), over(other)]);
}

/** The record of a person's newest call, once it has ended. */
export async function record(server, person) {
  const rest = await server.as(person.username, PASSWORD);
  return until('the record of the call', async () => {
    const { json } = await rest.send('GET', '/api/v1/calls?limit=1');
    const call = json.calls[0];
    return call?.endTime && (await rest.send('GET', `/api/v1/calls/${call.id}`)).json;
  });
}

/** One whole call; answers the record, with each one's leg found by name. */
export async function call(server, anna, ben) {
  await connect(anna, ben);
  await tones(anna, ben);
  await hangUp(anna, ben);
  const told = await record(server, ben);
  assert.equal(told.status, 'completed');
  const me = (await server.as(ben.username, PASSWORD)).user.id;
  return { ...told, ben: told.legs.find((leg) => leg.user === me), anna: told.legs.find((leg) => leg.user !== me) };
}
