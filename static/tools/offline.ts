// Tells the service worker which files belong to this build, and gives the build a name that changes when one of them
// does. Whatever is in dist/ is kept by it, but maps, and what no page can use without a network.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Plugin } from 'vite'

const WORKER = 'sw.js'
/** Of calls: there are none without a network. */
const USELESS = /\.(?:map|wasm)$/

export function offline(publicDir: string): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = bundle[WORKER]
        if (worker?.type !== 'chunk') this.error(`there is no ${WORKER} in the bundle`)
        if (worker.imports.length > 0 || worker.dynamicImports.length > 0) this.error(`${WORKER} must stand alone: Firefox takes no modules as service workers`)
        const contents = new Map<string, string | Uint8Array>()
        for (const [name, file] of Object.entries(bundle)) if (name !== WORKER && !USELESS.test(name)) contents.set(`/${name}`, file.type === 'chunk' ? file.code : file.source)
        for (const name of readdirSync(publicDir, { recursive: true, encoding: 'utf8' })) {
          if (/\.\w+$/.test(name)) contents.set(`/${name.split(path.sep).join('/')}`, readFileSync(path.join(publicDir, name)))
        }
        if (!contents.has('/index.html')) this.error('there is no index.html in the bundle')
        const files = [...contents.keys()].sort()
        const hash = createHash('sha256').update(worker.code)
        for (const name of files) hash.update(name).update('\0').update(contents.get(name) ?? '').update('\0')
        worker.code = worker.code.replace('__FILES__', JSON.stringify(files)).replace('__VERSION__', JSON.stringify(hash.digest('hex').slice(0, 16)))
        if (/__(?:FILES|VERSION)__/.test(worker.code)) this.error(`${WORKER} names its files more than once`)
      },
    },
  }
}
