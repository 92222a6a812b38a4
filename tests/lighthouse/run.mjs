// What Lighthouse makes of sign-in and chat, on a desktop and on a phone as it imagines one, also as slow as that one
// really is: at least 95 of 100 in each category on the desktop and on that one. Run by hand or by `make test-long`: `node run.mjs [FILE]` writes a table
// there. Needs a built server and page, Chromium, and the packages here and in tests/browser. Its figures for speed want a
// quiet machine.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse, { desktopConfig } from 'lighthouse';
import { throttling } from 'lighthouse/core/config/constants.js';
import { chromium } from '../browser/node_modules/playwright-core/index.mjs';
import { launch } from '../browser/support/browser.mjs';
import { Server } from '../browser/support/server.mjs';
import { furnish } from '../browser/support/tour.mjs';
import { trust } from '../browser/support/trusting.mjs';

const ENOUGH = 95;
/** What Lighthouse measures of a processor (its benchmarkIndex), on the phone that it has in mind: a Pixel 5. */
const PHONE_INDEX = 1000;
const FORMS = ['desktop', 'phone', 'phone of this machine'];
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const freePort = () =>
  new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });

const server = await Server.start();
const home = mkdtempSync(join(tmpdir(), 'charla-lighthouse-'));
trust(join(home, '.pki/nssdb'), server.authority);
const port = await freePort();
const [anna, ben] = await Promise.all([launch({ probe: false }), launch({ probe: false })]);
const context = await chromium.launchPersistentContext(join(home, 'profile'), {
  executablePath: process.env.CHARLA_TEST_CHROMIUM ?? '/usr/bin/chromium',
  env: { ...process.env, HOME: home },
  args: ['--no-sandbox', `--remote-debugging-port=${port}`],
});

/** This machine's, as the first run measures it. */
let index;
/**
 * One run: the score of each category, and what cost points. The phone is four times slower than whatever machine this is;
 * the phone of this machine is as slow as that phone really is, as Lighthouse's docs/throttling.md asks for.
 */
async function judge(what, url, form) {
  const options = { port, output: 'json', onlyCategories: CATEGORIES, disableStorageReset: true, logLevel: 'error' };
  if (form === FORMS[2]) options.throttling = { ...throttling.mobileSlow4G, cpuSlowdownMultiplier: Math.max(1, index / PHONE_INDEX) };
  const { lhr } = await lighthouse(url, options, form === 'desktop' ? desktopConfig : undefined);
  index ??= lhr.environment.benchmarkIndex;
  if (!lhr.finalDisplayedUrl.startsWith(url)) throw new Error(`${what}: ended at ${lhr.finalDisplayedUrl}`);
  const scores = CATEGORIES.map((name) => Math.round((lhr.categories[name].score ?? 0) * 100));
  const lost = CATEGORIES.flatMap((name) =>
    lhr.categories[name].auditRefs
      .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 0.95)
      .map(({ id }) => `${id} ${lhr.audits[id].displayValue ?? `(${lhr.audits[id].score})`}`));
  const figure = (id) => lhr.audits[id].displayValue ?? '';
  console.log(what, form, scores.join(' '), lost.join(', '));
  return { what, form, scores, lost, paint: figure('largest-contentful-paint'), blocked: figure('total-blocking-time'), shift: figure('cumulative-layout-shift'), version: lhr.lighthouseVersion, agent: lhr.environment.hostUserAgent };
}

const runs = [];
try {
  const { chat } = await furnish(server, anna, ben);
  for (const form of FORMS) runs.push(await judge('sign-in', `${server.url}/signin`, form));
  const page = await context.newPage();
  await page.goto(`${server.url}/signin`);
  await page.getByTestId('username').fill('anna');
  await page.getByTestId('password').fill(anna.password);
  await page.getByTestId('submit').click();
  await page.getByTestId('conversation').first().waitFor();
  await page.close();
  for (const form of FORMS) {
    runs.push(await judge('chats', `${server.url}/`, form));
    runs.push(await judge('chat', `${server.url}/c/${chat}`, form));
  }
} finally {
  await context.close();
  await Promise.all([anna.close(), ben.close()]);
  await server.stop();
  rmSync(home, { recursive: true, force: true });
}

const rows = runs.map(({ what, form, scores, paint, blocked, shift, lost }) => `| ${what} | ${form} | ${scores.join(' | ')} | ${paint} | ${blocked} | ${shift} | ${lost.join(', ')} |`);
const table = `Lighthouse ${runs[0].version}, ${/Chrome\/[\d.]+/.exec(runs[0].agent)?.[0] ?? runs[0].agent}, ${new Date().toISOString()}; benchmarkIndex of this machine ${Math.round(index)}, of Lighthouse's phone ${PHONE_INDEX}.

| page | as on a | performance | accessibility | best practices | largest paint | blocked | shift | below 0.95 |
|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
if (process.argv[2]) writeFileSync(process.argv[2], table);
console.log(table);
// How slow a quarter of this machine is says more of the machine than of the page: told, and not judged.
const poor = runs.filter(({ form, scores }) => form !== FORMS[1] && scores.some((score) => score < ENOUGH));
for (const { what, form, scores } of poor) console.error(`${what} on a ${form}: ${scores.join(', ')}, ${ENOUGH} is enough`);
process.exit(poor.length > 0 ? 1 : 0);
