// The service worker: keeps the files of one version of the page, whole or not at all, so that it starts without a
// network. It answers with nothing else: never with an answer of the API, a message or a picture of one.
import { neverChanges, outdated, plan } from './plan'

declare const self: ServiceWorkerGlobalScope
/** Put in by tools/offline.ts: the files of this version, and a name for it. */
declare const __FILES__: readonly string[]
declare const __VERSION__: string

const PREFIX = 'charla-'
const CACHE = PREFIX + __VERSION__
const SHELL = '/index.html'
const files = new Set(__FILES__)

/** Names with a hash of the content are taken from where they are; the rest is asked for anew. */
async function keep(cache: Cache, path: string): Promise<void> {
  const known = neverChanges(path) ? await caches.match(path) : undefined
  const answer = known ?? (await fetch(path, { cache: neverChanges(path) ? 'default' : 'no-cache', credentials: 'omit' }))
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  await cache.put(path, answer)
}

async function install(): Promise<void> {
  const cache = await caches.open(CACHE)
  await Promise.all([...files].map((path) => keep(cache, path)))
}

async function activate(): Promise<void> {
  const old = outdated(await caches.keys(), PREFIX, CACHE)
  await Promise.all(old.map((name) => caches.delete(name)))
  await self.clients.claim()
}

async function answer(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(CACHE)
  return (await cache.match(path)) ?? fetch(request)
}

self.addEventListener('install', (event) => event.waitUntil(install()))
self.addEventListener('activate', (event) => event.waitUntil(activate()))
self.addEventListener('fetch', (event) => {
  const planned = plan(event.request, self.location.origin, files)
  if (planned === 'network') return
  event.respondWith(answer(event.request, planned === 'shell' ? SHELL : new URL(event.request.url).pathname))
})
self.addEventListener('message', (event) => {
  const said: unknown = event.data
  if (typeof said === 'object' && said !== null && 'type' in said && said.type === 'takeOver') void self.skipWaiting()
})

/** Brings the tab of this page to the front, or opens one, and there the conversation that the notification was about. */
async function show(path: string): Promise<void> {
  const [tab] = await self.clients.matchAll({ type: 'window' })
  if (!tab) {
    await self.clients.openWindow(path)
    return
  }
  await tab.focus()
  tab.postMessage({ type: 'open', path })
}
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const data: unknown = event.notification.data
  const path = typeof data === 'object' && data !== null && 'path' in data && typeof data.path === 'string' ? data.path : '/'
  event.waitUntil(show(path))
})
