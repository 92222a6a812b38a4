// Reads what the page needs out of `getStats()`. Pure over the report's entries.
import { CANDIDATES, PROTOCOLS, type CallStats } from '../protocol'

type Entry = Record<string, unknown> & { type: string }
const number = (entry: Entry, key: string): number => (typeof entry[key] === 'number' ? (entry[key] as number) : 0)

/** A count that rises with every sender report that came in, over all slots; null while there was none. */
export function senderReports(entries: Iterable<Entry>): number | null {
  let count: number | null = null
  for (const entry of entries) {
    if (entry.type !== 'remote-outbound-rtp') continue
    // Firefox has no reportsSent; the time stamp the report carried moves with each one just as well.
    const seen = typeof entry['reportsSent'] === 'number' ? number(entry, 'reportsSent') : number(entry, 'remoteTimestamp')
    count = (count ?? 0) + seen
  }
  return count
}

/** Packets of sound that came in, over all slots. */
export function packetsIn(entries: Iterable<Entry>): number {
  let count = 0
  for (const entry of entries) if (entry.type === 'inbound-rtp') count += number(entry, 'packetsReceived')
  return count
}

/**
 * Changes with every packet that comes in on the path over which this end sends; null until the first. A browser that
 * does not count by pair (Firefox) tells what came in over any.
 */
export function arrivals(entries: readonly Entry[]): string | null {
  const transport = entries.find((entry) => entry.type === 'transport')
  const pair = entries.find((entry) => entry.type === 'candidate-pair' && entry['id'] === transport?.['selectedCandidatePairId'])
  if (pair && typeof pair['packetsReceived'] === 'number') return pair['packetsReceived'] > 0 ? `${pair['id']} ${pair['packetsReceived']}` : null
  const [reports, packets] = [senderReports(entries), packetsIn(entries)]
  return reports === null && packets === 0 ? null : `${reports} ${packets}`
}

/** Counters of the browser that only rise, by what they belong to (a slot, the loudspeaker, the microphone). */
type Counters = ReadonlyMap<string, Entry>
export interface Sample { counters: Counters; stats: CallStats }

/** What a counter rose by since `before`. */
const rise = (entry: Entry, before: Entry | undefined, key: string): number =>
  Math.max(0, number(entry, key) - (before ? number(before, key) : 0))
const idOf = (entry: Entry): string => `${entry.type} ${String(entry['id'] ?? entry['ssrc'] ?? '')}`

/** The interval since `before`, as `callStats` wants it. */
export function sample(entries: Iterable<Entry>, before: Sample | null): Sample {
  const all = [...entries]
  const counted = all.filter((entry) => ['inbound-rtp', 'media-playout', 'media-source'].includes(entry.type))
  const counters = new Map(counted.map((entry) => [idOf(entry), entry]))
  const stats: CallStats = {}
  const last = (entry: Entry) => before?.counters.get(idOf(entry))
  // A slot in which nobody speaks counts time, too, and all of it as concealed: only those that got packets count.
  const slots = counted.filter((entry) => entry.type === 'inbound-rtp' && rise(entry, last(entry), 'packetsReceived') > 0)
  const total = (of: Entry[], key: string) => of.reduce((sum, entry) => sum + rise(entry, last(entry), key), 0)
  const share = (part: number, whole: number, scale: number, most: number, digits: number) =>
    whole > 0 ? limited((scale * part) / whole, most, digits) : undefined
  const put = (key: NumberKey, value: number | undefined) => { if (value !== undefined) stats[key] = value }

  put('concealedPct', share(total(slots, 'concealedSamples'), total(slots, 'totalSamplesReceived'), 100, 100, 2))
  put('jitterBufferMs', share(total(slots, 'jitterBufferDelay'), total(slots, 'jitterBufferEmittedCount'), 1000, MOST_MS, 1))
  if (slots.length > 0) put('audioLevel', limited(Math.max(...slots.map((slot) => number(slot, 'audioLevel'))), 1, 4))
  const speakers = counted.filter((entry) => entry.type === 'media-playout')
  put('playoutDelayMs', share(total(speakers, 'totalPlayoutDelay'), total(speakers, 'totalSamplesCount'), 1000, MOST_MS, 1))
  put('playoutGapPct', share(total(speakers, 'synthesizedSamplesDuration'), total(speakers, 'totalSamplesDuration'), 100, 100, 2))
  const microphone = counted.find((entry) => entry.type === 'media-source')
  if (microphone) put('microphoneLevel', loudness(microphone, last(microphone)))
  addPath(all, stats)
  return { counters, stats }
}

type NumberKey = { [K in keyof CallStats]-?: CallStats[K] extends number | undefined ? K : never }[keyof CallStats]
/** More than this the server does not believe. */
const MOST_MS = 60_000
const MOST_KBPS = 10_000_000

/** Of the whole interval where the browser counts energy (W3C: the mean square), else of this moment. */
function loudness(entry: Entry, before: Entry | undefined): number {
  const seconds = rise(entry, before, 'totalSamplesDuration')
  const mean = seconds > 0 ? Math.sqrt(rise(entry, before, 'totalAudioEnergy') / seconds) : number(entry, 'audioLevel')
  return limited(mean, 1, 6)
}

/** The candidate pair in use: its round trip, what it could carry, and what kind of way it is. */
function addPath(entries: Entry[], stats: CallStats): void {
  const pair = entries.find((e) => e.type === 'candidate-pair' && e['nominated'] === true && e['state'] === 'succeeded')
  if (!pair) return
  stats.rttMs = limited(number(pair, 'currentRoundTripTime') * 1000, MOST_MS, 1)
  if (typeof pair['availableOutgoingBitrate'] === 'number') {
    stats.availableKbps = limited(pair['availableOutgoingBitrate'] / 1000, MOST_KBPS, 0)
  }
  const local = entries.find((e) => e.type === 'local-candidate' && e['id'] === pair['localCandidateId'])
  const candidate = CANDIDATES.find((known) => known === local?.['candidateType'])
  const protocol = PROTOCOLS.find((known) => known === (local?.['relayProtocol'] ?? local?.['protocol']))
  if (candidate) stats.candidate = candidate
  if (protocol) stats.protocol = protocol
}

const limited = (value: number, most: number, digits: number): number =>
  Math.round(Math.min(Math.max(0, value), most) * 10 ** digits) / 10 ** digits
