import { describe, expect, test } from 'vitest'
import { inputAct, outputFor, type InputsNow } from '../src/call/plugs'
import { newsSentence } from '../src/call/sentence'

const now = (more: Partial<InputsNow>): InputsNow =>
  ({ wished: 'head', used: 'head', live: true, had: ['desk', 'head'], exists: ['desk', 'head'], ...more })

describe('microphones that come and go', () => {
  test('while the used one lives, others change nothing', () => {
    expect(inputAct(now({}))).toEqual({ do: 'keep' })
    expect(inputAct(now({ exists: ['head'] }))).toEqual({ do: 'keep' })
    expect(inputAct(now({ exists: ['desk', 'head', 'new'] }))).toEqual({ do: 'keep' })
    expect(inputAct(now({ wished: '', used: 'desk', exists: ['desk', 'head', 'new'] }))).toEqual({ do: 'keep' })
  })
  test('one that went is replaced by the default one, or waited for where there is none', () => {
    expect(inputAct(now({ live: false, exists: ['desk'] }))).toEqual({ do: 'open', id: '' })
    expect(inputAct(now({ live: false, exists: [] }))).toEqual({ do: 'wait' })
  })
  test('the chosen one is opened again, though it bears the name it had', () => {
    expect(inputAct(now({ live: false, had: [], exists: ['head'] }))).toEqual({ do: 'open', id: 'head' })
    expect(inputAct(now({ live: false }))).toEqual({ do: 'open', id: 'head' })
    expect(inputAct(now({ wished: '', live: false, had: [], exists: ['head'] }))).toEqual({ do: 'open', id: '' })
  })
  test('the chosen one takes over from its stand-in when it comes, and is asked for once', () => {
    expect(inputAct(now({ used: 'desk', had: ['desk'] }))).toEqual({ do: 'open', id: 'head' })
    expect(inputAct(now({ used: 'desk' }))).toEqual({ do: 'keep' })
  })
})

test('sound goes to the chosen output while it exists, else to the default one', () => {
  expect(outputFor('box', ['box', 'ears'])).toBe('box')
  expect(outputFor('box', ['ears'])).toBe('')
  expect(outputFor('', ['ears'])).toBe('')
})

test('what took over is named; what has no name is the default one', () => {
  const t = (key: string, values?: Record<string, unknown>) => `${key} ${values ? String(values['name']) : ''}`.trim()
  expect(newsSentence(null, t)).toBe('')
  expect(newsSentence({ kind: 'input', label: 'Desk' }, t)).toBe('call.nowUsing Desk')
  expect(newsSentence({ kind: 'output', label: '' }, t)).toBe('call.nowUsing call.defaultOutput')
  expect(newsSentence({ kind: 'none', why: 'micMissing' }, t)).toBe('call.noMicrophone')
  expect(newsSentence({ kind: 'none', why: 'micBusy' }, t)).toBe('outcome.micBusy')
})
