// Pictures of what a person sees, at a phone's and a desk's width, light and dark, kept under `shots/` for eyes; and the
// faults that a machine can find in them.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { axe } from './axe.mjs';

export const SHOTS = join(dirname(fileURLToPath(import.meta.url)), '../shots');
mkdirSync(SHOTS, { recursive: true });

/** Answers the faults, in a line each. */
export async function look(person, name, { widths = [360, 1440], schemes = ['light', 'dark'] } = {}) {
  const faults = [];
  const before = person.page.viewportSize();
  for (const width of widths)
    for (const colorScheme of schemes) {
      await person.page.setViewportSize({ width, height: 800 });
      await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await person.page.screenshot({ path: join(SHOTS, `${name}-${width}-${colorScheme}.png`) });
      if (await person.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) faults.push(`${name} at ${width} px scrolls sideways`);
      for (const fault of await axe.check(person.page)) faults.push(`${name} ${width} ${colorScheme}: ${fault}`);
    }
  await person.page.setViewportSize(before);
  return faults;
}
