import { describe, expect, test } from 'vitest'
import { findingsOf } from '../src/call/findings'
import type { DirectionQuality, Leg, LegQuality } from '../src/protocol'
import historyEn from '../src/i18n/history.en'
import { ME, YOU, call, leg } from './calls'

const AT = '2026-11-22T10:00:05.000Z'
const fine = leg(ME, null).quality
const side = (more: Partial<DirectionQuality>): DirectionQuality => ({ ...fine.up, ...more })
const connected = (user: string, quality: Partial<LegQuality> = {}, more: Partial<Leg> = {}) =>
  leg(user, null, { connectedAt: AT, setupMs: 150, paths: ['udp'], quality: { ...fine, ...quality }, ...more })
const keys = (legs: Leg[]) => findingsOf(call(ME, { answerTime: AT, status: 'completed', legs }), ME).map(({ key, whose }) => `${whose}.${key}`)

describe('why a call was as it was', () => {
  test('of a good call there is nothing to say', () => {
    expect(keys([connected(ME), connected(YOU)])).toEqual([])
  })
  test('each end is told apart, and the worst five seconds count', () => {
    const mine = connected(ME, { up: side({ lossPct: 0.2, worstLossPct: 12 }), worstRttMs: 420 })
    const theirs = connected(YOU, { down: side({ worstLossPct: 4, worstJitterMs: 80 }), worstConcealedPct: 9 })
    expect(keys([mine, theirs])).toEqual(['mine.lossUp', 'mine.delay', 'theirs.lossDown', 'theirs.madeUp', 'theirs.jitter'])
    expect(findingsOf(call(ME, { answerTime: AT, legs: [mine, theirs] }), ME)[0]?.values).toEqual({ loss: 12 })
  })
  test('a lost connection, a detour and a slow start are told', () => {
    expect(keys([connected(ME, {}, { reconnects: 2, paths: ['udp', 'ice-tcp'], setupMs: 7000 }), connected(YOU)])).toEqual(['mine.reconnects', 'mine.path', 'mine.slowStart'])
  })
  test('an answered call without sound says at whose end', () => {
    expect(keys([connected(ME), leg(YOU, null)])).toEqual(['theirs.noSound'])
    expect(findingsOf(call(ME, { legs: [leg(ME, null), leg(YOU, null)] }), ME)).toEqual([])
  })
  test('every finding has its sentence, at both ends', () => {
    expect(Object.keys(historyEn.why.mine).sort()).toEqual(Object.keys(historyEn.why.theirs).sort())
  })
})
