// When a call's media must be brought back, and how. Pure: what was seen and the time go in, a decision comes out.

/**
 * Speech comes in fifty packets a second, a silent microphone in two or three, and sender reports every second on every
 * slot, muted or not. So a path that was lively is dead soon after its last packet; one with reports alone gets time
 * for one of them to be lost.
 */
export const SHORTEST_STALL_MS = 1000
export const LONGEST_STALL_MS = 2600
const STALL_IN_GAPS = 2.5
/** How much of the longest gap seen is still expected after each arrival. */
const GAP_DECAY = 0.8
/** Between sender reports: what is expected at first. */
const REPORT_MS = 1000
/** How long a restart may take before the next one is worth a try. */
const FIRST_WAIT_MS = 3000
const LONGEST_WAIT_MS = 12_000
/** After so many restarts in a row the connection itself is taken to be broken. */
const RESTARTS_BEFORE_REBUILD = 3
/**
 * Chromium stays with a dead path for three and a half seconds even when a restart has found a living one; a connection
 * made anew is there sooner. So a restart that the server answered gets this long, and two round trips.
 */
const REBUILD_AFTER_MS = 600

export interface Seen {
  /** `RTCPeerConnection.connectionState` and `iceConnectionState`, told as one. */
  path: 'new' | 'up' | 'disconnected' | 'failed'
  /** Changes with every packet that came in; null until the first. */
  arrivals: string | null
  /** When an answer of the relay was applied last. */
  answeredAt: number | null
  /** Round trip on the path, as known; 0 before. */
  rttMs: number
  /** Whether an offer can be carried at all: the socket is up. */
  signal: boolean
}
export interface Recovery {
  arrivals: string | null
  arrivedAt: number
  /** The longest time between arrivals of late. */
  gap: number
  lastTryAt: number | null
  tries: number
}
export type Decision = 'wait' | 'restart' | 'rebuild'

export const fresh = (now: number): Recovery => ({
  arrivals: null, arrivedAt: now, gap: REPORT_MS, lastTryAt: null, tries: 0,
})

/** For how long nothing may come in before the path is taken for dead. */
export const stallAfter = ({ gap }: Recovery): number =>
  Math.min(Math.max(STALL_IN_GAPS * gap, SHORTEST_STALL_MS), LONGEST_STALL_MS)

/** Audio is flowing as far as this end can tell. */
export function isHealthy(recovery: Recovery, seen: Seen, now: number): boolean {
  return seen.path === 'up' && (recovery.arrivals === null || now - recovery.arrivedAt < stallAfter(recovery))
}

function arrive(before: Recovery, arrivals: string, now: number): Recovery {
  const first = before.arrivals === null
  const gap = first ? before.gap : Math.max(now - before.arrivedAt, before.gap * GAP_DECAY)
  // An outage says nothing about the rhythm of what comes after it.
  return { ...before, arrivals, arrivedAt: now, gap: Math.min(gap, REPORT_MS) }
}

/** The server is reached and has answered the restart, but the path is as dead as before. */
function restartIsVain({ lastTryAt, tries }: Recovery, { answeredAt, rttMs }: Seen, now: number): boolean {
  if (tries !== 1 || lastTryAt === null || answeredAt === null || answeredAt < lastTryAt) return false
  return now - answeredAt >= REBUILD_AFTER_MS + 2 * rttMs
}

export function observe(before: Recovery, seen: Seen, now: number): { next: Recovery; decision: Decision } {
  const moved = seen.arrivals !== null && seen.arrivals !== before.arrivals
  const next = moved && seen.arrivals !== null ? arrive(before, seen.arrivals, now) : before
  if (isHealthy(next, seen, now)) {
    // Only what came after the restart proves that it helped.
    const proven = moved || next.arrivals === null
    return { next: proven ? { ...next, lastTryAt: null, tries: 0 } : next, decision: 'wait' }
  }
  if (!seen.signal || seen.path === 'new') return { next, decision: 'wait' }
  if (restartIsVain(next, seen, now)) return { next: fresh(now), decision: 'rebuild' }
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, next.tries - 1), LONGEST_WAIT_MS)
  if (next.lastTryAt !== null && now - next.lastTryAt < wait) return { next, decision: 'wait' }
  const tries = next.tries + 1
  if (tries > RESTARTS_BEFORE_REBUILD) return { next: fresh(now), decision: 'rebuild' }
  return { next: { ...next, lastTryAt: now, tries }, decision: 'restart' }
}
