// What the service worker answers itself, and what goes to the server as if there were no worker. Pure.

export interface Asked {
  method: string
  url: string
  /** As of `Request.mode`. */
  mode: string
}
/** `shell`: the page itself. `file`: one that belongs to this version. `network`: not ours to answer. */
export type Plan = 'shell' | 'file' | 'network'

/** Pages that the server makes, beside our one page. */
const OF_THE_SERVER = ['/api', '/socket.io', '/trust', '/.well-known']

export function plan(asked: Asked, origin: string, files: ReadonlySet<string>): Plan {
  const url = new URL(asked.url)
  if (asked.method !== 'GET' || url.origin !== origin) return 'network'
  if (files.has(url.pathname)) return url.pathname === '/index.html' ? 'network' : 'file'
  if (asked.mode !== 'navigate') return 'network'
  if (OF_THE_SERVER.some((path) => url.pathname === path || url.pathname.startsWith(`${path}/`))) return 'network'
  // As the server has it: what looks like a file and is none of ours does not exist.
  const last = url.pathname.slice(url.pathname.lastIndexOf('/') + 1)
  return last.includes('.') || url.pathname.startsWith('/assets/') ? 'network' : 'shell'
}

/** Of all caches, oldest first, those to forget. The version before is kept: tabs that still run it load parts of it. */
export function outdated(names: readonly string[], prefix: string, current: string): string[] {
  return names.filter((name) => name.startsWith(prefix) && name !== current).slice(0, -1)
}

/** Whether a file's name changes whenever its content does. */
export const neverChanges = (path: string): boolean => /^\/assets\/.+-[\w-]{8}\.\w+$/.test(path)
