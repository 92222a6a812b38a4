import { expect, test } from 'vitest'
import { findingsOf } from '../src/call/findings'
import type { Call, CallDetail, Finding } from '../src/protocol'
import { ME, YOU, call, leg } from './calls'

const detail = (findings: Finding[], more: Partial<Call> = {}): CallDetail => ({ ...call(ME, more), timeline: [], findings })
const finding = (user: string, more: Partial<Finding> = {}): Finding => ({ user, finding: 'uplinkLoss', worst: 12.5, fromMs: 5000, toMs: 65_000, text: '', ...more })

test('each end is told apart, in the server’s order, with the time in the call', () => {
  const said = findingsOf(detail([finding(YOU), finding(ME, { finding: 'jitter', worst: 80, fromMs: 1000, toMs: 1000 })]), ME)
  expect(said).toEqual([
    { key: 'uplinkLoss', whose: 'theirs', worst: 12.5, path: 'TCP', when: '0:05 – 1:05' },
    { key: 'jitter', whose: 'mine', worst: 80, path: 'TCP', when: '' },
  ])
  expect(findingsOf(detail([]), ME)).toEqual([])
})

test('a detour names the way that was taken', () => {
  const legs = [leg(ME, null, { paths: ['udp', 'turn-tls'] }), leg(YOU, null)]
  const said = findingsOf(detail([finding(ME, { finding: 'notUdp', worst: null, toMs: 90_000 })], { legs }), ME)
  expect(said).toEqual([{ key: 'notUdp', whose: 'mine', worst: 0, path: 'TURN/TLS', when: '' }])
})
