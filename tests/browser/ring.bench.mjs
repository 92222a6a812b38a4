// How long after a voice its ring of light is on the page of the one who hears it, and after it was heard there. Two
// people in one Chromium call each other; one makes short sounds, the other's page is watched. Not a test: the figures
// are the machine's as much as ours. Run alone: `node tests/browser/ring.bench.mjs [SOUNDS]`.
import { crowd } from './support/crowd.mjs';
import { Server } from './support/server.mjs';

const SOUNDS = Number(process.argv[2] ?? 100);

/** Notes when Anna's tile begins to say that she speaks: milliseconds of the clock that both pages share. */
const watch = () => {
  const clock = () => performance.timeOrigin + performance.now();
  const tile = document.querySelector('[data-testid=call-tile][data-username=anna]');
  window.__rings = { told: null, seen: null, quiet: () => tile.dataset.speaking !== 'true' };
  new MutationObserver(() => {
    if (tile.dataset.speaking !== 'true') return;
    window.__rings.told = clock();
    requestAnimationFrame(() => requestAnimationFrame(() => (window.__rings.seen = clock())));
  }).observe(tile, { attributeFilter: ['data-speaking'] });
};
const ready = () => {
  Object.assign(window.__rings, { told: null, seen: null });
  window.__probe.loud.length = 0;
};
/** When the loudspeaker said the first of it. */
const heard = async () => {
  const { contextTime, performanceTime } = await window.__probe.playing();
  return performance.timeOrigin + performanceTime + (window.__probe.loud[0] - contextTime) * 1000;
};
const centiles = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(0);
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)} ms`;
};

const server = await Server.start();
const all = await crowd(server, { anna: 1000, ben: 440 });
try {
  const { anna, ben } = all.people;
  await anna.open('ben');
  await anna.id('call-start').click();
  await ben.id('call-accept').click();
  await Promise.all([anna, ben].map((person) => person.page.locator('[data-testid=call-state][data-state=active]').waitFor()));
  await ben.hearsTone(1000);
  await anna.page.evaluate(() => (window.__mic.gain.gain.value = 0));
  if (!(await ben.id('call-room').count())) await ben.id('call-expand').click();
  await ben.page.evaluate(watch);
  const [fromMouth, fromEar, toPaint] = [[], [], []];
  for (let i = 0; i < SOUNDS; i++) {
    await ben.page.waitForFunction(() => window.__rings.quiet());
    // Its phase against the page's ticks is to be another one each time.
    await new Promise((done) => setTimeout(done, 200 + 61 * Math.random()));
    await ben.page.evaluate(ready);
    const said = await anna.page.evaluate(() => window.__mic.say(0.3));
    await ben.page.waitForFunction(() => window.__rings.seen !== null);
    const { told, seen } = await ben.page.evaluate(() => ({ told: window.__rings.told, seen: window.__rings.seen }));
    await ben.page.waitForFunction(() => window.__probe.loud.length > 0);
    fromMouth.push(told - said);
    toPaint.push(seen - said);
    fromEar.push(told - (await ben.page.evaluate(heard)));
  }
  console.log(`${SOUNDS} sounds`);
  console.log(`said to ring in the page: ${centiles(fromMouth)}`);
  console.log(`said to ring two frames later, painted: ${centiles(toPaint)}`);
  console.log(`heard to ring in the page: ${centiles(fromEar)}`);
} finally {
  await all.close();
  await server.stop();
}
