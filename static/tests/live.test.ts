import { describe, expect, test } from 'vitest'
import { causeOf, reachOf, type Cause } from '../src/call/cause'
import { isAwaiting, noticeOf, type Known } from '../src/call/patience'
import { pathOf, strengthOf } from '../src/call/strength'
import type { HopQuality } from '../src/protocol'
import { DEVICE, ME, OTHER_DEVICE, YOU, answered, call, leg } from './calls'

const hop = (direction: 'up' | 'down', mos: number | null, more: Partial<HopQuality> = {}): HopQuality => ({
  user: 'me', direction, rttMs: 40, jitterMs: 3, lossPct: 0.5, mos, ...more,
})

describe('the bars', () => {
  test('show the worse of both directions, in steps of the estimate', () => {
    const bars = (up: number, down: number) => strengthOf([hop('up', up), hop('down', down)], 'me')?.bars
    expect([bars(4.06, 4.1), bars(4.06, 3.5), bars(3, 4), bars(4, 2.7), bars(1, 1)]).toEqual([4, 3, 2, 1, 1])
  })
  test('are of this person alone, and absent until measured', () => {
    expect(strengthOf([], 'me')).toBeNull()
    expect(strengthOf([hop('up', 1, { user: 'you' })], 'me')).toBeNull()
    expect(strengthOf([hop('up', 1, { user: 'you' }), hop('down', 4)], 'me')).toMatchObject({ bars: 4, grade: 'good', said: null, hear: { mos: 4 } })
  })
  test('without an estimate they are of the figures', () => {
    const of = (more: Partial<HopQuality>) => strengthOf([hop('down', null, more)], 'me')
    expect(of({})).toMatchObject({ bars: 4, grade: 'good', rttMs: 40 })
    expect(of({ lossPct: 5 })).toMatchObject({ bars: 2, grade: 'fair' })
    expect(of({ rttMs: 900 })).toMatchObject({ bars: 1, grade: 'poor' })
    expect(of({ rttMs: null })).toMatchObject({ bars: 4, rttMs: null })
  })
})

test('the way is read from what the browser tells of its candidate', () => {
  expect(pathOf({ candidate: 'host', protocol: 'udp' })).toBe('udp')
  expect(pathOf({ candidate: 'prflx', protocol: 'tcp' })).toBe('ice-tcp')
  expect(pathOf({ candidate: 'relay', protocol: 'tls' })).toBe('turn-tls')
  expect(pathOf({ candidate: 'relay', protocol: 'tcp' })).toBe('turn-tcp')
  expect(pathOf({})).toBeNull()
})

describe('patience', () => {
  const known = (more: Partial<Known> = {}): Known => ({ online: true, cause: 'unknown', awaiting: false, ...more })
  const offline = known({ online: false })
  test('a call that connects at once says nothing more', () => {
    expect(noticeOf('connecting', 2999, known())).toBeNull()
    expect(noticeOf('connecting', 2999, offline)).toBeNull()
    expect(noticeOf('connecting', 3000, known({ cause: 'noUdp' }))).toEqual({ key: 'through', offerTest: false })
    expect(noticeOf('connecting', 3000, offline)).toEqual({ key: 'offline', offerTest: false })
  })
  test('after ten seconds there is a reason, and a test where the network may be it', () => {
    expect(noticeOf('connecting', 10_000, known())).toEqual({ key: 'slow', offerTest: true })
    for (const cause of ['noUdp', 'nothingAnswers', 'noDtls'] as const) {
      expect(noticeOf('connecting', 10_000, known({ cause }))).toEqual({ key: cause, offerTest: true })
    }
    expect(noticeOf('connecting', 10_000, known({ cause: 'noSdpAnswer' }))).toEqual({ key: 'noSdpAnswer', offerTest: false })
    expect(noticeOf('connecting', 10_000, known({ online: false, cause: 'noUdp' }))).toEqual({ key: 'offline', offerTest: false })
  })
  test('a lost connection says at once that the call is kept', () => {
    expect(noticeOf('reconnecting', 0, known())).toEqual({ key: 'kept', offerTest: false })
    expect(noticeOf('reconnecting', 0, offline)).toEqual({ key: 'keptOffline', offerTest: false })
    expect(noticeOf('reconnecting', 12_000, known())).toEqual({ key: 'kept', offerTest: true })
  })
  test('who is there himself is told of the other one, whose sound is not there', () => {
    const awaiting = known({ awaiting: true })
    expect(noticeOf('active', 2999, awaiting)).toBeNull()
    expect(noticeOf('active', 3000, awaiting)).toEqual({ key: 'theirs', offerTest: false })
    expect(noticeOf('active', 10_000, awaiting)).toEqual({ key: 'theirsSlow', offerTest: false })
    expect(noticeOf('connecting', 5000, awaiting)?.key).toBe('through')
  })
  test('otherwise there is nothing to wait for', () => {
    for (const stage of ['idle', 'asking', 'calling', 'incoming', 'accepting', 'active', 'ended'] as const) expect(noticeOf(stage, 99_999, offline)).toBeNull()
    for (const stage of ['idle', 'asking', 'calling', 'incoming', 'accepting', 'ended'] as const) expect(noticeOf(stage, 99_999, known({ awaiting: true }))).toBeNull()
  })
  test('the other one is awaited from his answer to his first sound, in a call between two', () => {
    const [early, late] = ['2026-11-22T10:00:05.000Z', '2026-11-22T10:00:06.000Z']
    const talk = answered(call(ME))
    const with_ = (theirs: string | null) => ({
      ...talk, legs: [leg(ME, DEVICE, { answeredAt: early, connectedAt: early }), leg(YOU, OTHER_DEVICE, { answeredAt: early, connectedAt: theirs })],
    })
    expect(isAwaiting(null, ME)).toBe(false)
    expect(isAwaiting(call(ME), ME)).toBe(false)
    expect(isAwaiting(with_(null), ME)).toBe(true)
    expect(isAwaiting(with_(null), YOU)).toBe(false)
    expect(isAwaiting(with_(late), ME)).toBe(false)
    const third = leg('f'.repeat(24), OTHER_DEVICE, { answeredAt: early })
    expect(isAwaiting({ ...with_(late), legs: [...with_(late).legs, third] }, ME)).toBe(false)
  })
})

