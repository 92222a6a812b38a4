// Scrolls a conversation of ten thousand messages in a real Chromium, from the newest to the first and back, and tells
// what kept the page busy: the tasks over 50 ms, and with `--profile` which functions. Not a test: the figures are the
// machine's as much as ours. Run alone: `node tests/browser/scroll.bench.mjs`.
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
const MANY = 10_000;
/** Pixels a frame: a quick flick up; down as fast as the wheel spins. */
const UP = 1500;
const DOWN = 3000;
const TEXTS = [
  (i) => `line ${i} ${'word '.repeat(i % 40)}`,
  (i) => `**bold ${i}** and _italic_, \`code\`, https://example.org/page/${i}?of=many`,
  (i) => `- one\n- two ${i}\n- three\n\n> somebody said so\n\nand more`,
  (i) => `${i} 👍`,
  () => '🎉',
];

async function fill(server, rest, conversation) {
  for (let at = 0; at < MANY; at += 50) {
    await Promise.all(Array.from({ length: 50 }, async (_, i) => {
      const content = TEXTS[(at + i) % TEXTS.length](at + i);
      const answer = await rest.send('POST', `/api/v1/conversations/${conversation}/messages`, { content, clientId: `many-${at + i}` });
      if (answer.status !== 201) throw new Error(answer.text);
      if ((at + i) % 10 === 0) await rest.send('PUT', `/api/v1/messages/${answer.json.id}/reactions`, { emoji: '👍', reacted: true });
    }));
  }
}

/** Scrolls by `step` a frame until the message `seq` is on the page. */
const scroll = (page, step, seq) => until(`message ${seq}`, () => page.evaluate(async ([step, seq]) => {
  const box = document.querySelector('[data-testid=messages]');
  for (let i = 0; i < 60; i++) {
    box.scrollTop += step;
    await new Promise(requestAnimationFrame);
  }
  return document.querySelector(`[data-seq="${seq}"]`) !== null;
}, [step, seq]), { seconds: 300, every: 1 });

/** The functions that took the most time by themselves. */
function heaviest({ nodes, samples, timeDeltas }) {
  const spent = new Map();
  const names = new Map(nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName || '(anonymous)'} ${callFrame.url.split('/').at(-1)}:${callFrame.lineNumber + 1}:${callFrame.columnNumber}`]));
  samples.forEach((id, i) => spent.set(names.get(id), (spent.get(names.get(id)) ?? 0) + timeDeltas[i] / 1000));
  return [...spent].sort((a, b) => b[1] - a[1]).slice(0, 30);
}

const server = await Server.start({ config: '[limits]\nevents_per_second = 100000\nevents_burst = 100000\n' });
const anna = await launch({ probe: false });
try {
  await anna.register(server, 'anna', PASSWORD);
  await server.send('POST', '/api/v1/auth/register', { username: 'ben', email: 'ben@example.org', password: PASSWORD });
  const rest = await server.as('ben', PASSWORD);
  const { json } = await rest.send('GET', '/api/v1/users?query=anna');
  const conversation = (await rest.send('POST', '/api/v1/conversations', { user: json.users[0].id })).json.id;
  await anna.page.goto('about:blank');
  await fill(server, rest, conversation);
  await anna.page.goto(`${server.url}/c/${conversation}`);
  await anna.page.locator(`[data-seq="${MANY}"]`).waitFor();
  await anna.page.evaluate(() => {
    window.__long = [];
    new PerformanceObserver((list) => window.__long.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ type: 'longtask' });
  });
  const cdp = await anna.context.newCDPSession(anna.page);
  const profiled = process.argv.includes('--profile');
  if (profiled) {
    await cdp.send('Profiler.enable');
    await cdp.send('Profiler.start');
  }
  for (const [way, step, seq] of [['up', -UP, 1], ['down', DOWN, MANY]]) {
    const began = Date.now();
    await scroll(anna.page, step, seq);
    const { long, rows } = await anna.page.evaluate(() => ({ long: window.__long.splice(0), rows: document.querySelectorAll('[data-testid=message]').length }));
    console.log(`${way}: ${((Date.now() - began) / 1000).toFixed(1)} s; tasks over 50 ms: ${long.length}${long.length ? `, the longest ${Math.max(...long)} ms (${long.join(' ')})` : ''}; ${rows} messages on the page`);
  }
  if (profiled) for (const [name, ms] of heaviest((await cdp.send('Profiler.stop')).profile)) console.log(`${ms.toFixed(0).padStart(7)} ms  ${name}`);
} finally {
  await anna.close();
  await server.stop();
}
