// Charla as an app of this device: the service worker that starts it without a network, the word that a newer version
// waits, and the browser's offer to install. Loaded after the first view.
import { ref } from 'vue'
import { offer } from './offer'

/** Whether this page starts without a network, and if not, why. */
export type Readiness = 'ready' | 'waiting' | 'trust' | 'absent' | 'failed'
export const readiness = ref<Readiness>('waiting')
/** A newer version was fetched whole, and waits for a word. */
export const updateReady = ref(false)
export const installable = ref(offer.event !== null)
export const installed = ref(matchMedia('(display-mode: standalone)').matches)

const HOUR_MS = 3_600_000
let registration: ServiceWorkerRegistration | null = null
let asked: Promise<void> | null = null
let reloading = false

/** A browser that does not trust the certificate refuses the worker, even where somebody clicked the warning away. */
const reasonOf = (error: unknown): Readiness =>
  error instanceof DOMException && error.name === 'SecurityError' ? 'trust' : 'failed'

function watchFor(installing: ServiceWorker | null): void {
  installing?.addEventListener('statechange', () => {
    if (installing.state === 'installed') updateReady.value = navigator.serviceWorker.controller !== null
    if (installing.state === 'activated') readNow()
  })
}

async function begin(): Promise<void> {
  if (!('serviceWorker' in navigator)) {
    readiness.value = 'absent'
    return
  }
  if (!import.meta.env.PROD) return
  try {
    registration = await navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' })
  } catch (error) {
    readiness.value = reasonOf(error)
    return
  }
  updateReady.value = registration.waiting !== null && navigator.serviceWorker.controller !== null
  watchFor(registration.installing)
  registration.addEventListener('updatefound', () => watchFor(registration?.installing ?? null))
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (reloading) location.reload()
  })
  setInterval(lookForUpdate, HOUR_MS)
  readNow()
}

/** Once per page, however often it is called. */
export function register(): Promise<void> {
  asked ??= begin()
  return asked
}

function readNow(): void {
  if (registration) readiness.value = registration.active?.state === 'activated' ? 'ready' : 'waiting'
}
export async function refreshReadiness(): Promise<void> {
  await register()
  readNow()
}

/** The server was restarted, or an hour has passed: there may be a newer version. */
export function lookForUpdate(): void {
  registration?.update().catch(() => {})
}

/** The newer version takes over, and this page is loaded anew with it. Other tabs go on with what they have. */
export function takeUpdate(): void {
  reloading = true
  if (registration?.waiting) registration.waiting.postMessage({ type: 'takeOver' })
  else location.reload()
}

offer.changed = () => {
  installable.value = offer.event !== null
}
addEventListener('appinstalled', () => {
  installed.value = true
  offer.event = null
  installable.value = false
})
export async function install(): Promise<void> {
  const event = offer.event
  if (!event) return
  offer.event = null
  installable.value = false
  await event.prompt()
}

/** Shows a notification through the worker, for browsers that know no other way; false if there is none. */
export async function notifyThroughWorker(title: string, options: NotificationOptions): Promise<boolean> {
  if (!registration?.active) return false
  return registration.showNotification(title, options).then(() => true, () => false)
}
/** Takes back what was shown through the worker under this tag. */
export async function closeThroughWorker(tag: string): Promise<void> {
  const shown = await registration?.getNotifications({ tag }).catch(() => [])
  for (const notification of shown ?? []) notification.close()
}
