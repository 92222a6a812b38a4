// What keeps a page busy, for benches: the tasks of its main thread out of Chromium's trace, what the longest were made
// of, and the functions of a profile that took the most time.

const TASKS = ['-*', 'toplevel', '__metadata'];
const PARTS = [...TASKS, 'devtools.timeline', 'v8', 'disabled-by-default-v8.gc'];

/**
 * The tasks of the page's main thread while `what` is done, each with how long it took by the clock and how much
 * processor time, in ms; with `parts` also what was done in it.
 */
async function within(browser, page, what, { parts = false } = {}) {
  await browser.startTracing(page, { categories: parts ? PARTS : TASKS });
  await what();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const mains = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`));
  const own = traceEvents.filter(({ ph, pid, tid, tdur }) => ph === 'X' && tdur !== undefined && mains.has(`${pid} ${tid}`)).sort((a, b) => a.ts - b.ts);
  const inside = ({ ts, dur, tid, pid }) => own.filter((part) => part.tid === tid && part.pid === pid && part.ts >= ts && part.ts + part.dur <= ts + dur && !part.name.endsWith('RunTask'));
  return own.filter(({ name }) => name.endsWith('RunTask')).map((task) => ({ ms: task.dur / 1000, cpu: task.tdur / 1000, parts: () => inside(task).map(({ name, tdur }) => ({ name, cpu: tdur / 1000 })) }));
}

/** How many took over 50 ms `by` the clock (`ms`) or processor time (`cpu`), and the five that took longest. */
function longest(tasks, by) {
  const most = tasks.toSorted((a, b) => b[by] - a[by]);
  return { over: most.filter((task) => task[by] > 50).length, most: most.slice(0, 5) };
}

const told = (tasks, by) => {
  const { over, most } = longest(tasks, by);
  return `${over} over 50 ms (${most.map((task) => task[by].toFixed(0)).join(' ')})`;
};

/**
 * Does `way`, and says on the terminal how long the tasks took in it; with `profiled` also what the longest were made of
 * and which functions took the most time. `after` may add to the line.
 */
export async function watch(browser, page, what, way, { profiled = false, after = () => '' } = {}) {
  const cdp = profiled ? await page.context().newCDPSession(page) : null;
  await cdp?.send('Profiler.enable');
  await cdp?.send('Profiler.start');
  const began = Date.now();
  const tasks = await within(browser, page, way, { parts: profiled });
  const more = await after();
  console.log(`${what}: ${((Date.now() - began) / 1000).toFixed(1)} s; ${tasks.length} tasks; by the clock ${told(tasks, 'ms')}; of processor time ${told(tasks, 'cpu')}${more}`);
  if (!cdp) return;
  for (const task of longest(tasks, 'cpu').most) {
    const parts = task.parts().sort((a, b) => b.cpu - a.cpu).slice(0, 6);
    console.log(`  ${task.cpu.toFixed(1)} ms: ${parts.map(({ name, cpu }) => `${name} ${cpu.toFixed(1)}`).join(', ')}`);
  }
  for (const [name, ms] of heaviest((await cdp.send('Profiler.stop')).profile)) console.log(`${ms.toFixed(0).padStart(7)} ms  ${name}`);
  await cdp.detach();
}

/** The functions that took the most time by themselves. */
function heaviest({ nodes, samples, timeDeltas }) {
  const spent = new Map();
  const names = new Map(nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName || '(anonymous)'} ${callFrame.url.split('/').at(-1)}:${callFrame.lineNumber + 1}:${callFrame.columnNumber}`]));
  samples.forEach((id, i) => spent.set(names.get(id), (spent.get(names.get(id)) ?? 0) + timeDeltas[i] / 1000));
  return [...spent].sort((a, b) => b[1] - a[1]).slice(0, 30);
}
