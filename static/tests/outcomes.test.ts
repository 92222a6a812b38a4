// How every call may end, as a table: for each reason and each side a key, a sentence in every language, and a sound.
import { createI18n } from 'vue-i18n'
import { describe, expect, test } from 'vitest'
import { outcomeOf, toneOf } from '../src/call/outcome'
import { outcomeHint, outcomeSentence, ringingSentence } from '../src/call/sentence'
import type { OutcomeKey } from '../src/call/types'
import de from '../src/i18n/call.de'
import en from '../src/i18n/call.en'
import es from '../src/i18n/call.es'
import { compile, resolve } from '../src/i18n/compile'
import { SOUNDS } from '../src/media/tones'
import type { Call, EndedStatus, EndReason } from '../src/protocol'
import { ME, YOU, answered, call, closed, leg } from './calls'

const THIRD = 'f'.repeat(24)
/** Every reason with the status that the server gives it (PROTOCOL.md), and what caller and callee are told. */
const TABLE: Record<EndReason, [EndedStatus, OutcomeKey, OutcomeKey]> = {
  hungUp: ['completed', 'completed', 'completed'],
  declined: ['rejected', 'declined', 'youDeclined'],
  cancelled: ['cancelled', 'cancelled', 'missed'],
  noAnswer: ['missed', 'noAnswer', 'missed'],
  unreachable: ['missed', 'unreachable', 'missed'],
  busy: ['busy', 'busy', 'missed'],
  doNotDisturb: ['missed', 'doNotDisturb', 'missed'],
  microphoneRefused: ['failed', 'theirMicrophone', 'theirMicrophone'],
  connectFailed: ['failed', 'connectFailed', 'connectFailed'],
  mediaLost: ['failed', 'mediaLost', 'mediaLost'],
  vanished: ['failed', 'vanished', 'missed'],
  removed: ['cancelled', 'cancelled', 'missed'],
  serverRestart: ['failed', 'serverRestart', 'serverRestart'],
  relayFailed: ['failed', 'relayFailed', 'relayFailed'],
}
const REASONS = Object.keys(TABLE) as EndReason[]
/** What this page alone knows. */
const OWN: OutcomeKey[] = ['answeredElsewhere', 'declinedElsewhere', 'movedElsewhere', 'refused', 'micDenied', 'micMissing', 'micBusy', 'micInsecure', 'removed']
const languages = { en, de, es }

const says = (language: keyof typeof languages) => {
  const i18n = createI18n<false>({ legacy: false, locale: language, messageResolver: resolve as never, messages: { [language]: compile(languages[language]) } as never })
  return i18n.global.t as unknown as (key: string, values?: Record<string, unknown>, count?: number) => string
}
const ended = (from: Call, reason: EndReason): Call => closed(from, { reason, status: TABLE[reason][0] })

test.each(REASONS)('%s is told to both sides', (reason) => {
  expect(outcomeOf(ended(call(ME), reason), ME)).toBe(TABLE[reason][1])
  expect(outcomeOf(ended(call(YOU), reason), ME)).toBe(TABLE[reason][2])
})

describe.each(Object.keys(languages) as (keyof typeof languages)[])('in %s', (language) => {
  const t = says(language)
  const said = (key: OutcomeKey, of: Call | null) => outcomeSentence({ key }, of, 'Zoë', t, () => 'x')
  const isSentence = (text: string) => {
    expect(text).not.toMatch(/outcome|\{|undefined/)
    expect(text.length).toBeGreaterThan(7)
  }
  test.each(REASONS)('%s is a sentence for caller, callee and a third one, in calls of two and of groups', (reason) => {
    for (const receiver of [YOU, null])
      for (const from of [call(ME, { receiver }), call(YOU, { receiver }), answered(call(YOU, { receiver }))]) {
        const over = ended(from, reason)
        isSentence(said(outcomeOf(over, ME), over))
        const third = { ...over, legs: [...over.legs, leg(THIRD, null)] }
        isSentence(said(outcomeOf(third, THIRD), third))
      }
  })
  test.each(OWN)('%s, too', (key) => {
    isSentence(said(key, null))
    if (key.startsWith('mic')) isSentence(outcomeHint(key, t))
  })
  test('the name of a group is no person’s', () => {
    const group = ended(call(ME, { receiver: null }), 'noAnswer')
    expect(said('noAnswer', group)).not.toBe(said('noAnswer', ended(call(ME), 'noAnswer')))
  })
})

test('while it rings it is said on how many devices, and of a group that it does', () => {
  const said = (language: keyof typeof languages, ringsOn: number, more: Partial<Call> = {}) =>
    ringingSentence(call(ME, { legs: [leg(ME, null), leg(YOU, null, { ringsOn })], ...more }), 'Zoë', says(language))
  expect([0, 1, 2].map((on) => said('en', on))).toEqual(['Rings as soon as Zoë is online …', 'Ringing on 1 device …', 'Ringing on 2 devices …'])
  expect([0, 1, 2].map((on) => said('de', on))).toEqual(['Klingelt, sobald Zoë online ist …', 'Es klingelt auf 1 Gerät …', 'Es klingelt auf 2 Geräten …'])
  expect([0, 1, 2].map((on) => said('es', on))).toEqual(['Sonará en cuanto Zoë esté en línea …', 'Está sonando en 1 dispositivo …', 'Está sonando en 2 dispositivos …'])
  expect(said('en', 2, { receiver: null })).toBe('Ringing at Zoë …')
  expect(said('en', 0, { receiver: null, legs: [leg(ME, null)] })).toBe('Waiting for somebody to join …')
})

test('every outcome has a sound of its own kind; another device of the same person is still', () => {
  const keys = new Set([...REASONS.flatMap((reason) => TABLE[reason].slice(1) as OutcomeKey[]), ...OWN])
  const quiet = [...keys].filter((key) => toneOf(key) === null)
  expect(quiet.sort()).toEqual(['answeredElsewhere', 'declinedElsewhere', 'movedElsewhere'])
  const pitches = Object.values(SOUNDS).map(({ notes }) => notes.map(({ hz }) => Math.round(hz)).join())
  expect(new Set(pitches).size).toBe(pitches.length)
})
