// Holds what is loaded first under its budget, gzipped: for the sign-in page what index.html names and what that
// imports, for the chats their views besides, for an open conversation its own, too. Refuses inline scripts and styles, which the Content-Security-Policy
// forbids, and in the first load anything of calls.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import path from 'node:path'

const SIGN_IN = 66_000
const CHATS = 95_000
/** With a conversation open: all that is loaded before somebody asks for more. */
const CONVERSATION = 120_000
const dist = path.join(import.meta.dirname, '..', 'dist')
const page = path.join(dist, 'index.html')
const fail = (why) => {
  console.error(why)
  process.exit(1)
}
if (!existsSync(page)) fail('There is no dist/index.html to measure: run `npm run build` first.')
const html = readFileSync(page, 'utf8')
if (/<style|<script(?![^>]*\bsrc=)|\sstyle="|\son\w+="/.test(html)) {
  fail('dist/index.html has an inline script or style: the Content-Security-Policy would block it.')
}

/** These files and what they import, by `import` and not by `import()`. */
function withImports(first) {
  const files = new Set(first)
  for (const file of files) {
    if (!file.endsWith('.js')) continue
    const code = readFileSync(path.join(dist, file), 'utf8')
    for (const [, name] of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) files.add(`assets/${name}`)
  }
  return files
}
const size = (file) => gzipSync(readFileSync(path.join(dist, file))).length
const all = (files) => [...files].reduce((sum, file) => sum + size(file), gzipSync(html).length)

const assets = readdirSync(path.join(dist, 'assets'))
const named = (pattern) => assets.filter((name) => pattern.test(name)).map((name) => `assets/${name}`)
const shell = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((match) => match[1])
const english = named(/^en-/)
const signIn = withImports([...shell, ...english])
const chats = withImports([...shell, ...english, ...named(/^(HomeView|ChatsView|inside|chats)-/)])
const conversation = withImports([...chats, ...named(/^(talk|talk\.en|ConversationPane)-/)])

for (const file of chats) console.log(`${String(size(file)).padStart(8)}  ${file}`)
console.log(`${String(all(signIn)).padStart(8)}  sign-in, gzipped (budget ${SIGN_IN})`)
console.log(`${String(all(chats)).padStart(8)}  chats, gzipped (budget ${CHATS})`)
console.log(`${String(all(conversation)).padStart(8)}  a conversation, gzipped (budget ${CONVERSATION})`)
if (all(signIn) > SIGN_IN || all(chats) > CHATS || all(conversation) > CONVERSATION) fail('The first load is over its budget.')
for (const file of chats) {
  if (/RTCPeerConnection|getUserMedia|AudioContext/.test(readFileSync(path.join(dist, file), 'utf8'))) {
    fail(`${file} belongs to the first load and has code of calls in it.`)
  }
}
