import { describe, expect, test } from 'vitest'
import {
  addMessages, applyChanges, applyReceipt, isComplete, lastReceived, lookAt, merge, newThread, otherOf, recountUnread, refresh, shown, statusOf, titleOf,
} from '../src/chat/thread'
import { told } from '../src/chat/group'
import type { Conversation, Message } from '../src/protocol'

const ME = 'me'
const YOU = 'you'
const message = (seq: number, fromUser = YOU, more: Partial<Message> = {}): Message => ({
  id: `m${seq}`, conversation: 'c', seq, fromUser, toUser: fromUser === ME ? YOU : ME, content: `text ${seq}`,
  status: 'sent', createdAt: `2026-11-22T10:${String(seq).padStart(2, '0')}:00.000Z`, clientId: `x${seq}`, ...more,
})
const conversation = (lastSeq: number, more: Partial<Conversation> = {}): Conversation => ({
  id: 'c', kind: 'direct', rev: 0, lastSeq, unread: 0, lastMessage: null,
  members: [ME, YOU].map((id) => ({ user: { id, username: id, createdAt: '' }, role: 'member' as const, fromSeq: 0, deliveredSeq: 0, readSeq: 0 })),
  createdAt: '2026-11-22T09:00:00.000Z', updatedAt: '2026-11-22T09:00:00.000Z', ...more,
})

describe('messages', () => {
  test('are ordered by seq and never doubled, however they come', () => {
    const thread = newThread(conversation(0))
    expect(addMessages(thread, [message(2), message(1)], ME)).toBe(false)
    addMessages(thread, [message(2), message(3)], ME)
    expect(thread.messages.map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(thread.conversation).toMatchObject({ lastSeq: 3, updatedAt: message(3).createdAt })
    expect(isComplete(thread, ME)).toBe(true)
  })
  test('a gap asks for a sync, and what is not connected waits to be loaded again', () => {
    const thread = newThread(conversation(2))
    addMessages(thread, [message(1), message(2)], ME)
    expect(addMessages(thread, [message(5)], ME)).toBe(true)
    expect(thread.messages.map(({ seq }) => seq)).toEqual([5])
    addMessages(thread, [message(1), message(2), message(3), message(4)], ME)
    expect(thread.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
  })
  test('older ones join in front', () => {
    expect(merge([message(4), message(5)], [message(2), message(3)]).map(({ seq }) => seq)).toEqual([2, 3, 4, 5])
  })
  test('a part of the history stands by itself until it meets the newest', () => {
    const thread = newThread(conversation(100))
    const seqs = () => shown(thread).map(({ seq }) => seq)
    const run = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i))
    addMessages(thread, run(90, 100), ME)
    lookAt(thread, run(10, 20))
    expect(seqs()).toEqual(run(10, 20).map(({ seq }) => seq))
    addMessages(thread, [message(101)], ME)
    expect(seqs().at(-1)).toBe(20)
    applyChanges(thread, [message(15, YOU, { rev: 2, content: 'changed' })])
    expect(shown(thread).find(({ seq }) => seq === 15)?.content).toBe('changed')
    lookAt(thread, [...shown(thread), ...run(21, 89)])
    expect(thread.past).toBeNull()
    expect(seqs()).toEqual(run(10, 101).map(({ seq }) => seq))
    expect(shown(thread).find(({ seq }) => seq === 15)?.content).toBe('changed')
  })
  test('merging is the union by seq, the newest run of it, whatever joins where', () => {
    const runs = [[1, 3], [4, 6], [3, 5], [7, 9], [2, 2]].map(([from = 0, to = 0]) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i)))
    for (const a of runs) for (const b of runs) {
      const all = [...new Set([...a, ...b].map(({ seq }) => seq))].sort((x, y) => x - y)
      const last = all.filter((seq, i) => all.slice(i).every((later, j) => later === seq + j))
      expect(merge(a, b).map(({ seq }) => seq)).toEqual(last)
    }
    expect(merge([message(1, YOU, { rev: 2 })], [message(1, YOU, { rev: 1 })])[0]?.rev).toBe(2)
  })
  test('a stored one takes the place of the one that waited', () => {
    const thread = newThread(conversation(0))
    thread.pending.push({ clientId: 'x1', user: ME, conversation: 'c', content: '', createdAt: '', state: 'queued', detail: '' })
    addMessages(thread, [message(1, YOU, { clientId: 'x1' })], ME)
    expect(thread.pending).toHaveLength(1)
    addMessages(thread, [message(2, ME, { clientId: 'x1' })], ME)
    expect(thread.pending).toHaveLength(0)
  })
  test('a change counts once, whatever comes first, and quotes follow it', () => {
    const thread = newThread(conversation(0))
    const answer = message(2, ME, { replyTo: 'm1', quote: { id: 'm1', seq: 1, fromUser: YOU, content: 'text 1' } })
    addMessages(thread, [message(1), answer], ME)
    applyChanges(thread, [message(1, YOU, { content: 'second', rev: 2 })])
    applyChanges(thread, [message(1, YOU, { content: 'first', rev: 1 }), message(9, YOU, { rev: 1 })])
    addMessages(thread, [message(1)], ME)
    expect(thread.messages.map(({ content }) => content)).toEqual(['second', 'text 2'])
    applyChanges(thread, [message(1, YOU, { content: '', rev: 3, deletedAt: '2026-11-22T11:00:00.000Z' })])
    expect(thread.messages[1]?.quote).toMatchObject({ content: '', deletedAt: '2026-11-22T11:00:00.000Z' })
  })
  test('who wrote has stopped typing', () => {
    const thread = newThread(conversation(0))
    thread.typing[YOU] = 1
    addMessages(thread, [message(1)], ME)
    expect(thread.typing).toEqual({})
  })
})

