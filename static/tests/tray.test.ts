// Files of messages that are still being written, on disk and in the tray of whom they are of; and his drafts beside them.
import 'fake-indexeddb/auto'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { KEPT_BYTES, KEPT_MS, kept } from '../src/files/kept'
import { useDrafts } from '../src/stores/drafts'
import { useSession } from '../src/stores/session'
import { useTray } from '../src/stores/tray'

const NOW = Date.now()
const storage = new Map<string, string>()
vi.stubGlobal('localStorage', {
  getItem: (key: string) => storage.get(key) ?? null,
  setItem: (key: string, value: string) => storage.set(key, value),
  removeItem: (key: string) => storage.delete(key),
})
const entry = (key: string, size = 3) => ({ key, kind: 'file' as const, name: `${key}.txt`, mime: 'text/plain', size })
const enter = (id: string) => (useSession().user = { id, username: id, email: '', role: 'member', createdAt: '' })
const names = (conversation: string) => useTray().of(conversation).map(({ file }) => file.name)

/** A page of its own: fresh stores over the same disk. */
const page = (user: string): void => {
  setActivePinia(createPinia())
  enter(user)
}
beforeEach(async () => {
  storage.clear()
  await kept.clear()
})

test('files that were laid are there after a reload, in their order, and gone once taken out or sent', async () => {
  page('anna')
  const file = (name: string) => new File(['abc'], name, { type: 'text/plain' })
  await useTray().restore()
  useTray().lay('talk', [file('one.txt'), file('two.txt'), file('three.txt')])
  await vi.waitFor(async () => expect(await kept.of('anna', NOW)).toHaveLength(3))
  page('anna')
  await useTray().restore()
  expect(names('talk')).toEqual(['one.txt', 'two.txt', 'three.txt'])
  expect(await useTray().of('talk')[0]?.bytes.text()).toBe('abc')
  useTray().takeOut('talk', useTray().of('talk')[1]!.file.key)
  await vi.waitFor(async () => expect(await kept.of('anna', NOW)).toHaveLength(2))
  await kept.drop(useTray().clear('talk').map((one) => one.file.key))
  page('anna')
  await useTray().restore()
  expect(names('talk')).toEqual([])
})

test('nobody sees what another one began, on the same page or a later one', async () => {
  page('anna')
  await useTray().restore()
  await kept.put('anna', 'talk', entry('hers'), new Blob(['abc']), NOW)
  useDrafts().put('talk', { text: 'Dear Ben' })
  useTray().lay('talk', [new File(['abc'], 'hers too.txt')])
  enter('ben')
  await useTray().restore()
  expect([names('talk'), useDrafts().of('talk').text]).toEqual([[], ''])
  page('ben')
  await useTray().restore()
  expect([names('talk'), useDrafts().of('talk').text]).toEqual([[], ''])
  page('anna')
  await useTray().restore()
  expect(names('talk')).toContain('hers.txt')
  expect(useDrafts().of('talk').text).toBe('Dear Ben')
})

test('is bounded in bytes and in time', async () => {
  const large = { size: KEPT_BYTES - 10 } as Blob
  await kept.put('anna', 'talk', entry('early'), new Blob(['0123456789a']), NOW)
  await kept.put('anna', 'talk', entry('large', large.size), large, NOW)
  expect((await kept.of('anna', NOW)).map(({ file }) => file.key)).toEqual(['early'])
  expect(await kept.of('anna', NOW + KEPT_MS)).toEqual([])
  expect(await kept.of('anna', NOW)).toEqual([])
})

test('what is dropped while it is being written stays away', async () => {
  const writing = kept.put('anna', 'talk', entry('quick'), new Blob(['abc']), NOW)
  await kept.drop(['quick'])
  await writing
  expect(await kept.of('anna', NOW)).toEqual([])
})
