// Draws the icons of the installed app from the mark, into public/icons. Run by hand when the mark changes; needs the
// packages of tests/browser and Chromium.
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const here = import.meta.dirname
const { chromium } = createRequire(path.join(here, '../../tests/browser/package.json'))('playwright-core')
const out = path.join(here, '../public/icons')
mkdirSync(out, { recursive: true })

const INK = '#1b2430'
const ACCENT = '#ffc53d'
/** The mark of components/AppLogo.vue. `scale` is how much of the icon it fills. */
const mark = (scale, bubble, voice) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-linecap="round" style="width:${scale * 100}%;height:${scale * 100}%">
  <path d="M25.6 8.6A11.6 11.6 0 1 0 26 22.9" stroke="${bubble}" stroke-width="3.8"/><path d="M7.6 22.6 4.6 30l8.2-3z" fill="${bubble}"/>
  <path d="M12.2 14v4M16.8 11v10M21.4 14v4" stroke="${voice}" stroke-width="2.6"/></svg>`
/** Maskable: the system cuts it to its own shape, and keeps the middle four fifths. */
const ICONS = [
  { name: '192', size: 192, ground: INK, round: 22, scale: 0.66 },
  { name: '512', size: 512, ground: INK, round: 22, scale: 0.66 },
  { name: 'maskable-512', size: 512, ground: INK, round: 0, scale: 0.52 },
  { name: 'apple-180', size: 180, ground: INK, round: 0, scale: 0.62 },
  // One colour on nothing, for the status bar of a phone.
  { name: 'badge', size: 96, ground: 'transparent', round: 0, scale: 0.92, bubble: '#fff', voice: '#fff' },
]
const browser = await chromium.launch({ executablePath: process.env.CHARLA_TEST_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const page = await browser.newPage()
for (const { name, size, ground, round, scale, bubble = ACCENT, voice = '#f4f5f2' } of ICONS) {
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(`<body style="margin:0;background:transparent"><div style="width:100vw;height:100vh;display:grid;place-items:center;background:${ground};border-radius:${round}%">${mark(scale, bubble, voice)}</div>`)
  await page.screenshot({ path: path.join(out, `${name}.png`), omitBackground: true })
}
await browser.close()
