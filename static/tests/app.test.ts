import { expect, test } from 'vitest'
import { deedsOn, rolesToGive, type Account } from '../src/admin/rights'
import { secretOf } from '../src/landing'
import { neverChanges, outdated, plan } from '../src/offline/worker/plan'
import { ACTIONS, DEFAULTS, actionOf, chordOf, isUsable, readBindings, shown, type Pressed } from '../src/settings/keys'
import { pathOf } from '../tools/icons'

const pressed = (key: string, code = '', held: Partial<Pressed> = {}): Pressed =>
  ({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held })

test('keys are told as text, the same on every keyboard', () => {
  expect(chordOf(pressed('k', 'KeyK', { ctrlKey: true }))).toBe('Ctrl+K')
  expect(chordOf(pressed('k', 'KeyK', { metaKey: true }))).toBe('Ctrl+K')
  expect(chordOf(pressed('F', 'KeyF', { ctrlKey: true, shiftKey: true }))).toBe('Ctrl+Shift+F')
  // With Alt a Mac writes another letter.
  expect(chordOf(pressed('˚', 'KeyK', { altKey: true }))).toBe('Alt+K')
  expect(chordOf(pressed('ArrowDown', 'ArrowDown', { altKey: true }))).toBe('Alt+ArrowDown')
  expect(chordOf(pressed(' ', 'Space'))).toBe('Space')
  for (const key of ['Control', 'Shift', 'Alt', 'Meta', 'Escape', 'Dead']) expect(chordOf(pressed(key))).toBeNull()
})

test('what writes, moves the caret or the focus is no shortcut', () => {
  for (const chord of ['Ctrl+K', 'Alt+1', 'F2', 'Ctrl+Shift+F', 'Alt+ArrowUp', 'Ctrl+,']) expect([chord, isUsable(chord)]).toEqual([chord, true])
  for (const chord of ['K', 'Shift+K', 'Space', 'Enter', 'Tab', 'Ctrl+Enter', 'Ctrl+ArrowLeft', 'Shift+Tab', 'Backspace', 'Delete']) expect([chord, isUsable(chord)]).toEqual([chord, false])
})

test('every action has keys of its own, and stored nonsense changes nothing', () => {
  expect(new Set(Object.values(DEFAULTS)).size).toBe(ACTIONS.length)
  for (const action of ACTIONS) expect(actionOf(DEFAULTS, DEFAULTS[action])).toBe(action)
  expect(actionOf(DEFAULTS, 'Ctrl+Alt+9')).toBeNull()
  for (const stored of [null, 7, 'x', {}, { search: 5 }, { search: 'a' }]) expect(readBindings(stored)).toEqual(DEFAULTS)
  expect(readBindings({ search: 'F3', other: 'F4' })).toEqual({ ...DEFAULTS, search: 'F3' })
  expect(shown('Ctrl+Alt+ArrowUp', true)).toEqual(['⌘', '⌥', '↑'])
  expect(shown('Ctrl+K', false)).toEqual(['Ctrl', 'K'])
})

test('the secret of a link is found in the fragment alone', () => {
  expect(secretOf('#invite=abc')).toEqual({ kind: 'invite', secret: 'abc' })
  expect(secretOf('#claim=a-b_c')).toEqual({ kind: 'claim', secret: 'a-b_c' })
  expect(secretOf('#reset=x&invite=')).toEqual({ kind: 'reset', secret: 'x' })
  for (const hash of ['', '#', '#content', '#invite', '#invite=', '#other=abc']) expect(secretOf(hash)).toBeNull()
})

