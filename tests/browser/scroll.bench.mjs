// Scrolls a conversation of ten thousand messages in a real Chromium, fast through all that is loaded on the way, slowly,
// by the button and back, and tells what kept the page busy: tasks over 50 ms by the clock, and by the processor time of
// the page's main thread, which other programs on the machine do not lengthen. `--profile`: which functions, too. Not a
// test: the figures are the machine's as much as ours. Run alone: `node tests/browser/scroll.bench.mjs`.
import { watch } from './support/busy.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
const MANY = 10_000;
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

/** Scrolls by `step` pixels a frame until the message `seq` is on the page, or for so many frames. */
const scroll = (step, seq, frames = Infinity) => async (page) => {
  for (let done = 0; done < frames; done += 60) {
    const there = await page.evaluate(async ([step, seq]) => {
      const box = document.querySelector('[data-testid=messages]');
      for (let i = 0; i < 60; i++) {
        box.scrollTop += step;
        await new Promise(requestAnimationFrame);
      }
      return document.querySelector(`[data-seq="${seq}"]`) !== null;
    }, [step, seq]);
    if (there) return;
  }
};
const toNewest = async (page) => {
  await page.getByTestId('to-newest').click();
  await page.locator(`[data-seq="${MANY}"]`).waitFor();
};
/** What is done, in this order. */
const WAYS = {
  'up, 1,500 px a frame, loading': scroll(-1500, 1),
  'to the newest by the button': toNewest,
  'up, 60 px a frame, ten seconds': scroll(-60, 1, 600),
  'up, 4,000 px a frame, loaded': scroll(-4000, 1),
  'down, 3,000 px a frame': scroll(3000, MANY),
};

const server = await Server.start({ config: '[limits]\nevents_per_second = 100000\nevents_burst = 100000\n' });
const anna = await launch({ probe: false });
try {
  await anna.register(server, 'anna', PASSWORD);
  await server.send('POST', '/api/v1/auth/register', { username: 'ben', email: 'ben@example.org', password: PASSWORD });
  const rest = await server.as('ben', PASSWORD);
  const { json } = await rest.send('GET', '/api/v1/users?query=anna');
  const conversation = (await rest.send('POST', '/api/v1/conversations', { user: json.users[0].id })).json.id;
  await anna.page.goto('about:blank');
  const began = Date.now();
  await fill(server, rest, conversation);
  console.log(`filled in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  await anna.page.goto(`${server.url}/c/${conversation}`);
  // The page begins where the unread begins.
  await toNewest(anna.page);
  const rows = async () => `; ${await anna.page.getByTestId('message').count()} messages on the page`;
  for (const [what, way] of Object.entries(WAYS)) {
    await watch(anna.browser, anna.page, what, () => way(anna.page), { profiled: process.argv.includes('--profile'), after: rows });
  }
} finally {
  await anna.close();
  await server.stop();
}
