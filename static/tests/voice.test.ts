// One's own microphone and keys in a call; whether to ask how it was; what was chosen, read without trust.
import { describe, expect, test } from 'vitest'
import { FRESH_EAR, listen, type Closed, type Ear } from '../src/call/ear'
import { actOf, capOf, keyName, mayPush, objectionTo } from '../src/call/keys'
import { NEW_COURSE, wasPoor, withLoss, withPiece } from '../src/call/rating'
import type { Strength } from '../src/call/strength'
import { DEFAULT_WISHES, readWishes } from '../src/media/wishes'

/** Looks every 60 ms for so long; answers what was said last. */
function hearFor(ms: number, level: number | null, muted: boolean | 'keyUp', from: { ear: Ear; now: number } = { ear: FRESH_EAR, now: 0 }) {
  let { ear, now } = from
  const closed: Closed | null = muted === true ? 'muted' : muted || null
  let trouble = null
  for (const end = now + ms; now < end; now += 60) ({ ear, trouble } = listen(ear, level, closed, now))
  return { ear, now, trouble }
}

describe('one’s own microphone', () => {
  test('talking while muted is said, a cough is not', () => {
    expect(hearFor(300, 0.4, true).trouble).toBeNull()
    const talked = hearFor(900, 0.4, true)
    expect(talked.trouble).toBe('talkingMuted')
    expect(hearFor(1000, 0.001, true, talked).trouble).toBe('talkingMuted')
    expect(hearFor(8000, 0.001, true, talked).trouble).toBeNull()
    expect(hearFor(60, 0.4, false, talked).trouble).toBeNull()
  })
  test('speech that was sent counts for nothing once one is muted', () => {
    const spoke = hearFor(5000, 0.4, false)
    expect(hearFor(300, 0.4, true, spoke).trouble).toBeNull()
  })
  test('talking with the key up is said in its own words, until the key is held', () => {
    expect(hearFor(300, 0.4, 'keyUp').trouble).toBeNull()
    const talked = hearFor(900, 0.4, 'keyUp')
    expect(talked.trouble).toBe('talkingKeyUp')
    expect(hearFor(60, 0.4, false, talked).trouble).toBeNull()
    expect(hearFor(300, 0.4, 'keyUp', hearFor(5000, 0.4, false)).trouble).toBeNull()
  })
  test('what was said while muted counts for nothing once the key is what is missing', () => {
    expect(hearFor(60, 0.001, 'keyUp', hearFor(900, 0.4, true)).trouble).toBeNull()
  })
  test('a dead microphone is told of while the key is up', () => {
    expect(hearFor(5000, 0, 'keyUp').trouble).toBe('silentMicrophone')
  })
  test('no sound at all for seconds is said, a quiet room is not', () => {
    expect(hearFor(3000, 0, false).trouble).toBeNull()
    expect(hearFor(5000, 0, false).trouble).toBe('silentMicrophone')
    expect(hearFor(9000, 0.0005, false).trouble).toBeNull()
    expect(hearFor(9000, 0, true).trouble).toBeNull()
    expect(hearFor(9000, null, false).trouble).toBeNull()
  })
})

describe('keys', () => {
  const press = (key: string, more = {}) => ({ key, code: `Key${key.toUpperCase()}`, repeat: false, modified: false, ...more })
  const wishes = { shortcuts: true, pushToTalk: true, pushKey: 'KeyT', muteKey: 'm' }
  test('M mutes, D deafens, the chosen one talks', () => {
    expect([press('m'), press('M'), press('d'), press('t'), press('x')].map((one) => actOf(one, wishes, false))).toEqual(['mute', 'mute', 'deafen', 'talk', null])
  })
  test('never while typing, nor with a modifier; held, only the one to talk', () => {
    for (const key of ['m', 'd', 't']) {
      expect(actOf(press(key), wishes, true)).toBeNull()
      expect(actOf(press(key, { modified: true }), wishes, false)).toBeNull()
    }
    expect(actOf(press('m', { repeat: true }), wishes, false)).toBeNull()
    expect(actOf(press('t', { repeat: true }), wishes, false)).toBe('talk')
  })
  test('single letters can be switched off', () => {
    expect(actOf(press('m'), { ...wishes, shortcuts: false }, false)).toBeNull()
    expect(actOf(press('t'), { ...wishes, pushToTalk: false }, false)).toBeNull()
  })
  test('another key may mute; it is a letter while typing, and no key does two things', () => {
    const mine = { ...wishes, muteKey: 'ñ' }
    expect([press('ñ'), press('Ñ'), press('m')].map((one) => actOf(one, mine, false))).toEqual(['mute', 'mute', null])
    expect(actOf(press('ñ'), mine, true)).toBeNull()
    expect(['x', 'F8', '#'].map((key) => objectionTo(press(key), 'mute', wishes))).toEqual([null, null, null])
    expect(['d', 't'].map((key) => objectionTo(press(key), 'mute', wishes))).toEqual(['taken', 'taken'])
    expect(['Enter', ' ', 'Tab', 'Shift', 'Dead'].map((key) => objectionTo(press(key), 'mute', wishes))).toEqual(Array(5).fill('unusable'))
    expect(objectionTo(press('x', { modified: true }), 'mute', wishes)).toBe('unusable')
    expect(['m', 'd', 'b'].map((key) => objectionTo(press(key), 'push', wishes))).toEqual(['taken', 'taken', null])
    expect([readWishes({ muteKey: 'X' }).muteKey, readWishes({ muteKey: 'Tab' }).muteKey, capOf('f8'), capOf('ñ')]).toEqual(['x', 'm', 'F8', 'Ñ'])
  })
  test('what moves about the page is no key to talk', () => {
    expect(['Tab', 'Enter', 'Space', 'Escape', 'ArrowUp'].some(mayPush)).toBe(false)
    expect(['KeyT', 'ControlRight', 'F8', 'Backquote'].every(mayPush)).toBe(true)
    expect([keyName('KeyT'), keyName('Digit1'), keyName('ControlRight')]).toEqual(['T', '1', 'Control Right'])
  })
})

test('one is asked after a poor call only, and not after a short one', () => {
  const piece = (bars: 1 | 2 | 3 | 4) => ({ bars }) as Strength
  const poor = [1, 2, 4, 4].reduce((course, bars) => withPiece(course, piece(bars as 1)), NEW_COURSE)
  expect(wasPoor(poor, 60_000)).toBe(true)
  expect(wasPoor(poor, 10_000)).toBe(false)
  const good = [4, 4, 4, 2, 4, 4, 4, 4].reduce((course, bars) => withPiece(course, piece(bars as 1)), NEW_COURSE)
  expect(wasPoor(good, 60_000)).toBe(false)
  expect(wasPoor(withLoss(good), 60_000)).toBe(true)
  expect(withPiece(good, null)).toBe(good)
})

test('what was chosen is read without trust', () => {
  expect(readWishes(null)).toEqual(DEFAULT_WISHES)
  const user = 'a'.repeat(24)
  const kept = { noise: 'strong', ring: 7, tones: 'yes', pushKey: 'Tab', pushToTalk: true, volumes: { [user]: 0.4, x: 1, ['b'.repeat(24)]: -1 } }
  expect(readWishes(kept)).toEqual({ ...DEFAULT_WISHES, noise: 'strong', pushToTalk: true, volumes: { [user]: 0.4, ['b'.repeat(24)]: 1 } })
})
