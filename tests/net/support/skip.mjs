// Whether the lab can be had; if not, it is said so that nobody overlooks it.
import { Lab } from './lab.mjs';

/** False, or the reason for `skip`, told on the terminal in a frame. */
export function skipLoudly() {
  const obstacle = Lab.obstacle();
  if (obstacle === null) return false;
  const lines = ['THE NETWORK TESTS ARE SKIPPED', 'Whether calls get through strict networks is NOT tested in this run.', obstacle];
  const width = Math.max(...lines.map((line) => line.length));
  const frame = '#'.repeat(width + 4);
  process.stderr.write(`\n${[frame, ...lines.map((line) => `# ${line.padEnd(width)} #`), frame].join('\n')}\n\n`);
  return obstacle;
}