describe('watermarks', () => {
  test('only rise, and say how far a message has come', () => {
    const thread = newThread(conversation(0))
    addMessages(thread, [message(1, ME), message(2, ME)], ME)
    const states = () => thread.messages.map((each) => statusOf(thread.conversation, each))
    expect(states()).toEqual(['sent', 'sent'])
    applyReceipt(thread, { conversation: 'c', user: YOU, deliveredSeq: 2, readSeq: 1 }, ME)
    expect(states()).toEqual(['read', 'delivered'])
    applyReceipt(thread, { conversation: 'c', user: YOU, deliveredSeq: 0, readSeq: 0 }, ME)
    expect(states()).toEqual(['read', 'delivered'])
  })
  test('count what is unread; beyond what is loaded the server knows better', () => {
    const thread = newThread(conversation(0))
    addMessages(thread, [message(1), message(2, ME), message(3)], ME)
    recountUnread(thread, ME)
    expect(thread.conversation.unread).toBe(2)
    applyReceipt(thread, { conversation: 'c', user: ME, deliveredSeq: 3, readSeq: 3 }, ME)
    expect(thread.conversation.unread).toBe(0)
    const long = newThread(conversation(90, { unread: 60 }))
    addMessages(long, [message(90)], ME)
    recountUnread(long, ME)
    expect(long.conversation.unread).toBe(60)
  })
  test('a receipt of mine is about the newest message of others', () => {
    const thread = newThread(conversation(0))
    expect(lastReceived(thread, ME)).toBe(0)
    addMessages(thread, [message(1), message(2, ME)], ME)
    expect(lastReceived(thread, ME)).toBe(1)
  })
  test('an older word of the server does not set us back', () => {
    const thread = newThread(conversation(0))
    addMessages(thread, [message(1), message(2)], ME)
    applyReceipt(thread, { conversation: 'c', user: ME, deliveredSeq: 2, readSeq: 2 }, ME)
    refresh(thread, conversation(1))
    expect(thread.conversation.lastSeq).toBe(2)
    expect(thread.conversation.members[0]).toMatchObject({ deliveredSeq: 2, readSeq: 2 })
  })
})

describe('groups', () => {
  const group: Conversation = { ...conversation(9), kind: 'group', name: 'Choir' }
  test('have a name, and nobody is the other one', () => {
    expect(otherOf(group, ME)).toBeUndefined()
    expect(titleOf(group, ME)).toBe('Choir')
    expect(titleOf(conversation(0), ME)).toBe(YOU)
  })
  test('begin where one came in', () => {
    const members = group.members.map((member) => ({ ...member, fromSeq: 7 }))
    const thread = newThread({ ...group, members })
    addMessages(thread, [message(8), message(9)], ME)
    expect(isComplete(thread, ME)).toBe(false)
    addMessages(thread, [message(7)], ME)
    expect(isComplete(thread, ME)).toBe(true)
  })
  test('tell in words who did what', () => {
    const names = (id: string) => id.toUpperCase()
    expect(told(message(1), names)).toBeNull()
    expect(told({ ...message(1, YOU), system: { kind: 'added', users: ['a', 'b'] } }, names)).toEqual({ key: 'added', names: { who: names(YOU), whom: 'A, B' } })
    expect(told({ ...message(1, ME), system: { kind: 'roleChanged', user: 'a', role: 'admin' } }, names)).toEqual({ key: 'role_admin', names: { who: names(ME), whom: 'A' } })
  })
})
