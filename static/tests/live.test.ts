import { describe, expect, test } from 'vitest'
import { noticeOf } from '../src/call/patience'
import { pathOf, strengthOf } from '../src/call/strength'
import type { HopQuality } from '../src/protocol'

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
  test('a call that connects at once says nothing more', () => {
    expect(noticeOf('connecting', 2999, true)).toBeNull()
    expect(noticeOf('connecting', 3000, true)).toEqual({ key: 'through', offerTest: false })
  })
  test('after ten seconds there is a reason, and a test where the network may be it', () => {
    expect(noticeOf('connecting', 10_000, true)).toEqual({ key: 'slow', offerTest: true })
    expect(noticeOf('connecting', 10_000, false)).toEqual({ key: 'offline', offerTest: false })
  })
  test('a lost connection says at once that the call is kept', () => {
    expect(noticeOf('reconnecting', 0, true)).toEqual({ key: 'kept', offerTest: false })
    expect(noticeOf('reconnecting', 0, false)).toEqual({ key: 'keptOffline', offerTest: false })
    expect(noticeOf('reconnecting', 12_000, true)).toEqual({ key: 'kept', offerTest: true })
  })
  test('otherwise there is nothing to wait for', () => {
    for (const stage of ['idle', 'asking', 'calling', 'incoming', 'accepting', 'active', 'ended'] as const) expect(noticeOf(stage, 99_999, false)).toBeNull()
  })
})
