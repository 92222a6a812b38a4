// What a sync makes of the conversations that are here: those that one is out of go, and so does what stands open of them.
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { ok, type Conversation, type SyncPage } from '../src/protocol'
import { useChats } from '../src/stores/chats'
import { useConnection } from '../src/stores/connection'
import { useSession } from '../src/stores/session'

vi.mock('../src/net/network', () => ({ onNetworkChange: () => {} }))

const ME = 'a'.repeat(24)
const conversation = (id: string): Conversation => ({
  id, kind: 'group', name: id, rev: 1, lastSeq: 0, unread: 0, lastMessage: null, createdAt: '', updatedAt: '',
  members: [{ user: { id: ME, username: 'me', createdAt: '' }, role: 'member', fromSeq: 1, deliveredSeq: 0, readSeq: 0 }],
})
const page = (since: string, more: Partial<SyncPage>): SyncPage => ({ since, more: false, left: [], conversations: [], calls: [], ...more })
const named = (...ids: string[]) => ids.map((id) => ({ conversation: conversation(id), messages: [] }))

const asked: (string | null)[] = []
function answers(...pages: SyncPage[]): void {
  const connection = useConnection()
  connection.emit = vi.fn((_, { since }: { since: string | null }) => {
    asked.push(since)
    return Promise.resolve(ok(pages.shift()))
  }) as never
}
const here = () => Object.keys(useChats().threads).sort()
beforeEach(() => {
  asked.length = 0
  setActivePinia(createPinia())
  useSession().user = { id: ME, username: 'me', email: '', role: 'member', createdAt: '' }
})

test('what one was put out of while offline is gone after the next sync', async () => {
  answers(page('1', { conversations: named('stays', 'left') }), page('2', { left: ['left'] }))
  await useChats().sync()
  expect(here()).toEqual(['left', 'stays'])
  await useChats().sync()
  expect(here()).toEqual(['stays'])
  expect(asked).toEqual([null, '1'])
})

test('who was put out and is back has it anew, without what was said meanwhile', async () => {
  answers(page('1', { conversations: named('group') }), page('2', { left: ['group'], conversations: named('group') }))
  await useChats().sync()
  const before = useChats().threads['group']
  await useChats().sync()
  expect(here()).toEqual(['group'])
  expect(useChats().threads['group']).not.toBe(before)
})

test('what this device kept and a sync from the start does not name is gone', async () => {
  useChats().restore([{ conversation: conversation('kept'), messages: [] }, { conversation: conversation('old'), messages: [] }])
  answers(page('1', { more: true }), page('2', { conversations: named('kept') }))
  await useChats().sync()
  expect(here()).toEqual(['kept'])
})
