import { describe, expect, test } from 'vitest'
import { LONGEST_STALL_MS, fresh, isHealthy, observe, stallAfter, type Decision, type Recovery, type Seen } from '../src/media/recovery'
import { arrivals, packetsIn, sample, senderReports } from '../src/media/stats'

const TICK_MS = 250
const seen = (more: Partial<Seen> = {}): Seen => ({ path: 'up', arrivals: '1', answeredAt: null, rttMs: 100, signal: true, ...more })

/** An observation every tick; the decisions that were not "wait", with their time in ms. */
function run(seconds: number, at: (ms: number) => Seen): [number, Decision][] {
  let recovery: Recovery = fresh(0)
  const made: [number, Decision][] = []
  for (let ms = TICK_MS; ms <= seconds * 1000; ms += TICK_MS) {
    const { next, decision } = observe(recovery, at(ms), ms)
    recovery = next
    if (decision !== 'wait') made.push([ms, decision])
  }
  return made
}
/** What has come in after `ms`, if something comes every `every` ms until `end`. */
const rhythm = (every: number, end = Infinity) => (ms: number): Seen =>
  seen({ arrivals: `${Math.floor(Math.min(ms, end) / every)}` })

describe('recovery', () => {
  test('leaves a living path alone, muted or not', () => {
    expect(run(60, rhythm(20))).toEqual([])
    expect(run(60, rhythm(400))).toEqual([])
    expect(run(60, rhythm(1000))).toEqual([])
    expect(run(60, () => seen({ arrivals: null }))).toEqual([])
  })
  test('leaves a path alone that loses a sender report, or most of a second of speech', () => {
    expect(run(60, (ms) => rhythm(1000)(ms % 10_000 < 2000 ? ms - (ms % 10_000) : ms))).toEqual([])
    expect(run(60, (ms) => rhythm(20)(ms % 10_000 < 750 ? ms - (ms % 10_000) : ms))).toEqual([])
  })
  test('restarts soon after the last packet of speech, later where only reports came', () => {
    expect(run(12, rhythm(20, 10_000))).toEqual([[11_000, 'restart']])
    expect(run(13, rhythm(1000, 10_000))).toEqual([[12_500, 'restart']])
  })
  test('does not take the rhythm of an outage for that of the call', () => {
    const outage = { ...fresh(0), arrivals: '5', gap: 250 }
    const { next } = observe(outage, seen({ arrivals: '6' }), 20_000)
    expect(stallAfter(next)).toBeLessThanOrEqual(LONGEST_STALL_MS)
  })
  test('restarts at once when the browser says so, unless no offer can be carried', () => {
    expect(run(5, (ms) => ({ ...rhythm(20)(ms), path: ms < 3000 ? 'up' : 'disconnected' }))[0]).toEqual([3000, 'restart'])
    expect(run(9, (ms) => seen({ path: 'failed', signal: ms >= 5000 }))[0]).toEqual([5000, 'restart'])
  })
  test('tries ever more rarely, then builds anew', () => {
    expect(run(30, () => seen({ path: 'failed' }))).toEqual([
      [250, 'restart'], [3250, 'restart'], [9250, 'restart'], [21_250, 'rebuild'], [21_500, 'restart'], [24_500, 'restart'],
    ])
  })
  test('builds anew at once when the server has answered a restart and the path stays dead', () => {
    const dead = (ms: number) => ({ ...rhythm(20, 10_000)(ms), answeredAt: ms >= 11_100 ? 11_100 : 100 })
    expect(run(14, dead).slice(0, 2)).toEqual([[11_000, 'restart'], [12_000, 'rebuild']])
    const healed = (ms: number) => (ms < 11_900 ? dead(ms) : { ...rhythm(20)(ms), answeredAt: 11_100 })
    expect(run(20, healed)).toEqual([[11_000, 'restart']])
  })
  test('believes in a restart once something has come after it', () => {
    const tried = { ...fresh(0), arrivals: '5', lastTryAt: 0, tries: 1 }
    const stalled = observe(tried, seen({ arrivals: '5' }), stallAfter(tried) - 1)
    expect(stalled.next.tries).toBe(1)
    expect(isHealthy(stalled.next, seen({ arrivals: '5' }), stallAfter(tried))).toBe(false)
    expect(observe(stalled.next, seen({ arrivals: '6' }), stallAfter(tried)).next.tries).toBe(0)
  })
  test('does nothing while the first connection is being made', () => {
    expect(run(10, () => seen({ path: 'new', arrivals: null }))).toEqual([])
  })
})

