// Builders for the tests of calls.
import type { Call, Leg } from '../src/protocol'

export const ME = 'a'.repeat(24)
export const YOU = 'b'.repeat(24)
export const DEVICE = 'd'.repeat(24)
export const OTHER_DEVICE = 'e'.repeat(24)
export const TALK = 'c'.repeat(24)
export const CONTEXT = { me: ME, device: DEVICE }
export const ICE = [{ urls: ['turn:charla.test:443?transport=tcp'] }]

const way = { packets: 0, lost: 0, lossPct: 0, worstLossPct: 0, jitterMs: 0, worstJitterMs: 0, mos: null, worstMos: null }
export const leg = (user: string, device: string | null, more: Partial<Leg> = {}): Leg => ({
  user, device, rangAt: '2026-11-22T10:00:00.000Z', answeredAt: null, connectedAt: null, leftAt: null, reason: null,
  setupMs: null, paths: [], reconnects: 0, muted: false, mutedBy: null, ringsOn: 0,
  quality: {
    rttMs: null, worstRttMs: null, concealedPct: null, worstConcealedPct: null, jitterBufferMs: null, worstJitterBufferMs: null,
    up: way, down: way,
  },
  ...more,
})
export const call = (caller: string, more: Partial<Call> = {}): Call => {
  const receiver = caller === ME ? YOU : ME
  return {
    id: '1'.repeat(24), conversation: TALK, caller, receiver, startTime: '2026-11-22T10:00:00.000Z', answerTime: null,
    connectTime: null, endTime: null, durationSeconds: 0, status: 'ringing', reason: null,
    legs: [leg(caller, caller === ME ? DEVICE : OTHER_DEVICE), leg(receiver, null)], ...more,
  }
}
/** The call, answered on this device if it is ours to answer. */
export const answered = (from: Call): Call => ({
  ...from, status: 'active', answerTime: '2026-11-22T10:00:05.000Z',
  legs: from.legs.map((each) => ({ ...each, device: each.user === ME ? DEVICE : OTHER_DEVICE })),
})
export const closed = (from: Call, more: Partial<Call>): Call => ({
  ...from, endTime: '2026-11-22T10:01:00.000Z', status: 'completed', reason: 'hungUp', ...more,
})
