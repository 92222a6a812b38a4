// Pictures of everything the page can show, in both themes at three widths, into target/screens, and one sheet of them
// all. Run by hand: `node screens.mjs [stop …]`, with names of stops for those alone; needs a built server and page.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { calling, furnish, inside, outside } from './support/tour.mjs';

const OUT = join(dirname(fileURLToPath(import.meta.url)), '../../target/screens');
const WIDTHS = [360, 768, 1440];
const HEIGHTS = { 360: 740, 768: 1024, 1440: 900 };
const SCHEMES = ['light', 'dark'];
const wanted = process.argv.slice(2);

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const server = await Server.start();
const [guest, anna, ben] = await Promise.all([launch(), launch(), launch()]);
const taken = [];
try {
  const world = await furnish(server, anna, ben);
  const stops = [
    ...outside(server, guest).map(([name, go]) => [guest, name, go]),
    ...inside(server, anna, world).map(([name, go]) => [anna, name, go]),
    ...calling(server, anna, ben, world),
  ];
  for (const [person, name, go] of stops) {
    try {
      await go();
    } catch (error) {
      console.error(`${name}: ${error.message.split('\n')[0]}`);
      continue;
    }
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const width of WIDTHS)
      for (const colorScheme of SCHEMES) {
        await person.page.setViewportSize({ width, height: HEIGHTS[width] });
        await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await person.page.screenshot({ path: join(OUT, `${name}-${width}-${colorScheme}.png`) });
      }
    await person.page.setViewportSize({ width: 1280, height: 800 });
    taken.push(name);
    console.log(name);
  }
  const cell = (name, width, scheme) => `<figure><img src="${name}-${width}-${scheme}.png" height="300"><figcaption>${name} ${width} ${scheme}</figcaption></figure>`;
  const rows = taken.map((name) => `<section>${SCHEMES.flatMap((scheme) => WIDTHS.map((width) => cell(name, width, scheme))).join('')}</section>`);
  writeFileSync(join(OUT, 'sheet.html'), `<!doctype html><meta charset="utf-8"><title>Charla, screen by screen</title><style>body{font:12px sans-serif;background:#777;color:#fff;margin:12px}section{display:flex;gap:8px;margin-bottom:12px}figure{margin:0}img{display:block}</style>${rows.join('\n')}`);
  await guest.page.setViewportSize({ width: 1900, height: 1000 });
  await guest.page.goto(pathToFileURL(join(OUT, 'sheet.html')).href);
  await guest.page.screenshot({ path: join(OUT, 'sheet.png'), fullPage: true });
} finally {
  await Promise.all([guest.close(), anna.close(), ben.close()]);
  await server.stop();
}
console.log(`${taken.length} screens in ${OUT}`);