describe('statistics', () => {
  test('arrivals are those of the chosen pair, or of all where the browser does not tell', () => {
    const pair = (id: string, packetsReceived?: number) => ({ type: 'candidate-pair', id, packetsReceived })
    const transport = { type: 'transport', selectedCandidatePairId: 'b' }
    expect(arrivals([pair('a', 9), pair('b', 4), transport])).toBe('b 4')
    expect(arrivals([pair('b', 0), transport])).toBeNull()
    expect(arrivals([pair('b'), transport, { type: 'inbound-rtp', packetsReceived: 7 }])).toBe('null 7')
    expect(arrivals([])).toBeNull()
  })
  test('sender reports are counted over all slots, in either browser', () => {
    expect(senderReports([{ type: 'transport' }])).toBeNull()
    expect(senderReports([{ type: 'remote-outbound-rtp', reportsSent: 3 }, { type: 'remote-outbound-rtp', reportsSent: 4 }])).toBe(7)
    expect(senderReports([{ type: 'remote-outbound-rtp', remoteTimestamp: 1000 }])).toBe(1000)
  })
  test('packets are counted over all slots', () => {
    expect(packetsIn([{ type: 'inbound-rtp', packetsReceived: 2 }, { type: 'inbound-rtp', packetsReceived: 3 }, { type: 'outbound-rtp' }])).toBe(5)
  })
  const inbound = (id: string, packetsReceived: number, concealedSamples: number, totalSamplesReceived: number) => ({
    type: 'inbound-rtp', id, packetsReceived, concealedSamples, totalSamplesReceived, jitterBufferDelay: totalSamplesReceived / 10,
    jitterBufferEmittedCount: totalSamplesReceived, audioLevel: 0.12345,
  })
  test('are of the interval, not of the whole call', () => {
    const first = sample([inbound('a', 50, 100, 1000)], null)
    const second = sample([inbound('a', 90, 110, 2000), { type: 'media-source', audioLevel: 0.5 }], first)
    expect(first.stats).toMatchObject({ concealedPct: 10, jitterBufferMs: 100, audioLevel: 0.1235 })
    expect(second.stats).toMatchObject({ concealedPct: 1, microphoneLevel: 0.5 })
  })
  test('a slot in which nobody speaks does not count, nor one that was renewed', () => {
    const first = sample([inbound('a', 50, 0, 1000), inbound('b', 0, 1000, 1000)], null)
    expect(first.stats.concealedPct).toBe(0)
    const second = sample([inbound('a', 50, 1000, 2000), inbound('b', 0, 2000, 2000)], first)
    expect(second.stats).not.toHaveProperty('concealedPct')
    expect(sample([inbound('a', 10, 0, 100)], second).stats).not.toHaveProperty('concealedPct')
  })
  test('tell the loudness of the whole interval, what the loudspeaker lacked, and the way', () => {
    const at = (n: number) => [
      { type: 'media-source', totalAudioEnergy: n * 0.2, totalSamplesDuration: n * 5, audioLevel: 0 },
      { type: 'media-playout', synthesizedSamplesDuration: n * 0.5, totalSamplesDuration: n * 5, totalPlayoutDelay: n * 20, totalSamplesCount: n * 1000 },
      { type: 'candidate-pair', id: 'old', nominated: true, state: 'failed', localCandidateId: 'host' },
      { type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'turn', currentRoundTripTime: 0.0421, availableOutgoingBitrate: 300_000 },
      { type: 'local-candidate', id: 'turn', candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls' },
    ]
    expect(sample(at(2), sample(at(1), null)).stats).toEqual({
      microphoneLevel: 0.2, playoutGapPct: 10, playoutDelayMs: 20, rttMs: 42.1, availableKbps: 300, candidate: 'relay', protocol: 'tls',
    })
  })
  test('never say what the server would refuse', () => {
    const odd = [
      { type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'x', currentRoundTripTime: 1e9 },
      { type: 'local-candidate', id: 'x', candidateType: 'new-kind', protocol: 'ssltcp' },
      { ...inbound('a', 1, 5000, 10), audioLevel: 7 },
    ]
    expect(sample(odd, null).stats).toEqual({ rttMs: 60_000, concealedPct: 100, jitterBufferMs: 100, audioLevel: 1 })
  })
})
