// When a call's media must be brought back, and how. Pure: what was seen and the time go in, a decision comes out.

/** Sender reports come every second on every slot, muted or not; none for this long means that the path is dead. */
export const STALL_MS = 4000
/** How long a restart may take before the next one is worth a try. */
const FIRST_WAIT_MS = 5000
const LONGEST_WAIT_MS = 15_000
/** After so many restarts in a row the connection itself is taken to be broken. */
const RESTARTS_BEFORE_REBUILD = 3

export interface Seen {
  /** `RTCPeerConnection.connectionState` and `iceConnectionState`, told as one. */
  path: 'new' | 'up' | 'disconnected' | 'failed'
  /** Counts sender reports (packets or reports, whichever rises); null until the first. */
  reports: number | null
  /** Whether an offer can be carried at all: the socket is up. */
  signal: boolean
}
export interface Recovery {
  reports: number | null
  reportsAt: number
  lastTryAt: number | null
  tries: number
}
export type Decision = 'wait' | 'restart' | 'rebuild'

export const fresh = (now: number): Recovery => ({ reports: null, reportsAt: now, lastTryAt: null, tries: 0 })

/** Audio is flowing as far as this end can tell. */
export function isHealthy(recovery: Recovery, seen: Seen, now: number): boolean {
  return seen.path === 'up' && (recovery.reports === null || now - recovery.reportsAt < STALL_MS)
}

export function observe(before: Recovery, seen: Seen, now: number): { next: Recovery; decision: Decision } {
  const moved = seen.reports !== null && seen.reports !== before.reports
  const next = moved ? { ...before, reports: seen.reports, reportsAt: now } : before
  if (isHealthy(next, seen, now)) {
    // Only a report that came after the restart proves that it helped.
    const proven = moved || next.reports === null
    return { next: proven ? { ...next, lastTryAt: null, tries: 0 } : next, decision: 'wait' }
  }
  if (!seen.signal || seen.path === 'new') return { next, decision: 'wait' }
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, next.tries - 1), LONGEST_WAIT_MS)
  if (next.lastTryAt !== null && now - next.lastTryAt < wait) return { next, decision: 'wait' }
  const tries = next.tries + 1
  if (tries > RESTARTS_BEFORE_REBUILD) return { next: fresh(now), decision: 'rebuild' }
  return { next: { ...next, lastTryAt: now, tries }, decision: 'restart' }
}
