import { describe, expect, test } from 'vitest'
import { STALL_MS, fresh, isHealthy, observe, type Decision, type Recovery, type Seen } from '../src/media/recovery'
import { packetsIn, sample, senderReports } from '../src/media/stats'

const seen = (more: Partial<Seen> = {}): Seen => ({ path: 'up', reports: 1, signal: true, ...more })

/** One observation a second; the decisions that were not "wait", with their second. */
function run(seconds: number, at: (second: number) => Seen): [number, Decision][] {
  let recovery: Recovery = fresh(0)
  const made: [number, Decision][] = []
  for (let second = 1; second <= seconds; second++) {
    const { next, decision } = observe(recovery, at(second), second * 1000)
    recovery = next
    if (decision !== 'wait') made.push([second, decision])
  }
  return made
}

describe('recovery', () => {
  test('leaves a living path alone, muted or not', () => {
    expect(run(60, (second) => seen({ reports: second }))).toEqual([])
    expect(run(60, () => seen({ reports: null }))).toEqual([])
  })
  test('restarts four seconds after the last report', () => {
    expect(run(8, (second) => seen({ reports: Math.min(second, 3) }))).toEqual([[7, 'restart']])
  })
  test('restarts at once when the browser says so, unless no offer can be carried', () => {
    expect(run(5, (second) => seen({ reports: second, path: second < 3 ? 'up' : 'disconnected' }))).toEqual([[3, 'restart']])
    expect(run(9, (second) => seen({ reports: 1, path: 'failed', signal: second >= 5 }))[0]).toEqual([5, 'restart'])
  })
  test('tries ever more rarely, then builds anew', () => {
    expect(run(40, () => seen({ path: 'failed', reports: 1 }))).toEqual([
      [1, 'restart'], [6, 'restart'], [16, 'restart'], [31, 'rebuild'], [32, 'restart'], [37, 'restart'],
    ])
  })
  test('believes in a restart once a report has come after it', () => {
    const stalled = observe({ ...fresh(0), reports: 5, lastTryAt: 0, tries: 1 }, seen({ reports: 5 }), STALL_MS - 1)
    expect(stalled.next.tries).toBe(1)
    expect(observe(stalled.next, seen({ reports: 6 }), STALL_MS).next.tries).toBe(0)
    expect(isHealthy(stalled.next, seen({ reports: 5 }), STALL_MS)).toBe(false)
  })
  test('does nothing while the first connection is being made', () => {
    expect(run(10, () => seen({ path: 'new', reports: null }))).toEqual([])
  })
})

describe('statistics', () => {
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
