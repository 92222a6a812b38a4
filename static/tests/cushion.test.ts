import { describe, expect, test } from 'vitest'
import { FLAT, cushion, type Cushion } from '../src/media/cushion'

const inbound = (packetsReceived: number, nackCount: number) => ({ type: 'inbound-rtp', packetsReceived, nackCount })
const look = (before: Cushion, packets: number, asked: number, now: number, rttMs = 100) =>
  cushion(before, [inbound(packets, asked), inbound(0, 0), { type: 'transport' }], rttMs, now)

describe('cushion', () => {
  test('is flat on a good link, and for a packet lost now and then', () => {
    const first = look(FLAT, 100, 0, 2000)
    expect(first.targetMs).toBeNull()
    expect(look(first, 200, 2, 4000).targetMs).toBeNull()
    expect(look(first, 1100, 10, 4000).targetMs).toBeNull()
  })
  test('lets repeats come in time on a lossy link', () => {
    expect(look(FLAT, 100, 10, 2000).targetMs).toBe(210)
    expect(look(FLAT, 100, 10, 2000, 1).targetMs).toBe(200)
    expect(look(FLAT, 100, 10, 2000, 900).targetMs).toBe(400)
  })
  test('does not move while the loss goes on, and stays for a while after it', () => {
    const grown = look(FLAT, 100, 10, 2000)
    const later = look(grown, 200, 20, 4000, 140)
    expect(later.targetMs).toBe(grown.targetMs)
    expect(look(later, 1200, 20, 23_999).targetMs).toBe(grown.targetMs)
    expect(look(later, 1200, 20, 24_000).targetMs).toBeNull()
  })
  test('takes a new connection, whose counters begin anew, for no loss', () => {
    expect(look({ ...FLAT, packets: 5000, asked: 400 }, 100, 3, 2000).targetMs).toBeNull()
  })
})