test('nobody is offered what the server would refuse', () => {
  const someone = (id: string, role: Account['role'], disabled = false): Account => ({ id, role, disabled })
  expect(deedsOn(someone('a', 'owner'), someone('a', 'owner'))).toEqual([])
  expect(deedsOn(someone('a', 'member'), someone('b', 'member'))).toEqual([])
  expect(deedsOn(someone('a', 'admin'), someone('b', 'admin'))).toEqual([])
  expect(deedsOn(someone('a', 'admin'), someone('b', 'owner'))).toEqual([])
  expect(deedsOn(someone('a', 'admin'), someone('b', 'member'))).toEqual(['reset', 'switchOff'])
  expect(deedsOn(someone('a', 'admin'), someone('b', 'member', true))).toEqual(['reset', 'switchOn'])
  expect(deedsOn(someone('a', 'owner'), someone('b', 'admin'))).toEqual(['reset', 'makeOwner', 'makeMember', 'switchOff'])
  expect(rolesToGive('admin')).toEqual(['member'])
  expect(rolesToGive('owner')).toContain('owner')
})

test('the worker answers for the page and its files, and for nothing of the server', () => {
  const origin = 'https://chat.example.org:8443'
  const files = new Set(['/index.html', '/assets/index-B1xaaaaa.js', '/favicon.svg'])
  const planned = (path: string, more: Partial<Parameters<typeof plan>[0]> = {}) => plan({ method: 'GET', url: origin + path, mode: 'navigate', ...more }, origin, files)
  for (const path of ['/', '/c/0123456789abcdef01234567', '/settings/app?x=1', '/signin?next=/calls', '/apian', '/trusted']) expect([path, planned(path)]).toEqual([path, 'shell'])
  for (const path of ['/api/docs', '/api/v1/files/0123', '/api', '/trust', '/trust/ca.crt', '/socket.io/', '/.well-known/x', '/robots.txt', '/assets/gone-B1xaaaaa.js', '/sw.js', '/index.html']) expect([path, planned(path)]).toEqual([path, 'network'])
  expect(planned('/assets/index-B1xaaaaa.js', { mode: 'cors' })).toBe('file')
  expect(planned('/favicon.svg?v=2', { mode: 'no-cors' })).toBe('file')
  for (const path of ['/api/v1/conversations', '/api/v1/files/0123', '/c/0123', '/']) expect([path, planned(path, { mode: 'cors' })]).toEqual([path, 'network'])
  expect(planned('/', { method: 'POST' })).toBe('network')
  expect(plan({ method: 'GET', url: 'https://elsewhere.example/', mode: 'navigate' }, origin, files)).toBe('network')
})

test('of old versions the newest is kept, other caches are left alone', () => {
  expect(outdated(['charla-1', 'other', 'charla-2', 'charla-3'], 'charla-', 'charla-3')).toEqual(['charla-1'])
  expect(outdated(['charla-3'], 'charla-', 'charla-3')).toEqual([])
  expect(neverChanges('/assets/index-B1xaaaaa.js')).toBe(true)
  for (const path of ['/index.html', '/favicon.svg', '/assets/index.js', '/icons/192-abcdefgh.png']) expect([path, neverChanges(path)]).toEqual([path, false])
})

test('an icon of several shapes becomes one path', () => {
  const svg = '<!-- @license --><svg class="x" width="24"><path d="M1 2h3" /><circle cx="12" cy="12" r="3" /><rect x="2" y="4" width="10" height="8" rx="2" /><line x1="1" y1="2" x2="3" y2="4" /><polyline points="1 2 3 4" /></svg>'
  expect(pathOf(svg)).toBe('M1 2h3M9 12a3 3 0 1 0 6 0a3 3 0 1 0 -6 0M4 4h6a2 2 0 0 1 2 2v4a2 2 0 0 1 -2 2h-6a2 2 0 0 1 -2 -2v-4a2 2 0 0 1 2 -2zM1 2L3 4M1 2 3 4')
  expect(pathOf('<svg><path d="M18 6 6 18"/><path d="m6 6 12 12"/><path d="m9 7-.5 3"/><path d="m2,3h4"/></svg>')).toBe('M18 6 6 18M6 6l12 12M9 7l-.5 3M2 3h4')
  expect(() => pathOf('<svg><text>A</text></svg>')).toThrow('<text>')
})
