// Reads what the page needs out of `getStats()`. Pure over the report's entries.
import type { CallStats } from '../protocol'

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

interface Sums { concealed: number; samples: number; bufferDelay: number; emitted: number }
export interface Sample { sums: Sums; stats: CallStats }
const NOTHING: Sums = { concealed: 0, samples: 0, bufferDelay: 0, emitted: 0 }

/** The interval since `before`, as `callStats` wants it. */
export function sample(entries: Iterable<Entry>, before: Sample | null): Sample {
  const sums = { ...NOTHING }
  const stats: CallStats = {}
  for (const entry of entries) {
    if (entry.type === 'inbound-rtp') {
      sums.concealed += number(entry, 'concealedSamples')
      sums.samples += number(entry, 'totalSamplesReceived')
      sums.bufferDelay += number(entry, 'jitterBufferDelay')
      sums.emitted += number(entry, 'jitterBufferEmittedCount')
      stats.audioLevel = Math.max(stats.audioLevel ?? 0, round(number(entry, 'audioLevel'), 4))
    } else if (entry.type === 'media-source') {
      stats.microphoneLevel = round(number(entry, 'audioLevel'), 4)
    } else if (entry.type === 'candidate-pair' && entry['nominated'] === true && entry['state'] === 'succeeded') {
      stats.rttMs = round(number(entry, 'currentRoundTripTime') * 1000, 1)
    }
  }
  const last = before?.sums ?? NOTHING
  const samples = sums.samples - last.samples
  const emitted = sums.emitted - last.emitted
  if (samples > 0) stats.concealedPct = round((100 * Math.max(0, sums.concealed - last.concealed)) / samples, 2)
  if (emitted > 0) stats.jitterBufferMs = round((1000 * Math.max(0, sums.bufferDelay - last.bufferDelay)) / emitted, 1)
  return { sums, stats }
}

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits
