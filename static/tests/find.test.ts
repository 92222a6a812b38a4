import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { find, gridStep, readGroup, remember, withTone } from '../src/emoji/catalog'
import { dayBounds, snippet } from '../src/search/snippet'

const corpus = JSON.parse(readFileSync(new URL('./xss.json', import.meta.url), 'utf8')) as string[]

test('what was found is marked, and nothing is lost or added', () => {
  const pieces = snippet('the blue heron', [{ start: 9, length: 5 }, { start: 4, length: 4 }])
  expect(pieces).toEqual([
    { text: 'the ', marked: false }, { text: 'blue', marked: true }, { text: ' ', marked: false }, { text: 'heron', marked: true },
  ])
  // Marks over one another, before the beginning and after the end.
  expect(snippet('abcdef', [{ start: 1, length: 3 }, { start: 2, length: 3 }, { start: -2, length: 1 }, { start: 5, length: 99 }])).toEqual([
    { text: 'a', marked: false }, { text: 'bcd', marked: true }, { text: 'e', marked: true }, { text: 'f', marked: true },
  ])
  for (const text of corpus) {
    for (let start = 0; start < text.length; start += 7) {
      const joined = snippet(text, [{ start, length: 5 }]).map((piece) => piece.text).join('')
      if (text.length < 80) expect(joined.replace(/\s+/g, ' ')).toBe(text.replace(/\s+/g, ' '))
    }
  }
})

test('of a long text the part around the first find is shown, and no character is cut', () => {
  const text = `${'😀'.repeat(200)}heron${'😀'.repeat(400)}`
  const pieces = snippet(text, [{ start: 400, length: 5 }])
  expect(pieces[0]?.text).toBe('… ')
  expect(pieces.at(-1)?.text).toBe(' …')
  expect(pieces.find((piece) => piece.marked)?.text).toBe('heron')
  expect(pieces.some((piece) => /\p{Surrogate}/u.test(piece.text))).toBe(false)
})

test('a day has a beginning and an end', () => {
  const day = dayBounds('2026-03-29')
  expect(new Date(day?.from ?? '').getDate()).toBe(29)
  expect(new Date(day?.to ?? '').getDate()).toBe(30)
  expect(dayBounds('')).toBeNull()
})

const all = readGroup('👋|waving hand|hello bye|👋🏻 👋🏼 👋🏽 👋🏾 👋🏿\n✋|raised hand|stop|\n🌊|water wave|sea\n🇪🇸|flag: España|bandera|')

test('emoji are found by the beginnings of words, without case and accents', () => {
  const texts = (query: string) => find(all, query).map(({ text }) => text)
  expect(texts('wav')).toEqual(['👋', '🌊'])
  expect(texts('HAND')).toEqual(['👋', '✋'])
  expect(texts('espana')).toEqual(['🇪🇸'])
  expect(texts('hand hello')).toEqual(['👋'])
  expect(texts('✋')).toEqual(['✋'])
  expect(texts(' ')).toEqual([])
  expect(find(all, 'h', 1)).toHaveLength(1)
})

test('a skin tone is taken where there is one', () => {
  const [wave, hand] = all
  expect(wave && [0, 1, 5, 6].map((tone) => withTone(wave, tone))).toEqual(['👋', '👋🏻', '👋🏿', '👋'])
  expect(hand && withTone(hand, 3)).toBe('✋')
})

test('arrow keys stay in the grid', () => {
  const from = (at: number, key: string, rightToLeft = false) => gridStep(key, at, 11, 4, rightToLeft)
  expect([from(0, 'ArrowLeft'), from(0, 'ArrowUp'), from(10, 'ArrowRight'), from(9, 'ArrowDown')]).toEqual([null, null, null, null])
  expect([from(5, 'ArrowUp'), from(5, 'ArrowDown'), from(5, 'Home'), from(5, 'End')]).toEqual([1, 9, 0, 10])
  // Under it the last row ends.
  expect(from(7, 'ArrowDown')).toBe(10)
  expect([from(5, 'ArrowLeft', true), from(5, 'ArrowRight', true)]).toEqual([6, 4])
  expect(from(5, 'a')).toBeNull()
})

test('what was used last comes first, each once', () => {
  expect(remember(['a', 'b', 'c'], 'b')).toEqual(['b', 'a', 'c'])
  expect(remember(Array.from({ length: 30 }, (_, i) => String(i)), 'new')).toHaveLength(24)
})
