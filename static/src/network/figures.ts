// What two `getStats()` reports of both ends of a way say about it: loss, jitter, round trip, over the time between
// them. Pure over the reports' entries.

export type Entry = Record<string, unknown> & { type: string }
export interface Figures { setupMs: number; rttMs: number | null; lossPct: number; jitterMs: number; packets: number }

/** Sums of one end. */
export interface Reading { received: number; lost: number; jitterMs: number; roundTrips: number; roundTripSum: number; rttMs: number | null }

const number = (entry: Entry, key: string): number => (typeof entry[key] === 'number' ? (entry[key] as number) : 0)

export function readingOf(entries: Iterable<Entry>): Reading {
  const reading: Reading = { received: 0, lost: 0, jitterMs: 0, roundTrips: 0, roundTripSum: 0, rttMs: null }
  for (const entry of entries) {
    if (entry.type === 'inbound-rtp') {
      reading.received += number(entry, 'packetsReceived')
      reading.lost += number(entry, 'packetsLost')
      reading.jitterMs = Math.max(reading.jitterMs, number(entry, 'jitter') * 1000)
    } else if (entry.type === 'candidate-pair' && entry['nominated'] === true && entry['state'] === 'succeeded') {
      reading.roundTrips += number(entry, 'responsesReceived')
      reading.roundTripSum += number(entry, 'totalRoundTripTime') * 1000
      if (typeof entry['currentRoundTripTime'] === 'number') reading.rttMs = number(entry, 'currentRoundTripTime') * 1000
    } else if (entry.type === 'remote-inbound-rtp' && number(entry, 'roundTripTime') > 0) {
      // Where the pair tells no round trip, the receiver reports do.
      reading.rttMs ??= number(entry, 'roundTripTime') * 1000
    }
  }
  return reading
}

/** What came between `before` and `after`, both ends together: each hears what the other sent. */
export function figuresOf(setupMs: number, before: readonly Reading[], after: readonly Reading[]): Figures {
  let [received, lost, jitterMs, trips, tripSum] = [0, 0, 0, 0, 0]
  const current: number[] = []
  after.forEach((end, index) => {
    received += end.received - (before[index]?.received ?? 0)
    // Late packets are taken back from the count of lost ones: it may fall.
    lost += end.lost - (before[index]?.lost ?? 0)
    jitterMs = Math.max(jitterMs, end.jitterMs)
    trips += end.roundTrips
    tripSum += end.roundTripSum
    if (end.rttMs !== null) current.push(end.rttMs)
  })
  const sum = current.reduce((all, one) => all + one, 0)
  const mean = current.length ? sum / current.length : null
  const expected = received + Math.max(0, lost)
  return {
    setupMs: Math.round(setupMs),
    rttMs: round(trips > 0 && tripSum > 0 ? tripSum / trips : mean),
    lossPct: expected > 0 ? round((100 * Math.max(0, lost)) / expected) : 0,
    jitterMs: round(jitterMs),
    packets: received,
  }
}

function round(value: number): number
function round(value: number | null): number | null
function round(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10
}
