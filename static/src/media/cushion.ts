// How much sound is kept back so that lost packets which are sent again still come in time. Pure: counters and the time
// go in, the wish for the jitter buffer comes out.

type Entry = Record<string, unknown> & { type: string }

/** A repeat comes a round trip after the gap was seen, that of the other one's link if it was lost there; some are lost, too. */
const LEAST_MS = 200
const MOST_MS = 400
const ROUND_TRIPS = 1.5
const GAP_SEEN_MS = 60
/** A link is lossy where so many packets, and so large a share, were asked for again within one look. */
const LEAST_REPEATS = 3
const LOSSY_SHARE = 0.02
/** For so long after the last loss the cushion stays: growing and shrinking is heard. */
const HOLD_MS = 20_000

export interface Cushion {
  packets: number
  asked: number
  until: number
  /** For `RTCRtpReceiver.jitterBufferTarget`; null leaves it to the browser. */
  targetMs: number | null
}
export const FLAT: Cushion = { packets: 0, asked: 0, until: -Infinity, targetMs: null }

export function cushion(before: Cushion, entries: readonly Entry[], rttMs: number, now: number): Cushion {
  const inbound = entries.filter((entry) => entry.type === 'inbound-rtp')
  const sum = (key: string) => inbound.reduce((total, entry) => total + (typeof entry[key] === 'number' ? entry[key] : 0), 0)
  const [packets, asked] = [sum('packetsReceived'), sum('nackCount')]
  const repeats = asked - before.asked
  const lossy = repeats >= LEAST_REPEATS && repeats > LOSSY_SHARE * (packets - before.packets)
  const until = lossy ? now + HOLD_MS : before.until
  const wish = Math.min(Math.max(ROUND_TRIPS * rttMs + GAP_SEEN_MS, LEAST_MS), MOST_MS)
  if (now >= until) return { packets, asked, until, targetMs: null }
  return { packets, asked, until, targetMs: before.targetMs ?? Math.round(wish) }
}
