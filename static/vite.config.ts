// How the page is built. Everything is a file of its own: the Content-Security-Policy allows neither inline scripts
// nor inline styles, and no request leaves this server.
import path from 'node:path'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { emoji } from './tools/emoji.mjs'
import { lucide } from './tools/icons.ts'
import { offline } from './tools/offline.ts'

/**
 * vue-i18n imports Vue as a whole to look for something that only other builds of Vue have. That keeps every part of
 * Vue in the page, used or not: 8 kB of it, gzipped.
 */
const WHOLE = "import * as Vue from 'vue';"
const vueInParts: Plugin = {
  name: 'vue-in-parts',
  apply: 'build',
  transform(code, id) {
    if (!/vue-i18n\.runtime\.mjs$/.test(id)) return null
    if (!code.includes(WHOLE)) throw new Error('vue-i18n no longer imports Vue as a whole: remove vueInParts')
    return { code: code.replace(WHOLE, "import { getCurrentInstance as currentInstance } from 'vue'; const Vue = { getCurrentInstance: currentInstance };"), map: null }
  },
}

// `npm run dev` serves the page from its sources and passes the rest on to a running server, whose name and origin
// the requests then bear: it takes no others.
const server = process.env.CHARLA_DEV_SERVER ?? 'https://localhost:8443'
const proxied = { target: server, secure: false, ws: true, changeOrigin: true, headers: { origin: server } }

/**
 * What is wanted at one time is one file: left to itself, the bundler makes a file of whatever two parts share, and a
 * first chat was fetched in seventy. Each file has what its name says, and what that imports and no file before has.
 * `main.ts` stays by itself: it waits for parts that import what is in `base`, and these would wait for it.
 */
const GROUPS = [
  { name: 'base', tags: ['$initial' as const], test: (id: string) => !/offline.worker|src.main\.ts|index\.html/.test(id), priority: 4 },
  { name: 'chats', test: /src.(?:views.(?:HomeView|ChatsView)\.vue|inside\.ts)/, priority: 3 },
  { name: 'talk', test: /src.(?:components.ConversationPane\.vue|stores.sender\.ts)/, priority: 2 },
  { name: 'call', test: /src.(?:components.(?:CallPanel|IncomingCall|AppExtras)\.vue|stores.engine\.ts)/, priority: 1 },
]

export default defineConfig({
  plugins: [vue(), vueInParts, emoji, lucide, offline(path.join(import.meta.dirname, 'public'))],
  // Of vue-i18n its small edition, which has no dates, numbers and components: 4 kB less. Messages are compiled by
  // src/i18n/compile.ts, so that its compiler stays out, too.
  resolve: { alias: { 'vue-i18n': 'petite-vue-i18n/dist/petite-vue-i18n.runtime.mjs' } },
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __INTLIFY_DROP_MESSAGE_COMPILER__: true,
  },
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/offline/worker/worker.ts' },
      // A service worker's address must stay the same, and be at the root to serve all of it.
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        codeSplitting: { groups: GROUPS },
      },
    },
  },
  server: { proxy: { '/api': proxied, '/socket.io': proxied, '/trust': proxied } },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
})
