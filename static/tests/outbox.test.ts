import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { outbox } from '../src/outbox'

const pending = (clientId: string, user: string, second: number) => ({
  clientId, user, conversation: 'c', content: clientId, createdAt: `2026-11-22T10:00:0${second}.000Z`, state: 'queued' as const, detail: '',
})

test('keeps what is not acknowledged, in order, per person', async () => {
  await outbox.put(pending('two', 'me', 2))
  await outbox.put(pending('one', 'me', 1))
  await outbox.put(pending('other', 'you', 0))
  expect((await outbox.of('me')).map(({ clientId }) => clientId)).toEqual(['one', 'two'])
  // The same clientId again is the same message.
  await outbox.put({ ...pending('one', 'me', 1), state: 'failed' })
  expect(await outbox.of('me')).toMatchObject([{ clientId: 'one', state: 'failed' }, { clientId: 'two' }])
  await outbox.remove(pending('one', 'me', 1))
  expect(await outbox.of('me')).toHaveLength(1)
  await outbox.clear()
  expect(await outbox.of('you')).toEqual([])
})

test('keeps the bytes of files until their message is gone', async () => {
  const files = [{ key: 'f', kind: 'file' as const, name: 'a.txt', mime: 'text/plain', size: 3 }]
  await outbox.putBytes('f', new Blob(['abc']))
  await outbox.put({ ...pending('with', 'me', 3), files })
  expect(await (await outbox.bytesOf('f'))?.text()).toBe('abc')
  await outbox.remove({ ...pending('with', 'me', 3), files })
  expect(await outbox.bytesOf('f')).toBeUndefined()
})
