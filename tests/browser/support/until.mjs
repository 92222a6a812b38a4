// Waits on a condition with a generous deadline: the only way tests wait.

/** Calls `probe` until it answers something truthy, which is returned. Errors count as "not yet"; the last one is told. */
export async function until(what, probe, { seconds = 30, every = 100 } = {}) {
  const end = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}${last ? ` (${last.message})` : ''}`);
    await new Promise((done) => setTimeout(done, every));
  }
}
