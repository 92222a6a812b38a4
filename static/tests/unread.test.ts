import { describe, expect, it } from 'vitest'
import { firstUnread, isOutOfSight, lineAfter } from '../src/chat/unread'
import type { Message } from '../src/protocol'

const message = (seq: number, fromUser = 'ben'): Message => ({ id: `m${seq}`, seq, fromUser, conversation: 'c', content: '', createdAt: '2026-01-01T00:00:00.000Z' }) as Message
const run = (from: number, to: number): Message[] => Array.from({ length: to - from + 1 }, (_, i) => message(from + i))

describe('the line of the unread', () => {
  it('stands before the first message by others', () => {
    expect(firstUnread(run(1, 9), 4, 'anna')).toBe('m4')
    expect(firstUnread([message(1), message(2, 'anna'), message(3)], 2, 'anna')).toBe('m3')
    expect(firstUnread([message(1), message(2, 'anna')], 2, 'anna')).toBeNull()
    expect(firstUnread([], 1, 'anna')).toBeNull()
  })

  it('is out of sight where it begins before what is at hand, and nowhere then', () => {
    expect(isOutOfSight(run(51, 80), 1)).toBe(true)
    expect(isOutOfSight(run(51, 80), 51)).toBe(false)
    expect(isOutOfSight([], 1)).toBe(false)
    expect(firstUnread(run(51, 80), 1, 'anna')).toBeNull()
  })

  it('is drawn for what came while nobody looked, and for several at once', () => {
    expect(lineAfter(null, 7, { before: 7, seq: 8 }, true)).toBeNull()
    expect(lineAfter(null, 7, { before: 7, seq: 8 }, false)).toBe(8)
    expect(lineAfter(null, 7, { before: 7, seq: 40 }, true)).toBe(8)
  })

  it('leaves out what was before the eyes, though the server was not told yet', () => {
    expect(lineAfter(null, 3, { before: 7, seq: 12 }, true)).toBe(8)
    expect(lineAfter(null, 3, { before: 7, seq: 12 }, false)).toBe(4)
  })

  it('stays where it is while more comes, and goes on once it was read', () => {
    expect(lineAfter(8, 7, { before: 8, seq: 9 }, false)).toBe(8)
    expect(lineAfter(8, 7, { before: 8, seq: 9 }, true)).toBe(8)
    expect(lineAfter(8, 20, { before: 20, seq: 21 }, false)).toBe(21)
    expect(lineAfter(8, 20, { before: 20, seq: 21 }, true)).toBe(8)
    expect(lineAfter(8, 20, { before: 19, seq: 20 }, false)).toBe(8)
  })
})
