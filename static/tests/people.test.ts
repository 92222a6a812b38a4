// Who is in a call, who leads it, which call one may join, and who speaks.
import { describe, expect, test } from 'vitest'
import { comings } from '../src/call/outcome'
import { absentOf, countInside, mayEnd, mayLead, participantsOf, tileSize } from '../src/call/people'
import { mutedSentence } from '../src/call/sentence'
import { know, knowAll, offerIn, offerOf, signOf, type Offer } from '../src/call/running'
import { NOBODY, hear, speakersOf } from '../src/call/speaking'
import { rowsOf } from '../src/chat/rows'
import type { Call, GroupRole, Member } from '../src/protocol'
import { DEVICE, ME, OTHER_DEVICE, TALK, YOU, answered, call, closed, leg } from './calls'

const THIRD = 'f'.repeat(24)
const at = (second: number) => `2026-11-22T10:00:${String(second).padStart(2, '0')}.000Z`
const here = { answeredAt: at(5), connectedAt: at(6) }
const group = call(YOU, {
  receiver: null, status: 'active',
  legs: [leg(YOU, OTHER_DEVICE, here), leg(ME, null), leg(THIRD, OTHER_DEVICE, { ...here, answeredAt: at(9) })],
})
const member = (id: string, role: GroupRole): Member => ({ user: { id, username: id, createdAt: at(0) }, role, fromSeq: 1, deliveredSeq: 0, readSeq: 0 })

describe('participants', () => {
  test('stand in the order in which they came, those who are called last', () => {
    expect(participantsOf(group, ME).map(({ user, state }) => [user, state])).toEqual([[YOU, 'here'], [THIRD, 'here'], [ME, 'ringing']])
    const gone = { ...group, legs: group.legs.map((each) => (each.user === YOU ? { ...each, leftAt: at(20), reason: 'hungUp' as const } : each)) }
    expect(participantsOf(gone, ME).map(({ user }) => user)).toEqual([THIRD, ME])
    expect(absentOf(gone)).toEqual([{ user: YOU, reason: 'hungUp' }])
  })
  test('who calls is here before anybody answers; who has no sound yet is joining', () => {
    expect(participantsOf(call(ME), ME).map(({ state }) => state)).toEqual(['here', 'ringing'])
    const joining = { ...group, legs: [leg(YOU, OTHER_DEVICE, { answeredAt: at(5) })] }
    expect(participantsOf(joining, ME)[0]?.state).toBe('joining')
  })
  test('who leads and muted somebody is named to all, and the rest are not', () => {
    const muted = { ...group, legs: [leg(YOU, OTHER_DEVICE, { ...here, muted: true, mutedBy: THIRD }), leg(THIRD, OTHER_DEVICE, { ...here, muted: true })] }
    const said = (me: string) => participantsOf(muted, me).map((one) => mutedSentence(one, me, (id) => (id === THIRD ? 'ANNA' : '?'), (key, values) => `${key}${values ? ` ${String(values['name'])}` : ''}`))
    expect(said(YOU)).toEqual(['call.mutedBy ANNA', 'call.person.muted'])
    expect(said(THIRD)).toEqual(['call.person.mutedByYou', 'call.muted'])
    expect(said(ME)).toEqual(['call.person.mutedBy ANNA', 'call.person.muted'])
  })
  test('their tiles grow smaller', () => {
    expect([1, 2, 4, 5, 9, 10, 25, 26, 100].map(tileSize)).toEqual(['whole', 'large', 'large', 'middle', 'middle', 'small', 'small', 'dense', 'dense'])
  })
  test('coming and going is heard once each, in calls of more than two', () => {
    const joined = { ...group, legs: group.legs.map((each) => (each.user === ME ? { ...each, ...here, device: DEVICE } : each)) }
    expect(comings(group, joined, THIRD)).toEqual(['came'])
    expect(comings(joined, group, THIRD)).toEqual(['went'])
    expect(comings(group, joined, ME)).toEqual([])
    expect(comings(call(ME), answered(call(ME)), ME)).toEqual([])
  })
})

describe('leading', () => {
  const members = [member(ME, 'admin'), member(YOU, 'owner'), member(THIRD, 'member')]
  // As `policy.rs` has it: the role, or having begun the call.
  test.each([
    [ME, THIRD, true], [ME, YOU, false], [YOU, ME, true], [YOU, THIRD, true], [THIRD, ME, false], [ME, ME, false],
  ])('%s over %s: %s', (by, over, may) => expect(mayLead(group, members, by, over)).toBe(may))
  test('who began it leads plain members', () => {
    const plain = [member(ME, 'member'), member(YOU, 'member'), member(THIRD, 'admin')]
    expect([mayLead(group, plain, YOU, ME), mayLead(group, plain, YOU, THIRD), mayLead(group, plain, ME, YOU)]).toEqual([true, false, false])
    expect([mayEnd(group, plain, YOU), mayEnd(group, plain, ME), mayEnd(group, plain, THIRD)]).toEqual([true, false, true])
  })
  test('in a call that was between two, these two lead those who came later', () => {
    const grown = { ...answered(call(ME)), legs: [...answered(call(ME)).legs, leg(THIRD, OTHER_DEVICE, here)] }
    expect([mayLead(grown, [], ME, THIRD), mayLead(grown, [], YOU, THIRD), mayLead(grown, [], ME, YOU), mayLead(grown, [], THIRD, ME)]).toEqual([true, true, false, false])
    expect([mayEnd(grown, [], ME), mayEnd(grown, [], THIRD), mayEnd(answered(call(ME)), [], ME)]).toEqual([true, false, false])
  })
})

