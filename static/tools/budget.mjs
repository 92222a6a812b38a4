// Holds the first load under its budget, gzipped: what index.html names, the chats view, and what these import.
// Also refuses inline scripts and styles, which the Content-Security-Policy forbids.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import path from 'node:path'

const BUDGET = 120_000
const dist = path.join(import.meta.dirname, '..', 'dist')
const page = path.join(dist, 'index.html')
if (!existsSync(page)) {
  console.error('There is no dist/index.html to measure: run `npm run build` first.')
  process.exit(1)
}
const html = readFileSync(page, 'utf8')
if (/<style|<script(?![^>]*\bsrc=)|\sstyle="|\son\w+="/.test(html)) {
  console.error('dist/index.html has an inline script or style: the Content-Security-Policy would block it.')
  process.exit(1)
}
const files = new Set([...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((match) => match[1]))
for (const name of readdirSync(path.join(dist, 'assets'))) {
  if (/^(HomeView|ChatsView)-/.test(name)) files.add(`assets/${name}`)
}
for (const file of files) {
  if (!file.endsWith('.js')) continue
  const code = readFileSync(path.join(dist, file), 'utf8')
  for (const [, name] of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) files.add(`assets/${name}`)
}
let total = gzipSync(html).length
for (const file of files) {
  const size = gzipSync(readFileSync(path.join(dist, file))).length
  total += size
  console.log(`${String(size).padStart(8)}  ${file}`)
}
console.log(`${String(total).padStart(8)}  first load, gzipped (budget ${BUDGET})`)
if (total > BUDGET) process.exit(1)
