import { describe, expect, test } from 'vitest'
import { programOf } from '../src/chat/agent'
import { clock, dayOf, isNewDay, shortWhen } from '../src/chat/days'
import { initials, pieces, toneOf } from '../src/chat/text'

describe('links', () => {
  const links = (text: string) => pieces(text).filter((piece) => piece.kind === 'link').map((piece) => piece.text)
  test('lose nothing of the text', () => {
    const text = 'See https://a.example/x, (http://b.example/y_(z)) and https://c.example/?q=1&r=2#s. End'
    expect(pieces(text).map((piece) => piece.text).join('')).toBe(text)
    expect(links(text)).toEqual(['https://a.example/x', 'http://b.example/y_(z)', 'https://c.example/?q=1&r=2#s'])
  })
  test('are http alone: nothing that runs', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'xhttps://a.example', '<a href="javascript:1">', 'https://', 'file:///etc/passwd']) {
      expect(links(text)).toEqual([])
    }
    expect(links('"https://a.example"><img src=x onerror=alert(1)>')).toEqual(['https://a.example'])
  })
})

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