describe('why no sound flows yet', () => {
  type Entry = Parameters<typeof reachOf>[0][number]
  const local = (id: string, protocol: string, candidateType = 'host'): Entry => ({ type: 'local-candidate', id, protocol, candidateType })
  const pair = (localCandidateId: string, requestsSent: number, responsesReceived: number, state = 'in-progress'): Entry =>
    ({ type: 'candidate-pair', id: `${localCandidateId}-pair`, localCandidateId, requestsSent, responsesReceived, state })
  const transport = (dtlsState: string): Entry => ({ type: 'transport', id: 'T', dtlsState })
  const cause = (entries: Entry[], { negotiated = true, errors = [] as number[] } = {}): Cause =>
    causeOf(reachOf([transport('new'), local('u', 'udp'), local('t', 'tcp'), ...entries], negotiated, errors))
  const relayed = local('r', 'udp', 'relay')

  test('without an answer to the offer nothing was tried', () => {
    expect(cause([relayed], { negotiated: false })).toBe('noSdpAnswer')
  })
  test('only UDP is shut: TCP answers, or the server\'s TURN does', () => {
    expect(cause([pair('u', 9, 0), pair('t', 3, 1)])).toBe('noUdp')
    expect(cause([pair('u', 9, 0), pair('t', 0, 0, 'failed'), relayed, pair('r', 4, 0)])).toBe('noUdp')
    expect(cause([pair('u', 9, 0)], { errors: [701, 401] })).toBe('noUdp')
  })
  test('nothing answers, over UDP or TCP, and no relayed candidate came', () => {
    expect(cause([pair('u', 9, 0), pair('t', 0, 0, 'failed')])).toBe('nothingAnswers')
    expect(cause([pair('u', 9, 0)], { errors: [701, 701] })).toBe('nothingAnswers')
    expect(cause([pair('t', 2, 0)])).toBe('nothingAnswers')
  })
  test('a way was found, and the handshake on it does not come to an end', () => {
    expect(causeOf(reachOf([transport('connecting'), local('u', 'udp'), pair('u', 9, 9, 'succeeded')], true, []))).toBe('noDtls')
    expect(causeOf(reachOf([transport('connecting'), local('u', 'udp'), pair('u', 9, 0)], true, []))).toBe('nothingAnswers')
  })
  test('a browser that counts no requests tells by the state of its pairs', () => {
    const bare = (id: string, state: string): Entry => ({ type: 'candidate-pair', id, localCandidateId: id, state })
    expect(cause([bare('u', 'failed'), bare('t', 'succeeded')])).toBe('noUdp')
    expect(cause([bare('u', 'in-progress'), bare('t', 'waiting')])).toBe('nothingAnswers')
  })
  test('what cannot be told is not guessed', () => {
    expect(cause([])).toBe('unknown')
    expect(cause([pair('u', 0, 0, 'waiting')])).toBe('unknown')
    expect(cause([pair('u', 5, 5)])).toBe('unknown')
    expect(cause([relayed, pair('r', 4, 0)])).toBe('unknown')
  })
})
