import { expect, test } from 'vitest'
import { programOf } from '../src/chat/agent'
import { clock, dayOf, isNewDay, shortWhen } from '../src/chat/days'
import { initials, toneOf } from '../src/chat/text'

test('names become letters and tones', () => {
  expect(initials('ben.mueller')).toBe('BM')
  expect(initials('Ada')).toBe('AD')
  expect(initials('🦊fox')).toBe('🦊F')
  expect(initials('')).toBe('?')
  expect(toneOf('abc', 6)).toBe(toneOf('abc', 6))
})

test('times read as people say them', () => {
  const now = new Date(2026, 10, 22, 12)
  const at = (day: number, hour = 9) => new Date(2026, 10, day, hour).toISOString()
  expect(dayOf(at(22), 'en', now)).toBe('Today')
  expect(dayOf(at(21, 23), 'de', now)).toBe('Gestern')
  expect(dayOf(at(18), 'en', now)).toBe('Wednesday')
  expect(dayOf(at(2), 'en', now)).toBe('November 2')
  expect(shortWhen(at(20), 'en', now)).toBe('Fri')
  expect(isNewDay(at(22), at(21))).toBe(true)
  expect(isNewDay(at(22, 10), at(22, 9))).toBe(false)
  expect([0.4, 67, 3723].map(clock)).toEqual(['0:00', '1:07', '1:02:03'])
})

test('programs are named as people know them', () => {
  expect(programOf('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36')).toBe('Chrome · Linux')
  expect(programOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18) Version/18 Safari/604.1')).toBe('Safari · iOS')
  expect(programOf('curl/8.1')).toBe('curl')
})
