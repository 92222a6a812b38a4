import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { blocks, inline, isEmoji, type Block, type Inline } from '../src/chat/markdown'

/** As markup that a person can read: links as <address>. */
const shown = (parts: Inline[]): string =>
  parts.map((part) => {
    if ('parts' in part) return `{${part.kind} ${shown(part.parts)}}`
    if (part.kind === 'link') return `{${part.text} <${part.href}>}`
    return part.kind === 'code' ? `{code ${part.text}}` : part.text
  }).join('')
const links = (text: string) => inline(text).flatMap((part) => (part.kind === 'link' ? [part.text] : []))

describe('links', () => {
  test('lose nothing of the text', () => {
    const text = 'See https://a.example/x, (http://b.example/y_(z)) and https://c.example/?q=1&r=2#s. End'
    expect(inline(text).map((part) => ('text' in part ? part.text : '')).join('')).toBe(text)
    expect(links(text)).toEqual(['https://a.example/x', 'http://b.example/y_(z)', 'https://c.example/?q=1&r=2#s'])
  })
  test('are http alone: nothing that runs', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'xhttps://a.example', '<a href="javascript:1">', 'https://', 'file:///etc/passwd', '[x](javascript:alert(1))', '[x](data:text/html,y)']) {
      expect(links(text)).toEqual([])
    }
    expect(links('"https://a.example"><img src=x onerror=alert(1)>')).toEqual(['https://a.example'])
  })
  test('may have a name', () => {
    expect(shown(inline('see [the *plan*](https://a.example/p) now'))).toBe('see {the *plan* <https://a.example/p>} now')
  })
})

test.each([
  ['a **bold** word', 'a {strong bold} word'],
  ['*italic* and _italic_', '{em italic} and {em italic}'],
  ['**bold and *italic* in it**', '{strong bold and {em italic} in it}'],
  ['~~gone~~', '{strike gone}'],
  ['`a **b**`', '{code a **b**}'],
  ['``a ` b``', '{code a ` b}'],
  ['snake_case_name 2*3*4 a * b * c', 'snake_case_name 2*3*4 a * b * c'],
  ['** not ** and **', '** not ** and **'],
  ['<b>x</b> &amp;', '<b>x</b> &amp;'],
  ['__init__', '__init__'],
  ['**https://a.example/**', '{strong {https://a.example/ <https://a.example/>}}'],
])('%s', (text, expected) => expect(shown(inline(text))).toBe(expected))

test('blocks', () => {
  const kinds = (text: string) => blocks(text).map(({ kind }) => kind)
  expect(blocks('one\ntwo')).toEqual([{ kind: 'paragraph', parts: [{ kind: 'text', text: 'one\ntwo' }] }])
  expect(kinds('say\n\n> this\n> that\n\n- a\n- b\n3. c')).toEqual(['paragraph', 'quote', 'list', 'list'])
  expect(blocks('```js\nlet **a** = 1\n```\nafter')).toEqual([
    { kind: 'code', text: 'let **a** = 1' }, { kind: 'paragraph', parts: [{ kind: 'text', text: 'after' }] },
  ])
  expect(blocks('```\nunclosed')).toEqual([{ kind: 'code', text: 'unclosed' }])
  expect(blocks('7. seven\n8. eight')[0]).toMatchObject({ kind: 'list', start: 7 })
  expect(kinds('- \n-x\n1.x')).toEqual(['paragraph'])
})

test('emoji alone are large', () => {
  expect(['😄', '👍🏽 🎉', '👨‍👩‍👧'].map(isEmoji)).toEqual([true, true, true])
  expect(['😄😄😄😄', 'a😄', '', '12'].map(isEmoji)).toEqual([false, false, false, false])
})

const addresses = (found: Block[]): string[] => {
  const of = (parts: Inline[]): string[] => parts.flatMap((part) => ('parts' in part ? of(part.parts) : part.kind === 'link' ? [part.href] : []))
  return found.flatMap((block) => (block.kind === 'list' ? block.items.flatMap(of) : block.kind === 'code' ? [] : of(block.parts)))
}
test('of all that is known to run somewhere, nothing becomes an address', () => {
  const corpus = JSON.parse(readFileSync(new URL('./xss.json', import.meta.url), 'utf8')) as string[]
  expect(corpus.length).toBeGreaterThan(60)
  for (const text of corpus) for (const href of addresses(blocks(text))) expect(href).toMatch(/^https?:\/\//)
})

test('no text of the longest size takes long to read', () => {
  for (const unit of ['*', '**a ', '~~a ', '_a ', '`a', '[a](', '[', 'https://a.', '(', '> ', '- ', '```\n', '**~~*_']) {
    const text = unit.repeat(Math.floor(4096 / unit.length))
    expect(blocks(text).length).toBeGreaterThan(0)
  }
})
