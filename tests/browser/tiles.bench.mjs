// A call of a hundred on the page: how long the tasks take in which they come, in which voices change for ten seconds,
// and in which the list of people opens; by the clock and by the processor time of the page's main thread. One page in
// a real call of two is told of 98 more. `--profile`: which functions, too. Not a test: the figures are the machine's as
// much as ours. Run alone: `node tests/browser/tiles.bench.mjs`.
import { crowd } from './support/crowd.mjs';
import { watch } from './support/busy.mjs';
import { Server } from './support/server.mjs';
import { crowded } from './support/tour.mjs';

const MORE = 98;
/** Six of them speak at a time, others every 200 ms: more than happens where people listen. */
const voices = async (page) => page.evaluate(async (count) => {
  const pinia = document.querySelector('#app').__vue_app__.config.globalProperties.$pinia;
  const calls = pinia._s.get('calls');
  const users = calls.call.legs.slice(-count).map(({ user }) => user);
  for (let turn = 0; turn < 50; turn++) {
    calls.onSpeaking(calls.call.id, Array.from({ length: 6 }, (_, n) => users[(turn * 7 + n * 13) % count]));
    await new Promise((done) => setTimeout(done, 200));
  }
}, MORE);
/** One of them after the other mutes and unmutes himself, or leaves and comes back. */
const comings = async (page) => page.evaluate(async () => {
  const pinia = document.querySelector('#app').__vue_app__.config.globalProperties.$pinia;
  const calls = pinia._s.get('calls');
  for (let turn = 0; turn < 50; turn++) {
    const legs = calls.call.legs.map((leg, n) => (n === 10 + turn ? { ...leg, muted: !leg.muted } : n === 60 ? { ...leg, leftAt: leg.leftAt ? null : leg.answeredAt } : leg));
    calls.onCall({ type: 'updated', call: { ...calls.call, legs }, now: Date.now() });
    await new Promise((done) => setTimeout(done, 200));
  }
});

const server = await Server.start();
const all = await crowd(server, { anna: 1000, ben: 440 });
const { anna, ben } = all.people;
const WAYS = {
  'a hundred come at once': () => crowded(anna, MORE),
  'voices change five times a second, ten seconds': () => voices(anna.page),
  'one mutes, one leaves or comes, five times a second, ten seconds': () => comings(anna.page),
  'the list of people opens': async () => {
    await anna.id('call-people').click();
    await anna.id('call-person').nth(MORE).waitFor();
  },
  'voices change beside the list': () => voices(anna.page),
  'the page becomes a bar and a whole page again': async () => {
    await anna.id('call-minimise').click();
    await anna.id('call-expand').click();
    await anna.id('call-room').waitFor();
  },
};
try {
  await anna.open('ben');
  await anna.id('call-start').click();
  await ben.id('call-accept').click();
  await Promise.all([anna, ben].map((person) => person.page.locator('[data-testid=call-state][data-state=active]').waitFor()));
  if (!(await anna.id('call-room').count())) await anna.id('call-expand').click();
  await anna.id('call-room').waitFor();
  for (const [what, way] of Object.entries(WAYS)) await watch(all.browser, anna.page, what, way, { profiled: process.argv.includes('--profile') });
} finally {
  await all.close();
  await server.stop();
}
