import { createI18n } from 'vue-i18n'
import { afterEach, expect, test } from 'vitest'
import { outcomeHint, outcomeSentence, staysOpen } from '../src/call/sentence'
import { compile, resolve } from '../src/i18n/compile'
import en from '../src/i18n/en'
import { i18n, LANGUAGES } from '../src/i18n'
import { FIELDS, fieldError, REASONS, sentence, TAKEN } from '../src/i18n/problem'
import { CODES, contentBytes, toProblem, toResult, type Code, type Problem } from '../src/protocol'

type Tree = { [key: string]: string | Tree }
const flat = (tree: Tree, prefix = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [[prefix + key, value] as [string, string]] : flat(value, `${prefix}${key}.`)))
const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort()

/** All texts of a language: `en.ts` and what is loaded later, `settings.en.ts` and so on. */
const files = import.meta.glob<{ default: Tree }>(['../src/i18n/*.ts', '!../src/i18n/{index,compile,problem}.ts'], { eager: true })
const textsOf = (language: string) =>
  new Map(Object.entries(files).flatMap(([path, { default: texts }]) => (path.endsWith(`${language}.ts`) ? flat(texts) : [])))

test.each(Object.keys(LANGUAGES))('%s says everything, with the same gaps to fill', (language) => {
  const english = textsOf('en')
  const own = textsOf(language)
  expect(english.size).toBeGreaterThan(200)
  expect([...own.keys()].sort()).toEqual([...english.keys()].sort())
  for (const [key, text] of english) {
    expect([key, names(own.get(key) ?? ''), (own.get(key) ?? '').split(' | ').length]).toEqual([key, names(text), text.split(' | ').length])
    expect([key, own.get(key)?.trim()]).not.toEqual([key, ''])
  }
})

test('messages are filled in, singular and plural', () => {
  const i18n = createI18n<false>({ legacy: false, locale: 'en', messageResolver: resolve as never, messages: { en: compile(en) } as never })
  const t = i18n.global.t as unknown as (key: string, values?: Record<string, unknown> | number) => string
  expect(t('chat.typing', { name: '{n} | x' })).toBe('{n} | x is typing …')
  expect(t('nav.unread', 1)).toBe('1 unread chat')
  expect(t('nav.unread', 3)).toBe('3 unread chats')
})

test('an outcome is a sentence, with what to do about it', () => {
  const t = (key: string, values: Record<string, unknown> = {}) => `${key} ${Object.values(values).join()}`.trim()
  const explain = () => 'because'
  expect(outcomeSentence({ key: 'busy' }, null, 'Ben', t, explain)).toBe('outcome.busy Ben')
  expect(outcomeSentence({ key: 'refused', problem: toProblem({ code: 'busy' }) }, null, 'Ben', t, explain)).toBe('outcome.refusedWhy because')
  expect(outcomeHint('micDenied', t)).toBe('outcome.micDeniedHint')
  expect(outcomeHint('busy', t)).toBe('')
  expect(staysOpen({ key: 'micMissing' })).toBe(true)
})

/** The server's source: its list of codes, its fields and its words. */
const rust = import.meta.glob<string>('../../src/**/*.rs', { eager: true, query: '?raw', import: 'default' })
const said = (code: Code, more: Partial<Problem> = {}) =>
  sentence({ code, title: 'title', detail: 'detail', ...more }, (key, values) => `${key} ${JSON.stringify(values) ?? ''}`.trim())
afterEach(() => (i18n.global.locale.value = 'en'))

test('an English page gives the server’s words, but for what is always the same', () => {
  expect(said('wrongCredentials')).toBe('code.wrongCredentials')
  expect(said('invalid')).toBe('detail')
  expect(said('forbidden', { detail: '' })).toBe('title')
  expect(said('tooMany', { retryAfterMs: 2500 })).toBe('error.tooMany 3')
  expect(said('tooMany')).toBe('detail')
  expect(said('offline')).toBe('error.offline')
  expect(said('conflict', { detail: REASONS.blocked[1] })).toBe(REASONS.blocked[1])
})

test('any other page gives its own, by code, field, reason and number', () => {
  i18n.global.locale.value = 'es'
  const errors = [{ field: 'username', detail: 'detail' }]
  expect(said('taken', { errors })).toBe('taken.username')
  expect(said('invalid', { errors })).toBe('refused.username')
  expect(said('invalid', { errors: [{ field: 'constructor', detail: 'detail' }] })).toBe('code.invalid')
  expect(said('forbidden', { detail: 'This account was switched off. Ask the owner.' })).toBe('reason.disabled')
  expect(said('tooLarge', { detail: 'A file has at most 25960000 bytes.' })).toBe('reason.most {"size":"25,9 MB"}')
  const t = (key: string) => key
  expect(fieldError({ code: 'invalid', title: '', detail: '', errors: [{ field: 'newPassword', detail: 'x' }] }, 'newPassword', t)).toBe('refused.password')
  expect(fieldError({ code: 'taken', title: '', detail: '', errors }, 'email', t)).toBe('')
})

test.each(Object.keys(LANGUAGES))('%s has a sentence for every code of the server', (language) => {
  const listed = /fn as_str.*?\n    \}\n/s.exec(rust['../../src/code.rs'] ?? '')?.[0] ?? ''
  const codes = [...listed.matchAll(/"(\w+)"/g)].map(([, code]) => code as string)
  expect(codes.length).toBeGreaterThan(15)
  expect(CODES).toEqual(expect.arrayContaining(codes))
  const own = textsOf(language)
  const wanted = [
    ...codes.map((code) => `code.${code}`), ...Object.values(FIELDS).map((field) => `refused.${field}`),
    ...Object.keys(REASONS).map((reason) => `reason.${reason}`), ...TAKEN.map((field) => `taken.${field}`),
  ]
  expect(wanted.filter((key) => !own.get(key))).toEqual([])
})

test('the reasons that are known by their first words, and the fields, are still the server’s', () => {
  const all = Object.values(rust).join('\n')
  expect(Object.values(REASONS).filter(([, begins]) => !all.includes(`"${begins}`))).toEqual([])
  expect(Object.keys(FIELDS).filter((field) => !all.includes(`"${field}"`))).toEqual([])
})

test('refusals are read without trusting them', () => {
  expect(toProblem({ code: 'taken', title: 't', detail: 'd', errors: [{ field: 'email', detail: 'x' }, { field: 1 }, null] })).toEqual({
    code: 'taken', title: 't', detail: 'd', errors: [{ field: 'email', detail: 'x' }],
  })
  expect(toProblem('<html>')).toMatchObject({ code: 'internal' })
  expect(toResult({ ok: false, error: { code: 'tooMany', retryAfterMs: 5 } })).toMatchObject({ ok: false, problem: { retryAfterMs: 5 } })
  expect(toResult(undefined)).toMatchObject({ ok: false })
  expect(contentBytes('ä😄')).toBe(6)
})