describe('calls that run without this tab', () => {
  test('are known while they live', () => {
    const known = know({}, group)
    expect(Object.keys(know(known, closed(group, {})))).toEqual([])
    expect(know(known, closed(call(ME, { id: '2'.repeat(24) }), {}))).toBe(known)
    expect(knowAll([group, closed(call(ME), {})])).toEqual({ [group.id]: group })
    expect(countInside(group)).toBe(2)
  })
  test('are told in the list of conversations, as are those that were missed there', () => {
    const missed = { count: 3, conversations: [{ conversation: TALK, count: 2 }] }
    const nothing = { count: 0, conversations: [] }
    expect(signOf(knowAll([group]), nothing, TALK)).toEqual({ call: group, missed: 0 })
    expect(signOf({}, missed, TALK)).toEqual({ call: null, missed: 2 })
    expect(signOf(knowAll([group]), missed, 'x')).toBeNull()
  })
  const own = (more: Parameters<typeof leg>[2], device: string | null = null) => ({ ...group, legs: [group.legs[0]!, leg(ME, device, more)] })
  test.each([
    ['one that rings is answered', group, 'answer'],
    ['one that was left, or declined, is joined', own({ leftAt: at(30), reason: 'declined' }), 'join'],
    ['one without a leg is joined', { ...group, legs: [group.legs[0]!] }, 'join'],
    ['who was taken out is not asked back', own({ leftAt: at(30), reason: 'removed' }), null],
    ['one on another own device is taken over', own(here, OTHER_DEVICE), 'takeOver'],
    ['one on this device is nothing to join', own(here, DEVICE), null],
    ['one between two others is nobody else’s', { ...answered(call(YOU)), receiver: THIRD, legs: [leg(YOU, OTHER_DEVICE, here), leg(THIRD, OTHER_DEVICE, here)] }, null],
  ] satisfies [string, Call, Offer | null][])('%s', (_, running, offer) => expect(offerOf(running, ME, DEVICE)).toBe(offer))
  test('the one of a conversation is found, but for the one that this tab is in', () => {
    const known = knowAll([group])
    expect(offerIn(known, TALK, null, ME, DEVICE)?.offer).toBe('answer')
    expect(offerIn(known, TALK, group.id, ME, DEVICE)).toBeNull()
    expect(offerIn(known, 'x', null, ME, DEVICE)).toBeNull()
  })
})

test('who speaks is there at once, and holds between two words', () => {
  let speaking = hear(NOBODY, { [ME]: 0.3, [YOU]: 0.001 }, [THIRD, YOU], 0)
  // What is heard here counts more than what the server says of the same one.
  expect(speakersOf(speaking)).toEqual([ME, THIRD].sort())
  speaking = hear(speaking, { [ME]: 0, [YOU]: 0 }, [], 300)
  expect(speakersOf(speaking)).toEqual([ME, THIRD].sort())
  expect(speakersOf(hear(speaking, { [ME]: 0 }, [], 400))).toEqual([])
})

describe('calls among the messages', () => {
  const message = (seq: number, second: number) =>
    ({ id: String(seq), conversation: TALK, seq, fromUser: YOU, content: 'x', status: 'sent' as const, createdAt: at(second), clientId: `c${seq}` })
  const at30 = (second: number, id: string) => closed(call(YOU, { id, startTime: at(second) }), {})
  test('stand at their time, tell the day once, and part what stood together', () => {
    const rows = rowsOf([message(1, 10), message(2, 40)], [], ME, [at30(5, 'early'), at30(20, 'middle'), at30(50, 'late')])
    expect(rows.map(({ key }) => key)).toEqual(['early', '1', 'middle', '2', 'late'])
    expect(rows.map((row) => 'newDay' in row && row.newDay)).toEqual([true, false, false, false, false])
    expect(rows.some((row) => row.kind === 'stored' && row.joined)).toBe(false)
  })
  test('older than what is here are left out until the rest has come; a row that did not change is the same', () => {
    const messages = [message(1, 10)]
    const calls = [at30(5, 'early'), at30(20, 'late')]
    expect(rowsOf(messages, [], ME, calls, false).map(({ key }) => key)).toEqual(['1', 'late'])
    expect(rowsOf(messages, [], ME, calls, false)[1]).toBe(rowsOf(messages, [], ME, calls, false)[1])
  })
})
